"""OAuth as Zoom's pages "OAuth 2.0", "Server-to-Server OAuth" and "OAuth error codes" have it."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from demo.zoom.seed import (
    ACCOUNT_ID,
    CLIENT_ID,
    CLIENT_SECRET,
    SERVER_CLIENT_ID,
    SERVER_CLIENT_SECRET,
)

from .conftest import SITE

BACK = f"{SITE}/zoom/oauth/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def authorize(zoom, **changes):
    query = {"client_id": CLIENT_ID, "redirect_uri": BACK, "response_type": "code", "state": "s t&ate", **changes}
    return requests.get(
        f"{zoom.url}/oauth/authorize", params={key: value for key, value in query.items() if value is not None}
    )


def press(zoom, page, decision, **changes):
    form = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page.text.split("<fieldset")[0]))
    form["state"] = "s t&ate"
    chosen = re.search(r'name="user" value="([^"]+)" required checked', page.text)
    form |= {"decision": decision, "user": chosen and chosen.group(1), **changes}
    answer = requests.post(f"{zoom.url}/oauth/authorize", data=form, allow_redirects=False)
    return answer, parse_qs(urlsplit(answer.headers.get("Location", "")).query)


def token(zoom, basic, **form):
    return requests.post(f"{zoom.url}/oauth/token", data=form, headers=basic)


def connect(zoom, basic, **changes):
    code = zoom.control("consent", client_id=CLIENT_ID, **changes)["code"]
    return token(zoom, basic, grant_type="authorization_code", code=code, redirect_uri=BACK)


def test_basic_header_is_the_documented_one(zoom):
    header = "Basic Y2xpZW50SWQxMjM6Y2xpZW50U2VjcmV0NDU2"
    zoom.control("apps", client_id="clientId123", client_secret="clientSecret456", redirect_uris=[BACK])
    answer = token(zoom, {"Authorization": header}, grant_type="refresh_token", refresh_token="x")
    assert answer.json()["error"] == "invalid_grant", "the client itself was accepted"


def test_allow_comes_back_with_a_code_and_the_state_unchanged(zoom, basic):
    page = authorize(zoom)
    assert "Zoom for Open edX (demo)" in page.text
    assert "meeting:write:registrant:admin" in page.text
    assert re.search(r"checked.*?Zoom Admin", page.text, re.S), "the owner is chosen"
    answer, query = press(zoom, page, "allow")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{BACK}?code=")
    assert query["state"] == ["s t&ate"]
    given = token(zoom, basic, grant_type="authorization_code", code=query["code"][0], redirect_uri=BACK)
    assert given.status_code == 200
    body = given.json()
    assert set(body) == {"access_token", "token_type", "refresh_token", "expires_in", "scope", "api_url"}
    assert len(body["access_token"]) > 400
    assert body["access_token"].count(".") == 2
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["api_url"] == zoom.url
    assert "report:read:list_meeting_participants:admin" in body["scope"].split(" ")
    me = requests.get(f"{zoom.url}/v2/users/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert (me.json()["email"], me.json()["account_id"]) == ("zoom-admin@example.edu", ACCOUNT_ID)


def test_decline_comes_back_without_a_code(zoom):
    _, query = press(zoom, authorize(zoom), "decline")
    assert query == {"error": ["access_denied"], "state": ["s t&ate"]}
    zoom.control("options", decline="no_code")
    assert press(zoom, authorize(zoom), "decline")[1] == {"state": ["s t&ate"]}
    zoom.control("options", decline="error_page")
    assert press(zoom, authorize(zoom), "decline")[0].status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"client_id": SERVER_CLIENT_ID},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": None},
        {"redirect_uri": BACK.upper()},
        {"response_type": "token"},
        {"scope": "meeting:read:meeting"},
        {"code_challenge": "x", "code_challenge_method": "plain"},
    ],
    ids=str,
)
def test_wrong_request_shows_a_page_and_never_redirects(zoom, change):
    answer = authorize(zoom, **change)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert 'role="alert"' in answer.text


def test_forged_consent_form_is_checked_again(zoom):
    answer, _ = press(zoom, authorize(zoom), "allow", redirect_uri="http://evil.example/")
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_member_cannot_add_an_admin_managed_app(zoom):
    author = next(one["id"] for one in zoom.control("state")["users"] if one["email"] == "author@example.edu")
    answer, _ = press(zoom, authorize(zoom), "allow", user=author)
    assert answer.status_code == 400


def test_code_works_once(zoom, basic):
    code = zoom.control("consent", client_id=CLIENT_ID)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    assert token(zoom, basic, **form).status_code == 200
    again = token(zoom, basic, **form)
    assert (again.status_code, again.json()) == (
        400,
        {"reason": "Invalid authorization code", "error": "invalid_grant"},
    )


def test_code_lives_five_minutes(zoom, basic):
    zoom.control("clock", freeze=True)
    code = zoom.control("consent", client_id=CLIENT_ID)["code"]
    zoom.control("clock", advance=300)
    answer = token(zoom, basic, grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert answer.json()["error"] == "invalid_grant"


def test_code_wants_the_same_redirect(zoom, basic):
    code = zoom.control("consent", client_id=CLIENT_ID)["code"]
    answer = token(zoom, basic, grant_type="authorization_code", code=code, redirect_uri=BACK + "/")
    assert (answer.status_code, answer.json()["code"]) == (400, 4709)


def test_code_of_another_app_is_refused(zoom, basic):
    other = zoom.control("apps", name="Other", redirect_uris=[BACK])
    code = zoom.control("consent", client_id=other["client_id"])["code"]
    answer = token(zoom, basic, grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert answer.json()["error"] == "invalid_grant"


def test_pkce_is_enforced_where_it_was_begun(zoom, basic):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    page = authorize(zoom, code_challenge=challenge, code_challenge_method="S256")
    code = press(zoom, page, "allow")[1]["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    assert token(zoom, basic, **form).json()["error"] == "invalid_grant"
    assert token(zoom, basic, **form, code_verifier="wrong").json()["error"] == "invalid_grant"
    assert token(zoom, basic, **form, code_verifier=VERIFIER).status_code == 200


def test_refresh_gives_a_new_pair_and_kills_the_old_token_at_once(zoom, basic):
    first = connect(zoom, basic).json()
    second = token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    old = token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (old.status_code, old.json()) == (400, {"reason": "Invalid Token!", "error": "invalid_grant"})


def test_second_refresh_with_the_same_token_kills_nothing_else(zoom, basic):
    first = connect(zoom, basic).json()
    second = token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert token(zoom, basic, grant_type="refresh_token", refresh_token=second["refresh_token"]).status_code == 200


def test_refresh_token_lives_ninety_days(zoom, basic):
    first = connect(zoom, basic).json()
    zoom.control("clock", advance=90 * 86400 + 1)
    answer = token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"


def test_lost_answer_to_a_refresh_leaves_no_token_that_works(zoom, basic):
    first = connect(zoom, basic).json()
    zoom.control("faults", method="POST", path="/oauth/token", drop=True, when="after")
    with pytest.raises(requests.ConnectionError):
        token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"])
    answer = token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Basic !!"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic " + base64.b64encode(f"{CLIENT_ID}:wrong".encode()).decode()},
    ],
    ids=["none", "garbage", "bearer", "wrong secret"],
)
def test_wrong_client_is_invalid_client(zoom, header):
    answer = token(zoom, header, grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    zoom.control("options", invalid_client_status=401)
    assert token(zoom, header, grant_type="refresh_token", refresh_token="x").status_code == 401


def test_parameters_count_in_a_form_body_only(zoom, basic):
    first = connect(zoom, basic).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    for answer in (
        requests.post(f"{zoom.url}/oauth/token", params=form, headers=basic),
        requests.post(f"{zoom.url}/oauth/token", json=form, headers=basic),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    assert token(zoom, basic, **form).status_code == 200


@pytest.mark.parametrize("grant", ["password", "client_credentials", "account_credentials", ""])
def test_other_grants_are_unsupported(zoom, basic, grant):
    answer = token(zoom, basic, grant_type=grant, account_id=ACCOUNT_ID)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_second_authorization_of_the_same_user_ends_the_first(zoom, basic):
    first = connect(zoom, basic).json()
    connect(zoom, basic)
    assert (
        token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()["error"]
        == "invalid_grant"
    )
    me = requests.get(f"{zoom.url}/v2/users/me", headers={"Authorization": f"Bearer {first['access_token']}"})
    assert (me.status_code, me.json()["code"]) == (401, 124)


def test_authorization_of_another_user_leaves_the_first_alone(zoom, basic):
    zoom.control("users", email="second@example.edu", role="admin")
    first = connect(zoom, basic).json()
    connect(zoom, basic, user="second@example.edu")
    assert token(zoom, basic, grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 200


def test_revoke_ends_everything_and_tells_the_app(zoom, basic, receiver):
    given = connect(zoom, basic).json()
    answer = requests.post(f"{zoom.url}/oauth/revoke", data={"token": given["access_token"]}, headers=basic)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert token(zoom, basic, grant_type="refresh_token", refresh_token=given["refresh_token"]).status_code == 400
    assert (
        requests.get(
            f"{zoom.url}/v2/users/me", headers={"Authorization": f"Bearer {given['access_token']}"}
        ).status_code
        == 401
    )
    receiver.wait(1)
    payload = receiver.bodies("app_deauthorized")[0]["payload"]
    assert set(payload) == {"user_id", "account_id", "client_id", "deauthorization_time", "signature", "event_ts"}
    assert payload["client_id"] == CLIENT_ID
    again = requests.post(f"{zoom.url}/oauth/revoke", data={"token": given["access_token"]}, headers=basic)
    assert again.status_code == 400


def test_server_to_server_token_acts_for_the_account_and_never_as_me(zoom, client_of):
    header = "Basic " + base64.b64encode(f"{SERVER_CLIENT_ID}:{SERVER_CLIENT_SECRET}".encode()).decode()
    answers = [
        token(zoom, {"Authorization": header}, grant_type="account_credentials", account_id=ACCOUNT_ID) for _ in "12"
    ]
    assert "refresh_token" not in answers[0].json()
    for answer in answers:  # several are valid at once
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert requests.get(f"{zoom.url}/v2/users/author@example.edu", headers=bearer).status_code == 200
        me = requests.get(f"{zoom.url}/v2/users/me", headers=bearer)
        assert (me.status_code, me.json()["code"]) == (400, 4711)
    wrong = token(zoom, {"Authorization": header}, grant_type="account_credentials", account_id="other")
    assert wrong.status_code == 400


def test_disabled_app_gets_nothing(zoom, basic, api):
    zoom.control(f"apps/{CLIENT_ID}", "PATCH", enabled=False)
    assert token(zoom, basic, grant_type="refresh_token", refresh_token="x").json()["code"] == 4717
    assert api.get("/users/me").status_code == 401


def test_expired_token_is_401_by_the_stand_in_clock(zoom, api):
    zoom.control("clock", advance=3600)
    answer = api.get("/users/me")
    assert (answer.status_code, answer.json()) == (401, {"code": 124, "message": "Access token is expired."})
    zoom.control("options", expired_token_code=201)
    assert api.get("/users/me").json()["code"] == 201


def test_token_in_the_query_is_refused(zoom, api):
    value = api.session.headers["Authorization"].removeprefix("Bearer ")
    answer = requests.get(f"{zoom.url}/v2/users/me", params={"access_token": value})
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 124,
        "message": "Invalid access token, this access token is not supported as query parameter string.",
    }


def test_no_token_is_401(zoom):
    answer = requests.get(f"{zoom.url}/v2/users/me")
    assert (answer.status_code, answer.json()) == (401, {"code": 124, "message": "Invalid access token."})


def test_credentials_are_the_seeded_ones():
    assert (len(CLIENT_ID), len(CLIENT_SECRET)) == (22, 32)
