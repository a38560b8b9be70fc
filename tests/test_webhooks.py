"""Endpoints over the API and on the command line: admins only, secrets shown once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from receiver import receiver
from standardwebhooks import Webhook
from typer.testing import CliRunner

from voz.api_endpoints import add_endpoint_routes
from voz.cli_webhooks import app as webhooks
from voz.door.door import Door
from voz.door.login import open_door
from voz.service import api_keys, endpoints, users
from voz.service.actor import OWNER
from voz.service.service import Service
from voz.store import access
from voz.store.database import Database, open_database, sqlite_url
from voz.store.rows import AnswerRow

HOOK = "https://1.1.1.1/hook"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(sqlite_url(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    service: Any = Service(database, desk=None)  # type: ignore[arg-type]  # nothing here drafts
    app = FastAPI()
    open_door(app, Door(database))
    add_endpoint_routes(app, service)
    users.add(database, OWNER, "ada", role="admin")
    users.add(database, OWNER, "ana", role="agent")
    with TestClient(app, base_url="http://127.0.0.1") as opened:
        yield opened


def bearer(database: Database, login: str, *scopes: str) -> dict[str, str]:
    return {"authorization": f"Bearer {api_keys.create(database, OWNER, login, 'test', scopes)[0]}"}


def test_an_admins_key_looks_after_endpoints(client: TestClient, database: Database) -> None:
    admin = bearer(database, "ada", "admin")
    made = client.post("/v1/endpoints", headers=admin, json={"url": HOOK, "events": ["case.drafted"]})
    assert made.status_code == 201
    secret, id = made.json()["secret"], made.json()["id"]
    assert secret.startswith("whsec_")
    listed = client.get("/v1/endpoints", headers=admin)
    assert [one["id"] for one in listed.json()["endpoints"]] == [id]
    assert "whsec_" not in listed.text + client.get(f"/v1/endpoints/{id}", headers=admin).text
    rotated = client.post(f"/v1/endpoints/{id}/rotate", headers=admin).json()
    assert rotated["secret"] != secret
    assert rotated["secrets"] == 2
    assert client.post(f"/v1/endpoints/{id}/disable", headers=admin).json()["disabled_for"] == "by hand"
    assert client.post(f"/v1/endpoints/{id}/enable", headers=admin).json()["disabled_at"] is None
    assert client.get("/v1/endpoints/w0", headers=admin).status_code == 404


def test_the_same_call_changes_the_secret_once(client: TestClient, database: Database) -> None:
    headers = {**bearer(database, "ada", "admin"), "idempotency-key": "k1"}
    made = client.post("/v1/endpoints", headers={**headers, "idempotency-key": "k0"}, json={"url": HOOK}).json()
    path = f"/v1/endpoints/{made['id']}/rotate"
    first, again = (client.post(path, headers=headers) for _ in range(2))
    assert (first.json(), first.json()["secrets"]) == (again.json(), 2)
    assert again.headers["idempotency-replayed"] == "true"
    with database.write() as tx:  # voz dies after the change, before it keeps its answer
        for row in access.find(tx, AnswerRow):
            access.change(tx, AnswerRow, row.key, done_at=None, headers={"lease_until": row.begun_at.isoformat()})
    assert client.post(path, headers=headers).json() == first.json()
    other = client.post(path, headers={**headers, "idempotency-key": "k2"}).json()
    assert (other["secret"] != first.json()["secret"], other["secrets"]) == (True, 3)


def test_the_same_call_adds_one_endpoint(client: TestClient, database: Database) -> None:
    headers = {**bearer(database, "ada", "admin"), "idempotency-key": "k1"}
    first, again = (client.post("/v1/endpoints", headers=headers, json={"url": HOOK}) for _ in range(2))
    assert first.json() == again.json()
    assert len(endpoints.found(database)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"), ({}, "url"), ({"url": 3}, "url"), ({"url": HOOK, "events": "case.drafted"}, "events"),
        ({"url": HOOK, "events": ["case.dreamt"]}, None), ({"url": "http://1.1.1.1/"}, None),
        ({"url": "https://127.0.0.1:8000/v1/cases"}, None), ({"url": "javascript:alert(1)"}, None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(client: TestClient, database: Database, body: Any, field: str | None) -> None:
    answer = client.post("/v1/endpoints", headers=bearer(database, "ada", "admin"), json=body)
    assert answer.status_code == 422
    assert answer.json().get("field") == field
    assert endpoints.found(database) == []


def test_nobody_else_may(client: TestClient, database: Database) -> None:
    everything_else = bearer(database, "ada", "cases:read", "cases:write", "messages:write", "drafts", "knowledge")
    for headers in ({}, bearer(database, "ana", "cases:write"), everything_else):
        assert client.get("/v1/endpoints", headers=headers).status_code in (401, 403)
        assert client.post("/v1/endpoints", headers=headers, json={"url": HOOK}).status_code in (401, 403)
    assert endpoints.found(database) == []


def test_an_event_can_be_tried_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = ["--home", str(tmp_path), "--knowledge", str(tmp_path)]

    def run(*words: str) -> Any:
        return CliRunner().invoke(webhooks, [*words, *home])

    with receiver() as told:
        assert isinstance(run("add", told.url).exception, Exception), "this machine is refused"
        monkeypatch.setenv("VOZ_ALLOW_PRIVATE_WEBHOOKS", "true")
        added = run("add", told.url, "--event", "case.drafted")
        assert added.exit_code == 0, added.output
        secret = added.stdout.strip().splitlines()[0]
        id = json.loads(run("list", "--json").stdout)[0]["id"]
        assert "case.drafted" in run("list").stdout
        assert secret not in run("list").stdout + run("list", "--json").stdout
        tried = run("test", id)
        assert tried.exit_code == 0, tried.output
        assert Webhook(secret).verify(told.got[0].body, dict(told.got[0].headers))["type"] == "endpoint.test"
        newer = run("rotate", id).stdout.strip().splitlines()[0]
        run("test", id)
        for one in (secret, newer):
            Webhook(one).verify(told.got[1].body, dict(told.got[1].headers))
        told.status = 500
        failed = run("test", id)
        assert failed.exit_code == 1
        assert "500" in failed.output
    assert "nothing" in run("disable", id).stdout
    assert "disabled" in run("list").stdout
    assert run("enable", id).exit_code == 0
