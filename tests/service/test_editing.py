"""Messages that are edited or deleted in the helpdesk, whenever that is told."""

from __future__ import annotations

import datetime as dt

import pytest
from office import ANA, COMPLAINT, NOW, Office

from voz.case import MAX_MESSAGE_CHARS
from voz.errors import Conflict
from voz.helpdesk.contract import Edited
from voz.service import draft_work, review
from voz.service.taking_in import take
from voz.service.view import CaseView
from voz.store import access, jobs
from voz.store.rows import CaseRow, DeliveryRow, JobRow

SOLVED = "Ya está resuelto, no hace falta nada, gracias."


def edit(office: Office, text: str, minute: float | None = None, key: str = "m-1") -> None:
    at = None if minute is None else NOW + dt.timedelta(minutes=minute)
    take(office.service, Edited("mailbox", key, text, at))


def approve(office: Office, view: CaseView) -> CaseRow:
    assert view.draft is not None
    return review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")


def test_an_edit_after_the_approval_takes_it_back(office: Office) -> None:
    view = office.drafted(external_id="m-1", thread="t1")
    approve(office, view)
    edit(office, SOLVED)
    office.drain()
    after = office.view(view.case.id)
    assert office.mailbox.posts == []
    assert (after.case.status, after.case.approved_at, after.case.subject) == ("in_review", None, SOLVED)
    assert [(one.state, one.error) for one in after.deliveries] == [("cancelled", "the customer changed their message")]
    assert after.draft is not None
    assert after.draft.number == 2
    approve(office, after)
    office.drain()
    assert len(office.mailbox.posts) == 1


def test_what_may_be_out_already_stays_with_the_person_who_looks(office: Office) -> None:
    view = office.drafted(external_id="m-1", thread="t1")
    approve(office, view)
    office.mailbox.fail, office.mailbox.blind = RuntimeError("lost"), True
    for _ in range(3):
        office.drain()
        office.clock.later(minutes=2)
    edit(office, SOLVED)
    office.drain()
    after = office.view(view.case.id)
    assert (after.case.status, [one.state for one in after.deliveries]) == ("failed", ["uncertain"])
    assert after.case.version > view.case.version


def test_a_part_that_waits_behind_one_that_is_out_is_held_back(office: Office) -> None:
    view = office.drafted(external_id="m-1", thread="t1")
    case = approve(office, view)
    office.drain()
    with office.service.database.write() as tx:
        first = access.find(tx, DeliveryRow, case_id=case.id)[0]
        part = {"id": "s-2", "part": "public", "state": "waiting"}
        access.add(tx, DeliveryRow(case_id=case.id, decision_id=first.decision_id, destination="mailbox", mode="reply",
                                   text="Te escribimos.", created_at=NOW, **part))  # fmt: skip
        access.change(tx, CaseRow, case.id, delivered_at=None, open=True, status="approved")
        jobs.enqueue(tx, "deliver", now=NOW, case_id=case.id, ref="s-2", key="deliver:s-2")
    edit(office, SOLVED)
    office.drain()
    after = office.view(case.id)
    assert len(office.mailbox.posts) == 1
    assert (after.case.failed_step, after.case.failure) == ("deliver", "the customer changed their message")


def test_an_old_draft_is_not_approved_for_edited_words(office: Office) -> None:
    view = office.drafted(external_id="m-1", thread="t1")
    edit(office, SOLVED)
    with pytest.raises(Conflict, match="edited_there"):
        approve(office, view)


def test_a_draft_of_the_old_words_is_not_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = office.receive(external_id="m-1", thread="t1")
    prepare = draft_work.prepare

    def meanwhile(*given: object, **named: object) -> object:
        monkeypatch.setattr(draft_work, "prepare", prepare)
        edit(office, SOLVED)
        return prepare(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(draft_work, "prepare", meanwhile)
    office.drain()
    after = office.view(receipt.case_id)
    assert after.drafted is not None
    assert (after.case.status, after.drafted.message.text) == ("in_review", SOLVED)
    assert after.draft is not None
    assert after.draft.number == 1


@pytest.mark.parametrize("drafted", [True, False], ids=["after a draft", "before the first"])
def test_edits_that_come_before_voz_drafts_make_one_draft(office: Office, drafted: bool) -> None:
    case_id = office.receive(external_id="m-1", thread="t1").case_id
    if drafted:
        office.drain()
    for text in ("¿Y mi taza?", "¿Cuánto cuesta el envío?", SOLVED):
        edit(office, text)
    assert office.drain() == 1
    after = office.view(case_id)
    assert after.drafted is not None
    assert after.draft is not None
    assert (after.draft.number, after.drafted.message.text) == (2 if drafted else 1, SOLVED)


def test_an_edit_leaves_what_a_person_asked_for(office: Office) -> None:
    view = office.drafted(external_id="m-1", thread="t1")
    review.rewrite(office.service, ANA, view.case.id, view.case.version, "más breve")
    edit(office, SOLVED)
    assert office.drain() == 2


def test_an_older_edit_never_counts(office: Office) -> None:
    view = office.drafted(external_id="m-1", thread="t1")
    edit(office, "Lo último", 5)
    edit(office, "Lo de antes", 4)
    edit(office, "Lo último", 7)
    edit(office, "Lo de en medio", 6)
    assert office.view(view.case.id).messages[0].text == "Lo último"
    edit(office, "Sin hora")
    assert office.view(view.case.id).messages[0].text == "Sin hora"


def test_an_edit_that_comes_before_its_message_is_not_lost(office: Office) -> None:
    edit(office, "Lo último", 5)
    edit(office, "Lo de antes", 4)
    view = office.drafted(COMPLAINT, external_id="m-1", thread="t1")
    assert view.messages[0].text == "Lo último"
    assert office.receive(COMPLAINT, external_id="m-1", thread="t1").new_message is False
    edit(office, "Lo de antes", 4)
    assert office.view(view.case.id).messages[0].text == "Lo último"
    edit(office, "", key="m-2")
    gone = office.drafted(COMPLAINT, external_id="m-2", thread="t2")
    assert gone.messages[0].text == f"[El cliente ha borrado este mensaje. Decía:]\n\n{COMPLAINT}"


@pytest.mark.parametrize("text", ["", "  ", "a" * (MAX_MESSAGE_CHARS + 1)], ids=["deleted", "blank", "long"])
def test_no_edit_makes_drafting_fail(office: Office, text: str) -> None:
    view = office.drafted(external_id="m-1", thread="t1")
    edit(office, text)
    edit(office, text)
    office.drain()
    after = office.view(view.case.id)
    with office.service.database.read() as tx:
        assert [job.error for job in access.find(tx, JobRow, kind="draft")] == ["", ""]
    assert after.case.status == "in_review"
    said = after.messages[0].text
    if text.strip():
        assert said.endswith("\n\n[El mensaje sigue: aquí se ha cortado. Entero está en el helpdesk.]")
        assert len(said) == MAX_MESSAGE_CHARS
    else:
        assert said == f"[El cliente ha borrado este mensaje. Decía:]\n\n{COMPLAINT}"
        assert after.drafted is not None
        assert after.drafted.message.text == COMPLAINT  # what voz says beside it is not answered


def test_an_edit_that_came_first_is_what_the_case_is_about(office: Office) -> None:
    take(office.service, Edited(source="mailbox", external_id="1", text="Exijo la hoja de reclamaciones por la jarra."))
    receipt = office.receive("Hola, ¿abrís mañana?", external_id="1")
    case = office.view(receipt.case_id).case
    assert case.subject.startswith("Exijo la hoja")
    assert case.claim
