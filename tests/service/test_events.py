"""What happens is told to the endpoints that want it: signed, at least once, for days, and to nobody inside."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from office import ANA, Office
from receiver import Receiver, receiver
from standardwebhooks import Webhook, WebhookVerificationError

from voz.errors import InputError, Refused
from voz.service import consult, endpoints, event_work, review, work
from voz.service.actor import OWNER
from voz.store import access
from voz.store.rows import CaseRow, CommitmentRow, EndpointRow, EventRow, JobRow

ANGRY = "Voy a denunciaros: mi hijo se ha cortado con la taza rota y mi abogado os escribirá."


@pytest.fixture
def open_office(office: Office) -> Office:
    """An office whose operator allows endpoints on this machine."""
    office.service = dataclasses.replace(office.service, private_webhooks=True)
    return office


@pytest.fixture
def told() -> Iterator[Receiver]:
    with receiver() as kept:
        yield kept


def endpoint(office: Office, url: str, *events: str) -> EndpointRow:
    return endpoints.add(office.service.database, OWNER, url, events, now=office.clock.now, private=True)


def row(office: Office, id: str) -> EndpointRow:
    return endpoints.one(office.service.database, OWNER, id)


def bodies(told: Receiver) -> list[dict[str, Any]]:
    return [json.loads(got.body) for got in told.got]


def types(told: Receiver) -> list[str]:
    return [body["type"] for body in bodies(told)]


def jobs_of(office: Office, kind: str = "event") -> list[JobRow]:
    with office.service.database.read() as tx:
        return access.find(tx, JobRow, kind=kind, done_at=None)


def verified(secret: str, got: Any) -> Any:
    """What the reference library reads of it; its clock is today's, so the signature is made anew for that check."""
    return Webhook(secret).verify(got.body, dict(got.headers))


def test_the_life_of_a_case_is_told_in_order_and_without_a_word_of_it(open_office: Office, told: Receiver) -> None:
    endpoint(open_office, told.url)
    case = open_office.drafted().case
    view = open_office.view(case.id)
    assert view.draft
    consulted = consult.ask(
        open_office.service, ANA, case.id, view.case.version, "¿Queda alguna taza igual?", "atencion"
    )
    consult.answer(open_office.service, "Bea", consulted.consultation.id, "Sí, quedan dos.")
    open_office.drain()
    view = open_office.view(case.id)
    assert view.draft
    review.approve(open_office.service, ANA, case.id, view.case.version, view.draft.reply or "Lo miramos, Marta.")
    open_office.drain()
    assert types(told)[:2] == ["case.received", "case.drafted"]
    assert sorted(types(told)) == sorted([
        "case.received", "case.drafted", "case.consulted", "case.consultation_answered", "case.drafted",
        "case.approved", "case.delivered",
    ])  # fmt: skip
    whole = b"".join(got.body for got in told.got).decode()
    for secret in ("taza", "Marta", "Ruiz", "tres semanas", "quedan", "Bea", "dinero"):
        assert secret not in whole
    last = bodies(told)[-1]
    assert last["data"]["case"]["code"] == case.code
    assert last["data"]["case"]["status"] == "delivered"
    assert dt.datetime.fromisoformat(last["timestamp"]) == open_office.clock.now


def test_only_what_was_asked_for_is_told_and_an_escalation_once(open_office: Office, told: Receiver) -> None:
    endpoint(open_office, told.url, "case.escalated", "case.closed")
    case = open_office.drafted(ANGRY).case
    assert open_office.view(case.id).case.route == "escalate"
    assert types(told) == ["case.escalated"]
    review.rewrite(open_office.service, ANA, case.id, open_office.view(case.id).case.version, "más corto")
    open_office.drain()
    assert types(told) == ["case.escalated"]
    review.close(open_office.service, ANA, case.id, open_office.view(case.id).case.version, "not_ours")
    open_office.drain()
    assert types(told) == ["case.escalated", "case.closed"]


def test_nothing_is_kept_that_nobody_wants(office: Office) -> None:
    office.drafted()
    with office.service.database.read() as tx:
        assert access.find(tx, EventRow) == []


def test_an_overdue_commitment_is_told(open_office: Office, told: Receiver) -> None:
    endpoint(open_office, told.url, "commitment.overdue")
    case = open_office.drafted().case
    view = open_office.view(case.id)
    assert view.draft
    review.approve(open_office.service, ANA, case.id, view.case.version, view.draft.reply or "")
    open_office.drain()
    now, due = open_office.clock.now, open_office.clock.now.date() + dt.timedelta(days=2)
    with open_office.service.database.write() as tx:
        access.add(tx, CommitmentRow("k1", case.id, "a1", "Te llamamos el miércoles.", "callback", now, due_on=due))
        work.jobs.enqueue(tx, "commitment", now=now, run_at=now + dt.timedelta(days=3), case_id=case.id, ref="k1")
    open_office.clock.later(days=4)
    open_office.drain()
    assert types(told) == ["commitment.overdue"]
    body = bodies(told)[0]["data"]
    assert body["commitment"] == {
        "id": "k1", "kind": "callback", "due_on": due.isoformat(), "owner": None, "created_at": now.isoformat(),
    }  # fmt: skip
    assert "llamamos" not in told.got[0].body.decode()


