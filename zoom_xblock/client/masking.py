"""Words of strangers, made fit to be shown: Zoom's messages may quote what they complain about."""

from __future__ import annotations

import re

LIMIT = 500

_SECRETS = re.compile(
    r"([?&](?:tk|pwd|zak|access_token|refresh_token|code|token)=)[^&\s\"']+"  # secret values of a query
    r"|((?:[Bb]earer|[Bb]asic) )\S+"
    r"|()eyJ[\w-]{6,}(?:\.[\w-]*)*"  # JSON web tokens, whole or cut
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def masked(text: str) -> str:
    """At most 500 characters of `text`, secrets and control characters replaced."""
    without = _SECRETS.sub(lambda found: "".join(part or "" for part in found.groups()) + "***", text[: 4 * LIMIT])
    return _CONTROL.sub(" ", without)[:LIMIT]
