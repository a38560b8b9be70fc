"""Where nothing could be drafted: an empty draft, from which a person answers in their own words.

The message is understood as far as that goes; the evidence for each sentence is found for what the person types.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from voz.case import Case, Draft, Message
from voz.pipeline import understand
from voz.service.asked import last_asked, message_of, newest_asked
from voz.service.cases import case_of, conversation, latest_head, stored
from voz.service.service import Service
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import CaseRow, DraftRow
from voz.triage import triage

log = logging.getLogger(__name__)
WRITER = "person"


@dataclass(frozen=True)
class Blank:
    message_id: str
    case: Case


def blank(service: Service, case_id: str) -> Blank | None:
    """What a person can answer from; None where not even the message can be read. Takes no lock."""
    try:
        with service.database.read() as tx:
            case, turns = case_of(tx, case_id), conversation(tx, case_id)
        understood = _understood(service, message_of(case, turns))
    except Exception:  # the worker that tells of the failure must live on
        log.exception("nobody can answer case %s by hand", case_id)
        return None
    empty = {"draft": Draft(reply=None, writer=WRITER), "code": case.code}
    return Blank(last_asked(turns).id, understood.model_copy(update=empty))


def _understood(service: Service, message: Message) -> Case:
    """The message with what the knowledge says; without it where that is what fails."""
    desk = service.desk
    try:
        return understand(message, desk, today=service.today())
    except Exception:
        log.exception("message %s is answered without its passages", message.id)
        return Case(message=message, today=service.today(), role=desk.role, triage=triage(message, desk.brand))


def kept(tx: Tx, service: Service, case: CaseRow, empty: Blank) -> dict[str, Any]:
    """Store the empty draft, unless there is one for this message or nothing is left to answer; what changes."""
    before = latest_head(tx, case)
    drafted = before is not None and before.message_id == empty.message_id
    if drafted or case.approved_at or not case.open:
        return {}
    newest = newest_asked(tx, case.id)
    if newest is None or newest.id != empty.message_id:
        return {}
    now = service.now()
    row = DraftRow(
        id=access.new_id("d", now), case_id=case.id, number=before.number + 1 if before else 1,
        message_id=empty.message_id, writer=WRITER, reply=None, blocks=0, at=now, body=stored(empty.case),
    )  # fmt: skip
    access.add(tx, row)
    return {"draft_id": row.id}
