"""Keeping a world in a file: JSON, written whole, aside, then moved into place; a moment after a change, not at each.

Meetings are turned into text one by one and only when they changed, so that a big one does not slow the others.
Deliveries, faults and the clock are not kept.
"""

import json
import logging
import os
import threading
import time
from dataclasses import fields, is_dataclass
from pathlib import Path

from .records import Account, App, Grant, Meeting, Presence, Recording, Registrant, Sitting, Subscription, User

log = logging.getLogger(__name__)
_TABLES = {"accounts": Account, "users": User, "apps": App, "grants": Grant, "subscriptions": Subscription}
_TOKENS = ("access_tokens", "refresh_tokens", "codes", "host_tokens", "download_tokens")
_PRESENCE = tuple(field.name for field in fields(Presence))
_PAUSE = 0.5


def _plain(value):
    if isinstance(value, Presence):
        return [getattr(value, name) for name in _PRESENCE]
    if is_dataclass(value):
        return {key: one for key, one in value.__dict__.items() if not key.startswith("_")}
    raise TypeError(type(value).__name__)


def _text(value):
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


class Keeper:
    """Writes one world into one file."""

    def __init__(self, world, path):
        self._world, self._path = world, Path(path)
        self._dirty, self._lock = set(), threading.Lock()
        self._pieces = {}
        self._wake, self._ended = threading.Event(), False
        self._thread = None
        world.changed = self._note

    def _note(self, key):
        with self._lock:
            self._dirty.add(key)
        self._wake.set()

    # out

    def start(self):
        """Write in the background from now on, beginning with what there is."""
        with self._world.lock:
            for number in self._world.meetings:
                self._note(f"meeting:{number}")
            self._note("world")
        self._thread = threading.Thread(target=self._run, name="state-keeper", daemon=True)
        self._thread.start()

    def stop(self):
        """Write what is left."""
        self._ended = True
        self._wake.set()
        if self._thread:
            self._thread.join(10)
        self._write()

    def _run(self):
        while not self._ended:
            self._wake.wait()
            began = time.monotonic()
            self._write()
            time.sleep(0 if self._ended else max(_PAUSE, 10 * (time.monotonic() - began)))

    def _write(self):
        self._wake.clear()
        with self._lock:
            dirty, self._dirty = self._dirty, set()
        if not dirty:
            return
        world = self._world
        if "reset" in dirty:
            self._pieces.clear()
        for key in dirty:
            if key.startswith("meeting:"):
                self._pieces[key] = self._meeting(int(key[8:]))
        if dirty & {"world", "reset"}:
            with world.lock:
                self._pieces["world"] = self._rest()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            aside = self._path.with_name(self._path.name + ".new")
            inside = ",\n".join(f"{json.dumps(key)}:{text}" for key, text in self._pieces.items() if text)
            aside.write_text("{" + inside + "}", encoding="utf-8", errors="replace")
            os.replace(aside, self._path)
        except OSError:
            log.exception("the state could not be written to %s", self._path)

    def _meeting(self, number):
        """A meeting as text. Copied under the lock, written outside it; what changes meanwhile is written again."""
        while True:
            with self._world.lock:
                copied = self._copied(number)
            try:
                return _text(copied) if copied else ""
            except RuntimeError:  # a dict changed its size
                continue

    def _copied(self, number):
        world = self._world
        meeting = world.meetings.get(number)
        if meeting is None:
            return None
        kept = {name: value for name, value in meeting.__dict__.items() if not name.startswith("_")}
        sittings = [world.sittings[uuid] for uuid in meeting.sittings]
        return {
            "meeting": {**kept, "registrants": dict(meeting.registrants), "occurrences": list(meeting.occurrences)},
            "sittings": [{**one.__dict__, "presences": list(one.presences), "open": {}} for one in sittings],
            "recordings": [world.recordings[uuid] for uuid in meeting.sittings if uuid in world.recordings],
        }

    def _rest(self):
        world = self._world
        now = world.now()
        kept = {name: getattr(world, name) for name in _TABLES}
        for name in _TOKENS:
            kept[name] = {key: held for key, held in getattr(world, name).items() if held["expires_at"] > now}
        return _text({**kept, "connections": world.ids.connections, "doors": world.doors})

    # in

    def restore(self):
        """Fill the world from the file; False when there is none or it cannot be read."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            log.exception("the state in %s cannot be read; starting empty", self._path)
            return False
        world = self._world
        with world.lock:
            rest = found.pop("world", {})
            for name, kind in _TABLES.items():
                setattr(world, name, {key: kind(**value) for key, value in rest.get(name, {}).items()})
            for name in _TOKENS:
                setattr(world, name, rest.get(name, {}))
            for piece in found.values():
                self._restore_meeting(piece)
            world.doors = rest.get("doors", {})
            world.ids.connections = rest.get("connections", world.ids.connections)
        return bool(rest)

    def _restore_meeting(self, piece):
        world = self._world
        values = piece["meeting"]
        values["registrants"] = {key: Registrant(**one) for key, one in values["registrants"].items()}
        meeting = Meeting(**values)
        world.meetings[meeting.number] = meeting
        for one in meeting.registrants.values():
            world.join_keys[one.join_key] = (meeting.number, one.id)
        for value in piece["sittings"]:
            rows = [Presence(*row) for row in value.pop("presences")]
            value.pop("open")
            sitting = Sitting(**value, presences=rows)
            if sitting.ended_at is None:
                for row in rows:
                    if row.left_at is None or (
                        not row.room
                        and any(other.connection == row.connection and other.left_at is None for other in rows)
                    ):
                        sitting.open.setdefault(row.connection, []).append(row)
                sitting.open = {key: [row for row in held if row.left_at is None] for key, held in sitting.open.items()}
            world.sittings[sitting.uuid] = sitting
        for value in piece["recordings"]:
            world.recordings[value["uuid"]] = Recording(**value)
