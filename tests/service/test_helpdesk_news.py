"""What a helpdesk tells of besides new messages: an answer given there, a message that was changed."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from office import ANA, NOW, Office

from voz.helpdesk.contract import Answered, Edited, Ignored
from voz.service import review, sweep
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


def test_a_draft_of_voz_that_a_colleague_sends_there_is_one_turn(office: Office) -> None:
    view = office.drafted(thread="t1")
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    later = office.clock.now + dt.timedelta(minutes=3)
    told = Answered("mailbox", "t1", "a-9", "Pepe", (view.draft.reply or "").replace("\n", " ") + "\n", later)
    take(office.service, told)
    take(office.service, told)
    after = office.view(view.case.id)
    assert [(turn.author, turn.at) for turn in after.messages if not turn.incoming] == [("Pepe", later)]
    assert after.case.status == "delivered"
    take(office.service, dataclasses.replace(told, external_id="a-10"))  # and says the very same once more
    assert len(office.view(view.case.id).messages) == 3


@pytest.mark.parametrize("source", ["mailbox", "desk"])
def test_what_a_colleague_posted_there_needs_no_look_any_more(office: Office, source: str) -> None:
    view = office.drafted(thread="t1", source=source)
    office.mailbox.fail, office.mailbox.blind = TimeoutError("no answer"), True
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    sending = Answered(source, "t1", "a-9", "Pepe", view.draft.reply or "")
    if source == "mailbox":
        take(office.service, sending)  # what became of it is looked for just now
        assert len(office.view(view.case.id).messages) == 1
    office.clock.later(minutes=2)
    office.drain()
    take(office.service, sending)
    after = office.view(view.case.id)
    assert (after.case.status, after.deliveries[0].receipt) == ("delivered", {"id": "a-9"})
    assert [turn.author for turn in after.messages if not turn.incoming] == ["Pepe"]


def test_what_is_posted_by_hand_can_still_be_when_somebody_answered_there(office: Office) -> None:
    view = office.drafted(thread="t1", source="desk")
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    take(office.service, Answered("desk", "t1", "a-9", "Pepe", "Lo miro."))
    after = office.view(view.case.id)
    case = review.found(office.service, ANA, after.case.id, after.case.version, after.deliveries[0].id, True)
    assert case.status == "delivered"


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


def test_an_answer_that_comes_before_its_case_waits_for_it(office: Office) -> None:
    told = Answered("mailbox", "t1", "a-9", "Pepe", "Ya te lo hemos cambiado.", NOW + dt.timedelta(minutes=1))
    take(office.service, told)
    take(office.service, told)
    take(office.service, Answered("mailbox", "t2", "a-10", "Pepe", "Otra conversación."))
    assert office.drain() == 0  # it opens no case
    office.clock.later(minutes=3)
    view = office.drafted(thread="t1", external_id="m-1", received_at=NOW)
    assert [(message.incoming, message.external_id) for message in view.messages] == [(True, "m-1"), (False, "a-9")]
    assert [entry.after for entry in view.trail if entry.action == "answered_there"] == [{"by": "Pepe"}]
    take(office.service, told)
    assert len(office.view(view.case.id).messages) == 2


def test_an_early_answer_is_kept_for_fourteen_days(office: Office) -> None:
    take(office.service, Answered("mailbox", "t1", "a-9", "Pepe", "Ya te lo hemos cambiado."))
    office.clock.later(days=13)
    assert sweep.sweep(office.service) == 0
    office.clock.later(days=1)
    assert sweep.sweep(office.service) == 1
    assert len(office.drafted(thread="t1").messages) == 1


def test_the_trail_of_a_follow_up_names_the_message_and_not_its_words(office: Office) -> None:
    view = office.drafted(thread="t1", external_id="m-1")
    office.receive("¿Hola? Soy Marta.", thread="t1", external_id="m-2")
    entry = next(one for one in office.view(view.case.id).trail if one.action == "follow_up")
    assert entry.subject == office.view(view.case.id).messages[-1].id
