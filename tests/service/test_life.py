"""The life of a case: received once, drafted, approved, delivered once, never lost on the way."""

from __future__ import annotations

import datetime as dt

import pytest
from office import ANA, COMPLAINT, EVA, LUIS, Office

from voz.errors import Conflict, InputError, Refused
from voz.service import holding, review, scratches
from voz.service.service import Undelivered
from voz.store import access
from voz.store.rows import CandidateRow, CaseRow, MessageRow


def approve(office: Office, case_id: str, text: str | None = None) -> CaseRow:
    view = office.view(case_id)
    said = text if text is not None else view.draft.reply or ""
    return review.approve(office.service, ANA, case_id, view.case.version, said)


def test_a_message_becomes_a_case_with_a_code_before_anything_else(office: Office) -> None:
    receipt = office.receive()
    case = office.view(receipt.case_id).case
    assert case.status == "received"
    assert case.code == receipt.code
    assert case.open


def test_the_same_message_again_is_the_same_case(office: Office) -> None:
    first = office.receive(external_id="7")
    again = office.receive(external_id="7")
    assert (again.case_id, again.new_message) == (first.case_id, False)
    bare = office.receive("Hola, ¿hacéis envíos a Ceuta?")
    office.clock.later(minutes=3)
    assert office.receive("Hola, ¿hacéis envíos a Ceuta?").case_id == bare.case_id
    office.clock.later(minutes=30)
    assert office.receive("Hola, ¿hacéis envíos a Ceuta?").case_id != bare.case_id


def test_it_is_drafted_triaged_and_given_its_deadlines(office: Office) -> None:
    view = office.drafted()
    assert view.case.status == "in_review"
    assert view.draft.reply
    assert view.case.claim, view.case.claim_reason
    assert view.case.due_at > office.clock.now
    assert view.drafted.evidence.passages


def test_an_approved_reply_is_delivered_and_said_in_the_conversation(office: Office) -> None:
    view = office.drafted()
    approve(office, view.case.id)
    assert office.view(view.case.id).case.status == "approved"
    office.drain()
    done = office.view(view.case.id)
    assert done.case.status == "delivered"
    assert [text for _, text in office.mailbox.posts] == [view.draft.reply.strip()]
    assert done.messages[-1].text == view.draft.reply.strip()
    assert not done.messages[-1].incoming
    office.drain()
    assert len(office.mailbox.posts) == 1


def test_the_second_of_two_reviewers_gets_a_conflict_that_says_what_changed(office: Office) -> None:
    view = office.drafted()
    approve(office, view.case.id)
    with pytest.raises(Conflict) as told:
        review.approve(office.service, LUIS, view.case.id, view.case.version, "Hola, Marta.")
    assert any("approved" in change for change in told.value.changes)


def test_a_reply_with_an_invented_amount_is_not_approved_but_a_lead_may_override_in_writing(office: Office) -> None:
    view = office.drafted()
    lie = "Hola, Marta: el envío a la península cuesta 17,50 €."
    with pytest.raises(Refused) as told:
        approve(office, view.case.id, lie)
    assert told.value.stops
    version = office.view(view.case.id).case.version
    with pytest.raises(Refused):
        review.approve(office.service, ANA, view.case.id, version, lie, override="porque sí")
    case = review.approve(office.service, EVA, view.case.id, version, lie, override="Tarifa nueva desde hoy.")
    assert case.status == "approved"
    entry = next(one for one in office.view(case.id).trail if one.action == "overridden")
    assert entry.after["override"] == "Tarifa nueva desde hoy."


def test_a_promise_beyond_the_role_is_refused_and_says_who_may(office: Office) -> None:
    view = office.drafted()
    with pytest.raises(Refused) as told:
        approve(office, view.case.id, "Hola, Marta: te regalamos un vale de 500 € por las molestias.")
    assert told.value.stops


def test_a_follow_up_joins_its_case_takes_back_what_was_not_out_and_is_drafted_with_the_conversation(
    office: Office,
) -> None:
    view = office.drafted(thread="t1")
    approve(office, view.case.id)
    office.clock.later(minutes=1)
    again = office.receive("¿Y cuánto tarda el envío?", thread="t1")
    assert again.case_id == view.case.id
    case = office.view(view.case.id).case
    assert case.approved_at is None
    office.drain()
    assert office.mailbox.posts == []
    after = office.view(view.case.id)
    assert after.draft.number == 2
    assert after.drafted.message.thread[0].text == COMPLAINT
    assert after.case.status == "in_review"


