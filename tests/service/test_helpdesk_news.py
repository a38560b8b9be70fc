"""What a helpdesk tells of besides new messages: an answer given there, a message that was changed."""

from __future__ import annotations

from office import ANA, Office

from voz.helpdesk.contract import Answered, Edited, Ignored
from voz.service import review
from voz.service.taking_in import take


def test_an_answer_given_there_is_part_of_the_conversation_and_holds_an_approved_reply_back(office: Office) -> None:
    view = office.drafted(thread="t1")
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.clock.later(minutes=1)
    told = Answered("mailbox", "t1", "a-9", "Pepe", "Ya te lo hemos cambiado.")
    take(office.service, told)
    take(office.service, told)
    office.drain()
    after = office.view(view.case.id)
    assert office.mailbox.posts == []
    assert (after.case.status, after.case.failed_step) == ("failed", "deliver")
    assert [message.text for message in after.messages if not message.incoming] == ["Ya te lo hemos cambiado."]


def test_a_message_that_was_changed_is_drafted_again(office: Office) -> None:
    view = office.drafted("¿Cuánto cuesta el envío?", external_id="m-1")
    take(office.service, Edited("mailbox", "m-1", "La taza ha llegado rota."))
    office.drain()
    after = office.view(view.case.id)
    assert after.messages[0].text == "La taza ha llegado rota."
    assert after.draft.number == 2
    assert any(entry.before == {"text": "¿Cuánto cuesta el envío?"} for entry in after.trail)


def test_what_is_ignored_changes_nothing(office: Office) -> None:
    assert take(office.service, Ignored("a private note")) is None
