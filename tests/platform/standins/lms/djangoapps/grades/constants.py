"""Names of the gradebook's tables."""


class ScoreDatabaseTableEnum:
    """Where a score is kept."""

    courseware_student_module = "csm"
