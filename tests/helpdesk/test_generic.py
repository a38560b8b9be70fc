"""The generic webhook: signatures as Standard Webhooks make them, and a receiver of ours that keeps its keys."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody, openssl
from pydantic import SecretStr, ValidationError
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.contract import Answered, Edited, Ignored, Unverified
from voz.helpdesk.generic import Generic, GenericSettings, signature
from voz.service.receive import Incoming
from voz.service.service import CannotTell

KEY, OLD = bytes(range(24)), b"o" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()
SAMPLE: dict[str, Any] = {
    "type": "message.created",
    "data": {"id": "m-1", "thread_id": "t/1", "text": "¿Dónde está?", "html": None, "author": "Ana", "channel": "chat",
             "public": None, "region": "ES", "received_at": "2026-03-02T09:58:00Z", "reach": 12, "at": None},
}  # fmt: skip


def desk(url: str, **more: Any) -> Generic:
    base: dict[str, Any] = {"url": url, "secret": SecretStr(SECRET), "token": SecretStr("tok")}
    return Generic(GenericSettings(**{**base, **more}), CLIENT, lambda: NOW)


def whole(url: str) -> Generic:
    return desk(url, find_url=url + "/replies/{delivery}?in={thread}", news_url=url + "/news/{thread}?since={since}")


def parsed(kind: str = "message.created", **data: Any) -> Any:
    told = {"type": kind, "data": {**SAMPLE["data"], **data}}
    return desk("http://x.example").parse(headers(), json.dumps(told).encode())


def made_elsewhere(key: bytes, delivery: str, at: str, body: bytes) -> str:
    return "v1," + base64.b64encode(openssl("sha256", key, f"{delivery}.{at}.".encode() + body)).decode()


class Fake:
    """A receiver that takes each Idempotency-Key once and checks voz's own signature."""

    def __init__(self) -> None:
        self.replies: dict[str, Any] = {}
        self.fail: Answer | None = None
        self.lost = False
        self.news: str | None = None

    def writes(self) -> int:
        return len(self.replies)

    def __call__(self, call: Call) -> Answer:
        if call.headers.get("authorization") != "Bearer tok":
            return Answer(401, {})
        if call.method == "GET" and call.path.startswith("/replies/"):
            assert call.query == {"in": "t/1"}
            found = call.path.removeprefix("/replies/")
            return Answer(200, {"id": found}) if f'"{found}"' in self.replies else Answer(404, {})
        if call.method == "GET" and call.path == "/news/t%2F1":
            assert call.query == {"since": NOW.isoformat()}
            return Answer(200, {"news": self.news})
        if self.fail:
            return self.fail
        delivery, at = call.headers["webhook-id"], call.headers["webhook-timestamp"]
        assert call.headers["webhook-signature"] == made_elsewhere(KEY, delivery, at, call.body)
        self.replies.setdefault(call.headers["idempotency-key"], call.json)
        return Answer(202, None, lost=self.lost)


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    served = Fake()
    with serving(served) as url:
        yield served, url


def test_signature() -> None:
    body, at = json.dumps(SAMPLE).encode(), str(int(NOW.timestamp()))
    good = made_elsewhere(KEY, "msg_1", at, body)
    assert signature(SECRET, "msg_1", at, body) == good
    generic = desk("http://x.example", old_secret=SecretStr("whsec_" + base64.b64encode(OLD).decode()))
    named = {"webhook_id": "msg_1", "webhook_timestamp": at}
    generic.verify(headers(**named, webhook_signature=good), body, NOW)
    generic.verify(headers(**named, webhook_signature=f"v1a,x v1,AAAA {good}"), body, NOW)
    generic.verify(headers(**named, webhook_signature=made_elsewhere(OLD, "msg_1", at, body)), body, NOW)
    for sent, changed, now, said in (
        ({**named}, body, NOW, "webhook-signature is missing"),
        ({"webhook_signature": good, "webhook_timestamp": at}, body, NOW, "webhook-id is missing"),
        ({**named, "webhook_signature": good}, body + b" ", NOW, "is wrong"),
        ({**named, "webhook_signature": good, "webhook_id": "msg_2"}, body, NOW, "is wrong"),
        ({**named, "webhook_signature": good[3:]}, body, NOW, "is wrong"),
        ({**named, "webhook_signature": good}, body, NOW + dt.timedelta(minutes=6), "minutes away"),
        ({**named, "webhook_signature": good, "webhook_timestamp": "9" * 5000}, body, NOW, "not a time"),
    ):
        with pytest.raises(Unverified, match=said) as refused:
            generic.verify(headers(**sent), changed, now)
        assert good[3:] not in str(refused.value)


