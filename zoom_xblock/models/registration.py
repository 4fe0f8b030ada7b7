"""A learner's place at a meeting."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from zoom_xblock.models.fields import Leased, SecretTextField
from zoom_xblock.models.meeting import Meeting

#: Refusals that a person has decided, or that cannot be mended.
FINAL_REFUSALS = ("account_gone", "cancelled_at_zoom", "host_cannot_register", "over")


class Registration(Leased):
    """
    A learner's registrant at Zoom. One per meeting and learner, however many courses show the meeting.

    The registrant id is the proof of who attended: it comes back in events and reports.

    .. pii: The address sent to Zoom, Zoom's registrant id and the personal join link.
    .. pii_types: email_address, external_service
    .. pii_retirement: local_api, third_party
    """

    class State(models.TextChoices):
        """How far Zoom has got with it."""

        PENDING = "pending", "waiting to be registered"
        AWAITING_APPROVAL = "approval", "waiting for the host's approval"
        REGISTERED = "registered", "registered"
        FAILED = "failed", "refused"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="registrations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    registrant_id = models.CharField(max_length=128, blank=True)
    join_url = SecretTextField(blank=True, default="")
    email = models.CharField(max_length=254, blank=True)
    error = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    #: First presence reported with this registrant id.
    joined_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "user"], name="zoom_one_registration_per_learner")]

    def __str__(self) -> str:
        return f"registration {self.pk}"

    @property
    def may_ask_again(self) -> bool:
        """Whether, after a refusal, opening the unit once more is worth a try: its cause may have been mended."""
        return (
            self.state == self.State.FAILED
            and self.error not in FINAL_REFUSALS
            and self.next_try_at is not None
            and self.next_try_at <= timezone.now()
        )
