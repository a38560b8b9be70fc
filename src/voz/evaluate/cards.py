"""A grader's card: how well it agrees with people, beside what a trivial rule reaches on the same data.

Cards are JSON files in a folder (`evals/cards`), one for each grader and set of labelled data. A grader may gate only
where its cards allow it:

- a card allows it where the grader's AUROC leads the best trivial rule's by more than chance: the 95 % interval of the
  difference, on the same items drawn together, lies above 0. The rule is read in the direction that suits it best.
  A point above the baseline would not do: on 26 conversations, luck alone puts one there every other time.
- a card on data that the grader was fitted on allows nothing.
- `may_gate` asks for one card at least that allows it, and none that finds the grader no better than the trivial rule.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from voz.errors import SuiteError
from voz.evaluate.outcome import Interval
from voz.evaluate.suite import Strict
from voz.typed_yaml import in_words, located

FOLDER = Path("evals") / "cards"


class Agreement(Strict):
    """How far single people agree with one another on the same items: what no grader can be asked to beat by much."""

    raters: int
    alpha: float | None = Field(description="Krippendorff's α of their ratings, ordinal")
    kappa: float | None = Field(description="mean Cohen's κ of any two of them, good or bad at the same cut")
    low: float | None = Field(default=None, description="the least κ of any two")
    high: float | None = Field(default=None, description="the greatest")


class Card(Strict):
    """One grader on one set of labelled data. A grader that no data fits has n = 0 and a note that says why."""

    grader: str
    judge: str = Field(default="rules", description="what judged, as in a grade: «rules», or another judge's name")
    data: str = Field(description="name of the data; empty: there is none")
    good: str = Field(default="", description="what the items are that the grader should score high")
    n: int = Field(default=0, ge=0, description="items that people labelled and the grader scored")
    positives: int = Field(default=0, ge=0, description="the good ones among them")
    groups: int = Field(default=0, ge=0, description="documents or conversations that they come from")
    unscored: int = Field(default=0, ge=0, description="labelled items that the grader gave no score; counted nowhere")
    auroc: Interval | None = None
    threshold: float | None = Field(default=None, description="score from which an item is good, set on all items")
    balanced_accuracy: Interval | None = Field(
        default=None, description="each item judged by a threshold that was set on the others' documents"
    )
    kappa: Interval | None = Field(default=None, description="Cohen's κ of those verdicts with people's")
    baseline: str = Field(default="", description="the trivial rule that does best here")
    baseline_auroc: float | None = None
    lead: Interval | None = Field(default=None, description="the grader's AUROC less the trivial rule's, paired")
    people: Agreement | None = None
    seen: float = Field(default=0.0, ge=0, le=1, description="share of the items that the grader was fitted on")
    may_gate: bool = False
    date: dt.date
    voz: str
    notes: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        return re.sub(r"[^\w.-]+", "_", "--".join(self._names)) + ".json"

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.grader, *([self.judge] if self.judge != "rules" else []), self.data or "none")


def save_card(card: Card, folder: Path = FOLDER) -> Path:
    """Writes the card, in place of an older one of the same grader and data."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / card.file_name
    path.write_text(card.model_dump_json(indent=1, exclude_defaults=True) + "\n", encoding="utf-8")
    return path


def load_cards(folder: Path = FOLDER) -> tuple[Card, ...]:
    """All cards of a folder, none if there is no such folder. Raises SuiteError for one that cannot be read."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(Card.model_validate_json(path.read_bytes()))
        except OSError as error:
            raise SuiteError(f"{path} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "card"
            reason = f"{in_words(first, Card)}; calibrate the grader again"
            raise located(SuiteError, path, 1, field, reason) from error
    return tuple(found)


def may_gate(cards: Sequence[Card], grader: str, judge: str = "rules") -> bool:
    """Whether the grader's cards let it gate; see the module. A grader without cards may not."""
    own = [card for card in cards if (card.grader, card.judge) == (grader, judge)]
    return any(card.may_gate for card in own) and not any(below_baseline(card) for card in own)


