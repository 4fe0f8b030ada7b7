"""Where a token may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock.client.addresses import allowed_api_url, api_base

STAND_IN = "http://127.0.0.1:8899"


@pytest.mark.parametrize(
    "url",
    [
        "https://zoom.us",
        "https://zoom.us/oauth/token",
        "https://api.zoom.us/v2",
        "https://api-eu.zoom.us",
        "https://us02web.zoom.us/s/845?zak=eyJ.x-y",
        "https://zoom.us:443/x",
        "https://campus.zoom.com/j/1",
        "https://api.zoomgov.com/v2/users/me",
        "https://API.ZOOM.US/v2",
        "http://127.0.0.1:8899",
        "http://127.0.0.1:8899/v2/users/me?x=1#y",
    ],
)
def test_zooms_addresses_and_the_configured_one(url):
    assert allowed_api_url(url, STAND_IN)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "zoom.us",
        "//zoom.us",
        "http://zoom.us",
        "ftp://zoom.us",
        "javascript:alert(1)//zoom.us",
        "https://zoom.us.evil.example",
        "https://evilzoom.us",
        "https://evil.example/zoom.us",
        "https://evil.example#.zoom.us",
        "https://evil.example?.zoom.us",
        "https://evil.example\\.zoom.us",
        "https://evil.example\\@zoom.us",
        "https://zoom.us@evil.example",
        "https://user@zoom.us",
        "https://user:secret@zoom.us",
        "https://zoom.us:8443",
        "https://zoom.us:99999",
        "https://zoom.us:",
        "https://zoom.us.",
        "https://.zoom.us.evil",
        "https://zoom.us /x",
        "https://zoom.us\n.evil.example",
        "\thttps://zoom.us",
        "https://zoom.us/\n",
        "https://zoom․us",
        "https://ｚoom.us",
        "https://%7aoom.us",
        "https://[::1]",
        "https://",
        "http://127.0.0.1:8898",
        "http://127.0.0.1",
        "https://127.0.0.1:8899",
        "http://127.0.0.1:8899.evil.example",
        "http://localhost:8899",
    ],
)
def test_nobody_elses(url):
    assert not allowed_api_url(url, STAND_IN)


def test_without_a_configured_base_only_zooms():
    assert not allowed_api_url(STAND_IN)
    assert not allowed_api_url(STAND_IN, "")
    assert not allowed_api_url("", "")
    assert allowed_api_url(STAND_IN, ["", "http://other:1", STAND_IN + "/v2"])
    assert allowed_api_url("http://[::1]:9/x", "http://[::1]:9")


@given(st.text() | st.text(alphabet="htps:/.@\\zoomusevil#?%\n 0123456789[]"))
def test_no_text_makes_it_fail(text):
    assert allowed_api_url(text, STAND_IN) in (True, False)


@pytest.mark.parametrize(
    "url",
    ["https://api-eu.zoom.us", "https://api-eu.zoom.us/", "https://api-eu.zoom.us/v2", "https://api-eu.zoom.us/v2/"],
)
def test_the_base_of_api_paths(url):
    assert api_base(url) == "https://api-eu.zoom.us/v2"
