"""What helpdesks deliver is stored before it is acknowledged, and read from them later: nothing is lost or doubled."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from office import ANA, EVA, NOW, Office
from patience import ends
from pydantic import SecretStr
from starlette.datastructures import Headers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpdesk"))
from wire import Answer, Call, serving

from voz.api import create_app
from voz.api_hooks import kept
from voz.commands.report import unanswered_lines
from voz.commands.told import report_words
from voz.errors import Refused
from voz.helpdesk.freshdesk import Freshdesk, FreshdeskSettings
from voz.helpdesk.generic import Generic, GenericSettings
from voz.pages.topic_words import topic_words
from voz.pages.unanswered import unanswered_html
from voz.service import deliver, inbox
from voz.service.actor import Actor
from voz.service.erase import forget, plan
from voz.service.opened import working
from voz.service.period import Period
from voz.service.reports import ending_rows, unanswered
from voz.service.service import Service
from voz.service.view import CaseView
from voz.store import access
from voz.store.database import Database, Tx
from voz.store.rows import CaseRow, InboxRow, JobRow

SECRET = "un-secreto-de-las-reglas"
HERE = "http://127.0.0.1"
CLIENT = httpx.Client()


@dataclass
class Site:
    """Freshdesk with one ticket for every number, as a server that can be away, busy or slow."""

    status: int = 200
    wait: str = ""
    calls: int = 0
    asked: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    replies: dict[str, list[str]] = field(default_factory=dict)

    def __call__(self, call: Call) -> Answer:
        self.calls += 1
        self.asked.set()
        assert self.goes_on.wait(60)
        if self.status != 200:
            return Answer(self.status, {"message": "no"}, (("Retry-After", self.wait),) if self.wait else ())
        number = call.path.split("/")[4]
        at = NOW.isoformat()
        if call.path.endswith("/conversations"):
            said = enumerate(self.replies.get(number, []), 1)
            return Answer(200, [
                {"id": int(number) * 100 + place, "body_text": text, "incoming": True, "private": False, "user_id": 9,
                 "created_at": at} for place, text in said
            ])  # fmt: skip
        person = {"name": "Marta Ruiz", "email": "marta@example.org"}
        ticket = {"id": int(number), "subject": "", "source": 1, "created_at": at, "requester": person,
                  "description": f"¿Dónde está mi pedido {number}?"}  # fmt: skip
        return Answer(200, ticket)


@dataclass
class Post:
    """Freshdesk's and another helpdesk's side of the hook."""

    office: Office
    site: Site
    client: TestClient

    def freshdesk(self, ticket: int = 20) -> Any:
        sent = {"ticket_id": str(ticket), "by": "customer"}
        answer = self.client.post("/hooks/freshdesk", json=sent, headers={"x-voz-secret": SECRET})
        assert answer.status_code == 200
        return answer.json()

    def cases(self) -> list[CaseView]:
        with self.office.service.database.read() as tx:
            return [self.office.view(case.id) for case in access.find(tx, CaseRow, order=("id",))]

    def texts(self) -> list[list[str]]:
        return [[message.text for message in case.messages] for case in self.cases()]

    def stuck(self) -> list[inbox.Stuck]:
        with self.office.service.database.read() as tx:
            return inbox.stuck(tx, self.office.clock.now)

    def rows(self) -> list[InboxRow]:
        with self.office.service.database.read() as tx:
            return access.find(tx, InboxRow, order=("id",))

    def worn_out(self) -> None:
        """Every attempt that a delivery has."""
        for _ in range(deliver.ATTEMPTS):
            self.office.drain()
            self.office.clock.later(minutes=20)


@pytest.fixture
def post(office: Office) -> Iterator[Post]:
    site = Site()
    site.goes_on.set()
    with serving(site) as url:
        given = {"url": url, "token": "t", "agent_id": 8, "secret": SECRET}
        freshdesk = Freshdesk(FreshdeskSettings.model_validate(given), CLIENT)
        helpdesks = {"freshdesk": freshdesk}
        office.service.destinations.update(helpdesks)  # type: ignore[attr-defined]
        app = create_app(office.service.desk, page=False, service=office.service, helpdesks=helpdesks)
        yield Post(office, site, TestClient(app, base_url=HERE, client=("127.0.0.1", 5000)))
        site.goes_on.set()


def test_a_helpdesk_that_is_away_loses_no_message(post: Post) -> None:
    post.site.status = 503
    assert post.freshdesk() == {"stored": True}
    for _ in range(4):
        assert post.office.drain() == 1
        post.office.clock.later(minutes=2)
    assert post.cases() == []
    post.site.status = 200
    post.office.drain()
    assert post.texts() == [["¿Dónde está mi pedido 20?"]]
    assert [case.case.status for case in post.cases()] == ["in_review"]
    assert [(row.state, row.body, row.headers) for row in post.rows()] == [("taken", None, None)]


def test_it_is_left_alone_for_as_long_as_it_asks(post: Post) -> None:
    post.site.status, post.site.wait = 429, "1800"
    post.freshdesk()
    post.office.drain()
    post.site.status, asked = 200, post.site.calls
    post.office.clock.later(minutes=29)
    assert (post.office.drain(), post.site.calls) == (0, asked)
    post.office.clock.later(minutes=2)
    post.office.drain()
    assert post.texts() == [["¿Dónde está mi pedido 20?"]]


def test_a_slow_helpdesk_delays_no_acknowledgement_and_no_other_helpdesk(post: Post) -> None:
    post.site.goes_on.clear()
    with working(post.office.service, threads=1):
        assert post.freshdesk() == {"stored": True}
        assert post.site.asked.wait(60)
        assert post.freshdesk(21) == {"stored": True}  # while it still waits for the answer about the first
        assert post.cases() == []
        post.site.goes_on.set()
        with ends():
            while len(post.cases()) < 2:
                time.sleep(0.05)


def test_a_delivery_that_comes_twice_while_it_waits_is_one_message(post: Post) -> None:
    post.site.status = 503
    for _ in range(2):
        assert post.freshdesk() == {"stored": True}  # it gives its deliveries no id
    post.office.drain()
    post.site.status = 200
    post.office.clock.later(minutes=2)
    post.office.drain()
    post.office.clock.later(minutes=2)
    post.office.drain()
    assert post.texts() == [["¿Dónde está mi pedido 20?"]]
    assert [row.state for row in post.rows()] == ["taken", "taken"]


def test_what_could_not_be_read_for_hours_is_shown_and_tried_again_when_a_person_says_so(post: Post) -> None:
    post.site.status = 503
    post.freshdesk()
    post.freshdesk(21)
    post.office.drain()
    assert post.stuck() == []
    post.office.clock.later(minutes=11)
    assert [(one.state, one.thread) for one in post.stuck()] == [("waiting", "20"), ("waiting", "21")]
    assert "503" in post.stuck()[0].error
    post.worn_out()
    failed, other = post.stuck()
    assert (failed.state, failed.helpdesk, "503" in failed.error) == ("failed", "freshdesk", True)
    report = unanswered(post.office.service.database, Period(), post.office.clock.now)
    assert (report.holds, report.unread) == (False, (failed, other))
    assert list(ending_rows(report))[-1][1] == other.id
    told = list(unanswered_lines(report, report_words("es")))
    assert told[-3].startswith("SIN LEER desde 23/11/2026: freshdesk 20: Freshdesk answered 503")
    assert "Freshdesk answered 503" in unanswered_html(report, topic_words("page_figures"), "es", {})
    post.site.status, asked = 200, post.site.calls
    assert (post.office.drain(), post.site.calls) == (0, asked)
    with pytest.raises(Refused):
        inbox.retry(post.office.service, Actor("u-leo", "Leo", "observer"), failed.id)
    inbox.retry(post.office.service, ANA, failed.id)  # and the other one of that helpdesk
    post.office.drain()
    assert post.texts() == [["¿Dónde está mi pedido 20?"], ["¿Dónde está mi pedido 21?"]]
    assert post.stuck() == []
    with pytest.raises(Refused):
        inbox.retry(post.office.service, ANA, failed.id)
    assert unanswered(post.office.service.database, Period(), post.office.clock.now).holds


def test_a_person_may_try_before_it_is_due_and_drop_what_needs_no_answer(post: Post) -> None:
    post.site.status = 503
    post.freshdesk()
    post.office.drain()
    post.office.clock.later(minutes=11)
    (waiting,) = post.stuck()
    post.office.drain()
    asked = post.site.calls
    inbox.retry(post.office.service, ANA, waiting.id)
    assert (post.office.drain(), post.site.calls) == (1, asked + 1)
    inbox.drop(post.office.service, ANA, waiting.id)
    post.site.status = 200
    post.office.clock.later(hours=1)
    post.office.drain()
    assert (post.stuck(), post.cases()) == ([], [])
    assert [(row.state, row.body) for row in post.rows()] == [("dropped", None)]


def test_a_helpdesk_that_was_taken_out_of_the_settings_is_named(post: Post) -> None:
    post.freshdesk()
    before = post.office.service
    post.office.service = dataclasses.replace(before, destinations={})
    post.worn_out()
    (failed,) = post.stuck()
    assert "helpdesks.yaml" in failed.error
    post.office.service = before
    inbox.retry(before, ANA, failed.id)
    post.office.drain()
    assert len(post.cases()) == 1


def test_what_a_conversation_says_is_taken_in_in_order_and_holds_up_no_other(post: Post) -> None:
    service = post.office.service
    second = Generic(GenericSettings(url=HERE, secret=SecretStr("whsec_" + "QUFB" * 8)), CLIENT)
    second.name = "freshdesk"  # a helpdesk some of whose deliveries say all and some have to be read

    def told(thread: str, key: str) -> bytes:
        data = {"id": key, "thread_id": thread, "text": f"¿Y el {key}?", "author": "Marta Ruiz"}
        return json.dumps({"type": "message.created", "data": data}).encode()

    class Both(Freshdesk):
        def parse(self, headers: Any, body: bytes) -> Any:
            return (second if b"message.created" in body else super()).parse(headers, body)

    real: Any = service.destinations["freshdesk"]
    both = Both(real.settings, CLIENT)
    service.destinations["freshdesk"] = both  # type: ignore[index]
    post.site.status = 503
    post.freshdesk()
    post.office.drain()
    for thread in ("20", "7"):
        inbox.keep(service, both, {}, told(thread, f"m-{thread}"), thread)
    post.office.drain()
    assert post.texts() == [["¿Y el m-7?"]]
    post.site.status = 200
    for _ in range(3):
        post.office.clock.later(minutes=2)
        post.office.drain()
    assert post.texts() == [["¿Y el m-7?"], ["¿Dónde está mi pedido 20?", "¿Y el m-20?"]]


def test_what_failed_and_is_sent_once_more_under_its_id_is_tried_again(post: Post) -> None:
    class Named(Freshdesk):
        def delivery_id(self, headers: Any, body: bytes) -> str:
            return "d-1"

    real: Any = post.office.service.destinations["freshdesk"]
    named = Named(real.settings, CLIENT)
    body = json.dumps({"ticket_id": "20", "by": "customer"}).encode()
    post.site.status = 503
    assert inbox.keep(post.office.service, named, {}, body, "20")
    assert not inbox.keep(post.office.service, named, {}, body, "20")
    post.worn_out()
    assert [one.state for one in post.stuck()] == ["failed"]
    post.site.status = 200
    assert not inbox.keep(post.office.service, named, {}, body, "20")
    post.office.drain()
    assert post.texts() == [["¿Dónde está mi pedido 20?"]]


def test_who_is_forgotten_has_nothing_left_in_the_inbox(post: Post) -> None:
    service, database = post.office.service, post.office.service.database
    post.freshdesk()
    post.office.drain()
    post.site.status = 503
    post.freshdesk()  # the same conversation
    freshdesk: Any = service.destinations["freshdesk"]
    hers = {"ticket_id": "21", "by": "customer", "person": {"first": "Marta", "last": "RUIZ"}}
    other = {"ticket_id": "22", "by": "customer", "note": "lo vio Marta Ruiz", "person": {"name": "Marta Ruizola"}}
    for told in (hers, other):
        inbox.keep(service, freshdesk, {}, json.dumps(told).encode(), told["ticket_id"])  # type: ignore[arg-type]
    post.office.drain()
    assert [one.thread for one in plan(database, "marta ruiz").untaken] == ["20", "21"]
    with pytest.raises(Refused, match="open"):
        forget(database, EVA, "Marta Ruiz", post.office.clock.now)
    done = forget(database, EVA, "Marta Ruiz", post.office.clock.now, close_open=True)
    assert done.rows["inbox"] == 2
    assert [(row.thread, row.body is None) for row in post.rows()] == [
        ("20", True), ("20", True), ("21", True), ("22", False),
    ]  # fmt: skip
    with database.read() as tx:
        assert [job.error for job in access.find(tx, JobRow, kind=inbox.KIND, ref=post.rows()[1].id)] == [""]
    post.site.status = 200
    post.office.clock.later(hours=1)
    post.office.drain()
    assert post.texts()[1:] == [["¿Dónde está mi pedido 22?"]]


def test_who_has_no_case_yet_can_be_forgotten(post: Post) -> None:
    service, database = post.office.service, post.office.service.database
    body = json.dumps({"ticket_id": "21", "by": "customer", "from": "marta@example.org"}).encode()
    freshdesk: Any = service.destinations["freshdesk"]
    inbox.keep(service, freshdesk, {}, body, "21")
    with pytest.raises(Refused, match="unread"):
        forget(database, EVA, "marta@example.org", post.office.clock.now)
    assert forget(database, EVA, "marta@example.org", post.office.clock.now, close_open=True).rows == {"inbox": 1}
    post.office.drain()
    assert (post.cases(), [row.body for row in post.rows()]) == ([], [None])


class Killed(BaseException):
    """voz's process ends here."""


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, when: str, number: int) -> Iterator[None]:
    """The process dies right before, or right after, its writing transaction of that number is committed."""
    write, count = Database.write, iter(range(1, 10_000))

    @contextmanager
    def counted(self: Database) -> Iterator[Tx]:
        mine = next(count)
        with write(self) as tx:
            yield tx
            if (when, number) == ("before", mine):
                raise Killed
        if (when, number) == ("after", mine):
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", counted)
        yield


def test_a_process_that_dies_between_any_two_steps_loses_and_doubles_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    service: Service = post.office.service
    freshdesk: Any = service.destinations["freshdesk"]

    def delivered(ticket: int) -> None:
        body = json.dumps({"ticket_id": str(ticket), "by": "customer"}).encode()
        assert kept(service, freshdesk, Headers({"x-voz-secret": SECRET}), body).status_code == 200

    killed = 0
    points = [(when, number) for number in range(1, 10) for when in ("before", "after")]
    for ticket, point in enumerate(points, 1):
        acknowledged = False
        try:
            with dying(monkeypatch, *point):
                delivered(ticket)
                acknowledged = True
                post.office.drain()
        except Killed:
            killed += 1
        if not acknowledged:  # as whoever sends it does then, or a person there
            delivered(ticket)
        for _ in range(2):
            post.office.clock.later(minutes=5)
            post.office.drain()
        assert post.texts()[ticket - 1 :] == [[f"¿Dónde está mi pedido {ticket}?"]], point
        assert post.cases()[-1].case.status == "in_review", point
    assert killed >= 12
    assert {row.state for row in post.rows()} == {"taken"}
