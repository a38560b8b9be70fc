"""What is said to an ask of a conversation: what was told before only where it is asked for again."""

from __future__ import annotations

from voz.case import AskEvidence, Case
from voz.conversation import asked_anew, beside_told, untold
from voz.passage_choice import Choice, Key, likeliest
from voz.passage_words import terms
from voz.reply_room import Room


def chosen_in_view(
    evidence: AskEvidence, case: Case, asked: bool, said: frozenset[Key], told: frozenset[Key], room: Room
) -> Choice:
    """The likeliest clauses for an ask. `said`: in this reply already; `told`: in earlier ones."""
    if not told:
        return likeliest(evidence, case, asked, said, room)
    beside = beside_told(evidence, case.message, told) if asked else None
    choice = likeliest(beside or evidence, case, asked, said | told, room)
    return _again(evidence, case, said, room) if asked and choice.covered else choice


def _again(evidence: AskEvidence, case: Case, said: frozenset[Key], room: Room) -> Choice:
    """What was told before, in one sentence, where that is asked again; of another thing, what was not told yet."""
    new = asked_anew(evidence.ask.text, case.message)
    if not new:
        return likeliest(evidence, case, True, said, Room(1, room.chars))
    choice = likeliest(untold(evidence, case.message), case, True, said, room)
    speaks = any(new & terms(f"{clause.label} {clause.text}") for clause in choice.clauses)
    return choice if speaks else Choice()
