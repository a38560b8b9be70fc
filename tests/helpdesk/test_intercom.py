"""voz with Intercom: its own contract (served by Prism), a server of ours that answers as it says, recorded events."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody, openssl
from contracts import contract
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.contract import Answered, Ignored, Several, Unverified
from voz.helpdesk.intercom import Intercom, IntercomSettings
from voz.service.receive import Incoming
from voz.service.service import CannotTell, Undelivered

SECRET = "secreto-del-cliente"
AT = int(NOW.timestamp())
CARLA = {"type": "user", "id": "5f3", "name": "Carla", "email": "carla@cliente.example"}
ANA = {"type": "admin", "id": "7", "name": "Ana", "email": "ana@tienda.example"}
VOZ = {"type": "admin", "id": "3156780", "name": "voz", "email": "voz@tienda.example"}


def part(key: str, author: dict[str, Any], body: str | None, at: int, kind: str = "comment") -> dict[str, Any]:
    return {"type": "conversation_part", "id": key, "part_type": kind, "body": body, "created_at": at, "author": author}


# The notification's envelope as in ../shared/helpdesks.md (notification_event), the conversation as in the schemas
# `conversation`, `conversation_source` and `conversation_part` of Intercom's OpenAPI file 2.15.
TOLD: dict[str, Any] = {
    "type": "notification_event", "id": "notif_1", "app_id": "abc", "topic": "conversation.user.replied",
    "created_at": AT, "data": {"type": "notification_event_data", "item": {
        "type": "conversation", "id": "123", "created_at": AT - 60,
        "source": {"type": "email", "id": "403", "subject": "<p>Pedido 12</p>", "body": "<p>Hola</p>", "author": CARLA},
        "conversation_parts": {"type": "conversation_part.list", "total_count": 1, "conversation_parts": [
            part("9", CARLA, "<p>Sigo esperando &lt;3</p>", AT)]},
    }},
}  # fmt: skip


def desk(url: str = "http://127.0.0.1:1", client: httpx.Client = CLIENT, **more: Any) -> Intercom:
    given = {"url": url, "token": "t", "secret": SECRET, "admin_id": "3156780", "mode": "reply"}
    return Intercom(IntercomSettings.model_validate({**given, **more}), client)


class Fake:
    """Intercom as its contract says; our own."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []
        self.total: int | None = None
        self.fail: Answer | None = None
        self.lost = False

    def writes(self) -> int:
        return len(self.parts)

    def __call__(self, call: Call) -> Answer:
        assert call.headers["authorization"] == "Bearer t"
        assert call.headers["intercom-version"] == "2.15"
        assert call.path.startswith("/conversations/123")
        if call.method == "POST":
            if self.fail:
                return self.fail
            body = call.json
            assert set(body) == {"message_type", "type", "admin_id", "body"}
            assert (body["type"], body["admin_id"]) == ("admin", "3156780")
            self.parts.append(part(str(len(self.parts)), VOZ, body["body"], AT + 5, body["message_type"]))
        count = len(self.parts) if self.total is None else self.total
        listed = {"total_count": count, "conversation_parts": self.parts}
        return Answer(200, {"type": "conversation", "id": "123", "conversation_parts": listed}, lost=self.lost)


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    made = Fake()
    with serving(made) as url:
        yield made, url


def test_every_call_keeps_to_intercoms_own_contract() -> None:
    with contract("intercom-2.15.yaml") as intercom:
        case, delivery = a_case("123"), a_delivery("Hola, {{ name }}:\n\n<3 & más")
        for mode in ("reply", "note"):
            helpdesk = desk(intercom.url, intercom.client, mode=mode)
            assert helpdesk.post(delivery, case)["as"] == ("comment" if mode == "reply" else "note")
            helpdesk.find(delivery, case)
            helpdesk.news(case, NOW)
        assert len(intercom.calls) == 6
        body = {"message_type": "shout", "type": "admin"}
        wrong = httpx.post(f"{intercom.url}/conversations/123/reply", json=body, headers=helpdesk.api.headers)
        assert wrong.status_code >= 400 or "sl-violations" in wrong.headers  # Prism does look


@pytest.mark.parametrize("mode", ["reply", "note"])
def test_once_and_found_again(fake: tuple[Fake, str], mode: str) -> None:
    intercom, url = fake
    helpdesk, case, delivery = desk(url, mode=mode), a_case("123"), a_delivery("Hola {{ x }}\n\n1 < 2 & 3 > 2")
    intercom.parts = [part("c", CARLA, "Hola", AT - 60), part("a", ANA, "Hola {{ x }} 1 < 2", AT)]
    assert helpdesk.find(delivery, case) is None
    intercom.lost = True
    with pytest.raises(httpx.HTTPError):
        helpdesk.post(delivery, case)
    intercom.lost = False
    kind = "comment" if mode == "reply" else "note"
    assert helpdesk.find(delivery, case) == {"id": "2", "as": kind}
    assert intercom.parts[2]["body"] == "Hola &#123;&#123; x }}<br><br>1 &lt; 2 &amp; 3 &gt; 2"
    assert desk(url, mode="note" if mode == "reply" else "reply").find(delivery, case) is None
    assert helpdesk.find(a_delivery(delivery.text, at=NOW + dt.timedelta(hours=1)), case) is None
    assert helpdesk.post(a_delivery("Otra cosa"), case) == {"id": "3", "as": kind}
    intercom.total = 600
    assert helpdesk.find(delivery, case) is not None
    with pytest.raises(CannotTell, match="does not list all"):
        helpdesk.find(a_delivery("Nada de esto"), case)