def test_the_reference_library_verifies_it_with_either_secret_while_it_is_changed(
    open_office: Office, told: Receiver
) -> None:
    open_office.clock.now = dt.datetime.now(dt.UTC)  # the library holds the timestamp against the real clock
    made = endpoint(open_office, told.url, "case.received")
    open_office.receive()
    open_office.drain()
    assert verified(made.secrets[0], told.got[0])["type"] == "case.received"
    assert told.got[0].headers["webhook-id"].startswith("e")
    with pytest.raises(WebhookVerificationError):
        verified(endpoints.new_secret(), told.got[0])
    tampered = dataclasses.replace(told.got[0], body=told.got[0].body + b" ")
    with pytest.raises(WebhookVerificationError):
        verified(made.secrets[0], tampered)

    changed = endpoints.rotate(open_office.service.database, OWNER, made.id, now=open_office.clock.now)
    assert changed.secrets[1:] == made.secrets
    open_office.receive("¿Cuánto tarda el envío?")
    open_office.drain()
    for secret in changed.secrets:
        verified(secret, told.got[1])

    open_office.clock.later(hours=25)
    open_office.drain()
    assert row(open_office, made.id).secrets == changed.secrets[:1]


def test_a_receiver_that_is_down_is_tried_for_days_and_then_no_more(open_office: Office, told: Receiver) -> None:
    made = endpoint(open_office, told.url, "case.received")
    told.status = 500
    open_office.receive()
    waited: list[dt.timedelta] = []
    open_office.drain()
    while jobs_of(open_office):
        due = jobs_of(open_office)[0].run_at
        waited.append(due - open_office.clock.now)
        open_office.clock.now = due
        open_office.drain()
    assert len(told.got) == event_work.ATTEMPTS == 10
    assert len({got.headers["webhook-id"] for got in told.got}) == 1, "the same event, known again by its id"
    assert len({got.body for got in told.got}) == 1
    for pause, usual in zip(waited, event_work.PAUSES, strict=True):
        assert 0.89 * usual < pause < 1.21 * usual
    assert sum(waited, dt.timedelta()) > dt.timedelta(days=2, hours=18)
    assert open_office.view(_first_case(open_office)).case.status != "failed", "a case is not to blame"

    open_office.clock.later(days=3)
    open_office.drain()
    assert row(open_office, made.id).disabled_for == "took nothing for 5 days"
    open_office.receive("¿Y mi pedido?")
    assert open_office.drain()
    assert len(told.got) == 10


def test_one_delivery_taken_forgets_the_failures_of_before(open_office: Office, told: Receiver) -> None:
    made = endpoint(open_office, told.url, "case.received")
    told.status = 503
    open_office.receive()
    open_office.drain()
    assert jobs_of(open_office, endpoints.GIVE_UP)
    told.status = 204
    open_office.clock.later(minutes=1)
    open_office.drain()
    assert jobs_of(open_office, endpoints.GIVE_UP) == []
    open_office.clock.later(days=6)
    open_office.drain()
    assert row(open_office, made.id).disabled_at is None


@pytest.mark.parametrize("asked", ["7200", "date"])
def test_it_waits_as_long_as_it_is_asked_to(open_office: Office, told: Receiver, asked: str) -> None:
    endpoint(open_office, told.url, "case.received")
    later = open_office.clock.now + dt.timedelta(hours=2)
    told.status, told.answer = 429, {"Retry-After": f"{later:%a, %d %b %Y %H:%M:%S} GMT" if asked == "date" else asked}
    open_office.receive()
    open_office.drain()
    assert abs(jobs_of(open_office)[0].run_at - later) < dt.timedelta(seconds=2)
    told.answer = {"Retry-After": "99999999999999999999"}
    open_office.clock.now = jobs_of(open_office)[0].run_at
    open_office.drain()
    assert jobs_of(open_office)[0].run_at - open_office.clock.now == dt.timedelta(hours=24)


def test_who_is_gone_is_told_nothing_more_until_somebody_says_so(open_office: Office, told: Receiver) -> None:
    made = endpoint(open_office, told.url)
    told.status = 410
    open_office.receive()
    open_office.drain()
    assert "410" in row(open_office, made.id).disabled_for
    assert len(told.got) == 1
    assert jobs_of(open_office) == []
    open_office.receive("¿Y mi pedido?")
    open_office.drain()
    assert len(told.got) == 1
    told.status = 200
    endpoints.enable(open_office.service.database, OWNER, made.id, now=open_office.clock.now)
    open_office.receive("¿Sigue abierta la tienda?")
    open_office.drain()
    assert "case.received" in types(told)[1:]


def test_a_redirect_is_not_followed(open_office: Office, told: Receiver) -> None:
    endpoint(open_office, told.url, "case.received")
    with receiver() as other:
        told.status, told.answer = 302, {"Location": other.url}
        open_office.receive()
        open_office.drain()
        assert other.got == []
    assert "redirects are not followed" in jobs_of(open_office)[0].error


def test_without_leave_nothing_is_posted_to_this_machine(office: Office, told: Receiver) -> None:
    endpoint(office, told.url, "case.received")  # as if it had been added while that was allowed
    office.receive()
    office.drain()
    assert told.got == []
    assert "VOZ_ALLOW_PRIVATE_WEBHOOKS" in jobs_of(office)[0].error


def test_only_an_admin_adds_endpoints_and_only_for_events_that_there_are(office: Office) -> None:
    db, now = office.service.database, office.clock.now
    with pytest.raises(Refused):
        endpoints.add(db, ANA, "https://example.org/hook", now=now)
    with pytest.raises(InputError, match=r"case\.dreamt"):
        endpoints.add(db, OWNER, "https://example.org/hook", ("case.dreamt",), now=now)
    assert endpoints.found(db) == []


def _first_case(office: Office) -> str:
    with office.service.database.read() as tx:
        found = access.first(tx, CaseRow)
        assert found is not None
        return found.id
