"""FreeScout against shapes of its module's documentation and source; the server here is ours and keeps to them."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody, openssl
from pydantic import SecretStr
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.contract import Answered, Ignored, Several, Unverified
from voz.helpdesk.freescout import FreeScout, FreeScoutSettings
from voz.service.receive import Incoming
from voz.service.service import CannotTell

SECRET = hashlib.md5(b"base64:app-key" + b"webhook_key").hexdigest()
# freescout.net/module/api-webhooks and the module's ApiWebhooksServiceProvider::formatEntity
CUSTOMER = {"id": 7, "type": "customer", "firstName": "Ana", "lastName": "Ruiz", "email": "ana@example.com"}
EVA, VOZ = {"id": 9, "type": "user", "firstName": "Eva", "lastName": ""}, {"id": 4, "type": "user", "firstName": "voz"}


def thread(number: int, kind: str, by: Any, body: str, second: int = 0, state: str = "published") -> dict[str, Any]:
    at = (NOW + dt.timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": number, "type": kind, "status": "active", "state": state, "body": body, "createdBy": by,
            "source": {"type": "email", "via": by["type"]}, "createdAt": at, "openedAt": None}  # fmt: skip


SAMPLE: dict[str, Any] = {
    "id": 1, "number": 3, "threadsCount": 2, "type": "email", "folderId": 11, "status": "active", "state": "published",
    "subject": "Devolución", "mailboxId": 15, "createdBy": CUSTOMER, "customer": CUSTOMER,
    "_embedded": {"threads": [
        thread(12, "lineitem", EVA, "", 3), thread(11, "customer", CUSTOMER, "<p>¿Y mi <b>dinero</b>?</p>", 2),
        thread(10, "message", EVA, "Lo miro", 1), thread(8, "customer", CUSTOMER, "Quiero devolverlo", 0),
    ]},
}  # fmt: skip


def desk(url: str, mode: str = "draft") -> FreeScout:
    base: dict[str, Any] = {"url": url, "token": SecretStr("key"), "secret": SecretStr(SECRET), "user_id": 4}
    return FreeScout(FreeScoutSettings(**base, mode=mode), CLIENT)


def parsed(event: str = "convo.customer.reply.created", **changed: Any) -> Any:
    return desk("http://x.example").parse(headers(x_freescout_event=event), json.dumps({**SAMPLE, **changed}).encode())


class Fake:
    """A FreeScout with conversation 1: threads newest first, and drafts that its API does not list."""

    def __init__(self) -> None:
        self.threads: list[dict[str, Any]] = []
        self.fail: Answer | None = None
        self.lost = self.lists_drafts = False

    def writes(self) -> int:
        return len(self.threads)

    def __call__(self, call: Call) -> Answer:
        if call.headers.get("x-freescout-api-key") != "key":
            return Answer(401, {"message": "Not Authorized"})
        if (call.method, call.path) == ("GET", "/api/conversations/1"):
            shown = [one for one in self.threads if self.lists_drafts or one["state"] == "published"]
            return Answer(200, {**SAMPLE, "_embedded": {"threads": shown}})
        if (call.method, call.path) != ("POST", "/api/conversations/1/threads"):
            return Answer(404, {"message": "Not Found"})
        if self.fail:
            return self.fail
        body = call.json
        assert body["type"] in ("message", "note")
        assert body["user"] == 4
        assert (body.get("state") == "draft") is (body.get("status") == "active")
        number = 100 + len(self.threads)
        made = thread(number, body["type"], VOZ, body["text"], len(self.threads), body.get("state", "published"))
        self.threads.insert(0, made)
        return Answer(201, made, (("Resource-ID", str(number)),), lost=self.lost)


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    served = Fake()
    with serving(served) as url:
        yield served, url


def test_signature() -> None:
    body = json.dumps(SAMPLE).encode()
    good = base64.b64encode(openssl("sha1", SECRET.encode(), body)).decode()
    freescout = desk("http://x.example")
    freescout.verify(headers(x_freescout_signature=good), body, NOW)
    for sent, changed, said in ((headers(), body, "missing"), (headers(x_freescout_signature=good), body[1:], "wrong")):
        with pytest.raises(Unverified, match=f"X-FreeScout-Signature is {said}") as refused:
            freescout.verify(sent, changed, NOW)
        assert good not in str(refused.value)


def test_what_comes_in() -> None:
    every = parsed()
    assert isinstance(every, Several)
    opening, answer, told = every.entries
    assert (opening.external_id, opening.message.text) == ("8", "Devolución\n\nQuiero devolverlo")  # type: ignore[union-attr]
    assert isinstance(answer, Answered)
    assert isinstance(told, Incoming)
    assert (told.source, told.external_id, told.thread) == ("freescout", "11", "1")
    assert (told.message.text, told.message.author, told.message.channel) == ("¿Y mi dinero?", "Ana Ruiz", "email")
    first = parsed("convo.created", _embedded={"threads": [SAMPLE["_embedded"]["threads"][3]]})
    assert (first.external_id, first.message.text) == ("8", "Devolución\n\nQuiero devolverlo")
    assert parsed(type="chat").entries[-1].message.channel == "chat"
    answered = parsed("convo.agent.reply.created")
    assert isinstance(answered, Answered)
    assert (answered.external_id, answered.author, answered.text) == ("10", "Eva", "Lo miro")
    own = {"threads": [thread(20, "message", VOZ, "Hola", 9), *SAMPLE["_embedded"]["threads"]]}
    behind = parsed("convo.agent.reply.created", _embedded=own)
    assert [(one.external_id, one.own) for one in behind.entries] == [("10", False), ("20", True)]
    assert isinstance(parsed("convo.agent.reply.created", _embedded={"threads": own["threads"][:1]}), Ignored)
    drafted = {"threads": [thread(20, "message", VOZ, "Hola", 9, "draft")]}
    assert isinstance(parsed("convo.agent.reply.created", _embedded=drafted), Ignored)
    held = {"threads": [thread(21, "customer", CUSTOMER, "x", 9, "review"), *SAMPLE["_embedded"]["threads"]]}
    assert parsed(_embedded=held).entries == every.entries
    assert isinstance(parsed("convo.note.created"), Ignored)
    assert isinstance(parsed("convo.created", _embedded={"threads": []}), Ignored)
    empty = desk("http://x.example").parse(headers(x_freescout_event="convo.agent.reply.created"), b"{}")
    assert isinstance(empty, Ignored)
    with pytest.raises(InputError, match=r"_embedded\.threads"):
        parsed(_embedded={})
    with pytest.raises(InputError, match="X-FreeScout-Event"):
        desk("http://x.example").parse(headers(), b"{}")


def test_hostile_bodies() -> None:
    for event in ("convo.created", "convo.agent.reply.created"):
        never_crashes(lambda body, e=event: desk("http://x.example").parse(headers(x_freescout_event=e), body), SAMPLE)


@pytest.mark.parametrize("mode", ["reply", "note"])
def test_posted_once_and_found_again(fake: tuple[Fake, str], mode: str) -> None:
    served, url = fake
    delivery, case, freescout = a_delivery("Hola:\n<b> & {%customer.email%}"), a_case("1"), desk(url, mode)
    assert freescout.find(delivery, case) is None
    receipt = freescout.post(delivery, case)
    assert served.threads[0]["body"] == "Hola:<br>&lt;b&gt; &amp; &#123;%customer.email%}"
    assert freescout.find(delivery, case) == receipt == {"id": "100", "conversation": "1", "mode": mode}
    assert desk(url, "reply" if mode == "note" else "note").find(delivery, case) is None
    served.lost = True
    lost = a_delivery("Otra: https://t.es/?a=1&currency=EUR&section=2 &amp; &nbsp;", id="dl-2")
    with pytest.raises(httpx.HTTPError):
        freescout.post(lost, case)
    assert freescout.find(lost, case) == {"id": "101", "conversation": "1", "mode": mode}


def test_a_draft_that_cannot_be_seen_is_asked_of_a_person(fake: tuple[Fake, str]) -> None:
    served, url = fake
    served.lost = True
    delivery, case, freescout = a_delivery("Hola"), a_case("1"), desk(url)
    with pytest.raises(httpx.HTTPError):
        freescout.post(delivery, case)
    assert served.threads[0]["state"] == "draft"
    with pytest.raises(CannotTell, match="does not list drafts"):
        freescout.find(delivery, case)
    served.lists_drafts = True
    assert freescout.find(delivery, case) == {"id": "100", "conversation": "1", "mode": "draft"}
    assert freescout.find(a_delivery("Otra"), case) is None
    served.lists_drafts, served.threads[0]["state"] = False, "published"  # a colleague has sent it
    assert freescout.find(delivery, case) == {"id": "100", "conversation": "1", "mode": "draft"}


def test_news(fake: tuple[Fake, str]) -> None:
    served, url = fake
    served.threads = [
        thread(3, "note", EVA, "x", 3),
        thread(2, "message", VOZ, "x", 2),
        thread(1, "customer", CUSTOMER, "a"),
    ]
    assert desk(url).news(a_case("1"), NOW) is None
    served.threads.insert(0, thread(4, "customer", CUSTOMER, "<p>¿Hola?</p>", 4))
    assert "The customer (Ana Ruiz) wrote" in (desk(url).news(a_case("1"), NOW) or "")
    served.threads.insert(0, thread(5, "message", EVA, "Le llamo", 5))
    assert "Somebody of the team (Eva)" in (desk(url).news(a_case("1"), NOW) or "")


def test_failures(fake: tuple[Fake, str]) -> None:
    served, url = fake
    failures(served, desk(url), desk(nobody()), a_delivery("Hola"), a_case("1"), {401, 403, 404, 422})


def test_a_photo_alone_and_a_text_without_end() -> None:
    photo = {**thread(8, "customer", CUSTOMER, ""), "_embedded": {"attachments": [{"id": 7}]}}
    for one in (photo, thread(8, "customer", CUSTOMER, '<p><IMG src="cid:1"></p>')):
        told = parsed(_embedded={"threads": [one]})
        assert (told.remark, told.external_id) == ("attachment", "8")
    opened = parsed("convo.created", _embedded={"threads": [photo]})
    assert (opened.remark, opened.message.text) == ("attachment", "Devolución")
    assert isinstance(parsed(_embedded={"threads": [thread(8, "customer", CUSTOMER, "")]}), Ignored)
    long = parsed(_embedded={"threads": [thread(8, "customer", CUSTOMER, "a" * 100_001)]})
    assert (long.remark, len(long.message.text)) == ("cut", 100_000)
