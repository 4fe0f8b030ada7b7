"""Which error an answer is: every code that Zoom documents or was seen to send, and every way to say "later"."""

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock.client import BadDelivery, ZoomError, error_for, errors
from zoom_xblock.client.answers import wait_for

SCOPES = "Invalid access token, does not contain scopes:[meeting:write:meeting, meeting:write:meeting:admin]."
NOT_ENDED = "The meeting ID is invalid or the meeting has not ended."

CATALOGUE = [
    # status, code, message, family, error
    (401, 124, "Invalid access token.", "live", errors.Disconnected),
    (400, 124, "Access token is expired.", "live", errors.Disconnected),
    (400, 200, "No permission.", "past", errors.NotAllowed),
    (200, 200, "Webinar plan is missing.", "live", errors.NotAllowed),
    (401, 201, "Access token is expired.", "live", errors.Disconnected),
    (400, 300, "Validation Failed.", "live", errors.Invalid),
    (400, 300, "The next page token is invalid or expired.", "live", errors.PageLapsed),
    (400, 303, "Batch registration is for scheduled meetings.", "live", errors.Refused),
    (404, 404, "Registration has not been enabled for this meeting: 84512345678.", "live", errors.RegistrationOff),
    (429, 429, "Try again later.", "live", errors.RateLimited),
    (400, 429, "Too many concurrent requests.", "live", errors.RateLimited),
    (429, 300, "odd", "live", errors.RateLimited),
    (404, 1001, "User does not exist: x.", "users", errors.UserGone),
    (400, 1010, "User does not belong to this account.", "live", errors.UserGone),
    (400, 1120, "Invalid user.", "users", errors.UserGone),
    (400, 3000, "Cannot access webinar info.", "live", errors.WrongKind),
    (400, 3000, "This webinar does not have registration as required: 1.", "live", errors.RegistrationOff),
    (400, 3000, "You can not schedule a meeting for x.", "live", errors.Refused),
    (404, 3001, "Meeting does not exist: 84512345678.", "live", errors.Gone),
    (404, 3001, NOT_ENDED, "past", errors.NotReady),
    (404, 3001, "This recording does not exist.", "recordings", errors.Gone),
    (400, 3002, "In progress.", "live", errors.InProgress),
    (400, 3003, "Not the host.", "live", errors.NotHost),
    (400, 3007, "Ended.", "live", errors.Refused),
    (400, 3018, "PMI.", "live", errors.Refused),
    (400, 3037, "PAC.", "live", errors.Refused),
    (400, 3027, "Host cannot register.", "live", errors.HostCannotRegister),
    (400, 3034, "Work e-mail wanted.", "live", errors.Refused),
    (400, 3035, "Capacity.", "live", errors.Full),
    (400, 3038, "Meeting is over.", "live", errors.Over),
    (400, 3043, "Full.", "live", errors.Full),
    (404, 3043, "Full.", "live", errors.Full),
    (400, 3063, "On-premise meeting.", "live", errors.Refused),
    (400, 3161, "Hosting is not allowed.", "live", errors.NotAllowed),
    (404, 3301, "There is no recording for this meeting.", "recordings", errors.NoRecording),
    (400, 4711, SCOPES, "live", errors.ScopeMissing),
    (401, 4711, SCOPES, "live", errors.ScopeMissing),
    (400, 4700, SCOPES, "live", errors.ScopeMissing),
    (400, 4700, "Token cannot be empty.", "live", errors.ScopeMissing),
    (401, 4700, "Token cannot be empty.", "live", errors.Disconnected),
    (400, 12702, "More than a year ago.", "past", errors.TooOld),
    # codes of OAuth, should an endpoint say them
    (400, 4702, "x", "live", errors.BadCredentials),
    (400, 4709, "x", "live", errors.BadRedirect),
    (400, 4717, "x", "live", errors.Disconnected),
    (401, 4735, "x", "live", errors.Disconnected),
    (401, 4738, "x", "live", errors.Disconnected),
    (401, 4741, "x", "live", errors.Disconnected),
    # codes nobody listed
    (400, 99999, "new", "live", errors.Refused),
    (401, 99999, "new", "live", errors.Disconnected),
    (200, 99999, "new", "live", errors.Refused),
    # 5xx speaks of Zoom and not of the subject
    (500, 3001, "x", "live", errors.ZoomDown),
    (503, 124, "x", "live", errors.ZoomDown),
    (503, 429, "x", "live", errors.RateLimited),
]


