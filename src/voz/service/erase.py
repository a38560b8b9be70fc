"""The right to erasure, and retention: a person's words go, the figures stay.

Erased is what the customer wrote and what was written to or about them, wherever voz keeps it. What stays tells of no
person: dates, kinds, channel, status, distances, counts, and who of the team did what. Files in voz's own folders go
too; copies that voz does not own, such as the conversation in a helpdesk or a backup, are named and left to a person.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from voz.errors import InputError, NotFound, Refused
from voz.service import inbox, likeness
from voz.service.actor import SYSTEM, Actor, require
from voz.service.copies import NOWHERE, Left, Places, cleared, copies_of
from voz.service.export import case_named
from voz.service.receive import author_key
from voz.service.status import closing, stamped
from voz.store import access, erasure
from voz.store.database import Database, Tx
from voz.store.rows import AuditRow, CandidateRow, CaseRow, ConsultationRow, DeliveryRow, InboxEntry, MessageRow

CLOSED_AS = "customer_withdrew"
"""The reason that a case still open is closed with: who asks to be forgotten waits for no reply."""


@dataclass(frozen=True)
class Plan:
    """What would be erased."""

    cases: tuple[CaseRow, ...]
    also_in: tuple[str, ...] = ()
    """Tracking codes of other people's cases in which the person wrote: erased only when one of them is named."""
    twins: tuple[str, ...] = ()
    """Authors whose name differs in accents or marks alone, with the codes of their cases: nobody can know."""
    named_in: tuple[str, ...] = ()
    """Codes of other people's cases whose text holds all words of the name."""
    untaken: tuple[InboxEntry, ...] = ()
    """What a helpdesk delivered of the person and was not taken in yet."""

    @property
    def open(self) -> tuple[CaseRow, ...]:
        return tuple(case for case in self.cases if case.open)


@dataclass(frozen=True)
class Erased:
    codes: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    """Of these, the cases that were open and had to be closed first."""
    rows: dict[str, int] = field(default_factory=dict)
    """How many messages, drafts … were emptied."""
    removed: tuple[str, ...] = ()
    """Files of voz's own that were deleted."""
    left: tuple[Left, ...] = ()
    also_in: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    named_in: tuple[str, ...] = ()
    """For a person to decide on, as in Plan."""
    clean: bool = True
    """False: another process kept the database's file from being written anew; old pages stay until it is done."""


def plan(database: Database, author: str, case_id: str | None = None) -> Plan:
    """The person's cases, or the one that is named. Raises NotFound, or InputError where it is somebody else's."""
    key = author_key(author)
    if not key:
        raise InputError("Say whose data is to be erased: the name as it came in with the message.")
    with database.read() as tx:
        return _plan(tx, key, author, case_id)


def forget(
    database: Database, actor: Actor, author: str, now: dt.datetime, *, case_id: str | None = None,
    close_open: bool = False, places: Places = NOWHERE,
) -> Erased:  # fmt: skip
    """Erase a person's data from all of their cases, or from one. There is no way back.

    Raises Refused where the actor is no lead, where cases are still open or messages not read yet and `close_open` was
    not said, or where a reply is going out or a message being taken in at this moment; NotFound where there is nothing
    to erase. Nothing is erased then.
    """
    require(actor, "lead")
    key = author_key(author)
    found = plan(database, author, case_id)
    if found.open and not close_open:
        codes = ", ".join(case.code for case in found.open)
        raise Refused(f"{len(found.open)} of {len(found.cases)} cases are still open: {codes}. They can only be closed "
                      "without a reply and then erased; say so with --yes.", ("open",))  # fmt: skip
    if found.untaken and not close_open:
        raise Refused(f"{len(found.untaken)} messages of theirs wait to be read from the helpdesk. They can only be "
                      "erased unread; say so with --yes.", ("untaken",))  # fmt: skip
    if not found.cases and not found.untaken:
        return Erased(also_in=found.also_in, twins=found.twins, named_in=found.named_in)
    with database.write() as tx:
        erasure.in_secret(tx)
        cases = _locked(tx, key, found, case_id)
        untaken = tuple(inbox.of_person(tx, cases, key)) if case_id is None else ()
        if not cases and not untaken:
            raise NotFound("Somebody else has erased them meanwhile.")
        if (any(case.open for case in cases) or untaken) and not close_open:
            raise Refused("A case was opened or answered meanwhile: look again.", ("open",))
        done = _erased(tx, cases, actor, now)
        _forget_untaken(tx, done, untaken, now)
        _tell(tx, actor, now, done, reason="right to erasure")
    return _finished(database, done, places, found)


