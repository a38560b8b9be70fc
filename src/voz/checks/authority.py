"""A promise beyond what the reviewer's role may promise, or what nobody may."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from voz.brand import Brand
from voz.case import Case, Finding, Sentence
from voz.figures import stands_in
from voz.packaged import packaged
from voz.quantities import Quantity, fold_in_place, quantities

NAME = "authority"
GIFTS = frozenset({"voucher", "discount", "compensation", "refund", "gift"})


@dataclass(frozen=True)
class _Promise:
    name: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str]
    detail: str


@cache
def _lexicon() -> tuple[tuple[_Promise, ...], dict[str, re.Pattern[str]]]:
    raw = packaged("checks/authority")
    promises = tuple(
        _Promise(p["name"], re.compile(p["pattern"]), re.compile(p["unless"]), p["detail"]) for p in raw["promises"]
    )
    return promises, {name: re.compile(raw[name]) for name in ("when", "doing", "harmless", "giving")}


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block what the role may not promise; a promise that a cited clause carries is the company's own."""
    if case.draft is None:
        return ()
    found: list[Finding] = []
    for i, sentence in enumerate(case.draft.sentences):
        signs = next((s.signs for s in case.supports if s.sentence == i), {})
        if sentence.kind == "question" or signs.get("carried"):
            continue
        found.extend(_promised(sentence))
        found.extend(_dated(sentence, case))
        if not signs.get("figure_reckoned"):
            found.extend(_given(sentence, case, brand))
    return tuple(found)


def _promised(sentence: Sentence) -> list[Finding]:
    folded = fold_in_place(sentence.text)
    promises, _ = _lexicon()
    found = []
    for promise in promises:
        match = promise.pattern.search(folded)
        if match and not promise.unless.search(folded[max(0, match.start() - 60) : match.end() + 25]):
            found.append(_finding(sentence, match.span(), promise.detail))
    return found


def _dated(sentence: Sentence, case: Case) -> list[Finding]:
    """«el viernes la tienes»: a day promised for this customer that no clause states."""
    folded = fold_in_place(sentence.text)
    _, words = _lexicon()
    when = words["when"].search(folded)
    if not when or words["harmless"].search(folded):
        return []
    near = folded[max(0, when.start() - 45) : when.end() + 45]
    if not words["doing"].search(near):
        return []
    if any(s.clause and when[0] in fold_in_place(s.clause) for s in case.supports):
        return []
    return [
        _finding(
            sentence,
            when.span(),
            packaged("texts/findings")["authority"]["dated"],
        )
    ]


def _given(sentence: Sentence, case: Case, brand: Brand) -> list[Finding]:
    folded = fold_in_place(sentence.text)
    _, words = _lexicon()
    if not words["giving"].search(folded):
        return []
    limit = gift_limit(brand, case.role)
    told = quantities(case.message.text)
    clause = [q for s in case.supports for q in quantities(s.clause)]
    found = []
    for figure in quantities(sentence.text):
        if figure.kind != "money" or stands_in(figure, clause) or _in_evidence(figure, case):
            continue
        if limit is not None and figure.value > limit and not stands_in(figure, told):
            text = packaged("texts/findings")["authority"]["limit"]
            detail = text.format(amount=f"{figure.value:g}", limit=f"{limit:g}")
            found.append(_finding(sentence, (figure.start, figure.end), detail))
    return found


def _in_evidence(figure: Quantity, case: Case) -> bool:
    return any(stands_in(figure, quantities(passage.text)) for passage in case.evidence.passages)


def gift_limit(brand: Brand, role_id: str) -> float | None:
    """How much money the role may give of its own; None when nothing is written about it."""
    limits = [g.up_to for g in brand.role(role_id).grants if g.action in GIFTS and g.up_to is not None]
    return max(limits) if limits else None


def within_authority(figure: Quantity, sentence: str, brand: Brand, role_id: str) -> bool:
    """Whether an amount that no clause states is a gesture that the role may make."""
    limit = gift_limit(brand, role_id)
    _, words = _lexicon()
    gives = bool(words["giving"].search(fold_in_place(sentence)))
    return limit is not None and gives and figure.kind in ("money", "count") and figure.value <= limit


def _finding(sentence: Sentence, span: tuple[int, int], detail: str) -> Finding:
    return Finding(
        check=NAME, severity="block", start=sentence.start + span[0], end=sentence.start + span[1], detail=detail
    )
