"""Bodies of webhook events, and who gets them. Ids are strings in live events and numbers in management events."""

from .clock import iso, iso_ms
from .scopes import event_allowed
from .signing import compact


def wants(patterns, event):
    """Whether a list of event names (``meeting.*`` stands for a family, ``*`` for all) covers an event."""
    return any(event == one or (one.endswith("*") and event.startswith(one[:-1])) for one in patterns)


class Emitter:
    """Builds events and hands them to the deliveries. Callers hold the world's lock."""

    def __init__(self, world):
        self._world = world

    def send(self, event, account_id, obj, *, host_id="", at=None, apps=None, **besides):
        """Send ``event`` about ``obj`` to every subscription that wants it. ``besides`` goes into the payload.

        ``download_token`` is put on the top level. ``at``: time of the event (now).
        """
        receivers = self.receivers(event, account_id, host_id, apps)
        if not receivers:
            return
        at = self._world.now() if at is None else at
        body = {"event": event, "event_ts": int(at * 1000)}
        if "download_token" in besides:
            body["download_token"] = besides.pop("download_token")
        body["payload"] = {"account_id": account_id, **besides, "object": obj}
        if ".participant_" in event:  # observed order: event_ts last
            body["event_ts"] = body.pop("event_ts")
        raw = compact(body)
        for subscription in receivers:
            self._world.deliveries.add(subscription, event, raw)

    def receivers(self, event, account_id, host_id="", apps=None):
        """Subscriptions that an event of this account goes to."""
        world, options = self._world, self._world.options
        found = []
        for one in world.subscriptions.values():
            app = world.apps.get(one.client_id)
            if app is None or not app.enabled or not wants(one.events, event):
                continue
            if apps is not None and app.client_id not in apps:
                continue
            if apps is None and not self._reaches(app, one, account_id, host_id):
                continue
            if options.enforce_event_scopes and not event_allowed(event, set(app.scopes)):
                continue
            found.append(one)
        return found

    def _reaches(self, app, subscription, account_id, host_id):
        grants = self._world.grants_of(app.client_id, account_id)
        if app.kind == "server-to-server":
            return app.account_id == account_id and bool(grants or not self._world.options.events_need_grant)
        if self._world.options.events_need_grant and not grants:
            return False
        if app.account_id != account_id and not grants:
            return False
        if subscription.covers == "installed":
            return any(grant.user_id == host_id for grant in grants)
        return subscription.covers == "account" or host_id in subscription.covers

    # shapes

    def short(self, meeting, *, live=False, start_at=None, duration=None):
        """The common part of ``payload.object``; ``live`` makes ``id`` a string."""
        obj = {
            "uuid": meeting.uuid,
            "id": str(meeting.number) if live else meeting.number,
            "host_id": meeting.host_id,
            "topic": meeting.topic,
            "type": meeting.type,
            "duration": meeting.duration if duration is None else duration,
            "timezone": meeting.timezone,
        }
        at = meeting.start_at if start_at is None else start_at
        if at is not None:
            obj["start_time"] = iso(at)
        return obj

    def managed(self, event, meeting, operator, obj, *, at=None, **besides):
        """``created``, ``updated``, ``deleted``, ``recovered``: with who did it."""
        self.send(
            f"{meeting.kind}.{event}",
            meeting.account_id,
            obj,
            host_id=meeting.host_id,
            at=at,
            operator=operator.email,
            operator_id=operator.id,
            **besides,
        )

    def sitting(self, event, meeting, sitting, at):
        """``started`` and ``ended``."""
        obj = {
            "id": str(meeting.number),
            "uuid": sitting.uuid,
            "host_id": meeting.host_id,
            "topic": meeting.topic,
            "type": meeting.type,
            "start_time": iso(sitting.started_at),
            "timezone": "" if meeting.type == 1 else meeting.timezone,
            "duration": 0 if meeting.type == 1 else meeting.duration,
        }
        if event == "ended":
            obj["end_time"] = iso(at)
            if meeting.kind == "webinar":
                obj["practice_session"] = sitting.practice
        self.send(f"{meeting.kind}.{event}", meeting.account_id, obj, host_id=meeting.host_id, at=at)

    def participant(self, event, meeting, sitting, presence, at, **besides):
        """Every ``participant_…`` event; ``besides`` adds keys to the participant or, by ``object_``, to the object."""
        world = self._world
        options, blank = world.options, world.accounts[meeting.account_id].blank_names
        guest = not presence.zoom_user_id
        address = presence.email
        if blank or (guest and not (presence.registrant_id and options.registrant_email_in_events)):
            address = ""
        person = {
            "user_id": presence.user_id,
            "user_name": "" if blank else presence.name,
            "id": presence.zoom_user_id,
            "participant_uuid": presence.participant_uuid,
            "participant_user_id": presence.zoom_user_id,
            "email": address,
        }
        if presence.registrant_id and options.registrant_id_in_events:
            person["registrant_id"] = presence.registrant_id
        person["customer_key"] = presence.customer_key
        if presence.phone:
            person["phone_number"] = presence.phone
        outer = {key[7:]: value for key, value in besides.items() if key.startswith("object_")}
        person.update({key: value for key, value in besides.items() if not key.startswith("object_")})
        number = meeting.number if event == "participant_jbh_waiting_left" else str(meeting.number)
        obj = {
            "uuid": sitting.uuid if sitting else meeting.uuid,
            "participant": person,
            "id": number,
            "type": meeting.type,
            "topic": meeting.topic,
            "host_id": meeting.host_id,
            "duration": meeting.duration,
            "start_time": iso(sitting.started_at if sitting else meeting.start_at) or "",
            "timezone": meeting.timezone,
            **outer,
        }
        self.send(f"{meeting.kind}.{event}", meeting.account_id, obj, host_id=meeting.host_id, at=at)

    def registration(self, event, meeting, registrant, join_url):
        """``registration_created`` and its relatives."""
        person = {
            "id": registrant.id,
            "first_name": registrant.first_name,
            "last_name": registrant.last_name,
            "email": registrant.email,
            "status": "denied" if registrant.status == "cancelled" else registrant.status,
        }
        if join_url:
            person["join_url"] = join_url
        person["participant_pin_code"] = registrant.pin
        obj = {**self.short(meeting), "registrant": person}
        self.send(f"{meeting.kind}.registration_{event}", meeting.account_id, obj, host_id=meeting.host_id)

    def user(self, event, user):
        """``user.deleted``, ``user.deactivated``, ``user.disassociated``."""
        self.send(
            f"user.{event}",
            user.account_id,
            {
                "id": user.id,
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "type": user.type,
            },
            host_id=user.id,
        )

    def app_deauthorized(self, grant):
        """Sent to the app's own subscriptions when a user removes it; never for server-to-server."""
        world = self._world
        now = world.now()
        payload = {
            "user_id": grant.user_id,
            "account_id": grant.account_id,
            "client_id": grant.client_id,
            "deauthorization_time": iso_ms(now),
            "signature": world.ids.secret(64).encode().hex()[:64],
            "event_ts": int(now * 1000),
        }
        if world.options.deauthorized_retention is not None:
            payload["user_data_retention"] = world.options.deauthorized_retention
        raw = compact({"event": "app_deauthorized", "payload": payload})
        for one in self.receivers("app_deauthorized", grant.account_id, apps={grant.client_id}):
            world.deliveries.add(one, "app_deauthorized", raw)
