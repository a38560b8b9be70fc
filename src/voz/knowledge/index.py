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
from voz.knowledge.metadata import load_folder_meta
from voz.knowledge.shelf import FileRow, Shelf, as_json
from voz.knowledge.vectors import ChromaVectors, Ownership

READING_VERSION = "x100"
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


def index_folder(
    knowledge: Path, home: Path, embedder: Embedder, progress: Progress | None = None
) -> IndexReport:
    """Brings the index in `home` up to date with the folder.

    Raises KnowledgeError if the folder is not there or its metadata files are wrong, IndexBusy if
    another process owns the index, EmbeddingError if the embedder fails. A document that cannot be
    read is in the report's failures, and the rest is indexed.
    """
    started = time.perf_counter()
    if not knowledge.is_dir():
        raise KnowledgeError(f"There is no knowledge folder at {knowledge}: set VOZ_KNOWLEDGE or make one.")
    ownership = Ownership(home / "index")
    shelf = Shelf(home / "index" / "shelf.sqlite")
    try:
        return _index(knowledge, home / "index", embedder, shelf, progress or _silent, started)
    finally:
        shelf.close()
        ownership.release()


def _silent(what: str, done: int, total: int) -> None:
    pass


def _index(
    knowledge: Path, folder: Path, embedder: Embedder, shelf: Shelf, progress: Progress, started: float
) -> IndexReport:
    same_reader = shelf.meta().get("reading") == READING_VERSION
    rows, failures, changed = _read_files(knowledge, shelf.files() if same_reader else {}, shelf, progress)
    told = load_folder_meta(knowledge)
    state = _state(embedder, rows, failures, as_json({k: v.model_dump() for k, v in told.items()}))
    before = shelf.embed_keys()
    if shelf.meta().get("state") == state:
        if changed:  # touched, not edited
            with shelf.writing():
                shelf.put_files(rows)
        return IndexReport(len(rows), len(before), 0, 0, failures, time.perf_counter() - started)
    indexed, origins = resolve([Parsed.model_validate_json(row.parsed) for row in rows], told)
    keys = [_embed_key(embedder, item.embed) for item in indexed]
    vectors, embedded = _vectors(indexed, keys, embedder, shelf, progress)
    passages = [item.passage for item in indexed]
    fingerprint = hashlib.sha256(
        as_json([embedder.name, embedder.version, [p.model_dump_json() for p in passages]]).encode()
    ).hexdigest()[:16]
    with shelf.writing():
        shelf.put_files(rows)
        shelf.put_vectors({key: vectors[place] for place, key in enumerate(keys) if key in embedded})
        shelf.put_passages(list(zip(passages, keys, strict=True)), origins, failures)
        shelf.put_meta(
            {
                "embedder": embedder.name,
                "version": embedder.version,
                "reading": READING_VERSION,
                "fingerprint": fingerprint,
                "state": state,
                "knowledge": str(knowledge.resolve()),
            }
        )
    ids = [passage.id for passage in passages]
    moved = frozenset(one for one, key in zip(ids, keys, strict=True) if before.get(one, key) != key)
    chroma = ChromaVectors(folder, _collection_metadata(embedder))
    chroma.sync(ids, vectors, [passage.source for passage in passages], moved)
    removed = len(set(before) - set(ids))
    return IndexReport(
        len(rows), len(ids), len(embedded), removed, failures, time.perf_counter() - started
    )


def _read_files(
    knowledge: Path, known: dict[str, FileRow], shelf: Shelf, progress: Progress
) -> tuple[list[FileRow], list[tuple[str, str]], bool]:
    """The rows of all readable files, the failures, and whether any row is new."""
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
    return rows, failures, [row for row in rows if known.get(row.source) != row] != []


def _state(embedder: Embedder, rows: Sequence[FileRow], failures: Sequence[tuple[str, str]], told: str) -> str:
    """One value that changes when anything does that the index is made of."""
    content = [[row.source, row.sha] for row in rows]
    text = as_json([embedder.name, embedder.version, READING_VERSION, content, list(failures), told])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _embed_key(embedder: Embedder, text: str) -> str:
    return hashlib.sha256(f"{embedder.name}\x00{embedder.version}\x00{text}".encode("utf-8", "replace")).hexdigest()


def _vectors(
    indexed: Sequence[Indexed], keys: Sequence[str], embedder: Embedder, shelf: Shelf, progress: Progress
) -> tuple[Vectors, set[str]]:
    """The vector of each passage, and the keys of those that had to be made."""
    known = shelf.known_vectors(dict.fromkeys(keys))
    text_of = dict(zip(keys, (item.embed for item in indexed), strict=True))
    missing = [key for key in text_of if key not in known]
    for start in range(0, len(missing), EMBED_BATCH):
        batch = missing[start : start + EMBED_BATCH]
        known.update(zip(batch, embedder.passages([text_of[key] for key in batch]), strict=True))
        progress("embedding", start + len(batch), len(missing))
    if not keys:
        return np.zeros((0, embedder.dim), dtype=np.float32), set()
    return np.stack([known[key] for key in keys]), set(missing)


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
