"""Transactions on SQLite take the write lock when they begin, except where only reading is expected."""

import pytest
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from demo.site.middleware import ReadingTransactionMiddleware

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite"),
]


def beginning():
    with CaptureQueriesContext(connection) as seen, transaction.atomic():
        pass
    return seen[0]["sql"]


def expect(method, *, non_atomic=False):
    def view(_request):
        pass

    if non_atomic:
        transaction.non_atomic_requests(view)
    request = RequestFactory().generic(method, "/")
    ReadingTransactionMiddleware(view).process_view(request, view, (), {})


@pytest.fixture(autouse=True)
def atomic_requests(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    yield
    connection.expect_reading(False)


def test_transaction_begins_with_the_lock():
    assert beginning() == "BEGIN IMMEDIATE"


def test_transaction_around_a_get_begins_without_and_the_next_one_with_it():
    expect("GET")
    assert [beginning(), beginning()] == ["BEGIN", "BEGIN IMMEDIATE"]


def test_post_begins_with_the_lock_whatever_was_expected_before():
    expect("GET")
    expect("POST")
    assert beginning() == "BEGIN IMMEDIATE"


def test_transactions_inside_a_view_that_has_none_around_it_begin_with_the_lock():
    expect("GET", non_atomic=True)
    assert beginning() == "BEGIN IMMEDIATE"
