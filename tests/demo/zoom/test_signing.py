"""The worked examples of Zoom's signature and URL validation."""

import json

from demo.zoom.signing import answer_to, compact, signature

SECRET = "wh_secret_7Qb2LmZk91xTfRcA"
BODY = (
    '{"event":"meeting.started","event_ts":1767603600123,"payload":{"account_id":"Acc0untAAAAAAAAAAAAAAA","object":'
    '{"id":"84512345678","uuid":"aBcD1234EfGh5678IjKl9w==","host_id":"Hst0000AAAAAAAAAAAAAAA","topic":"Algebra live",'
    '"type":2,"start_time":"2026-01-05T09:00:00Z","timezone":"Europe/Madrid","duration":60}}}'
)
VALIDATION = (
    '{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1767603600456}'
)


def test_signature_of_the_worked_example():
    assert len(BODY) == 310
    assert signature(SECRET, "1767603600", BODY.encode()) == (
        "v0=ea957714e16bf5e422ae904a6f6c138d68613a2118b8fc028b3d4604f7ac156c"
    )


def test_signature_of_the_validation_request():
    assert signature(SECRET, "1767603600", VALIDATION.encode()) == (
        "v0=df16a47e91895af312dd05b8fbb6d0236f1baea71757b664f43d0bcbb1915c2c"
    )


def test_answer_to_the_validation_request():
    assert answer_to(SECRET, "qgg8vlvZRS6UYooatFL8Aw") == (
        "47efdd355e248abaf95ff72b4ccb3577a27513c473ed244d561d389073db04ed"
    )


def test_bodies_are_compact_with_text_unescaped():
    assert compact(json.loads(BODY)) == BODY.encode()
    assert compact({"a": "Á/é", "b": [1, 2]}) == '{"a":"Á/é","b":[1,2]}'.encode()
    assert compact({"a": "\ud800"}) == b'{"a":"?"}'