BATCH = 100


def retain(
    database: Database, now: dt.datetime, keep: dt.timedelta | None, *, places: Places = NOWHERE, rewrite: bool = False
) -> Erased:
    """Erase every case that was answered or closed longer ago than `keep`; None: none.

    Open cases, and ones that still owe the customer something, stay. Safe at any time, also in several processes.
    `rewrite`: write the file anew although nothing was erased now, because an earlier erasure could not.
    """
    parts: list[_Done] = []
    while keep is not None:
        with database.write() as tx:
            erasure.in_secret(tx)
            due = erasure.ended_before(tx, now - keep, now.date(), BATCH)
            if not due:
                break
            done = _erased(tx, due, SYSTEM, now)
            _tell(tx, SYSTEM, now, done, reason=f"retention of {keep.days} days")
            parts.append(done)
    if not parts:
        return Erased(clean=not rewrite or erasure.rewrite_file(database))
    whole = _Done()
    for part in parts:
        whole.add(part)
    return _finished(database, whole, places)


@dataclass
class _Done:
    codes: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    left: list[Left] = field(default_factory=list)
    examples: list[CandidateRow] = field(default_factory=list)
    incoming: list[MessageRow] = field(default_factory=list)

    def add(self, other: _Done) -> None:
        for name in ("codes", "closed", "left", "examples", "incoming"):
            getattr(self, name).extend(getattr(other, name))
        self.rows += other.rows


def _locked(tx: Tx, key: str, found: Plan, case_id: str | None) -> list[CaseRow]:
    """What was planned, as it is now: a case may have come in since, or been erased by somebody else."""
    if case_id is None:
        return erasure.cases_of(tx, key, lock=True)
    case = access.get(tx, CaseRow, found.cases[0].id, lock=True)
    return [case] if case is not None and case.erased_at is None else []


def _plan(tx: Tx, key: str, author: str, case_id: str | None) -> Plan:
    """Everybody's names are read for it: not under a lock that others wait for."""
    own = erasure.cases_of(tx, key)
    elsewhere = {case for name, case in erasure.writers(tx) if author_key(name) == key}
    if case_id is None:
        untaken = tuple(inbox.of_person(tx, own, key))
        if not own and not elsewhere and not untaken:
            raise NotFound(_nobody(tx, key, author))
        mine = {case.id for case in own}
        others = [access.get(tx, CaseRow, one) for one in sorted(elsewhere - mine)]
        return Plan(
            tuple(own), tuple(case.code for case in others if case is not None), likeness.twins(tx, author, mine),
            likeness.named_in(tx, author, mine | elsewhere), untaken,
        )  # fmt: skip
    case = case_named(tx, case_id)
    if case.erased_at:
        raise NotFound(f"The case {case.code} has already been erased.")
    if case.author_key != key and case.id not in elsewhere:
        raise InputError(f"The case {case.code} is not one of {author}'s: nothing was erased.")
    return Plan((case,), untaken=tuple(inbox.of_person(tx, (case,), None)))


def _nobody(tx: Tx, key: str, author: str) -> str:
    alike = ", ".join(dict.fromkeys([*likeness.twins(tx, author, set()), *erasure.known_authors(tx, key, 5)]))
    return f"There is no case of «{author}»." + (f" There are cases of: {alike}." if alike else "")


