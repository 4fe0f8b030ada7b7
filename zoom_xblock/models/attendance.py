"""What was reported about presence, and what was decided from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from zoom_xblock.models.fields import Leased
from zoom_xblock.models.meeting import Meeting, Placement


class Sitting(Leased):
    """
    One run of a meeting: Zoom gives a new uuid each time an empty room fills again.

    .. no_pii:
    """

    class Record(models.TextChoices):
        """Where the presences that count come from."""

        LIVE = "live", "events, while it runs"
        AWAITED = "awaited", "events; Zoom's record is awaited"
        FINAL = "final", "Zoom's record"
        LIVE_FINAL = "live_final", "events; Zoom gave no record"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="sittings")
    uuid = models.CharField(max_length=255)
    uuid_digest = models.CharField(max_length=64, unique=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    record = models.CharField(max_length=10, choices=Record.choices, default=Record.LIVE)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    error = models.CharField(max_length=255, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sitting {self.pk}"

    @property
    def is_settled(self) -> bool:
        """Whether what it says will not change by itself any more."""
        return self.record in (self.Record.FINAL, self.Record.LIVE_FINAL)


class Segment(models.Model):
    """
    One presence in one sitting, as reported: a connection from when to when.

    Guests are kept with the name they gave: staff may know them by it. Names never count for anybody.

    .. pii: Names and addresses of participants as Zoom reports them, and when they were present.
    .. pii_types: name, email_address, other
    .. pii_retirement: local_api
    """

    class Source(models.TextChoices):
        """Who said so."""

        LIVE = "live", "event"
        RECORD = "record", "Zoom's record"

    class Room(models.TextChoices):
        """Where. The waiting room is not attendance."""

        MAIN = "main", "main room"
        BREAKOUT = "breakout", "breakout room"
        WAITING = "waiting", "waiting room"

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="segments")
    source = models.CharField(max_length=6, choices=Source.choices)
    fact_digest = models.CharField(max_length=64)
    room = models.CharField(max_length=8, choices=Room.choices, default=Room.MAIN)
    #: Zoom's number of the connection: new at each join, so it pairs a `joined` with its `left` and names nobody.
    connection = models.CharField(max_length=64, blank=True)
    registrant_id = models.CharField(max_length=128, blank=True, db_index=True)
    zoom_user_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=254, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sitting", "fact_digest"], name="zoom_one_segment_per_fact")]

    def __str__(self) -> str:
        return f"segment {self.pk}"


class Result(models.Model):
    """
    What was decided for one learner at one placement.

    .. pii: How long a learner attended.
    .. pii_types: other
    .. pii_retirement: local_api
    """

    class State(models.TextChoices):
        """How sure it is."""

        PROVISIONAL = "provisional", "provisional"
        FINAL = "final", "final"

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="results")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    #: Whole seconds, rounded down for showing; the comparison was made before rounding.
    attended_seconds = models.PositiveIntegerField(default=0)
    required_seconds = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROVISIONAL)
    is_complete = models.BooleanField(default=False)
    #: When the platform was told of the completion; None with `is_complete` means it is still owed.
    completed_at = models.DateTimeField(null=True, blank=True)
    #: The share of the requirement that the gradebook is to show, 0 to 1; None where the block is not graded.
    score = models.FloatField(null=True, blank=True)
    #: The share that the gradebook was told last. Another value than `score` means that one is still owed.
    score_told = models.FloatField(null=True, blank=True)
    #: When staff took the learner's state away in the gradebook; since then no machine gives the score back.
    score_reset_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["placement", "user"], name="zoom_one_result_per_learner")]

    def __str__(self) -> str:
        return f"result {self.pk}"
