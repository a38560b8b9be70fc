"""The routes of the desk: cases page by page, knowledge on a day, promises, questions to colleagues, figures."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from office import Office

from voz.store import access
from voz.store.rows import CaseRow, CommitmentRow


def test_cases_come_page_by_page_with_the_next_in_the_link(office: Office, client: TestClient) -> None:
    own = {office.receive(f"Caso {n}", author=f"P{n}").case_id for n in range(5)}
    seen, where = [], "/v1/cases?limit=2&open=true"
    for _ in range(3):
        page = client.get(where)
        seen += [case["id"] for case in page.json()["cases"]]
        where = page.headers.get("link", "<>").split(">")[0].lstrip("<").removeprefix("http://127.0.0.1")
    assert where == "", "the third page is the last"
    assert len(seen) == 5
    assert set(seen) == own


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("limit=0", "limit"), ("limit=x", "limit"), ("limit=101", "limit"), ("open=si", "open"),
        ("status=lost", "status"), ("channel=fax", "channel"), ("risk=all", "risk"), ("otro=1", "otro"),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_told_which_part(client: TestClient, asked: str, field: str) -> None:
    answer = client.get(f"/v1/cases?{asked}")
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def cursor_of(held: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")


@pytest.mark.parametrize("path", ["cases", "consultations"])
@pytest.mark.parametrize("after", [
    "abc", "zzz", "2026-01-01~c1", "2026-01-01~+", "0001-01-01T00:00:00+14:00~c", "~", "x\x00", "ñ", "+/==", "a" * 5000,
    cursor_of(["cases", "2026-01-01"]), cursor_of(["cases", "nie", "c1"]), cursor_of(["other", "q1"]), cursor_of(7),
    cursor_of(["consultations", "q\x00"]), cursor_of(["consultations", None]), cursor_of(["cases", "2026-01-01", {}]),
    cursor_of(["cases", "9999-12-31T23:59:59-12:00", "c1"]), cursor_of(["cases", "0001-01-01T00:00:00+14:00", "c1"]),
])  # fmt: skip
def test_a_cursor_that_nobody_gave_out_leads_nowhere(client: TestClient, path: str, after: str) -> None:
    answer = client.get(f"/v1/{path}", params={"after": after})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:voz:problem:not-found")
    assert client.get(f"/v1/{path}?after=").status_code == 200


def test_the_queue_comes_page_by_page_by_cursors_that_need_no_quoting(office: Office, client: TestClient) -> None:
    for n in range(3):
        office.receive(f"¿Cuánto cuesta el envío {n}?", external_id=str(n))
    first = client.get("/v1/cases?limit=2")
    after = first.json()["next"]
    assert re.fullmatch(r"[\w-]+", after, re.ASCII)
    rest = client.get(f"/v1/cases?limit=2&after={after}").json()
    assert len({one["id"] for one in (*first.json()["cases"], *rest["cases"])}) == 3
    assert rest["next"] is None
    assert client.get(f"/v1/consultations?after={after}").status_code == 404


def test_filters_say_what_is_shown(office: Office, client: TestClient) -> None:
    office.drafted()
    office.receive("¿Tenéis tazas azules?", channel="chat")

    def count(asked: str) -> int:
        return len(client.get(f"/v1/cases?{asked}").json()["cases"])

    assert count("") == 2
    assert count("status=in_review") == 1
    assert count("status=in_review,received") == 2
    assert count("channel=chat") == 1
    assert count("q=azules") == 1
    assert count("open=false") == 0


@pytest.mark.parametrize(
    "said",
    [
        {"action": "approve", "version": 1}, {"action": "approve", "version": "1", "reply": "x"}, {"action": "fly"},
        {"action": "approve", "version": 1, "reply": " \u200b"[:1]}, {"action": "close", "version": 1, "reason": "x"},
        {"action": "snooze", "version": 1, "until": "mañana"}, {"action": "claim", "version": 1, "claim": "yes"}, [], 3,
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_one_is_refused(office: Office, client: TestClient, said: Any) -> None:
    case = office.receive().case_id
    answer = client.post(f"/v1/cases/{case}/decisions", json=said)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:voz:problem:invalid"


def test_what_a_case_is_not_ready_for_is_a_conflict(office: Office, client: TestClient) -> None:
    fresh = office.receive().case_id
    said = {"action": "approve", "version": 1, "reply": "Hola."}
    assert client.post(f"/v1/cases/{fresh}/decisions", json=said).status_code == 409
    office.drain()
    version = client.get(f"/v1/cases/{fresh}").json()["case"]["version"]
    both = {**said, "version": version, "public_reply": "Te escribimos por privado."}
    answer = client.post(f"/v1/cases/{fresh}/decisions", json=both)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:voz:problem:conflict")
    assert "public_reply" in answer.json()["detail"]


def test_of_a_reply_in_two_halves_both_are_given_or_one_is_said_to_be_left_out(
    office: Office, client: TestClient
) -> None:
    view = office.drafted(channel="x")
    said = {"action": "approve", "version": view.case.version, "reply": view.draft.reply}
    refused = client.post(f"/v1/cases/{view.case.id}/decisions", json=said)
    assert (refused.status_code, "public reply is missing" in refused.json()["detail"]) == (409, True)
    done = client.post(f"/v1/cases/{view.case.id}/decisions", json={**said, "no_public_reply": True})
    assert done.json()["case"]["status"] == "approved"


def test_setting_aside_past_the_deadline_is_answered_with_a_warning_first(office: Office, client: TestClient) -> None:
    case = office.drafted().case
    with office.service.database.write() as tx:
        access.change(tx, CaseRow, case.id, due_at=office.clock.now + dt.timedelta(hours=6))
    said = {"action": "snooze", "version": case.version, "until": "2026-11-24T09:00:00+01:00"}
    warned = client.post(f"/v1/cases/{case.id}/decisions", json=said)
    assert (warned.status_code, warned.json()["type"]) == (409, "urn:voz:problem:conflict")
    assert "answered by 23/11/2026 16:00" in warned.json()["detail"]
    assert '"late": true' in warned.json()["detail"]
    done = client.post(f"/v1/cases/{case.id}/decisions", json={**said, "late": True})
    assert done.json()["case"]["snoozed_until"].startswith("2026-11-24T08:00")


def test_every_step_of_a_case_over_http(office: Office, client: TestClient) -> None:
    case = office.drafted().case

    def decide(action: str, **said: Any) -> Any:
        version = client.get(f"/v1/cases/{case.id}").json()["case"]["version"]
        answer = client.post(f"/v1/cases/{case.id}/decisions", json={"action": action, "version": version, **said})
        assert answer.status_code == 200, answer.text
        return answer.json()["case"]

    assert decide("hold")["held_by"] == "local"
    assert decide("release")["held_by"] is None
    assert decide("assign", team="taller")["team"] == "taller"
    assert decide("snooze", until="2026-11-24T09:00:00+01:00")["snoozed_until"].startswith("2026-11-24T08:00")
    assert decide("claim", claim=True)["claim"] is True
    assert decide("rewrite", wish="más breve")["status"] == "drafting"
    office.drain()
    assert decide("close", reason="duplicate")["status"] == "closed"
    assert decide("reopen")["status"] == "in_review"
    reply = client.get(f"/v1/cases/{case.code}").json()["draft"]["reply"]
    assert decide("approve", reply=reply)["status"] == "approved"
    assert decide("withdraw")["status"] == "in_review"
    assert office.mailbox.posts == []


def test_a_colleague_is_asked_and_answers_over_http(office: Office, client: TestClient) -> None:
    case = office.drafted().case
    asked = {"action": "consult", "version": case.version, "question": "¿Quedan tazas?", "team": "taller"}
    assert client.post(f"/v1/cases/{case.id}/decisions", json=asked).json()["case"]["status"] == "consulting"
    (waiting,) = client.get("/v1/consultations").json()["consultations"]
    assert (waiting["question"], waiting["team"], waiting["answer"]) == ("¿Quedan tazas?", "taller", None)
    assert "link_hash" not in waiting
    assert client.get(f"/v1/consultations?case={case.id}").json()["consultations"] == [waiting]
    assert client.get("/v1/consultations?case=otro").json()["consultations"] == []
    said = {"answer": "Quedan doce.", "name": "Pilar"}
    answer = client.post(f"/v1/consultations/{waiting['id']}", json=said)
    assert answer.status_code == 200
    assert answer.json()["case"]["consulting"] == 0
    assert client.get("/v1/consultations").json()["consultations"] == []
    (told,) = client.get("/v1/consultations?open=false").json()["consultations"]
    assert (told["answer"], told["answered_by"]) == ("Quedan doce.", "Pilar")
    office.drain()
    assert client.get(f"/v1/cases/{case.id}").json()["draft"]["number"] == 2
    assert client.post("/v1/consultations/q1", json=said).status_code == 404


def test_consultations_come_page_by_page(office: Office, client: TestClient) -> None:
    case = office.drafted().case
    for n in range(3):
        version = client.get(f"/v1/cases/{case.id}").json()["case"]["version"]
        said = {"action": "consult", "version": version, "question": f"¿{n}?", "team": "taller"}
        assert client.post(f"/v1/cases/{case.id}/decisions", json=said).status_code == 200
    first = client.get("/v1/consultations?limit=2")
    rest = client.get(f"/v1/consultations?limit=2&after={first.json()['next']}").json()
    assert 'rel="next"' in first.headers["link"]
    assert [one["question"] for one in (*first.json()["consultations"], *rest["consultations"])] == [
        "¿0?", "¿1?", "¿2?",
    ]  # fmt: skip
    assert rest["next"] is None


def test_a_promise_is_listed_and_kept(office: Office, client: TestClient) -> None:
    view = office.drafted()
    said = {"action": "approve", "version": view.case.version, "reply": view.draft.reply}
    assert client.post(f"/v1/cases/{view.case.id}/decisions", json=said).status_code == 200
    office.drain()
    row = CommitmentRow("k-1", view.case.id, "a-1", "Te enviamos otra taza.", "replacement", office.clock.now)
    with office.service.database.write() as tx:
        access.add(tx, row)
    promised = client.get("/v1/commitments").json()["commitments"]
    (one,) = [row for row in promised if row["id"] == "k-1"]
    assert one["text"] == "Te enviamos otra taza."
    kept = client.post(f"/v1/commitments/{one['id']}", json={"kept": True, "note": "enviada"})
    assert kept.status_code == 200
    assert kept.json()["commitment"]["note"] == "enviada"
    assert kept.json()["commitment"]["done_at"]
    assert one["id"] not in {row["id"] for row in client.get("/v1/commitments").json()["commitments"]}
    assert client.post(f"/v1/commitments/{one['id']}", json={"kept": False}).status_code == 422
    assert client.post("/v1/commitments/k1", json={"kept": True}).status_code == 404


def test_figures_of_a_period(office: Office, client: TestClient) -> None:
    office.drafted()
    found = client.get("/v1/figures?from=2026-11-01&to=2026-11-30").json()
    assert found["received"] == 1
    assert (found["first"], found["zone"]) == ("2026-11-01", "Europe/Madrid")
    assert [one["median_hours"] for one in found["times"] if one["start"] is None] == [0.0]
    assert client.get("/v1/figures?to=2026-11-22").json()["received"] == 0
    assert client.get("/v1/figures?from=2026-11-24&to=2026-11-22").json()["received"] == 0
    assert client.get("/v1/figures?from=0001-01-01&to=9999-12-31").json()["received"] == 1
    for wrong, field in (("from=ayer", "from"), ("to=2026-13-01", "to"), ("step=hour", "step")):
        answer = client.get(f"/v1/figures?{wrong}")
        assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_key_needs_the_scope_for_each(office: Office, client: TestClient, key_of: Any) -> None:
    reads = {"authorization": f"Bearer {key_of('ana', 'cases:read')}"}
    for path in ("/v1/figures", "/v1/consultations", "/v1/commitments", "/v1/cases"):
        assert client.get(path, headers=reads).status_code == 200
        assert client.get(path).status_code == 401
    for path in ("/v1/consultations/q1", "/v1/commitments/k1", "/v1/cases/c1/decisions", "/v1/messages"):
        assert client.post(path, json={}, headers=reads).status_code == 403


def test_knowledge_counts_what_is_asked_for(client: TestClient) -> None:
    one = client.get("/v1/knowledge", params={"q": "devolver", "limit": 1}).json()
    assert len(one["passages"]) == 1
    assert one["on"] == "2026-11-23"
    for wrong in ({"limit": 0}, {"limit": "x"}, {"on": "ayer"}, {"q": "x" * 1_001}):
        assert client.get("/v1/knowledge", params={"q": "devolver", **wrong}).status_code == 422


def test_another_method_is_told_which_there_are(client: TestClient) -> None:
    for path, allowed in (("/v1/messages", "POST"), ("/v1/cases/c1", "GET"), ("/v1/cases/c1/decisions", "POST")):
        for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed), (method, path)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("case_id", ["%00", "%ED%A0%80", "..%2f..", "a" * 5_000, "K7M4-RT2X"])
def test_a_case_that_is_not_there_is_not_found(client: TestClient, case_id: str) -> None:
    assert client.get(f"/v1/cases/{case_id}").status_code == 404


def test_lone_surrogates_and_nul_are_taken_out_of_what_is_stored(office: Office, client: TestClient) -> None:
    case = office.drafted().case
    said = json.dumps({"action": "close", "version": case.version, "reason": "spam", "note": "a\ud800\x00b"})
    answer = client.post(f"/v1/cases/{case.id}/decisions", content=said.encode())
    assert answer.json()["case"]["closed_note"] == "ab"
