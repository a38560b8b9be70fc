"""Graders of empathy: narrow things that a reply observably does, each read in its words.

Which behaviours are wanted, where the case names none, goes by the kind of message: all of them for a complaint; for a
question a next step, and no dismissal, blame or excess of apology, with the rest of them where it shows a feeling;
for praise that it names what is praised, in measure; for abuse that it keeps its temper; for spam nothing.

Published agreement between single experts on such behaviours is about κ 0.55, and 0.19 to 0.45 on dismissing: these
rules find what can be pointed at, and their reasons say what they pointed at.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from voz.brand import Brand
from voz.checks.reading import tokens, without_quotes
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.reading import LANGUAGES, Seen, Span, body, graded, hits, merged, see
from voz.evaluate.situation import parroted, taken_up
from voz.evaluate.suite import Behaviour, EvalCase
from voz.evaluate.tone import by_check, hollow
from voz.kinds import sentence_kind
from voz.packaged import packaged
from voz.quantities import fold_in_place
from voz.statements import content_stems, pattern
from voz.verbs import address_forms
from voz.words import words as labels

ALWAYS: tuple[Behaviour, ...] = ("no_dismissal", "no_blame", "no_over_apology")
WITH_FEELING: tuple[Behaviour, ...] = ("names_situation", "validates", "fits_intensity")
ALL: tuple[Behaviour, ...] = ("names_situation", "validates", "owns", "next_step", *ALWAYS, "fits_intensity")
BY_KIND: Mapping[str, tuple[Behaviour, ...]] = {
    "complaint": ALL,
    "mixed": ALL,
    "question": ("next_step", *ALWAYS),
    "suggestion": ("names_situation", "next_step", *ALWAYS),
    "praise": ("names_situation", "no_over_apology", "fits_intensity"),
    "abuse": (*ALWAYS, "fits_intensity"),
    "spam": (),
}
NO_ADMISSION = frozenset({"legal", "safety"})
"""Risks with which a reply may answer for its part and yet not admit liability."""
UPSET = frozenset({"worried", "disappointed", "frustrated", "angry", "sad"})
_PARROT, _LONG_PARROT = 7, 11
_QUOTES = 0.7


@dataclass(frozen=True)
class Told:
    """What a reply is held against. `spans`: its sentences without salutation and farewell."""

    message: str
    reply: str
    language: str = "es"
    spans: tuple[Span, ...] = ()
    quoted: tuple[Span, ...] = ()
    """Sentences of the reply that say a document's words: they name no situation."""
    kind: str = "complaint"
    emotion: str = "calm"
    intensity: int = 0
    risks: frozenset[str] = frozenset()
    names: frozenset[str] = field(default_factory=frozenset)
    """Products and the company: naming them names no situation."""

    def sentences(self) -> tuple[tuple[int, str], ...]:
        """(where, sentence) of the body; the customer's words between quotation marks are not the reply's."""
        plain = without_quotes(self.reply)
        return tuple((start, plain[start:end]) for start, end in self.spans or ((0, len(self.reply)),))

    def within(self, spans: list[Span]) -> list[Span]:
        """Those of the spans that lie inside a sentence of the body."""
        body = self.spans or ((0, len(self.reply)),)
        starts = [start for start, _ in body]
        return [(s, e) for s, e in spans if (at := bisect_right(starts, s) - 1) >= 0 and e <= body[at][1]]

    def hits(self, key: str) -> list[Span]:
        return self.within(hits("empathy", key, self.language, without_quotes(self.reply)))

    def formulas(self) -> list[Span]:
        """Where it says what would do for any customer."""
        return self.within(hollow(self.reply, self.language))

    def said(self, spans: list[Span]) -> str:
        return "», «".join(self.reply[start:end] for start, end in spans[:3])


def grade(case: EvalCase, outcome: Outcome, brand: Brand) -> tuple[Grade, ...]:
    """One grade per behaviour wanted; none where nothing is sent."""
    seen = see(case, outcome)
    if outcome.error or not seen.reply.strip():
        return ()
    told = _told(case, outcome, seen, brand)
    return tuple(observe(behaviour, told) for behaviour in behaviours(case, outcome))


def behaviours(case: EvalCase, outcome: Outcome) -> tuple[Behaviour, ...]:
    """The behaviours that the case wants, or those that fit its kind of message and its feeling."""
    if case.expect.empathy is not None:
        return case.expect.empathy
    if case.expect.no_reply:
        return ()
    triage = outcome.draft.get("triage") or {}
    kind = case.expect.kind or triage.get("kind") or "question"
    wanted = BY_KIND.get(kind, BY_KIND["question"])
    if kind == "question" and triage.get("emotion") in UPSET and triage.get("intensity"):
        wanted = (*WITH_FEELING[:2], *wanted, WITH_FEELING[2])
    return wanted


def observe(behaviour: Behaviour, told: Told) -> Grade:
    """The grade of one behaviour, with what in the reply it rests on."""
    return _OBSERVED[behaviour](told)


