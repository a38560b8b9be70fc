"""The cards of all graders that the labelled sets can calibrate, written to `evals/cards`.

    python scripts/make_cards.py --data ../shared/data --cache .voz/bench [--sklearn FOLDER] [--only politeness]

Graders whose weights were fitted on these very sets (`faithfulness`, `politeness`) are scored by the same model fitted
on other documents: folds, as their training scripts draw them. scikit-learn is needed for `faithfulness` only. The
figures of the committed models on halves that they never saw come of `voz eval calibrate GRADER --data FILE`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import numpy as np

from voz.evaluate.calibrate import calibrate, calibrate_file, uncalibrated
from voz.evaluate.calibrated import GRADERS, STRANGERS, UNMATCHED
from voz.evaluate.cards import Card, cards_table, load_cards, save_card
from voz.evaluate.labelled import Labelled, read_labelled
from voz.evaluate.politeness import meaning
from voz.evaluate.suite_support import grading, mean_of

ROOT = Path(__file__).resolve().parents[1]
INTRODUCTION = """Each grader held against labels that people gave. «Lead» is its AUROC less that of the best trivial
rule on the same items; only a grader whose lead is above zero throughout its interval, on items that it was not fitted
on, may gate. Single experts agree on empathy only moderately themselves: their κ stands beside ours.

"""


SUPPORT_SETS = ("attributionbench", "ragtruth_fj", "summedits_sales")


def support(args: argparse.Namespace) -> Iterator[Card]:
    """The suites' own grader, which none of these sets was used to fit; with `--cache` it goes on where it was cut."""
    grades_of = grading()
    for name in SUPPORT_SETS:
        labelled = read_labelled(args.data / f"{name}.jsonl")
        kept = args.cache / f"suite-support-{name}.jsonl" if args.cache else None
        known = dict(map(json.loads, kept.read_text("utf-8").splitlines())) if kept and kept.exists() else {}
        for item in sorted(labelled.items, key=lambda item: item.group):
            if item.id not in known:
                grades = grades_of(item)
                known[item.id] = [mean_of(grades, "support"), mean_of(grades, "grounds")]
                if kept:
                    with kept.open("a", encoding="utf-8") as sink:
                        sink.write(json.dumps([item.id, known[item.id]]) + "\n")
        yield support_card(labelled, known)


def support_card(labelled: Labelled, known: Mapping[str, Sequence[float | None]]) -> Card:
    """Also says what `grounds`, which speaks up only where it accuses, is worth on the same items."""
    accused = [item for item in labelled.items if (worst := known[item.id][1]) is not None and worst < 1]
    wrong, bad = sum(bool(item.good) for item in accused), sum(not item.good for item in labelled.items)
    note = (
        f"`grounds`, the other grader of what is stated, accuses {len(accused)} of these {len(labelled.items)} texts, "
        f"{wrong} of them wrongly; {bad} are unsupported."
    )
    own = GRADERS["support"]
    return calibrate(
        "support", labelled, score=lambda item: known[item.id][0], rules=own.rules, judge=own.judge,
        notes=(*own.notes, note),
    )  # fmt: skip


def faithfulness(args: argparse.Namespace) -> Iterator[Card]:
    """By trees fitted on other documents, two draws of eight folds."""
    if args.sklearn:
        sys.path.append(str(args.sklearn))
    import train_faithfulness as training
    from support import DiskEmbedder

    from voz.config import Settings
    from voz.embedding import open_embedder

    rows, data, _, _ = training.gathered(args, DiskEmbedder(open_embedder(Settings()), args.cache))
    doubt = dict(zip((row["id"] for row in rows), training.unseen(data), strict=True))
    note = (
        f"By trees fitted on other documents of the same three sets ({training.SEEDS} × {training.FOLDS} folds). The "
        "committed trees were fitted on all of these rows: their own figures here would flatter. Trained without a set "
        "of its kind, the score is no better than the trivial rule (docs/decisions/support-check.md)."
    )
    for name in sorted(set(data.of)):
        labelled = read_labelled(args.data / f"{name}.jsonl")
        yield calibrate(
            "faithfulness", labelled, score=lambda item: 1 - float(doubt[item.id]),
            rules=GRADERS["faithfulness"].rules, notes=(note, *GRADERS["faithfulness"].notes),
        )  # fmt: skip


def politeness(args: argparse.Namespace) -> Iterator[Card]:
    """By weights fitted on other sentences, Spanish and English apart."""
    import train_politeness_meaning as training

    path = args.data / "politeness_tydip.jsonl"
    items = read_labelled(path).items
    ratings = training.unseen(*training.inputs(items))
    scores = 1 / (1 + np.exp(-meaning().slope * (ratings - training.LEVEL)))
    told = dict(zip((item.id for item in items), scores, strict=True))
    for language in ("es", "en"):
        note = (
            f"By weights fitted on other sentences ({training.SEEDS} × {training.FOLDS} folds, Spanish and English "
            "rows); the committed ones were fitted on all of these. The word lists were written with these rows in "
            "view, which folds cannot undo. Of the Spanish rows words alone reach 0.86, which will be less elsewhere, "
            "and the embedder alone 0.87, which is honest. The sentences are requests between editors of Wikipedia, "
            "not replies of a company."
        )
        yield calibrate(
            "politeness", read_labelled(path, language=language), score=lambda item: float(told[item.id]),
            rules=GRADERS["politeness"].rules, notes=(note,),
        )  # fmt: skip


def empathy(args: argparse.Namespace) -> Iterator[Card]:
    for name, grader in GRADERS.items():
        if grader.dimension:
            yield calibrate_file(name, args.data / "empathy_judges.jsonl")
    whole = read_labelled(args.data / "empathy_judges.jsonl", dimension="empathy")
    yield calibrate("validates", whole, notes=("Empathy as a whole was rated, which is wider.", STRANGERS))
    for name in UNMATCHED:
        yield uncalibrated(name)


MAKERS = {"support": support, "faithfulness": faithfulness, "politeness": politeness, "empathy": empathy}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps the embeddings")
    parser.add_argument("--out", type=Path, default=ROOT / "evals" / "cards")
    parser.add_argument("--sklearn", type=Path, default=None, help="folder that scikit-learn was installed into")
    parser.add_argument("--only", choices=list(MAKERS), action="append")
    args = parser.parse_args()
    cards = []
    for name in args.only or MAKERS:
        for card in MAKERS[name](args):
            save_card(card, args.out)
            cards.append(card)
    print(cards_table(cards))
    page = "<!-- Made by scripts/make_cards.py: run it again, do not edit. -->\n\n# How far to trust each grader\n\n"
    (ROOT / "docs" / "cards.md").write_text(page + INTRODUCTION + cards_table(load_cards(args.out)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
