"""The graders that labelled data can calibrate, and the trivial rules that each has to beat."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from voz.evaluate.labelled import LabelledItem

Score = Callable[[LabelledItem], float | None]
"""High is good, None: the grader cannot say."""
Rules = Mapping[str, Callable[[LabelledItem], float]]
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True)
class Grader:
    """A grader that can be calibrated: how it is opened, what it must beat, which ratings are its labels."""

    open: Callable[[], Score]
    rules: Rules
    judge: str = "rules"
    dimension: str | None = None
    low_is_good: bool = False
    seen: Callable[[LabelledItem], bool] | None = None
    notes: tuple[str, ...] = ()


def known_share(item: LabelledItem) -> float:
    """How many of the text's tokens the context has."""
    said, known = _TOKEN.findall(item.text.lower()), set(_TOKEN.findall(item.context.lower()))
    return sum(token in known for token in said) / max(1, len(said))


LENGTH: Rules = {"length of the text": lambda item: float(len(item.text))}
MARKS: Rules = {
    **LENGTH,
    "exclamation marks": lambda item: float(item.text.count("!")),
    "question marks": lambda item: float(item.text.count("?")),
}
KNOWN: Rules = {"share of words that the context has": known_share}


def _support() -> Score:
    from voz.config import Settings
    from voz.embedding import open_embedder
    from voz.faithfulness import doubt

    embedder = open_embedder(Settings())
    return lambda item: 1 - doubt(item.text, item.context, embedder, item.language) if item.context else None


def _support_seen(item: LabelledItem) -> bool:
    from voz.faithfulness import model

    return any(item.group.startswith(short) for short in model().seen)


def _politeness() -> Score:
    from voz.evaluate.tone import politeness

    return lambda item: politeness(item.text, item.language or "es")


GRADERS: Mapping[str, Grader] = {
    "support": Grader(
        open=_support,
        rules=KNOWN,
        judge="faithfulness",
        seen=_support_seen,
        notes=(
            "Of `voz.faithfulness.doubt`, which holds any text against any context; the grader of suites reads what "
            "`voz check` finds against the company's clauses.",
        ),
    ),
    "politeness": Grader(open=_politeness, rules=MARKS),
}
UNMATCHED: Mapping[str, str] = {}
"""Graders that no labelled data at hand fit, and why."""
