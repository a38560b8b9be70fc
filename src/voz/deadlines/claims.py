"""Claim or query: does the customer say that the company failed and want it mended, or only ask?

The law's own measure (Ley 10/2025, art. 3.10): any statement that the product or service was defective or the offer
not kept, whatever the company calls it. It is read from triage and a lexicon; a person can correct it.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from voz.case import Frozen, Message, Triage
from voz.deadlines.rules import ClaimKind, Matter
from voz.lexicon import Hit, Lexicon, outside, phrases
from voz.packaged import packaged
from voz.signs import CONCRETE, Signs, read_signs
from voz.text import words

ReasonCode = Literal[
    "formal", "redress", "fault", "complaint", "harm",
    "only_asked", "nothing_failed", "not_a_customer", "spam",
]  # fmt: skip
_LABELS = (
    "formal",
    "asked",
    "demand",
    "redress",
    "failing",
    "excused",
    "sold_out",
    "harmless",
    "press",
    "billing",
    "continuity",
)


class ClaimReason(Frozen):
    """Why; what a person reads for each code stands in data/desk/deadlines.*.yaml."""

    code: ReasonCode
    words: tuple[str, ...] = ()


class ClaimReading(Frozen):
    kind: ClaimKind
    matters: tuple[Matter, ...] = ()
    reasons: tuple[ClaimReason, ...] = ()


def is_claim(message: Message, triage: Triage) -> ClaimReading:
    """Reads the first 20,000 characters; the same message and triage always give the same reading."""
    signs = read_signs(message.text)
    found = _find(signs)
    kind, reasons = _judge(signs, triage, found)
    return ClaimReading(kind=kind, matters=_matters(triage, found), reasons=reasons)


def _judge(
    signs: Signs, triage: Triage, found: dict[str, tuple[Hit, ...]]
) -> tuple[ClaimKind, tuple[ClaimReason, ...]]:
    if triage.kind == "spam":
        return "query", (ClaimReason(code="spam"),)
    waiting = bool(found["sold_out"])
    trouble = outside(signs.trouble, found["harmless"])
    concrete = tuple(h for h in trouble if h.label in CONCRETE and not (waiting and h.label == "late"))
    failing = tuple(h for h in found["failing"] if not _supposed(signs.view.plain, h, triage.language))
    faults = concrete if waiting else (*concrete, *failing)
    harm = tuple(r for r in triage.risks if r in ("safety", "discrimination", "minors"))
    reasons = [
        _reason(signs, "formal", found["formal"]),
        _reason(signs, "redress", (*found["demand"], *found["redress"])),
        _reason(signs, "fault", faults),
        ClaimReason(code="harm", words=harm) if harm and triage.kind in ("complaint", "mixed") else None,
    ]
    given = tuple(reason for reason in reasons if reason)
    codes = {reason.code for reason in given}
    media = found["press"] or ("press" in triage.risks and triage.kind != "complaint")
    if media and not codes & {"formal", "redress"}:
        return "query", (ClaimReason(code="not_a_customer"),)
    if "formal" in codes or "harm" in codes or _material(triage, codes, found, concrete, signs):
        return "claim", given or (_reason(signs, "complaint", signs.trouble) or ClaimReason(code="complaint"),)
    if found["asked"] or triage.kind == "question":
        return "query", (ClaimReason(code="only_asked"),)
    return "query", (ClaimReason(code="nothing_failed"),)


def _material(
    triage: Triage, codes: set[ReasonCode], found: dict[str, tuple[Hit, ...]], concrete: tuple[Hit, ...], signs: Signs
) -> bool:
    """Whether something failed, as far as the words and the kind of message tell."""
    excused = bool(found["excused"] or found["sold_out"]) and not concrete
    fault, redress = "fault" in codes, "redress" in codes
    if found["demand"] and triage.kind != "abuse":
        return True
    if triage.kind == "complaint":
        if "self_harm" in triage.risks and not fault:
            return False
        nothing = (*found["asked"], *found["harmless"])
        only_asked = bool(nothing) and not outside(signs.trouble, nothing)
        return not excused and (fault or redress or not only_asked)
    if triage.kind == "mixed":
        return not excused and fault
    if triage.kind == "abuse":
        return bool(concrete) or (fault and redress)
    return not excused and fault


def _supposed(plain: str, hit: Hit, language: str) -> bool:
    """Whether an «if» stands at most four words before the fault."""
    before = words(plain[max(0, hit.start - 60) : hit.start])[-4:]
    return not _supposing(language).isdisjoint(before)


@cache
def _supposing(language: str) -> frozenset[str]:
    listed: dict[str, str] = packaged("claims_rules/claim_words")["supposing"]
    return frozenset(listed.get(language, listed["es"]).split("|"))


def _matters(triage: Triage, found: dict[str, tuple[Hit, ...]]) -> tuple[Matter, ...]:
    billing: tuple[Matter, ...] = ("billing",) if found["billing"] or "billing" in triage.topics else ()
    return (*billing, "continuity") if found["continuity"] else billing


def _find(signs: Signs) -> dict[str, tuple[Hit, ...]]:
    hits = _lexicon().hits(signs.view.plain)
    found = {label: tuple(h for h in hits if h.label == label) for label in _LABELS}
    found["formal"] = outside(found["formal"], found["asked"])
    found["failing"] = outside(found["failing"], found["harmless"])
    return found


def _reason(signs: Signs, code: ReasonCode, hits: tuple[Hit, ...]) -> ClaimReason | None:
    return ClaimReason(code=code, words=signs.words(hits)) if hits else None


@cache
def _lexicon() -> Lexicon:
    data = packaged("claims_rules/claim_words")
    return Lexicon({label: phrases(data[label]) for label in _LABELS})
