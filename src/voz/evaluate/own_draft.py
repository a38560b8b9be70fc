"""What became of the model's own words: whether they stand in the reply, or were cut or replaced to make it sendable.

The pipeline mends a bad draft (voz.mending), so that the reply alone no longer shows what a prompt or a model does. A
broken prompt would pass every other grader as long as its harm is caught each time.

One grade in accuracy and one in tone, by the checks that kept the words out; both unscored where the model gave
nothing that could be used, none where no model was asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from voz.case import Case
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.reading import graded
from voz.evaluate.suite import Dimension
from voz.notes import note

if TYPE_CHECKING:
    from voz.pipeline import Desk

GRADER = "own_draft"
UNKNOWN = "support"
"""What is said to have kept a sentence out where no check finds fault with it alone."""
_BLOCKED = "blocked: "
_MARK = "\x00"
_OF_TONE = frozenset({"register", "language", "words", "limits", "blame"})
_PARTS: tuple[tuple[Dimension, bool], ...] = (("accuracy", False), ("tone", True))


def blocked_by(case: Case, desk: Desk) -> tuple[str, ...]:
    """The checks that kept words of the model out of this draft, in order of the alphabet."""
    from voz.pipeline import examined

    if case.draft is None:
        return ()
    fallback = str(case.draft.provenance.get("fallback", ""))
    found = set(fallback.removeprefix(_BLOCKED).split(", ")) if fallback.startswith(_BLOCKED) else set()
    for text in _removed(case.draft.notes):
        said = {f.check for f in examined(case, text, desk).findings if f.severity == "block"}
        found |= said or {UNKNOWN}
    return tuple(sorted(found))


def grade(outcome: Outcome) -> Iterator[Grade]:
    """Both grades of a reply that a model was asked to write."""
    provenance = outcome.draft.get("provenance", {})
    if outcome.error or ("prompts" not in provenance and "fallback" not in provenance):
        return
    nothing = "fallback" in provenance and not outcome.blocked
    for dimension, of_tone in _PARTS:
        checks = [check for check in outcome.blocked if (check in _OF_TONE) == of_tone]
        if nothing:
            yield graded(dimension, GRADER, "nothing", None, error=provenance["fallback"])
        elif checks:
            yield graded(dimension, GRADER, "kept_out", 0.0, checks=", ".join(checks))
        else:
            yield graded(dimension, GRADER, "stands", 1.0)


def _removed(notes: tuple[str, ...]) -> Iterator[str]:
    """The sentences that were cut, as the notes quote them."""
    before, between, _ = note("removed", text=_MARK, why=_MARK).split(_MARK)
    for one in notes:
        if one.startswith(before) and between in one:
            yield one[len(before) :].partition(between)[0]
