"""Every address of ours, by everybody, with anything in it; and the return from Zoom's consent."""

from __future__ import annotations

from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import LOG_LINES
from tests.fuzz.conftest import FUZZ
from tests.fuzz.people import asked, everybody, everything, secrets_of
from tests.fuzz.strategies import PLAIN_TEXT
from zoom_xblock.services import registrations
from zoom_xblock.urls import urlpatterns

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = ("anonymous", "unenrolled", "enrolled", "staff of another course")
NAMES = sorted({one.name for one in urlpatterns if one.name != "receive"})
RAW = (
    st.binary(max_size=60).map(quote_from_bytes) | PLAIN_TEXT.map(quote) | st.sampled_from(["%00", "%ED%A0%80", "%FF"])
)
STATES = st.sampled_from(["", "x", "%00", "%ED%A0%80", "%FF", "a" * 3000, "%F0%9F%98%80"]) | RAW


@pytest.fixture
def stage(session, site, usage_key, jobs, zoom, connected):
    """A session of which somebody else has a link."""
    registrations.request_place(usage_key=usage_key, user_id=site.learner2.pk)
    jobs.run()
    return {
        "browsers": everybody(site),
        "secrets": secrets_of(zoom, connected),
        "usage_key": str(usage_key),
        "course_key": str(usage_key.course_key),
    }


def paths(stage, name, strange):
    """The address of a name, filled with what is ours or with something strange."""
    from django.urls import NoReverseMatch, reverse

    [found] = [one for one in urlpatterns if one.name == name][:1]
    values = {group: strange or stage.get(group, "1") for group in found.pattern.regex.groupindex}
    try:
        return reverse(f"zoom_xblock:{name}", kwargs=values)
    except NoReverseMatch:
        return None


@pytest.mark.parametrize("name", NAMES)
def test_every_address_by_every_stranger(stage, tried, name):
    """No failure, no secret, and nothing is changed: whoever is not of this course is refused or sent to log in."""
    path = paths(stage, name, "")
    for who in PEOPLE:
        for method in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"):
            before = everything()
            answer = stage["browsers"][who].generic(method, path, b"")
            tried["addresses"] += 1
            asked(answer, who, f"{method} {path}", stage["secrets"])
            assert everything() == before, f"{method} {path} by {who}"
            if who != "enrolled" and method in ("GET", "POST"):
                assert answer.status_code in (302, 400, 403, 404, 405, 409), (who, method, path, answer.status_code)


@FUZZ
@given(name=st.sampled_from(NAMES), strange=PLAIN_TEXT, who=st.sampled_from(PEOPLE), query=RAW, post=st.booleans())
def test_addresses_with_anything_in_them(stage, tried, name, strange, who, query, post):
    path = paths(stage, name, strange) or paths(stage, name, "")
    lines = len(LOG_LINES)
    browser = stage["browsers"][who]
    answer = (browser.post if post else browser.get)(f"{path}?page={query}&q={query}&next={query}")
    tried["addresses"] += 1
    asked(answer, who, path, stage["secrets"])
    text = "\n".join(LOG_LINES[lines:])
    assert not [one for one in stage["secrets"] if one in text]


@FUZZ
@given(state=STATES, code=STATES, error=STATES, who=st.sampled_from([*PEOPLE, "admin"]), more=RAW)
@example(state="", code="", error="access_denied", who="admin", more="")
@example(state="a&state=b", code="c&code=d", error="", who="admin", more="")
def test_the_return_from_consent(stage, site, client, tried, state, code, error, who, more):
    """Whatever is in the address: the connection stays as it is, and the code is nowhere in a log."""
    before, lines = everything(), len(LOG_LINES)
    browser = stage["browsers"].get(who) or client
    if who == "admin":
        client.force_login(site.admin)
    client.raise_request_exception = False
    answer = browser.get(f"/zoom/oauth/callback?state={state}&code={code}&error={error}&x={more}")
    tried["returns from consent"] += 1
    asked(answer, who, "callback", stage["secrets"])
    assert everything() == before
    if len(code) > 20:
        assert code not in "\n".join(LOG_LINES[lines:])
