"""Zendesk against shapes of its documentation; the server here is ours and keeps to what that documentation says."""

from __future__ import annotations

import base64
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
from voz.helpdesk.contract import Answered, Ignored, Unverified, conversation_of, whole
from voz.helpdesk.zendesk import Zendesk, ZendeskSettings
from voz.service.receive import Incoming
from voz.service.service import CannotTell

SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmc="
LOGIN = "Basic " + base64.b64encode(b"voz@tienda.example/token:tok").decode()
# developer.zendesk.com/api-reference/webhooks/event-types/ticket-events, and dust-tt/dust ticket_comment_added.ts
SAMPLE: dict[str, Any] = {
    "account_id": 22129848, "id": "d4f5c389-8f4a-4c2e-a1b9-8e4f39c71d52", "subject": "zen:ticket:5158",
    "time": "2026-03-02T09:58:30.123456789Z", "type": "zen:event-type:ticket.comment_added",
    "zendesk_event_version": "2022-11-06",
    "detail": {"id": "5158", "requester_id": "8447388090494", "subject": "No puedo entrar", "is_public": True,
               "tags": ["mobile"], "via": {"channel": "email"}},
    "event": {"comment": {"id": "9876543210", "body": "No puedo entrar desde ayer.", "is_public": True,
                          "author": {"id": "8447388090494", "is_staff": False, "name": "Ana"}}},
}  # fmt: skip


def desk(url: str, mode: str = "note") -> Zendesk:
    base: dict[str, Any] = {"url": url, "email": "voz@tienda.example", "token": SecretStr("tok"), "user_id": 4}
    return Zendesk(ZendeskSettings(**base, secret=SecretStr(SECRET), mode=mode), CLIENT)


def parsed(url: str = "http://x.example", comment: dict[str, Any] | None = None, **changed: Any) -> Any:
    told = {**SAMPLE, **changed}
    if comment:
        told["event"] = {"comment": {**SAMPLE["event"]["comment"], **comment}}
    return whole(desk(url).parse(headers(), json.dumps(told).encode()))


class Fake:
    """A Zendesk with ticket 5158: its audits by cursor, two a page, and the metadata of its updates."""

    def __init__(self) -> None:
        self.audits: list[dict[str, Any]] = []
        self.fail: Answer | None = None
        self.lost = False
        self.keeps_metadata = True

    def writes(self) -> int:
        return len(self.audits)

    def add(self, author: int, html: str, public: bool = True, custom: Any = None) -> dict[str, Any]:
        number = 1000 + 10 * len(self.audits)
        at = (NOW + dt.timedelta(seconds=len(self.audits))).isoformat().replace("+00:00", "Z")
        comment = {
            "id": number + 1,
            "type": "Comment",
            "author_id": author,
            "body": html,
            "html_body": html,
            "public": public,
        }
        other = {"id": number + 2, "type": "Notification", "subject": "x", "body": html}
        audit = {"id": number, "ticket_id": 5158, "created_at": at, "author_id": author, "events": [other, comment],
                 "metadata": {"system": {"ip_address": "192.0.2.1"}, "custom": custom or {}}}  # fmt: skip
        self.audits.append(audit)
        return audit

    def __call__(self, call: Call) -> Answer:
        if call.headers.get("authorization") != LOGIN:
            return Answer(401, {"error": "Couldn't authenticate you"})
        if (call.method, call.path) == ("GET", "/api/v2/tickets/5158/audits"):
            start = int(call.query.get("page[after]", 0))
            more = start + 2 < len(self.audits)
            meta = {"has_more": more, "after_cursor": str(start + 2) if more else None}
            return Answer(200, {"audits": self.audits[start : start + 2], "meta": meta})
        if (call.method, call.path) == ("GET", "/api/v2/tickets/5158/comments"):
            first = [{"id": 1, "author_id": 8447388090494, "body": "Hola", "plain_body": "Hola", "public": True,
                      "created_at": "2026-03-02T09:00:00Z"}]  # fmt: skip
            return Answer(200, {"comments": first, "meta": {"has_more": False}})
        if (call.method, call.path) == ("GET", "/api/v2/tickets/5158"):
            return Answer(200, {"ticket": {"id": 5158, "requester_id": 9}})
        if (call.method, call.path) != ("PUT", "/api/v2/tickets/5158"):
            return Answer(404, {"error": "RecordNotFound"})
        if self.fail:
            return self.fail
        ticket = call.json["ticket"]
        assert set(ticket) == {"comment", "metadata"}
        assert isinstance(ticket["comment"]["public"], bool)
        custom = ticket["metadata"] if self.keeps_metadata else None
        audit = self.add(4, ticket["comment"]["html_body"], ticket["comment"]["public"], custom)
        return Answer(200, {"ticket": {"id": 5158}, "audit": audit}, lost=self.lost)


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    served = Fake()
    with serving(served) as url:
        yield served, url


def test_signature() -> None:
    body, at = json.dumps(SAMPLE).encode(), "2026-03-02T10:00:00Z"
    good = base64.b64encode(openssl("sha256", SECRET.encode(), at.encode() + body)).decode()
    zendesk = desk("http://x.example")
    both = {"x_zendesk_webhook_signature": good, "x_zendesk_webhook_signature_timestamp": at}
    zendesk.verify(headers(**both), body, NOW)
    for sent, changed, now, said in (
        (headers(x_zendesk_webhook_signature=good), body, NOW, "Timestamp is missing"),
        (headers(x_zendesk_webhook_signature_timestamp=at), body, NOW, "Signature is missing"),
        (headers(**both), body + b"x", NOW, "Signature is wrong"),
        (headers(**both), body, NOW + dt.timedelta(hours=1), "more than 5 minutes"),
    ):
        with pytest.raises(Unverified, match=said) as refused:
            zendesk.verify(sent, changed, now)
        assert good not in str(refused.value)