@pytest.mark.parametrize(("status", "code", "message", "family", "expected"), CATALOGUE)
def test_the_catalogue(status, code, message, family, expected):
    headers = {"x-zm-trackingid": "v=2.0;clid=us02"}
    error = error_for(status, {"code": code, "message": message}, headers, family)
    assert type(error) is expected
    assert (error.status, error.code, error.message, error.tracking_id) == (
        status,
        code,
        message,
        "v=2.0;clid=us02",
    ) or (expected is errors.RateLimited and error.status == status)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, None, errors.ZoomDown),
        (502, None, errors.ZoomDown),
        (408, None, errors.ZoomDown),
        (429, None, errors.RateLimited),
        (401, None, errors.Disconnected),
        (401, {}, errors.Disconnected),
        (
            403,
            {"message": "The authenticated user has not permitted access to the targeted resource."},
            errors.NotAllowed,
        ),
        (403, None, errors.Garbled),
        (404, None, errors.Garbled),
        (404, {}, errors.Garbled),
        (400, {"message": "?"}, errors.Garbled),
        (400, {"code": None, "message": "?"}, errors.Garbled),
        (400, {"code": True, "message": "?"}, errors.Garbled),
        (400, {"code": 10**30, "message": "?"}, errors.Garbled),
        (400, {"code": "300", "message": "?"}, errors.Invalid),
        (301, None, errors.Garbled),
        (200, {"message": "Only available for Paid or ZMP account: Acc0unt."}, errors.NotAllowed),
        (200, {"message": "done"}, errors.Garbled),
        (200, [], errors.Garbled),
        (400, [{"code": 300}], errors.Garbled),
    ],
)
def test_without_a_code_the_status_decides_and_ends_nothing_for_good(status, body, expected):
    assert type(error_for(status, body, {})) is expected


@given(
    st.integers(100, 599),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["code", "message", "errors", "field"]) | st.text(), inner)
        ),
    ),
    st.dictionaries(st.sampled_from(["Retry-After", "Date", "x-zm-trackingid", "X-RateLimit-Type"]), st.text()),
    st.sampled_from(["live", "past", "users", "recordings"]),
)
def test_whatever_comes_is_an_error_of_the_tree(status, body, headers, family):
    error = error_for(status, body, headers, family)
    assert isinstance(error, ZoomError)
    assert len(error.message) <= 500
    if isinstance(error, errors.RateLimited):
        assert 1 <= error.retry_after_seconds <= 86_400


def test_fields_of_a_failed_validation():
    body = {
        "code": 300,
        "message": "Validation Failed.",
        "errors": [{"field": "settings.jbh_time", "message": "Invalid field."}],
    }
    assert error_for(400, body, {}).fields == [("settings.jbh_time", "Invalid field.")]


def test_scopes_that_would_do():
    assert error_for(400, {"code": 4711, "message": SCOPES}, {}).scopes == [
        "meeting:write:meeting",
        "meeting:write:meeting:admin",
    ]
    assert error_for(400, {"code": 4711, "message": "no list"}, {}).scopes == []


NOW = datetime(2026, 1, 5, 22, 59, 0, tzinfo=UTC)
SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."
DAY = "You have reached the maximum daily rate limit for this API. Refer to the response header for details."
HOST = (
    "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this particular "
    "user. You may resume these requests at GMT 00:00:00."
)
THREE = (
    "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the registrant "
    "(ana@example.edu). You can resume these API requests at GMT 00:00:00."
)
WEBINARS = "A maximum of (100) webinars can be created and updated for a single user in one day."


