"""
Work outside the caller's transaction, where there is one: leases and results must be seen by others at once, locks be
held by nobody while Zoom is slow, and what Zoom has done must be remembered even when the caller's transaction is
undone.

Platforms run some requests in a transaction (`ATOMIC_REQUESTS`; Studio's handlers among them). A database that has no
row locks (SQLite) is locked as a whole by the caller's, so that there work goes on inside it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connections as databases
from django.db import transaction

Result = TypeVar("Result")


def is_undone_with_the_caller() -> bool:
    """Whether what is written now, in `outside_transaction` too, goes when the caller's transaction is rolled back."""
    database = transaction.get_connection()
    return bool(database.in_atomic_block) and not database.features.has_select_for_update


def outside_transaction(work: Callable[[], Result]) -> Result:
    """
    Do it in a thread with a connection of its own if the caller is in a transaction, else here. Hands on what it
    raises.
    """
    database = transaction.get_connection()
    if not (database.in_atomic_block and database.features.has_select_for_update):
        return work()
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed on to the thread that waits
            errors.append(error)
        finally:
            databases.close_all()

    thread = threading.Thread(target=run, name="zoom-outside-transaction")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
