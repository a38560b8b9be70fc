"""What nobody may promise, whatever a role is granted: the brand's own list, matched to what a sentence promises."""

from __future__ import annotations

from functools import cache

from voz.authority.promises import Promise
from voz.brand import Forbidden
from voz.case import Case
from voz.commitments.acts import LANGUAGES, acts
from voz.packaged import packaged
from voz.quantities import fold_in_place
from voz.statements import content_stems, pattern

HARM = frozenset({"safety", "minors", "legal"})
"""With one of these risks, an entry about responsibility applies in whatever words."""
FEWEST = 2


@cache
def _about() -> dict[str, frozenset[str]]:
    made: dict[str, frozenset[str]] = {}
    for language in LANGUAGES:
        for kind, words in packaged(f"desk/authority.{language}")["about"].items():
            made[kind] = made.get(kind, frozenset()) | content_stems(words or "", language)
    return made


@cache
def _generic() -> frozenset[str]:
    texts = (packaged(f"desk/authority.{language}")["generic"] for language in LANGUAGES)
    return frozenset(stem for text in texts for stem in content_stems(text))


@cache
def telling(what: str) -> frozenset[str]:
    """The stems that make an entry this one: «una fecha de arreglo» is about repairs."""
    return content_stems(what) - _generic()


def barred(promise: Promise, sentence: str, case: Case, listed: tuple[Forbidden, ...]) -> Forbidden | None:
    """The entry that bars a promise: of the same action, and about the same thing where the entry names one."""
    for entry in listed:
        if entry.action is None or entry.action != promise.action:
            continue
        words = telling(entry.what)
        if _always(promise, case) or not words or words & _said(promise, sentence, case.message.text):
            return entry
    return None


def _always(promise: Promise, case: Case) -> bool:
    """An indemnity listed by name is barred in any words; so is a cause, where someone was or might be hurt."""
    harmed = case.triage is not None and bool(HARM & set(case.triage.risks))
    return promise.action == "compensation" or (promise.action == "admit_liability" and harmed)


def _said(promise: Promise, sentence: str, message: str) -> frozenset[str]:
    """A deadline or a call is about what its own sentence says; money back also about what was asked."""
    said = content_stems(sentence)
    kinds = [promise.act.kind] if promise.act else []
    for kind in kinds:
        said |= _about().get(kind, frozenset())
    return said if promise.action in ("deadline", "callback") else said | content_stems(message)


def barred_words(sentence: str, listed: tuple[Forbidden, ...], language: str) -> Forbidden | None:
    """The entry outside the vocabulary of actions whose every telling word a promising sentence says."""
    folded = fold_in_place(sentence)
    if pattern("abstain").search(folded) or folded.rstrip(" \"'»”)").endswith("?"):
        return None
    if not (acts(sentence, language) or pattern("certain").search(folded) or pattern("negation").search(folded)):
        return None
    said = content_stems(sentence)
    for entry in listed:
        if entry.action is None:
            words = content_stems(entry.what)
            if len(words) >= FEWEST and words <= said:
                return entry
    return None
