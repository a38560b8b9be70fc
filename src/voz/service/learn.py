"""What a person's decision teaches: a candidate example, without personal data, for a person to accept or decline.

Nothing is learnt by itself. An accepted reply may serve as an example of style, never of facts, or become a case of an
evaluation suite, which is then never shown to the writer.
"""

from __future__ import annotations

import json
from pathlib import Path

from voz.service import trail
from voz.service.actor import Actor, require
from voz.service.redaction import OTHER, people, redacted
from voz.service.refusals import missing, refuse, unfit
from voz.service.service import Service
from voz.store import access
from voz.store.database import Tx
from voz.store.rows import CandidateRow, CaseRow, DecisionHead, DraftHead, MessageRow
from voz.style_examples import accepted

USES = ("style", "suite")


def proposed(tx: Tx, service: Service, case: CaseRow, decision: DecisionHead) -> CandidateRow | None:
    """Keep an answered message and its reply as a candidate, with personal data taken out."""
    draft = access.get(tx, DraftHead, decision.draft_id) if decision.draft_id else None
    asked = access.get(tx, MessageRow, draft.message_id) if draft else None
    if asked is None or draft is None:
        return None
    authors = (asked.author, case.author)
    names = people(asked.text, authors)

    def bare(text: str) -> str:
        return redacted(text.replace(case.code, OTHER), names, service.desk.brand, authors)

    row = CandidateRow(
        id=access.new_id("e", service.now()), case_id=case.id, decision_id=decision.id,
        message={
            "channel": case.channel, "public": case.public, "language": case.language, "region": case.region,
            "text": bare(asked.text),
        },
        drafted=bare(draft.reply or ""), reply=bare(decision.text),
        created_at=service.now(),
    )  # fmt: skip
    access.add(tx, row)
    return row


def decide(service: Service, actor: Actor, candidate_id: str, use: str | None) -> CandidateRow:
    """Accept a candidate for a use, or decline it (None). An accepted case is written to the suites' folder."""
    require(actor, "lead")
    if use is not None and use not in USES:
        raise unfit("no_use", use=use, uses=", ".join(USES))
    now = service.now()
    with service.database.write() as tx:
        row = access.get(tx, CandidateRow, candidate_id, lock=True)
        if row is None:
            raise missing("no_candidate", id=candidate_id)
        if row.state != "waiting":
            raise refuse("decided")
        state = "accepted" if use else "declined"
        access.change(tx, CandidateRow, row.id, state=state, use=use or "", decided_by=actor.id, decided_at=now)
        trail.record(tx, service, actor, f"candidate_{state}", subject=row.id, after={"use": use})
        found = access.get(tx, CandidateRow, row.id)
        assert found is not None
    if use is not None:
        written(service, found)
    return found


def written(service: Service, row: CandidateRow) -> Path:
    """The candidate as a file of its own in `<suites>/candidates/<use>/`; the same one again is the same file."""
    folder = accepted(service.suites, row.use)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{row.id}.json"
    body = {"id": row.id, "message": row.message, "reply": row.reply, "drafted": row.drafted, "use": row.use}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
