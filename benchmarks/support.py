"""How well voz tells what a context carries from what it does not, on human-labelled sets.

    python benchmarks/support.py [--data ../shared/data] [--cache .voz/bench] [--limit 300]

Each `*.jsonl` whose rows have `context`, `response` and `hallucinated` is a set. Rows that share a context are
one document: a limit takes document after document, and the interval draws documents, not rows. The trivial
baseline, in the same
run over the same rows, is the share of the response's tokens that the context does not have.
`seen` is the share of rows whose document the committed trees were fitted on: where it is not 0 the figures flatter,
and `scripts/train_faithfulness.py` prints those of documents held out.
Embeddings are kept in the cache folder; the seconds are those of this run, so a second one is faster.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from voz.config import Settings
from voz.embedding import Embedder, Vectors, open_embedder
from voz.faithfulness import doubt, model

DRAWS = 1000
SHORT = 10
Row = dict[str, Any]


class DiskEmbedder:
    """An embedder that remembers on disk what it was asked."""

    def __init__(self, inner: Embedder, folder: Path | None) -> None:
        self._inner, self.name, self.version, self.dim = inner, inner.name, inner.version, inner.dim
        name = re.sub(r"[^\w.-]+", "-", f"{inner.name}-{inner.version}")
        self._path = folder / f"support-{name}.npz" if folder else None
        self._known: dict[str, Vectors] = {}
        self.made = 0
        if self._path and self._path.is_file():
            with np.load(self._path) as stored:
                self._known = dict(zip(stored["keys"].tolist(), stored["rows"], strict=True))

    def query(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha1(text.encode("utf-8", "replace")).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            made = self._inner.query(list(missing.values()))
            self._known.update(zip(missing, made.astype(np.float16), strict=True))
            self.made += len(missing)
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._inner.passages(texts)

    def save(self) -> None:
        if self._path and self.made:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(self._path, keys=np.array(list(self._known)), rows=np.stack(list(self._known.values())))


def sets(data: Path) -> Iterator[tuple[str, list[Row]]]:
    """Every labelled set of a folder."""
    for path in sorted(data.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            first = lines.readline()
        if first.strip() and {"context", "response", "hallucinated"} <= json.loads(first).keys():
            yield (
                path.stem,
                [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()],
            )


def document(row: Row) -> str:
    return hashlib.sha1(row["context"].encode("utf-8", "replace")).hexdigest()


def limited(rows: Sequence[Row], limit: int) -> list[Row]:
    """Document after document, in an order that only their text decides, up to the limit; 0: all."""
    if not limit or len(rows) <= limit:
        return list(rows)
    return sorted(rows, key=document)[:limit]


def auroc(labels: Sequence[int], scores: Sequence[float]) -> float:
    """The chance that a row that is not carried scores above one that is; ties count half."""
    y, s = np.asarray(labels), np.asarray(scores, dtype=float)
    if not 0 < y.sum() < len(y):
        return float("nan")
    _, place, count = np.unique(s, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    ones = int(y.sum())
    return float((ranks[y == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(y) - ones)))


def interval(rows: Sequence[Row], scores: Sequence[float]) -> tuple[float, float]:
    """95 % of the AUROC when documents are drawn again with replacement."""
    at: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        at.setdefault(document(row), []).append(i)
    documents, chance, drawn = list(at.values()), random.Random(7), []
    labels = [int(row["hallucinated"]) for row in rows]
    for _ in range(DRAWS):
        picked = [i for _ in documents for i in chance.choice(documents)]
        value = auroc([labels[i] for i in picked], [scores[i] for i in picked])
        if value == value:
            drawn.append(value)
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))


def balanced_accuracy(labels: Sequence[int], scores: Sequence[float], cut: float) -> float:
    y, told = np.asarray(labels), np.asarray(scores) >= cut
    return float((told[y == 1].mean() + (~told[y == 0]).mean()) / 2)


def novel_share(row: Row) -> float:
    """The trivial baseline: tokens of the response that the context does not have."""
    said = re.findall(r"\w+", row["response"].lower())
    known = set(re.findall(r"\w+", row["context"].lower()))
    return sum(token not in known for token in said) / max(1, len(said))


def measured(name: str, rows: Sequence[Row], embedder: Embedder) -> str:
    start = time.perf_counter()
    scores = [doubt(row["response"], row["context"], embedder, row.get("lang")) for row in rows]
    seconds = time.perf_counter() - start
    labels = [int(row["hallucinated"]) for row in rows]
    low, high = interval(rows, scores)
    seen = np.mean([document(row)[:SHORT] in model().seen for row in rows])
    return (
        f"| {name} | {len(rows)} | {len({document(r) for r in rows})} | {seen:.2f} | {np.mean(labels):.2f} "
        f"| {auroc(labels, scores):.3f} ({low:.3f}–{high:.3f}) "
        f"| {balanced_accuracy(labels, scores, model().cut):.3f} "
        f"| {auroc(labels, [novel_share(row) for row in rows]):.3f} | {seconds:.0f} |"
    )


def main() -> None:
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps the embeddings")
    parser.add_argument("--limit", type=int, default=300, help="rows of each set; 0: all")
    args = parser.parse_args()
    found = list(sets(args.data))
    if not found:
        sys.exit(f"{args.data} holds no *.jsonl with context, response and hallucinated.")
    embedder = DiskEmbedder(open_embedder(Settings()), args.cache)
    print(
        "| set | n | documents | seen | base rate | AUROC (95 %) | balanced accuracy | novel tokens' AUROC | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, rows in found:
        print(measured(name, limited(rows, args.limit), embedder), flush=True)
        embedder.save()


if __name__ == "__main__":
    main()
