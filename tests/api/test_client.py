"""`voz.client` against a real server, and against one that fails as networks and busy servers do."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from api_client import Served

from voz.client import CaseFile, Problem, Unreachable, Voz, retry_after
from voz.store import access
from voz.store.rows import MessageRow

TEXT = "Llevo tres semanas esperando y la taza ha llegado rota. ¿Me la cambiáis o me devolvéis el dinero?"


def drafted(voz: Voz, case_id: str) -> CaseFile:
    for _ in range(200):
        found = voz.case(case_id)
        if found["draft"] is not None and found["case"]["status"] == "in_review":
            return found
        time.sleep(0.1)
    raise AssertionError("nothing was drafted")


def test_a_message_goes_all_the_way_over_a_real_server(served: Served) -> None:
    with Voz(served.url) as voz:
        assert voz.ready()
        got = voz.receive(TEXT, author="Marta", source="mailbox", channel="email")
        assert got["new_case"]
        found = drafted(voz, got["case"])
        assert found["draft"] is not None
        consulting = voz.decide(found["case"], "consult", question="¿Quedan tazas?", team="taller")
        (asked,) = voz.consultations(case=consulting["id"])
        voz.answer(asked["id"], "Quedan doce.", "Pilar")
        found = drafted(voz, got["code"])
        assert found["draft"] is not None
        assert found["draft"]["reply"]
        approved = voz.approve(found["case"], found["draft"]["reply"])
        assert approved["status"] == "approved"
        for _ in range(100):
            if served.office.mailbox.posts:
                break
            time.sleep(0.05)
        assert [text for _, text in served.office.mailbox.posts] == [found["draft"]["reply"]]
        assert [case["id"] for case in voz.cases(open="any", limit=1)] == [got["case"]]
        for promised in voz.commitments():
            assert voz.kept(promised["id"])["done_at"]
        assert voz.figures()["received"] == 1
        assert voz.search("devolver", on=dt.date(2026, 12, 1), limit=2)["on"] == "2026-12-01"
        assert voz.check(TEXT, "Te damos 900 €.")["findings"]
        with pytest.raises(Problem) as refused:
            voz.approve(found["case"], "Otra vez.")
        assert (refused.value.status, refused.value.type) == (409, "urn:voz:problem:conflict")


def test_progress_comes_while_the_draft_is_written(served: Served) -> None:
    with Voz(served.url) as voz:
        told = list(voz.progress(TEXT))
        names = [data["stage"] for name, data in told if name == "stage"]
        assert names[:4] == ["triage", "retrieve", "draft", "check"]
        assert told[-1][0] == "draft"
        assert told[-1][1]["reply"] == voz.draft(TEXT)["reply"]
        with pytest.raises(Problem):
            list(voz.progress(" "))


def test_a_queue_is_walked_page_by_page(served: Served) -> None:
    with Voz(served.url) as voz:
        own = {voz.receive(f"Caso {n}", author=f"P{n}")["case"] for n in range(7)}
        assert {case["id"] for case in voz.cases(limit=3)} == own


class Rough:
    """Passes calls on to voz, but loses the first answers: after the work was done, or before it reached anybody."""

    def __init__(self, target: str, lose: list[str]) -> None:
        import http.client
        from urllib.parse import urlsplit

        rough, self.keys = self, list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                rough.keys.append(self.headers["idempotency-key"])
                how = lose.pop(0) if lose else "pass"
                if how == "wait":
                    told = json.dumps({"type": "urn:voz:problem:rate-limited", "detail": "wait"}).encode()
                    return self._answer(429, told, {"retry-after": "7"})
                upstream = http.client.HTTPConnection(urlsplit(target).netloc)
                upstream.request("POST", self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                data = answer.read()
                if how == "lost":
                    self.close_connection = True
                    self.connection.close()
                    return None
                return self._answer(answer.status, data, {"x-replayed": answer.headers.get("idempotency-replayed", "")})

            def _answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def rough(served: Served) -> Iterator[Rough]:
    made = Rough(served.url, ["wait", "lost", "lost"])
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_lost_answer_is_asked_for_again_and_the_work_is_done_once(served: Served, rough: Rough) -> None:
    slept: list[float] = []
    with Voz(rough.url, sleep=slept.append) as voz:
        got = voz.receive(TEXT, author="Marta")
    assert slept[0] == 7.0, "as long as Retry-After says"
    assert len(rough.keys) == 4
    assert len(set(rough.keys)) == 1, "the same key each time"
    assert got["new_case"] is True, "the first answer, though it was given to the fourth call"
    with served.office.service.database.read() as tx:
        assert len(access.find(tx, MessageRow)) == 1


def test_many_clients_lose_nothing(served: Served) -> None:
    def one(n: int) -> str:
        with Voz(served.url) as voz:
            return voz.receive(f"Pedido {n}: ¿dónde está?", author=f"P{n}")["case"]

    with ThreadPoolExecutor(6) as pool:
        cases = list(pool.map(one, range(30)))
    assert len(set(cases)) == 30
    with served.office.service.database.read() as tx:
        assert len(access.find(tx, MessageRow)) == 30


def test_where_nobody_answers_it_says_so_in_the_end() -> None:
    slept: list[float] = []
    with Voz("http://127.0.0.1:9", tries=3, sleep=slept.append) as voz, pytest.raises(Unreachable):
        voz.receive("hola")
    assert len(slept) == 2
    assert slept[1] > slept[0]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("Mon, 23 Nov 2026 09:00:10 GMT", 10.0), ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0), ("soon", None),
     (None, None)],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)) == seconds
