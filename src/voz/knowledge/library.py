"""What can be searched: every passage, by meaning (Chroma) and by words (BM25), fused by score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from types import TracebackType

import numpy as np

from voz.brand import Origin
from voz.case import Passage
from voz.embedding import Embedder, Vectors
from voz.knowledge.branches import Branches, branches
from voz.knowledge.lexical import Bm25, Scores
from voz.knowledge.regions import regions_in
from voz.knowledge.shelf import Contents
from voz.knowledge.vectors import ChromaVectors, Ownership

LEXICAL_WEIGHT = 0.09
LEXICAL_HALF = 10.0
"""fused = cosine + trust · LEXICAL_WEIGHT · bm25 / (bm25 + LEXICAL_HALF); see benchmarks/retrieval.py."""
MAINLAND = "peninsula"
"""Whom Spanish policies are written for."""
NEAREST = 200
"""So many neighbours are asked of Chroma; the cosines of lexical hits beyond them are computed."""


def fuse(cosines: Scores, lexical: Scores, trust: Scores) -> Scores:
    """Score fusion; a passage that shares no word keeps its cosine alone."""
    return np.asarray(cosines + trust * LEXICAL_WEIGHT * lexical / (lexical + LEXICAL_HALF), dtype=np.float32)


class Library:
    """An opened index. `close` it, or use it as a context, to let another process index."""

    def __init__(
        self,
        contents: Contents,
        embedder: Embedder,
        chroma: ChromaVectors | None,
        ownership: Ownership | None,
        notice: str | None = None,
    ) -> None:
        self.passages: tuple[Passage, ...] = contents.passages
        self.fingerprint: str = contents.meta.get("fingerprint", "")
        self.origins: tuple[Origin, ...] = contents.origins
        """Where each value that was inferred from prose comes from."""
        self.failures: tuple[tuple[str, str], ...] = contents.failures
        """(path, reason) of files that could not be read when the index was made."""
        self.notice = notice
        """One sentence for the person at the terminal, if searching is not as usual."""
        self.embedder = embedder
        self._vectors = contents.vectors
        self._place = {passage.id: place for place, passage in enumerate(self.passages)}
        self._chroma, self._ownership = chroma, ownership
        texts = [_searched_text(passage) for passage in self.passages]
        self._bm25 = Bm25(texts, [passage.language for passage in self.passages])

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._chroma = None
        if self._ownership is not None:
            self._ownership.release()
            self._ownership = None

    def vector(self, passage_id: str) -> Vectors:
        """The vector of a passage. Raises KeyError for an id that is not in the index."""
        return np.asarray(self._vectors[self._place[passage_id]], dtype=np.float32)

    def search(self, query: str, language: str | None, k: int) -> list[tuple[Passage, float, float]]:
        """(passage, fused score, cosine), best first, unfiltered. `language` is the query's, if known."""
        return self.search_all([query], language, k)[0]

    def search_all(
        self, queries: Sequence[str], language: str | None, k: int
    ) -> list[list[tuple[Passage, float, float]]]:
        """`search` for several queries, embedded together."""
        if not self.passages or not queries:
            return [[] for _ in queries]
        found = []
        for query, vector in zip(queries, self.embedder.query(queries), strict=True):
            cosines, fused = self.scores(query, vector)
            order = np.argsort(-fused, kind="stable")[:k]
            found.append([(self.passages[i], float(fused[i]), float(cosines[i])) for i in order])
        return found

    def scores(self, query: str, vector: Vectors) -> tuple[Scores, Scores]:
        """(cosine, fused) of every passage; passages far from the query in both ways come last."""
        lexical, trust = self._bm25.scores(query)
        if self._chroma is None:
            cosines = np.asarray(self._vectors @ vector, dtype=np.float32)
            return cosines, fuse(cosines, lexical, trust)
        cosines = np.full(len(self.passages), -1.0, dtype=np.float32)
        for one, cosine in self._chroma.nearest(vector, min(NEAREST, len(self.passages))):
            if (place := self._place.get(one)) is not None:
                cosines[place] = cosine
        rest = np.flatnonzero((cosines < 0) & (lexical > 0))
        cosines[rest] = self._vectors[rest] @ vector
        return cosines, fuse(cosines, lexical, trust)

    @cached_property
    def products(self) -> tuple[str, ...]:
        """Every product name that passages are about, the longest first."""
        names = {name for passage in self.passages for name in passage.products}
        return tuple(sorted(names, key=lambda name: (-len(name), name)))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Every region that passages tell apart."""
        return tuple(sorted({region for passage in self.passages for region in passage.regions}))

    @cached_property
    def home_regions(self) -> frozenset[str]:
        """The regions that most of the regional passages are for: where the company usually sells."""
        counts = Counter(region for passage in self.passages for region in passage.regions)
        most = max(counts.values(), default=0)
        return frozenset(region for region, count in counts.items() if count >= most / 2)

    @cached_property
    def usual_regions(self) -> frozenset[str]:
        """Those of home that are not the exception: a few documents all for one region («Braga») are that region's."""
        said: dict[str, list[bool]] = {}
        for passage in self.passages:
            said.setdefault(passage.source, []).append(bool(passage.regions))
        own = {source for source, regional in said.items() if all(regional)}
        if 2 * len(own) >= len(said):
            return self.home_regions
        shared = {region for passage in self.passages if passage.source not in own for region in passage.regions}
        return self.home_regions & (shared | {MAINLAND})

    @cached_property
    def branches(self) -> Branches:
        """The company's own places."""
        return branches(self.passages)

    def regions_named(self, text: str) -> tuple[str, ...]:
        """The regions that a text names, by their towns or by the company's branches there."""
        return tuple(dict.fromkeys((*self.branches.named_in(text), *regions_in(text))))

    def coverage(self, query: str, place: int) -> float:
        """The share of a query's telling words that stand in the passage at `place`: 0 to 1."""
        return self._bm25.coverage(query, place)


def _searched_text(passage: Passage) -> str:
    return "\n".join((passage.heading, passage.text, *(text for _, text in passage.wordings)))
