"""A promise beyond what the reviewer's role may promise, or what nobody may."""

from __future__ import annotations

from voz.authority.ladder import may, same_currency
from voz.authority.needs import needs
from voz.authority.promises import GIFTS, Promise, cue, day_named, day_stands, worded, worth
from voz.authority.verdict import barred
from voz.brand import Brand
from voz.case import Case, Finding, Sentence
from voz.figures import stands_in
from voz.findings import found
from voz.quantities import Quantity, fold_in_place, quantities

NAME = "authority"


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block what the role may not promise; a promise that a cited clause carries is the company's own."""
    if case.draft is None:
        return ()
    made: list[Finding] = []
    for i, sentence in enumerate(case.draft.sentences):
        signs = next((s.signs for s in case.supports if s.sentence == i), {})
        if sentence.kind == "question" or signs.get("carried"):
            continue
        made.extend(_promised(sentence, case, brand))
        made.extend(_dated(sentence, case))
        if not signs.get("figure_reckoned"):
            made.extend(_given(sentence, case, brand))
    return (*made, *_barred(case, brand, made))


def _barred(case: Case, brand: Brand, others: list[Finding]) -> list[Finding]:
    """What the brand lists as nobody's to promise, or not this role's, where nothing else stops it."""
    made = []
    for need in needs(case, brand):
        entry = need.forbidden
        if entry is None or need.granted or entry.role not in (None, case.role):
            continue
        if all(other.end <= need.start or need.end <= other.start for other in others):
            key, values = barred(need, brand.role(case.role).name or case.role)
            made.append(found(NAME, "block", need.start, need.end, key, **values))
    return made


def _promised(sentence: Sentence, case: Case, brand: Brand) -> list[Finding]:
    return [
        _finding(sentence, (promise.start, promise.end), promise.fault)
        for promise in worded(sentence.text)
        if not _allowed(promise, sentence, case, brand)
    ]


def _allowed(promise: Promise, sentence: Sentence, case: Case, brand: Brand) -> bool:
    """Whether the role is granted what these words give, as far as they say how much."""
    if promise.action is None:
        return False
    amount, currency = worth(sentence.text, promise) or (None, None)
    return may(brand, case.role, promise.action, amount, currency, sentence.text)


def _dated(sentence: Sentence, case: Case) -> list[Finding]:
    """«el viernes la tienes»: a day promised for this customer that no clause states."""
    when = day_named(sentence.text)
    if not when or day_stands(when[0], case):
        return []
    return [_finding(sentence, when.span(), "authority.dated")]


def _given(sentence: Sentence, case: Case, brand: Brand) -> list[Finding]:
    folded = fold_in_place(sentence.text)
    if not cue("giving").search(folded):
        return []
    told = quantities(case.message.text)
    clause = [q for s in case.supports for q in quantities(s.clause)]
    made = []
    for figure in quantities(sentence.text):
        if figure.kind != "money" or stands_in(figure, clause) or _in_evidence(figure, case):
            continue
        limit = gift_limit(brand, case.role, figure.unit)
        if limit is not None and figure.value > limit and not stands_in(figure, told):
            values = {"amount": f"{figure.value:g}", "limit": f"{limit:g}"}
            made.append(_finding(sentence, (figure.start, figure.end), "authority.limit", **values))
    return made


def _in_evidence(figure: Quantity, case: Case) -> bool:
    return any(stands_in(figure, quantities(passage.text)) for passage in case.evidence.passages)


def gift_limit(brand: Brand, role_id: str, currency: str | None = None) -> float | None:
    """How much money the role may give of its own; infinite without limit, None when nothing is written about it."""
    limits = [
        float("inf") if g.up_to is None else g.up_to
        for g in brand.role(role_id).grants
        if g.action in GIFTS and same_currency(g.currency, currency, brand)
    ]
    return max(limits) if limits else None


def within_authority(figure: Quantity, sentence: str, brand: Brand, role_id: str) -> bool:
    """Whether an amount that no clause states is a gesture that the role may make."""
    limit = gift_limit(brand, role_id, figure.unit if figure.kind == "money" else None)
    gives = bool(cue("giving").search(fold_in_place(sentence)))
    return limit is not None and gives and figure.kind in ("money", "count") and figure.value <= limit


def _finding(sentence: Sentence, span: tuple[int, int], key: str, **values: object) -> Finding:
    return found(NAME, "block", sentence.start + span[0], sentence.start + span[1], key, **values)
