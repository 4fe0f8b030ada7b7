"""
What `test_mysql` looks at, found in a process of its own on the MariaDB of `DEMO_DATABASE_URL`: one line of JSON.

An upgrade with rows in every table first, then services on ids that only their case tells apart.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import Any

import django


def main() -> None:
    """Begin with the first schema, as a site of that time, and go on from there."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.site.settings"
    django.setup()
    facts: dict[str, Any] = {}
    facts |= upgraded()
    facts |= indexes()
    facts |= people()
    sys.stdout.write(json.dumps(facts) + "\n")


def upgraded() -> dict[str, Any]:
    """Rows of the first schema, read with the code of today after all migrations."""
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    from tests.models.filling import fill, stored

    for app in ("auth", "demo_site", "completion", "waffle"):
        call_command("migrate", app, verbosity=0)
    call_command("migrate", "zoom_xblock", "0001_initial", verbosity=0)
    made = fill(MigrationLoader(connection).project_state(("zoom_xblock", "0001_initial")).apps)
    call_command("migrate", verbosity=0)
    changed = [
        name for name, rows in made.items() if stored(apps.get_model("zoom_xblock", name), list(rows[0])) != rows
    ]
    return {"vendor": connection.vendor, "tables": sorted(made), "changed": changed}


def indexes() -> dict[str, Any]:
    """The unique indexes that should be there and are not, and the bytes of the longest index."""
    from django.apps import apps
    from django.db import connection

    asked = (
        "SELECT s.TABLE_NAME, s.INDEX_NAME, s.NON_UNIQUE, s.COLUMN_NAME, c.CHARACTER_OCTET_LENGTH, s.SUB_PART"
        " FROM information_schema.STATISTICS s JOIN information_schema.COLUMNS c"
        " ON (s.TABLE_SCHEMA, s.TABLE_NAME, s.COLUMN_NAME) = (c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME)"
        " WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME LIKE 'zoom\\_xblock\\_%'"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        rows = cursor.fetchall()
        cursor.execute("SELECT 'Abc=' = 'aBC=', @@collation_database")
        same, collation = cursor.fetchone()
    unique: dict[tuple[str, str], set[str]] = {}
    length: dict[tuple[str, str], int] = {}
    for table, index, non_unique, column, octets, part in rows:
        length[table, index] = length.get((table, index), 0) + (4 * part if part else octets or 8)
        if not non_unique:
            unique.setdefault((table, index), set()).add(column)
    there = {(table, frozenset(columns)) for (table, _index), columns in unique.items()}
    wanted = set()
    for model in apps.get_app_config("zoom_xblock").get_models():
        meta = model._meta
        wanted |= {(meta.db_table, frozenset({field.column})) for field in meta.local_fields if field.unique}
        for constraint in meta.constraints:
            columns = frozenset(meta.get_field(name).column for name in constraint.fields)
            wanted.add((meta.db_table, columns))
    return {
        "case_is_no_difference": bool(same),
        "collation": collation,
        "unique": len(wanted),
        "missing": sorted(f"{table} {sorted(columns)}" for table, columns in wanted - there),
        "longest_index_bytes": max(length.values()),
    }


def people() -> dict[str, Any]:
    """Two learners whose registrant ids differ in case only, through settlement, their pages and a retirement."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone
    from opaque_keys.edx.keys import UsageKey

    from demo.site.models import Course, Enrollment
    from zoom_xblock import queries
    from zoom_xblock.attendance import Policy
    from zoom_xblock.models import Meeting, Placement, Registration, Result, Segment, Sitting
    from zoom_xblock.models.fields import digest
    from zoom_xblock.models.meeting import usage_digest
    from zoom_xblock.services import people, settlement

    ended = timezone.now() - timedelta(hours=1)
    began = ended - timedelta(hours=1)
    key = UsageKey.from_string("block-v1:DemoX+Zoom+2026+type@zoom+block@harsh")
    meeting = Meeting.objects.create(kind="meeting", zoom_id=2**62, topic="Álgebra 🎓 𝒳", has_registration=True)
    Placement.objects.create(
        usage_key=key, usage_digest=usage_digest(key), course_key=key.course_key, meeting=meeting, required_seconds=2400
    )
    sitting = Sitting.objects.create(
        meeting=meeting, uuid="aBc==", uuid_digest=digest("aBc=="), started_at=began, ended_at=ended, record="final",
        settled_at=ended,
    )  # fmt: skip
    course = Course.objects.create(key=key.course_key, title="Harsh")
    users = {}
    for name, registrant_id, minutes in (("first", "RgAbC", 50), ("second", "rGaBc", 10)):
        users[name] = get_user_model().objects.create(username=f"{name} of two")
        Enrollment.objects.create(course=course, user=users[name], is_active=True)
        Registration.objects.create(
            meeting=meeting, user=users[name], registrant_id=registrant_id, state="registered", join_url=f"link {name}"
        )
        Segment.objects.create(
            sitting=sitting, source="record", fact_digest=digest(name), registrant_id=registrant_id,
            name=f"{name} 😀", joined_at=began, left_at=began + timedelta(minutes=minutes),
        )  # fmt: skip
    settlement.decide_meeting(meeting.pk)
    results = Result.objects.filter(placement__meeting=meeting)
    attended = {row.user.username.partition(" ")[0]: [row.attended_seconds, row.is_complete] for row in results}
    planned = queries.Planned("", "meeting", "", None, 60, "UTC", Policy(required_minutes=40))
    shown = {name: queries.learner_facts(key, user.pk, planned).attended_seconds for name, user in users.items()}
    people.forget_person(users["second"].pk)
    names = dict(Segment.objects.filter(sitting=sitting).values_list("registrant_id", "name"))
    return {"topic": Meeting.objects.get(pk=meeting.pk).topic, "attended": attended, "shown": shown, "names": names}


if __name__ == "__main__":
    main()
