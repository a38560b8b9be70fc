"""How far a text says more, or other, than a context carries: one number from 0 (carried) to 1 (not).

For any text over any context, in prose, dialogue, list or JSON. The text's sentences are held against the units of
the context sign by sign (`voz.faithfulness_signs`), the signs are summed up over the text, and trees fitted on
human-labelled data (`scripts/train_faithfulness.py`) judge. What they reach, and where they do not, is measured by
`benchmarks/support.py` and told in `docs/decisions/support-check.md`. `voz.checks.support` is the stricter judge of
replies over the company's own clauses; this one is for everything else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

from voz.embedding import Embedder
from voz.faithfulness_signs import Ground, Taken, ground, nearest, signs, take
from voz.faithfulness_units import sentences, units

EMBEDDED_SENTENCES = 3
EMBEDDED_UNITS = 3
MAX_SENTENCES = 120


@dataclass(frozen=True)
class Trees:
    """Boosted or averaged trees in flat arrays; leaf nodes have feature -1 and hold the share of «not carried»."""

    names: tuple[str, ...]
    feature: tuple[tuple[int, ...], ...]
    threshold: tuple[tuple[float, ...], ...]
    left: tuple[tuple[int, ...], ...]
    right: tuple[tuple[int, ...], ...]
    value: tuple[tuple[float, ...], ...]
    cut: float

    def doubt(self, summary: dict[str, float]) -> float:
        row = [summary.get(name, 0.0) for name in self.names]
        return sum(self._leaf(tree, row) for tree in range(len(self.feature))) / len(self.feature)

    def _leaf(self, tree: int, row: Sequence[float]) -> float:
        feature, threshold, at = self.feature[tree], self.threshold[tree], 0
        while feature[at] >= 0:
            at = self.left[tree][at] if row[feature[at]] <= threshold[at] else self.right[tree][at]
        return self.value[tree][at]


@cache
def trees() -> Trees:
    """The committed model; `cut` is where doubt becomes a verdict (balanced accuracy is best there)."""
    raw = json.loads((files("voz") / "data" / "claims" / "faithfulness.json").read_text(encoding="utf-8"))
    columns = {name: tuple(tuple(tree[name]) for tree in raw["trees"]) for name in ("feature", "threshold", "left", "right", "value")}
    return Trees(names=tuple(raw["names"]), cut=float(raw["cut"]), **columns)


def doubt(text: str, context: str, embedder: Embedder, language: str | None = None) -> float:
    """How far the context does not carry the text: 0 carried … 1 not. An empty text claims nothing: 0.

    `language` (ISO 639-1) is that of both; None: as detected. Raises EmbeddingError.
    """
    if not text.strip():
        return 0.0
    return trees().doubt(summary(text, context, embedder, language))


def summary(text: str, context: str, embedder: Embedder, language: str | None = None) -> dict[str, float]:
    """The signs of a text over its context, summed up: the model's input."""
    on = _ground(context, language or _language(text))
    taken = [take(sentence, on.language) for sentence in sentences(text)[:MAX_SENTENCES]]
    found = [signs(said, on, on.language) for said in taken]
    return _summed(found) | _near(taken, found, on, embedder)


@lru_cache(maxsize=64)
def _ground(context: str, language: str) -> Ground:
    return ground(units(context), language)


def _language(text: str) -> str:
    from voz.language import detect_language

    return detect_language(text)[0]


def _summed(found: Sequence[dict[str, float]]) -> dict[str, float]:
    summed = {"sentences": float(np.log1p(len(found)))}
    for name in found[0]:
        column = [one[name] for one in found]
        summed[f"{name}.max"] = max(column)
        summed[f"{name}.min"] = min(column)
        summed[f"{name}.mean"] = sum(column) / len(column)
    return summed


def _near(taken: Sequence[Taken], found: Sequence[dict[str, float]], on: Ground, embedder: Embedder) -> dict[str, float]:
    """Cosines of the sentences that the words leave most open to the units that share most words with them.

    Only those are embedded: the rest would cost most of the time and, measured, changes nothing.
    """
    worst = sorted(range(len(taken)), key=lambda i: -found[i]["uncovered_top"])[:EMBEDDED_SENTENCES]
    best, mean = [], []
    for i in worst:
        near = nearest(taken[i], on, EMBEDDED_UNITS)
        if near:
            rows = embedder.query([taken[i].text, *(on.units[j].text for j in near)])
            cosines = rows[1:] @ rows[0]
            best.append(float(cosines.max()))
            mean.append(float(cosines.mean()))
    if not best:
        return {"near.min": 0.0, "near.mean": 0.0, "near_top.min": 0.0, "near_top.mean": 0.0}
    return {
        "near.min": min(best), "near.mean": sum(best) / len(best),
        "near_top.min": min(mean), "near_top.mean": sum(mean) / len(mean),
    }  # fmt: skip
