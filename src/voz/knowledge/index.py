"""Indexing a folder, and opening what was indexed.

A second run reads only files that changed, embeds only clauses that changed, and drops what is gone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from voz.embedding import Embedder, Vectors
from voz.errors import DocumentError, IndexBusy, IndexMismatch, IndexMissing, KnowledgeError
from voz.knowledge.documents import Indexed, Parsed, document_paths, parse_document, resolve
from voz.knowledge.library import Library
from voz.knowledge.metadata import Meta, load_folder_meta
from voz.knowledge.shelf import FileRow, Shelf, as_json
from voz.knowledge.vectors import ChromaVectors, Ownership

READING_VERSION = "8"
"""Raise it when reading, chunking or inferring changes: files are read again, vectors are kept."""
EMBED_BATCH = 16

Progress = Callable[[str, int, int], None]
"""Called with what is being done (`reading` or `embedding`), how many are done, and how many there are."""


@dataclass(frozen=True)
class IndexReport:
    documents: int
    chunks: int
    embedded: int
    removed: int
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(path relative to the folder, reason) of each file that could not be read."""
    seconds: float = 0.0


def index_folder(knowledge: Path, home: Path, embedder: Embedder, progress: Progress | None = None) -> IndexReport:
    """Brings the index in `home` up to date with the folder.

    Raises KnowledgeError if the folder is not there or its metadata files are wrong, IndexBusy if
    something has to change and another process owns the index, EmbeddingError if the embedder fails.
    A document that cannot be read is in the report's failures, and the rest is indexed.
    """
    started = time.perf_counter()
    if not knowledge.is_dir():
        raise KnowledgeError(f"There is no knowledge folder at {knowledge}: set VOZ_KNOWLEDGE or make one.")
    shelf = Shelf(home / "index" / "shelf.sqlite")
    try:
        return _index(knowledge, home / "index", embedder, shelf, progress or _silent, started)
    finally:
        shelf.close()


def _silent(what: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class _Reading:
    """The folder as it is now."""

    rows: list[FileRow]
    failures: list[tuple[str, str]]
    told: dict[str, Meta]
    state: str
    """One value that changes when anything does that the index is made of."""


def _index(
    knowledge: Path, folder: Path, embedder: Embedder, shelf: Shelf, progress: Progress, started: float
) -> IndexReport:
    meta = shelf.meta()
    known = shelf.files() if meta.get("reading") == READING_VERSION else {}
    reading = _read(knowledge, known, embedder, progress)
    if meta.get("state") == reading.state:
        if any(known.get(row.source) != row for row in reading.rows):  # touched, not edited
            with shelf.writing():
                shelf.put_files(reading.rows)
        chunks = len(shelf.embed_keys())
        return IndexReport(len(reading.rows), chunks, 0, 0, reading.failures, time.perf_counter() - started)
    ownership = Ownership(folder)
    try:
        embedded, removed, chunks = _update(reading, knowledge, folder, embedder, shelf, progress)
    finally:
        ownership.release()
    spent = time.perf_counter() - started
    return IndexReport(len(reading.rows), chunks, embedded, removed, reading.failures, spent)


def _update(
    reading: _Reading, knowledge: Path, folder: Path, embedder: Embedder, shelf: Shelf, progress: Progress
) -> tuple[int, int, int]:
    """Stores the passages, in the index's own file first and then in Chroma: (embedded, removed, all)."""
    before = shelf.embed_keys()
    parsed = [Parsed.model_validate_json(row.parsed) for row in reading.rows]
    indexed, origins = resolve(parsed, reading.told)
    keys = [_embed_key(embedder, item.embed) for item in indexed]
    vectors, embedded = _vectors(indexed, keys, embedder, shelf, progress)
    passages = [item.passage for item in indexed]
    content = as_json([embedder.name, embedder.version, [p.model_dump_json() for p in passages]])
    with shelf.writing():
        shelf.put_files(reading.rows)
        shelf.put_passages(list(zip(passages, keys, strict=True)), origins, reading.failures)
        shelf.put_meta(
            {
                "embedder": embedder.name,
                "version": embedder.version,
                "reading": READING_VERSION,
                "fingerprint": hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16],
                "state": reading.state,
                "knowledge": str(knowledge.resolve()),
            }
        )
    ids = [passage.id for passage in passages]
    moved = frozenset(one for one, key in zip(ids, keys, strict=True) if before.get(one, key) != key)
    chroma = ChromaVectors(folder, _collection_metadata(embedder))
    chroma.sync(ids, vectors, [passage.source for passage in passages], moved)
    return embedded, len(set(before) - set(ids)), len(ids)