def test_what_comes_in(fake: tuple[Fake, str]) -> None:
    told = parsed()
    assert isinstance(told, Incoming)
    assert (told.source, told.external_id, told.thread) == ("zendesk", "9876543210", "5158")
    assert (told.message.text, told.message.channel, told.message.author) == (
        "No puedo entrar desde ayer.",
        "email",
        "Ana",
    )
    staff = {"author": {"id": "7", "is_staff": True, "name": "Eva"}}
    assert isinstance(parsed(comment=staff), Answered)
    assert isinstance(parsed(comment={**staff, "is_public": False}), Ignored)
    assert isinstance(parsed(comment={"author": {"id": "4", "is_staff": True}}), Ignored)
    assert isinstance(parsed(comment={"body": " \n"}), Ignored)
    assert isinstance(parsed(type="zen:event-type:ticket.status_changed"), Ignored)
    with pytest.raises(InputError, match=r"event\.comment\.is_public"):
        parsed(comment={"is_public": None})
    with pytest.raises(InputError, match=r"event\.comment\.author\.is_staff"):
        parsed(comment={"author": {"id": "9", "is_staff": "no"}})
    direct = {**SAMPLE["detail"], "via": {"channel": "instagram_dm"}}
    assert (parsed(detail=direct).message.channel, parsed(detail=direct).message.is_public) == ("instagram", False)
    first = parsed(fake[1], type="zen:event-type:ticket.created")
    assert (first.external_id, first.message.text) == ("1", "Hola")
    for_another = {**SAMPLE["detail"], "requester_id": "5"}
    assert isinstance(parsed(fake[1], type="zen:event-type:ticket.created", detail=for_another), Ignored)
    named = desk(nobody()).parse(headers(), json.dumps({**SAMPLE, "type": "zen:event-type:ticket.created"}).encode())
    assert conversation_of(named) == first.thread  # it asks nobody
    with pytest.raises(CannotTell, match="Zendesk cannot be read"):
        whole(named)


def test_hostile_bodies(fake: tuple[Fake, str]) -> None:
    never_crashes(lambda body: desk("http://x.example").parse(headers(), body), SAMPLE)
    created = {**SAMPLE, "type": "zen:event-type:ticket.created", "event": {}}
    never_crashes(lambda body: desk(fake[1]).parse(headers(), body), created)


def test_posted_once_and_found_again(fake: tuple[Fake, str]) -> None:
    served, url = fake
    text = "Hola, {{ticket.id}}:\r\n<b>tú & yo</b> {% x %}"
    delivery, case, zendesk = a_delivery(text), a_case("5158"), desk(url)
    for _ in range(5):
        served.add(9, "<p>Hola</p>")
    assert zendesk.find(delivery, case) is None
    receipt = zendesk.post(delivery, case)
    html = served.audits[-1]["events"][1]["html_body"]
    assert html == "Hola, &#123;&#123;ticket.id}}:<br>&lt;b&gt;tú &amp; yo&lt;/b&gt; &#123;% x %}"
    assert served.audits[-1]["events"][1]["public"] is False
    assert zendesk.find(delivery, case) == receipt == {"id": "1051", "ticket": "5158", "mode": "note"}
    assert zendesk.find(a_delivery(text, id="dl-2"), case) is None


@pytest.mark.parametrize("keeps", [True, False])
def test_a_lost_answer_is_found(fake: tuple[Fake, str], keeps: bool) -> None:
    served, url = fake
    served.lost, served.keeps_metadata = True, keeps
    delivery, case = a_delivery("Sí: mañana,\nseguro <3 https://t.es/?a=1&currency=EUR &amp;"), a_case("5158")
    with pytest.raises(httpx.HTTPError):
        desk(url, "reply").post(delivery, case)
    assert desk(url, "reply").find(delivery, case) == {"id": "1001", "ticket": "5158", "mode": "reply"}


def test_news(fake: tuple[Fake, str]) -> None:
    served, url = fake
    zendesk, case = desk(url), a_case("5158")
    served.add(9, "primero")
    served.add(4, "voz")
    served.add(7, "nota", public=False)
    assert zendesk.news(case, NOW) is None
    served.add(9, "<p>¿Y <b>bien</b>?</p>")
    told = zendesk.news(case, NOW) or ""
    assert told.startswith("The customer wrote")
    assert "“¿Y bien?”" in told
    served.add(7, "Le llamo")
    assert "Somebody else (user 7)" in (zendesk.news(case, NOW) or "")


def test_failures(fake: tuple[Fake, str]) -> None:
    served, url = fake
    failures(served, desk(url), desk(nobody()), a_delivery("Hola"), a_case("5158"), {401, 403, 404, 422})
    served.fail = Answer(200, {"ticket": {"id": 5158}})
    with pytest.raises(Exception, match="something else than its id"):
        desk(url).post(a_delivery("Hola"), a_case("5158"))


def test_a_photo_alone_and_a_text_without_end() -> None:
    assert parsed(comment={"body": " ", "attachments": [{"id": 7}]}).remark == "attachment"
    assert isinstance(parsed(comment={"body": " ", "attachments": []}), Ignored)
    assert parsed(comment={"body": "a" * 100_001}).remark == "cut"
