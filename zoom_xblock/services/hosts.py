"""The users of the Zoom account: listed by a job, chosen among by authors as the admin allows."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import health, platform
from zoom_xblock.models import Connection, Host, app_of
from zoom_xblock.models.fields import digest
from zoom_xblock.services import connections, disconnecting
from zoom_xblock.services.errors import InvalidWishes, NotConnected, trouble_of

log = logging.getLogger("zoom_xblock.hosts")

#: Zoom is asked for one user at a time what the licences allow; so many in one job, then the next goes on.
LICENCES_AT_ONCE = 50
MOST_ALLOWED = 2000


@dataclass(frozen=True)
class HostChoice:
    """Somebody an author may choose. `has_webinar`, `is_licensed`, `meeting_capacity` None: not known."""

    email: str
    name: str
    is_default: bool = False
    has_webinar: bool | None = None
    is_licensed: bool | None = None
    meeting_capacity: int | None = None


def set_policy(*, policy: str, allowed: str = "") -> None:
    """
    Who may be chosen as host; `allowed` are addresses, apart by white space, commas or semicolons, kept for "list".

    Raises InvalidWishes for an unknown policy or what is no address.
    """
    addresses = [part.strip() for part in allowed.replace(",", " ").replace(";", " ").split()]
    wrong = {}
    if policy not in Connection.HostPolicy.values:
        wrong["host_policy"] = "unknown"
    if len(addresses) > MOST_ALLOWED or not all(_is_address(one) for one in addresses):
        wrong["allowed_hosts"] = "malformed"
    if wrong:
        raise InvalidWishes(wrong)
    connection = connections.the_connection()
    connection.host_policy = policy
    connection.allowed_hosts = "\n".join(dict.fromkeys(address.casefold() for address in addresses))
    connection.save(update_fields=["host_policy", "allowed_hosts"])


def allowed_for(user_id: int) -> list[HostChoice]:
    """
    Whom this author may choose, the default host first. Where the account's users are known, only the active ones
    among them; where they are not, addresses are taken as they are.
    """
    connection = connections.the_connection()
    default = _default_host(connection)
    if not connections.is_account_wide(connection):
        return [HostChoice(connection.zoom_email, "", is_default=True)] if connection.zoom_email else []
    wanted = _addresses(connection, user_id)
    hosts = Host.objects.all()
    known = {host.email.casefold(): host for host in (hosts if wanted is None else hosts.filter(_any_of(wanted)))}
    listed = connection.hosts_refreshed_at is not None
    addresses = sorted(known) if wanted is None else wanted
    choices = []
    for address in addresses:
        host = known.get(address.casefold())
        if listed and (host is None or not host.is_active):
            continue
        is_default = address.casefold() == default.casefold()
        choices.append(
            HostChoice(host.email, host.name, is_default, host.has_webinar, host.is_licensed, host.meeting_capacity)
            if host is not None
            else HostChoice(address, "", is_default)
        )
    return sorted(choices, key=lambda choice: (not choice.is_default, choice.name.casefold(), choice.email))


def may_host(user_id: int, email: str) -> bool:
    """Whether this author may name this address as host."""
    return any(choice.email.casefold() == email.strip().casefold() for choice in allowed_for(user_id))


def may_link(user_id: int, host_email: str) -> bool:
    """Whether this author may link an existing meeting of this host: of a host she might choose, and of no other."""
    return bool(host_email) and may_host(user_id, host_email)


def ask_refresh() -> None:
    """List the account's users anew; a job does it. Raises NotConnected."""
    connections.client(patient=False)
    platform.current().later("refresh_hosts")


def is_due() -> bool:
    """Whether the daily listing is due."""
    connection = connections.the_connection()
    return connection.is_connected and health.hosts_due_at(connection) <= timezone.now()


def refresh_hosts() -> None:
    """
    List the account's users, page by page (job). Who is no longer listed is forgotten after a whole listing only.

    Where the connected user is gone or inactive, the connection is over.
    """
    connection, began = connections.the_connection(), timezone.now()
    row = Connection.objects.filter(pk=connection.pk)
    try:
        client = connections.client(patient=True)
        if connections.is_account_wide(connection):
            for status in ("active", "inactive"):
                for page in client.users(status=status):
                    _keep(page, began, is_active=status == "active")
        else:
            _keep([client.me()], began, is_active=True)
    except NotConnected:
        return
    except zoom.ZoomError as error:
        log.warning("hosts not listed reason=%s zoom_code=%s", trouble_of(error), error.code)
        row.update(hosts_tried_at=began, hosts_error=trouble_of(error))
        return
    Host.objects.filter(listed_at__lt=began).delete()
    row.update(hosts_tried_at=began, hosts_refreshed_at=timezone.now(), hosts_error=None)
    if connection.zoom_user_id and not _is_present(connection.zoom_user_id):
        _doubt_connected_user(client, connection)
    platform.current().later("ask_licences")


