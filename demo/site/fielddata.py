"""Where a block's fields come from, and which of them may be written where."""

from __future__ import annotations

from typing import Any

from xblock.field_data import DictFieldData, FieldData, ReadOnlyFieldData, SplitFieldData
from xblock.fields import Scope
from xblock.runtime import KeyValueStore, KvsFieldData

from demo.site.models import StudentState

AUTHORED = (Scope.settings, Scope.content, Scope.parent, Scope.children)
LEARNERS = (Scope.user_state, Scope.user_state_summary, Scope.user_info, Scope.preferences)


class StateStore(KeyValueStore):
    """Learners' state in rows. Nothing is kept for a visitor who is not logged in."""

    @staticmethod
    def _row(key: KeyValueStore.Key) -> dict[str, Any]:
        return {
            "user_id": key.user_id,
            "scope": key.scope.name if hasattr(key.scope, "name") else str(key.scope),
            "block_scope": str(key.block_scope_id or ""),
            "field_name": key.field_name,
        }

    def get(self, key):
        row = StudentState.objects.filter(**self._row(key)).first()
        if row is None:
            raise KeyError(key.field_name)
        return row.value

    def set(self, key, value):
        StudentState.objects.update_or_create(**self._row(key), defaults={"value": value})

    def delete(self, key):
        StudentState.objects.filter(**self._row(key)).delete()

    def has(self, key):
        return StudentState.objects.filter(**self._row(key)).exists()


class SessionStore(KeyValueStore):
    """
    State that lives in the session: of staff who look as a learner, and of Studio's preview.

    Reads fall through to `behind`, so that staff see what the learner has; writes never reach it.
    """

    def __init__(self, session: Any, behind: KeyValueStore | None = None):
        self._session = session
        self._behind = behind

    @staticmethod
    def _name(key: KeyValueStore.Key) -> str:
        return f"state {key.scope} {key.user_id} {key.block_scope_id} {key.field_name}"

    def get(self, key):
        if self._name(key) in self._session:
            return self._session[self._name(key)]
        if self._behind is None:
            raise KeyError(key.field_name)
        return self._behind.get(key)

    def set(self, key, value):
        self._session[self._name(key)] = value

    def delete(self, key):
        self._session.pop(self._name(key), None)

    def has(self, key):
        return self._name(key) in self._session or (self._behind is not None and self._behind.has(key))


def lms_field_data(authored: dict[str, Any], store: KeyValueStore) -> FieldData:
    """In the LMS authored fields are read-only: `save()` after a write raises InvalidScopeError."""
    return _split(ReadOnlyFieldData(DictFieldData(authored)), KvsFieldData(store))


def preview_field_data(authored: dict[str, Any], store: KeyValueStore) -> FieldData:
    """In Studio's preview of a block with an `author_view` authored fields can be written, and nobody keeps them."""
    return _split(DictFieldData(authored), KvsFieldData(store))


def studio_field_data(authored: dict[str, Any]) -> FieldData:
    """In Studio's editor a block is bound to nobody: a learner's field raises InvalidScopeError."""
    return SplitFieldData({scope: field_data for field_data in [DictFieldData(authored)] for scope in AUTHORED})


def _split(authored: FieldData, learners: FieldData) -> FieldData:
    return SplitFieldData({**dict.fromkeys(AUTHORED, authored), **dict.fromkeys(LEARNERS, learners)})
