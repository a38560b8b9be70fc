"""No case stays where nothing moves it any more: what failed goes on when a person says so."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from office import ANA, Office

from voz.deadlines.calendar import calendar_for
from voz.service import deliver, draft_work, review
from voz.service.period import Period
from voz.service.reports import unanswered
from voz.service.service import Undelivered
from voz.service.status import status_of
from voz.store import jobs
from voz.store.rows import CaseRow, DeliveryRow


def approved(office: Office, **more: Any) -> CaseRow:
    view = office.drafted(**more)
    return review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")


def worn_out(office: Office) -> None:
    """Every attempt that a delivery has."""
    for _ in range(deliver.ATTEMPTS):
        office.drain()
        office.clock.later(minutes=20)


def test_a_reply_that_was_refused_for_too_long_goes_out_when_a_person_tries_again(office: Office) -> None:
    case = approved(office)
    office.mailbox.fail = Undelivered("no connection")
    worn_out(office)
    failed = office.view(case.id).case
    assert (failed.status, failed.failed_step) == ("failed", "deliver")
    office.mailbox.fail = None
    review.retry(office.service, ANA, case.id, failed.version)
    office.drain()
    assert office.view(case.id).case.status == "delivered"
    assert len(office.mailbox.posts) == 1


def test_a_helpdesk_that_was_taken_out_of_the_settings_is_named(office: Office) -> None:
    case = approved(office)
    before, office.service = office.service, dataclasses.replace(office.service, destinations={})
    office.drain()
    failed = office.view(case.id).case
    assert (failed.status, failed.failed_step) == ("failed", "deliver")
    assert "helpdesks.yaml" in (failed.failure or "")
    office.service = before
    review.retry(office.service, ANA, case.id, failed.version)
    office.drain()
    assert office.view(case.id).case.status == "delivered"
    assert len(office.mailbox.posts) == 1


def test_what_a_person_has_seen_holds_nothing_back_any_more(office: Office) -> None:
    case = approved(office)
    wrote = office.clock.now + dt.timedelta(minutes=1)
    office.mailbox.news = lambda _, since: "Somebody answered there." if since < wrote else None  # type: ignore[method-assign]
    office.clock.later(minutes=2)
    office.drain()
    held = office.view(case.id).case
    assert (held.status, office.mailbox.posts) == ("failed", [])
    review.retry(office.service, ANA, case.id, held.version)
    office.drain()
    assert office.view(case.id).case.status == "delivered"


def test_the_private_half_stays_private_also_where_nobody_wants_the_public_one(office: Office) -> None:
    view = office.drafted(channel="x")
    assert view.draft.public_reply
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "", no_public=True)
    office.drain()
    assert office.mailbox.posts == []
    (only,) = office.view(view.case.id).deliveries
    assert (only.part, only.destination) == ("reply", "hand")


def test_only_what_waits_for_a_person_asks_for_one() -> None:
    row = DeliveryRow("s1", "c1", "a1", "reply", "mailbox", "reply", "Hola", dt.datetime.now(dt.UTC))
    assert not review.awaits_a_person(row)
    assert review.awaits_a_person(dataclasses.replace(row, destination="hand"))
    assert review.awaits_a_person(dataclasses.replace(row, state="uncertain"))
    assert not review.awaits_a_person(dataclasses.replace(row, destination="hand", state="sent"))


def test_the_stored_status_is_the_derived_one_while_a_case_is_drafted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = office.receive()
    seen: list[CaseRow] = []
    prepare = draft_work.prepare

    def watched(*given: Any, **more: Any) -> Any:
        seen.append(office.view(receipt.case_id).case)
        return prepare(*given, **more)

    monkeypatch.setattr(draft_work, "prepare", watched)
    office.drain()
    assert [(case.status, status_of(case)) for case in seen] == [("drafting", "drafting")]


def test_an_approval_ends_the_wait_for_another_draft(office: Office) -> None:
    view = office.drafted()
    case = review.rewrite(office.service, ANA, view.case.id, view.case.version, "más breve")
    case = review.approve(office.service, ANA, case.id, case.version, view.draft.reply or "")
    case = review.withdraw(office.service, ANA, case.id, case.version)
    assert case.status == "in_review"


def test_a_case_that_was_closed_while_it_was_drafted_is_not_drafted_for_ever(office: Office) -> None:
    view = office.drafted()
    case = review.rewrite(office.service, ANA, view.case.id, view.case.version, "más breve")
    case = review.close(office.service, ANA, case.id, case.version, "duplicate")
    assert review.reopen(office.service, ANA, case.id, case.version).status == "in_review"


def test_nobody_is_left_unanswered_in_any_of_these_states(office: Office) -> None:
    zone = calendar_for(office.service.desk.brand).timezone
    whole = Period(None, None, zone)
    approved(office)
    office.drain()
    office.receive("¿Cuánto cuesta el envío?")
    found = unanswered(office.service.database, whole, office.clock.now)
    assert (found.received, found.answered, len(found.open)) == (2, 1, 1)
    assert found.holds, [(one.code, one.faults) for one in found.broken]


def test_a_rewrite_that_somebody_waits_for_goes_before_a_heap_of_new_messages(office: Office) -> None:
    view = office.drafted()
    for number in range(3):
        office.receive(f"¿Cuánto cuesta el envío número {number}?", external_id=f"new-{number}")
    office.clock.later(seconds=5)
    review.rewrite(office.service, ANA, view.case.id, view.case.version, "más breve")
    with office.service.database.write() as tx:
        job = jobs.lease(tx, "w", office.clock(), dt.timedelta(seconds=9))
    assert job is not None
    assert job.case_id == view.case.id
