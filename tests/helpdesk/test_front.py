"""voz with Front: its own contract (served by Prism), a server of ours that answers as it says, and recorded events."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody, openssl
from contracts import contract
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.contract import Answered, Ignored, Unverified, conversation_of, whole
from voz.helpdesk.front import Front, FrontSettings
from voz.service.receive import Incoming
from voz.service.service import CannotTell

SECRET = "clave-de-firma"
AT = NOW.timestamp()
# The shape of EventResponse and MessageResponse in Front's OpenAPI file (frontapp/front-api-specs, core API).
MESSAGE: dict[str, Any] = {
    "id": "msg_1", "type": "email", "is_inbound": True, "draft_mode": None, "created_at": AT, "subject": "Pedido 12",
    "author": None, "body": "<p>¿Dónde está?</p><p>Gracias</p>", "text": "¿Dónde está?\nGracias",
    "recipients": [{"name": "Carla", "handle": "carla@cliente.example", "role": "from"},
                   {"name": None, "handle": "ayuda@tienda.example", "role": "to"}],
}  # fmt: skip
EVENT: dict[str, Any] = {
    "id": "evt_1", "type": "inbound", "emitted_at": AT, "conversation": {"id": "cnv_1"},
    "source": {"_meta": {"type": "inboxes"}, "data": []},
    "target": {"_meta": {"type": "message"}, "data": MESSAGE},
}  # fmt: skip
ANA = {"id": "tea_ana", "first_name": "Ana", "last_name": "Ruiz", "email": "ana@tienda.example"}


def a_front(url: str = "http://127.0.0.1:1", client: httpx.Client = CLIENT, **more: Any) -> Front:
    given = {"url": url, "token": "t", "secret": SECRET, "channel_id": "cha_1", "author_id": "tea_voz"}
    made = Front(FrontSettings.model_validate({**given, **more}), client)
    made.patience = 0.01
    return made


class Fake:
    """Front as its contract says; our own."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {"messages": [], "drafts": [], "comments": []}
        self.fail: Answer | None = None
        self.lost = False
        self.late = 0
        """How many more times the messages are listed before the newest shows."""

    def writes(self) -> int:
        return sum(map(len, self.lists.values()))

    def __call__(self, call: Call) -> Answer:
        assert call.headers["authorization"] == "Bearer t"
        parts = call.path.strip("/").split("/")
        if call.method == "GET":
            return self.read(parts, call)
        if self.fail:
            return self.fail
        body, kind = call.json, parts[2]
        assert body["author_id"] == "tea_voz"
        entry = {"id": f"{kind}_{len(self.lists[kind])}", "body": body["body"], "created_at": AT + 5,
                 "is_inbound": False, "author": {"id": body["author_id"]}, "draft_mode": None}  # fmt: skip
        if kind == "drafts":
            assert (body["channel_id"], body["mode"]) == ("cha_1", "shared")
            entry["draft_mode"] = "shared"
        if kind == "comments":
            entry = {"id": entry["id"], "body": body["body"], "posted_at": AT + 5}
        self.lists[kind].insert(0, entry)
        if kind == "messages":
            assert body["options"] == {"archive": False}
            return Answer(202, {"status": "accepted", "message_uid": "uid1"}, lost=self.lost)
        return Answer(200, entry, lost=self.lost)

    def read(self, parts: list[str], call: Call) -> Answer:
        if parts[0] == "messages":
            return Answer(200, MESSAGE)
        entries = self.lists[parts[2]]
        if parts[2] == "messages" and self.late:
            self.late -= 1
            entries = entries[1:]
        start = int(call.query.get("page_token", "0"))
        following = f"http://127.0.0.1:1/evil?page_token={start + 2}" if start + 2 < len(entries) else None
        return Answer(200, {"_pagination": {"next": following}, "_results": entries[start : start + 2]})


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    made = Fake()
    with serving(made) as url:
        yield made, url


def old(count: int) -> list[dict[str, Any]]:
    return [{**MESSAGE, "id": f"msg_old{n}", "created_at": AT - 60 * n} for n in range(count)]


