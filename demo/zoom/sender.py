"""One signed request to an endpoint (Zoom: "Using webhooks")."""

import time

import requests

from .clock import iso
from .signing import signature

_BODY_KEPT = 2000


def session():
    """Connections of one thread, without proxies of the environment."""
    made = requests.Session()
    made.trust_env = False
    return made


def headers_for(app, timestamp, raw, request_id=None):
    """Headers of one delivery (Zoom: "Using webhooks", "Webhook headers")."""
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Zoom Marketplace/1.0a",
        "clientid": app.client_id,
        "x-zm-signature": signature(app.secret_token, timestamp, raw),
        "x-zm-request-timestamp": timestamp,
        "x-zm-trackingid": f"v=2.0;clid=us02;rid=WEB_{timestamp}{raw[-8:].hex()}",
    }
    if request_id:
        headers["x-zm-request-id"] = request_id
    return headers


def _said(problem):
    text = str(problem)
    for sign, meaning in (
        ("refused", "connection refused"),
        ("resolve", "no such host"),
        ("Name or service", "no such host"),
        ("RemoteDisconnected", "connection closed without an answer"),
        ("reset by peer", "connection reset"),
    ):
        if sign in text:
            return meaning
    return f"{type(problem).__name__}: {text}"[:300]


def post(world, session, client_id, url, raw, request_id):
    """Send one signed request; what came back as a dict: at, status (None: no answer), error, body, ms."""
    app = world.apps.get(client_id)
    if app is None:
        return {"at": iso(world.now()), "status": None, "error": "the app is gone", "body": "", "ms": 0}
    timestamp = str(int(world.now() if world.options.signature_time == "world" else time.time()))
    headers = headers_for(app, timestamp, raw, request_id if world.options.request_id_header else None)
    limit = world.options.delivery_timeout_seconds
    began = time.monotonic()
    status, error, body = None, "", ""
    try:
        answer = session.post(url, data=raw, headers=headers, timeout=(limit, limit), allow_redirects=False)
        status, body = answer.status_code, answer.text[:_BODY_KEPT]
    except requests.Timeout:
        error = f"no answer within {limit:g} s"
    except Exception as problem:  # whatever a strange URL or answer leads to: the thread must live
        error = _said(problem)
    took = time.monotonic() - began
    if status is not None and took > limit:
        status, error = None, f"no answer within {limit:g} s"
    return {"at": iso(world.now()), "status": status, "error": error, "body": body, "ms": round(took * 1000, 1)}


def post_corrupted(world, session, delivery, request_id, corrupt):
    """Send it with a wrong ``signature``, a day-old ``timestamp``, or a ``body`` that is not the signed one."""
    app, raw = world.apps[delivery.client_id], delivery.raw
    now = int(world.now())
    headers = headers_for(app, str(now - 86400 if corrupt == "timestamp" else now), raw, request_id)
    if corrupt == "signature":
        headers["x-zm-signature"] = "v0=" + "0" * 64
    answer = session.post(delivery.url, data=raw + b" " if corrupt == "body" else raw, headers=headers, timeout=10)
    return {"at": iso(now), "status": answer.status_code, "error": "", "body": answer.text[:_BODY_KEPT], "ms": None}
