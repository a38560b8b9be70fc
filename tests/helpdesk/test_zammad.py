"""Zammad against shapes of its source and documentation; the server here is ours and keeps to what they say."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody, openssl
from pydantic import SecretStr
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.contract import Answered, Ignored, Unverified
from voz.helpdesk.zammad import Zammad, ZammadSettings
from voz.service.receive import Incoming
from voz.service.service import Undelivered

SECRET = "the-hmac-token"
# zammad-admin-documentation manage/webhook/payload.rst; zammad app/jobs/trigger_webhook_job/record_payload
SAMPLE: dict[str, Any] = {
    "ticket": {"id": 81, "number": "10081", "title": "Pedido 4711", "article_count": 1,
               "create_article_sender": "Customer",
               "customer": {"id": 5, "email": "ana@example.com", "login": "ana@example.com"}},
    "article": {"id": 104, "ticket_id": 81, "body": "<div>No ha <b>llegado</b>.<br>¿Qué hago?</div>", "internal": False,
                "content_type": "text/html", "sender": "Customer", "type": "email", "from": "Ana <ana@example.com>",
                "created_by_id": 5, "created_at": "2026-03-02T09:58:00.000Z", "preferences": {},
                "message_id": "<m1@x>"},
}  # fmt: skip


def desk(url: str, mode: str = "draft") -> Zammad:
    base: dict[str, Any] = {"url": url, "token": SecretStr("tok"), "secret": SecretStr(SECRET), "user_id": 4}
    return Zammad(ZammadSettings(**base, mode=mode), CLIENT)


def parsed(**article: Any) -> Any:
    told = {**SAMPLE, "article": {**SAMPLE["article"], **article}}
    return desk("http://x.example").parse(headers(), json.dumps(told).encode())


class Fake:
    """A Zammad with ticket 81: its articles, and its one shared draft that a PUT writes over."""

    def __init__(self) -> None:
        self.articles = [{**SAMPLE["article"]}]
        self.draft: dict[str, Any] | None = None
        self.fail: Answer | None = None
        self.lost = False

    def writes(self) -> int:
        return len(self.articles) - 1 + (self.draft is not None)

    def add(self, **more: Any) -> dict[str, Any]:
        at = (NOW + dt.timedelta(seconds=len(self.articles))).isoformat()
        article = {**SAMPLE["article"], "id": 200 + len(self.articles), "created_at": at, **more}
        self.articles.append(article)
        return article

    def shown(self) -> dict[str, Any]:
        if self.draft is None:
            return {"shared_draft_id": None, "assets": None}
        return {"shared_draft_id": 2, "assets": {"TicketSharedDraftZoom": {"2": {"id": 2, **self.draft}}}}

    def __call__(self, call: Call) -> Answer:
        if call.headers.get("authorization") != "Token token=tok":
            return Answer(401, {"error": "Invalid Token"})
        if call.method == "GET":
            gives = {"/api/v1/ticket_articles/by_ticket/81": self.articles,
                     "/api/v1/tickets/81/shared_draft": self.shown(),
                     "/api/v1/tickets/81": {"id": 81, "customer": "ana@example.com"}}  # fmt: skip
            return Answer(200, gives[call.path]) if call.path in gives else Answer(404, {})
        if self.fail:
            return self.fail
        body = call.json
        if (call.method, call.path) == ("PUT", "/api/v1/tickets/81/shared_draft"):
            self.draft = {"new_article": body["new_article"], "ticket_attributes": body["ticket_attributes"]}
            return Answer(200, self.shown(), lost=self.lost)
        assert (call.method, call.path) == ("POST", "/api/v1/ticket_articles")
        assert body["ticket_id"] == 81
        assert body["internal"] is (body["type"] == "note")
        if body["type"] == "email":
            assert body["to"] == "ana@example.com"
            assert body["in_reply_to"] == "<m1@x>"
        made = self.add(
            sender="Agent", created_by_id=4, **{k: body[k] for k in ("body", "type", "internal", "preferences")}
        )
        return Answer(201, made, lost=self.lost)


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    served = Fake()
    with serving(served) as url:
        yield served, url


def test_signature() -> None:
    body = json.dumps(SAMPLE).encode()
    good = "sha1=" + openssl("sha1", SECRET.encode(), body).hex()
    zammad = desk("http://x.example")
    zammad.verify(headers(x_hub_signature=good), body, NOW)
    for sent, changed, said in ((headers(), body, "missing"), (headers(x_hub_signature=good), body + b" ", "wrong")):
        with pytest.raises(Unverified, match=f"X-Hub-Signature is {said}") as refused:
            zammad.verify(sent, changed, NOW)
        assert good[5:] not in str(refused.value)


def test_what_comes_in() -> None:
    told = parsed()
    assert isinstance(told, Incoming)
    assert (told.source, told.external_id, told.thread, told.message.channel) == ("zammad", "104", "81", "email")
    assert told.message.text == "Pedido 4711\n\nNo ha llegado.\n¿Qué hago?"
    assert parsed(content_type="text/plain", body="1 <b> 2").message.text == "Pedido 4711\n\n1 <b> 2"
    assert isinstance(parsed(sender="Agent", created_by_id=7), Answered)
    assert isinstance(parsed(sender="Agent", created_by_id=4), Ignored)
    assert isinstance(parsed(sender="Agent", created_by_id=7, preferences={"voz_delivery": "dl"}), Ignored)
    assert isinstance(parsed(internal=True), Ignored)
    assert isinstance(parsed(sender="System"), Ignored)
    assert isinstance(parsed(body="<br>"), Ignored)
    tweet = parsed(type="twitter direct-message").message
    assert (tweet.channel, tweet.is_public) == ("x", False)
    for empty in (None, {}):
        whole = json.dumps({**SAMPLE, "article": empty}).encode()
        assert isinstance(desk("http://x.example").parse(headers(), whole), Ignored)
    with pytest.raises(InputError, match=r"article\.sender"):
        parsed(sender=None)


def test_hostile_bodies() -> None:
    never_crashes(lambda body: desk("http://x.example").parse(headers(), body), SAMPLE)


def test_a_shared_draft(fake: tuple[Fake, str]) -> None:
    served, url = fake
    zammad, case, delivery = desk(url), a_case("81"), a_delivery("Hola, Ana:\n<ya> sale & llega")
    assert zammad.find(delivery, case) is None
    receipt = zammad.post(delivery, case)
    assert served.draft is not None
    written = served.draft["new_article"]
    assert written["body"] == "Hola, Ana:<br>&lt;ya&gt; sale &amp; llega"
    assert (written["type"], written["to"], written["internal"]) == ("email", "ana@example.com", False)
    assert len(served.articles) == 1
    assert zammad.find(delivery, case) == receipt == {"id": "2", "ticket": "81", "mode": "draft"}
    newer = a_delivery("Mejor así: t.es/?a=1&section=2", id="dl-2")
    zammad.post(newer, case)  # over voz's own, which nobody has touched
    zammad.post(newer, case)
    assert zammad.find(delivery, case) is None
    served.draft["new_article"]["body"] = "Mejor así. Eva"
    with pytest.raises(Undelivered, match="colleague") as kept:
        zammad.post(delivery, case)
    assert kept.value.for_good
    assert served.draft["new_article"]["body"] == "Mejor así. Eva"


def test_a_draft_that_a_colleague_has_sent(fake: tuple[Fake, str]) -> None:
    served, url = fake
    delivery, case = a_delivery("Hola, Ana:\nya sale"), a_case("81")
    desk(url).post(delivery, case)
    served.draft = None
    served.add(sender="Agent", created_by_id=7, body="<div>Hola, Ana:</div><div>ya sale</div>")
    assert desk(url).find(delivery, case) == {"id": "201", "ticket": "81", "mode": "draft"}


@pytest.mark.parametrize("mode", ["reply", "draft", "note"])
def test_a_lost_answer_is_found(fake: tuple[Fake, str], mode: str) -> None:
    served, url = fake
    served.lost = True
    delivery, case = a_delivery("Sí, mañana: https://t.es/?a=1&currency=EUR &nbsp;"), a_case("81")
    with pytest.raises(httpx.HTTPError):
        desk(url, mode).post(delivery, case)
    found = desk(url, mode).find(delivery, case)
    assert found is not None
    assert found["mode"] == mode
    assert served.writes() == 1
    if mode != "draft":
        served.articles[-1]["preferences"] = {}  # known by its words alone
        assert desk(url, mode).find(delivery, case) == found
        assert desk(url, "note" if mode == "reply" else "reply").find(delivery, case) is None


def test_replies_need_an_address(fake: tuple[Fake, str]) -> None:
    served, url = fake
    served.articles[0] |= {"from": "Ana García", "type": "web"}
    desk(url, "reply").post(a_delivery("Hola"), a_case("81"))  # the address of the ticket's customer
    served.articles[:] = [{**SAMPLE["article"], "type": "telegram personal-message", "from": "ana"}]
    with pytest.raises(Undelivered, match="use draft or note"):
        desk(url, "reply").post(a_delivery("Hola"), a_case("81"))
    desk(url, "draft").post(a_delivery("Hola"), a_case("81"))
    served.articles.clear()
    with pytest.raises(Undelivered, match="no message of a customer"):
        desk(url, "reply").post(a_delivery("Hola"), a_case("81"))


def test_news(fake: tuple[Fake, str]) -> None:
    served, url = fake
    zammad, case = desk(url), a_case("81")
    served.add(sender="Agent", created_by_id=4)
    served.add(sender="Agent", created_by_id=7, internal=True)
    served.add(sender="System", created_by_id=1)
    assert zammad.news(case, NOW) is None
    served.add(body="¿Hola?")
    assert "The customer (Ana <ana@example.com>) wrote" in (zammad.news(case, NOW) or "")
    served.add(sender="Agent", created_by_id=7, body="Le llamo", **{"from": "Eva"})
    assert "Somebody of the team (Eva)" in (zammad.news(case, NOW) or "")


@pytest.mark.parametrize("mode", ["reply", "draft", "note"])
def test_failures(fake: tuple[Fake, str], mode: str) -> None:
    served, url = fake
    failures(served, desk(url, mode), desk(nobody(), mode), a_delivery("Hola"), a_case("81"), {401, 403, 404, 422})


def test_a_photo_alone_and_a_text_without_end() -> None:
    photo = parsed(body="<div></div>", attachments=[{"id": 7, "filename": "taza.jpg"}])
    assert (photo.remark, photo.message.text) == ("attachment", "Pedido 4711")
    assert isinstance(parsed(body="<div></div>", attachments=[]), Ignored)
    assert parsed(body="a" * 100_001).remark == "cut"