def _told(case: EvalCase, outcome: Outcome, seen: Seen, brand: Brand) -> Told:
    products = [name for p in outcome.draft.get("passages") or () for name in p.get("products") or ()]
    names = " ".join([brand.voice.company, *products])
    return Told(
        message=case.message.text,
        reply=seen.reply,
        language=seen.language if seen.language in LANGUAGES else "es",
        spans=body(seen.reply, seen.language, brand, case.message.channel),
        quoted=_quoted(outcome, seen.language),
        kind=case.expect.kind or seen.triage.get("kind") or "question",
        emotion=seen.triage.get("emotion") or "calm",
        intensity=int(seen.triage.get("intensity") or 0),
        risks=frozenset((*(case.expect.risks or ()), *(seen.triage.get("risks") or ()))),
        names=content_stems(names, seen.language),
    )


def _quoted(outcome: Outcome, language: str) -> tuple[Span, ...]:
    """The sentences that are little else than the words of a passage they cite."""
    texts = {p["id"]: p.get("text", "") for p in outcome.draft.get("passages") or ()}
    found = []
    for sentence in outcome.draft.get("sentences") or ():
        known = content_stems(" ".join(texts.get(one, "") for one in sentence.get("citations") or ()), language)
        said = content_stems(sentence["text"], language)
        if said and len(said & known) / len(said) >= _QUOTES:
            found.append((sentence["start"], sentence["end"]))
    return tuple(found)


def _grade(behaviour: Behaviour, key: str, score: float | None, told: Told, spans: list[Span]) -> Grade:
    span = spans[0] if spans else None
    emotion = labels("es").label("emotion", told.emotion)
    said = told.said(spans)
    return graded("empathy", behaviour, key, score, span=span, words=said, n=len(spans), emotion=emotion)


def _names_situation(told: Told) -> Grade:
    """Content words and figures of what happened stand in the reply's own words, not in a clause that it quotes."""
    spans = told.spans or ((0, len(told.reply)),)
    own = [(s, e) for s, e in spans if not any(s < end and start < e for start, end in told.quoted)]
    found = taken_up(told.message, told.reply, told.language, own, told.names)
    if found is None:
        return _grade("names_situation", "nothing", None, told, [])
    total = len(found.happened) + len(found.other)
    if not total:
        return _grade("names_situation", "absent", 0.0, told, [])
    enough = (found.happened and total >= 2) or total >= 3 or (not found.tells_trouble and total >= 2)
    return _grade("names_situation", "named" if enough else "partly", 1.0 if enough else 0.5, told, found.spans)


def _validates(told: Told) -> Grade:
    """Says that it is no small matter, in words that are neither a formula nor the customer's own."""
    formulas = told.formulas()
    said = _apart(told.hits("validates"), [*formulas, *told.hits("dismisses"), *told.hits("vague")])
    sorry = _apart(told.hits("sorry"), formulas)
    copied, run = parroted(told.message, without_quotes(told.reply))
    if copied >= _PARROT and run:
        return _grade("validates", "parrots", 0.0 if copied >= _LONG_PARROT or not said else 0.5, told, [run])
    if said:
        return _grade("validates", "said", 1.0, told, said)
    if sorry:
        return _grade("validates", "sorry_only", 0.5, told, sorry)
    return _grade("validates", "hollow" if formulas else "absent", 0.0, told, formulas)


def _owns(told: Told) -> Grade:
    """Says what the company does or did, in the first person; without admitting liability where that may cost dear."""
    admitted = told.hits("admits") or _pattern(told, pattern("liability"))
    if admitted and told.risks & NO_ADMISSION:
        return _grade("owns", "admits", 0.0, told, admitted)
    deflected, taken = told.hits("deflects"), _apart([*told.hits("owns"), *_we(told), *admitted], told.hits("vague"))
    if deflected and not taken:
        return _grade("owns", "deflects", 0.0, told, deflected)
    if deflected:
        return _grade("owns", "deflects", 0.5, told, deflected)
    if taken:
        return _grade("owns", "said", 1.0, told, merged(taken))
    own = _apart(_sorry(told), told.formulas())
    if own:
        return _grade("owns", "sorry_only", 0.5, told, own)
    return _grade("owns", "absent", 0.0, told, [])


def _next_step(told: Told) -> Grade:
    """Tells what the customer can do or the company does now, or asks what it needs; an answer may need no more."""
    vague = told.hits("vague")
    opening = [span for span in told.hits("next_opening") if _OPENS.search(told.reply[max(0, span[0] - 12) : span[0]])]
    steps = _apart([*told.hits("next_step"), *opening, *_orders(told), *_we(told)], vague)
    asked = [
        (start, start + len(said)) for start, said in told.sentences()[-2:]
        if said.rstrip().endswith("?") and not hits("empathy", "vague", told.language, said)
    ]  # fmt: skip
    found = merged([*steps, *asked])
    if found:
        return _grade("next_step", "said", 1.0, told, found)
    if (
        not vague
        and told.kind == "question"
        and any(sentence_kind(s, told.message) == "fact" for _, s in told.sentences())
    ):
        return _grade("next_step", "answered", None, told, [])
    return _grade("next_step", "vague" if vague else "absent", 0.5 if vague else 0.0, told, vague)


