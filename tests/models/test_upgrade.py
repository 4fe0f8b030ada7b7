"""
A site that upgrades: rows of an earlier schema live on in the later one, and old code runs beside it during a deploy.

Every migration needs a line in `ARRIVES`: what its new columns hold in rows that were there before. Rows of all tables
are made at the state before it, with the models of that time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps as current
from django.db import connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from tests.models.filling import fill, stored

APP = "zoom_xblock"

#: By migration: the new columns of tables that were there before, with what they hold in old rows.
ARRIVES: dict[str, dict[str, Any]] = {
    "0002_result_score_reset_at": {"result.score_reset_at": None},
    "0003_meeting_decided_at": {"meeting.decided_at": None},
    "0004_connection_page": dict.fromkeys(
        (
            "connection.admins_told_at",
            "connection.allowed_hosts",
            "connection.host_policy",
            "connection.hosts_error",
            "connection.hosts_refreshed_at",
            "connection.hosts_tried_at",
            "connection.pending_at",
            "connection.pending_grant",
            "connection.refresh_begun_at",
            "connection.refresh_error",
            "connection.refresh_failed_at",
            "connection.refreshed_at",
            "connection.retired_jwt",
            "connection.server_account_id",
        )
    ),
    "0005_authoring_and_attendance": dict.fromkeys(
        (
            "meeting.agenda",
            "meeting.dial_in",
            "meeting.options",
            "meeting.recurrence",
            "placement.creating",
            "placement.is_link",
            "placement.keeps_meeting",
            "placement.rule",
            "placement.shown",
            "registration.joined_at",
            "result.attended_told_at",
            "result.counted_complete",
            "result.joined_at",
            "result.verdict",
            "result.withdrawn_at",
            "segment.is_internal",
        )
    ),
    "0006_segment_is_phone": {"segment.is_phone": None},
    "0007_meeting_forgotten_at": {"meeting.forgotten_at": None},
    "0008_sweep": {"connection.swept_at": None, "meeting.looked_at": None},
    "0009_result_leased_until": {"result.leased_until": None},
}

#: Operations that change no table, or only make new ones.
HARMLESS = (migrations.CreateModel, migrations.AddIndex, migrations.AlterModelOptions, migrations.AlterModelManagers)
#: What was allowed all the same, by migration and column, and why: after a release that no longer uses it.
ALLOWED: dict[str, str] = {}


def ours() -> dict[str, migrations.Migration]:
    """Our migrations in their order."""
    found = MigrationLoader(None).disk_migrations
    return {name: found[app, name] for app, name in sorted(found) if app == APP}


NAMES = list(ours())


def state_at(name: str) -> Any:
    """The models as they were with this migration."""
    return MigrationLoader(connection).project_state((APP, name)).apps


def migrate(name: str) -> None:
    """Forwards or back."""
    MigrationExecutor(connection).migrate([(APP, name)])


@pytest.fixture
def restored(transactional_db: None) -> Iterator[None]:
    """Whatever happens, the newest schema is there afterwards (and emptied by the test database's own means)."""
    yield
    migrate(NAMES[-1])


def made_in(migration: migrations.Migration) -> set[str]:
    """The tables that come with it."""
    return {one.name.lower() for one in migration.operations if isinstance(one, migrations.CreateModel)}


def added(migration: migrations.Migration) -> dict[str, models.Field]:
    """Columns that come to tables which were there before."""
    return {
        f"{operation.model_name}.{operation.name}": operation.field
        for operation in migration.operations
        if isinstance(operation, migrations.AddField) and operation.model_name not in made_in(migration)
    }


def harm(migration: migrations.Migration) -> list[str]:
    """What in it would break the version before, which still runs while this one is being rolled out."""
    made, found = made_in(migration), []
    for operation in migration.operations:
        subject = getattr(operation, "model_name", getattr(operation, "name", "")).lower()
        column = f"{subject}.{getattr(operation, 'name', '')}"
        if isinstance(operation, HARMLESS) or subject in made or f"{migration.name}: {column}" in ALLOWED:
            continue
        if isinstance(operation, migrations.AddField) and _optional(operation.field):
            continue
        if isinstance(operation, migrations.RunPython) and operation.reverse_code is not None:
            continue
        found.append(f"{migration.name}: {type(operation).__name__} {column}")
    return found


def _optional(field: models.Field) -> bool:
    # A default of Django's own is none of the column's: a row written by code that does not know it would be refused.
    return field.null or getattr(field, "db_default", models.NOT_PROVIDED) is not models.NOT_PROVIDED


def test_every_migration_says_what_it_brings():
    assert {name: set(columns) for name, columns in ARRIVES.items()} == {
        name: set(added(migration)) for name, migration in list(ours().items())[1:]
    }, "a migration was added or changed: give it its line in ARRIVES"


@pytest.mark.parametrize("name", NAMES[1:])
def test_rows_of_the_schema_before_live_on(restored, name):
    before = NAMES[NAMES.index(name) - 1]
    migrate(before)
    made = fill(state_at(before))
    migrate(name)
    after = state_at(name)
    for model_name, rows in made.items():
        model = after.get_model(APP, model_name)
        new = {column.name: ARRIVES[name][f"{model_name}.{column.name}"] for column in model._meta.fields
               if f"{model_name}.{column.name}" in ARRIVES[name]}  # fmt: skip
        assert stored(model, [*rows[0], *new]) == [{**row, **new} for row in rows]


def test_a_site_that_skips_releases_keeps_everything(restored):
    """From the very first schema to the newest, read by the code of today."""
    migrate(NAMES[0])
    made = fill(state_at(NAMES[0]))
    migrate(NAMES[-1])
    for model_name, rows in made.items():
        model = current.get_model(APP, model_name)
        assert stored(model, list(rows[0])) == rows
        for row in model._default_manager.all():
            assert str(row)
            row.save()  # and is written by it


@pytest.mark.parametrize("name", NAMES[:-1])
def test_code_of_that_time_reads_and_writes_the_newest_schema(restored, name):
    """Old and new workers run side by side while a release is rolled out, on one database."""
    old = state_at(name)
    with transaction.atomic():
        made = fill(old)
    for model_name, rows in made.items():
        model = old.get_model(APP, model_name)
        assert stored(model, list(rows[0])) == rows
        for row in model._default_manager.all():
            row.save()
        assert stored(current.get_model(APP, model_name), list(rows[0])) == rows


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_migration_only_adds_what_old_code_need_not_know(name):
    assert harm(ours()[name]) == []


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("result", "score"),
        migrations.RenameField("result", "score", "share"),
        migrations.DeleteModel("Endpoint"),
        migrations.AddField("result", "note", models.CharField(max_length=5, default="")),
        migrations.AlterField("result", "score", models.FloatField()),
        migrations.AddConstraint("result", models.UniqueConstraint(fields=["score"], name="one")),
        migrations.RunSQL("DELETE FROM zoom_xblock_result"),
        migrations.RunPython(lambda apps, editor: None),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_the_guard_bites(operation):
    migration = migrations.Migration("0099_harm", APP)
    migration.operations = [operation]
    assert len(harm(migration)) == 1


@pytest.mark.parametrize(
    "operations",
    [
        [migrations.AddField("result", "note", models.CharField(max_length=5, null=True))],
        [
            migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]),
            migrations.AddField("note", "text", models.TextField(default="")),
        ],
        [migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop)],
    ],
    ids=["nullable", "new table", "reversible"],
)
def test_the_guard_lets_the_harmless_pass(operations):
    migration = migrations.Migration("0099_fine", APP)
    migration.operations = operations
    assert harm(migration) == []


@pytest.mark.parametrize("name", NAMES)
def test_data_and_schema_change_in_migrations_of_their_own(name):
    """MySQL undoes no table: a migration that fails in the middle must be one that can be started again."""
    kinds = {isinstance(one, migrations.RunPython | migrations.RunSQL) for one in ours()[name].operations}
    assert len(kinds) == 1
