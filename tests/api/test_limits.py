"""Rate limits, request ids, and whether voz is ready."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from api_client import client_of
from fastapi.testclient import TestClient
from office import Office

from voz.api_limits import AT_ONCE, MOST_CALLERS, Buckets
from voz.api_request import current_request, log_requests


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_what_its_rate_gives_and_no_more() -> None:
    clock = Clock()
    buckets = Buckets(60, clock)
    assert [buckets.take("a") for _ in range(AT_ONCE)] == [0.0] * AT_ONCE
    wait = buckets.take("a")
    assert 0 < wait <= 1
    clock.now += wait
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0
    clock.now += 3_600
    assert sum(buckets.take("a") == 0.0 for _ in range(100)) == AT_ONCE, "what was not used does not add up"


def test_callers_do_not_take_from_each_other_and_are_forgotten_in_time() -> None:
    buckets = Buckets(6, Clock())
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0
    assert buckets.take("b") == 0.0
    for n in range(MOST_CALLERS + 5):
        buckets.take(f"c{n}")
    assert len(buckets._left) <= MOST_CALLERS


def test_too_many_requests_are_told_when_to_come_back(office: Office, key_of: Any) -> None:
    client = client_of(office, rate=12)  # two at once
    ana, bot = ({"authorization": f"Bearer {key_of(login, 'cases:read')}"} for login in ("ana", "bot"))
    codes = [client.get("/v1/cases", headers=ana).status_code for _ in range(4)]
    assert codes == [200, 200, 429, 429]
    refused = client.get("/v1/cases", headers=ana)
    assert refused.json()["type"] == "urn:voz:problem:rate-limited"
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 6
    assert client.get("/v1/cases", headers=bot).status_code == 200, "another key has its own"
    assert {client.get("/healthz").status_code for _ in range(5)} == {200}


def test_two_keys_of_one_user_have_their_own_limits(office: Office, key_of: Any) -> None:
    client = client_of(office, rate=6)
    for _ in range(2):
        own = {"authorization": f"Bearer {key_of('ana', 'cases:read')}"}
        assert [client.get("/v1/cases", headers=own).status_code for _ in range(2)] == [200, 429]


def test_a_request_keeps_its_id(client: TestClient) -> None:
    given = client.get("/v1/cases", headers={"x-request-id": "tienda-42.a_b"})
    assert given.headers["x-request-id"] == "tienda-42.a_b"
    made = [client.get("/v1/cases").headers["x-request-id"] for _ in range(2)]
    assert made[0] != made[1]
    assert all(re.fullmatch("[0-9a-f]{24}", one) for one in made)
    assert current_request() is None


@pytest.mark.parametrize("hostile", ["a b", "a" * 101, 'x"><script>', "é", ""])
def test_an_id_that_is_not_plain_is_replaced(client: TestClient, hostile: str) -> None:
    answer = client.get("/v1/nada", headers=[("x-request-id", hostile.encode())])
    assert re.fullmatch("[0-9a-f]{24}", answer.headers["x-request-id"])


def test_problems_name_the_request_wherever_they_come_from(office: Office, key_of: Any) -> None:
    client = client_of(office)
    named = {"x-request-id": "r1"}
    wrong = client.post("/v1/messages", content=b"{", headers=named)
    assert wrong.json()["instance"] == "urn:voz:request:r1"
    assert client.get("/v1/nada", headers=named).json()["instance"] == "urn:voz:request:r1"
    assert client.get("/v1/cases?limit=x", headers=named).json()["instance"] == "urn:voz:request:r1"
    key_of("ana", "cases:read")
    refused = client.get("/v1/cases", headers=named)
    assert refused.status_code == 401
    assert refused.json()["instance"] == "urn:voz:request:r1"


def test_the_log_names_the_request(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    voz = logging.getLogger("voz")
    monkeypatch.setattr(voz, "handlers", [])
    monkeypatch.setattr(voz, "propagate", True)
    log_requests()
    log_requests()

    def broken(*_: Any) -> None:
        raise KeyError("gone")

    monkeypatch.setattr("voz.api_cases.receive", broken)
    answer = client_of(office).post("/v1/messages", json={"text": "hola"}, headers={"x-request-id": "r-77"})
    assert answer.status_code == 500
    told = capsys.readouterr().err
    assert "ERROR voz.api_body [r-77] a request failed" in told
    assert "KeyError" in told
    assert len(re.findall(r"INFO voz\.access \[r-77\] POST /v1/messages 500 \d+ ms", told)) == 1
    client_of(office).get("/v1/x%0aINFO forged")
    assert "\nINFO forged" not in capsys.readouterr().err


def test_ready_is_when_the_database_and_the_index_answer(office: Office, key_of: Any) -> None:
    client = client_of(office, raises=False)
    key_of("ana", "cases:read")
    assert client.get("/readyz").json() == {"status": "ready", "checks": {"index": "ok", "database": "ok"}}
    assert client.get("/healthz").status_code == 200


def test_without_its_tables_voz_is_alive_but_not_ready(office: Office, client: TestClient) -> None:
    from sqlalchemy import text

    with office.service.database.engine.connect().execution_options(voz_writes=True) as raw, raw.begin():
        raw.execute(text("ALTER TABLE cases RENAME TO lost"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    told = answer.json()
    assert told["type"] == "urn:voz:problem:not-ready"
    assert told["checks"]["index"] == "ok"
    assert told["checks"]["database"] != "ok"
    assert answer.headers["retry-after"] == "5"
    assert client.get("/healthz").status_code == 200
