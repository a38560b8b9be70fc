"""How words stand to one another (the same, wider, narrower, alike, opposite), from a small part of WordNet.

Only English has it; in other languages every answer is empty and the signs built on it stay at 0.
The data, `data/claims/faithfulness_words.json.gz`, is made by `scripts/train_faithfulness.py --wordnet`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Ids = frozenset[int]
NONE: Ids = frozenset()


@dataclass(frozen=True, slots=True)
class Meanings:
    """The meanings of a set of words pooled, so that a word is held against all of them at once."""

    words: frozenset[str]
    same: Ids
    above: Ids
    like: Ids


@dataclass(frozen=True, slots=True)
class Net:
    same: dict[str, Ids]
    above: dict[str, Ids]
    like: dict[str, Ids]
    opposite: dict[str, frozenset[str]]

    def pool(self, words: Iterable[str]) -> Meanings:
        kept = frozenset(words)
        same, above, like = (
            NONE.union(*(table.get(word, NONE) for word in kept)) for table in (self.same, self.above, self.like)
        )
        return Meanings(kept, same, above, like)

    def relations(self, word: str, pool: Meanings) -> frozenset[str]:
        """What the word is to some word of the pool: `same`, `wider`, `narrower`, `alike`, `sister`, `opposite`."""
        same, above, like = self.same.get(word, NONE), self.above.get(word, NONE), self.like.get(word, NONE)
        found = {
            "same": same & pool.same, "narrower": above & pool.same, "wider": same & pool.above,
            "alike": (like & pool.same) or (same & pool.like), "sister": above & pool.above,
            "opposite": self.opposite.get(word, frozenset()) & pool.words,
        }  # fmt: skip
        return frozenset(name for name, shared in found.items() if shared)


@cache
def net(language: str) -> Net:
    """The net of a language; an empty one where there is none."""
    if language != "en":
        return Net({}, {}, {}, {})
    packed = (files("voz") / "data" / "claims" / "faithfulness_words.json.gz").read_bytes()
    raw = json.loads(gzip.decompress(packed))
    same = {word: frozenset(ids) for word, ids in raw["same"].items()}
    up = {int(i): frozenset(ids) for i, ids in raw["above"].items()}
    like = {int(i): frozenset(ids) for i, ids in raw["like"].items()}
    return Net(
        same,
        {word: NONE.union(*(up.get(i, NONE) for i in ids)) for word, ids in same.items()},
        {word: NONE.union(*(like.get(i, NONE) for i in ids)) for word, ids in same.items()},
        {word: frozenset(others) for word, others in raw["opposite"].items()},
    )
