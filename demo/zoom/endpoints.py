"""URL validation of webhook endpoints: when one is saved, every 72 hours by the clock, and again while it fails."""

import json
import logging
import threading
import time

from . import sender
from .signing import answer_to, compact

log = logging.getLogger(__name__)


def validate(world, subscription):
    """Ask an endpoint once and note the outcome; True when it proved itself. Never call it under the world's lock."""
    with world.lock:
        app = world.apps.get(subscription.client_id)
        plain, now = world.ids.secret(22), world.now()
        request_id = world.ids.file_id()
    if app is None:
        return False
    raw = compact({"event": "endpoint.url_validation", "payload": {"plainToken": plain}, "event_ts": int(now * 1000)})
    answer = sender.post(world, sender.session(), subscription.client_id, subscription.url, raw, request_id)
    problem = _problem(app, plain, answer)
    with world.lock:
        subscription.checked_at = world.now()
        subscription.problem = problem
        if not problem:
            subscription.validated_at, subscription.active = subscription.checked_at, True
        elif subscription.validated_at is None or world.options.revalidation_failure == "disable":
            subscription.active = False
        world.touch("world")
    return not problem


def _problem(app, plain, answer):
    if answer["status"] is None:
        return answer["error"]
    if answer["status"] != 200:
        return f"answered {answer['status']}, not 200"
    try:
        told = json.loads(answer["body"])
    except ValueError:
        return "the answer is not JSON"
    if not isinstance(told, dict) or told.get("plainToken") != plain:
        return "plainToken is not the one sent"
    if told.get("encryptedToken") != answer_to(app.secret_token, plain):
        return "encryptedToken is wrong: the endpoint does not know the secret token"
    return ""


class Warden(threading.Thread):
    """Validates what is due, in the background."""

    def __init__(self, world):
        super().__init__(name="endpoint-warden", daemon=True)
        self._world = world
        self._tried = {}  # subscription id → real time
        self._stop = threading.Event()

    def run(self):
        """Look every quarter second."""
        while not self._stop.wait(0.25):
            for subscription in self._due():
                self._tried[subscription.id] = time.monotonic()
                try:
                    validate(self._world, subscription)
                except Exception:  # one endpoint must not stop the checks of the others
                    log.exception("validation of %s failed", subscription.id)

    def stop(self):
        """End soon."""
        self._stop.set()

    def _due(self):
        world = self._world
        with world.lock:
            now, pause = world.now(), world.options.validation_retry_seconds
            real, found = time.monotonic(), []
            for one in world.subscriptions.values():
                if one.forced or self._asleep(one):
                    continue
                rested = pause and real - self._tried.get(one.id, -1e9) >= pause
                late = (
                    one.validated_at is not None and now - one.validated_at >= world.options.revalidation_hours * 3600
                )
                if rested and (not one.active or late or (one.problem and one.validated_at is None)):
                    found.append(one)
            return found

    def _asleep(self, subscription):
        """Whether the app is a server-to-server one that nobody has used yet."""
        app = self._world.apps.get(subscription.client_id)
        return app is not None and app.kind == "server-to-server" and not self._world.grants_of(app.client_id)
