"""A call that is made again does its work once, whatever failed in between, on both databases."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from api_client import client_of
from fastapi.testclient import TestClient
from office import Office

from voz.service import answers
from voz.service.sweep import sweep
from voz.store import access
from voz.store.rows import AnswerRow, CaseRow, MessageRow

BODY = {"text": "La taza ha llegado rota.", "author": "Marta", "source": "mailbox"}
PROBLEM = "urn:voz:problem:"


def send(client: TestClient, key: str | None = "k1", body: Any = None, **more: str) -> Any:
    headers = {"idempotency-key": key} if key is not None else {}
    return client.post("/v1/messages", json=body or BODY, headers={**headers, **more})


def rows(office: Office, kind: type[Any]) -> list[Any]:
    with office.service.database.read() as tx:
        return access.find(tx, kind)


def test_the_same_call_gets_the_first_answer_and_does_nothing(either: Office) -> None:
    client = client_of(either)
    first, again = send(client), send(client)
    assert first.status_code == again.status_code == 202
    assert again.content == first.content
    assert again.json()["new_case"] is True, "the first answer, not what a second message would have got"
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len(rows(either, CaseRow)) == len(rows(either, MessageRow)) == 1


def test_another_body_or_call_with_the_same_key_is_refused(client: TestClient, office: Office) -> None:
    case = send(client).json()["case"]
    other = send(client, body={**BODY, "text": "Otra cosa."})
    elsewhere = client.post(
        f"/v1/cases/{case}/decisions", json={"action": "hold"}, headers={"idempotency-key": "k1"}
    )  # fmt: skip
    for answer in (other, elsewhere):
        assert (answer.status_code, answer.json()["type"]) == (422, PROBLEM + "idempotency-mismatch")
    assert len(rows(office, MessageRow)) == 1


def test_other_keys_are_other_calls(client: TestClient, office: Office) -> None:
    for n in range(3):
        assert "idempotency-replayed" not in send(client, f"k{n}", {**BODY, "id": str(n)}).headers
    assert len(rows(office, MessageRow)) == 3


def test_many_at_once_do_it_once(either: Office) -> None:
    client = client_of(either)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: send(client), range(16)))
    assert {answer.status_code for answer in got} <= {202, 409}
    assert len({answer.content for answer in got if answer.status_code == 202}) == 1
    assert len(rows(either, MessageRow)) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in got if answer.status_code == 202) == 1


def begun(office: Office, client: TestClient, key: str = "k1") -> AnswerRow:
    """The row as a process leaves it that dies after the message was stored, before its answer was kept."""
    send(client, key)
    (row,) = rows(office, AnswerRow)
    with office.service.database.write() as tx:
        lease = {"lease_until": (row.begun_at + answers.LEASE).isoformat()}
        access.change(tx, AnswerRow, row.key, status=None, body=None, done_at=None, headers=lease)
    return row


def test_while_the_first_call_is_answered_the_second_is_told_to_wait(office: Office, client: TestClient) -> None:
    begun(office, client)
    answer = send(client)
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "idempotency-in-flight")
    assert int(answer.headers["retry-after"]) >= 1


def test_what_a_dead_process_left_is_taken_over_and_not_done_twice(either: Office) -> None:
    client = client_of(either)
    begun(either, client)
    either.clock.later(hours=3)  # long after the same text would be a new message
    answer = send(client)
    assert answer.status_code == 202
    assert answer.json()["new_message"] is False
    assert len(rows(either, MessageRow)) == 1
    assert send(client).headers["idempotency-replayed"] == "true"


def test_two_that_take_over_are_one(office: Office) -> None:
    row = answers.begin(office.service, "k", "a")[1]
    office.clock.later(seconds=61)
    assert answers.begin(office.service, "k", "a")[0] == "taken_over"
    assert answers.begin(office.service, "k", "a")[0] == "in_flight"
    answers.finish(office.service, row, 200, {}, "late")  # the first one wakes up: it is no longer its call
    assert answers.begin(office.service, "k", "a")[0] == "in_flight"


def test_a_fault_of_voz_is_forgotten_and_may_be_tried_again(
    office: Office, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("x")

    with monkeypatch.context() as patched:
        patched.setattr("voz.api_cases.receive", broken)
        assert send(client).status_code == 500
    assert rows(office, AnswerRow) == []
    assert send(client).status_code == 202


def test_a_refusal_is_kept_like_any_answer(client: TestClient) -> None:
    first, again = send(client, body={"text": ""}), send(client, body={"text": ""})
    assert first.status_code == again.status_code == 422
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotency-replayed"] == "true"


def test_a_key_lasts_a_day_and_is_swept(office: Office, client: TestClient) -> None:
    send(client, body={**BODY, "id": "a"})
    office.clock.later(hours=23, minutes=59)
    assert sweep(office.service) == 0
    assert send(client, body={**BODY, "id": "a"}).headers["idempotency-replayed"] == "true"
    office.clock.later(minutes=2)
    assert send(client, body={**BODY, "id": "b"}).json()["new_message"] is True, "the key is free again"
    office.clock.later(hours=25)
    assert sweep(office.service) == 1
    assert rows(office, AnswerRow) == []


@pytest.mark.parametrize("key", ["", "a" * 201, "a\tb", "a b", "\u00e9", "\x7f"])
def test_bad_keys_are_refused(client: TestClient, office: Office, key: str) -> None:
    raw = [("idempotency-key", key.encode("utf-8")), ("content-type", "application/json")]
    answer = client.post("/v1/messages", content=b'{"text": "x"}', headers=raw)
    assert (answer.status_code, answer.json()["type"]) == (400, PROBLEM + "idempotency-key")
    assert rows(office, MessageRow) == []


def test_the_longest_key_is_taken(client: TestClient) -> None:
    assert send(client, "a" * 200).status_code == 202


def test_two_keys_at_once_are_refused(client: TestClient) -> None:
    twice = [("idempotency-key", "a"), ("idempotency-key", "b")]
    assert client.post("/v1/messages", content=b'{"text": "x"}', headers=twice).status_code == 400


def test_the_keys_of_two_callers_do_not_meet(office: Office, key_of: Any) -> None:
    client = client_of(office)
    ana, bot = key_of("ana", "messages:write"), key_of("bot", "messages:write")
    first = send(client, authorization=f"Bearer {ana}", body={**BODY, "id": "1"})
    second = send(client, authorization=f"Bearer {bot}", body={**BODY, "id": "2"})
    assert first.status_code == second.status_code == 202
    assert first.json()["case"] != second.json()["case"]


def test_a_decision_is_taken_once(office: Office, client: TestClient) -> None:
    view = office.drafted()
    said = {"action": "approve", "version": view.case.version, "reply": view.draft.reply}
    once = {"idempotency-key": "d1"}
    first = client.post(f"/v1/cases/{view.case.id}/decisions", json=said, headers=once)
    assert first.status_code == 200, first.text
    office.drain()
    again = client.post(f"/v1/cases/{view.case.id}/decisions", json=said, headers=once)
    assert again.content == first.content
    late = client.post(f"/v1/cases/{view.case.id}/decisions", json=said)
    assert late.status_code == 409
    assert late.json()["changes"]
    assert len(office.mailbox.posts) == 1


RACE = """
import sys
from voz.service import answers
from voz.service.service import Service
from voz.store.database import open_database
service = Service(open_database(sys.argv[1]), None)
print(sum(answers.begin(service, f"k{n}", "a")[0] == "mine" for n in range(40)))
"""


def test_two_processes_share_the_keys(either: Office) -> None:
    url = either.service.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", RACE, url]
    racing = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    won = [int(process.communicate(timeout=60)[0]) for process in racing]
    assert sum(won) == 40, "each key belongs to exactly one of them"
