"""
Many rows at once, where a row costs a person her wait: without an object and an expression for each value.

The statements are those that `bulk_create(ignore_conflicts=True)` and `bulk_update` end in, on every database that
Django has. Values go in as parameters, as ever. For columns of text, numbers, truth values and times; a column with a
type of its own (a secret, JSON) has to go through the ORM.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from django.db import connections, models, router, transaction
from django.db.models.constants import OnConflict

#: Parameters of one statement, within what every database takes.
MOST_PARAMETERS = 900


class _Column(Protocol):
    """As much of Django's `Field` as is used here: one that has a column."""

    column: str

    def db_type(self, connection: Any) -> str | None:
        """The column's type as this database spells it."""


def columns_of(model: type[models.Model]) -> list[str]:
    """The names of every column but the key, in the order of `values_of`."""
    return [field.name for field in model._meta.concrete_fields if not field.primary_key]


def values_of(row: models.Model) -> list[Any]:
    """The values of every column but the key."""
    return [getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key]


def insert_new(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """
    Insert rows of these columns, in this order; one that meets a unique constraint is left out. Columns that are not
    named need a default of the database's, or none: every column but the key has to be named.
    """
    connection = connections[router.db_for_write(model)]
    start, mark, suffix, values = _insertion(connection, model, names, rows)
    if values:
        with transaction.atomic(using=connection.alias, savepoint=False), connection.cursor() as cursor:
            cursor.executemany(f"{start} VALUES {mark} {suffix}".rstrip(), values)


def insert_counted(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """As `insert_new`, for rows of which it has to be known how many were new."""
    connection, count = connections[router.db_for_write(model)], 0
    start, mark, suffix, values = _insertion(connection, model, names, rows)
    for some in _pieces(values, max(1, MOST_PARAMETERS // len(names))):
        with connection.cursor() as cursor:
            statement = f"{start} VALUES {', '.join([mark] * len(some))} {suffix}"
            cursor.execute(statement.rstrip(), [value for row in some for value in row])
            count += cursor.rowcount
    return count


def insert_one(row: models.Model) -> None:
    """
    Insert a new row as `save(force_insert=True)` would, without its signals and without learning its key: for the
    request that must answer at once. Raises what the database raises (`IntegrityError` where it is here already).
    """
    connection = connections[router.db_for_write(type(row))]
    fields = [field for field in row._meta.local_concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    marks, values = [], []
    for field in fields:
        value = field.get_db_prep_save(field.pre_save(row, add=True), connection)
        placeholder = getattr(field, "get_placeholder", None)
        marks.append(placeholder(value, None, connection) if placeholder else "%s")
        values.append(value)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    statement = f"INSERT INTO {quote(row._meta.db_table)} ({columns}) VALUES ({', '.join(marks)})"  # noqa: S608 - names
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def set_each(model: type[models.Model], name: str, values: Mapping[int, Any]) -> None:
    """Give each row, by primary key, its own value of one column."""
    connection = connections[router.db_for_write(model)]
    field, key, ops = _column(model, name), _column(model, "pk"), connection.ops
    is_time = isinstance(field, models.DateTimeField)
    # Of databases that infer types one has to be told what a parameter inside CASE is.
    mark = f"CAST(%s AS {field.db_type(connection)})" if connection.vendor == "postgresql" else "%s"
    table, column, pk = (ops.quote_name(one) for one in (model._meta.db_table, field.column, key.column))
    for some in _pieces(list(values.items()), MOST_PARAMETERS // 3):
        cases = " ".join([f"WHEN %s THEN {mark}"] * len(some))
        marks = ", ".join(["%s"] * len(some))
        statement = f"UPDATE {table} SET {column} = CASE {pk} {cases} END WHERE {pk} IN ({marks})"  # noqa: S608 - names
        parameters = [
            one
            for row_id, value in some
            for one in (row_id, ops.adapt_datetimefield_value(value) if is_time else value)
        ]
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters + [row_id for row_id, _value in some])


def _insertion(
    connection: Any, model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> tuple[str, str, str, list[list[Any]]]:
    """The beginning of the statement, the marks of one row, its end, and the rows as the database takes them."""
    fields, ops = [_column(model, name) for name in names], connection.ops
    columns = ", ".join(ops.quote_name(field.column) for field in fields)
    times = [place for place, field in enumerate(fields) if isinstance(field, models.DateTimeField)]
    return (
        f"{ops.insert_statement(on_conflict=OnConflict.IGNORE)} {ops.quote_name(model._meta.db_table)} ({columns})",
        f"({', '.join(['%s'] * len(fields))})",
        ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], []),
        [_adapted(row, times, ops) for row in rows],
    )


def _column(model: type[models.Model], name: str) -> _Column:
    """The field of a column; "pk" for the key's."""
    meta = model._meta
    field: Any = meta.pk if name == "pk" else meta.get_field(name)
    assert field.column, f"{name} has no column of its own"
    return cast(_Column, field)


def _adapted(row: Sequence[Any], times: list[int], ops: Any) -> list[Any]:
    adapted = list(row)
    for place in times:
        adapted[place] = ops.adapt_datetimefield_value(adapted[place])
    return adapted


def _pieces(rows: list[Any], size: int) -> Iterator[list[Any]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
