"""The site's one Zoom account: the app's credentials, the grant, and how it is doing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from zoom_xblock.models.fields import Leased, SecretTextField

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


class Connection(Leased):
    """
    One row per site (`slot` is unique and always 1).

    .. pii: The Zoom account's and the default host's e-mail addresses.
    .. pii_types: email_address
    .. pii_retirement: retained
    """

    class AppKind(models.TextChoices):
        """How the site is known to Zoom."""

        OAUTH = "oauth", "Zoom OAuth app"
        SERVER = "server", "server-to-server app"

    class State(models.TextChoices):
        """Whether there is a grant."""

        NEW = "new", "not connected yet"
        CONNECTED = "connected", "connected"
        DISCONNECTED = "disconnected", "disconnected"

    slot = models.PositiveSmallIntegerField(unique=True, default=1, editable=False)
    app_kind = models.CharField(max_length=10, choices=AppKind.choices, default=AppKind.OAUTH)
    client_id = models.CharField(max_length=255, blank=True)
    client_secret = SecretTextField(blank=True, default="")
    client_secret_set_at = models.DateTimeField(null=True, blank=True)
    webhook_secret = SecretTextField(blank=True, default="")
    webhook_secret_set_at = models.DateTimeField(null=True, blank=True)
    host_email = models.CharField(max_length=254, blank=True)

    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    state_reason = models.CharField(max_length=40, blank=True)
    state_changed_at = models.DateTimeField(null=True, blank=True)

    account_id = models.CharField(max_length=64, blank=True)
    zoom_user_id = models.CharField(max_length=64, blank=True)
    zoom_email = models.CharField(max_length=254, blank=True)
    access_token = SecretTextField(blank=True, default="")
    refresh_token = SecretTextField(blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    scopes = models.TextField(blank=True, default="")
    api_url = models.CharField(max_length=255, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    connected_by: models.ForeignKey[AbstractUser | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        permissions = [("administer_zoom", "Can connect and disconnect Zoom")]
        verbose_name = "Zoom connection"

    def __str__(self) -> str:
        return self.zoom_email or "Zoom connection"

    @property
    def is_connected(self) -> bool:
        """Whether there is a grant that we can read."""
        return self.state == self.State.CONNECTED and bool(self.access_token)

    @property
    def is_configured(self) -> bool:
        """Whether the app's credentials are complete and readable."""
        return bool(self.client_id and self.client_secret and self.webhook_secret)

    @property
    def granted_scopes(self) -> frozenset[str]:
        """The scopes Zoom said it granted."""
        return frozenset(self.scopes.split())

    def token_expires_within(self, seconds: int) -> bool:
        """Whether the access token is over, or nearly."""
        return self.expires_at is None or self.expires_at <= timezone.now() + timedelta(seconds=seconds)


class ConsentRequest(models.Model):
    """
    One press of *Add to ZOOM*: what must come back with the consent, once.

    .. no_pii:
    """

    state_digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    session_digest = models.CharField(max_length=64)
    code_verifier = SecretTextField()
    redirect_uri = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"consent request {self.pk}"
