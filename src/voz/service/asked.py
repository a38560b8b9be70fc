"""What a case asks now: the customer's last message with what was said before it, and what the triage says of it."""

from __future__ import annotations

import dataclasses
from typing import Any

from voz.case import Message, ThreadMessage
from voz.service import clock
from voz.service.remarks import words
from voz.service.service import Service
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import CaseRow, MessageRow
from voz.store.schema import messages


def last_asked(turns: list[MessageRow]) -> MessageRow:
    """The customer's last message."""
    return next(turn for turn in reversed(turns) if turn.incoming)


def newest_asked(tx: Tx, case_id: str) -> MessageRow | None:
    """The same without the rest of the conversation, which may be long."""
    newest = (messages.c.at.desc(), messages.c.stored_at.desc(), messages.c.id.desc())
    return access.first(tx, MessageRow, case_id=case_id, incoming=True, order=newest)


def thread_of(turns: list[MessageRow]) -> tuple[ThreadMessage, ...]:
    """What was said, as a message carries what came before it."""
    return tuple(
        ThreadMessage(author=turn.author, text=words(turn.text), from_company=not turn.incoming) for turn in turns
    )


def message_of(case: CaseRow, turns: list[MessageRow]) -> Message:
    """The customer's last message, with what was said before it as its thread."""
    last = turns.index(last_asked(turns))
    asked = turns[last]
    return Message.model_validate(
        {
            "id": asked.id, "channel": case.channel, "public": case.public, "author": asked.author or case.author,
            "text": words(asked.text), "region": case.region, "thread": thread_of(turns[:last]),
            "received_at": asked.at,
        }
    )  # fmt: skip


def triaged(service: Service, case: CaseRow, message: Message, read: clock.Reading) -> dict[str, Any]:
    """What the triage says, as the case keeps it, with the deadlines that follow; what a person has set stays."""
    seen = read.triage
    found: dict[str, Any] = {
        "kind": seen.kind, "route": seen.route, "language": seen.language, "emotion": seen.emotion,
        "urgency": seen.urgency, "risks": tuple(dict.fromkeys((*case.risks, *seen.risks))),
        "topics": seen.topics, "team": case.team or seen.team,
    }  # fmt: skip
    return {**found, **clock.deadlines(service, dataclasses.replace(case, **found), message, read)}
