"""A context and a sentence taken apart, so that one can be held against the other word by word."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from voz.faithfulness_units import Unit
from voz.packaged import packaged
from voz.quantities import Quantity, fold_in_place, quantities
from voz.statements import stance
from voz.text import fold, stems

TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Taken:
    """A text taken apart: content stems in order, all folded tokens, figures, lexicon groups, stance."""

    text: str
    order: tuple[str, ...]
    stems: frozenset[str]
    tokens: frozenset[str]
    figures: tuple[Quantity, ...]
    groups: frozenset[str]
    stance: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """A context taken apart."""

    units: tuple[Unit, ...]
    taken: tuple[Taken, ...]
    weight: dict[str, float]
    novel_weight: float
    bigrams: frozenset[tuple[str, str]]
    names: frozenset[str]
    whole: Taken
    language: str


@cache
def lexicon() -> dict[str, Any]:
    raw = packaged("claims/faithfulness")
    group_of: dict[str, set[str]] = {}
    for name, line in raw["groups"].items():
        for word in line.split():
            group_of.setdefault(word, set()).add(name)
    opposite: dict[str, set[str]] = {}
    for left, right in (pair.split() for pair in raw["opposites"]):
        for language in ("en", "es"):
            a, b = "".join(stems(left, language)), "".join(stems(right, language))
            opposite.setdefault(a, set()).add(b)
            opposite.setdefault(b, set()).add(a)
    role_of = {word: role for role, line in raw["roles"].items() for word in line.split()}
    stop = packaged("claims/stopwords")
    return {
        "group_of": group_of, "groups": tuple(raw["groups"]), "opposite": opposite, "role_of": role_of,
        "prefixes": tuple(raw["prefixes"]), "stop": frozenset(fold(w) for line in stop.values() for w in line.split()),
    }  # fmt: skip


def take(text: str, language: str) -> Taken:
    """A text taken apart."""
    folded = fold(text)
    tokens = TOKEN.findall(folded.replace("’", "'").replace("n't", " not"))
    lex = lexicon()
    # Words are stemmed folded and one by one, so that places in the text and stems stay in step.
    order = tuple(stem_of(token, language) for token in tokens if token not in lex["stop"] and len(token) > 1)
    groups = frozenset(name for token in tokens for name in lex["group_of"].get(token, ()))
    everything = frozenset(tokens)
    return Taken(text, order, frozenset(order), everything, quantities(text), groups, stance(fold_in_place(text)))


@cache
def stem_of(token: str, language: str) -> str:
    return "".join(stems(token, language)) or token


def ground(units: Sequence[Unit], language: str) -> Ground:
    """A context taken apart, with how much each of its words tells."""
    taken = tuple(take(unit.text, language) for unit in units)
    count = Counter(stem for one in taken for stem in one.stems)
    size = len(taken)
    weight = {stem: math.log(1 + size / n) for stem, n in count.items()}
    bigrams = frozenset(pair for one in taken for pair in zip(one.order, one.order[1:], strict=False))
    names = frozenset(fold(m) for unit in units for m in re.findall(r"\b[A-ZÁÉÍÓÚÑ][\w&'’-]+", unit.text))
    whole = Taken(
        "", (), frozenset(count), frozenset(t for one in taken for t in one.tokens),
        tuple(q for one in taken for q in one.figures), frozenset(g for one in taken for g in one.groups), frozenset(),
    )  # fmt: skip
    return Ground(tuple(units), taken, weight, math.log(1 + size), bigrams, names, whole, language)


def weigh(stems_: Iterable[str], on: Ground) -> float:
    return sum(on.weight.get(stem, on.novel_weight) for stem in stems_)


def nearest(said: Taken, on: Ground, n: int) -> list[int]:
    """The units that share most of the sentence's telling words, best first; none that shares nothing."""
    shared = [(weigh(said.stems & one.stems, on) / math.sqrt(4 + len(one.stems)), i) for i, one in enumerate(on.taken)]
    return [i for score, i in sorted(shared, key=lambda pair: (-pair[0], pair[1]))[:n] if score > 0]
