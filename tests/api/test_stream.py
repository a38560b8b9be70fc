"""The progress of a draft is told as it happens, and ends with the very draft that the plain call gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
import small_company
from fastapi.testclient import TestClient

from voz.api_stream import _events
from voz.pipeline import Stage, Tell

ASKED = {"id": "m1", "channel": "email", "text": "¿Cuántos días tengo para devolver un pedido?"}
STREAM = {"accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_the_stages_come_in_order_and_then_the_draft(client: TestClient) -> None:
    answer = client.post("/v1/drafts", json=ASKED, headers=STREAM)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = events(answer.text)
    assert [data["stage"] for name, data in told if name == "stage"] == ["triage", "retrieve", "draft", "check"]
    times = [data["ms"] for name, data in told if name == "stage"]
    assert times == sorted(times)
    assert told[-1][0] == "draft"
    plain = client.post("/v1/drafts", json=ASKED).json()
    assert told[-1][1]["reply"] == plain["reply"]
    assert set(told[-1][1]) == set(plain)


def test_the_stages_are_those_of_the_pipeline() -> None:
    """What nobody drafts has no stage of drafting."""
    from voz.pipeline import prepare
    from voz.wire import parse_message

    told: list[Stage] = []
    spam = "GANA DINERO RÁPIDO!!! Inversión en bitcoin garantizada, haz clic en http://x.example/casino y regístrate"
    case = prepare(parse_message({"text": spam}), small_company.desk(), tell=told.append)
    assert case.triage is not None
    expected = ["triage", "retrieve"] + ([] if case.triage.route == "ignore" else ["draft", "check"])
    assert told == expected


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b'{"text": ""}', 422), (b"x" * 1_000_001, 413)])
def test_what_cannot_be_drafted_is_a_problem_before_any_event(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post("/v1/drafts", content=body, headers=STREAM)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_fault_in_the_middle_ends_the_stream_with_a_problem() -> None:
    import asyncio

    def broken(tell: Tell) -> dict[str, Any]:
        tell("triage")
        raise KeyError("gone")

    async def all_of_it() -> str:
        return "".join([part async for part in _events(broken)])

    told = events(asyncio.run(all_of_it()))
    assert [name for name, _ in told] == ["stage", "problem"]
    assert told[1][1]["type"] == "urn:voz:problem:internal"
