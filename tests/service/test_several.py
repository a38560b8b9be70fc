"""Deliveries that tell of more than one entry of a conversation: nothing is lost, nothing old is stirred up."""

from __future__ import annotations

import datetime as dt
from typing import Any

from office import ANA, NOW, Office

from voz.case import Message
from voz.helpdesk.contract import Answered, Several
from voz.service import review
from voz.service.receive import Incoming
from voz.service.taking_in import take


def at(minute: float) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minute)


def asked(key: str, text: str, minute: float) -> Incoming:
    message = Message(id=key, text=text, author="Marta Ruiz", received_at=at(minute))
    return Incoming(message, "mailbox", external_id=key, thread="t1")


def answered(key: str, minute: float, *, own: bool = False) -> Answered:
    return Answered("mailbox", "t1", key, "Pepe", f"Respuesta {key}", at(minute), own)


def told(office: Office, *entries: Incoming | Answered) -> Any:
    return take(office.service, Several(entries))


BROKEN, INVOICE = asked("m1", "Mi taza ha llegado rota.", -2), asked("m2", "Y además quiero la factura.", -1)


def test_two_quick_messages_whose_webhooks_both_list_both_are_one_case_with_both(office: Office) -> None:
    first, again = told(office, BROKEN, INVOICE), told(office, BROKEN, INVOICE)
    assert (first.new_message, again.new_message, first.case_id) == (True, False, again.case_id)
    office.drain()
    view = office.view(first.case_id)
    assert [message.text for message in view.messages] == [BROKEN.message.text, INVOICE.message.text]
    assert view.draft is not None
    assert (view.draft.number, view.draft.message_id) == (1, view.messages[1].id)  # one draft for both


def test_a_late_older_message_is_drafted_for_with_the_newer_one(office: Office) -> None:
    receipt = told(office, INVOICE)
    office.drain()
    office.clock.later(seconds=5)
    assert told(office, BROKEN, INVOICE).new_message
    office.drain()
    view = office.view(receipt.case_id)
    assert view.draft is not None
    assert view.draft.number == 2
    assert view.draft.message_id == view.messages[-1].id  # what came in last is what nobody has read yet
    assert {message.external_id for message in view.messages} == {"m1", "m2"}


def test_what_was_answered_before_the_case_is_over(office: Office) -> None:
    old = asked("m0", "¿Abrís los sábados?", -60)
    for entries in ((old, answered("a0", -50), BROKEN), (old, answered("a0", -50), BROKEN, INVOICE)):
        receipt = told(office, *entries)
    view = office.view(receipt.case_id)
    assert [message.external_id for message in view.messages] == ["m1", "m2"]
    assert view.case.opened_at == at(-2)


def test_a_customers_webhook_that_comes_after_the_answer_brings_both(office: Office) -> None:
    receipt = told(office, BROKEN, answered("a1", -1))
    assert [message.external_id for message in office.view(receipt.case_id).messages] == ["m1", "a1"]


def test_a_colleagues_answer_behind_vozs_own_post_holds_an_approved_reply_back(office: Office) -> None:
    view = office.drafted(thread="t1", received_at=at(-2))
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    told(office, answered("a1", 1), answered("v1", 2, own=True))
    office.drain()
    after = office.view(view.case.id)
    assert office.mailbox.posts == []
    assert after.case.failed_step == "deliver"
    assert [message.external_id for message in after.messages if not message.incoming] == ["a1"]
