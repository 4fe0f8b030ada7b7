"""Nothing left to make; forwards and back."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader


def tables() -> set[str]:
    """Our tables in the database."""
    return {name for name in connection.introspection.table_names() if name.startswith("zoom_xblock_")}


@pytest.mark.django_db
def test_nothing_is_left_to_make():
    call_command("makemigrations", "zoom_xblock", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_forwards_and_back():
    everything = {model._meta.db_table for model in apps.get_app_config("zoom_xblock").get_models()}
    assert tables() == everything
    try:
        call_command("migrate", "zoom_xblock", "zero", verbosity=0)
        assert tables() == set()
    finally:
        call_command("migrate", "zoom_xblock", verbosity=0)
    assert tables() == everything


def test_every_migration_is_named_for_its_intent():
    loader = MigrationLoader(None)
    names = [name for app, name in loader.disk_migrations if app == "zoom_xblock"]
    assert names
    assert not [name for name in names if "auto" in name]