@pytest.mark.parametrize("mode", ["draft", "reply", "note"])
def test_every_call_keeps_to_fronts_own_contract(mode: str) -> None:
    with contract("front-core-api.json") as front:
        desk = a_front(front.url, front.client, mode=mode, author_id="tea_123" if mode == "note" else None)
        case, delivery = a_case("cnv_123"), a_delivery("Hola, {{ name }}:\n\n<3 & más")
        assert desk.post(delivery, case)["id"]
        for call in (lambda: desk.find(delivery, case), lambda: desk.news(case, NOW)):
            with suppress(CannotTell):  # Prism's examples lead from page to page for ever
                call()
        desk.api.read("/messages/msg_123")
        assert {one.partition(" ")[0] for one in front.calls} == {"GET", "POST"}
        wrong = httpx.post(f"{front.url}/conversations/cnv_1/drafts", json={"mode": "loud"}, headers=desk.api.headers)
        assert wrong.status_code >= 400 or "sl-violations" in wrong.headers  # Prism does look


@pytest.mark.parametrize(("mode", "kind"), [("draft", "drafts"), ("reply", "messages"), ("note", "comments")])
def test_once_and_found_again(fake: tuple[Fake, str], mode: str, kind: str) -> None:
    front, url = fake
    front.lists["messages"] = old(5)
    desk, case, delivery = a_front(url, mode=mode), a_case("cnv_1"), a_delivery("Hola {{ x }}\n\n1 < 2 & 3 > 2")
    assert desk.find(delivery, case) is None
    front.lost = True
    with pytest.raises(httpx.HTTPError):
        desk.post(delivery, case)
    front.late = 1 if mode == "reply" else 0
    found = desk.find(delivery, case)
    assert found is not None
    assert found["as"] == mode
    body = front.lists[kind][0]["body"]
    assert body == ("Hola {{ x }}\n\n1 < 2 & 3 > 2" if mode == "note" else
                    "Hola &#123;&#123; x }}<br><br>1 &lt; 2 &amp; 3 &gt; 2")  # fmt: skip
    assert desk.find(a_delivery("Otra cosa"), case) is None
    assert desk.find(a_delivery(delivery.text, at=NOW + dt.timedelta(hours=1)), case) is None
    front.lost = False
    assert desk.post(a_delivery("Otra cosa"), case)["id"]


def test_a_draft_that_somebody_sent_is_there(fake: tuple[Fake, str]) -> None:
    front, url = fake
    desk = a_front(url)
    front.lists["messages"] = [{**MESSAGE, "is_inbound": False, "author": ANA, "body": "Sale <b>mañana</b>"}, *old(3)]
    assert desk.find(a_delivery("Sale mañana"), a_case("cnv_1")) == {"id": "msg_1", "as": "reply"}


def test_what_failures_mean(fake: tuple[Fake, str]) -> None:
    front, url = fake
    failures(front, a_front(url), a_front(nobody()), a_delivery("Hola"), a_case("cnv_1"), {401, 403, 404, 422})


def test_news(fake: tuple[Fake, str]) -> None:
    front, url = fake
    desk, case = a_front(url), a_case("cnv_1")
    front.lists["messages"] = old(5)
    assert desk.news(case, NOW) is None
    fresh = {**MESSAGE, "created_at": AT + 60}
    own = {**fresh, "is_inbound": False, "author": {"id": "tea_voz"}}
    front.lists["messages"] = [own, fresh, *old(5)]
    told = desk.news(case, NOW)
    assert told is not None
    assert told.startswith("The customer (Carla) wrote in the helpdesk on 2026-03-02 at 10:01 UTC: “¿Dónde está?")
    front.lists["messages"] = [{**fresh, "is_inbound": False, "author": ANA}, fresh]
    told = desk.news(case, NOW)
    assert told is not None
    assert told.startswith("Somebody of the team (Ana Ruiz)")


