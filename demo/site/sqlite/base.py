"""
A database backend: Django's SQLite, with transactions that take the write lock when they begin.

Django 4.2 begins deferred transactions. In one of those a read followed by a write fails at once with "database is
locked" when another process has written in between, and no timeout helps. MySQL, which the platform runs on, waits
instead, and so do we. A page that only reads need not queue behind writers: see `expect_reading`.
"""

from __future__ import annotations

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite in WAL mode with immediate transactions."""

    _next_transaction_reads = False

    def expect_reading(self, expected: bool) -> None:
        """Whether the next transaction is expected to read only: then it takes no lock until it writes."""
        self._next_transaction_reads = expected

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        if not self.is_in_memory_db():
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _start_transaction_under_autocommit(self):
        deferred, self._next_transaction_reads = self._next_transaction_reads, False
        self.cursor().execute("BEGIN" if deferred else "BEGIN IMMEDIATE")
