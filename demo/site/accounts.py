"""Who can log in; importable without Django, for whoever only wants to print them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """Somebody who can log in; the password is the name."""

    name: str
    first_name: str
    last_name: str
    can: str

    @property
    def email(self) -> str:
        """Her address."""
        return f"{self.name}@example.edu"


ACCOUNTS = (
    Account("admin", "Ida", "Admin", "Superuser. Connects the site to Zoom, sees everything."),
    Account(
        "author",
        "Arthur",
        "Author",
        "Course staff. Makes sessions in Studio, looks at the course as staff or as a learner.",
    ),
    Account("learner1", "Lena", "One", "Enrolled in the course."),
    Account("learner2", "Leo", "Two", "Enrolled in the course."),
    Account("learner3", "Lily", "Three", "Enrolled in the course."),
)
