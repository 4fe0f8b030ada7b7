"""What is known of a course without its content."""

from demo.site.models import Course


class CourseOverview:
    """A course's title, which it may lack."""

    def __init__(self, display_name):
        self.display_name = display_name

    @classmethod
    def get_from_ids(cls, course_ids):
        """By key; None for a course that is not there. A key that carries a branch is another course's."""
        found = {str(row.key): cls(row.title or None) for row in Course.objects.filter(key__in=course_ids)}
        return {key: found.get(str(key)) for key in course_ids}
