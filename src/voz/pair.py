"""A public reply and a private one to the same public message.

In public: what happened to this customer, and where to go on; no clause, no data. In private: all of it.
"""

from __future__ import annotations

from voz import channels, extractive, letter
from voz.brand import Brand
from voz.case import Case, Channel, Draft, Frozen, Wish
from voz.letter import Part
from voz.passage_answers import find
from voz.wish_parts import wished
from voz.writing_desk import Desk, lay_desk

PRIVATE: dict[str, Channel] = {"dm": "chat", "contact": "email", "account": "email"}
"""How the conversation goes on, by how a platform lets it: its own private messages, or a letter."""
_KINDS = ("complaint", "mixed", "question")
_CRISES = (None, "safety", "discrimination", "minors", "legal")


class Pair(Frozen):
    """Two cases of one message: what everybody reads, and what only the customer does.

    `private.message` is not public, and is on the channel that the conversation goes on in: `chat` where the
    platform has private messages, `email` where it has none.
    """

    public: Case
    private: Case


def public_case(case: Case, brand: Brand, *, bare: bool = False) -> Case | None:
    """The case with the short public draft; None where nothing has to move to private. `bare`: no words of theirs."""
    seen = case.triage
    if seen is None or not case.message.is_public or seen.route == "ignore" or seen.kind not in _KINDS:
        return None
    desk = lay_desk(case, brand, seen)
    if desk.crisis not in _CRISES:
        return None
    if bare:
        desk = Desk(desk.case, desk.brand, desk.triage, desk.tone, _without_details(desk.slots), desk.crisis)
    draft = extractive.write(case, brand) if desk.crisis else _short(desk)
    if draft is None:
        return None
    marked = draft.model_copy(update={"provenance": {**draft.provenance, "pair": "public"}})
    return case.model_copy(update={"draft": marked, "supports": (), "findings": ()})


def _short(desk: Desk) -> Draft | None:
    """What happened, the apology that belongs to it, and the way on; none where there is no way on to name.

    In a crisis the reply is not shortened: what to do and whom to call is for everybody to read.
    """
    opening = extractive._opening(desk, True)
    ways = extractive._next_step(desk, [], find(desk.case, desk.brand, desk.tone))
    if not opening or not ways:
        return None
    if "legal" in desk.triage.risks and (line := desk.line("offer")):
        opening.append(Part(line, "answer", drop=4))
    channel = desk.case.message.channel
    parts = wished(desk, [*extractive._greeting(desk), *opening, *ways, *extractive._signoff(desk)])
    reply, sentences, _ = letter.fit(parts, channel, desk.brand.style(channel), "")
    provenance = {"writer": "extractive", "language": desk.tone.language, "address": desk.tone.address}
    return Draft(reply=reply, sentences=sentences, provenance=provenance)


def _without_details(slots: dict[str, str]) -> dict[str, str]:
    kept = ("company", "contact", "team")
    return {name: value if name in kept else "" for name, value in slots.items()}


def private_case(case: Case, brand: Brand) -> Case:
    """The same case as it is answered in private, in the register that the conversation began in."""
    assert case.triage is not None
    message = case.message
    channel = PRIVATE.get(channels.rule(message.channel).reach, message.channel)
    address = lay_desk(case, brand, case.triage).tone.address
    moved = message.model_copy(update={"public": False, "channel": channel})
    wish = (case.wish or Wish()).model_copy(update={"address": address})
    return case.model_copy(update={"message": moved, "wish": wish, "draft": None, "supports": (), "findings": ()})
