"""Fit the weights of voz.evaluate.tone.politeness, and say how well they travel.

    python scripts/train_politeness.py ../shared/data/politeness_tydip.jsonl

Ridge regression on the ratings, towards a small weight with the sign that each feature must have; Spanish rows, and
English ones at half their weight. Prints the weights for data/evaluate/politeness.yaml, and the AUROC in repeated
five-fold cross-validation on Spanish beside the length of the text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voz.evaluate.tone import politeness_features

POLITE = frozenset("thanks please greeting sorry praise could can_you opinion help modest smile".split())
PRIOR, INSULT, RIDGE, ENGLISH, LEAST = 0.15, -0.5, 40.0, 0.5, 0.03
Floats = npt.NDArray[np.float64]


def main(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    features = [politeness_features(row["text"], row["lang"]) for row in rows]
    names = [name for name in features[0] if name != "blame"]  # written by hand: these texts hold hardly any
    x = np.array([[found[name] for name in names] for found in features])
    y = np.array([row["score"] for row in rows])
    label = np.array([-1 if row["binary"] is None else row["binary"] for row in rows])
    spanish = np.array([row["lang"] == "es" for row in rows])
    length = np.array([float(len(row["text"])) for row in rows])
    weights = fit(x, y, spanish, names)
    print("{" + ", ".join(f"{name}: {weight:.2f}" for name, weight in zip(names, weights, strict=True)) + "}")
    judged = spanish & (label >= 0)
    print(f"fitted on all: AUROC {auroc((x @ weights)[judged], label[judged]):.3f}")
    rng, found = np.random.default_rng(0), []
    for _ in range(5):
        scores, order = np.zeros(len(y)), rng.permutation(np.flatnonzero(spanish))
        for fold in range(5):
            out = np.isin(np.arange(len(y)), order[fold::5])
            scores[out] = x[out] @ fit(x[~out], y[~out], spanish[~out], names)
        found.append(auroc(scores[judged], label[judged]))
    print(f"cross-validated: AUROC {np.mean(found):.3f}; length alone {auroc(length[judged], label[judged]):.3f}")


def fit(x: Floats, y: Floats, spanish: npt.NDArray[np.bool_], names: list[str]) -> Floats:
    """Weights nearest the prior that explain the ratings, by projected gradient descent."""
    sign = np.array([1.0 if name in POLITE else -1.0 for name in names])
    prior = np.array([INSULT if name == "insult" else PRIOR * s for name, s in zip(names, sign, strict=True)])
    row = np.where(spanish, 1.0, ENGLISH)
    centred = x - np.average(x, axis=0, weights=row)
    matrix = (centred * row[:, None]).T @ centred + RIDGE * np.eye(len(names))
    target = (centred * row[:, None]).T @ (y - np.average(y, weights=row)) + RIDGE * prior
    weights, step = prior.copy(), 1 / np.linalg.eigvalsh(matrix).max()
    for _ in range(3000):
        weights = weights - step * (matrix @ weights - target)
        weights = np.where(weights * sign < LEAST, LEAST * sign, weights)
    return weights


def auroc(scores: Floats, label: npt.NDArray[np.int64]) -> float:
    good, bad = scores[label == 1][:, None], scores[label == 0][None, :]
    return float((good > bad).mean() + 0.5 * (good == bad).mean())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
