"""How Zoom signs deliveries and how an endpoint proves itself (Zoom: "Using webhooks")."""

import hashlib
import hmac
import json


def compact(value):
    """JSON as Zoom sends it: no spaces, text unescaped. UTF-8 bytes; lone surrogates become ``?``."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def signature(secret_token, timestamp, raw):
    """``x-zm-signature`` over the raw body; ``timestamp`` is decimal text."""
    message = b"v0:" + timestamp.encode() + b":" + raw
    return "v0=" + hmac.new(secret_token.encode(), message, hashlib.sha256).hexdigest()


def answer_to(secret_token, plain_token):
    """The ``encryptedToken`` that a validated endpoint returns."""
    return hmac.new(secret_token.encode(), plain_token.encode(), hashlib.sha256).hexdigest()
