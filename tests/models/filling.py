"""A row in every table of a schema, whatever it has, made with the models of its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.db import models
from opaque_keys.edx.django.models import OpaqueKeyField, UsageKeyField
from opaque_keys.edx.keys import CourseKey

from zoom_xblock.models.fields import SecretTextField

COURSE_KEY = CourseKey.from_string("course-v1:DemoX+Zoom+2026")
_NUMBERS = count(1000)


def fill(apps: Any, rows: int = 2) -> dict[str, list[dict[str, Any]]]:
    """Make `rows` rows in each table of ours; what was put there, by model and in the order of their ids."""
    made: dict[str, list[dict[str, Any]]] = {}
    waiting = [model for model in apps.get_models() if model._meta.app_label == "zoom_xblock"]
    users = apps.get_model("auth", "User")
    while waiting:
        model = next(one for one in waiting if not _needs(one) & {other._meta.model_name for other in waiting})
        waiting.remove(model)
        made[model._meta.model_name] = [_row(model, apps, users) for _number in range(rows)]
    return made


def stored(model: type[models.Model], names: list[str]) -> list[dict[str, Any]]:
    """What is in a table, as `fill` tells of it."""
    return [{name: getattr(row, name) for name in names} for row in model._default_manager.order_by("pk")]


def _needs(model: type[models.Model]) -> set[str]:
    related = {field.related_model._meta for field in model._meta.fields if field.is_relation}
    return {meta.model_name for meta in related if meta.app_label == "zoom_xblock"} - {model._meta.model_name}


def _row(model: type[models.Model], apps: Any, users: Any) -> dict[str, Any]:
    number = next(_NUMBERS)
    values = {}
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        if isinstance(field, models.ForeignKey):
            values[field.attname] = _other(field, apps, users, number)
        else:
            values[field.attname] = _value(field, number)
    row = model._default_manager.create(**values)
    return {"id": row.pk, **{name: getattr(row, name) for name in values}}  # some set themselves when they are made


def _other(field: models.ForeignKey, apps: Any, users: Any, number: int) -> int:
    if field.related_model._meta.label_lower == "auth.user":
        return users.objects.create(username=f"{field.name}{number}").pk
    meta = field.related_model._meta
    return apps.get_model(meta.app_label, meta.model_name)._default_manager.order_by("pk").last().pk


def _value(field: models.Field, number: int) -> Any:
    if field.choices:
        return next(iter(field.choices))[0]
    if isinstance(field, SecretTextField):
        return f"a secret {number}"
    if isinstance(field, UsageKeyField):
        return COURSE_KEY.make_usage_key("zoom", f"block{number}")
    if isinstance(field, OpaqueKeyField):
        return COURSE_KEY
    if isinstance(field, models.DateTimeField):
        return datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(minutes=number)
    if isinstance(field, models.BooleanField):
        return True
    if isinstance(field, models.JSONField):
        return {field.name: number}
    if isinstance(field, models.FloatField):
        return 0.5
    if isinstance(field, models.PositiveSmallIntegerField):
        return number % 100 + 1
    if isinstance(field, models.IntegerField):
        return number
    assert isinstance(field, models.CharField | models.TextField), f"say how {field!r} is filled"
    return f"{field.name} {number}"[: field.max_length or None]
