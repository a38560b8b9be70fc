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
from voz.faithfulness_ground import Ground, Taken, ground, nearest, take
from voz.faithfulness_signs import signs
from voz.faithfulness_units import sentences, units
from voz.forest import Trees, trees_of

EMBEDDED_SENTENCES = 3
EMBEDDED_UNITS = 3
MAX_SENTENCES = 120


@dataclass(frozen=True)
class Model:
    """One forest over the signs summed up over the text, one over each sentence's; `cut` makes doubt a verdict.

    `seen` are short hashes of the contexts that it was fitted on, so that a benchmark can tell what it measures.
    """

    text: Trees
    sentence: Trees
    cut: float
    seen: frozenset[str]


@cache
def model() -> Model:
    """The committed model."""
    raw = json.loads((files("voz") / "data" / "claims" / "faithfulness.json").read_text(encoding="utf-8"))
    return Model(trees_of(raw["text"]), trees_of(raw["sentence"]), float(raw["cut"]), frozenset(raw["seen"]))


def doubt(text: str, context: str, embedder: Embedder, language: str | None = None) -> float:
    """How far the context does not carry the text: 0 carried … 1 not. An empty text claims nothing: 0.

    `language` (ISO 639-1) is that of both; None: as detected. Raises EmbeddingError.
    """
    if not text.strip():
        return 0.0
    whole, each = summary(text, context, embedder, language)
    return (model().text.doubt(whole) + max(model().sentence.doubt(one) for one in each)) / 2


def summary(
    text: str, context: str, embedder: Embedder, language: str | None = None
) -> tuple[dict[str, float], list[dict[str, float]]]:
    """The model's input: the signs of a text over its context summed up, and those of each sentence."""
    on = _ground(context, language or _language(text))
    taken = [take(sentence, on.language) for sentence in sentences(text)[:MAX_SENTENCES]]
    found = [signs(said, on, on.language) for said in taken]
    form, count = _form(on), float(np.log1p(len(found)))
    each = [one | form | {"place": i / len(found), "sentences": count} for i, one in enumerate(found)]
    return _summed(found) | form | _near(taken, found, on, embedder), each


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


def _form(on: Ground) -> dict[str, float]:
    """How long the context is and how much of it is talk: other signs weigh differently there."""
    spoken = sum(bool(unit.speaker) for unit in on.units)
    return {"context_units": float(np.log1p(len(on.units))), "context_spoken": spoken / max(1, len(on.units))}


def _near(
    taken: Sequence[Taken], found: Sequence[dict[str, float]], on: Ground, embedder: Embedder
) -> dict[str, float]:
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
