"""An approved reply goes out once: whatever fails, however long, and whoever writes meanwhile."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from office import ANA, COMPLAINT, NOW, Mailbox, Office

from voz.errors import Refused
from voz.helpdesk.contract import Edited
from voz.pages.case_text import standing
from voz.pages.desk_words import desk_words
from voz.service import deliver, review
from voz.service.pauses import asked
from voz.service.service import Undelivered
from voz.service.taking_in import take
from voz.store.rows import CaseRow, DeliveryRow


def approved(office: Office, **more: Any) -> CaseRow:
    view = office.drafted(**more)
    return review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")


def again(office: Office, case: CaseRow) -> CaseRow:
    view = office.view(case.id)
    return review.approve(office.service, ANA, case.id, view.case.version, view.draft.reply or "")


def pass_time(office: Office, times: int = 6, **much: float) -> None:
    for _ in range(times):
        office.clock.later(**(much or {"minutes": 2}))
        office.drain()


def states(office: Office, case: CaseRow) -> list[str]:
    return [one.state for one in office.view(case.id).deliveries]


class Late(Mailbox):
    """Its first post is cut off and arrives later than a look; then it takes no more calls for a while."""

    calls = 0

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        self.calls += 1
        if self.calls == 1:
            raise TimeoutError("no answer")
        if self.calls == 2:
            self.posts.append((delivery.id, delivery.text))
            raise Undelivered("takes no more calls now")
        return super().post(delivery, case)


def test_a_post_that_arrives_late_is_not_made_again(office: Office) -> None:
    office.mailbox = Late()
    office.service.destinations["mailbox"] = office.mailbox  # type: ignore[index]
    case = approved(office)
    office.drain()
    pass_time(office)
    assert len(office.mailbox.posts) == 1
    assert office.view(case.id).case.status == "delivered"


def test_what_was_cut_off_is_given_time_to_arrive(office: Office) -> None:
    approved(office)
    office.mailbox.fail = TimeoutError("no answer")
    office.drain()
    office.clock.later(seconds=20)
    assert office.drain() == 0
    office.clock.later(seconds=20)
    assert office.drain() == 1


def test_what_may_be_out_stays_so_where_its_helpdesk_refuses_it_for_good(office: Office) -> None:
    case = approved(office)
    office.mailbox.fail = TimeoutError("no answer")
    office.drain()
    office.mailbox.posts.clear()  # it has not arrived yet
    office.mailbox.fail = Undelivered("refuses it with 403", for_good=True)
    pass_time(office, 1)
    assert states(office, case) == ["uncertain"]


def test_a_helpdesk_may_be_away_for_hours(office: Office) -> None:
    case = approved(office)
    office.mailbox.fail = Undelivered("cannot be reached")
    office.drain()
    pass_time(office, 24, minutes=15)
    view = office.view(case.id)
    assert (view.case.status, view.deliveries[0].error) == ("approved", "cannot be reached")
    office.mailbox.fail = None
    pass_time(office, 1, minutes=20)
    assert office.view(case.id).case.status == "delivered"


def test_after_that_a_person_is_asked(office: Office) -> None:
    case = approved(office)
    office.mailbox.fail = Undelivered("cannot be reached")
    office.drain()
    started = office.clock.now
    while office.view(case.id).case.status == "approved":
        pass_time(office, 1, minutes=5)
    assert dt.timedelta(hours=5) < office.clock.now - started < dt.timedelta(hours=10)
    assert states(office, case) == ["failed"]


def test_a_helpdesk_is_left_alone_for_as_long_as_it_asks(office: Office) -> None:
    case = approved(office)
    office.mailbox.fail = Undelivered("takes no more calls now", retry_after=dt.timedelta(minutes=40))
    office.drain()
    office.mailbox.fail = None
    office.clock.later(minutes=39)
    assert office.drain() == 0
    office.clock.later(minutes=2)
    office.drain()
    assert office.view(case.id).case.status == "delivered"


@pytest.mark.parametrize(("written", "seconds"), [
    ("120", 120), ("Mon, 23 Nov 2026 09:02:00 GMT", 120), ("Mon, 23 Nov 2026 08:00:00 GMT", 0), ("", 0), ("soon", 0),
    ("-5", 0), ("9" * 40, 1000 * 24 * 3600), ("Mon, 23 Nov 2026 09:02:00", 0),
])  # fmt: skip
def test_what_retry_after_says(written: str, seconds: int) -> None:
    assert asked(written, NOW) == dt.timedelta(seconds=seconds)


def test_a_look_that_fails_is_repeated(office: Office) -> None:
    case = approved(office)
    office.mailbox.fail, office.mailbox.down = TimeoutError("no answer"), False
    office.drain()
    office.mailbox.fail, office.mailbox.down = None, True
    pass_time(office, 3)
    assert states(office, case) == ["sending"]
    office.mailbox.down = False
    pass_time(office, 1)
    assert office.view(case.id).case.status == "delivered"
    assert len(office.mailbox.posts) == 1


def test_a_look_that_fails_for_long_is_left_to_a_person(office: Office) -> None:
    case = approved(office)
    office.mailbox.fail = TimeoutError("no answer")
    office.drain()
    office.mailbox.find = lambda *_: 1 / 0  # type: ignore[assignment, method-assign, return-value]
    pass_time(office, deliver.LOOKS, minutes=20)
    view = office.view(case.id)
    assert (view.deliveries[0].state, view.case.failed_step) == ("uncertain", "deliver")
    assert "ZeroDivisionError" in (view.case.failure or "")


def test_what_the_customer_wrote_while_the_draft_waited_is_told(office: Office) -> None:
    view = office.drafted(received_at=NOW)
    wrote = NOW + dt.timedelta(minutes=5)  # and its webhook was lost
    office.mailbox.news = lambda _, since: "The customer wrote" if since < wrote else None  # type: ignore[method-assign]
    office.clock.later(minutes=10)
    case = review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    held = office.view(case.id).case
    assert (held.status, held.failure, office.mailbox.posts) == ("failed", "The customer wrote", [])
    office.clock.later(minutes=1)
    review.retry(office.service, ANA, case.id, held.version)
    office.drain()
    assert office.view(case.id).case.status == "delivered"


def test_what_the_draft_has_seen_is_no_news(office: Office) -> None:
    asked_for: list[dt.datetime] = []
    office.mailbox.news = lambda _, since: asked_for.append(since)  # type: ignore[method-assign, func-returns-value]
    case = approved(office, external_id="1", thread="t1", received_at=NOW - dt.timedelta(hours=1))
    office.drain()
    office.clock.later(minutes=30)
    office.receive("¿Hola?", external_id="2", thread="t1", received_at=office.clock.now - dt.timedelta(minutes=2))
    office.drain()
    office.clock.later(minutes=30)
    again(office, case)
    office.drain()
    assert asked_for == [one + deliver.ROUNDED for one in (NOW - dt.timedelta(hours=1), NOW + dt.timedelta(minutes=28))]


def test_nothing_is_posted_into_a_conversation_that_cannot_be_read_now(office: Office) -> None:
    case = approved(office)
    office.mailbox.down = True
    office.drain()
    pass_time(office, 3)
    assert (states(office, case), office.mailbox.posts) == (["waiting"], [])
    pass_time(office, deliver.LOOKS, minutes=20)
    held = office.view(case.id).case
    assert (held.status, office.mailbox.posts) == ("failed", [])
    assert "cannot be seen whether somebody wrote" in (held.failure or "")
    review.retry(office.service, ANA, case.id, held.version)  # by a person who has looked
    office.drain()
    assert office.view(case.id).case.status == "delivered"


def test_a_helpdesk_that_can_never_be_read_is_posted_to(office: Office) -> None:
    office.mailbox.blind = True
    case = approved(office)
    office.drain()
    assert office.view(case.id).case.status == "delivered"


def lost(office: Office) -> CaseRow:
    """A case whose reply nobody knows the fate of, and whose customer has written again."""
    office.mailbox.blind, office.mailbox.fail = True, TimeoutError("no answer")
    case = approved(office, thread="t1", external_id="1")
    office.drain()
    pass_time(office, 1)
    office.mailbox.fail = None
    office.receive("¿Hola? ¿Hay alguien?", thread="t1", external_id="2")
    office.drain()
    return case


@pytest.mark.parametrize("there", [True, False])
def test_a_question_stays_open_when_the_customer_writes_again(office: Office, there: bool) -> None:
    case = lost(office)
    view = office.view(case.id)
    assert (view.case.failed_step, view.draft.number, states(office, case)) == ("deliver", 2, ["uncertain"])
    with pytest.raises(Refused, match="Nobody knows"):
        again(office, case)
    answered = review.found(office.service, ANA, case.id, view.case.version, view.deliveries[0].id, there)
    assert (answered.status, answered.failed_step) == ("in_review", None)
    assert states(office, case) == ["sent" if there else "cancelled"]
    office.drain()
    assert len(office.mailbox.posts) == 1
    again(office, case)
    office.drain()
    assert office.view(case.id).case.status == "delivered"
    assert len(office.mailbox.posts) == 2


def test_a_question_stays_open_when_the_case_is_closed_and_opened_again(office: Office) -> None:
    case = lost(office)
    closed = review.close(office.service, ANA, case.id, office.view(case.id).case.version, "duplicate")
    assert closed.status == "closed"
    assert review.reopen(office.service, ANA, case.id, closed.version).failed_step == "deliver"


def test_a_reply_waits_until_the_one_before_it_is_known_to_be_there(office: Office) -> None:
    case = approved(office, thread="t1", external_id="1")
    office.mailbox.fail = TimeoutError("no answer")
    office.drain()
    office.mailbox.fail, office.mailbox.down = None, True
    office.receive("¿Hola? ¿Hay alguien?", thread="t1", external_id="2")
    pass_time(office, 1)
    again(office, case)
    pass_time(office, 2)
    assert (states(office, case), len(office.mailbox.posts)) == (["sending", "waiting"], 1)
    office.mailbox.down = False
    pass_time(office, 3)
    assert (states(office, case), len(office.mailbox.posts)) == (["sent", "sent"], 2)


def test_a_reply_that_did_not_get_through_is_dropped_once_the_customer_has_written_again(office: Office) -> None:
    case = approved(office, thread="t1", external_id="1", text=COMPLAINT)
    office.mailbox.fail = TimeoutError("no answer")
    office.drain()
    office.mailbox.posts.clear()
    office.mailbox.fail = None
    office.receive("Ya ha llegado, gracias.", thread="t1", external_id="2")
    pass_time(office, 2)
    assert (states(office, case), office.mailbox.posts) == (["cancelled"], [])
    assert office.view(case.id).case.status == "in_review"


def test_the_desk_says_what_became_of_a_reply(office: Office) -> None:
    def told(case: CaseRow) -> str:
        return standing(office.view(case.id), desk_words("es"), office.clock.now, "Europe/Madrid")[0]

    case = approved(office, external_id="3")
    assert "voz la está entregando" in told(case)
    office.mailbox.fail = Undelivered("no hay nadie")
    office.drain()
    assert "aún no ha llegado: no hay nadie" in told(case)
    office.mailbox.fail = None
    pass_time(office)
    assert "Nadie sabe si esta respuesta llegó a salir" in told(lost(office))


def test_a_refused_reply_is_not_tried_again_once_the_customer_has_taken_back_the_words(office: Office) -> None:
    def edited_meanwhile(delivery: Any, case: Any) -> Any:
        take(office.service, Edited(source="mailbox", external_id="1", text="Ya no hace falta, era el plato."))
        raise Undelivered("takes no more calls now")

    case = approved(office, external_id="1", thread="t")
    office.mailbox.post = edited_meanwhile  # type: ignore[method-assign]
    office.drain()
    del office.mailbox.post  # type: ignore[attr-defined]
    pass_time(office, minutes=20)
    assert office.mailbox.posts == []
    assert "cancelled" in states(office, case)