def _read(knowledge: Path, known: dict[str, FileRow], embedder: Embedder, progress: Progress) -> _Reading:
    """Reads the files that are new or changed; the others are known."""
    rows: list[FileRow] = []
    failures: list[tuple[str, str]] = []
    paths = document_paths(knowledge)
    for number, path in enumerate(paths, 1):
        source = path.relative_to(knowledge).as_posix()
        old = known.get(source)
        try:
            stat = path.stat()
            if old and (old.size, old.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
                rows.append(old)
                continue
            data = path.read_bytes()
            sha = hashlib.sha256(data).hexdigest()
            if old and old.sha == sha:
                parsed = old.parsed
            else:
                progress("reading", number, len(paths))
                parsed = parse_document(knowledge, path, data).model_dump_json()
            rows.append(FileRow(source, stat.st_size, stat.st_mtime_ns, sha, parsed))
        except (DocumentError, OSError) as error:
            failures.append((source, str(error)))
        except Exception as error:  # one hostile file must not stop the folder
            failures.append((source, f"cannot be read: {type(error).__name__}: {str(error)[:200]}"))
    told = load_folder_meta(knowledge)
    content = [[row.source, row.sha] for row in rows], failures, {k: v.model_dump() for k, v in told.items()}
    text = as_json([embedder.name, embedder.version, READING_VERSION, str(knowledge.resolve()), content])
    return _Reading(rows, failures, told, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


def _embed_key(embedder: Embedder, text: str) -> str:
    return hashlib.sha256(f"{embedder.name}\x00{embedder.version}\x00{text}".encode("utf-8", "replace")).hexdigest()


def _vectors(
    indexed: Sequence[Indexed], keys: Sequence[str], embedder: Embedder, shelf: Shelf, progress: Progress
) -> tuple[Vectors, int]:
    """The vector of each passage, and how many had to be made; each batch is kept as soon as it is made."""
    known = shelf.known_vectors(dict.fromkeys(keys))
    text_of = dict(zip(keys, (item.embed for item in indexed), strict=True))
    missing = [key for key in text_of if key not in known]
    for start in range(0, len(missing), EMBED_BATCH):
        batch = missing[start : start + EMBED_BATCH]
        made = dict(zip(batch, embedder.passages([text_of[key] for key in batch]), strict=True))
        with shelf.writing():
            shelf.put_vectors(made)
        known.update(made)
        progress("embedding", start + len(batch), len(missing))
    if not keys:
        return np.zeros((0, embedder.dim), dtype=np.float32), 0
    return np.stack([known[key] for key in keys]), len(missing)


def _collection_metadata(embedder: Embedder) -> dict[str, str]:
    return {"embedder": embedder.name, "version": embedder.version}


def open_library(knowledge: Path, home: Path, embedder: Embedder) -> Library:
    """The index of a folder, ready to search.

    Raises IndexMissing if there is none, IndexMismatch if another embedder made it; both say the
    command that makes it anew. Where another process owns Chroma (a server that is up), the vectors
    are read from the index's own file and compared exactly; `Library.notice` says so.
    """
    folder = home / "index"
    command = f"voz index {knowledge}"
    if not (folder / "shelf.sqlite").is_file():
        raise IndexMissing(f"There is no index in {home}: run `{command}`.")
    shelf = Shelf(folder / "shelf.sqlite")
    try:
        contents = shelf.contents()
    finally:
        shelf.close()
    other = Path(contents.meta.get("knowledge", str(knowledge)))
    if other.is_dir() and knowledge.is_dir() and other.resolve() != knowledge.resolve():
        raise IndexMismatch(f"The index in {home} is of {other}: run `{command}`, or set VOZ_HOME apart for each.")
    made = (contents.meta.get("embedder"), contents.meta.get("version"))
    if made[0] is None:
        raise IndexMissing(f"There is no index in {home}: run `{command}`.")
    if made != (embedder.name, embedder.version):
        raise IndexMismatch(
            f"The index in {home} was made with {made[0]} {made[1]}, and the embedder is now "
            f"{embedder.name} {embedder.version}: run `{command}`."
        )
    try:
        ownership = Ownership(folder)
    except IndexBusy as busy:
        return Library(contents, embedder, None, None, f"{busy} Until then voz searches its copy.")
    try:
        chroma = ChromaVectors(folder, _collection_metadata(embedder))
        if chroma.count() != len(contents.passages):  # stopped between the two writes, or deleted
            ids = [passage.id for passage in contents.passages]
            chroma.sync(ids, contents.vectors, [p.source for p in contents.passages], frozenset(ids))
    except BaseException:
        ownership.release()
        raise
    return Library(contents, embedder, chroma, ownership)
