"""The index's own SQLite file: what was read, every passage and its vector.

Chroma answers the searches; this file is what it can always be rebuilt from, what makes a second run
quick, and what a process reads that may not open Chroma because another one owns it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voz.brand import Origin
from voz.case import Passage
from voz.embedding import Vectors

_SCHEMA = """
create table if not exists meta (key text primary key, value text not null);
create table if not exists files (
    source text primary key, size integer, mtime_ns integer, sha text, parsed text not null);
create table if not exists passages (
    id text primary key, place integer not null, passage text not null, embed_key text not null);
create table if not exists vectors (embed_key text primary key, vector blob not null);
create table if not exists origins (origin text not null);
create table if not exists failures (source text primary key, reason text not null);
"""


@dataclass(frozen=True)
class FileRow:
    source: str
    size: int
    mtime_ns: int
    sha: str
    parsed: str


@dataclass(frozen=True)
class Contents:
    """Everything a search needs."""

    passages: tuple[Passage, ...]
    vectors: Vectors
    meta: Mapping[str, str]
    origins: tuple[Origin, ...]
    failures: tuple[tuple[str, str], ...]


class Shelf:
    """One connection; close it. Writes are one transaction (`with shelf.writing():`)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def writing(self) -> _Writing:
        return _Writing(self._db)

    def meta(self) -> dict[str, str]:
        return dict(self._db.execute("select key, value from meta").fetchall())

    def files(self) -> dict[str, FileRow]:
        rows = self._db.execute("select source, size, mtime_ns, sha, parsed from files").fetchall()
        return {row[0]: FileRow(*row) for row in rows}

    def failures(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._db.execute("select source, reason from failures order by source").fetchall())

    def embed_keys(self) -> dict[str, str]:
        """Passage id → key of its vector."""
        return dict(self._db.execute("select id, embed_key from passages").fetchall())

    def known_vectors(self, keys: Iterable[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        with closing(self._db.cursor()) as cursor:
            for key in keys:
                row = cursor.execute("select vector from vectors where embed_key = ?", (key,)).fetchone()
                if row:
                    found[key] = np.frombuffer(row[0], dtype=np.float32)
        return found

    def contents(self) -> Contents:
        rows = self._db.execute(
            "select passage, vector from passages join vectors using (embed_key) order by place"
        ).fetchall()
        vectors = [np.frombuffer(vector, dtype=np.float32) for _, vector in rows]
        origins = self._db.execute("select origin from origins").fetchall()
        return Contents(
            passages=tuple(Passage.model_validate_json(text) for text, _ in rows),
            vectors=np.stack(vectors) if vectors else np.zeros((0, 1), dtype=np.float32),
            meta=self.meta(),
            origins=tuple(Origin.model_validate_json(text) for (text,) in origins),
            failures=self.failures(),
        )

    def put_meta(self, values: Mapping[str, str]) -> None:
        self._db.executemany("insert or replace into meta values (?, ?)", list(values.items()))

    def put_files(self, rows: Sequence[FileRow]) -> None:
        self._db.execute("delete from files")
        self._db.executemany(
            "insert into files values (?, ?, ?, ?, ?)",
            [(row.source, row.size, row.mtime_ns, row.sha, row.parsed) for row in rows],
        )

    def put_vectors(self, vectors: Mapping[str, Vectors]) -> None:
        self._db.executemany(
            "insert or replace into vectors values (?, ?)",
            [(key, vector.astype(np.float32).tobytes()) for key, vector in vectors.items()],
        )

    def put_passages(
        self,
        passages: Sequence[tuple[Passage, str]],
        origins: Sequence[Origin],
        failures: Sequence[tuple[str, str]],
    ) -> None:
        """Replaces all passages (with the keys of their vectors), and forgets vectors no longer used."""
        self._db.execute("delete from passages")
        self._db.executemany(
            "insert into passages values (?, ?, ?, ?)",
            [(p.id, place, p.model_dump_json(), key) for place, (p, key) in enumerate(passages)],
        )
        self._db.execute("delete from vectors where embed_key not in (select embed_key from passages)")
        self._db.execute("delete from origins")
        self._db.executemany("insert into origins values (?)", [(o.model_dump_json(),) for o in origins])
        self._db.execute("delete from failures")
        self._db.executemany("insert or replace into failures values (?, ?)", list(failures))


class _Writing:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._db.execute("commit" if kind is None else "rollback")


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
