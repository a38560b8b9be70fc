"""Chroma, with one owner: two processes on one path corrupt it silently, so a lock file keeps the door."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from voz.embedding import Vectors
from voz.errors import IndexBusy

BATCH = 5_000  # Chroma takes 5461 at once
COLLECTION = "passages"

_held: dict[str, tuple[int, int]] = {}
"""Lock file → (descriptor, how many in this process hold it)."""
_guard = threading.Lock()


class Ownership:
    """This process owns the Chroma path until `release`. Raises IndexBusy if another one does."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._key = str((home / "index.lock").resolve())
        with _guard:
            if self._key in _held:
                descriptor, count = _held[self._key]
                _held[self._key] = (descriptor, count + 1)
            else:
                _held[self._key] = (_lock(self._key), 1)
        self._open = True

    def release(self) -> None:
        with _guard:
            if not self._open:
                return
            self._open = False
            descriptor, count = _held[self._key]
            if count > 1:
                _held[self._key] = (descriptor, count - 1)
                return
            del _held[self._key]
            os.close(descriptor)


def _lock(path: str) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(descriptor, 20).decode("ascii", "ignore").strip()
        os.close(descriptor)
        who = f"process {owner}" if owner else "another process"
        raise IndexBusy(f"The index in {Path(path).parent} is in use by {who}: stop it, then try again.") from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


class ChromaVectors:
    """The collection of one index. Open it only while an `Ownership` is held."""

    def __init__(self, home: Path, metadata: Mapping[str, str]) -> None:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        folder = home / "chroma"
        folder.mkdir(parents=True, exist_ok=True)
        self._client: Any = chromadb.PersistentClient(
            path=str(folder), settings=ChromaSettings(anonymized_telemetry=False)
        )
        existing = {collection.name for collection in self._client.list_collections()}
        if COLLECTION in existing:
            self._collection: Any = self._client.get_collection(COLLECTION, embedding_function=None)
            known = self._collection.metadata or {}
            if any(known.get(key) != value for key, value in metadata.items()):
                self._client.delete_collection(COLLECTION)
                existing.discard(COLLECTION)
        if COLLECTION not in existing:
            self._collection = self._client.create_collection(
                COLLECTION,
                metadata=dict(metadata),
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 200}},
            )

    def count(self) -> int:
        return int(self._collection.count())

    def sync(self, ids: Sequence[str], vectors: Vectors, sources: Sequence[str], changed: frozenset[str]) -> None:
        """Makes the collection hold exactly these ids; `changed` ones are written even if they are there."""
        there = set(self._collection.get(include=[])["ids"])
        gone = sorted(there - set(ids))
        for start in range(0, len(gone), BATCH):
            self._collection.delete(ids=gone[start : start + BATCH])
        fresh = [place for place, one in enumerate(ids) if one not in there or one in changed]
        for start in range(0, len(fresh), BATCH):
            places = fresh[start : start + BATCH]
            self._collection.upsert(
                ids=[ids[place] for place in places],
                embeddings=vectors[places],
                metadatas=[{"source": sources[place]} for place in places],
            )

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]]:
        """(id, cosine), best first."""
        found = self._collection.query(
            query_embeddings=np.asarray(vector, dtype=np.float32)[None, :],
            n_results=count,
            include=["distances"],
        )
        return [(one, 1.0 - float(far)) for one, far in zip(found["ids"][0], found["distances"][0], strict=True)]