def test_what_comes_in() -> None:
    told = parsed()
    assert isinstance(told, Incoming)
    assert (told.source, told.external_id, told.thread, told.reach) == ("generic", "m-1", "t/1", 12)
    assert (told.message.text, told.message.channel, told.message.region) == ("¿Dónde está?", "chat", "ES")
    assert parsed(html="<p>Hola<br>tú</p><script>x</script>").message.text == "Hola\ntú"
    assert parsed("message.updated", text="Otro") == Edited("generic", "m-1", "Otro")
    assert isinstance(parsed("reply.created"), Answered)
    assert isinstance(parsed("reply.created", voz_delivery="dl-1"), Ignored)
    assert isinstance(parsed("thread.closed"), Ignored)
    wrongs: list[dict[str, Any]] = [
        {"channel": "fax"}, {"text": " "}, {"reach": "12"}, {"thread_id": None}, {"received_at": "yesterday"}
    ]  # fmt: skip
    for wrong, said in ((one, rf"data\.{next(iter(one))}") for one in wrongs):
        with pytest.raises(InputError, match=said):
            parsed(**wrong)


def test_hostile_bodies() -> None:
    for kind in ("message.created", "message.updated", "reply.created"):
        never_crashes(lambda body: desk("http://x.example").parse(headers(), body), {**SAMPLE, "type": kind})


def test_posted_once_and_found_again(fake: tuple[Fake, str]) -> None:
    served, url = fake
    delivery, case, generic = a_delivery("Hola:\n<b> {{x}}"), a_case("t/1"), whole(url)
    assert generic.find(delivery, case) is None
    receipt = generic.post(delivery, case)
    data = served.replies[f'"{delivery.id}"']["data"]
    assert (data["text"], data["thread_id"], data["mode"]) == ("Hola:\n<b> {{x}}", "t/1", "draft")
    assert receipt == {"id": delivery.id, "status": 202, "mode": "draft"}
    assert (generic.find(delivery, case) or {})["id"] == delivery.id
    served.lost = True
    lost = a_delivery("Otra", id="dl-2")
    with pytest.raises(httpx.HTTPError):
        generic.post(lost, case)
    assert (generic.find(lost, case) or {})["id"] == "dl-2"
    served.lost = False
    generic.post(lost, case)
    assert served.writes() == 2


def test_news_and_what_cannot_be_asked(fake: tuple[Fake, str]) -> None:
    served, url = fake
    generic, case, delivery = whole(url), a_case("t/1"), a_delivery("Hola")
    assert generic.news(case, NOW) is None
    served.news = "The customer\nwrote again."
    assert generic.news(case, NOW) == "The customer wrote again."
    for call in (lambda: desk(url).find(delivery, case), lambda: desk(url).news(case, NOW)):
        with pytest.raises(CannotTell, match="_url is set"):
            call()
    with serving(lambda call: Answer(200, {"id": "another", "hello": "you"})) as catch_all:  # no sign that it is there
        for call in (lambda: whole(catch_all).find(delivery, case), lambda: whole(catch_all).news(case, NOW)):
            with pytest.raises(CannotTell):
                call()


def test_failures(fake: tuple[Fake, str]) -> None:
    served, url = fake
    failures(served, whole(url), whole(nobody()), a_delivery("Hola"), a_case("t/1"), {401, 403, 404, 422})


def test_settings() -> None:
    for wrong in (
        {"secret": SecretStr("whsec_short")}, {"secret": SecretStr("whsec_" + "A" * 8)}, {"url": "ftp://x"},
        {"more": 1}, {"find_url": "http://{thread}.example/"}, {"find_url": "https://x.example/{case}"},
        {"mode": "send"},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            desk(**{"url": "https://x.example", **wrong})


def test_when_a_message_was_edited() -> None:
    at = NOW + dt.timedelta(minutes=1)
    assert parsed("message.updated", at=at.isoformat(), text="") == Edited("generic", "m-1", "", at)
    told = {"type": "message.updated", "timestamp": at.isoformat(), "data": {"id": "m-1", "text": "Ya"}}
    assert desk("http://x.example").parse(headers(), json.dumps(told).encode()) == Edited("generic", "m-1", "Ya", at)


def test_a_photo_alone_and_a_text_without_end() -> None:
    for more in ({"text": ""}, {"text": None}, {"html": "<p></p>"}):
        assert parsed(**more, attachments=["taza.jpg"]).remark == "attachment"
    long = parsed(text="a" * 100_001)
    assert (long.remark, len(long.message.text)) == ("cut", 100_000)