def test_an_answered_case_opens_again_when_the_customer_writes(office: Office) -> None:
    view = office.drafted(thread="t1")
    approve(office, view.case.id)
    office.drain()
    first = office.view(view.case.id).case.answered_at
    office.clock.later(days=2)
    office.receive("Sigo esperando.", thread="t1")
    case = office.view(view.case.id).case
    assert case.open
    assert case.received_at == office.clock.now
    assert case.answered_at == first


def test_what_certainly_did_not_go_out_is_tried_again(office: Office) -> None:
    view = office.drafted()
    office.mailbox.fail = Undelivered("no connection")
    approve(office, view.case.id)
    office.drain()
    assert office.view(view.case.id).case.status == "approved"
    office.mailbox.fail = None
    office.clock.later(minutes=1)
    office.drain()
    assert office.view(view.case.id).case.status == "delivered"
    assert len(office.mailbox.posts) == 1


def test_an_answer_that_got_lost_does_not_become_a_second_reply(office: Office) -> None:
    view = office.drafted()
    office.mailbox.fail = TimeoutError("no answer")
    approve(office, view.case.id)
    office.drain()
    office.mailbox.fail = None
    office.clock.later(minutes=1)
    office.drain()
    assert office.view(view.case.id).case.status == "delivered"
    assert len(office.mailbox.posts) == 1


def test_where_the_thread_cannot_be_read_a_person_is_asked(office: Office) -> None:
    view = office.drafted()
    office.mailbox.fail, office.mailbox.blind = TimeoutError("no answer"), True
    approve(office, view.case.id)
    office.drain()
    office.clock.later(minutes=1)
    office.drain()
    asked = office.view(view.case.id)
    assert asked.case.status == "failed"
    assert asked.deliveries[0].state == "uncertain"
    with pytest.raises(Refused):
        review.retry(office.service, ANA, view.case.id, asked.case.version)
    office.mailbox.fail = None
    review.found(office.service, ANA, view.case.id, asked.case.version, asked.deliveries[0].id, True)
    assert office.view(view.case.id).case.status == "delivered"
    assert len(office.mailbox.posts) == 1


def test_a_case_without_a_helpdesk_is_posted_by_hand(office: Office) -> None:
    view = office.drafted(source="desk")
    approve(office, view.case.id)
    office.drain()
    waiting = office.view(view.case.id)
    assert waiting.case.status == "approved"
    assert waiting.deliveries[0].destination == "hand"
    review.found(office.service, ANA, view.case.id, waiting.case.version, waiting.deliveries[0].id, True)
    assert office.view(view.case.id).case.status == "delivered"


def test_closing_takes_a_reason_of_the_list_and_leaves_a_name(office: Office) -> None:
    view = office.drafted()
    with pytest.raises(InputError):
        review.close(office.service, ANA, view.case.id, view.case.version, "cansancio")
    case = review.close(office.service, ANA, view.case.id, view.case.version, "duplicate", "ver el otro")
    assert (case.status, case.closed_by, case.open) == ("closed", "u-ana", False)
    assert review.reopen(office.service, EVA, case.id, case.version).status == "in_review"


def test_an_approval_can_be_taken_back_until_it_goes_out(office: Office) -> None:
    view = office.drafted()
    case = approve(office, view.case.id)
    assert review.withdraw(office.service, ANA, case.id, case.version).status == "in_review"
    assert office.drain() == 0 or not office.mailbox.posts
    case = approve(office, view.case.id)
    office.drain()
    with pytest.raises(Refused):
        review.withdraw(office.service, ANA, case.id, office.view(case.id).case.version)
    assert len(office.mailbox.posts) == 1


def test_a_case_is_held_by_one_person_for_a_while(office: Office) -> None:
    view = office.drafted()
    holding.hold(office.service, ANA, view.case.id)
    with pytest.raises(Refused, match="holds this case until 10:15"):
        holding.hold(office.service, LUIS, view.case.id)
    office.clock.later(minutes=16)
    assert holding.hold(office.service, LUIS, view.case.id).held_by == "u-luis"


