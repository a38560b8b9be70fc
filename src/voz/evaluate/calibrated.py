"""The graders that labelled data can calibrate, and the trivial rules that each has to beat."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from voz.evaluate.labelled import LabelledItem
from voz.evaluate.suite import Behaviour
from voz.sentences import split_sentences

if TYPE_CHECKING:
    from voz.evaluate.empathy import Told

Score = Callable[[LabelledItem], float | None]
"""High is good, None: the grader cannot say."""
Rules = Mapping[str, Callable[[LabelledItem], float]]
BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)
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
    about: str = ""
    """What a reader of the card has to know of the ratings of `dimension`."""


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


def _suite_support() -> Score:
    from voz.evaluate.suite_support import opened

    return opened()


def _faithfulness() -> Score:
    from voz.config import Settings
    from voz.embedding import open_embedder
    from voz.faithfulness import doubt

    embedder = open_embedder(Settings())
    return lambda item: 1 - doubt(item.text, item.context, embedder, item.language) if item.context else None


def _faithfulness_seen(item: LabelledItem) -> bool:
    from voz.faithfulness import model

    return any(item.group.startswith(short) for short in model().seen)


def _politeness() -> Score:
    from voz.evaluate.tone import politeness

    return lambda item: politeness(item.text, item.language or "es")


def _politeness_seen(item: LabelledItem) -> bool:
    from voz.evaluate.politeness import meaning, short_hash

    return short_hash(item.text) in meaning().seen


def _observed(behaviour: Behaviour) -> Callable[[], Score]:
    """A conversation scores the mean of its answers: people rate how much of it there was in all."""

    def open_() -> Score:
        from voz.evaluate.empathy import observe

        def score(item: LabelledItem) -> float | None:
            turns = item.turns or ((item.message, item.text),)
            found = [observe(behaviour, _told(item, message, reply)).score for message, reply in turns]
            known = [one for one in found if one is not None]
            return sum(known) / len(known) if known else None

        return score

    return open_


def _told(item: LabelledItem, message: str, reply: str) -> Told:
    from voz.evaluate.empathy import Told
    from voz.evaluate.reading import LANGUAGES

    language = item.language if item.language in LANGUAGES else "es"
    return Told(message=message, reply=reply, language=language, spans=tuple(split_sentences(reply)))


def _behaviour(name: Behaviour, dimension: str | None = None, low_is_good: bool = False) -> Grader:
    about = f"{MATCHED[name]} {STRANGERS}" if dimension else ""
    return Grader(_observed(name), LENGTH, dimension=dimension, low_is_good=low_is_good, about=about)


DOUBT = (
    "Of `voz.faithfulness.doubt`, which holds any text against any context; no suite is graded by it: `support` reads "
    "what `voz check` finds against the company's clauses."
)
OWN_SUPPORT = (
    "The suites' own grader, which reads what `voz check` finds, on ground that is not its own: each context is taken "
    "for a company's one document, public and in force. Rules, weights and thresholds were fitted on replies of "
    "companies to customers, most of them in Spanish, a sentence or two each; none of these items was among them. On "
    "that ground, companies held out, they reach 0.84 for sentences with figures and 0.73 for those without "
    "(docs/decisions/entailment.md)."
)
STRANGERS = "Conversations of strangers or crowd workers about troubles of life, not with a company."
MATCHED: Mapping[Behaviour, str] = {
    "names_situation": "The experts rated «demonstrating understanding», which is wider.",
    "validates": "The experts rated «validating emotions».",
    "no_dismissal": "The experts rated «dismissing emotions»; a low rating is the good one.",
}
UNMATCHED: Mapping[str, str] = {
    "owns": "A friend has nothing to answer for: no rated dimension of the data at hand is about it.",
    "next_step": "Only «advice giving» was rated: advice to a friend is not what a company does next.",
    "no_blame": "No rated dimension of the data at hand is about it.",
    "no_over_apology": "No rated dimension of the data at hand is about it.",
    "fits_intensity": "No rated dimension of the data at hand is about it.",
}
"""Behaviours that no labelled data at hand fit, and why."""

GRADERS: Mapping[str, Grader] = {
    "support": Grader(_suite_support, KNOWN, notes=(OWN_SUPPORT,)),
    "faithfulness": Grader(_faithfulness, KNOWN, seen=_faithfulness_seen, notes=(DOUBT,)),
    "politeness": Grader(_politeness, MARKS, seen=_politeness_seen),
    "names_situation": _behaviour("names_situation", "demonstrating_understanding"),
    "validates": _behaviour("validates", "validating_emotions"),
    "no_dismissal": _behaviour("no_dismissal", "dismissing_emotions", low_is_good=True),
    **{name: _behaviour(name) for name in BEHAVIOURS if name in UNMATCHED},
}
