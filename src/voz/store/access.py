"""Rows in and out of tables: the same five verbs for every type in `voz.store.rows`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import threading
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from voz.store import rows, schema
from voz.store.database import Tx

Row = TypeVar("Row")
TABLES: dict[type, Table] = {
    rows.CaseRow: schema.cases,
    rows.MessageRow: schema.messages,
    rows.DraftHead: schema.drafts,
    rows.DraftRow: schema.drafts,
    rows.ScratchRow: schema.scratches,
    rows.DecisionHead: schema.decisions,
    rows.DecisionRow: schema.decisions,
    rows.DeliveryRow: schema.deliveries,
    rows.JobRow: schema.jobs,
    rows.AuditRow: schema.audit,
    rows.UserRow: schema.users,
    rows.SessionRow: schema.sessions,
    rows.ApiKeyRow: schema.api_keys,
    rows.ConsultationRow: schema.consultations,
    rows.CommitmentRow: schema.commitments,
    rows.CandidateRow: schema.candidates,
    rows.EndpointRow: schema.endpoints,
    rows.EventRow: schema.events,
    rows.AnswerRow: schema.answers,
    rows.EarlyRow: schema.early,
    rows.InboxEntry: schema.inbox,
    rows.InboxRow: schema.inbox,
}


_last = (0, 0)
_one_at_a_time = threading.Lock()


def new_id(prefix: str, at: dt.datetime | None = None) -> str:
    """An id that sorts by time: prefix, milliseconds in base 16, 64 random bits.

    Of one millisecond, those that a process makes later sort later: an answer never stands before its question.
    """
    global _last
    moment = int((at or dt.datetime.now(dt.UTC)).timestamp() * 1000)
    with _one_at_a_time:
        same = _last[0] == moment
        number = _last[1] + 1 + secrets.randbits(40) if same else secrets.randbits(63)
        _last = moment, number
    return f"{prefix}{moment:011x}{number:016x}"


def add(tx: Tx, row: Any) -> None:
    """Insert one row. Raises sqlalchemy.exc.IntegrityError on a key that is there."""
    tx.execute(insert(TABLES[type(row)]).values(_values(row)))


def add_new(tx: Tx, row: Any, *unique: str) -> bool:
    """Insert one row unless one with the same `unique` columns is there; says whether it was inserted."""
    table = TABLES[type(row)]
    dialect: Any = postgresql if tx.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(_values(row)).on_conflict_do_nothing(index_elements=list(unique))
    return tx.execute(statement.returning(table.c[unique[0]])).first() is not None


def replace(tx: Tx, row: Any) -> None:
    """Insert one row, in the place of the one with the same key."""
    table = TABLES[type(row)]
    dialect: Any = postgresql if tx.dialect.name == "postgresql" else sqlite
    keys = [column.name for column in table.primary_key]
    values = _values(row)
    statement = dialect.insert(table).values(values)
    others = {name: statement.excluded[name] for name in values if name not in keys}
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))


def get(tx: Tx, kind: type[Row], key: str | int, *, lock: bool = False) -> Row | None:
    """The row with this primary key; `lock` keeps others from changing it until this transaction ends."""
    table = TABLES[kind]
    statement = select(*COLUMNS[kind]).where(next(iter(table.primary_key)) == key)
    return one(tx, kind, statement.with_for_update() if lock else statement)


def find(
    tx: Tx, kind: type[Row], /, *where: ColumnElement[bool], order: Sequence[Any] = (), limit: int | None = None,
    lock: bool = False, **equal: Any,
) -> list[Row]:  # fmt: skip
    """The rows whose columns equal the values given, and for which `where` holds."""
    table = TABLES[kind]
    statement = select(*COLUMNS[kind]).where(and_(True, *_equal(table, equal), *where)).order_by(*order)
    if limit is not None:
        statement = statement.limit(limit)
    return many(tx, kind, statement.with_for_update() if lock else statement)


def first(
    tx: Tx, kind: type[Row], /, *where: ColumnElement[bool], order: Sequence[Any] = (), **equal: Any
) -> Row | None:
    return next(iter(find(tx, kind, *where, order=order, limit=1, **equal)), None)


def change(tx: Tx, kind: type[Any], key: str | int, /, **values: Any) -> None:
    """Set columns of the row with this primary key."""
    table = TABLES[kind]
    tx.execute(update(table).where(next(iter(table.primary_key)) == key).values(_stored(values)))


def one(tx: Tx, kind: type[Row], statement: Select[Any]) -> Row | None:
    found = tx.execute(statement).first()
    return None if found is None else _row(kind, found)


def many(tx: Tx, kind: type[Row], statement: Select[Any]) -> list[Row]:
    return [_row(kind, found) for found in tx.execute(statement)]


def chosen(kind: type[Any], *where: ColumnElement[bool]) -> Select[Any]:
    """A select of the columns of one row type, to go on from."""
    return select(*COLUMNS[kind]).where(*where)


COLUMNS: dict[type, tuple[Any, ...]] = {
    kind: tuple(table.c[field.name] for field in dataclasses.fields(kind)) for kind, table in TABLES.items()
}
TUPLES: dict[type, tuple[int, ...]] = {
    kind: tuple(n for n, field in enumerate(dataclasses.fields(kind)) if str(field.type).startswith("tuple["))
    for kind in TABLES
}
"""Places of the fields that are tuples: JSON gives lists."""


def _row(kind: type[Row], found: Iterable[Any]) -> Row:
    values = list(found)
    for place in TUPLES[kind]:
        values[place] = tuple(values[place] or ())
    return kind(*values)


def _values(row: Any) -> dict[str, Any]:
    named = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    if isinstance(row, (rows.JobRow, rows.AuditRow)):
        named.pop("id")  # the database counts these
    return _stored(named)


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _equal(table: Table, equal: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [table.c[name].is_(None) if value is None else table.c[name] == value for name, value in equal.items()]


def newest(kind: type[Any]) -> Any:
    """For `order`: the highest key first."""
    return next(iter(TABLES[kind].primary_key)).desc()


def remove(tx: Tx, row: Any) -> None:
    """Delete one row, by its whole key."""
    table = TABLES[type(row)]
    tx.execute(delete(table).where(*(column == getattr(row, column.name) for column in table.primary_key)))