def ask_licences() -> None:
    """Ask what licensed hosts may do, some at a time (job); the next job goes on."""
    stale = Q(asked_at__isnull=True) | Q(asked_at__lt=timezone.now() - timedelta(hours=20))
    waiting = Host.objects.filter(stale, is_active=True, is_licensed=True).order_by("pk")
    try:
        client = connections.client(patient=True)
    except NotConnected:
        return
    account_wide = connections.is_account_wide(connections.the_connection())
    for host in waiting[:LICENCES_AT_ONCE]:
        try:
            allows = client.user_settings(host.zoom_id if account_wide else "me")
        except (zoom.errors.ScopeMissing, zoom.errors.Disconnected):
            return  # as unknown as before, for everybody
        except zoom.ZoomError as error:
            if error.retry:
                return  # the next daily listing asks again
            Host.objects.filter(pk=host.pk).update(asked_at=timezone.now())
            continue
        Host.objects.filter(pk=host.pk).update(
            has_webinar=allows.webinar,
            webinar_capacity=allows.webinar_capacity,
            meeting_capacity=allows.meeting_capacity,
            asked_at=timezone.now(),
        )
    if waiting.exists():
        platform.current().later("ask_licences", countdown_seconds=5)


# -- inside ---------------------------------------------------------------------------------------------------------


def _default_host(connection: Connection) -> str:
    return app_of(connection).host_email or connection.zoom_email


def _addresses(connection: Connection, user_id: int) -> list[str] | None:
    """The addresses that the policy names for this author; None: everybody."""
    person = platform.current().person(user_id)
    own = person.email if person is not None and person.is_active else ""
    policy = connection.host_policy or Connection.HostPolicy.DEFAULT
    if policy == Connection.HostPolicy.EVERYONE and connection.hosts_refreshed_at is not None:
        return None
    named = {
        Connection.HostPolicy.OWN: [own],
        Connection.HostPolicy.LIST: (connection.allowed_hosts or "").split(),
    }.get(Connection.HostPolicy(policy), [_default_host(connection), own])
    return list({address.casefold(): address for address in reversed(named) if address}.values())[::-1]


def _any_of(addresses: list[str]) -> Q:
    found = Q(pk__in=[])
    for address in addresses[:MOST_ALLOWED]:
        found |= Q(email__iexact=address)
    return found


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def _keep(page: list[zoom.ZoomUser], listed_at: datetime, *, is_active: bool) -> None:
    known = {host.id_digest: host for host in Host.objects.filter(id_digest__in=[digest(user.id) for user in page])}
    new: list[Host] = []
    changed: list[Host] = []
    for user in page:
        host = known.get(digest(user.id)) or Host(zoom_id=user.id, id_digest=digest(user.id))
        host.email, host.name = user.email[:254], user.display_name[:255]
        host.is_licensed, host.is_active = user.licensed, is_active and user.status in ("active", "")
        host.listed_at = listed_at
        (changed if host.pk else new).append(host)
    Host.objects.bulk_create(new, ignore_conflicts=True)  # two refreshes at once list the same people
    Host.objects.bulk_update(changed, ["email", "name", "is_licensed", "is_active"], batch_size=100)
    # Never back in time: of two listings at once the later one forgets whom it did not see, and both saw these.
    seen = Host.objects.filter(id_digest__in=[digest(user.id) for user in page], listed_at__lt=listed_at)
    seen.update(listed_at=listed_at)


def _is_present(zoom_user_id: str) -> bool:
    return Host.objects.filter(id_digest=digest(zoom_user_id), is_active=True).exists()


def _doubt_connected_user(client: zoom.ZoomClient, connection: Connection) -> None:
    """The list lacks the connected user: asked for by name before it is believed."""
    try:
        user = client.user(connection.zoom_user_id)
    except zoom.errors.UserGone:
        disconnecting.note_disconnected("host_gone", refused_access_token=None)
    except zoom.ZoomError:
        return
    else:
        if user.status not in ("active", ""):
            disconnecting.note_disconnected("host_gone")