def below_baseline(card: Card) -> bool:
    """Whether the grader does no better on this data than the trivial rule."""
    return card.lead is not None and card.lead.value <= 0


def shut_out(cards: Sequence[Card]) -> frozenset[str]:
    """The graders whose 0 makes nothing dishonest, since people's labels found them no better than a trivial rule."""
    return frozenset(card.grader for card in cards if card.auroc is not None and not card.may_gate)


def by_grader(cards: Sequence[Card], judge: str = "rules") -> dict[str, Card]:
    """For each grader the card to show beside its figures: the least favourable one, the others told in its notes."""
    own: dict[str, list[Card]] = {}
    for card in cards:
        if card.judge == judge:
            own.setdefault(card.grader, []).append(card)
    return {grader: _least(found, may_gate(found, grader, judge)) for grader, found in own.items()}


def _least(cards: Sequence[Card], gates: bool) -> Card:
    worst = min(cards, key=lambda card: card.lead.value if card.lead else 1.0)
    others = tuple(f"Also measured: {format_card(card)}" for card in cards if card is not worst)
    return worst.model_copy(update={"may_gate": gates, "notes": worst.notes + others})


def verdict(card: Card) -> str:
    """What the card means for whoever reads the grader's figures."""
    if not card.n:
        return "uncalibrated"
    if card.auroc is None:
        return "one class only: says nothing"
    if card.may_gate:
        return "above its trivial baseline: may gate"
    if below_baseline(card):
        return "BELOW its trivial baseline: may not gate"
    if card.seen:
        return f"fitted on {card.seen:.0%} of this data: flattered, may not gate by it"
    return "not above its trivial baseline beyond chance: may not gate"


def format_card(card: Card) -> str:
    """The card in one line."""
    if not card.n:
        return f"{_name(card)}: uncalibrated" + (f" ({card.notes[0].rstrip('.')})" if card.notes else "")
    base = f"{card.baseline_auroc:.2f}" if card.baseline_auroc is not None else "–"
    known = card.people is not None and card.people.kappa is not None
    people = f", two people κ {card.people.kappa:.2f}" if card.people and known else ""
    return (
        f"{_name(card)} (n {card.n}, {card.positives} {card.good}): AUROC {_figure(card.auroc)} against "
        f"{base} by {card.baseline or 'chance'}, balanced accuracy {_figure(card.balanced_accuracy)}, "
        f"κ {_figure(card.kappa)}{people}; {verdict(card)}"
    )


def cards_table(cards: Sequence[Card]) -> str:
    """The cards as a Markdown table with their notes below it."""
    lines = [
        "| grader | data | n (good) | AUROC (95 %) | trivial rule | its AUROC | lead (95 %) "
        "| balanced accuracy | κ (95 %) | κ of two people | may gate |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    ordered = sorted(cards, key=lambda card: (not card.n, card.grader, card.judge, card.data))
    lines += [_row(card) for card in ordered]
    notes = [f"- *{_name(card)}*: {' '.join(card.notes)}" for card in ordered if card.notes]
    return "\n".join([*lines, "", *notes]).rstrip() + "\n"


def _row(card: Card) -> str:
    if not card.n:
        return f"| {_grader(card)} | none: uncalibrated |" + " – |" * 8 + " no |"
    people = f"{card.people.kappa:.2f}" if card.people and card.people.kappa is not None else "–"
    base = f"{card.baseline_auroc:.3f}" if card.baseline_auroc is not None else "–"
    cells = (
        _grader(card), card.data, f"{card.n} ({card.positives})", _figure(card.auroc, 3), card.baseline, base,
        _figure(card.lead, 3), f"{card.balanced_accuracy.value:.3f}" if card.balanced_accuracy else "–",
        _figure(card.kappa), people, "yes" if card.may_gate else "no",
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _name(card: Card) -> str:
    return _grader(card) + (f" on {card.data}" if card.data else "")


def _grader(card: Card) -> str:
    return card.grader if card.judge == "rules" else f"{card.grader} by {card.judge}"


def _figure(interval: Interval | None, digits: int = 2) -> str:
    if interval is None:
        return "–"
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f}–{interval.high:.{digits}f})"
