"""Recordings in Zoom's cloud."""

from __future__ import annotations

from django.db import models

from zoom_xblock.models.fields import SecretTextField
from zoom_xblock.models.meeting import Meeting


class Recording(models.Model):
    """
    The recording of one sitting, as Zoom last told: it may come late, in parts, and once more after re-encoding.

    Links and passcodes are stored encrypted and answered as a redirect by our own address, so that enrolment and the
    author's wish are checked at the moment of looking.

    .. pii: Links to recordings at Zoom, encrypted; people can be seen and heard there.
    .. pii_types: external_service, video
    .. pii_retirement: retained
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="recordings")
    uuid = models.CharField(max_length=255)
    uuid_digest = models.CharField(max_length=64, unique=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    share_url = SecretTextField(blank=True, default="")
    passcode = SecretTextField(blank=True, default="")
    #: JSON: a list of `{"file_id", "file_type", "recording_type", "play_url", "started_at", "ended_at", "status"}`.
    files = SecretTextField(blank=True, default="")
    #: When Zoom said that it is in the bin; None while it can be watched.
    removed_at = models.DateTimeField(null=True, blank=True)
    #: When what we know happened at Zoom, so that a late delivery does not undo a newer one.
    told_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"recording {self.pk}"
