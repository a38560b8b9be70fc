"""Fit the weights of `checks/support.py` on labelled replies: `train_support.py SIGNS`.

SIGNS is what `benchmarks/claims.py --signs FILE` wrote.

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
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from train_faithfulness import exported

from voz.case import Case
from voz.checks.support import RULES

OUT = Path(__file__).resolve().parent.parent / "src" / "voz" / "data" / "claims" / "support.json"
FIGURE_SIGNS = (
    "words_nearest", "nearest", "novel", "length", "told", "barred_gap", "barred_words",
    "judge_carries", "judge_denies", "judge_lean", "judge_bears",
)  # fmt: skip
FIGURE_LIES = {"wrong_amount", "stretched_deadline", "other_product", "expired", "wrong_region", "internal_told"}
TREES, LEAF = 150, 8
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


def grown(x: np.ndarray, y: np.ndarray) -> ExtraTreesClassifier:
    return ExtraTreesClassifier(TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=0).fit(x, y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("signs", type=Path)
    parser.add_argument("--strength", type=float, default=0.1)
    parser.add_argument("--figures", type=float, default=0.015, help="share of honest replies this part may block")
    parser.add_argument("--words", type=float, default=0.008, help="share of honest replies this part may block")
    options = parser.parse_args()
    kept = pickle.loads(options.signs.read_bytes())
    rows = rows_of(kept)
    honest = sum(claim["label"] == "honest" for _, claim, _ in kept)
    models, doubts = {}, dict[tuple[str, str], float]()
    for part, share in (("figures", options.figures), ("words", options.words)):
        chosen = [row for row in rows if (row[5].get("figures", 0) > 0) == (part == "figures")]
        print(f"{part}:")
        models[part], unseen = fitted(chosen, part, options.strength, honest, share)
        for row, doubt in zip(chosen, unseen, strict=True):
            if not row[5].get("carried"):  # by how much it is over the threshold, for the worst sentence of a reply
                doubts[row[:2]] = max(doubts.get(row[:2], -1.0), float(doubt) - models[part]["block"])
    print_unseen(kept, doubts)
    OUT.write_text(json.dumps(models) + "\n")


def print_unseen(kept: list[tuple[str, dict[str, Any], Case]], doubts: dict[tuple[str, str], float]) -> None:
    """What is blocked, per kind, where the models judge a company that they were not fitted on; the rules stay."""
    total, blocked = Counter[str](), Counter[str]()
    for company, claim, case in kept:
        kind = claim["type"] if claim["label"] == "lie" else "**honest, wrongly**"
        ruled = any(found.severity == "block" and found.check != "support" for found in case.findings)
        caught = ruled or doubts.get((company, claim["id"]), -1.0) >= 0
        for name in (kind, *(["**all lies**"] if claim["label"] == "lie" else [])):
            total[name] += 1
            blocked[name] += caught
    print("\n| on companies not fitted on | blocked |\n|---|---|")
    for name in sorted(total, key=lambda name: (name.startswith("*"), -blocked[name] / total[name])):
        print(f"| {name} | {blocked[name]}/{total[name]} ({blocked[name] / total[name]:.0%}) |")


def fitted(rows: list[Row], part: str, strength: float, honest: int, share: float) -> tuple[dict[str, Any], np.ndarray]:
    """The models of one part, with thresholds from predictions on companies that they were not fitted on, and those."""
    keep = FIGURE_SIGNS if part == "figures" else None
    names = sorted(
        {
            n
            for row in rows
            for n in row[5]
            if n != "carried" and (n.startswith("figure") == (part == "figures") or (keep and n in keep))
        }
    )
    x = np.array([[row[5].get(name, 0.0) for name in names] for row in rows])
    y = np.array([row[4] for row in rows])
    fair = np.array([part == "words" or not row[4] or row[3] in FIGURE_LIES for row in rows])
    company = np.array([row[0] for row in rows])
    unseen = np.zeros(len(y))
    for held in sorted(set(company)):
        learn = (company != held) & fair
        scaler, model = fit(x[learn], y[learn], strength)
        other = x[company == held]
        trees = grown(x[learn], y[learn]).predict_proba(other)[:, 1]
        unseen[company == held] = (model.predict_proba(scaler.transform(other))[:, 1] + trees) / 2
    print(
        f"  sentences {len(y)}, lying {y.sum()}, AUROC on unseen companies {roc_auc_score(y[fair], unseen[fair]):.3f}"
    )
    block, warn = thresholds(rows, unseen, honest, share)
    scaler, model = fit(x[fair], y[fair], strength)
    for weight, name in sorted(zip(model.coef_[0], names, strict=True), key=lambda pair: -abs(pair[0]))[:10]:
        print(f"  {weight:+.2f} {name}")
    return {
        "intercept": float(model.intercept_[0]),
        "centre": dict(zip(names, scaler.mean_.round(5).tolist(), strict=True)),
        "scale": dict(zip(names, scaler.scale_.round(5).tolist(), strict=True)),
        "weight": dict(zip(names, model.coef_[0].round(4).tolist(), strict=True)),
        "trees": {"names": names, **exported(grown(x[fair], y[fair]))},
        "block": block,
        "warn": warn,
    }, unseen


def thresholds(rows: list[Row], doubt: np.ndarray, honest: int, share: float) -> tuple[float, float]:
    """Where at most `share` of the honest replies that no rule blocks would be blocked, and 6 % warned about."""
    worst: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for row, value in zip(rows, doubt, strict=True):
        if not any(row[5].get(rule, 0) >= 1 for rule in RULES) and not row[5].get("carried"):
            worst[row[:4]] = max(worst[row[:4]], float(value))
    ranked = sorted((value for key, value in worst.items() if key[2] == "honest"), reverse=True)
    block, warn = ranked[int(share * honest)] + 1e-4, ranked[int(0.06 * honest)]
    caught = Counter(key[3] for key, value in worst.items() if key[2] == "lie" and value >= block)
    print(f"block at {block:.3f}: lies beyond the rules' {sum(caught.values())} {dict(caught)}; warn at {warn:.3f}")
    return round(block, 4), round(warn, 4)


if __name__ == "__main__":
    main()
