"""What a reply needs somebody's authority for."""

from __future__ import annotations

import re

from pydantic import Field

from voz.authority.forbidden import barred, barred_words
from voz.authority.ladder import ladder, may
from voz.authority.promises import GIFTS, Promise, day_named, day_stands, papers, promises, worth
from voz.brand import Action, Brand, Forbidden
from voz.case import Case, Frozen, Sentence, Support
from voz.commitments.acts import LANGUAGES, acts, speech
from voz.commitments.due import times
from voz.commitments.ledger import reply_language
from voz.figures import stands_in
from voz.quantities import Quantity, fold_in_place, quantities


class Need(Frozen):
    """One thing that the reply promises or gives, and who may."""

    action: Action | None = Field(description="None: an assurance outside the vocabulary of grants, nobody's to give")
    amount: float | None = None
    currency: str | None = Field(default=None, description="as written: EUR, or $ for the company's own")
    start: int
    end: int
    sentence: int = Field(description="index into Draft.sentences")
    text: str = Field(description="the sentence")
    granted: bool = Field(default=False, description="a clause in force gives it to every customer: no role needed")
    passage: str = Field(default="", description="id of the passage whose clause grants it")
    clause: str = ""
    could: tuple[str, ...] = Field(default=(), description="roles that may, least first; empty: nobody, unless granted")
    forbidden: Forbidden | None = Field(default=None, description="the brand's entry against it, which binds its role")
    fault: str = Field(default="", description="what is said of words that are a fault by themselves: see voz.findings")

    @property
    def least_role(self) -> str | None:
        """The least role that may; None where nobody may, or where nobody's authority is needed."""
        return self.could[0] if self.could and not self.granted else None


def needs(case: Case, brand: Brand) -> tuple[Need, ...]:
    """What the judged reply promises or gives, sentence by sentence, and the roles that may.

    What a clause in force grants is listed too, as `granted`: it needs nobody.
    """
    if case.draft is None or not case.draft.reply:
        return ()
    language = reply_language(case)
    found: list[Need] = []
    for place, sentence in enumerate(case.draft.sentences):
        if sentence.kind == "question":
            continue
        support = next((s for s in case.supports if s.sentence == place), None)
        here = [_need(p, place, sentence, support, case, brand) for p in _promised(sentence, case, language)]
        found += _with_unlisted(here, place, sentence, support, brand, language)
    return tuple(found)


def _promised(sentence: Sentence, case: Case, language: str) -> list[Promise]:
    made = list(promises(sentence.text, language))
    if dated := _dated(sentence, case, language):
        made.append(dated)
    return made


def _dated(sentence: Sentence, case: Case, language: str) -> Promise | None:
    """A day for something that comes to the customer or is mended; when we write or call is ours to say."""
    if papers(language).search(fold_in_place(sentence.text)):
        return None
    said = [a for a in acts(sentence.text, language) if a.kind in ("send", "repair", "replace", "refund", "other")]
    when = times(sentence.text, case.today) if said else ()
    if when:
        return Promise("deadline", "deadline", when[0].start, when[0].end, act=said[0])
    words = day_named(sentence.text)
    if words and not day_stands(words[0], case):
        return Promise("deadline", "deadline", words.start(), words.end())
    return None


def _need(
    promise: Promise, place: int, sentence: Sentence, support: Support | None, case: Case, brand: Brand
) -> Need:  # fmt: skip
    gives = worth(sentence.text, promise)
    amount, currency = gives or (None, None)
    granted = support is not None and _granted(promise, sentence, support, case)
    entry = None if granted else barred(promise, sentence.text, case, brand.forbidden)
    return Need(
        action=promise.action, amount=amount, currency=currency, sentence=place, text=sentence.text,
        start=sentence.start + promise.start, end=sentence.start + promise.end, granted=granted,
        passage=_passage(sentence, support) if granted else "",
        clause=support.clause if granted and support else "",
        could=() if granted else _able(promise, amount, currency, sentence.text, entry, brand),
        forbidden=entry, fault=promise.fault,
    )  # fmt: skip


def _able(
    promise: Promise, amount: float | None, currency: str | None, text: str, entry: Forbidden | None, brand: Brand
) -> tuple[str, ...]:
    steps = ladder(brand)
    if promise.action is None or (entry and entry.role is None):
        return ()
    if entry and entry.role in steps:
        steps = steps[steps.index(entry.role) + 1 :]
    action = promise.action
    return tuple(role for role in steps if may(brand, role, action, amount, currency, text))


def _with_unlisted(
    here: list[Need], place: int, sentence: Sentence, support: Support | None, brand: Brand, language: str
) -> list[Need]:
    """The needs of one sentence, with the entry outside the vocabulary of actions that it goes against, if any."""
    carried = support is not None and support.signs.get("carried")
    entry = None if carried else barred_words(sentence.text, brand.forbidden, language)
    if entry is None:
        return here
    bare = Need(action=None, sentence=place, text=sentence.text, start=sentence.start, end=sentence.end)
    assured = next((need for need in here if need.action is None), None) or bare
    return [*(need for need in here if need is not assured), assured.model_copy(update={"forbidden": entry})]


def _passage(sentence: Sentence, support: Support | None) -> str:
    ids = (*sentence.citations, *(support.passages if support else ()))
    return ids[0] if ids else ""


def _granted(promise: Promise, sentence: Sentence, support: Support, case: Case) -> bool:
    """Whether a clause in force says this very thing: the checks find no fault with it and it words the same act."""
    from voz.checks.support import RULES, weights

    if support.signs.get("carried"):
        return True
    if promise.fault or not support.clause or any(support.signs.get(rule, 0.0) >= 1.0 for rule in RULES):
        return False
    model = weights(support.signs)
    if model.doubt(support.signs) >= model.warn:
        return False
    if not all(_stated(q, support, case) for q in quantities(sentence.text) if q.kind in ("money", "percent")):
        return False
    return _says(support.clause, promise)


def _stated(figure: Quantity, support: Support, case: Case) -> bool:
    """Whether an amount stands in the clause, or follows from it or from what the customer told."""
    told = (*quantities(support.clause), *quantities(case.message.text))
    return bool(support.signs.get("figure_reckoned")) or stands_in(figure, told)


def _says(clause: str, promise: Promise) -> bool:
    """Whether the clause words the same: a verb of the act, a day or span for a deadline, the gift's own words."""
    folded = fold_in_place(clause)
    if promise.action == "deadline":
        return any(q.kind in ("duration", "date", "time", "weekday") for q in quantities(clause))
    if promise.act is None:
        return promise.action in GIFTS and any(
            other.action == promise.action for language in LANGUAGES for other in promises(clause, language)
        )
    roots = (speech(language).roots.get(promise.act.kind) for language in LANGUAGES)
    return any(root is not None and re.search(root, folded) is not None for root in roots)
