"""A class of any size as rows, for what only reads them: a session, and who was there from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import UsageKey

from demo.site.models import Course, Enrollment
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Meeting, Placement, Registration, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import settlement

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Classroom:
    """The rows. `users`: learners of the course; the first `registered` of them have a place."""

    meeting: Meeting
    placement: Placement
    sitting: Sitting
    users: list[Any]
    registered: int

    def was_there(self, user: Any, first: float, last: float | None, **more: Any) -> Segment:
        """A presence from minute `first` to `last` (None: still in), under the learner's own registrant."""
        number = 1_000_000 + Segment.objects.count()
        values = {"registrant_id": f"Reg{user.pk}", "name": user.get_full_name() or user.username, "source": "record"}
        return Segment.objects.create(**self._segment(first, last, number, {**values, **more}))

    def _segment(self, first: float, last: float | None, number: int, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "sitting": self.sitting,
            "fact_digest": digest("made", number),
            "connection": str(16_778_240 + number),
            "joined_at": BEGAN + timedelta(minutes=first),
            "left_at": None if last is None else BEGAN + timedelta(minutes=last),
            **values,
        }

    def is_counted(self) -> None:
        """Everybody is counted by the real thing."""
        settlement.decide_meeting(self.meeting.pk)


def make_classroom(
    usage_key: UsageKey, *, learners: int = 3, registered: int | None = None, live: bool = False, **rule: Any
) -> Classroom:
    """
    A meeting of 60 minutes on 2 March 2026 at 10:00 in Madrid, with one sitting; learner number n (from 0) was there
    from minute n % 20 on for 5 + n * 7 % 50 minutes, the third of every three with a break. `rule`: fields of a policy.
    """
    policy = Policy(**{"required_minutes": 30, **rule})
    meeting = Meeting.objects.create(
        kind="meeting", zoom_id=85_000_000_000 + Meeting.objects.count(), topic="Algebra live", starts_at=BEGAN,
        duration_minutes=60, time_zone="Europe/Madrid", has_registration=True, host_email="author@example.edu",
        state=Meeting.State.LIVE if live else Meeting.State.ENDED,
    )  # fmt: skip
    placement = Placement.objects.create(
        usage_key=usage_key, usage_digest=usage_digest(usage_key), course_key=usage_key.course_key, meeting=meeting,
        required_seconds=policy.required_minutes * 60, is_graded=policy.has_score, rule=policy.as_json(),
    )  # fmt: skip
    sitting = Sitting.objects.create(
        meeting=meeting, uuid=f"Sitting{meeting.pk}==", uuid_digest=digest(f"Sitting{meeting.pk}=="), started_at=BEGAN,
        ended_at=None if live else BEGAN + timedelta(minutes=62),
        record=Sitting.Record.LIVE if live else Sitting.Record.FINAL,
    )  # fmt: skip
    users = _users(usage_key, learners)
    room = Classroom(meeting, placement, sitting, users, learners if registered is None else registered)
    Registration.objects.bulk_create(
        [
            Registration(
                meeting=meeting, user=user, state=Registration.State.REGISTERED, registrant_id=f"Reg{user.pk}",
                email=user.email, registered_at=BEGAN - timedelta(minutes=number % 500),
            )
            for number, user in enumerate(users[: room.registered])
        ],
        batch_size=500,
    )  # fmt: skip
    Segment.objects.bulk_create(
        [
            Segment(**room._segment(first, last, number * 2 + part, values))
            for number, user in enumerate(users[: room.registered])
            for part, (first, last) in enumerate(_presence(number, live))
            for values in [
                {"registrant_id": f"Reg{user.pk}", "name": user.get_full_name(), "source": "live" if live else "record"}
            ]
        ],
        batch_size=500,
    )
    return room


def _presence(number: int, live: bool) -> list[tuple[float, float | None]]:
    first, length = number % 20, 5 + number * 7 % 50
    if live:
        return [(first, None if number % 2 else first + length)]
    if number % 3 == 2:
        return [(first, first + length / 2), (first + length / 2 + 3, min(62, first + length + 3))]
    return [(first, min(62, first + length))]


FIRST = ("Ana", "Björn", "Çağla", "Đorđe", "Élodie", "Farid", "Grażyna", "Hà", "Ivana", "José")
LAST = ("Álvarez", "Bauer-Lindenschmidt", "Čapek", "Dumitrescu", "Eriksson", "Fernández de la Reguera", "Großmann")


def _users(usage_key: UsageKey, count: int) -> list[Any]:
    users = get_user_model()
    begin = users.objects.count()
    made = [
        users(
            username=f"pupil{begin + number:05}",
            email=f"pupil{begin + number:05}@example.edu",
            first_name=FIRST[number % len(FIRST)],
            last_name=f"{LAST[number % len(LAST)]} {number}",
            password="!",
        )
        for number in range(count)
    ]
    users.objects.bulk_create(made, batch_size=500)
    made = list(users.objects.filter(username__gte=f"pupil{begin:05}", username__startswith="pupil").order_by("pk"))
    course = Course.objects.get(key=usage_key.course_key)
    Enrollment.objects.bulk_create([Enrollment(user=user, course=course) for user in made], batch_size=500)
    return made
