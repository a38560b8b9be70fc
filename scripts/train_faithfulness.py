"""Fits the trees of `voz.faithfulness` and says what they reach on documents they have not seen.

    python scripts/train_faithfulness.py --data ../shared/data --cache .voz/bench [--sklearn FOLDER] [--write]

Folds are drawn by document (all rows of one context together), so nothing is judged by trees that saw its source.
scikit-learn is needed here only, never by voz: `pip install --target FOLDER scikit-learn`, then `--sklearn FOLDER`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from support import SHORT, DiskEmbedder, Row, auroc, balanced_accuracy, document, interval, novel_share, sets

from voz.config import Settings
from voz.embedding import open_embedder
from voz.faithfulness import summary
from voz.sentences import split_sentences

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = ROOT / "src" / "voz" / "data" / "claims"
FOLDS = 8
SEEDS = 2
Matrix = Any


@dataclass(frozen=True)
class Data:
    """All rows of all sets, and all their sentences: signs, labels, the row of each sentence, set of each row."""

    x: Matrix
    y: Matrix
    groups: list[str]
    of: Matrix
    each: Matrix
    each_y: Matrix
    row: Matrix

    def only(self, keep: Matrix) -> Data:
        number = np.cumsum(keep) - 1
        some = keep[self.row]
        groups = [g for g, k in zip(self.groups, keep, strict=True) if k]
        return Data(
            self.x[keep], self.y[keep], groups, self.of[keep],
            self.each[some], self.each_y[some], number[self.row[some]],
        )  # fmt: skip


def sentence_labels(row: Row, count: int) -> list[int]:
    """By the marked spans where the set has them; else every sentence has the row's label."""
    if "spans" not in row:
        return [int(row["hallucinated"])] * count
    text = row["response"]
    places = list(split_sentences(text)) or [(0, len(text))]
    return [int(any(s["start"] < end and start < s["end"] for s in row["spans"])) for start, end in places][:count]


def forest() -> Any:
    """Extremely randomised trees: of the models tried, the best on every set, and plain averages of leaves."""
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(120, min_samples_leaf=8, max_features=0.3, random_state=0)


def sentence_forest() -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(60, min_samples_leaf=20, max_features=0.4, random_state=0)


def fitted(data: Data) -> tuple[Any, Any]:
    text = forest().fit(data.x, data.y, sample_weight=weights(data.y, data.of))
    of = data.of[data.row]
    return text, sentence_forest().fit(data.each, data.each_y, sample_weight=weights(data.each_y, of))


def judged(models: tuple[Any, Any], data: Data) -> Matrix:
    """As `voz.faithfulness.doubt` does: the mean of the text's doubt and of its worst sentence's."""
    worst = np.zeros(len(data.y))
    np.maximum.at(worst, data.row, models[1].predict_proba(data.each)[:, 1])
    return (models[0].predict_proba(data.x)[:, 1] + worst) / 2


def folds_of(groups: Sequence[str], seed: int) -> Matrix:
    names = sorted(set(groups))
    np.random.default_rng(seed).shuffle(names)
    fold = {name: i % FOLDS for i, name in enumerate(names)}
    return np.array([fold[group] for group in groups])


def weights(y: Matrix, of: Matrix) -> Matrix:
    """Each set, and each label within it, weighs the same."""
    w = np.zeros(len(y))
    for name in np.unique(of):
        for label in (0, 1):
            rows = (of == name) & (y == label)
            w[rows] = 1 / max(1, rows.sum())
    return w * len(y) / w.sum()


def unseen(data: Data) -> Matrix:
    """The score of every row by trees that saw none of its document."""
    total = np.zeros(len(data.y))
    for seed in range(SEEDS):
        fold = folds_of(data.groups, seed)
        for i in range(FOLDS):
            total[fold == i] += judged(fitted(data.only(fold != i)), data.only(fold == i))
    return total / SEEDS