def test_what_failures_mean(fake: tuple[Fake, str]) -> None:
    intercom, url = fake
    failures(intercom, desk(url), desk(nobody()), a_delivery("Hola"), a_case("123"), {401, 403, 404, 422})
    with pytest.raises(Undelivered, match="no conversation"):
        desk(url).post(a_delivery("Hola"), a_case("123/../4"))


def test_news(fake: tuple[Fake, str]) -> None:
    intercom, url = fake
    helpdesk, case = desk(url), a_case("123")
    intercom.parts = [part("1", CARLA, "antes", AT - 1), part("2", ANA, "nota", AT + 9, "note"),
                      part("3", VOZ, "de voz", AT + 9), part("4", ANA, None, AT + 9, "assignment"),
                      part("7", {"type": "bot", "id": "1"}, "Recibido", AT + 9)]  # fmt: skip
    assert helpdesk.news(case, NOW) is None
    intercom.parts += [part("5", CARLA, "<p>¿Y bien?</p>", AT + 60)]
    told = helpdesk.news(case, NOW)
    assert told == "The customer (Carla) wrote in the helpdesk on 2026-03-02 at 10:01 UTC: “¿Y bien?”"
    intercom.parts += [part("6", ANA, "Ya va", AT + 61)]
    told = helpdesk.news(case, NOW)
    assert told is not None
    assert told.startswith("Somebody of the team (Ana)")


def test_signatures() -> None:
    body = b'{"topic": "ping"}'
    right = "sha1=" + openssl("sha1", SECRET.encode(), body).hex()
    desk().verify(headers(x_hub_signature=right), body, NOW)
    for wrong in (right[:-1], right.upper(), right[5:], "sha1="):
        with pytest.raises(Unverified, match="X-Hub-Signature is wrong"):
            desk().verify(headers(x_hub_signature=wrong), body, NOW)
    with pytest.raises(Unverified, match="wrong"):
        desk().verify(headers(x_hub_signature=right), body + b" ", NOW)
    with pytest.raises(Unverified, match="X-Hub-Signature is missing"):
        desk().verify(headers(), body, NOW)


def parse(topic: str = "conversation.user.replied", **changes: Any) -> Any:
    item = {**TOLD["data"]["item"], **changes}
    return desk().parse(headers(), json.dumps({**TOLD, "topic": topic, "data": {"item": item}}).encode())


def test_notifications() -> None:
    incoming = parse()
    assert isinstance(incoming, Incoming)
    assert (incoming.external_id, incoming.thread, incoming.message.text) == ("part-9", "123", "Sigo esperando <3")
    assert (incoming.message.author, incoming.message.channel) == ("Carla", "email")
    opened = parse("conversation.user.created")
    assert (opened.external_id, opened.message.text) == ("source-403", "Pedido 12\n\nHola")
    dm = parse(source={**TOLD["data"]["item"]["source"], "type": "instagram"}).message
    assert (dm.channel, dm.is_public) == ("instagram", False)

    def replied(author: dict[str, Any]) -> Any:
        listed = {"conversation_parts": [part("9", author, "Ya va", AT)]}
        return parse("conversation.admin.replied", conversation_parts=listed)

    assert replied(VOZ) == Ignored("voz's own post")
    assert isinstance(replied(ANA), Answered)
    for topic in ("ping", "conversation.admin.noted", "conversation.admin.closed"):
        assert isinstance(parse(topic), Ignored)
    parts = [part("9", CARLA, "Uno", AT), part("11", CARLA, "Dos", AT + 2), part("10", VOZ, "Hola", AT + 1)]
    every = parse(conversation_parts={"conversation_parts": parts})
    assert isinstance(every, Several)
    assert [one.external_id for one in every.entries] == ["part-9", "part-10", "part-11"]
    with pytest.raises(InputError, match=r"data\.item\.conversation_parts.*missing"):
        parse(conversation_parts=None)


def test_hostile_bodies() -> None:
    never_crashes(lambda body: desk().parse(headers(), body), TOLD)
    opened = {**TOLD, "topic": "conversation.user.created"}
    never_crashes(lambda body: desk().parse(headers(), body), opened)


def test_a_photo_alone() -> None:
    shown, filed = part("9", CARLA, '<img src="https://x/1.png">', AT), part("10", CARLA, None, AT + 1)
    filed["attachments"] = [{"type": "upload", "name": "taza.jpg"}]
    told = parse(conversation_parts={"conversation_parts": [shown, filed]})
    assert [(one.external_id, one.remark) for one in told.entries] == [
        ("part-9", "attachment"),
        ("part-10", "attachment"),
    ]
    source = {**TOLD["data"]["item"]["source"], "body": "", "attachments": [{"name": "taza.jpg"}]}
    opened = parse("conversation.user.created", source=source)
    assert (opened.remark, opened.message.text) == ("attachment", "Pedido 12")
    assert isinstance(parse("conversation.user.created", source={**source, "attachments": []}), Ignored)
