"""Chatwoot against shapes recorded from its source; the server here is ours and keeps to what that source does."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody, openssl
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.chatwoot import Chatwoot, ChatwootSettings, without_liquid
from voz.helpdesk.contract import Answered, Edited, Ignored, Unverified
from voz.service.receive import Incoming
from voz.service.service import CannotTell, Undelivered

SECRET = "a-secret-of-the-webhook"
# chatwoot/chatwoot app/models/message.rb webhook_data and chatwoot/docs product/others/webhook-events.md
SAMPLE: dict[str, Any] = {
    "event": "message_created", "id": 55, "content": "¿Dónde está mi pedido?", "message_type": "incoming",
    "content_type": "text", "content_attributes": {}, "additional_attributes": {}, "source_id": None, "private": False,
    "created_at": "2026-03-02T09:58:00.000Z", "sender": {"id": 9, "name": "Ana", "email": "ana@example.com"},
    "inbox": {"id": 1, "name": "Site"}, "account": {"id": 1, "name": "Acme"},
    "conversation": {"id": 12, "status": "open", "channel": "Channel::WebWidget", "additional_attributes": {}},
}  # fmt: skip


def desk(url: str, mode: str = "note", **more: Any) -> Chatwoot:
    base: dict[str, Any] = {"url": url, "account": 1, "token": SecretStr("tok"), "secret": SecretStr(SECRET)}
    return Chatwoot(ChatwootSettings(**{**base, "mode": mode, **more}), CLIENT)


def parsed(**changed: Any) -> Any:
    return desk("http://x.example", user_id=4).parse(headers(), json.dumps({**SAMPLE, **changed}).encode())


class Fake:
    """A Chatwoot with one conversation: its token, its twenty a page, its Liquid, its content_attributes."""

    def __init__(self, keeps_attributes: bool = True) -> None:
        self.messages: list[dict[str, Any]] = []
        self.fail: Answer | None = None
        self.lost = False
        self.reads = 0
        self.keeps_attributes = keeps_attributes

    def writes(self) -> int:
        return len(self.messages)

    def add(self, **more: Any) -> dict[str, Any]:
        at = int(NOW.timestamp()) + len(self.messages)
        message = {"id": 100 + len(self.messages), "message_type": 0, "private": False, "created_at": at,
                   "content_attributes": {}, "sender": {"id": 9, "name": "Ana", "type": "contact"}, **more}  # fmt: skip
        self.messages.append(message)
        return message

    def __call__(self, call: Call) -> Answer:
        if call.headers.get("api_access_token") != "tok":
            return Answer(401, {"errors": ["Invalid Access Token"]})
        if call.path != "/api/v1/accounts/1/conversations/12/messages":
            return Answer(404, {})
        if call.method == "GET":
            self.reads += 1
            before = int(call.query.get("before", 10**9))
            page = [message for message in self.messages if message["id"] < before][-20:]
            return Answer(200, {"meta": {}, "payload": page})
        if self.fail:
            return self.fail
        body = call.json
        assert body["message_type"] == "outgoing"
        assert isinstance(body["private"], bool)
        assert "source_id" not in body
        attributes = body["content_attributes"] if self.keeps_attributes else {}
        made = self.add(message_type=1, private=body["private"], content=liquid(body["content"]),
                        content_attributes=attributes, sender={"id": 4, "name": "voz", "type": "user"})  # fmt: skip
        return Answer(200, made, lost=self.lost)


def liquid(content: str) -> str:
    """Liquid as liquidable.rb feeds it, for texts whose only values are quoted words; all else renders to nothing.

    Its tokens, and that a raw block ends at the token's end, are after shopify/liquid's tokenizer.rb and tags/raw.rb.
    """
    content = re.sub(r"`(.*?)`", r"{% raw %}`\1`{% endraw %}", content, flags=re.S)
    out, raw = "", False
    for token in re.split(r"(\{%.*?%\}|\{\{.*?\}\}?)", content, flags=re.S):
        if raw and token.endswith("{% endraw %}"):
            out, raw = out + token.removesuffix("{% endraw %}"), False
        elif raw or not token.startswith(("{{", "{%")):
            out += token
        elif token == "{% raw %}":
            raw = True
        elif token == "{{ '%60' | url_decode }}":
            out += "`"
        elif quoted := re.fullmatch(r"\{\{ '(.*)' \}\}", token):
            out += quoted[1]
    return out


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    served = Fake()
    with serving(served) as url:
        yield served, url


def test_signature() -> None:
    body, at = json.dumps(SAMPLE).encode(), str(int(NOW.timestamp()))
    good = "sha256=" + openssl("sha256", SECRET.encode(), at.encode() + b"." + body).hex()
    chatwoot = desk("http://x.example")
    chatwoot.verify(headers(x_chatwoot_timestamp=at, x_chatwoot_signature=good), body, NOW)
    for sent, changed, now, said in (
        (headers(x_chatwoot_signature=good), body, NOW, "Timestamp is missing"),
        (headers(x_chatwoot_timestamp=at), body, NOW, "Signature is missing"),
        (headers(x_chatwoot_timestamp=at, x_chatwoot_signature=good), body + b" ", NOW, "Signature is wrong"),
        (headers(x_chatwoot_timestamp=at, x_chatwoot_signature=good), body, NOW + dt.timedelta(minutes=6), "minutes"),
        (headers(x_chatwoot_timestamp="soon", x_chatwoot_signature=good), body, NOW, "not a time"),
        (headers(x_chatwoot_timestamp=str(int(at) + 1), x_chatwoot_signature=good), body, NOW, "is wrong"),
    ):
        with pytest.raises(Unverified, match=said) as refused:
            chatwoot.verify(sent, changed, now)
        assert good[7:] not in str(refused.value)


def test_a_customers_message_comes_in() -> None:
    told = parsed()
    assert isinstance(told, Incoming)
    assert (told.source, told.external_id, told.thread) == ("chatwoot", "55", "12")
    assert (told.message.text, told.message.channel, told.message.author) == ("¿Dónde está mi pedido?", "chat", "Ana")
    assert told.message.language is None
    assert told.message.received_at == dt.datetime(2026, 3, 2, 9, 58, tzinfo=dt.UTC)
    assert parsed(created_at="2020-03-03 13:05:57 UTC").message.received_at.year == 2020
    direct = parsed(conversation={"id": 12, "channel": "Channel::FacebookPage"})
    assert (direct.message.channel, direct.message.is_public) == ("facebook", False)
    more = {"channel": "Channel::TwitterProfile", "additional_attributes": {"type": "tweet"}}
    tweet = parsed(conversation={"id": 12, **more})
    assert (tweet.message.channel, tweet.message.is_public) == ("x", True)


def test_what_is_no_customers_message() -> None:
    agent = {"id": 7, "name": "Eva", "type": "user"}
    answered = parsed(message_type="outgoing", sender=agent, content="Ya va")
    assert isinstance(answered, Answered)
    assert (answered.author, answered.text, answered.thread) == ("Eva", "Ya va", "12")
    assert isinstance(parsed(message_type="outgoing", sender={**agent, "id": 4}), Ignored)
    marked = {"voz_delivery": "dl-1"}
    assert isinstance(parsed(message_type="outgoing", sender=agent, content_attributes=marked), Ignored)
    assert isinstance(parsed(private=True, message_type="outgoing", sender=agent), Ignored)
    assert isinstance(parsed(message_type="template"), Ignored)
    assert isinstance(parsed(event="conversation_updated"), Ignored)
    assert isinstance(parsed(content=None), Ignored)
    assert parsed(event="message_updated", content="Otro") == Edited("chatwoot", "55", "Otro")
    assert parsed(event="message_updated", content_attributes={"deleted": True}) == Edited("chatwoot", "55", "")
    wrongs = ({"conversation": {}}, "conversation.id"), ({"id": None}, "'id'"), ({"account": {"id": 2}}, "account.id")
    for wrong, path in wrongs:
        with pytest.raises(InputError, match=path):
            parsed(**wrong)


def test_hostile_bodies() -> None:
    never_crashes(lambda body: desk("http://x.example").parse(headers(), body), SAMPLE)


@given(st.text(alphabet="{}%`' a", max_size=40))
def test_no_text_is_a_template(text: str) -> None:
    assert liquid(without_liquid(text)) == text


def test_posted_once_and_found_again(fake: tuple[Fake, str]) -> None:
    served, url = fake
    text = "Hola, {{ contact.name }}:\n`{{x}}` {% if %} & <b>"
    delivery, case = a_delivery(text), a_case("12")
    chatwoot = desk(url)
    assert chatwoot.find(delivery, case) is None
    receipt = chatwoot.post(delivery, case)
    assert served.messages[-1]["content"] == text
    assert served.messages[-1]["private"] is True
    assert chatwoot.find(delivery, case) == receipt == {"id": "100", "conversation": "12", "mode": "note"}
    assert chatwoot.find(a_delivery(text, id="dl-2"), case) is None  # the very words of another delivery
    for _ in range(45):
        served.add(content="Hola")
    served.reads = 0
    assert chatwoot.find(delivery, case) == receipt  # three pages back
    assert served.reads == 3


def test_a_lost_answer_is_found(fake: tuple[Fake, str]) -> None:
    served, url = fake
    served.lost = True
    for served.keeps_attributes in (True, False):
        delivery = a_delivery(f"Sí, mañana {served.keeps_attributes}", id=f"dl-{served.keeps_attributes}")
        with pytest.raises(httpx.HTTPError):
            desk(url, "reply").post(delivery, a_case("12"))
        assert desk(url, "reply").find(delivery, a_case("12")) is not None
        assert desk(url, "note").find(delivery, a_case("12")) is None or served.keeps_attributes


def test_news(fake: tuple[Fake, str]) -> None:
    served, url = fake
    chatwoot, case = desk(url, user_id=4), a_case("12")
    served.add(content="primero")
    assert chatwoot.news(case, NOW) is None
    served.add(content="nota", message_type=1, private=True, sender={"id": 7, "type": "user"})
    served.add(content="voz", message_type=1, sender={"id": 4, "type": "user"})
    served.add(content="Te contestamos enseguida", message_type=1, sender={"id": 3, "type": "agent_bot"})
    served.add(content="Fuera de horario", message_type=1, sender=None)
    assert chatwoot.news(case, NOW) is None
    served.add(content="¿Y bien?")
    assert "customer (Ana)" in (chatwoot.news(case, NOW) or "")
    served.add(content="Le llamo", message_type=1, sender={"id": 7, "name": "Eva", "type": "user"})
    assert "team (Eva) wrote" in (chatwoot.news(case, NOW) or "")


def test_failures(fake: tuple[Fake, str]) -> None:
    served, url = fake
    failures(served, desk(url), desk(nobody()), a_delivery("Hola"), a_case("12"), {401, 403, 404})
    with pytest.raises(CannotTell):
        desk(url, token=SecretStr("wrong")).find(a_delivery("Hola"), a_case("12"))
    with pytest.raises(Undelivered) as nowhere:
        desk(url).post(a_delivery("Hola"), a_case(None))
    assert nowhere.value.for_good
    with pytest.raises(ValidationError):
        desk(url, unknown=1)


def test_when_a_message_was_edited() -> None:
    at = NOW + dt.timedelta(minutes=1)
    listed = [{"id": 54, "updated_at": "2020-01-01T00:00:00Z"}, {"id": 55, "updated_at": at.isoformat()}]
    in_conversation = {"conversation": {**SAMPLE["conversation"], "messages": listed}}
    for where in ({"updated_at": at.isoformat()}, in_conversation):
        assert parsed(event="message_updated", **where) == Edited("chatwoot", "55", SAMPLE["content"], at)
    deleted = {"content": "This message was deleted", "content_attributes": {"deleted": True}}
    assert parsed(event="message_updated", **deleted) == Edited("chatwoot", "55", "")


def test_a_photo_alone_and_a_text_without_end() -> None:
    for content in (None, " "):
        photo = parsed(content=content, attachments=[{"id": 7, "file_type": "image"}])
        assert (photo.remark, photo.external_id) == ("attachment", "55")
        assert isinstance(parsed(content=content, attachments=[]), Ignored)
    assert isinstance(parsed(event="message_updated", content=None), Ignored)  # its status, not its words
    long = parsed(content="a" * 100_001)
    assert (long.remark, len(long.message.text)) == ("cut", 100_000)