def _erased(tx: Tx, found: tuple[CaseRow, ...] | list[CaseRow], actor: Actor, now: dt.datetime) -> _Done:
    done = _Done()
    for case in found:
        deliveries = access.find(tx, DeliveryRow, case_id=case.id, lock=True)
        if case.open and any(one.state == "sending" for one in deliveries):
            raise Refused(f"A reply of case {case.code} is going out right now: try again in a minute.", ("sending",))
        examples = access.find(tx, CandidateRow, case_id=case.id)
        consulted = access.find(tx, ConsultationRow, case_id=case.id)
        incoming = access.find(tx, MessageRow, case_id=case.id, incoming=True, order=("id",))
        done.left += copies_of(case, deliveries, consulted)
        done.examples += [one for one in examples if one.state == "accepted"]
        done.incoming += [one for one in incoming if one.source == "folder" and one.external_id]
        done.rows.update(erasure.empty(tx, case, now, [*(e.id for e in examples), *(c.id for c in consulted)]))
        _blank(tx, case, actor, now)
        done.codes.append(case.code)
        if case.open:
            done.closed.append(case.code)
    if answers := erasure.forget_answers(tx, [one for case in found for one in (case.id, case.code, case.author)]):
        done.rows["answers"] = answers
    return done


def _forget_untaken(tx: Tx, done: _Done, entries: tuple[InboxEntry, ...], now: dt.datetime) -> None:
    inbox.forget(tx, entries, now)
    done.left += [Left("helpdesk", f"{one.helpdesk}: {one.thread or one.id}") for one in entries]
    if entries:
        done.rows["inbox"] = len(entries)


def _blank(tx: Tx, case: CaseRow, actor: Actor, now: dt.datetime) -> None:
    """The case's own row: closed if it was open, without name and words; the trail says who did it."""
    changes: dict[str, Any] = {
        "author": "", "author_key": "", "subject": "", "thread": None, "region": None, "failure": None,
        "claim_reason": _without_words(case.claim_reason), "closed_note": "" if case.closed_at else None,
        "held_by": None, "held_until": None, "snoozed_until": None, "erased_at": now,
    }  # fmt: skip
    if case.open:
        changes |= closing(now, actor.id, CLOSED_AS) | {"failed_step": None}
    changed = stamped(case, **changes)
    values = {one.name: getattr(changed, one.name) for one in fields(changed) if one.name != "id"}
    access.change(tx, CaseRow, case.id, **values)
    if case.open:
        _record(tx, actor, now, "closed", changed, {"reason": CLOSED_AS})
    _record(tx, actor, now, erasure.ERASED, changed, None)


def _without_words(claim_reason: str) -> str:
    from voz.service.claims_report import CORRECTED, reason_codes

    return claim_reason if claim_reason.startswith(f"{CORRECTED}:") else "; ".join(reason_codes(claim_reason))


def _tell(tx: Tx, actor: Actor, now: dt.datetime, done: _Done, *, reason: str) -> None:
    _record(tx, actor, now, erasure.ERASED, None, {"reason": reason, "cases": len(done.codes), "rows": dict(done.rows)})


def _record(tx: Tx, actor: Actor, now: dt.datetime, action: str, case: CaseRow | None, after: Any) -> None:
    key, version = (case.id, case.version) if case else (None, None)
    access.add(tx, AuditRow(0, now, actor.id, action, key, version, after=after))


def _finished(database: Database, done: _Done, places: Places, found: Plan = Plan(())) -> Erased:
    """What lies outside of the database, and the database's file written anew."""
    removed, left = cleared(places, done.left, done.examples, done.incoming)
    return Erased(
        codes=tuple(done.codes), closed=tuple(done.closed), rows=dict(done.rows), removed=removed, left=left,
        also_in=found.also_in, twins=found.twins, named_in=found.named_in, clean=erasure.rewrite_file(database),
    )  # fmt: skip
