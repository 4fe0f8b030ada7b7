"""Encryption at rest, digests, and leases: what several tables share."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models
from fernet_fields import EncryptedTextField
from fernet_fields.hkdf import derive_fernet_key

from zoom_xblock import conf


class _Unreadable(str):
    """An empty string that knows it stands for a value which no configured key opens."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<unreadable secret>"


#: What a secret reads as when no configured key opens it. Falsy, so that code asking "is there a token?" gets "no".
UNREADABLE = _Unreadable()


#: In front of ciphertext in fixtures.
_SEALED = "zoom_xblock:sealed:"


class UnreadableSecretError(Exception):
    """Somebody tried to save a row over a secret that could not be read; it would have been lost."""


@lru_cache(maxsize=16)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(derive_fernet_key(key)) for key in keys])


if TYPE_CHECKING:  # the library has no types; to a checker ours is a text field
    _Text = models.TextField[Any, Any]
else:
    _Text = EncryptedTextField


class SecretTextField(_Text):
    """
    Text that is ciphertext in the database, under `ZOOM_XBLOCK_ENCRYPTION_KEYS` (the first encrypts, each may decrypt).

    A value that no key opens reads as `UNREADABLE` instead of raising: a wrong key is a state that pages can show.
    """

    @property
    def fernet(self) -> MultiFernet:
        """Read at each use: keys may be rotated while a process runs, and tests override settings."""
        return _fernet(tuple(conf.encryption_keys()))

    def from_db_value(self, value: Any, expression: Any, connection: Any, *args: Any) -> str | None:
        """Decrypt, or say that it cannot be done."""
        if value is None:
            return None
        try:
            return self.fernet.decrypt(bytes(value)).decode()
        except (InvalidToken, UnicodeDecodeError):
            return UNREADABLE

    def value_to_string(self, obj: Any) -> str:
        """For fixtures (`dumpdata`): ciphertext, which a site with the same keys can load again."""
        value = self.value_from_object(obj)
        return _SEALED + self.fernet.encrypt(value.encode()).decode() if value else ""

    def to_python(self, value: Any) -> Any:
        """From a fixture, ciphertext is opened; all else is text as it is."""
        if not isinstance(value, str) or not value.startswith(_SEALED):
            return super().to_python(value)
        try:
            return self.fernet.decrypt(value.removeprefix(_SEALED).encode()).decode()
        except (InvalidToken, UnicodeDecodeError):
            return UNREADABLE

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Encrypt; refuse to write back what could not be read."""
        if isinstance(value, _Unreadable):
            raise UnreadableSecretError(f"{self.model.__name__}.{self.attname} cannot be read with the configured keys")
        return super().get_db_prep_save(value, connection)


def digest(*parts: object) -> str:
    """
    SHA-256 in hex of the parts, for unique columns over case-sensitive outside identifiers.

    MySQL's usual collation ignores case, also in unique indexes; Zoom's uuids and registrant ids differ by it.
    """
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass")).hexdigest()


class Leased(models.Model):
    """
    A row that one worker at a time may work on while Zoom is being asked, or the platform is being told.

    A lease is taken by one UPDATE and expires by itself, so that no transaction stays open over a call and a killed
    worker blocks nobody for long (see `zoom_xblock.services.leases`).
    """

    leased_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
