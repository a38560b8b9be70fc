"""What the customer adds before they have an answer is answered too, and moves no deadline that it must not."""

from __future__ import annotations

import datetime as dt

import pytest
from office import ANA, COMPLAINT, Office

from voz.errors import InputError
from voz.helpdesk.contract import Edited
from voz.service import review
from voz.service.refusals import told
from voz.service.taking_in import take


def test_a_draft_for_an_older_message_is_not_approved(office: Office) -> None:
    office.drafted(external_id="1", thread="t")
    receipt = office.receive("Ya no la quiero: me he cortado con la taza.", external_id="2", thread="t")
    view = office.view(receipt.case_id)
    with pytest.raises(InputError) as refused:
        review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    for language, words in (("es", "vuelto a escribir"), ("en", "written again"), ("pt", "voltou a escrever")):
        assert words in told(refused.value, language)
    office.drain()
    fresh = office.view(view.case.id)
    assert fresh.draft.message_id == receipt.message_id
    review.approve(office.service, ANA, fresh.case.id, fresh.case.version, fresh.draft.reply or "")


def test_a_draft_for_words_that_the_customer_has_changed_is_not_approved(office: Office) -> None:
    view = office.drafted(external_id="1", thread="t")
    take(office.service, Edited(source="mailbox", external_id="1", text="La taza está bien; lo roto es el plato."))
    version = office.view(view.case.id).case.version
    with pytest.raises(InputError, match="written again"):
        review.approve(office.service, ANA, view.case.id, version, view.draft.reply or "")


def test_a_follow_up_keeps_its_place_in_the_queue_until_it_is_drafted(office: Office) -> None:
    view = office.drafted(thread="t")
    office.clock.later(hours=2)
    office.receive("¿Y cuánto tarda?", thread="t")
    again = office.view(view.case.id).case
    assert again.due_at == view.case.due_at
    assert again.priority_at <= view.case.priority_at


def test_a_follow_up_to_an_answer_has_a_target_of_its_own_at_once(office: Office) -> None:
    view = office.drafted(thread="t")
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    office.clock.later(days=10)
    office.receive("¿Y cuánto tarda?", thread="t")
    due = office.view(view.case.id).case.due_at
    assert due is not None
    assert office.clock.now < due < office.clock.now + dt.timedelta(days=4)


def test_a_clock_that_runs_ahead_moves_no_deadline_of_a_follow_up(office: Office) -> None:
    view = office.drafted(thread="t")
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    office.receive("¿Y lo mío?", thread="t", received_at=office.clock.now + dt.timedelta(days=400))
    office.drain()
    case = office.view(view.case.id).case
    assert case.received_at == office.clock.now
    assert case.due_at is not None
    assert case.due_at < office.clock.now + dt.timedelta(days=5)


def test_a_clock_that_lags_puts_no_follow_up_before_what_was_drafted(office: Office) -> None:
    view = office.drafted(external_id="1", thread="t")
    behind = office.clock.now - dt.timedelta(hours=3)
    receipt = office.receive("Además me he cortado: reclamo.", external_id="2", thread="t", received_at=behind)
    with pytest.raises(InputError, match="written again"):
        review.approve(office.service, ANA, view.case.id, office.view(view.case.id).case.version, "Hola, Marta.")
    office.drain()
    assert office.view(view.case.id).draft.message_id == receipt.message_id


def test_the_same_words_under_two_ids_are_two_messages_for_each_waits_for_an_answer_there(office: Office) -> None:
    one = office.receive(COMPLAINT, external_id="a", thread="ticket-a")
    other = office.receive(COMPLAINT, external_id="b", thread="ticket-b")
    assert one.case_id != other.case_id
    assert office.receive(COMPLAINT, external_id="b", thread="ticket-b").message_id == other.message_id
