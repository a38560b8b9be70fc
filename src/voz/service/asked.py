"""What a case asks now: the customer's last message with what was said before it, and what the triage says of it."""

from __future__ import annotations

import dataclasses
from typing import Any

from voz.case import Message, ThreadMessage, Triage
from voz.service import clock
from voz.service.remarks import words
from voz.service.service import Service
from voz.store.rows import CaseRow, MessageRow


def last_asked(turns: list[MessageRow]) -> MessageRow:
    """The customer's last message."""
    return next(turn for turn in reversed(turns) if turn.incoming)


def message_of(case: CaseRow, turns: list[MessageRow]) -> Message:
    """The customer's last message, with what was said before it as its thread."""
    last = turns.index(last_asked(turns))
    earlier = tuple(
        ThreadMessage(author=turn.author, text=words(turn.text), from_company=not turn.incoming)
        for turn in turns[:last]
    )
    asked = turns[last]
    return Message.model_validate(
        {
            "id": asked.id, "channel": case.channel, "public": case.public, "author": asked.author or case.author,
            "text": words(asked.text), "region": case.region, "thread": earlier, "received_at": asked.at,
        }
    )  # fmt: skip


def triaged(service: Service, case: CaseRow, message: Message, seen: Triage) -> dict[str, Any]:
    """What the triage says, as the case keeps it, with the deadlines that follow; what a person has set stays."""
    found: dict[str, Any] = {
        "kind": seen.kind, "route": seen.route, "language": seen.language, "emotion": seen.emotion,
        "urgency": seen.urgency, "risks": tuple(dict.fromkeys((*case.risks, *seen.risks))),
        "topics": seen.topics, "team": case.team or seen.team,
    }  # fmt: skip
    return {**found, **clock.deadlines(service, dataclasses.replace(case, **found), message, seen)}
