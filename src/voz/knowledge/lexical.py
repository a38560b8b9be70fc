"""BM25 over Snowball stems with accents folded, each passage in its own language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from voz.text import stems

K1 = 1.2
B = 0.75

Scores = npt.NDArray[np.float32]


class Bm25:
    """An index over texts; a query is stemmed once per language that the texts have."""

    def __init__(self, texts: Sequence[str], languages: Sequence[str]) -> None:
        self._size = len(texts)
        self._languages = tuple(dict.fromkeys(languages)) or ("es",)
        of_language = {language: number for number, language in enumerate(self._languages)}
        bags = [Counter(stems(text, language)) for text, language in zip(texts, languages, strict=True)]
        lengths = np.array([sum(bag.values()) for bag in bags], dtype=np.float32)
        mean = float(lengths.mean()) if self._size else 1.0
        shared = Counter(stem for bag in bags for stem in bag)
        postings: dict[tuple[int, str], list[tuple[int, float]]] = {}
        for place, (bag, language) in enumerate(zip(bags, languages, strict=True)):
            norm = K1 * (1 - B + B * float(lengths[place]) / max(mean, 1.0))
            for stem, count in bag.items():
                idf = float(np.log(1 + (self._size - shared[stem] + 0.5) / (shared[stem] + 0.5)))
                weight = idf * count * (K1 + 1) / (count + norm)
                postings.setdefault((of_language[language], stem), []).append((place, weight))
        self._postings = {
            key: (np.array([p for p, _ in pairs]), np.array([w for _, w in pairs], dtype=np.float32))
            for key, pairs in postings.items()
        }

    def scores(self, query: str) -> Scores:
        """One score per text; 0 where no word is shared."""
        total = np.zeros(self._size, dtype=np.float32)
        for number, language in enumerate(self._languages):
            for stem in dict.fromkeys(stems(query[:4_000], language)):
                if (hit := self._postings.get((number, stem))) is not None:
                    total[hit[0]] += hit[1]
        return total