def exported(model: Any) -> dict[str, list[list[float]]]:
    """The trees as `voz.forest.Trees` reads them."""
    made: dict[str, list[list[float]]] = {"feature": [], "number": [], "right": []}
    for one in model.estimators_:
        tree = one.tree_
        inner = tree.feature >= 0
        assert all(tree.children_left[inner] == np.flatnonzero(inner) + 1)
        share = tree.value[:, 0, 1] / tree.value[:, 0, :].sum(axis=1)
        made["feature"].append([int(f) if f >= 0 else -1 for f in tree.feature])
        made["number"].append([float(f"{n:.6g}") for n in np.where(inner, tree.threshold, share)])
        made["right"].append([max(0, int(i)) for i in tree.children_right])
    return made


def best_cut(y: Matrix, scores: Matrix, of: Matrix) -> float:
    """The threshold with the best mean balanced accuracy over the sets."""
    tried = np.quantile(scores, np.linspace(0.05, 0.95, 91))
    return float(
        max(tried, key=lambda c: np.mean([balanced_accuracy(y[of == n], scores[of == n], c) for n in np.unique(of)]))
    )


def report(data: Data, rows: Sequence[Row]) -> float:
    joint = unseen(data)
    cut = best_cut(data.y, joint, data.of)
    print(
        f"cut {cut:.3f}\n| set | novel tokens | one model | balanced accuracy | its own model | trained on the others |"
    )
    print("|---|---|---|---|---|---|")
    for name in np.unique(data.of):
        mine = data.of == name
        some = data.only(mine)
        own, others = unseen(some), judged(fitted(data.only(~mine)), some)
        trivial = [novel_share(row) for row, m in zip(rows, mine, strict=True) if m]
        figures = [auroc(some.y, trivial), auroc(some.y, joint[mine]), balanced_accuracy(some.y, joint[mine], cut)]
        figures += [auroc(some.y, own), auroc(some.y, others)]
        low, high = interval([row for row, m in zip(rows, mine, strict=True) if m], joint[mine])
        print(
            f"| {name}, one model {low:.3f}–{high:.3f} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |",
            flush=True,
        )
    return cut


def gathered(args: argparse.Namespace, embedder: DiskEmbedder) -> tuple[list[Row], Data, list[str], list[str]]:
    rows: list[Row] = []
    of: list[str] = []
    for name, some in sets(args.data):
        rows, of = rows + some, of + [name] * len(some)
    found = [summary(row["response"], row["context"], embedder, row.get("lang")) for row in rows]
    embedder.save()
    names, each_names = sorted(found[0][0]), sorted(found[0][1][0])
    data = Data(
        x=np.array([[whole[name] for name in names] for whole, _ in found]),
        y=np.array([int(row["hallucinated"]) for row in rows]),
        groups=[document(row) for row in rows],
        of=np.array(of),
        each=np.array([[one[name] for name in each_names] for _, each in found for one in each]),
        each_y=np.array(
            [label for row, (_, each) in zip(rows, found, strict=True) for label in sentence_labels(row, len(each))]
        ),
        row=np.array([i for i, (_, each) in enumerate(found) for _ in each]),
    )
    return rows, data, names, each_names


def train(args: argparse.Namespace) -> None:
    rows, data, names, each_names = gathered(args, DiskEmbedder(open_embedder(Settings()), args.cache))
    print(f"{len(data.y)} texts, {len(data.each_y)} sentences", flush=True)
    cut = report(data, rows)
    if args.write:
        text, sentence = fitted(data)
        blob = {
            "cut": round(cut, 4),
            "seen": sorted({group[:SHORT] for group in data.groups}),
            "text": {"names": names, **exported(text)},
            "sentence": {"names": each_names, **exported(sentence)},
        }
        (CLAIMS / "faithfulness.json").write_text(json.dumps(blob, separators=(",", ":")) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps the embeddings")
    parser.add_argument(
        "--keep-signs", action="store_true", help="keep the signs in the cache too, while trying models"
    )
    parser.add_argument("--sklearn", type=Path, default=None, help="folder that scikit-learn was installed into")
    parser.add_argument("--write", action="store_true", help="write data/claims/faithfulness.json")
    args = parser.parse_args()
    if args.sklearn:
        sys.path.append(str(args.sklearn))
    train(args)


if __name__ == "__main__":
    main()
