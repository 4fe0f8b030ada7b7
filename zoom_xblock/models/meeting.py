"""Meetings as Zoom has them, and their places in courses."""

from __future__ import annotations

from typing import ClassVar, Literal

from django.conf import settings
from django.db import models
from opaque_keys.edx.django.models import LearningContextKeyField, UsageKeyField
from opaque_keys.edx.keys import LearningContextKey, UsageKey

from zoom_xblock.models.fields import Leased, digest
from zoom_xblock.usage_keys import plain_key

#: Zoom's two kinds, as its API and our fields spell them.
KindName = Literal["meeting", "webinar"]


class Meeting(Leased):
    """
    A meeting or webinar at Zoom, as last read from there.

    .. pii: E-mail addresses of the host and the alternative hosts, and the host's id at Zoom.
    .. pii_types: email_address, external_service
    .. pii_retirement: retained
    """

    class Kind(models.TextChoices):
        """Zoom keeps the two apart in every address of its API."""

        MEETING = "meeting", "meeting"
        WEBINAR = "webinar", "webinar"

    class State(models.TextChoices):
        """What Zoom last said about it."""

        SCHEDULED = "scheduled", "scheduled"
        LIVE = "live", "live"
        ENDED = "ended", "ended"
        GONE = "gone", "no longer at Zoom"

    kind: models.CharField[KindName, KindName] = models.CharField(max_length=8, choices=Kind.choices)
    zoom_id = models.BigIntegerField(unique=True)
    account_id = models.CharField(max_length=64, blank=True)
    host_id = models.CharField(max_length=64, blank=True)
    host_email = models.CharField(max_length=254, blank=True)
    alternative_hosts = models.TextField(blank=True, default="")
    topic = models.CharField(max_length=255, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    has_registration = models.BooleanField(default=False)
    made_by_us = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SCHEDULED)
    read_at = models.DateTimeField(null=True, blank=True)
    #: Since when Zoom says "not found"; believed only when it still says so later.
    missing_since = models.DateTimeField(null=True, blank=True)
    #: When everybody was counted last. A sitting settled since means that they have to be counted again.
    decided_at = models.DateTimeField(null=True, blank=True)
    agenda = models.TextField(null=True, blank=True)
    #: Zoom's settings under the names of the block's fields (`entry`, `mute_on_entry`, ...), with `has_passcode`; never
    #: a passcode or a link. None: not read since this column came.
    options = models.JSONField(null=True, blank=True)
    #: The series in the form of the block's field `recurrence`; None or {} for a single date.
    recurrence = models.JSONField(null=True, blank=True)
    #: Numbers to dial, as Zoom lists them: `{"country", "city", "number", "type"}` each.
    dial_in = models.JSONField(null=True, blank=True)
    #: When the presences and the people of all its dates were forgotten (`services.retention`); results stand since.
    forgotten_at = models.DateTimeField(null=True, blank=True)
    #: When Zoom was last asked for runs of which we heard nothing, after a date that passed (`services.sweep`).
    looked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["starts_at"], name="zoom_meetings_by_start")]

    def __str__(self) -> str:
        return f"{self.kind} {self.zoom_id}"


class Occurrence(models.Model):
    """
    One date of a series, as Zoom last listed it. A meeting with a single date has none: its own start is the date.

    .. no_pii:
    """

    class Status(models.TextChoices):
        """What Zoom says; a date that is over stays as it was."""

        AVAILABLE = "available", "available"
        DELETED = "deleted", "removed"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="occurrences")
    occurrence_id = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    duration_minutes = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.AVAILABLE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "occurrence_id"], name="zoom_one_row_per_date")]
        indexes = [models.Index(fields=["starts_at"], name="zoom_dates_by_start")]

    def __str__(self) -> str:
        return f"date {self.occurrence_id}"


class PlacementManager(models.Manager["Placement"]):
    """Finds placements by usage key, whatever branch or version the key carries."""

    def for_usage_key(self, usage_key: UsageKey) -> Placement | None:
        """The placement of this block, with its meeting, in one query; None where it has none."""
        return self.select_related("meeting").filter(usage_digest=usage_digest(usage_key)).first()


def usage_digest(usage_key: UsageKey) -> str:
    """What a block is looked up by."""
    return digest(plain_key(usage_key))


class Placement(Leased):
    """
    A zoom block in a course, and the meeting it stands for.

    Bound by the full usage key: a copy of the block has a key of its own and therefore no placement, so it never shares
    the original's meeting by accident.

    .. pii: While a meeting is being made, the address of its host (`creating`).
    .. pii_types: email_address
    .. pii_retirement: retained
    """

    usage_key: models.Field[UsageKey, UsageKey] = UsageKeyField(max_length=255)
    usage_digest = models.CharField(max_length=64, unique=True, editable=False)
    course_key: models.Field[LearningContextKey, LearningContextKey] = LearningContextKeyField(
        max_length=255, db_index=True
    )
    meeting: models.ForeignKey[Meeting | None] = models.ForeignKey(
        Meeting, null=True, blank=True, on_delete=models.PROTECT, related_name="placements"
    )
    made_by: models.ForeignKey = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    #: The rule that was last read from the published block; used when that block has been deleted since. None: never
    #: read.
    required_seconds = models.PositiveIntegerField(null=True, blank=True)
    #: The published block counts in the gradebook; as last read.
    is_graded = models.BooleanField(default=False)
    #: Since when no published block carries this key; None while there is one. Moved along while there still is a draft
    #: of a session to come, so that the time until it is deleted runs from when the block was last seen anywhere.
    unpublished_since = models.DateTimeField(null=True, blank=True)
    #: The whole published rule (`attendance.Policy.as_json`); None: not read since this column came.
    rule = models.JSONField(null=True, blank=True)
    #: What else the published block says and pages outside of it show: `{"topic", "join_minutes_before", ...}`.
    shown = models.JSONField(null=True, blank=True)
    #: Linked on purpose to a session that somebody had made; then it is never deleted with the block.
    is_link = models.BooleanField(null=True, blank=True)
    #: The author wants the session kept at Zoom when the block goes.
    keeps_meeting = models.BooleanField(null=True, blank=True)
    #: A meeting is being made for this block: `{"since", "kind", "host", "topic", "starts_at"}`, so that one that was
    #: made and whose answer was lost is found and adopted.
    creating = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PlacementManager] = PlacementManager()

    def __str__(self) -> str:
        return str(self.usage_key)
