"""The site's one Zoom account: the app's credentials, the grant, and how it is doing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from zoom_xblock.models.app import App, app_of
from zoom_xblock.models.fields import Leased, SecretTextField

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


class Connection(Leased):
    """
    One row per site (`slot` is unique and always 1).

    .. pii: E-mail addresses of the Zoom account, the default host and the allowed hosts, and the account's user id.
    .. pii_types: email_address, external_service
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

    class HostPolicy(models.TextChoices):
        """Whom authors may choose as host, and whose meetings may be linked."""

        DEFAULT = "default", "the connected account's host and the author's own address"
        OWN = "own", "the author's own address"
        LIST = "list", "those on the list"
        EVERYONE = "everyone", "every user of the account"

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

    #: Of a server-to-server app. Null as empty, here and below: the version before this one knows nothing of it.
    server_account_id = models.CharField(max_length=64, null=True, blank=True)
    #: Another account that was allowed at Zoom while sessions depend on this one: tokens and who it is, as JSON.
    pending_grant = SecretTextField(null=True, blank=True)
    pending_at = models.DateTimeField(null=True, blank=True)
    #: Since when a refresh is under way whose outcome is not known; left behind by one that was killed.
    refresh_begun_at = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    #: The last refresh that failed without ending the grant, and why (a slug); null after one that went well.
    refresh_failed_at = models.DateTimeField(null=True, blank=True)
    refresh_error = models.CharField(max_length=40, null=True, blank=True)
    #: When the admins were written to about the present disconnection.
    admins_told_at = models.DateTimeField(null=True, blank=True)
    host_policy = models.CharField(max_length=10, choices=HostPolicy.choices, null=True, blank=True)
    #: Addresses, one a line, for the policy "list".
    allowed_hosts = models.TextField(null=True, blank=True)
    hosts_refreshed_at = models.DateTimeField(null=True, blank=True)
    hosts_tried_at = models.DateTimeField(null=True, blank=True)
    hosts_error = models.CharField(max_length=40, null=True, blank=True)
    #: When the last sweep began: one at a time, and a sign that they happen.
    swept_at = models.DateTimeField(null=True, blank=True)
    #: What an import brought of Zoom's retired JWT app. Dropped with the next connection; used by nobody.
    retired_jwt = SecretTextField(null=True, blank=True)

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
        """Whether the app's credentials, fixed and stored, are complete and readable."""
        return not self.app.missing

    @property
    def app(self) -> App:
        """The app in force: what settings fix, and for the rest what is stored here."""
        return app_of(self)

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
