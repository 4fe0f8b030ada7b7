"""How the control API shows things: plain dicts, times as ISO text besides the epoch seconds of records."""

import json

from . import meeting_bodies, registrants
from .clock import iso


def dumps(value):
    """JSON of a control answer."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _shown(record):
    found = {name: value for name, value in record.__dict__.items() if not name.startswith("_")}
    return {name: iso(value) if name.endswith("_at") else value for name, value in found.items()}


account = user = app = grant = _shown


def subscription(world, one):
    """A subscription with its validation, and the events its app has no scope for."""
    from .scopes import event_allowed

    scopes = set(world.apps[one.client_id].scopes)
    return {
        **_shown(one),
        "validated": one.active,
        "events_without_scope": [
            event for event in one.events if not event.endswith("*") and not event_allowed(event, scopes)
        ],
    }


def meeting(world, one, *, people=True):
    """A meeting with everything, registrants too unless there are reasons not to."""
    found = {name: value for name, value in _shown(one).items() if name not in ("registrants", "occurrences")}
    host = world.users.get(one.host_id)
    found |= {
        "id": one.number,
        "host_email": host.email if host else "",
        "join_url": meeting_bodies.join_url(world, one),
        "host_url": meeting_bodies.start_url(world, one) if host else "",
        "registrant_count": len(one.registrants),
        "occurrences": [meeting_bodies.occurrence_row(date) for date in one.occurrences],
    }
    if people:
        found["registrants"] = [registrant(world, one, person) for person in one.registrants.values()]
    return found


def registrant(world, of, one):
    """A registrant with the personal link, whatever the status."""
    row = registrants.row(world, of, one)
    return {**row, "status": one.status, "join_url": meeting_bodies.personal_url(world, of, one), "tk": one.join_key}


def sitting(one, *, rows=False):
    """A sitting; ``rows`` adds who was there."""
    inside = len({row.connection for row in one.presences if row.left_at is None and not row.waiting})
    found = {
        "uuid": one.uuid,
        "number": one.number,
        "kind": one.kind,
        "started_at": iso(one.started_at),
        "ended_at": iso(one.ended_at),
        "occurrence_id": one.occurrence_id,
        "rows": len(one.presences),
        "inside": inside,
        "waiting": sum(row.waiting and row.left_at is None for row in one.presences),
    }
    if rows:
        found["presences"] = [presence(row) for row in one.presences]
    return found


def presence(row):
    """One row of attendance."""
    return {
        name: iso(value) if name.endswith("_at") else value
        for name, value in ((name, getattr(row, name)) for name in row.__slots__)
    }


def delivery(one, *, body=True):
    """A delivery with its attempts."""
    found = {
        "number": one.number,
        "request_id": one.request_id,
        "subscription_id": one.subscription_id,
        "client_id": one.client_id,
        "url": one.url,
        "event": one.event,
        "made_at": iso(one.made_at),
        "state": one.state,
        "note": one.note,
        "attempts": list(one.attempts),
    }
    if body:
        found["body"] = json.loads(one.raw) if _is_json(one.raw) else one.raw.decode("utf-8", "replace")
        found["raw"] = one.raw.decode("utf-8", "replace")
    return found


def _is_json(raw):
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


def everything(world):
    """The whole state. Registrants and presences are counted, not listed, in big meetings."""
    return {
        "url": world.base_url,
        "clock": world.clock.read(),
        "options": world.options.values(),
        "accounts": [account(one) for one in world.accounts.values()],
        "users": [user(one) for one in world.users.values()],
        "apps": [app(one) for one in world.apps.values()],
        "grants": [grant(one) for one in world.grants.values()],
        "subscriptions": [subscription(world, one) for one in world.subscriptions.values()],
        "meetings": [meeting(world, one, people=len(one.registrants) <= 500) for one in world.meetings.values()],
        "sittings": [sitting(one, rows=len(one.presences) <= 500) for one in world.sittings.values()],
        "recordings": [_shown(one) for one in world.recordings.values()],
        "faults": world.faults.listed(),
        "deliveries": world.deliveries.counts(),
    }


def secrets(world):
    """Every secret given out: client secrets, tokens, codes, personal links' keys, passcodes."""
    found = set(world.retired_secrets)
    for one in world.apps.values():
        found |= {one.client_secret, one.secret_token}
    for table in (
        world.access_tokens,
        world.refresh_tokens,
        world.codes,
        world.host_tokens,
        world.download_tokens,
        world.join_keys,
    ):
        found |= set(table)
    for one in world.meetings.values():
        found |= {one.password_key} | ({one.password} if len(one.password) >= 6 else set())
    for one in world.recordings.values():
        found |= {one.play_code, one.share_key}
    return sorted(found - {""})
