"""Statements for many rows end in what the ORM would have written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from zoom_xblock.models import Meeting, Occurrence, Registration, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import bulk, record

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("meeting", "occurrence_id", "starts_at", "duration_minutes", "status")


@pytest.fixture
def meeting(db):
    """A meeting to hang rows on."""
    return Meeting.objects.create(kind="meeting", zoom_id=81234567890)


def test_values_arrive_as_they_were(meeting):
    now = timezone.now()
    text = "Ö 😀 '; DROP TABLE zoom_xblock_occurrence; -- %s \\"
    bulk.insert_new(Occurrence, NAMES, [(meeting.pk, text, now, 45, "available")])
    made = Occurrence.objects.get()
    assert (made.meeting_id, made.occurrence_id, made.starts_at, made.duration_minutes) == (meeting.pk, text, now, 45)


def test_what_is_there_already_is_left_as_it_is(meeting):
    now = timezone.now()
    rows = [(meeting.pk, str(number), now, number, "available") for number in range(3)]
    bulk.insert_new(Occurrence, NAMES, rows[:2])
    bulk.insert_new(Occurrence, NAMES, [(meeting.pk, "1", now, 99, "deleted"), *rows])
    assert list(Occurrence.objects.order_by("pk").values_list("occurrence_id", "duration_minutes")) == [
        ("0", 0),
        ("1", 1),
        ("2", 2),
    ]


def test_nothing_to_write_is_no_statement(meeting, django_assert_num_queries):
    with django_assert_num_queries(0):
        bulk.insert_new(Occurrence, NAMES, [])
        bulk.set_each(Occurrence, "starts_at", {})


def test_each_row_gets_its_own_value_however_many_there_are(meeting, django_user_model):
    users = [django_user_model(username=f"many{number}") for number in range(700)]
    django_user_model.objects.bulk_create(users)
    users = list(django_user_model.objects.filter(username__startswith="many").order_by("pk"))
    Registration.objects.bulk_create(Registration(meeting=meeting, user=user) for user in users)
    ids = list(Registration.objects.order_by("pk").values_list("pk", flat=True))
    began = timezone.now().replace(microsecond=123456)
    wanted = {pk: began + timedelta(seconds=number) for number, pk in enumerate(ids) if number != 5}
    bulk.set_each(Registration, "joined_at", wanted)
    assert dict(Registration.objects.values_list("pk", "joined_at")) == {**wanted, ids[5]: None}
    bulk.set_each(Registration, "attempts", {ids[5]: 7})
    assert dict(Registration.objects.values_list("pk", "joined_at")) == {**wanted, ids[5]: None}
    assert Registration.objects.get(pk=ids[5]).attempts == 7


def test_every_column_of_a_presence_is_written_or_may_be_empty(meeting):
    """A column that is added and not named here would be refused by the database, or silently stay empty."""
    named = {*record.COLUMNS, "id"}
    left = [field for field in Segment._meta.concrete_fields if field.name not in named]
    assert all(field.null for field in left)
    sitting = Sitting.objects.create(meeting=meeting, uuid="u", uuid_digest=digest("u"))
    values = dict.fromkeys(record.COLUMNS, "x") | {
        "sitting": sitting.pk, "source": "record", "room": "main", "is_internal": True, "joined_at": timezone.now(),
        "left_at": None,
    }  # fmt: skip
    bulk.insert_new(Segment, record.COLUMNS, [[values[name] for name in record.COLUMNS]])
    assert Segment.objects.get().is_internal is True


def test_how_many_were_new_is_known(meeting):
    now = timezone.now()
    rows = [(meeting.pk, str(number), now, number, "available") for number in range(400)]  # more than one statement
    assert bulk.insert_counted(Occurrence, NAMES, rows[:150]) == 150
    assert bulk.insert_counted(Occurrence, NAMES, rows) == 250
    assert bulk.insert_counted(Occurrence, NAMES, rows) == 0
    assert bulk.insert_counted(Occurrence, NAMES, []) == 0
    assert Occurrence.objects.count() == 400
