"""What our answers tell the browser."""

from __future__ import annotations

import re

import pytest

from tests.permissions.table import IN, VIEWS
from tests.permissions.test_table import browser, stage, viewed  # noqa: F401
from zoom_xblock.views import headers

pytestmark = pytest.mark.django_db

#: Inline scripts, styles and handlers; a block of JSON is no script.
INLINE = re.compile(
    r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>|<style|<[^>]*\s(?:style|on[a-z]+)=|javascript:", re.IGNORECASE
)


def answers(stage, who):  # noqa: F811
    """Of each of our views: what it answers itself, not the site's log-in or its own page of refusal."""
    for row in sorted(VIEWS, key=lambda row: "disconnect" in row.name):
        is_ours = row.expected(who) == IN or (who != "anonymous" and "require_admin" not in row.check)
        if is_ours:
            yield row, viewed(stage, browser(stage, who), row)


@pytest.mark.parametrize("who", ["superuser", "course staff", "learner", "unenrolled"])
def test_every_answer_of_every_view_is_sealed(stage, who):  # noqa: F811
    kinds = set()
    for row, answer in answers(stage, who):
        name, kind = f"{row.name} in {row.where}", answer.get("Content-Type", "").partition(";")[0]
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), name
        assert "unsafe" not in policy, name
        assert "*;" not in policy, name
        assert answer["X-Content-Type-Options"] == "nosniff", name
        assert "no-store" in answer["Cache-Control"], name
        assert answer["Referrer-Policy"] in ("no-referrer", "same-origin"), name
        if answer.status_code == 302:
            assert answer["Referrer-Policy"] == "no-referrer", name
        elif kind == "text/html":
            kinds.add(kind)
            assert answer["X-Frame-Options"] == "DENY", name
            assert "frame-ancestors 'none'" in policy, name
            assert not INLINE.search(answer.content.decode()), (name, INLINE.search(answer.content.decode()))
        else:
            kinds.add(kind)
            assert "sandbox" in policy, name
    expected = {
        "superuser": {"text/html", "application/json"},
        "course staff": {"text/html", "text/csv", "application/json", "text/calendar"},
    }
    assert expected.get(who, {"text/html"}) <= kinds


def test_only_pages_with_the_blue_button_may_send_a_form_to_zoom(stage):  # noqa: F811
    found = {}
    for row, answer in answers(stage, "superuser"):
        if answer.get("Content-Type", "").startswith("text/html") and answer.status_code == 200:
            found[row.name] = re.search(r"form-action ([^;]+)", answer["Content-Security-Policy"]).group(1)
    assert "https://zoom.us" in found["GET settings"]
    assert stage["zoom"].url in found["GET admin:zoom_settings"]
    assert found["GET course"] == "'self'"


def test_a_host_of_its_own_for_static_files_is_allowed_and_no_other(monkeypatch, settings):
    settings.MEDIA_URL = "//media.example.org/m/"
    monkeypatch.setattr(headers, "static", lambda name: f"https://cdn.example.org/static/{name}")
    policy = headers.page_policy()
    assert "script-src 'self' https://cdn.example.org https://media.example.org;" in policy
    assert "connect-src 'self';" in policy


def test_what_a_view_says_itself_stands(rf):
    from django.http import HttpResponse

    @headers.sealed
    def view(request):
        return HttpResponse("x", headers={"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": "origin"})

    answer = view(rf.get("/"))
    assert answer["Content-Security-Policy"] == "default-src 'self'"
    assert answer["Referrer-Policy"] == "origin"
