"""What a sentence says that the company does or will do for this customer: «te llamamos», "we'll refund you".

The lexicon of each language is `data/desk/commitments.<language>.yaml`. What the customer must do, conditions,
questions, habits («siempre avisamos»), past events and courtesies are no acts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from voz.packaged import packaged
from voz.quantities import fold_in_place

ActKind = Literal["refund", "callback", "send", "answer", "repair", "replace", "investigate", "other"]
LANGUAGES = ("es", "en", "pt")
MAX_SENTENCE = 2000
"""Characters read of one sentence; whatever is longer is no sentence that a person wrote."""
SINGLE = (
    "returned", "money", "anchor", "before", "weekday_near", "weekday_not", "weekday_after", "duration_lead",
    "duration_event", "duration_not", "join", "theirs",
)  # fmt: skip
_MACRO = re.compile(r"<([A-Z]+)>")
_QUOTED = re.compile(r"«[^«»]{1,400}»|“[^“”]{1,400}”|\"[^\"\n]{1,400}\"|¿[^?]{0,400}\?")
_BREAK = re.compile(r"[;:!?—–(]|\.(?=\s|$)")
_SUBORDINATE = re.compile(r"[;:!?—–(]|\.(?=\s|$)|, (?:pero|but|mas|y|and|e) ")


@dataclass(frozen=True, slots=True)
class Act:
    """One act, with its span in the sentence."""

    kind: ActKind
    start: int
    end: int


@dataclass(frozen=True)
class Speech:
    """One language's way of saying acts and times, ready to match."""

    language: str
    acts: tuple[tuple[ActKind, re.Pattern[str], bool], ...]
    turns: Mapping[str, re.Pattern[str]]
    excluded: Mapping[str, re.Pattern[str]]
    times: Mapping[str, re.Pattern[str]]
    words: Mapping[str, re.Pattern[str]]
    roots: Mapping[ActKind, str]
    """Per kind, a pattern of its verbs' stems: any form, also the noun's («reembolso»)."""


def spoken(language: str) -> str:
    """The lexicon that reads a language best."""
    return language if language in LANGUAGES else {"gl": "pt"}.get(language, "es")


@cache
def speech(language: str) -> Speech:
    raw = packaged(f"desk/commitments.{language}")
    macros: dict[str, str] = raw["macros"]

    def pattern(source: str) -> re.Pattern[str]:
        return re.compile(_MACRO.sub(lambda found: macros.get(found[1], found[0]), source))

    return Speech(
        language=language,
        acts=tuple(_acts(raw, pattern)),
        turns={name: pattern(source) for name, source in raw["turns"].items()},
        excluded={name: pattern(source) for name, source in raw["not"].items()},
        times={name: pattern(source) for name, source in raw["times"].items()},
        words={name: pattern(raw[name]) for name in SINGLE},
        roots={kind: rf"\b(?:{'|'.join(stems)})" for kind, verbs in raw["acts"].items() if (stems := _stems(verbs))},
    )


def _stems(verbs: Mapping[str, list[str]]) -> list[str]:
    return [stem for form in ("a", "e", "i") for stem in verbs[form] if len(stem) > 2]


def _acts(raw: Mapping[str, Any], pattern: Any) -> Iterator[tuple[ActKind, re.Pattern[str], bool]]:
    """(kind, pattern, whether it promises only beside something of this customer's)."""
    for kind, verbs in raw["acts"].items():
        sure = list(verbs["other"])
        loose = []
        for form in ("a", "e", "i"):
            if verbs[form]:
                stems = "(?:" + "|".join(verbs[form]) + ")"
                sure.append(raw["forms"][form].replace("<S>", stems))
                loose.append(raw["weak"][form].replace("<S>", stems))
        for sources, weak in ((sure, False), (loose, True)):
            if sources:
                yield cast(ActKind, kind), pattern(r"\b(?:" + "|".join(sources) + ")"), weak


def acts(sentence: str, language: str = "es") -> tuple[Act, ...]:
    """The acts of one sentence in order; of two readings of the same words, the longer."""
    text = sentence[:MAX_SENTENCE]
    folded = _without_quotes(fold_in_place(text))
    if folded.rstrip(" \"'»”)*_").endswith("?"):
        return ()
    found: list[Act] = []
    tongue = speech(spoken(language))
    for kind, pattern, weak in tongue.acts:
        for match in pattern.finditer(folded):
            if match.end() > match.start() and _stands(folded, match, tongue, weak):
                meant = _meant(kind, folded, match, tongue)
                if meant is not None:
                    found.append(Act(meant, match.start(), match.end()))
    return _apart(found)


def _without_quotes(folded: str) -> str:
    return _QUOTED.sub(lambda match: " " * len(match[0]), folded)


def _stands(folded: str, match: re.Match[str], tongue: Speech, weak: bool) -> bool:
    """Whether nothing around the words makes them less than an act still to come."""
    no, before = tongue.excluded, folded[max(0, match.start() - 60) : match.start()]
    near = folded[_clause_start(folded, match.start()) : _clause_end(folded, match.end())]
    future = no["future"].search(match[0]) is not None
    if no["habit"].search(near) or no["negated"].search(before) or no["may"].search(before):
        return False
    if no["third"].search(folded[_clause_start(folded, match.start()) : match.end()]):
        return False
    if not future and (no["past"].search(near) or no["already"].search(before)):
        return False
    if no["relative"].search(before) and not no["relative_ok"].search(before):
        return False
    if weak and not tongue.words["anchor"].search(near):
        return False
    return not _conditional(folded, match, tongue)


def _conditional(folded: str, match: re.Match[str], tongue: Speech) -> bool:
    """«Si nos mandas la foto, te enviamos otro», «te devolvemos todo si…»; not «…, si te viene bien»."""
    start = _clause_start(folded, match.start())
    for condition in tongue.excluded["condition"].finditer(folded, start, _clause_end(folded, match.end())):
        if condition.start() < match.start():
            return True
        if "," not in folded[match.end() : condition.start()]:
            return True
    return False


def _clause_start(folded: str, at: int) -> int:
    last = 0
    for found in _SUBORDINATE.finditer(folded, max(0, at - 240), at):
        last = found.end()
    return last or max(0, at - 240)


def _clause_end(folded: str, at: int) -> int:
    for found in _BREAK.finditer(folded, at):
        if found[0] == ":" and folded[found.end() : found.end() + 1].isdigit():
            continue
        return found.start()
    return len(folded)


def _meant(kind: ActKind, folded: str, match: re.Match[str], tongue: Speech) -> ActKind | None:
    """The act that the object makes of the verb: «te devolvemos la llamada» is a call; a hug sent is none."""
    phrase = folded[match.start() : match.end() + 60]
    if tongue.turns["courtesy"].search(phrase):
        return None
    turns: tuple[ActKind, ...] = ("callback", "replace", "answer")
    for turned in turns:
        if kind != turned and tongue.turns[turned].search(phrase):
            return turned
    if kind == "refund" and tongue.words["returned"].search(phrase) and not tongue.words["money"].search(phrase[12:]):
        return "send"
    return kind


def _apart(found: list[Act]) -> tuple[Act, ...]:
    """One act per place; the same kind said twice in a row with nothing between is one."""
    kept: list[Act] = []
    for act in sorted(found, key=lambda a: (-(a.end - a.start), a.start, a.kind == "other")):
        if all(act.end <= other.start or other.end <= act.start for other in kept):
            kept.append(act)
    return tuple(sorted(kept, key=lambda a: a.start))