def _no_dismissal(told: Told) -> Grade:
    found = told.hits("dismisses")
    return _grade("no_dismissal", "found" if found else "clean", 0.0 if found else 1.0, told, found)


def _no_blame(told: Told) -> Grade:
    found = told.within([s for tone in ("insult", "blame") for s in by_check(tone, told.reply, told.language)])
    return _grade("no_blame", "found" if found else "clean", 0.0 if found else 1.0, told, merged(found))


def _no_over_apology(told: Told) -> Grade:
    """One apology is enough: sentences that apologise are counted, and words that grovel."""
    apologies, grovelling = _sorry(told), told.hits("grovels")
    by_sentence = ([s for s in apologies if start <= s[0] < start + len(said)] for start, said in told.sentences())
    times = [found[0] for found in by_sentence if found]
    if grovelling or len(times) > 2:
        return _grade("no_over_apology", "grovels", 0.0, told, merged([*grovelling, *times]))
    if len(times) == 2:
        return _grade("no_over_apology", "twice", 0.5, told, times)
    return _grade("no_over_apology", "clean", 1.0, told, times)


def _fits_intensity(told: Told) -> Grade:
    """Neither colder, merrier nor more dramatic than the message, by what triage made of its feeling."""
    upset = told.emotion in UPSET and told.intensity >= 1
    merry = [*told.hits("cheers"), *_pattern(told, _cheerful()), *_pattern(told, _EXCLAIMED)]
    dramatic = told.hits("dramatic")
    own = told.hits("validates") + _sorry(told) + told.hits("thanks")
    warm = bool(_apart(own, told.formulas()))
    if (upset or told.kind in ("complaint", "abuse")) and merry and told.kind != "mixed":
        return _grade("fits_intensity", "cheerful", 0.5 if len(merry) == 1 else 0.0, told, merged(merry))
    if len(dramatic) > max(0, told.intensity - 1) and not told.risks:
        return _grade("fits_intensity", "dramatic", 0.5 if len(dramatic) == 1 else 0.0, told, dramatic)
    if not warm and (told.intensity >= 2 or told.kind == "praise"):
        return _grade("fits_intensity", "cold", 0.0, told, [])
    if not warm and upset:
        return _grade("fits_intensity", "curt", 0.5, told, [])
    return _grade("fits_intensity", "fits", 1.0, told, [])


_OBSERVED: Mapping[Behaviour, Callable[[Told], Grade]] = {
    "names_situation": _names_situation,
    "validates": _validates,
    "owns": _owns,
    "next_step": _next_step,
    "no_dismissal": _no_dismissal,
    "no_blame": _no_blame,
    "no_over_apology": _no_over_apology,
    "fits_intensity": _fits_intensity,
}
_EXCLAIMED = re.compile(r"!")
_OPENS = re.compile(r"(?:^|[.:;,!?¡¿\n(–—-]|\b(?:y|o|e|and|or|ou|i))\s{0,3}$")


def _sorry(told: Told) -> list[Span]:
    return _apart(told.hits("sorry"), told.hits("not_sorry"))


def _we(told: Told) -> list[Span]:
    """Verbs in the first person plural by which the company does something."""
    raw = packaged("evaluate/empathy")["we"]
    return _pattern(told, _compiled(raw.get(told.language, raw["es"])))


def _orders(told: Told) -> list[Span]:
    """«Díganoslo», «mandá»: Spanish forms that can only tell the customer what to do."""
    if told.language != "es":
        return []
    told_not = frozenset(packaged("evaluate/empathy")["not_orders"].split())
    forms = address_forms()
    return [
        (start + word.start, start + word.end)
        for start, said in told.sentences() for word in tokens(said)
        if (form := forms.get(word.text)) and form.kind in ("enclitic", "imperative")
        and fold_in_place(word.text) not in told_not and (form.kind == "enclitic" or word.initial)
    ]  # fmt: skip


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


@cache
def _cheerful() -> re.Pattern[str]:
    return re.compile(packaged("evaluate/empathy")["cheerful"])


def _pattern(told: Told, wanted: re.Pattern[str]) -> list[Span]:
    return [(start + m.start(), start + m.end()) for start, m in _matches(told, wanted)]


def _matches(told: Told, wanted: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
    for start, said in told.sentences():
        for match in wanted.finditer(fold_in_place(said)):
            yield start, match


def _apart(spans: list[Span], others: list[Span]) -> list[Span]:
    """The spans that touch none of the others, in order."""
    return sorted(span for span in spans if not any(span[0] < end and start < span[1] for start, end in others))
