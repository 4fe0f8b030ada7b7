"""A round trip against the account, step by step."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zoom_xblock.models.fields import Leased


class SelfTest(Leased):
    """
    One press of *Test the connection*. What it made at Zoom is remembered here until it is deleted there.

    .. no_pii:
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "waiting for a worker"
        RUNNING = "running", "running"
        PASSED = "passed", "passed"
        FAILED = "failed", "failed"

    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    begun_by: models.ForeignKey = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    begun_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    #: The test meeting while it exists at Zoom. No `Meeting` row: it never counts as a session.
    zoom_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    #: What the test meeting is called, so that one whose number was lost can be told from everybody else's.
    topic = models.CharField(max_length=120)
    needs_cleaning = models.BooleanField(default=False, db_index=True)

    def __str__(self) -> str:
        return f"self test {self.pk}"

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (self.State.PASSED, self.State.FAILED)


class SelfTestStep(models.Model):
    """
    One step and what became of it.

    .. no_pii:
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "not yet"
        RUNNING = "running", "under way"
        PASSED = "passed", "passed"
        FAILED = "failed", "failed"
        SKIPPED = "skipped", "not possible here"

    test = models.ForeignKey(SelfTest, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=20)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    detail = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["test", "position"], name="zoom_one_step_per_position")]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"
