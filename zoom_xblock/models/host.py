"""The users of the Zoom account, as last listed."""

from __future__ import annotations

from django.db import models


class Host(models.Model):
    """
    One user of the connected account. Zoom's ids differ by case, so a digest of the id is the key.

    .. pii: Name, address and id of a user of the Zoom account.
    .. pii_types: name, email_address, external_service
    .. pii_retirement: retained
    """

    zoom_id = models.CharField(max_length=64)
    id_digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.CharField(max_length=254, blank=True, db_index=True)
    name = models.CharField(max_length=255, blank=True)
    is_licensed = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    #: Whether webinars may be hosted; None: not asked, or Zoom did not say.
    has_webinar = models.BooleanField(null=True, blank=True)
    meeting_capacity = models.PositiveIntegerField(null=True, blank=True)
    webinar_capacity = models.PositiveIntegerField(null=True, blank=True)
    #: When Zoom last listed the user; whoever was not listed by the last whole refresh is gone.
    listed_at = models.DateTimeField()
    #: When the licences (webinar, capacity) were last asked for.
    asked_at = models.DateTimeField(null=True, blank=True, db_index=True)

    def __str__(self) -> str:
        return f"host {self.pk}"
