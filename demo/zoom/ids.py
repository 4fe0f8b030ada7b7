"""Identifiers and secrets in the shapes that Zoom gives out; random, or repeatable from a seed."""

import base64
import hashlib
import hmac
import json
import os
import random
import uuid

_FIRST_CONNECTION = 16778240  # participants' user_id starts here
_CONNECTION_STEP = 1024


def _text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Ids:
    """Makes ids; one per world. Not thread-safe: callers hold the world's lock."""

    def __init__(self, seed=None):
        self._random = random.Random(os.urandom(16) if seed is None else seed)
        self._key = self._random.randbytes(32)
        self.connections = _FIRST_CONNECTION - _CONNECTION_STEP

    def opaque(self):
        """22 characters, the shape of user, account and registrant ids."""
        return _text(self._random.randbytes(16))

    def secret(self, length=32):
        """A client secret or webhook secret token of ``length`` characters."""
        return _text(self._random.randbytes(length))[:length].replace("-", "x").replace("_", "y")

    def sitting_uuid(self, awkward=False):
        """24 base64 characters naming a sitting; ``awkward`` starts with ``/`` and holds ``//``."""
        text = base64.b64encode(self._random.randbytes(16)).decode()
        return f"/{text[1:9]}//{text[11:]}" if awkward else text

    def participant_uuid(self):
        """An upper-case UUID, as live events carry it."""
        return str(uuid.UUID(bytes=self._random.randbytes(16), version=4)).upper()

    def file_id(self):
        """A lower-case UUID, as recording files and deliveries carry it."""
        return str(uuid.UUID(bytes=self._random.randbytes(16), version=4))

    def number(self, first_digit, taken):
        """An 11-digit meeting number beyond 32 bits that is not in ``taken``."""
        while True:
            number = first_digit * 10**10 + self._random.randrange(10**10)
            if number not in taken:
                return number

    def digits(self, count):
        """``count`` decimal digits, the first not zero."""
        return self._random.randrange(10 ** (count - 1), 10**count)

    def passcode(self):
        """What Zoom generates for ``default_password``: six characters."""
        return "".join(
            self._random.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789") for _ in range(6)
        )

    def next_connection(self):
        """The next ``user_id`` of a participant row: a connection, never a person."""
        self.connections += _CONNECTION_STEP
        return str(self.connections)

    def token(self, **claims):
        """A long JWT-looking token. ``claims`` are for show: nothing here reads them back."""
        head = {"sv": "000001", "alg": "HS512", "v": "2.0", "kid": self.file_id()}
        body = {
            "ver": 10,
            "auid": self._random.randbytes(16).hex(),
            "code": self.opaque() + self.opaque(),
            "gno": 0,
            "tokenType": "access_token",
            "jti": self.file_id(),
            "tid": 0,
            "nonce": self._random.randbytes(48).hex(),
            **claims,
        }
        text = ".".join(_text(json.dumps(part, separators=(",", ":")).encode()) for part in (head, body))
        return f"{text}.{_text(hmac.new(self._key, text.encode(), hashlib.sha512).digest())}"

    def sign(self, text):
        """A short keyed digest, for paging tokens."""
        return _text(hmac.new(self._key, text.encode(), hashlib.sha256).digest()[:15])
