"""A message that goes on with a conversation: what was said already, and what the new words lean on.

Everything here is empty for a first contact, so that ordinary drafts do not depend on it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise

from voz.case import Ask, AskEvidence, Case, Message
from voz.packaged import packaged
from voz.passage_clauses import clauses
from voz.passage_words import AskType, ask_types, generic_terms, terms
from voz.quantities import quantities
from voz.sentences import split_sentences
from voz.text import fold, words

SHORT_ASK_WORDS = 6
"""An ask of at most this many words is searched together with what was said before it."""
TURN_CHARS = 220
"""So much of the end of each of the last two turns goes with it."""
SAID = 0.7
"""The share of a clause's words that an earlier turn must hold, with all its figures, to have said it."""
BESIDE = 0.9
_TURNS, _TURN = 6, 4_000
_AND_THAT = re.compile(r"\b([ye]|and) (?:que|that) ")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(packaged("desk/conversation")[name])


def goes_on(message: Message) -> bool:
    """Whether the company has answered in this conversation before."""
    return any(turn.from_company for turn in message.thread)


def _ours(message: Message) -> tuple[str, ...]:
    return tuple(turn.text[:_TURN] for turn in message.thread if turn.from_company)[-_TURNS:]


def apologised(message: Message) -> bool:
    return any(_pattern("apology").search(fold(text)) for text in _ours(message))


def apologises(text: str) -> bool:
    """Whether a sentence of a reply is an apology."""
    return bool(_pattern("apologises").search(fold(text)))


def gave_what_we_asked(message: Message) -> bool:
    """The company's last turn asked for something to find the case by, and this message brings it."""
    ours = _ours(message)
    if not ours or not _pattern("asked_for").search(fold(ours[-1])):
        return False
    return bool(_pattern("given").search(fold(message.text[:_TURN])))


def said_line(message: Message, line: str) -> bool:
    """Whether a line stands in an earlier turn of the company, word for word."""
    spoken = " ".join(words(line))
    return bool(spoken) and any(spoken in " ".join(words(text)) for text in _ours(message))


def told(case: Case) -> frozenset[tuple[str, str]]:
    """The keys of the clauses found for the case that the company has told this customer already."""
    ours = _ours(case.message)
    if not ours:
        return frozenset()
    turns = [_sentences(text) for text in ours]
    return frozenset(
        clause.key
        for passage in case.evidence.passages
        for clause in clauses(passage)
        if any(_says(turn, clause.focus) for turn in turns)
    )


@lru_cache(maxsize=64)
def _sentences(turn: str) -> tuple[str, ...]:
    return tuple(turn[start:end] for start, end in split_sentences(turn))


def _says(turn: tuple[str, ...], clause: str) -> bool:
    """One sentence of the turn says the clause, or two that follow each other."""
    wanted = terms(clause)
    if not wanted:
        return False
    figures = quantities(clause)
    for spoken in (*turn, *(f"{one} {two}" for one, two in pairwise(turn))):
        if len(wanted & terms(spoken)) >= SAID * len(wanted):
            known = quantities(spoken)
            if all(any(figure.same(other) for other in known) for figure in figures):
                return True
    return False


def asked_anew(ask: str, message: Message) -> frozenset[str]:
    """What a question speaks of and the company's turns do not: where there is any, they are no answer to it."""
    new = frozenset(term for term in terms(ask) if not term.isdigit()) - generic_terms()
    return new - frozenset(term for text in _ours(message) for term in terms(text))


def untold(found: AskEvidence, message: Message) -> AskEvidence:
    """The evidence without the clauses that the company has told already."""
    turns = [_sentences(text) for text in _ours(message)]
    kept = tuple(hit for hit in found.clauses if not any(_says(turn, hit.text) for turn in turns))
    return found.model_copy(update={"clauses": kept})


def in_view(asks: tuple[Ask, ...], message: Message) -> tuple[Ask, ...]:
    """The asks with what to search for made whole from the turns before, where they are too short to stand alone."""
    if not message.thread:
        return asks
    before = " ".join(turn.text[-TURN_CHARS:] for turn in message.thread[-2:])
    return tuple(
        ask.model_copy(update={"query": f"{before} {ask.query or ask.text}".strip()})
        if len(words(ask.query or ask.text)) <= SHORT_ASK_WORDS
        else ask
        for ask in asks
    )


def beside_told(found: AskEvidence, message: Message, told: frozenset[tuple[str, str]]) -> AskEvidence | None:
    """For a short question that goes on («¿y si es eléctrica?»): what stands beside the clauses told and has its news.

    Too few words for a likelihood: that it is of the same section or table, and says the new word, is what counts.
    """
    new = asked_anew(found.ask.text, message)
    if not new or len(words(found.ask.text)) > SHORT_ASK_WORDS:
        return None
    sections = {passage_id for passage_id, _ in told}
    near = (hit for hit in untold(found, message).clauses if hit.passage_id in sections)
    hit = next((hit for hit in near if new <= terms(hit.text)), None)
    return found.model_copy(update={"clauses": (hit.model_copy(update={"score": BESIDE}),)}) if hit else None


def types_before(ask: str, message: Message) -> tuple[AskType, ...]:
    """What the customer's turn before asked for, where a short question goes on with it: «¿y si es eléctrica?»."""
    if not message.thread or len(words(ask)) > SHORT_ASK_WORDS:
        return ()
    theirs = [turn.text[:_TURN] for turn in message.thread if not turn.from_company]
    return ask_types(theirs[-1]) if theirs else ()


def as_told(text: str) -> str:
    """A colleague's answer without «dile que»."""
    text = " ".join(text.split())
    match = _pattern("told_to_say").match(fold(text)) if len(fold(text)) == len(text) else None
    return _AND_THAT.sub(r"\1 ", text[match.end() :]) if match else text
