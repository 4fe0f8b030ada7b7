"""`demo_prepare`: the database as the demo needs it, at every start."""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from demo.site.seed import seed


class Command(BaseCommand):
    """Migrate if there is anything to migrate, then seed."""

    help = "Migrate and seed the demo's database."

    def handle(self, *args, **options):
        """Look before migrating: an idle `migrate` costs more than all the rest of a second start."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        connection.close()
        seed()
