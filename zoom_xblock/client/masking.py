"""Words of strangers, made fit to be shown: Zoom's messages may quote what they complain about."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

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


def without_secrets(text: str) -> str:
    """`text` whole, with what looks like a secret replaced."""
    return _SECRETS.sub(lambda found: "".join(part or "" for part in found.groups()) + "***", text)


class SecretsFilter(logging.Filter):
    """
    The second line: our log lines name ids and codes only, and should one of them (or a traceback) hold a token or a
    signed link all the same, it is replaced before any handler sees it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through."""
        try:
            text = record.getMessage()
        except Exception:  # a broken format string is the handler's to report
            return True
        clean = without_secrets(text)
        if clean != text:
            record.msg, record.args = clean, None
        if record.exc_info and not record.exc_text:
            record.exc_text = without_secrets(logging.Formatter().formatException(record.exc_info))
        return True


def guard(names: Iterable[str]) -> None:
    """Put the filter on these loggers, once. A filter does not hold for the loggers below it, so each is named."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(one, SecretsFilter) for one in logger.filters):
            logger.addFilter(SecretsFilter())
