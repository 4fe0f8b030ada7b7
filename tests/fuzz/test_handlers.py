"""
Every handler of the block, by everybody who can reach it: the LMS asks for no enrolment, Studio for a log-in only.

Handlers are found on the class, so that a new one is tried as soon as it is there.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import LOG_LINES
from tests.fuzz.conftest import FUZZ
from tests.fuzz.people import asked, everybody, everything, secrets_of
from tests.fuzz.strategies import JSON, PLAIN_TEXT, TEXT
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.services import registrations

pytestmark = pytest.mark.django_db(transaction=True)

HANDLERS = sorted(name for name in dir(ZoomXBlock) if getattr(getattr(ZoomXBlock, name, None), "_is_xblock_handler", 0))
#: What an enrolled learner may change: her own place.
HERS = {"zoom_xblock.Registration"}
#: Names that handlers read, from the requests of our own pages; any other name may come as well.
_EDITOR = """kind display_name description start_date start_time time_zone duration_minutes required_minutes has_score
weight recurrence completion required_percent counted opens_minutes closes_minutes dates graded_by counts_email entry
passcode alternative_hosts host_email token seen agreed reference occurrence_id starts_at keeps"""
_TEAM = "user_ids user_id verdict reason keys key page query q sort order show filter policy fields rows undo shown"
NAMES = [*_EDITOR.split(), *_TEAM.split()]
BODY = (
    JSON
    | st.dictionaries(st.sampled_from(NAMES) | TEXT, JSON, max_size=6)
    | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON))
)


@pytest.fixture
def stage(session, site, usage_key, jobs, zoom, connected):
    """A session with a learner who has a place; everybody's browsers; what nobody may read."""
    registrations.request_place(usage_key=usage_key, user_id=site.learner2.pk)
    jobs.run()
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    return {"browsers": everybody(site), "secrets": secrets_of(zoom, connected), "key": usage_key}


def addresses(key, handler, suffix):
    """Where a handler is reached: in the LMS, in Studio's editor and in its preview."""
    tail = f"/handler/{handler}" + (f"/{suffix}" if suffix else "")
    return {
        "LMS": f"/courses/{key.course_key}/xblock/{key}{tail}",
        "Studio": f"/studio/xblock/{key}{tail}",
        "preview": f"/studio/preview/xblock/{key}{tail}",
    }


def call(stage, who, where, handler, raw, *, method="POST", suffix="", content_type="application/json", query=""):
    """One request, and what has changed by it."""
    before, lines = everything(), len(LOG_LINES)
    path = addresses(stage["key"], handler, suffix)[where] + (f"?{query}" if query else "")
    answer = stage["browsers"][who].generic(method, path, raw, content_type=content_type)
    asked(answer, who, f"{where} {handler}", stage["secrets"])
    after = everything()
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= (HERS if who == "enrolled" and where == "LMS" else set()), f"{who} changed {changed} by {handler}"
    text = "\n".join(LOG_LINES[lines:])
    assert not [one for one in stage["secrets"] if one in text], f"{handler} logs a secret"
    return answer


PEOPLE = ("anonymous", "unenrolled", "enrolled", "staff of another course")


def test_there_are_handlers():
    assert {"register", "state", "save_session"} <= set(HANDLERS)


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_empty_request_by_everybody(stage, tried, handler):
    for who in PEOPLE:
        for where in ("LMS", "Studio", "preview"):
            for method, raw in (("POST", b"{}"), ("POST", b""), ("GET", b""), ("PUT", b"{}"), ("DELETE", b"")):
                answer = call(stage, who, where, handler, raw, method=method)
                tried["handlers"] += 1
                if who in ("unenrolled", "staff of another course") and where == "LMS":
                    assert answer.status_code in (400, 403, 404, 405), (who, where, handler, answer.content)


@FUZZ
@given(
    handler=st.sampled_from(HANDLERS),
    who=st.sampled_from(PEOPLE),
    where=st.sampled_from(["LMS", "LMS", "Studio", "preview"]),
    body=BODY.map(lambda one: json.dumps(one).encode()) | st.binary(max_size=200),
    suffix=st.sampled_from(["", "", "x", "../..", "%00", "é"]),
    query=st.sampled_from(["", "", "page=-1&q=%00", "page=999999999999999999999&sort=%F0%9F%98%80", "a=1&a=2"]),
    content_type=st.sampled_from(["application/json", "application/json", "text/plain", "multipart/form-data", ""]),
)
@example(HANDLERS[0], "enrolled", "LMS", b"[" * 20000, "", "", "application/json")
@example(HANDLERS[0], "enrolled", "LMS", b'{"a":' + b"9" * 5000 + b"}", "", "", "application/json")
@example(HANDLERS[0], "enrolled", "LMS", b"\xff\xfe", "", "", "application/json")
def test_anything_by_anybody(stage, tried, handler, who, where, body, suffix, query, content_type):
    call(stage, who, where, handler, body, suffix=suffix, content_type=content_type, query=query)
    tried["handlers"] += 1


@FUZZ
@given(handler=st.sampled_from(HANDLERS), body=BODY, where=st.sampled_from(["LMS", "Studio", "preview"]))
def test_anything_by_the_course_team_itself_is_no_failure(stage, site, client, tried, handler, body, where):
    """Who may do it and sends nonsense gets a clear answer; nothing of Zoom's secrets in it."""
    client.force_login(site.author)
    client.raise_request_exception = False
    raw, lines = json.dumps(body).encode(), len(LOG_LINES)
    answer = client.generic("POST", addresses(stage["key"], handler, "")[where], raw, content_type="application/json")
    tried["handlers"] += 1
    asked(answer, "the course team", f"{where} {handler}", stage["secrets"])
    text = "\n".join(LOG_LINES[lines:])
    assert not [one for one in stage["secrets"] if one in text]


@FUZZ
@given(block_id=PLAIN_TEXT, handler=st.sampled_from([*HANDLERS, "nothing", "student_view", "_state", "save"]))
def test_keys_and_handlers_that_are_none(stage, tried, block_id, handler):
    from urllib.parse import quote

    for who in PEOPLE:
        key = quote(f"block-v1:DemoX+Zoom+2026+type@zoom+block@{block_id}", safe="")
        path = f"/courses/course-v1:DemoX+Zoom+2026/xblock/{key}/handler/{handler}"
        answer = stage["browsers"][who].post(path, data="{}", content_type="application/json")
        tried["handlers"] += 1
        asked(answer, who, path, stage["secrets"])