def test_a_case_set_aside_comes_back_by_itself(office: Office) -> None:
    view = office.drafted()
    until = office.clock.now + dt.timedelta(hours=1)
    holding.snooze(office.service, ANA, view.case.id, view.case.version, until)
    assert office.drain() == 0
    office.clock.later(hours=2)
    office.drain()
    assert office.view(view.case.id).case.snoozed_until is None


def test_a_rewrite_makes_another_draft(office: Office) -> None:
    view = office.drafted()
    review.rewrite(office.service, ANA, view.case.id, view.case.version, "más breve")
    assert office.view(view.case.id).case.status == "drafting"
    office.drain()
    after = office.view(view.case.id)
    assert (after.draft.number, after.draft.wish, after.case.status) == (2, "más breve", "in_review")


def test_what_is_typed_stays_with_its_writer(office: Office) -> None:
    view = office.drafted()
    scratches.keep(office.service, ANA, view.case.id, "reply", "Hola, Ma", view.draft.id)
    assert office.view(view.case.id, "u-ana").typed["reply"].text == "Hola, Ma"
    assert office.view(view.case.id, "u-luis").typed == {}


def test_an_answered_case_leaves_a_candidate_without_personal_data(office: Office) -> None:
    text = f"Soy Marta Ruiz, mi correo es marta.ruiz@example.org y mi teléfono el 612 345 678. {COMPLAINT}"
    view = office.drafted(text)
    approve(office, view.case.id)
    office.drain()
    with office.service.database.read() as tx:
        kept = access.find(tx, CandidateRow)
    assert len(kept) == 1
    told = str(kept[0])
    assert "Marta" not in told
    assert "marta.ruiz" not in told
    assert "612" not in told


def test_a_message_that_cannot_be_drafted_is_told_with_its_reason_and_can_be_tried_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = office.receive()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the model is on fire")

    with monkeypatch.context() as patch:
        patch.setattr("voz.service.draft_work.prepare", broken)
        for _ in range(office.service.limits.attempts):
            office.drain()
            office.clock.later(minutes=5)
    case = office.view(receipt.case_id).case
    assert (case.status, case.failed_step) == ("failed", "draft")
    assert "on fire" in (case.failure or "")
    review.retry(office.service, ANA, case.id, case.version)
    office.drain()
    assert office.view(case.id).case.status == "in_review"


def test_every_message_stands_in_exactly_one_case(office: Office) -> None:
    for number in range(5):
        office.receive(f"¿Cuánto cuesta el envío? Mensaje {number}", external_id=str(number))
        office.receive(f"¿Cuánto cuesta el envío? Mensaje {number}", external_id=str(number))
    with office.service.database.read() as tx:
        assert len(access.find(tx, MessageRow)) == 5
        assert len(access.find(tx, CaseRow)) == 5


def test_nothing_is_posted_into_a_conversation_that_has_moved_on(office: Office) -> None:
    view = office.drafted()
    office.mailbox.moved = "Somebody answered there at 10:02."
    approve(office, view.case.id)
    office.drain()
    case = office.view(view.case.id).case
    assert (case.status, office.mailbox.posts) == ("failed", [])
    assert "10:02" in (case.failure or "")
    office.mailbox.moved = None
    review.retry(office.service, ANA, case.id, case.version)
    office.drain()
    assert office.view(view.case.id).case.status == "delivered"


def test_a_public_complaint_gets_a_public_and_a_private_half(office: Office) -> None:
    view = office.drafted(channel="x")
    assert view.public is not None
    assert view.draft.public_reply
    case = review.approve(
        office.service, ANA, view.case.id, view.case.version, view.draft.reply or "", view.draft.public_reply
    )
    office.drain()
    parts = {one.part: one for one in office.view(case.id).deliveries}
    assert {part: one.state for part, one in parts.items()} == {"reply": "waiting", "public": "sent"}
    assert [text for _, text in office.mailbox.posts] == [view.draft.public_reply], "the private half stays private"
    case = office.view(case.id).case
    assert case.status == "approved"
    case = review.found(office.service, ANA, case.id, case.version, parts["reply"].id, True)
    assert case.status == "delivered"