@pytest.mark.parametrize(
    ("headers", "message", "seconds", "daily"),
    [
        pytest.param({}, SECOND, 1, False, id="a second's limit"),
        pytest.param({}, HOST, 3660, True, id="a host's day"),
        pytest.param({}, THREE, 3660, True, id="a registrant's day"),
        pytest.param({}, WEBINARS, 3660, True, id="webinars"),
        pytest.param({"X-RateLimit-Type": "Daily-limit"}, "?", 3660, True, id="the header says daily"),
        pytest.param({"X-RateLimit-Type": "QPS"}, "?", 1, False, id="the header says per second"),
        pytest.param({"Retry-After": "2026-01-06T00:00:00Z"}, DAY, 3660, True, id="ISO"),
        pytest.param({"Retry-After": "2026-01-06T01:00:00+01:00"}, DAY, 3660, True, id="ISO with a zone"),
        pytest.param({"retry-after": "2026-01-06T00:00:00"}, DAY, 3660, True, id="ISO without a zone is UTC"),
        pytest.param({"Retry-After": "Mon, 05 Jan 2026 22:59:30 GMT"}, SECOND, 30, False, id="HTTP date"),
        pytest.param({"Retry-After": "7"}, SECOND, 7, False, id="seconds"),
        pytest.param({"Retry-After": "2.5"}, SECOND, 2.5, False, id="part of a second"),
        pytest.param({"Retry-After": "0"}, SECOND, 1, False, id="never at once"),
        pytest.param({"Retry-After": "2026-01-05T22:58:00Z"}, SECOND, 1, False, id="past"),
        pytest.param({"Retry-After": "2099-01-01T00:00:00Z"}, SECOND, 86_400, False, id="never more than a day"),
        pytest.param({"Retry-After": "soon"}, SECOND, 1, False, id="unreadable"),
        pytest.param({"Retry-After": "soon"}, DAY, 3660, True, id="unreadable, daily"),
        pytest.param({"Retry-After": "-5"}, SECOND, 1, False, id="negative"),
    ],
)
def test_how_long_to_wait(headers, message, seconds, daily):
    assert wait_for(headers, message, now=NOW) == (seconds, daily)
    dated = {**headers, "Date": "Mon, 05 Jan 2026 22:59:00 GMT"}
    assert wait_for(dated, message) == (seconds, daily), "measured on Zoom's own clock"
    error = error_for(429, {"code": 429, "message": message}, headers, now=NOW)
    assert (error.retry_after_seconds, error.daily, error.retry) == (seconds, daily, True)


TREE = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ZoomError)]


def test_what_may_be_tried_again():
    again = {kind.__name__ for kind in TREE if kind.retry}
    assert again == {"Unreachable", "RateLimited", "ZoomDown", "Garbled", "NotReady", "PageLapsed"}
    assert not [kind for kind in TREE if kind.retry and issubclass(kind, errors.Refused)]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_errors_survive_the_way_to_another_process(kind):
    error = kind("words", tracking_id="t")
    for name, value in (
        ("code", 1),
        ("status", 400),
        ("sent", False),
        ("daily", True),
        ("scopes", ["a"]),
        ("fields", [("a", "b")]),
    ):
        if hasattr(error, name):
            setattr(error, name, value)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), str(again)) == (kind, vars(error), str(error))


def test_the_text_for_the_log_has_none_of_zooms_words():
    error = errors.Invalid("ana@example.edu is no address", code=300, status=400, tracking_id="v=2.0")
    assert str(error) == "Invalid, HTTP 400, code 300, tracking id v=2.0"
    assert "ana" not in repr(error)
    assert error.message == "ana@example.edu is no address"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Token eyJhbGciOiJIUzUxMiJ9.eyJ2ZXIiOjEwfQ.sIg_n-x is bad", "Token *** is bad"),
        ("see https://us02web.zoom.us/w/1?tk=tK-x&pwd=pWd", "see https://us02web.zoom.us/w/1?tk=***&pwd=***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("a\x00b\r\nc\ud800", "a b  c "),
        ("x" * 3000, "x" * 500),
    ],
)
def test_words_of_zooms_are_made_fit_to_be_shown(said, shown):
    assert errors.Refused(said, fields=[("f", said)]).message == shown
    assert errors.Refused(said, fields=[("f", said)]).fields == [("f", shown)]


def test_deliveries_that_are_not_believed_say_what_to_answer():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BadDelivery)]
    answers = {kind.__name__: kind().status for kind in kinds}
    assert answers == {
        "BadDelivery": 400,
        "NotSigned": 401,
        "WrongSignature": 401,
        "Stale": 401,
        "NotJson": 400,
        "Malformed": 400,
        "WrongMethod": 405,
        "TooLarge": 413,
    }
    assert len({kind.reason for kind in kinds}) == len(kinds)
    assert all(str(kind()) == kind.reason for kind in kinds)
