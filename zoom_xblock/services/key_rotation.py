"""Keys at rest: which of them a value is under, and putting everything under the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.db import models
from django.db.models import BinaryField, ExpressionWrapper, F
from fernet_fields.hkdf import derive_fernet_key

from zoom_xblock import conf
from zoom_xblock.models import Connection
from zoom_xblock.models.fields import SecretTextField

BATCH = 200


@dataclass
class Rotation:
    """Values looked at: already under the first key, put under it now, opened by no key, changed meanwhile."""

    current: int = 0
    rotated: int = 0
    unreadable: int = 0
    changed_meanwhile: int = 0


def rotate(*, batch: int = BATCH) -> Rotation:
    """
    Put every value at rest under the first key. In batches, as often as one likes, while everything runs.

    Each value is replaced only where it still is the one that was read, so that nothing written meanwhile is lost;
    what other processes write meanwhile is under the first key already, once all of them have the new list.
    """
    done, first = Rotation(), _first()
    for model, name in _secret_fields():
        after = 0
        while True:
            rows = list(_raw(model, name).filter(pk__gt=after).order_by("pk").values_list("pk", "raw")[:batch])
            if not rows:
                break
            after = rows[-1][0]
            for pk, value in rows:
                _rotate_one(model, name, pk, bytes(value), first, done)
    return done


def state_of(connection: Connection) -> tuple[list[str], list[str]]:
    """The secret fields of this row that no key opens, and those that only an older key opens."""
    first = _first()
    unreadable: list[str] = []
    old: list[str] = []
    for model, name in _secret_fields():
        if model is not Connection:
            continue
        value = _raw(model, name).filter(pk=connection.pk).values_list("raw", flat=True).first()
        if value is None or _opens(first, bytes(value)):
            continue
        (old if _text(bytes(value)) is not None else unreadable).append(name)
    return unreadable, old


# -- inside ---------------------------------------------------------------------------------------------------------


def _first() -> Fernet:
    return Fernet(derive_fernet_key(conf.encryption_keys()[0]))


def _secret_fields() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_app_config("zoom_xblock").get_models():
        for one in model._meta.get_fields():
            if isinstance(one, SecretTextField):
                yield model, one.attname


def _raw(model: type[models.Model], name: str) -> Any:
    """Rows that have a value, with its ciphertext as `raw`."""
    as_bytes = ExpressionWrapper(F(name), output_field=BinaryField())
    return model._default_manager.annotate(raw=as_bytes).filter(raw__isnull=False)


def _opens(key: Fernet, value: bytes) -> bool:
    try:
        key.decrypt(value)
    except InvalidToken:
        return False
    return True


def _text(value: bytes) -> str | None:
    """What any of the keys opens it to."""
    try:
        return MultiFernet([Fernet(derive_fernet_key(key)) for key in conf.encryption_keys()]).decrypt(value).decode()
    except (InvalidToken, UnicodeDecodeError):
        return None


def _rotate_one(model: type[models.Model], name: str, pk: Any, value: bytes, first: Fernet, done: Rotation) -> None:
    if _opens(first, value):
        done.current += 1
        return
    text = _text(value)
    if text is None:
        done.unreadable += 1
    elif _raw(model, name).filter(pk=pk, raw=value).update(**{name: text}) == 1:
        done.rotated += 1
    else:
        done.changed_meanwhile += 1
