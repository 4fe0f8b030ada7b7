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

    class Meta:
        indexes = [
            models.Index(fields=["ended_at"], name="zoom_sittings_by_end"),
            models.Index(fields=["settled_at"], name="zoom_sittings_by_settlement"),
        ]

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

    .. pii: Names, addresses and Zoom's numbers of participants as Zoom reports them, and when they were present.
    .. pii_types: name, email_address, external_service, other
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
    #: Zoom says that the person was signed in as a user of the account, so that the address is theirs; None: not said.
    is_internal = models.BooleanField(null=True, blank=True)
    #: Joined by telephone, as an event said; records do not say it.
    is_phone = models.BooleanField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sitting", "fact_digest"], name="zoom_one_segment_per_fact")]

    def __str__(self) -> str:
        return f"segment {self.pk}"


class Result(Leased):
    """
    What was decided for one learner at one placement.

    .. pii: How long a learner attended, and what it was worth; the course's record, kept under the retired account.
    .. pii_types: other
    .. pii_retirement: retained
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
    #: What a person decided (`Correction.Verdict`) and is in force; None: the count stands.
    verdict = models.CharField(max_length=10, null=True, blank=True)
    #: What the count alone says now. False beside `is_complete`: a completion was given that the rule would not give
    #: any more, and staff is asked.
    counted_complete = models.BooleanField(null=True, blank=True)
    #: First presence that counted, over all sittings.
    joined_at = models.DateTimeField(null=True, blank=True)
    #: When the platform was told that a completion is taken away again; None with a verdict "absent" after a completion
    #: was paid means that it is still owed.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    #: When the fact "attended" was told as a tracking event, once.
    attended_told_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["placement", "user"], name="zoom_one_result_per_learner")]

    def __str__(self) -> str:
        return f"result {self.pk}"


class Correction(models.Model):
    """
    A decision of a person about one learner at one placement: kept for good, the newest is in force.

    .. pii: Who decided what about whom, and the reason given. The reason and who decided go, the verdict is retained.
    .. pii_types: other
    .. pii_retirement: local_api, retained
    """

    class Verdict(models.TextChoices):
        """What was decided."""

        PRESENT = "present", "present: counts as complete"
        EXCUSED = "excused", "excused: complete without attendance, and without a score"
        ABSENT = "absent", "absent: not complete, whatever was counted"
        COUNTED = "counted", "back to what was counted"

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="corrections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=500)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    #: The result's facts before and after: `{"is_complete", "score", "verdict", "attended_seconds", "state"}`.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["placement", "user", "made_at"], name="zoom_corrections_of_learner")]

    def __str__(self) -> str:
        return f"correction {self.pk}"


class Assignment(models.Model):
    """
    Whom staff took an unknown participant of one meeting for, or that it was nobody who counts (`user` is None).

    The key says by what the participant is known again in this meeting, the strongest there is: a registrant that is
    not ours, a user id of Zoom's, else one connection of one sitting. Never a name.

    .. pii: Which learner a guest was taken for, by Zoom's number of the guest, and by whom.
    .. pii_types: external_service, other
    .. pii_retirement: local_api
    """

    class By(models.TextChoices):
        """What `key` holds."""

        REGISTRANT = "registrant", "a registrant id that is not ours"
        ZOOM_USER = "zoom_user", "an id of a Zoom user"
        CONNECTION = "connection", "a connection, after the sitting's uuid and a space"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="assignments")
    by = models.CharField(max_length=10, choices=By.choices)
    key = models.CharField(max_length=400)
    key_digest = models.CharField(max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "key_digest"], name="zoom_one_assignment_per_key")]

    def __str__(self) -> str:
        return f"assignment {self.pk}"
