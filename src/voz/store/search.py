"""Finding cases by the words of their messages and by who wrote them, whatever the accents, capitals and order.

SQLite keeps an FTS5 index beside the messages, by triggers; PostgreSQL an index over a tsvector. Every word asked for
must be there, or be the beginning of one that is. What `create` makes belongs to the first migration: a change to it
needs a migration of its own.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from sqlalchemy import Connection, Select, literal, select, text, union

from voz.store.database import Database, Tx
from voz.store.schema import cases, messages

NEWEST = 20_000
"""Of a very common word, SQLite looks at so many messages, the newest."""
MOST_WORDS, WORD_CHARS, TEXT_CHARS = 12, 60, 100_000
INDEX = "messages_words"
_LETTERS = "áàâãäåéèêëíìîïóòôõöúùûüçñýÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝ"
_MARKS = "-_@#/.,:;!?()[]{}<>*&%$+=|~^¡¿«»“”‘’·…–—\"'`\\"


def _plain() -> str:
    return "".join(unicodedata.normalize("NFD", letter)[0].lower() for letter in _LETTERS) + " " * len(_MARKS)


def _quoted(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"


def _vector() -> str:
    """What PostgreSQL's index holds of a message; a query must say it letter for letter to use the index."""
    whole = f"left(messages.author, 1000) || ' ' || left(messages.text, {TEXT_CHARS})"
    folded = f"translate(lower({whole}), {_quoted(_LETTERS + _MARKS)}, {_quoted(_plain())})"
    return f"to_tsvector('simple'::regconfig, {folded})"


def create(connection: Connection) -> None:
    """Make the index; for the migration."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE INDEX ix_{INDEX} ON messages USING gin ({_vector().replace('%', '%%')})")
        return
    # the words of the rows are read from `messages` again when they go; `number` outlives a VACUUM, rowids may not
    gone = f"INSERT INTO {INDEX}({INDEX}, rowid, author, text) VALUES ('delete', OLD.number, OLD.author, OLD.text);"
    come = f"INSERT INTO {INDEX}(rowid, author, text) VALUES (NEW.number, NEW.author, NEW.text);"
    for statement in (
        f"CREATE VIRTUAL TABLE {INDEX} USING fts5(author, text, content='messages', content_rowid='number', "
        "tokenize='unicode61 remove_diacritics 2', prefix='3')",
        f"CREATE TRIGGER {INDEX}_come AFTER INSERT ON messages BEGIN {come} END",
        f"CREATE TRIGGER {INDEX}_gone AFTER DELETE ON messages BEGIN {gone} END",
        f"CREATE TRIGGER {INDEX}_changed AFTER UPDATE OF number, author, text ON messages BEGIN {gone} {come} END",
    ):
        connection.exec_driver_sql(statement)


def declared(name: str | None, kind: str, parents: Any) -> bool:
    """For alembic: what is not an index of this module, which voz.store.schema knows nothing of."""
    return not (name or "").removeprefix("ix_").startswith(INDEX)


def rebuild(database: Database) -> None:
    """Make SQLite's index anew from what the messages hold now: erased words stay in the old one as waste."""
    with database.write() as tx:
        tx.execute(text(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')"))


def matching(tx: Tx, said: str) -> Select[Any]:
    """The ids of the cases that this finds: by tracking code, by id, or by words of their messages and authors."""
    said = said.encode("utf-8", "ignore").decode().replace("\x00", "").strip()
    found: list[Select[Any]] = [select(cases.c.id).where(cases.c.code == said.upper()), select(literal(said))]
    if terms := words(said):
        found.append(select(messages.c.case_id).where(_holding(tx, terms)))
    return select(union(*found).subquery().c[0])


def authors(tx: Tx) -> list[tuple[str, str, str]]:
    """(id, author, code) of every case that has not been erased."""
    found = select(cases.c.id, cases.c.author, cases.c.code).where(cases.c.erased_at.is_(None))
    return [(row[0], row[1], row[2]) for row in tx.execute(found)]


def messages_with(tx: Tx, said: str) -> list[tuple[str, str, str, str]]:
    """(id, code, author of the case, text) of the messages of cases that hold these words."""
    found = select(cases.c.id, cases.c.code, cases.c.author, messages.c.text).join(
        messages, messages.c.case_id == cases.c.id
    )
    rows = tx.execute(found.where(cases.c.erased_at.is_(None), cases.c.id.in_(matching(tx, said))))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def words(said: str) -> list[str]:
    """The words of a question, without accents, capitals and marks."""
    plain = said.translate(str.maketrans(_LETTERS + _MARKS, _plain())).lower()
    kept = "".join(letter if letter.isalnum() else " " for letter in unicodedata.normalize("NFC", plain))
    return [word[:WORD_CHARS] for word in kept.split()][:MOST_WORDS]


def _holding(tx: Tx, terms: list[str]) -> Any:
    if tx.dialect.name == "postgresql":
        asked = " & ".join(f"{term}:*" for term in terms)
        return text(f"{_vector()} @@ to_tsquery('simple'::regconfig, :asked)").bindparams(asked=asked)
    asked = " ".join(f'"{term}"*' for term in terms)
    newest = f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH :asked ORDER BY rowid DESC LIMIT {NEWEST}"
    return text(f"messages.number IN ({newest})").bindparams(asked=asked)
