"""Asking a colleague: a question goes to the team that knows, the answer comes back into the draft as a cited source.

What a colleague answered is also proposed as an addition to the knowledge: a file and its difference, for a person to
accept. It is never indexed by itself.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from voz.service import trail
from voz.service.actor import SYSTEM, Actor, require
from voz.service.cases import case_of, conversation, for_change, save
from voz.service.redaction import one_line, paragraphs, people, redacted
from voz.service.refusals import missing, refuse, unfit
from voz.service.service import Service
from voz.store import access, jobs, queue
from voz.store.database import Tx
from voz.store.rows import CaseRow, ConsultationRow

MAX_ANSWER_CHARS = 5_000


@dataclass(frozen=True)
class Asked:
    consultation: ConsultationRow
    token: str
    """The secret of the link that lets the colleague answer without a login; it is shown once and only kept hashed."""


def ask(service: Service, actor: Actor, case_id: str, version: int, question: str, team: str, about: str = "") -> Asked:
    """Ask a team of the brand's teams file. Raises NotFound for another, InputError for no question."""
    require(actor, "agent")
    if not question.strip():
        raise unfit("empty_question")
    if service.desk.brand.team(team) is None:
        raise missing("no_team", team=team)
    token, now = secrets.token_urlsafe(24), service.now()
    with service.database.write() as tx:
        case = for_change(tx, case_id, version)
        if not case.open:
            raise refuse("not_open", status=case.status)
        row = ConsultationRow(
            id=access.new_id("q", now), case_id=case.id, ask=about or question.strip(), question=question.strip(),
            team=team, asked_by=actor.id, asked_at=now, link_hash=_hash(token), link_until=now + service.limits.link,
        )  # fmt: skip
        access.add(tx, row)
        save(tx, service, actor, case, "consulted", subject=row.id, after={"team": team, "question": row.question},
             consulting=case.consulting + 1)  # fmt: skip
    return Asked(row, token)


def by_link(service: Service, token: str) -> ConsultationRow:
    """The consultation that a link opens. Raises NotFound once it was answered, withdrawn or has run out."""
    with service.database.read() as tx:
        row = access.first(tx, ConsultationRow, link_hash=_hash(token))
    if row is None or row.cancelled_at or row.answered_at or (row.link_until and row.link_until < service.now()):
        raise missing("link_gone")
    return row


def answer(service: Service, name: str, consultation_id: str, text: str, actor: Actor = SYSTEM) -> CaseRow:
    """A colleague's answer, in their name; the case is drafted again with it."""
    if not text.strip() or not name.strip():
        raise unfit("empty_answer")
    if len(text) > MAX_ANSWER_CHARS:
        raise unfit("too_long", count=len(text), limit=MAX_ANSWER_CHARS)
    with service.database.write() as tx:
        row, case = _waiting(tx, consultation_id)
        now = service.now()
        access.change(tx, ConsultationRow, row.id, answer=text.strip(), answered_by=name.strip(), answered_at=now,
                      link_hash=None, proposal="proposed")  # fmt: skip
        if case.open and not case.approved_at:
            jobs.enqueue(tx, "draft", now=now, case_id=case.id, ref=f"answer:{row.id}", key=f"draft:{row.id}",
                         awaited=True)  # fmt: skip
        return save(
            tx, service, actor, case, "consultation_answered", subject=row.id, after={"by": name.strip()},
            consulting=max(case.consulting - 1, 0),
        )  # fmt: skip


def answer_by_link(service: Service, token: str, name: str, text: str) -> CaseRow:
    return answer(service, name, by_link(service, token).id, text)


def cancel(service: Service, actor: Actor, consultation_id: str) -> CaseRow:
    """Nobody needs the answer any more; its link stops working."""
    require(actor, "agent")
    with service.database.write() as tx:
        row, case = _waiting(tx, consultation_id)
        access.change(tx, ConsultationRow, row.id, cancelled_at=service.now(), link_hash=None)
        return save(tx, service, actor, case, "consultation_cancelled", subject=row.id,
                    consulting=max(case.consulting - 1, 0))  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """An addition to the knowledge, as the file would be."""

    path: Path
    content: str
    diff: str


def proposal(service: Service, consultation_id: str) -> Proposal:
    """What accepting the answer would add, and where. Raises NotFound."""
    with service.database.read() as tx:
        return _proposal(tx, service, consultation_id)


def _proposal(tx: Tx, service: Service, consultation_id: str) -> Proposal:
    row = access.get(tx, ConsultationRow, consultation_id)
    if row is None or not row.answer or not row.answered_at:
        raise missing("no_answered", id=consultation_id)
    path = service.knowledge / "consultas" / f"{row.team}.md"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    title = json.dumps(f"Consultas: {_team(service, row.team)}", ensure_ascii=False)  # JSON is YAML
    head = f"---\ntitle: {title}\nteam: {row.team}\naudience: public\n---\n"
    content = (before or head) + _entry(tx, service, row, row.answered_at.date())
    diff = difflib.unified_diff(before.splitlines(True), content.splitlines(True), f"a/{path.name}", f"b/{path.name}")
    return Proposal(path, content, "".join(diff))


def _entry(tx: Tx, service: Service, row: ConsultationRow, day: dt.date) -> str:
    """A section: anybody may read it, so neither question nor answer says who the customer is or starts another one."""
    said = [turn for turn in conversation(tx, row.case_id) if turn.incoming]
    authors = {case_of(tx, row.case_id).author, *(turn.author for turn in said)}
    names = people("\n\n".join([row.question, *(turn.text for turn in said)]), authors)
    brand = service.desk.brand
    question = one_line(redacted(row.question, names, brand, authors))
    answer = paragraphs(redacted(row.answer or "", names, brand, authors, numbers=False))
    return f"\n## {question}\n\n{answer}\n\n<!-- {one_line(row.answered_by or '')}, {day.isoformat()} -->\n"


def accept(service: Service, actor: Actor, consultation_id: str, *, accepted: bool = True) -> Proposal:
    """A lead takes the proposed addition into the folder, or declines it; `voz index` is what indexes it."""
    require(actor, "lead")
    with service.database.write() as tx:
        queue.one_at_a_time(tx, "knowledge")  # the file is read and written again: two at once would lose one
        offered = _proposal(tx, service, consultation_id)
        row = access.get(tx, ConsultationRow, consultation_id, lock=True)
        if row is None or row.proposal != "proposed":
            raise refuse("decided")
        state = "accepted" if accepted else "declined"
        access.change(tx, ConsultationRow, row.id, proposal=state)
        case = case_of(tx, row.case_id)
        after = {"file": str(offered.path)} if accepted else None
        trail.record(tx, service, actor, f"knowledge_{state}", case, subject=row.id, after=after)
        if accepted:
            offered.path.parent.mkdir(parents=True, exist_ok=True)
            offered.path.write_text(offered.content, encoding="utf-8")
    return offered


def _waiting(tx: Tx, consultation_id: str) -> tuple[ConsultationRow, CaseRow]:
    """A consultation that nobody has answered, and its case: locked, the case first (see voz.service.deliver)."""
    known = access.get(tx, ConsultationRow, consultation_id)
    if known is None:
        raise missing("no_consultation", id=consultation_id)
    case = case_of(tx, known.case_id, lock=True)
    row = access.get(tx, ConsultationRow, consultation_id, lock=True)
    if row is None or row.answered_at or row.cancelled_at:
        raise refuse("answered")
    return row, case


def _team(service: Service, team_id: str) -> str:
    team = service.desk.brand.team(team_id)
    return team.name if team else team_id


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
