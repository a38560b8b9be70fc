"""Whether the replies of a run sound written one by one: openings and courtesies that come back in other cases.

Two grades a reply, both `human`: how many replies to other messages open with the same four words, and whether its
courtesies stand word for word in others. Compared are replies in one language to different messages; repeats of a case
are not others. The salutation, the farewell and whatever the brand fixes do not count, nor do sentences that quote a
document: two customers who ask the same are told the same clause. Names and figures do not make a sentence another.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voz.brand import Brand
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.reading import Seen, Span, body, graded, see
from voz.evaluate.suite import EvalCase
from voz.text import words

OPENING = 4
"""Words by which an opening is known."""
FEWEST = 5
"""Other replies in the language below which nothing is compared."""
MAY_SHARE, ALL_SHARE = 0.02, 0.25
"""Shares of other replies that may open or speak alike, and at which the grade is 0; in between it falls evenly."""
_FIXED = ("greeting", "signoff")
_LEAST_WORDS = 4
Key = tuple[str, str, int]


@dataclass(frozen=True)
class _Said:
    """What of a reply is compared: its opening, and its sentences that quote nothing."""

    key: Key
    message: str
    language: str
    reply: str
    opening: str
    opening_span: Span
    sentences: tuple[tuple[str, Span], ...]


def grade(
    cases: Mapping[tuple[str, str], EvalCase], outcomes: Iterable[Outcome], brand: Brand
) -> dict[Key, tuple[Grade, ...]]:
    """The grades of every outcome with a reply, by (suite, case, repeat). `cases` go by (suite, case)."""
    said = [
        _said(cases[outcome.suite, outcome.case], outcome, brand)
        for outcome in outcomes if outcome.reply and not outcome.error and (outcome.suite, outcome.case) in cases
    ]  # fmt: skip
    by_language: dict[str, list[_Said]] = defaultdict(list)
    for one in said:
        by_language[one.language].append(one)
    found: dict[Key, tuple[Grade, ...]] = {}
    for group in by_language.values():
        found.update(_of_language(group))
    return found


def _of_language(group: Sequence[_Said]) -> dict[Key, tuple[Grade, ...]]:
    messages = {one.message for one in group}
    others = len(messages) - 1
    if others < FEWEST:
        few = graded("tone", "human", "few", None)
        return {one.key: (few,) for one in group}
    openings = _messages_with((one.opening, one.message) for one in group)
    sentences = _messages_with((text, one.message) for one in group for text, _ in one.sentences)
    return {one.key: (_opening(one, openings, others), _courtesies(one, sentences, others)) for one in group}


def _messages_with(pairs: Iterable[tuple[str, str]]) -> Counter[str]:
    """To how many different messages each text was said."""
    return Counter(text for text, _ in set(pairs) if text)


def _opening(one: _Said, openings: Counter[str], others: int) -> Grade:
    shared = openings[one.opening] - 1 if one.opening else 0
    score = _score(shared, others)
    if score == 1.0:
        return graded("tone", "human", "own_opening", 1.0)
    start, end = one.opening_span
    values = one.reply[start:end]
    return graded("tone", "human", "same_opening", score, span=(start, end), words=values, n=shared, of=others)


def _courtesies(one: _Said, sentences: Counter[str], others: int) -> Grade:
    """By the sentence that is said most often elsewhere."""
    counted = [(sentences[text] - 1, span) for text, span in one.sentences]
    shared, span = max(counted, key=lambda found: found[0], default=(0, (0, 0)))
    score = _score(shared, others)
    if score == 1.0:
        return graded("tone", "human", "own_sentences", 1.0)
    said = one.reply[span[0] : span[1]]
    return graded("tone", "human", "same_sentences", score, span=span, words=said, n=shared, of=others)


def _score(shared: int, others: int) -> float:
    share = shared / others
    if shared <= 0 or share <= MAY_SHARE:
        return 1.0
    return round(max(0.0, 1 - (share - MAY_SHARE) / (ALL_SHARE - MAY_SHARE)), 4)


def _said(case: EvalCase, outcome: Outcome, brand: Brand) -> _Said:
    seen = see(case, outcome)
    names = frozenset(words(f"{case.message.author} {brand.voice.company}"))
    fixed = {_plain(line.text, names) for line in brand.lines if line.role in _FIXED}
    quoted = [(s["start"], s["end"]) for s in outcome.draft.get("sentences") or () if s.get("citations")]
    own = [span for span in body(seen.reply, seen.language, brand, case.message.channel) if not _in(span, quoted)]
    texts = [(_plain(seen.reply[start:end], names), (start, end)) for start, end in own]
    kept = tuple((text, span) for text, span in texts if text not in fixed)
    opening, opening_span = _first_words(seen, kept, names)
    return _Said(
        key=(outcome.suite, outcome.case, outcome.repeat),
        message=" ".join(words(case.message.text)),
        language=seen.language,
        reply=seen.reply,
        opening=opening,
        opening_span=opening_span,
        sentences=tuple((text, span) for text, span in kept if text.count(" ") >= _LEAST_WORDS - 1),
    )


def _first_words(seen: Seen, kept: Sequence[tuple[str, Span]], names: frozenset[str]) -> tuple[str, Span]:
    """The first words of the first sentence that is the reply's own."""
    if not kept:
        return "", (0, 0)
    text, (start, end) = kept[0]
    shown = [match.end() for match in re.finditer(r"\w+", seen.reply[start:end])][:OPENING]
    return " ".join(text.split()[:OPENING]), (start, start + (shown[-1] if shown else 0))


def _in(span: Span, others: Sequence[Span]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in others)


def _plain(text: str, names: frozenset[str]) -> str:
    """Folded words, figures and the customer's name blanked."""
    said = re.sub(r"\{\w+\}", " ", text)
    return " ".join("#" if word[0].isdigit() else word for word in words(said) if word not in names)
