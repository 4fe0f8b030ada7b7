"""The course site as a Django app."""

from django.apps import AppConfig


class CourseSiteConfig(AppConfig):
    """Courses, people's roles, blocks and their state."""

    name = "demo.site"
    label = "demo_site"
    verbose_name = "Demo course site"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give Celery its app before any task is declared."""
        import demo.site.celery  # noqa: F401
