"""Sessions for several components of a course at once: each row by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from demo.site.models import Block
from tests.conftest import make_block
from tests.services.test_meetings import at_zoom
from zoom_xblock.models import Placement
from zoom_xblock.services import courses
from zoom_xblock.services.errors import Forbidden, InvalidWishes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_studio(monkeypatch):
    """Drafts are written in Studio."""
    from demo.site.door import DemoPlatform

    monkeypatch.setattr(DemoPlatform, "service", "studio")


def starts(days=1):
    """A start."""
    return (timezone.now() + timedelta(days=days)).replace(microsecond=0)


def make(site, *rows):
    """The course team makes several; the slugs."""
    asked = [{"usage_key": getattr(key, "key", key), "starts_at": at} for key, at in rows]
    return [
        (one.ok, one.slug)
        for one in courses.make_several(course_key=site.course_key, user_id=site.author.pk, rows=asked)
    ]


def test_each_row_gets_a_session_with_the_wishes_of_its_draft(connected, site, zoom):
    one = make_block(site.course_key, name="one", display_name="One", starts_at=None)
    two = make_block(
        site.course_key, name="two", display_name="Two", kind="webinar", recurrence={"every": "day", "count": 2}
    )
    first, second = starts(1), starts(2)
    assert make(site, (one, first), (str(two.key), second)) == [(True, ""), (True, "")]
    made = {meeting["topic"]: meeting for meeting in at_zoom(zoom)}
    assert (made["One"]["type"], made["Two"]["type"]) == (2, 9)
    for row, start in ((one, first), (two, second)):
        assert Placement.objects.for_usage_key(row.key).meeting.starts_at == start
        draft = datetime.fromisoformat(str(Block.objects.get(key=row.key).draft["starts_at"]))
        assert (draft if draft.tzinfo else draft.replace(tzinfo=UTC)) == start  # fields are written in UTC


def test_what_fails_leaves_the_others(connected, site, zoom):
    good, bad, last = (make_block(site.course_key, name=name) for name in ("good", "bad", "last"))
    Block.objects.filter(pk=bad.pk).update(draft={**bad.draft, "display_name": ""})
    refusal = {"code": 300, "message": "x", "errors": [{"field": "agenda", "message": "Invalid field."}]}
    assert make(site, (good, starts()), (bad, starts()), (last, starts(-1))) == [
        (True, ""),
        (False, "display_name:required"),
        (False, "starts_at:past"),
    ]
    zoom.fault("POST", "/v2/users/*/meetings", status=400, body=refusal, times=1)
    other = make_block(site.course_key, name="other")
    assert make(site, (other, starts()), (last, starts())) == [(False, "description:refused"), (True, "")]
    assert make(site, (good, starts()), (other, starts())) == [(False, "has_session"), (True, "")]


@pytest.mark.parametrize(
    ("fault", "slug"),
    [({"rate_limit": "per_host"}, "daily_limit"), ({"status": 503}, "zoom_down"), ({"drop": True}, "unreachable")],
)
def test_what_stops_one_and_all_is_asked_once(connected, site, zoom, fault, slug):
    rows = [(make_block(site.course_key, name=f"row{number}"), starts()) for number in range(4)]
    zoom.fault("POST", "/v2/users/*/meetings", times=None, **fault)
    assert make(site, *rows) == [(False, slug)] * 4
    assert [one["hits"] for one in zoom.control("faults")["faults"]] == [1]


def test_not_connected_is_told_of_each(site, zoom):
    rows = [(make_block(site.course_key, name=f"row{number}"), starts()) for number in range(2)]
    assert make(site, *rows) == [(False, "not_connected")] * 2


def test_made_at_zoom_and_not_written_is_found_by_the_next_save(connected, site, zoom, monkeypatch):
    from demo.site.door import DemoPlatform
    from tests.services.test_meetings import save
    from zoom_xblock.platform import PlatformError

    def broken(*_args):
        raise PlatformError("the modulestore is away")

    row = make_block(site.course_key, name="one")
    with monkeypatch.context() as patch:
        patch.setattr(DemoPlatform, "change_draft", broken)
        assert make(site, (row, starts())) == [(False, "not_stored")]
    assert not save(site, row, has_moved=False).is_new
    assert len(at_zoom(zoom)) == 1


def test_twice_the_same_row_is_made_once(connected, site, zoom):
    row = make_block(site.course_key, name="one")
    assert make(site, (row, starts()), (row, starts())) == [(True, ""), (False, "repeated")]
    assert len(at_zoom(zoom)) == 1


@pytest.mark.parametrize(
    "key",
    ["block-v1:Other+Course+1+type@zoom+block@x", "block-v1:DemoX+Zoom+2026+type@zoom+block@none"],
)
def test_components_of_other_courses_and_none_are_unknown(connected, site, zoom, key):
    assert make(site, (key, starts())) == [(False, "unknown")]


@pytest.mark.parametrize("key", [None, "", 5, "x" * 300, "javascript:alert(1)", "\x00", ["a"], {"a": 1}], ids=repr)
def test_hostile_rows_are_malformed(connected, site, zoom, key):
    assert make(site, (key, starts())) == [(False, "malformed")]


@pytest.mark.parametrize("start", [None, "2030-01-01", datetime.fromisoformat("2030-01-01"), 5], ids=repr)
def test_starts_that_are_none(connected, site, zoom, start):
    assert make(site, (make_block(site.course_key, name="one"), start)) == [(False, "malformed")]


def test_the_number_is_bounded_and_the_form_checked(connected, site):
    row = {"usage_key": "x", "starts_at": starts()}
    for rows, slug in (([row] * 51, "too_many"), ("rows", "malformed"), ([5], "malformed"), (None, "malformed")):
        with pytest.raises(InvalidWishes) as refused:
            courses.make_several(course_key=site.course_key, user_id=site.author.pk, rows=rows)
        assert refused.value.fields == {"rows": slug}


def test_only_authors(connected, site):
    with pytest.raises(Forbidden):
        courses.make_several(course_key=site.course_key, user_id=site.learner1.pk, rows=[])
