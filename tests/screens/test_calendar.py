"""A session as calendars read it: RFC 5545, looked at with another reader than the writer and byte by byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock.screens import calendar

START = datetime(2026, 6, 4, 12, 0, 0, 999, tzinfo=UTC)
URL = "https://learn.example.edu/courses/course-v1:DemoX+Zoom+2026/jump_to/block"


def event(**values: object) -> calendar.Event:
    return calendar.Event(
        **{
            "uid": "abc-only@learn.example.edu",
            "starts_at": START,
            "ends_at": START + timedelta(hours=1),
            "topic": "Cell biology",
            "description": "Bring questions.",
            "url": URL,
            "changed_at": datetime(2026, 5, 1, 9, 30, tzinfo=UTC),
            "sequence": 3,
            **values,
        }
    )


def unfolded(written: bytes) -> list[str]:
    """The content lines, read by the RFC alone."""
    return written.decode().replace("\r\n ", "").split("\r\n")


def test_a_single_date_is_one_event_in_utc():
    lines = unfolded(calendar.file([event()]))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert {"VERSION:2.0", "METHOD:PUBLISH", "CALSCALE:GREGORIAN"} <= set(lines)
    assert "DTSTART:20260604T120000Z" in lines
    assert "DTEND:20260604T130000Z" in lines
    assert "DTSTAMP:20260501T093000Z" in lines
    assert "LAST-MODIFIED:20260501T093000Z" in lines
    assert "SEQUENCE:3" in lines
    assert "STATUS:CONFIRMED" in lines
    assert "UID:abc-only@learn.example.edu" in lines
    assert f"URL:{URL}" in lines
    assert [line for line in lines if line.startswith("PRODID:-//")]


def test_wall_clock_of_a_series_is_kept_over_the_change_of_the_clocks():
    madrid = ZoneInfo("Europe/Madrid")
    walls = [datetime(2026, 10, 22, 10, 0, tzinfo=madrid), datetime(2026, 10, 29, 10, 0, tzinfo=madrid)]
    written = calendar.file([event(uid=str(at), starts_at=at, ends_at=at + timedelta(hours=1)) for at in walls])
    read = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert [one.decoded("dtstart").astimezone(madrid) for one in read] == walls
    assert [one.decoded("dtstart").hour for one in read] == [8, 9]


def test_a_session_across_the_change_of_the_clocks_is_as_long_as_it_is():
    madrid = ZoneInfo("Europe/Madrid")
    start = datetime(2026, 10, 25, 1, 30, tzinfo=madrid).astimezone(UTC)
    [read] = icalendar.Calendar.from_ical(
        calendar.file([event(starts_at=start, ends_at=start + timedelta(hours=2))])
    ).walk("VEVENT")
    assert read.decoded("dtend") - read.decoded("dtstart") == timedelta(hours=2)


def test_a_date_that_was_taken_away_is_cancelled_in_the_calendar_that_has_it():
    lines = unfolded(calendar.file([event(is_cancelled=True)]))
    assert "STATUS:CANCELLED" in lines


def test_what_has_a_meaning_in_the_format_is_escaped():
    hostile = "A, b; c\\d\nEND:VEVENT\nBEGIN:VEVENT\r\nATTENDEE:mailto:x@y.z"
    written = calendar.file([event(topic=hostile, description=hostile)])
    lines = unfolded(written)
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
    assert not [line for line in lines if line.startswith("ATTENDEE")]
    [read] = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert str(read["summary"]).replace("\r", "") == hostile.replace("\r", "")
    [summary] = [line for line in lines if line.startswith("SUMMARY:")]
    assert summary.startswith("SUMMARY:A\\, b\\; c\\\\d\\nEND:VEVENT")


@given(topic=st.text(max_size=300), description=st.text(max_size=600))
def test_whatever_was_typed_lines_are_short_and_text_comes_back(topic, description):
    try:
        (topic + description).encode()
    except UnicodeEncodeError:
        return  # half a character: the border refuses it
    written = calendar.file([event(topic=topic, description=description)])
    assert written.endswith(b"END:VCALENDAR\r\n")
    lines = written.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    for line in lines:
        line.decode()  # a fold never splits a character
    assert written.count(b"BEGIN:VEVENT\r\n") == 1
    assert not set(written.decode()) & {chr(code) for code in range(32) if chr(code) not in "\r\n\t"}


def test_links_open_the_usual_calendars_with_the_same_moment_and_the_course_page():
    links = {one["name"]: one["url"] for one in calendar.links(event(topic="Überblick & mehr", description="a\nb"))}
    google = parse_qs(urlsplit(links["Google Calendar"]).query)
    assert google["dates"] == ["20260604T120000Z/20260604T130000Z"]
    assert google["text"] == ["Überblick & mehr"]
    outlook = parse_qs(urlsplit(links["Outlook.com"]).query)
    assert (outlook["startdt"], outlook["enddt"]) == (["2026-06-04T12:00:00Z"], ["2026-06-04T13:00:00Z"])
    yahoo = parse_qs(urlsplit(links["Yahoo"]).query)
    assert (yahoo["st"], yahoo["et"]) == (["20260604T120000Z"], ["20260604T130000Z"])
    for query in (google, outlook, yahoo):
        assert URL in str(query)
    assert all(url.startswith("https://") for url in links.values())


@pytest.mark.parametrize("description", ["", "  "])
def test_without_a_description_the_way_in_stands_alone(description):
    assert calendar.text(description, URL) == f"Join from the course page: {URL}"
