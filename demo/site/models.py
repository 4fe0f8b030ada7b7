"""
What the platform keeps in several databases, small: courses, people's roles, authored blocks, learners' state.

A block has two copies, as in the split modulestore: the draft that Studio shows, and the published one that learners
see.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from opaque_keys.edx.django.models import CourseKeyField, UsageKeyField


class Course(models.Model):
    """A course run."""

    key = CourseKeyField(max_length=255, unique=True)
    title = models.CharField(max_length=255)

    def __str__(self) -> str:
        return str(self.key)


class Enrollment(models.Model):
    """A learner's place in a course."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="enrollments")
    is_active = models.BooleanField(default=True)
    mode = models.CharField(max_length=32, default="audit")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course"], name="demo_one_enrollment")]

    def __str__(self) -> str:
        return f"{self.user} in {self.course}"


class CourseRole(models.Model):
    """A role in one course. Limited staff has no Studio. Beta testers see things early; they teach nothing."""

    STAFF, INSTRUCTOR, LIMITED, BETA = "staff", "instructor", "limited_staff", "beta_testers"
    ROLES = [(STAFF, "Staff"), (INSTRUCTOR, "Admin"), (LIMITED, "Limited staff"), (BETA, "Beta tester")]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=32, choices=ROLES)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course", "role"], name="demo_one_role_each")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.course}"


class Preference(models.Model):
    """What somebody chose in the account settings, under the platform's names: `time_zone`, `pref-lang`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    key = models.CharField(max_length=255)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="demo_one_preference_each")]

    def __str__(self) -> str:
        return f"{self.key} of {self.user}"


class Unit(models.Model):
    """A page of the course. What is published and discarded is a unit, never a single block."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="units")
    key = UsageKeyField(max_length=255, unique=True)
    section = models.CharField(max_length=255)
    subsection = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    intro = models.TextField(blank=True)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class Block(models.Model):
    """
    A component. `draft` and `published` hold its explicitly set fields as JSON, or None where that copy does not exist.

    A draft deleted in Studio leaves the published copy to learners until the unit is published; discarding brings the
    draft back.
    """

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="blocks")
    key = UsageKeyField(max_length=255, unique=True)
    block_type = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    draft = models.JSONField(null=True)
    published = models.JSONField(null=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def state(self) -> str:
        """`published`, `draft` (never published), `changed`, or `deleted` (for authors only, until published)."""
        if self.draft is None:
            return "deleted"
        if self.published is None:
            return "draft"
        return "published" if self.draft == self.published else "changed"


class StudentState(models.Model):
    """One learner's field value (the platform's StudentModule and its relatives). No user: shared by all learners."""

    user_id = models.IntegerField(null=True)
    scope = models.CharField(max_length=32)
    block_scope = models.CharField(max_length=255, blank=True)
    field_name = models.CharField(max_length=64)
    value = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["block_scope", "user_id", "field_name"], name="demo_state_lookup")]

    def __str__(self) -> str:
        return f"{self.block_scope}.{self.field_name}"


class Score(models.Model):
    """A grade as a block published it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    usage_key = UsageKeyField(max_length=255)
    earned = models.FloatField()
    possible = models.FloatField()
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "usage_key"], name="demo_one_score")]

    def __str__(self) -> str:
        return f"{self.user}: {self.earned}/{self.possible}"
