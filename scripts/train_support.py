"""Fit the weights of `checks/support.py` on labelled replies: `train_support.py SIGNS` (see `benchmarks/claims.py --signs`).

Needs scikit-learn, which voz itself does not. Thresholds come from leave-one-company-out predictions, so that they are
those of a company the model has not seen.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from voz.case import Case
from voz.checks.support import RULES

OUT = Path(__file__).resolve().parent.parent / "src" / "voz" / "data" / "claims" / "support.json"
Row = tuple[str, str, str, str, bool, dict[str, float]]
"""company, claim id, label, type, whether this sentence holds the lie, its signs"""


def rows_of(kept: list[tuple[str, dict[str, Any], Case]]) -> list[Row]:
    rows: list[Row] = []
    for company, claim, case in kept:
        span = claim.get("span") or ""
        at = claim["reply"].find(span) if span else -1
        for support in case.supports:
            assert case.draft is not None
            sentence = case.draft.sentences[support.sentence]
            lie = claim["label"] == "lie" and at >= 0 and sentence.start < at + len(span) and at < sentence.end
            rows.append((company, claim["id"], claim["label"], claim["type"], lie, dict(support.signs)))
    return rows


def fit(x: np.ndarray, y: np.ndarray, strength: float) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=5000).fit(scaler.transform(x), y)
    return scaler, model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("signs", type=Path)
    parser.add_argument("--strength", type=float, default=0.03)
    parser.add_argument("--false-blocks", type=float, default=0.015, help="share of honest replies the model may block")
    options = parser.parse_args()
    kept = pickle.loads(options.signs.read_bytes())
    rows = rows_of(kept)
    honest = sum(claim["label"] == "honest" for _, claim, _ in kept)
    names = sorted({name for row in rows for name in row[5] if not name.startswith("carried")})
    x = np.array([[row[5].get(name, 0.0) for name in names] for row in rows])
    y = np.array([row[4] for row in rows])
    company = np.array([row[0] for row in rows])
    unseen = np.zeros(len(y))
    for held in sorted(set(company)):
        scaler, model = fit(x[company != held], y[company != held], options.strength)
        unseen[company == held] = model.predict_proba(scaler.transform(x[company == held]))[:, 1]
    print(f"sentences {len(y)}, lying {y.sum()}, AUROC on unseen companies {roc_auc_score(y, unseen):.3f}")
    block, warn = thresholds(rows, unseen, honest, options.false_blocks)
    scaler, model = fit(x, y, options.strength)
    OUT.write_text(json.dumps({
        "intercept": float(model.intercept_[0]),
        "centre": dict(zip(names, scaler.mean_.round(5).tolist(), strict=True)),
        "scale": dict(zip(names, scaler.scale_.round(5).tolist(), strict=True)),
        "weight": dict(zip(names, model.coef_[0].round(4).tolist(), strict=True)),
        "block": block, "warn": warn,
    }, indent=1) + "\n")  # fmt: skip
    for weight, name in sorted(zip(model.coef_[0], names, strict=True), key=lambda pair: -abs(pair[0]))[:15]:
        print(f"  {weight:+.2f} {name}")


def thresholds(rows: list[Row], doubt: np.ndarray, honest: int, share: float) -> tuple[float, float]:
    """Where at most `share` of the honest replies that no rule blocks would be blocked, and 8 % warned about."""
    worst: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for row, value in zip(rows, doubt, strict=True):
        if not any(row[5].get(rule, 0) >= 1 for rule in RULES) and not row[5].get("carried"):
            worst[row[:4]] = max(worst[row[:4]], float(value))
    ranked = sorted((value for key, value in worst.items() if key[2] == "honest"), reverse=True)
    block, warn = ranked[int(share * honest)] + 1e-4, ranked[int(0.08 * honest)]
    caught = Counter(key[3] for key, value in worst.items() if key[2] == "lie" and value >= block)
    print(f"block at {block:.3f}: lies beyond the rules' {sum(caught.values())} {dict(caught)}; warn at {warn:.3f}")
    return round(block, 4), round(warn, 4)


if __name__ == "__main__":
    main()
