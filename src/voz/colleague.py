"""A colleague's answer to an ask that the knowledge left open: a passage like any other, with a person as its source.

It counts for its own case only: it is never indexed. That the company says so is the colleague's word, so the
passage keeps who gave it and when.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from voz.case import Ask, AskEvidence, Case, ClauseHit, Frozen, Passage, Text
from voz.statements import Clause, clauses
from voz.text import fold

if TYPE_CHECKING:
    from voz.brand import Brand
    from voz.embedding import Embedder
    from voz.grounding import Floats, Grounding

PERSON, SOURCE = "person", "person:"
MAX_ANSWER = 4_000
SAME_ASK = 0.5
MOST_ROWS = 512


class ColleagueAnswer(Frozen):
    """What a colleague answered to one ask of a case."""

    id: str = Field(min_length=1)
    ask: Text
    answer: Annotated[Text, Field(min_length=1, max_length=MAX_ANSWER)]
    team: str | None = Field(default=None, description="id of the team, as in the brand")
    person: Text = Field(default="", description="who answered; for the record, never for the customer")
    answered_at: dt.datetime | None = None


def is_person(passage: Passage) -> bool:
    """Whether a passage is a colleague's answer and not a document."""
    return passage.kind == PERSON and passage.source.startswith(SOURCE)


def passage_of(answer: ColleagueAnswer, brand: Brand) -> Passage:
    """The answer as a passage; its id changes with its words."""
    from voz.conversation import as_told
    from voz.language import detect_language

    team = brand.team(answer.team)
    said = as_told(answer.answer)
    mark = hashlib.sha256(f"{answer.id}\n{answer.answer}".encode()).hexdigest()[:12]
    return Passage(
        id=f"{PERSON}-{mark}",
        source=f"{SOURCE}{answer.id}",
        heading=team.name if team else "",
        text=said,
        kind=PERSON,
        team=answer.team,
        score=1.0,
        language=detect_language(said)[0] if len(said) > 20 else brand.voice.languages[0],
        valid_from=answer.answered_at.date() if answer.answered_at else None,
    )


def with_answers(case: Case, answers: Sequence[ColleagueAnswer], brand: Brand) -> Case:
    """The case with each answer as evidence for the ask that it answers; the later answer to an ask wins."""
    for answer in answers:
        passage = passage_of(answer, brand)
        asks = list(case.evidence.asks)
        place = _place(answer.ask, asks)
        if place is None:
            ask = Ask(text=answer.ask, start=0, end=0, query=answer.ask)
            asks.append(_answered(AskEvidence(ask=ask), passage))
        else:
            asks[place] = _answered(asks[place], passage)
        case = case.model_copy(update={"evidence": case.evidence.model_copy(update={"asks": tuple(asks)})})
    return case


def _answered(found: AskEvidence, passage: Passage) -> AskEvidence:
    others = tuple(other for other in found.passages if not is_person(other))
    hits = tuple(ClauseHit(passage_id=passage.id, text=clause.said.text, score=1.0) for clause in clauses(passage))
    return found.model_copy(update={"passages": (passage, *others), "clauses": (*hits, *found.clauses), "weak": False})


def _place(ask: str, asks: Sequence[AskEvidence]) -> int | None:
    """Which ask of the case it is: the same words, else the one that shares most of them."""
    from voz.passage_words import terms

    for n, found in enumerate(asks):
        if fold(found.ask.text).strip(" ¿?.!") == fold(ask).strip(" ¿?.!"):
            return n
    wanted = terms(ask)
    shares = [len(wanted & (own := terms(found.ask.text))) / (len(wanted | own) or 1) for found in asks]
    best = max(range(len(asks)), key=lambda n: shares[n], default=None)
    return best if best is not None and shares[best] >= SAME_ASK else None


def people_in(case: Case) -> tuple[Passage, ...]:
    """The colleagues' answers among what the case rests on."""
    return tuple(passage for passage in case.evidence.passages if is_person(passage))


def kept_answers(former: Case, fresh: Case) -> Case:
    """A case understood again, with the colleagues' answers that it had."""
    for found in former.evidence.asks:
        for passage in found.passages:
            if is_person(passage):
                asks = list(fresh.evidence.asks)
                place = _place(found.ask.text, asks)
                if place is None:
                    asks.append(_answered(AskEvidence(ask=found.ask), passage))
                else:
                    asks[place] = _answered(asks[place], passage)
                fresh = fresh.model_copy(update={"evidence": fresh.evidence.model_copy(update={"asks": tuple(asks)})})
    return fresh


def with_people(case: Case, grounding: Grounding) -> Grounding:
    """What sentences are compared with: the library's clauses, and those of the colleagues' answers in the case."""
    people = people_in(case)
    if not people or grounding.library is None:
        return grounding
    more = tuple(clause for passage in people for clause in clauses(passage))
    if not more:
        return grounding
    first = len(grounding.clauses)
    postings = dict(grounding.postings)
    for place, clause in enumerate(more, first):
        for stem in clause.scope:
            postings[stem] = np.append(postings.get(stem, np.zeros(0, np.int64)), place)
    weights = {stem: grounding.weight(stem) for stem in postings}
    rows = np.array([_row(_read(clause), grounding.library.embedder) for clause in more], np.float32)
    return replace(
        grounding,
        clauses=(*grounding.clauses, *more),
        vectors=np.vstack([grounding.vectors, rows]),
        postings=postings,
        weights=weights,
        _known={},
    )


def _read(clause: Clause) -> str:
    return f"{clause.context}: {clause.said.text}"


_rows: dict[tuple[str, str, str], Floats] = {}


def _row(text: str, embedder: Embedder) -> Floats:
    """Its vector; kept, since every edit of a reply compares with it again."""
    key = (embedder.name, embedder.version, text)
    if key not in _rows:
        if len(_rows) >= MOST_ROWS:
            _rows.clear()
        _rows[key] = np.asarray(embedder.passages([text])[0], np.float32)
    return _rows[key]
