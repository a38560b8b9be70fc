"""What the words of a sentence promise or give: the one detector that the check and the authority matrix share.

Three lexicons feed it: `checks/authority.yaml` (promises that no reply should make by itself), `desk/authority.*.yaml`
(gifts, exceptions, admissions) and the acts of `voz.commitments.acts` (refunds, calls, replacements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from voz.brand import Action
from voz.case import Case
from voz.commitments.acts import Act, acts, spoken
from voz.packaged import packaged
from voz.quantities import fold_in_place, quantities

_MACRO = re.compile(r"<([A-Z]+)>")
ACTION_OF: Mapping[str, Action] = {
    "liability": "admit_liability", "exception": "exception", "gift": "gift",
    "refund": "refund", "callback": "callback", "replace": "replacement",
}  # fmt: skip
GIFTS: frozenset[Action] = frozenset({"voucher", "discount", "compensation", "refund", "gift"})


@dataclass(frozen=True, slots=True)
class Promise:
    """Words that promise something; `fault`, where the words alone are one, names the sentence of voz.findings."""

    name: str
    action: Action | None
    start: int
    end: int
    fault: str = ""
    act: Act | None = None


@dataclass(frozen=True)
class _Worded:
    name: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str]


@cache
def _worded() -> tuple[_Worded, ...]:
    raw = packaged("checks/authority")["promises"]
    return tuple(_Worded(p["name"], re.compile(p["pattern"]), re.compile(p["unless"])) for p in raw)


@cache
def cue(name: str) -> re.Pattern[str]:
    """`when`, `doing`, `harmless` or `giving` of the check's lexicon, for folded text."""
    return re.compile(packaged("checks/authority")[name])


@cache
def _gives(language: str) -> tuple[tuple[tuple[Action, re.Pattern[str]], ...], re.Pattern[str], re.Pattern[str]]:
    raw = packaged(f"desk/authority.{language}")
    macros: dict[str, str] = raw["macros"]
    made = [
        (cast(Action, action), re.compile(_MACRO.sub(lambda m: macros[m[1]], source)))
        for action, source in raw["gives"].items()
    ]
    return tuple(made), re.compile(raw["not_given"]), re.compile(raw["not_after"])


def worded(text: str) -> tuple[Promise, ...]:
    """Promises whose very words are a fault unless a clause carries them."""
    folded = fold_in_place(text)
    found = []
    for promise in _worded():
        match = promise.pattern.search(folded)
        if match and not promise.unless.search(folded[max(0, match.start() - 60) : match.end() + 25]):
            fault = f"authority.{promise.name}"
            found.append(Promise(promise.name, ACTION_OF.get(promise.name), match.start(), match.end(), fault))
    return tuple(found)


def given(text: str, language: str) -> tuple[Promise, ...]:
    """Vouchers, discounts, presents, compensations, exceptions and admissions."""
    folded = fold_in_place(text)
    if folded.rstrip(" \"'»”)*_").endswith("?"):
        return ()
    patterns, unless, after = _gives(spoken(language))
    found = []
    for action, pattern in patterns:
        match = pattern.search(folded)
        if match and not unless.search(_opening(folded, match.start())) and not after.search(folded[match.end() :]):
            found.append(Promise(action, action, match.start(), match.end()))
    return tuple(found)


def _opening(folded: str, at: int) -> str:
    """What stands before the words in the same part of the sentence."""
    return re.split(r"[;:.!?—–]", folded[max(0, at - 90) : at])[-1]


def promises(text: str, language: str) -> tuple[Promise, ...]:
    """Everything that the sentence promises or gives, one per action, the most telling words first."""
    found = [*worded(text), *given(text, language), *_acted(text, language)]
    kept: dict[str, Promise] = {}
    for promise in found:
        kept.setdefault(promise.action or promise.name, promise)
    if any(action in kept for action in ("voucher", "discount", "gift", "compensation")) and _credits(text):
        kept.pop("refund", None)  # «te abonamos 10 € de cortesía» is no money back
    return tuple(sorted(kept.values(), key=lambda p: p.start))


def _credits(text: str) -> bool:
    return re.search(r"\b(?:devol|reembols|reintegr|refund|estorn)", fold_in_place(text)) is None


def _acted(text: str, language: str) -> list[Promise]:
    gesture = _gesture(spoken(language)).search(fold_in_place(text)) is not None and _credits(text)
    found = []
    for act in acts(text, language):
        action = ACTION_OF.get(act.kind)
        if action is not None:
            action = "voucher" if gesture and action == "refund" else action
            found.append(Promise(act.kind, action, act.start, act.end, act=act))
    return found


@cache
def _gesture(language: str) -> re.Pattern[str]:
    return re.compile(packaged(f"desk/authority.{language}")["gesture"])


@cache
def papers(language: str) -> re.Pattern[str]:
    """Documents: what is sent by mail has no delivery date."""
    return re.compile(packaged(f"desk/authority.{spoken(language)}")["papers"])


def day_named(text: str) -> re.Match[str] | None:
    """«el viernes la tienes»: the words that promise this customer a day or hour."""
    folded = fold_in_place(text)
    when = cue("when").search(folded)
    if not when or cue("harmless").search(folded):
        return None
    near = folded[max(0, when.start() - 45) : when.end() + 45]
    return when if cue("doing").search(near) else None


def day_stands(when: str, case: Case) -> bool:
    """Whether a clause found for the reply names that day."""
    return any(s.clause and when in fold_in_place(s.clause) for s in case.supports)


def worth(text: str, promise: Promise) -> tuple[float, str] | None:
    """The money that a promise gives: the amount of its sentence nearest after its words, else before."""
    money = [q for q in quantities(text) if q.kind == "money"]
    if not money or promise.action not in (*GIFTS, "exception", "replacement"):
        return None
    best = min(money, key=lambda q: (q.end <= promise.start, abs(q.start - promise.start)))
    return best.value, best.unit
