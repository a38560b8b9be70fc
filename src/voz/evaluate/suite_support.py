"""The suites' own `support` grader on any text and context: the context becomes a company's one document.

It is read, cut into clauses and compared by what `voz check` runs, and graded as a reply of a suite is. The document
is taken to be public and in force, whatever its text says of dates or audiences: the labels know no such thing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from voz.evaluate.labelled import LabelledItem

if TYPE_CHECKING:
    from voz.case import Passage
    from voz.embedding import Embedder
    from voz.evaluate.outcome import Grade
    from voz.pipeline import Desk

DAY = dt.date(2026, 11, 23)
NAME = "contexto.md"
CONTEXTS = 4


def opened() -> Callable[[LabelledItem], float | None]:
    """A score from 0 to 1: the mean of the grades of the text's sentences; None where it weighs none of them."""
    grades_of = grading()
    return lambda item: mean_of(grades_of(item), "support")


def grading() -> Callable[[LabelledItem], tuple[Grade, ...]]:
    """What accuracy makes of an item's text as a reply; nothing where the item has no context."""
    from voz.config import Settings
    from voz.embedding import open_embedder

    embedder = open_embedder(Settings())

    @lru_cache(maxsize=CONTEXTS)
    def desk_of(context: str) -> Desk | None:
        passages = _passages(context)
        return _desk(passages, embedder) if passages else None

    def graded(item: LabelledItem) -> tuple[Grade, ...]:
        desk = desk_of(item.context) if item.context.strip() else None
        return _grades(item, desk) if desk else ()

    return graded


def mean_of(grades: Sequence[Grade], grader: str) -> float | None:
    found = [one.score for one in grades if one.grader == grader and one.score is not None]
    return fmean(found) if found else None


def _passages(context: str) -> tuple[Passage, ...]:
    from voz.errors import DocumentError
    from voz.knowledge.documents import parse_document, resolve

    try:
        parsed = parse_document(Path(), Path(NAME), context.encode("utf-8", "replace"))
    except DocumentError:
        return ()
    open_to_all = {"audience": "public", "valid_from": None, "valid_until": None, "regions": ()}
    return tuple(one.passage.model_copy(update=open_to_all) for one in resolve([parsed], {})[0])


def _desk(passages: tuple[Passage, ...], embedder: Embedder) -> Desk:
    import numpy as np

    from voz.brand import Brand
    from voz.entailment import open_judge
    from voz.grounding import Grounding
    from voz.knowledge.library import Library
    from voz.knowledge.shelf import Contents
    from voz.pipeline import Desk
    from voz.statements import clauses

    nothing_searched = np.zeros((len(passages), embedder.dim), np.float32)
    library = Library(Contents(passages, nothing_searched, {}, (), ()), embedder, None, None)
    found = tuple(clause for passage in passages for clause in clauses(passage))
    vectors = embedder.passages([f"{clause.context}: {clause.said.text}" for clause in found])
    grounding = replace(Grounding.build(found, vectors, library), judge=open_judge)
    return Desk(Brand(), library, embedder, DAY, grounding=grounding)


def _grades(item: LabelledItem, desk: Desk) -> tuple[Grade, ...]:
    from voz.case import Case, Message
    from voz.evaluate import accuracy
    from voz.evaluate.outcome import Outcome
    from voz.evaluate.suite import EvalCase
    from voz.pipeline import examined
    from voz.wire import check_to_json

    message = Message(text=item.message or "?", language=item.language)
    judged = check_to_json(examined(Case(message=message, today=DAY), item.text, desk))
    drafted = {"reply": item.text, "triage": {"language": item.language or "es"}}
    outcome = Outcome(suite="labelled", case="item", key="", draft=drafted, examined=judged)
    return accuracy.grade(EvalCase(id="item", message=message), outcome, desk.brand)
