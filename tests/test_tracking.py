"""
The platform's tracking log writes down the path, the query and the form of every request it does not leave out. What
must not be in it is planted in every request of ours, and looked for.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from django.urls import reverse

from demo.site import tracking
from demo.zoom import seed
from tests.block.test_handlers import form
from tests.permissions.table import HANDLERS, IN, VIEWS
from tests.permissions.test_table import browser, handled, stage, viewed  # noqa: F401
from zoom_xblock.settings import common

pytestmark = pytest.mark.django_db

PASSCODE, SEARCH, REASON, PASTED = "Geh3im-77", "Wanted Person", "Was in hospital", "pWd5ecret"
LINK = f"https://us02web.zoom.us/j/81234567890?pwd={PASTED}"
CODE, STATE = "c0deFromZoom123", "stateOfConsent456"
PLANTED = (PASSCODE, SEARCH, SEARCH.replace(" ", "+"), quote(SEARCH), REASON, PASTED, CODE, STATE, LINK)


@pytest.fixture
def log(settings, tmp_path):
    """The log of this test alone."""
    settings.DEMO_TRACKING_LOG = tmp_path / "tracking.log"
    return settings.DEMO_TRACKING_LOG


def text_of(log):
    """The log as it stands on the disk."""
    return log.read_text(encoding="utf-8") if log.exists() else ""


def secrets(zoom):
    """All that the stand-in issued."""
    issued = {secret for secret in zoom.control("secrets")["secrets"] if len(secret) >= 8}
    for meeting in zoom.control("state")["meetings"]:
        issued.add(meeting["host_url"])
        issued |= {one["join_url"] for one in meeting["registrants"]}
    return issued | {seed.CLIENT_SECRET, seed.SECRET_TOKEN}


def test_no_route_of_ours_leaves_anything_in_it(stage, log, zoom):  # noqa: F811
    """Every view and every handler, by whom it lets in, and once more by a learner."""
    answered = 0
    for who in ("superuser", "course staff", "learner"):
        client = browser(stage, who)
        for row in VIEWS:
            if row.expected(who) == IN or who == "learner":
                answered += viewed(stage, client, row).status_code < 500
        for row in HANDLERS:
            answered += handled(stage, client, row).status_code < 500
    assert answered > 150
    text = text_of(log)
    assert "/handler/save_session" in text  # the log is there, and sees us
    assert "/zoom/" not in "".join(entry["event_type"] for entry in tracking.entries() if "POST" in entry["event"])
    found = sorted(one[:6] + "…" for one in secrets(zoom) if one in text)
    assert not found


def test_what_people_type_is_not_in_it(stage, log, usage_key):  # noqa: F811
    staff, admin = browser(stage, "course staff"), browser(stage, "superuser")

    def post(client, path, **data):
        return client.post(path, json.dumps(data), content_type="application/json").status_code

    lms, studio = f"/courses/{usage_key.course_key}/xblock/{usage_key}/handler/", f"/studio/xblock/{usage_key}/handler/"
    statuses = [
        post(staff, studio + "save_session", **form(passcode=PASSCODE)),
        post(staff, studio + "check_session", **form(passcode=PASSCODE)),
        post(staff, studio + "link_session", reference=LINK),
        post(staff, lms + "roster", search=SEARCH),
        post(staff, lms + "picture", search=SEARCH),
        post(staff, lms + "worklist_search", text=SEARCH),
        post(staff, lms + "decide", user_ids=[stage["learner"]], verdict="excused", reason=REASON),
        staff.get(f"/zoom/courses/{usage_key.course_key}", {"q": SEARCH}).status_code,
        post(admin, "/admin/config/services/zoom", client_id="x", client_secret=PASSCODE, webhook_secret=PASTED),
        admin.get("/zoom/oauth/callback", {"code": CODE, "state": STATE}).status_code,
    ]
    assert all(status < 500 for status in statuses)
    assert statuses.count(404) == 0
    text = text_of(log)
    assert text.count("/handler/") >= 7
    assert [one for one in PLANTED if one in text] == []


def test_an_ordinary_form_would_have_been_in_it(stage, log, usage_key):  # noqa: F811
    """Why our scripts send JSON: the log that this file looks into does write down forms and queries."""
    path = f"/courses/{usage_key.course_key}/xblock/{usage_key}/handler/roster"
    browser(stage, "course staff").post(f"{path}?q=query", {"search": SEARCH})
    assert SEARCH in text_of(log)
    assert "query" in text_of(log)


def test_all_our_addresses_are_left_out_by_the_patterns_that_the_platform_gets():
    class Platform:
        TRACKING_IGNORE_URL_PATTERNS = [r"^/static"]

    common.leave_untracked(Platform)
    addresses = [reverse("zoom_xblock:oauth_callback"), reverse("zoom_xblock:settings"), reverse("admin:zoom_settings")]
    for address in addresses:
        assert any(re.match(pattern, address) for pattern in Platform.TRACKING_IGNORE_URL_PATTERNS), address
