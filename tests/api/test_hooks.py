"""What helpdesks post to `/hooks/<name>`, from the signed body to the case that people see."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
from typing import Any

import httpx
import pytest
from api_client import HERE, OWN_MACHINE
from fastapi.testclient import TestClient
from office import NOW, Office
from pydantic import SecretStr
from starlette.datastructures import Headers

from voz.api import create_app
from voz.helpdesk.chatwoot import Chatwoot
from voz.helpdesk.generic import Generic, GenericSettings, signature
from voz.helpdesk.intercom import Intercom, IntercomSettings
from voz.helpdesk.reading import MAX_BODY
from voz.helpdesk.zammad import Zammad
from voz.helpdesk.zendesk import Zendesk
from voz.service import sweep
from voz.service.view import CaseView
from voz.store import access
from voz.store.rows import CaseRow, InboxRow

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


@pytest.fixture
def client(office: Office) -> TestClient:
    generic = Generic(GenericSettings(url="http://127.0.0.1:9", secret=SecretStr(SECRET)), httpx.Client())
    office.service.destinations["generic"] = generic  # type: ignore[index]
    app = create_app(office.service.desk, page=False, service=office.service, helpdesks={"generic": generic})
    return TestClient(app, base_url=HERE, client=OWN_MACHINE)


def post(client: TestClient, body: bytes, key: str = "msg_1") -> httpx.Response:
    at = str(int(NOW.timestamp()))
    named = {"webhook-id": key, "webhook-timestamp": at, "webhook-signature": signature(SECRET, key, at, body)}
    return client.post("/hooks/generic", content=body, headers=named)


def told(key: str = "m-1", kind: str = "message.created", junk: str = "", **data: Any) -> bytes:
    message = {"id": key, "thread_id": "t-1", "text": "Mi taza ha llegado rota.", "author": "Marta", **data}
    return json.dumps({"type": kind, "data": message, "junk": junk}).encode()


def cases(office: Office) -> list[CaseView]:
    """Every case, once what was stored has been taken in."""
    office.drain()
    with office.service.database.read() as tx:
        return [office.view(case.id) for case in access.find(tx, CaseRow, order=("id",))]


def test_a_whole_conversation_in_one_delivery_is_taken(
    client: TestClient, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    answer = post(client, told(junk="x" * 1_500_000))
    assert (answer.status_code, answer.json()) == (200, {"stored": True})
    assert [len(case.messages) for case in cases(office)] == [1]
    with caplog.at_level(logging.WARNING):
        refused = post(client, told(junk="x" * MAX_BODY))
    assert (refused.status_code, str(MAX_BODY) in refused.json()["detail"]) == (413, True)
    assert [record.getMessage() for record in caplog.records] == [
        f"generic: a delivery of more than {MAX_BODY} bytes was refused"
    ]


def test_a_text_without_end_and_a_photo_alone_open_a_case(client: TestClient, office: Office) -> None:
    for more, end in (
        ({"text": "Hola. " * 20_000}, "\n\n[El mensaje sigue: aquí se ha cortado. Entero está en el helpdesk.]"),
        ({"text": "", "attachments": [{"name": "taza.jpg"}]},
         "[Mensaje sin texto: solo lleva un archivo adjunto, que está en el helpdesk.]"),
    ):  # fmt: skip
        key = f"m-{len(end)}"
        assert post(client, told(key, thread_id=key, **more), key).status_code == 200
        view = cases(office)[-1]
        said = view.messages[0].text
        assert said.endswith(end)
        assert len(said) <= 100_000
        assert view.case.status == "in_review"
        assert view.drafted is not None
        assert "helpdesk" not in view.drafted.message.text


def test_a_delivery_that_is_sent_again_does_nothing(client: TestClient, office: Office) -> None:
    assert post(client, told(text=7)).status_code == 422  # what voz could not take may be sent again
    assert post(client, told()).json() == {"stored": True}
    assert post(client, told()).json() == {"ignored": "stored already"}  # before it is taken in
    assert [len(case.messages) for case in cases(office)] == [1]
    assert post(client, told()).json() == {"ignored": "stored already"}  # and after
    assert post(client, told(), "msg_2").json() == {"stored": True}
    assert [len(case.messages) for case in cases(office)] == [1]  # known by the message's own id
    forged = client.post("/hooks/generic", content=told(), headers={"webhook-id": "msg_1"})
    assert forged.status_code == 401
    with office.service.database.read() as tx:
        assert [(row.state, row.body, row.headers) for row in access.find(tx, InboxRow)] == [("taken", None, None)] * 2
    office.clock.later(days=8)
    assert sweep.sweep(office.service) >= 2
    with office.service.database.read() as tx:
        assert access.find(tx, InboxRow) == []


def test_what_says_no_time_was_written_when_it_was_delivered(client: TestClient, office: Office) -> None:
    for key, told_at in (("m-1", {}), ("m-2", {"received_at": "2026-11-23T08:59:00Z"})):
        assert post(client, told(key, thread_id=key, **told_at), key).status_code == 200
    office.clock.later(hours=3)
    assert [case.case.received_at for case in cases(office)] == [NOW, NOW - dt.timedelta(minutes=1)]


def test_what_is_nothing_for_voz_is_said_at_once_and_not_stored(client: TestClient, office: Office) -> None:
    assert post(client, told(kind="ticket.closed")).json() == {"ignored": "the event ticket.closed"}
    with office.service.database.read() as tx:
        assert access.find(tx, InboxRow) == []


def test_what_could_not_be_taken_in_is_told_and_decided_over_http(client: TestClient, office: Office) -> None:
    office.service.destinations.pop("generic")  # type: ignore[attr-defined]
    assert post(client, told()).json() == {"stored": True}
    office.drain()
    assert client.get("/v1/inbox").json() == {"inbox": []}
    office.clock.later(minutes=11)
    (waiting,) = client.get("/v1/inbox").json()["inbox"]
    assert (waiting["helpdesk"], waiting["thread"], waiting["state"]) == ("generic", "t-1", "waiting")
    assert "no helpdesk 'generic' any more" in waiting["error"]
    address = f"/v1/inbox/{waiting['id']}"
    assert client.post("/v1/inbox/i0", json={"action": "retry"}).status_code == 404
    assert client.post(address, json={"action": "delete"}).status_code == 422
    assert len(client.post(address, json={"action": "retry"}).json()["inbox"]) == 1
    assert client.post(address, json={"action": "drop"}).json() == {"inbox": []}
    assert client.post(address, json={"action": "drop"}).status_code == 403


def test_which_id_each_helpdesk_gives_a_delivery() -> None:
    at = "http://127.0.0.1:9"
    for kind, header in (
        (Chatwoot, "x-chatwoot-delivery"), (Zammad, "x-zammad-delivery"), (Generic, "webhook-id"),
        (Zendesk, "x-zendesk-webhook-invocation-id"),
    ):  # fmt: skip
        assert kind.delivery_id(kind.__new__(kind), Headers({header: "d-1"}), b"{}") == "d-1"  # type: ignore[arg-type]
    intercom = Intercom(IntercomSettings(url=at, token="t", secret="secreto-largo", admin_id="7"), httpx.Client())
    assert intercom.delivery_id(Headers({}), b'{"id": "notif_1"}') == "notif_1"
    assert intercom.delivery_id(Headers({}), b'{"id": null}') == ""