def test_signatures() -> None:
    body, ms = b'{"type": "inbound"}', str(int(AT * 1000))
    right = base64.b64encode(openssl("sha256", SECRET.encode(), f"{ms}:".encode() + body)).decode()
    desk = a_front()
    sent = {"x_front_signature": right, "x_front_request_timestamp": ms}
    desk.verify(headers(**sent), body, NOW)
    for wrong, why in (({"x_front_signature": "x"}, "Signature is wrong"),
                       ({"x_front_request_timestamp": "1"}, "minutes"),
                       ({"x_front_request_timestamp": "9" * 15}, "not a time"),
                       ({"x_front_request_timestamp": "x"}, "not a time")):  # fmt: skip
        with pytest.raises(Unverified, match=why) as found:
            desk.verify(headers(**{**sent, **wrong}), body, NOW)
        assert right not in str(found.value)
    with pytest.raises(Unverified, match="wrong"):
        desk.verify(headers(**sent), body + b" ", NOW)
    with pytest.raises(Unverified, match="Timestamp is missing"):
        desk.verify(headers(x_front_signature=right), body, NOW)
    rule = base64.b64encode(openssl("sha1", SECRET.encode(), body)).decode()
    a_front(webhook="rule").verify(headers(x_front_signature=rule), body, NOW)
    with pytest.raises(Unverified, match="missing"):
        a_front(webhook="rule").verify(headers(), body, NOW)
    assert desk.challenge(headers(x_front_challenge="abc"), body) == {"challenge": "abc"}
    assert desk.challenge(headers(), body) is None


def parse(desk: Front | None = None, **changes: Any) -> Any:
    return (desk or a_front()).parse(headers(), json.dumps({**EVENT, **changes}).encode())


def test_events(fake: tuple[Fake, str]) -> None:
    incoming = parse()
    assert isinstance(incoming, Incoming)
    assert (incoming.external_id, incoming.thread) == ("msg_1", "cnv_1")
    assert incoming.message.text == "Pedido 12\n\n¿Dónde está?\n\nGracias"
    assert (incoming.message.author, incoming.message.channel) == ("Carla", "email")
    assert incoming.message.received_at == NOW
    wrapped = a_front().parse(headers(), json.dumps({"type": "inbound_received", "payload": EVENT}).encode())
    assert wrapped == incoming
    preview = copy.deepcopy(EVENT)
    preview["target"]["data"] = {"id": "msg_1"}
    named = a_front(fake[1]).parse(headers(), json.dumps(preview).encode())
    assert (conversation_of(named), whole(named)) == ("cnv_1", incoming)
    tweet = parse(target={"data": {**MESSAGE, "type": "tweet_dm"}}).message
    assert (tweet.channel, tweet.is_public) == ("x", False)
    out = {**MESSAGE, "is_inbound": False, "author": ANA}
    answered = parse(type="outbound", target={"data": out}, source={"_meta": {"type": "teammate"}})
    assert isinstance(answered, Answered)
    assert answered.author == "Ana Ruiz"
    for own in ({"author": {"id": "tea_voz"}}, {"author": None}):
        given = parse(type="out_reply", target={"data": {**out, **own}}, source={"_meta": {"type": "api"}})
        assert given == Ignored("voz's own post")
    assert isinstance(parse(type="comment"), Ignored)
    sync = a_front().parse(headers(), b'{"type": "sync", "authorization": {"id": "cmp_abc"}}')
    assert isinstance(sync, Ignored)
    with pytest.raises(InputError, match=r"target\.data\.created_at.*missing"):
        parse(target={"data": {**MESSAGE, "created_at": None}})


def test_hostile_bodies() -> None:
    never_crashes(lambda body: a_front().parse(headers(), body), EVENT)


def test_settings_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="channel_id"):
        a_front(channel_id="")
    with pytest.raises(ValueError, match="author_id"):
        a_front(author_id="../x")


def test_a_photo_alone_and_a_text_without_end() -> None:
    photo = parse(target={"data": {**MESSAGE, "body": "<p> </p>", "attachments": [{"filename": "taza.jpg"}]}})
    assert (photo.remark, photo.message.text) == ("attachment", "Pedido 12")
    assert isinstance(parse(target={"data": {**MESSAGE, "body": "<p> </p>", "attachments": []}}), Ignored)
    assert parse(target={"data": {**MESSAGE, "body": "a" * 100_001}}).remark == "cut"
