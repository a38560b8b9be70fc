"""voz with a server of ours that answers as Freshdesk's documentation says (developers.freshdesk.com/api)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError, VozError
from voz.helpdesk.contract import Answered, Ignored, Several, Unverified, conversation_of, whole
from voz.helpdesk.freshdesk import Freshdesk, FreshdeskSettings
from voz.service.receive import Incoming
from voz.service.service import CannotTell, Undelivered

SECRET = "un-secreto-de-las-reglas"
TOLD = {"ticket_id": "20", "by": "customer"}
CUSTOMER, ANA, VOZ = 900, 7, 8


def entry(key: int, user: int, body: str, minute: int, **more: Any) -> dict[str, Any]:
    """As developers.freshdesk.com/api shows an entry of «List all conversations of a ticket», shortened."""
    at = (NOW + dt.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": key, "body": f"<div>{body}</div>", "body_text": body, "incoming": user == CUSTOMER, "private": False,
            "user_id": user, "support_email": None, "source": 0, "ticket_id": 20, "created_at": at, **more}  # fmt: skip


class Fake:
    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.ticket: dict[str, Any] = {
            "id": 20, "subject": "Pedido 12", "description": "<div>¿Dónde está?</div>", "source": 1,
            "created_at": "2026-03-02T10:00:00Z", "requester": {"id": CUSTOMER, "name": "Carla"},
        }  # fmt: skip
        self.fail: Answer | None = None
        self.lost = False

    def writes(self) -> int:
        return len(self.entries)

    def __call__(self, call: Call) -> Answer:
        assert call.headers["authorization"] == "Basic dDpY"  # printf 't:X' | base64
        assert call.path.startswith("/api/v2/tickets/20")
        if call.method == "GET":
            if not call.path.endswith("/conversations"):
                assert call.query == {"include": "requester"}
                return Answer(200, self.ticket)
            start = (int(call.query["page"]) - 1) * int(call.query["per_page"])
            return Answer(200, self.entries[start : start + int(call.query["per_page"])])
        if self.fail:
            return self.fail
        body = call.json
        private = call.path.endswith("/notes")
        assert set(body) == ({"body", "private"} if private else {"body"})
        posted = {**entry(len(self.entries), VOZ, "", 5), **body}
        self.entries.append(posted)
        return Answer(201, posted, lost=self.lost)


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    made = Fake()
    with serving(made) as url:
        yield made, url


def desk(url: str = "http://127.0.0.1:1", **more: Any) -> Freshdesk:
    given = {"url": url, "token": "t", "agent_id": VOZ, "secret": SECRET, "mode": "reply"}
    return Freshdesk(FreshdeskSettings.model_validate({**given, **more}), CLIENT)


@pytest.mark.parametrize("mode", ["reply", "note"])
def test_once_and_found_again(fake: tuple[Fake, str], mode: str) -> None:
    freshdesk, url = fake
    helpdesk, case, delivery = desk(url, mode=mode), a_case("20"), a_delivery("Hola {{ x }}\n\n1 < 2 & 3 > 2")
    freshdesk.entries = [entry(n, CUSTOMER, "Hola", -300 + n) for n in range(250)]
    assert helpdesk.find(delivery, case) is None
    freshdesk.lost = True
    with pytest.raises(httpx.HTTPError):
        helpdesk.post(delivery, case)
    freshdesk.lost = False
    assert helpdesk.find(delivery, case) == {"id": "250", "as": mode}
    assert freshdesk.entries[250]["body"] == "Hola &#123;&#123; x }}<br><br>1 &lt; 2 &amp; 3 &gt; 2"
    assert freshdesk.entries[250]["private"] is (mode == "note")
    assert desk(url, mode="note" if mode == "reply" else "reply").find(delivery, case) is None
    assert helpdesk.find(a_delivery(delivery.text, at=NOW + dt.timedelta(hours=1)), case) is None
    assert helpdesk.post(a_delivery("Otra cosa"), case) == {"id": "251", "as": mode}


def test_what_failures_mean(fake: tuple[Fake, str]) -> None:
    freshdesk, url = fake
    failures(freshdesk, desk(url), desk(nobody()), a_delivery("Hola"), a_case("20"), {401, 403, 404, 422})
    with pytest.raises(Undelivered, match="no conversation"):
        desk(url).post(a_delivery("Hola"), a_case("20/../4"))


def test_news(fake: tuple[Fake, str]) -> None:
    freshdesk, url = fake
    freshdesk.entries = [
        entry(1, CUSTOMER, "antes", 0),
        entry(2, ANA, "nota", 1, private=True),
        entry(3, VOZ, "voz", 2),
    ]
    assert desk(url).news(a_case("20"), NOW) is None
    freshdesk.entries += [entry(4, CUSTOMER, "¿Y bien?", 3)]
    told = desk(url).news(a_case("20"), NOW)
    assert told == "The customer wrote in the helpdesk on 2026-03-02 at 10:03 UTC: “¿Y bien?”"
    freshdesk.entries += [entry(5, ANA, "Ya va", 4)]
    told = desk(url).news(a_case("20"), NOW)
    assert told is not None
    assert told.startswith("Somebody of the team wrote")


def test_the_secret() -> None:
    desk().verify(headers(x_voz_secret=SECRET), b"{}", NOW)
    for wrong in ("x", SECRET[:-1], SECRET + "x", "\xff"):
        with pytest.raises(Unverified, match="X-Voz-Secret is wrong"):
            desk().verify(headers(x_voz_secret=wrong), b"{}", NOW)
    with pytest.raises(Unverified, match="X-Voz-Secret is missing"):
        desk().verify(headers(), b"{}", NOW)


def test_the_ticket_is_read_anew(fake: tuple[Fake, str]) -> None:
    freshdesk, url = fake

    def parse(by: str = "customer") -> Any:
        return whole(desk(url).parse(headers(), json.dumps({"ticket_id": 20, "by": by}).encode()))

    opened = parse()
    assert isinstance(opened, Incoming)
    assert (opened.external_id, opened.thread, opened.message.text) == ("ticket-20", "20", "Pedido 12\n\n¿Dónde está?")
    assert (opened.message.author, opened.message.channel, opened.message.received_at) == ("Carla", "email", NOW)
    assert isinstance(parse("agent"), Ignored)
    freshdesk.entries = [entry(1, CUSTOMER, "Añado: talla M", 1)]
    both = parse()
    assert isinstance(both, Several)
    assert [one.message.text for one in both.entries] == ["Pedido 12\n\n¿Dónde está?", "Añado: talla M"]  # type: ignore[union-attr]
    freshdesk.entries += [entry(2, ANA, "Lo miramos", 2), entry(3, ANA, "nota", 3, private=True),
                          entry(4, CUSTOMER, "Uno", 4), entry(5, CUSTOMER, "Dos", 5)]  # fmt: skip
    assert [one.external_id for one in parse().entries] == ["ticket-20", "1", "2", "4", "5"]
    answered = parse("agent")
    assert isinstance(answered, Answered)
    assert (answered.external_id, answered.text, answered.author) == ("2", "Lo miramos", "agent 7")
    freshdesk.entries += [entry(6, VOZ, "De voz", 6)]
    behind = parse("agent")  # a colleague's answer is not hidden by voz's own newer one
    assert [(one.external_id, one.own) for one in behind.entries] == [("2", False), ("6", True)]
    freshdesk.entries = [entry(6, VOZ, "De voz", 6)]
    assert parse("agent") == Ignored("voz's own post")
    freshdesk.ticket["source"], freshdesk.entries = 10, []
    assert isinstance(parse(), Ignored)  # the company began it


def test_what_cannot_be_read() -> None:
    named = desk(nobody()).parse(headers(), json.dumps(TOLD).encode())  # asks nobody
    assert conversation_of(named) == "20"
    with pytest.raises(CannotTell, match="Freshdesk cannot be read"):
        whole(named)
    for wrong, path in (
        ({"by": "bot"}, "by"),
        ({"ticket_id": "20/../1"}, "ticket_id"),
        ({"ticket_id": None}, "ticket_id"),
    ):
        with pytest.raises(InputError, match=path):
            desk().parse(headers(), json.dumps({**TOLD, **wrong}).encode())


def test_hostile_bodies(fake: tuple[Fake, str]) -> None:
    freshdesk, url = fake
    closed = desk(nobody())
    never_crashes(lambda body: closed.parse(headers(), body), TOLD)
    good = entry(1, CUSTOMER, "Hola", 0)
    odd = {"created_at": "\x00"}, {"body": 7}, {"incoming": "no"}, {"private": None}
    for value in (None, 1, "x", [], {}, *({**good, **one} for one in odd)):
        freshdesk.entries = [value]  # what Freshdesk itself answers is read with the same care
        with pytest.raises(VozError, match="field"):
            whole(desk(url).parse(headers(), json.dumps(TOLD).encode()))
        with pytest.raises(CannotTell):
            desk(url, mode="reply").news(a_case("20"), NOW - dt.timedelta(days=1))


def test_a_photo_alone(fake: tuple[Fake, str]) -> None:
    freshdesk, url = fake
    freshdesk.ticket["description"], freshdesk.ticket["attachments"] = "", [{"name": "taza.jpg"}]
    freshdesk.entries = [entry(1, CUSTOMER, "", 1, attachments=[{"name": "taza.jpg"}]), entry(2, CUSTOMER, "", 2)]
    told = whole(desk(url).parse(headers(), json.dumps(TOLD).encode()))
    assert isinstance(told, Several)
    assert [(one.external_id, one.remark) for one in told.entries if isinstance(one, Incoming)] == [
        ("ticket-20", "attachment"), ("1", "attachment")
    ]  # fmt: skip
