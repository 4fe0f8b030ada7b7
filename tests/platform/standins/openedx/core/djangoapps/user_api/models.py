"""What people chose in their account settings."""

from demo.site.models import Preference


class UserPreference:
    """The demo site's rows."""

    @classmethod
    def get_value(cls, user, preference_key, default=None):
        """One setting of one person."""
        row = Preference.objects.filter(user=user, key=preference_key).first()
        return row.value if row is not None else default
