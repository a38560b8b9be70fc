"""voz with the real django-helpdesk 2.6.1 (see django_helpdesk.py), and the payloads it sent to us."""

from __future__ import annotations

import base64
import datetime as dt
import email
import email.policy
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from environments import environment
from hypothesis import given, settings
from hypothesis import strategies as st
from life import Desk
from wire import Answer, Call, a_case, a_delivery, headers, hostile, serving

from voz.errors import InputError
from voz.helpdesk.calling import Unclear
from voz.helpdesk.contract import Answered, Ignored, Unverified
from voz.helpdesk.django_helpdesk import DjangoHelpdesk, DjangoHelpdeskSettings, without_templates
from voz.service.receive import Incoming
from voz.service.service import CannotTell, Undelivered

SCRIPT = Path(__file__).with_name("django_helpdesk.py")
SECRET = "un-secreto-de-los-webhooks"
# As django-helpdesk 2.6.1 posted it here, shortened; the shape is helpdesk/serializers.py.
FOLLOWED: dict[str, Any] = {
    "ticket": {
        "id": 1, "queue": 1, "title": "Pedido 12", "description": "¿Dónde está?",
        "submitter_email": "carla@cliente.example", "status": 1,
        "followup_set": [
            {"id": 1, "ticket": 1, "user": 1, "title": "Ticket Opened", "comment": "¿Dónde está?", "public": True,
             "date": "2026-11-23T02:29:09.201555-06:00", "message_id": None},
            {"id": 4, "ticket": 1, "user": None, "title": "E-Mail Received", "comment": "Sigo esperando.",
             "public": True, "date": "2026-11-23T03:29:09-06:00", "message_id": "<m1@cliente.example>"},
            {"id": 5, "ticket": 1, "user": 1, "title": "Comment", "comment": "Lo miramos.", "public": True,
             "date": "2026-11-23T04:29:09-06:00", "message_id": None},
        ],
    },
    "queue_slug": "soporte", "followup_id": 4,
}  # fmt: skip


def settings_for(url: str, mode: str = "reply", **more: Any) -> DjangoHelpdeskSettings:
    given = {"url": url, "user": "voz", "password": "voz-secreto", "user_id": 2, "secret": SECRET, "mode": mode}
    return DjangoHelpdeskSettings.model_validate({**given, **more})


@dataclass
class Site:
    """A running django-helpdesk, and what its webhooks told."""

    python: Path
    folder: Path
    port: int
    told: list[Call] = field(default_factory=list)
    hook_up: bool = True
    process: subprocess.Popen[str] | None = None
    hook: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/helpdesk"

    def start(self) -> None:
        command = [str(self.python), str(SCRIPT), "serve", str(self.folder), str(self.port), self.hook]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def mail_in(self, eml: bytes) -> None:
        (self.folder / "in" / f"{time.time_ns()}.eml").write_bytes(eml)
        command = [str(self.python), str(SCRIPT), "mail", str(self.folder), "0", self.hook]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def mails(self, to: str, words: str) -> int:
        """How many of the mails that went out to an address say something."""
        count = 0
        for path in (self.folder / "sent").iterdir():
            sent = email.message_from_bytes(path.read_bytes().split(b"\n" + b"-" * 79)[0], policy=email.policy.default)
            body = sent.get_body(("plain",))
            count += to in str(sent["To"]) and body is not None and words in body.get_content()
        return count

    def as_agent(self, where: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}{where}", json=body, auth=("agente", "agente-secreto"), timeout=30)
        answer.raise_for_status()
        return dict(answer.json())

    def ticket(self, text: str = "¿Dónde está?", title: str = "Pedido 12") -> str:
        opened = self.as_agent(
            "/api/tickets/",
            {"queue": 1, "title": title, "description": text, "submitter_email": "carla@cliente.example",
             "priority": 3},
        )  # fmt: skip
        return str(opened["id"])

    def comments(self, ticket: str) -> list[tuple[str, bool]]:
        answer = httpx.get(f"{self.url}/api/tickets/{ticket}/", auth=("agente", "agente-secreto"), timeout=30)
        return [(one["comment"], one["public"]) for one in answer.json()["followup_set"]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    python = environment("django-helpdesk", "django-helpdesk==2.6.1")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    made = Site(python, tmp_path_factory.mktemp("helpdesk"), port)

    def hooked(call: Call) -> Answer:
        made.told.append(call)
        return Answer(202)

    with serving(hooked) as url:
        made.hook = url.replace("http://", f"http://voz:{SECRET}@") + "/django"
        made.start()
        try:
            yield made
        finally:
            made.kill()


@contextmanager
def voz(site: Site, mode: str = "reply") -> Iterator[DjangoHelpdesk]:
    with httpx.Client() as client:
        yield DjangoHelpdesk(settings_for(site.url, mode), client)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def parsed(site: Site, helpdesk: DjangoHelpdesk, since: int) -> list[Any]:
    """Every webhook since then, verified and parsed."""
    for call in site.told[since:]:
        helpdesk.verify(call.headers, call.body, now())
    return [helpdesk.parse(call.headers, call.body) for call in site.told[since:]]


def test_a_customers_ticket_comes_in_and_the_reply_goes_out_once(site: Site) -> None:
    with voz(site) as helpdesk:
        seen = len(site.told)
        ticket = site.ticket("¿Dónde está mi pedido?")
        (incoming,) = parsed(site, helpdesk, seen)
        assert isinstance(incoming, Incoming)
        assert (incoming.external_id, incoming.thread) == (f"ticket-{ticket}", ticket)
        assert incoming.message.text == "Pedido 12\n\n¿Dónde está mi pedido?"
        assert incoming.message.author == "carla@cliente.example"
        seen = len(site.told)
        text = "Hola, Carla:\n\nTu pedido sale mañana.\n\nUn saludo"
        delivery, case = a_delivery(text, at=now()), a_case(ticket)
        assert helpdesk.find(delivery, case) is None
        receipt = helpdesk.post(delivery, case)
        assert helpdesk.find(delivery, case) == receipt
        assert site.comments(ticket)[1:] == [(text.replace("\n", "\r\n"), True)]
        assert site.mails("carla@cliente.example", "Tu pedido sale mañana.") == 1
        assert parsed(site, helpdesk, seen) == [Ignored("voz's own post")]
        answer = httpx.get(f"{site.url}/api/tickets/{ticket}/", auth=("agente", "agente-secreto"), timeout=30).json()
        assert answer["title"] == "Pedido 12"


@pytest.mark.parametrize(
    "text",
    ["{{ ticket.title }} {{ticket.queue}}", "{% now 'Y' %}", "sólo {% aquí", "sólo %} aquí", "{# se va #} y {#",
     "}}{{", "{{{{", "{ \"a\": {} }", "{% verbatim %}{{ ticket.id }}{% endverbatim %}",
     "X-HELPDESK-COMMENT-VERBATIM X-HELPDESK-COMMENT-ENDVERBATIM", "a < b & c > d \"comillas\" 'simples'"],
)  # fmt: skip
def test_no_text_is_rendered_as_a_template(site: Site, text: str) -> None:
    with voz(site) as helpdesk:
        ticket = site.ticket()
        receipt = helpdesk.post(delivery := a_delivery(text, at=now()), case := a_case(ticket))
        assert site.comments(ticket)[1:] == [(text, True)]
        assert helpdesk.find(delivery, case) == receipt


def test_a_customers_mail_and_the_answer_to_it_are_one_conversation(site: Site) -> None:
    with voz(site) as helpdesk:
        seen = len(site.told)
        site.mail_in(
            b"From: Luis <luis@cliente.example>\r\nTo: ayuda@tienda.example\r\nSubject: Mochila rota\r\n"
            b"Message-ID: <uno@cliente.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            + "La mochila llegó rota.\r\n".encode()
        )
        (first,) = parsed(site, helpdesk, seen)
        assert isinstance(first, Incoming)
        assert first.message.author == "luis@cliente.example"
        assert "La mochila llegó rota." in first.message.text
        seen, before = len(site.told), now()
        time.sleep(0.01)
        site.mail_in(
            b"From: Luis <luis@cliente.example>\r\nTo: ayuda@tienda.example\r\n"
            + f"Subject: Re: [soporte-{first.thread}] Mochila rota\r\n".encode()
            + b"In-Reply-To: <uno@cliente.example>\r\nMessage-ID: <dos@cliente.example>\r\n\r\nSigo esperando.\r\n"
        )
        (second,) = parsed(site, helpdesk, seen)
        assert isinstance(second, Incoming)
        assert (second.thread, second.message.text) == (first.thread, "Sigo esperando.")
        assert second.external_id != first.external_id
        told = helpdesk.news(a_case(first.thread), before)
        assert told is not None
        assert told.startswith("The customer wrote")
        assert "Sigo esperando." in told
        assert helpdesk.news(a_case(first.thread), now()) is None


def test_an_error_after_saving_never_becomes_a_second_reply(site: Site) -> None:
    """With nobody at the webhook's address it answers 500 after it saved and mailed."""
    with voz(site) as helpdesk:
        ticket = site.ticket()
        site.kill()
        site.hook, hook = "http://voz:x@127.0.0.1:1/nobody", site.hook
        site.start()
        try:
            delivery, case = a_delivery("Te lo cambiamos el lunes.", at=now()), a_case(ticket)
            with pytest.raises(Unclear, match="500"):
                helpdesk.post(delivery, case)
            assert helpdesk.find(delivery, case) is not None
            assert [text for text, _ in site.comments(ticket)][1:] == ["Te lo cambiamos el lunes."]
            assert site.mails("carla@cliente.example", "Te lo cambiamos el lunes.") == 1
        finally:
            site.kill()
            site.hook = hook
            site.start()


def test_while_it_is_down_nothing_is_lost_or_doubled(site: Site) -> None:
    with voz(site) as helpdesk:
        ticket = site.ticket()
        delivery, case = a_delivery("Aquí seguimos.", at=now()), a_case(ticket)
        site.kill()
        with pytest.raises(Undelivered, match="cannot be reached") as found:
            helpdesk.post(delivery, case)
        assert not found.value.for_good
        with pytest.raises(CannotTell, match="cannot be read"):
            helpdesk.find(delivery, case)
        with pytest.raises(CannotTell):
            helpdesk.news(case, now())
        site.start()
        assert helpdesk.find(delivery, case) is None
        helpdesk.post(delivery, case)
        assert [text for text, _ in site.comments(ticket)][1:] == ["Aquí seguimos."]


def test_a_note_is_private_and_mails_nobody(site: Site) -> None:
    with voz(site, "note") as helpdesk:
        ticket, seen = site.ticket(), len(site.told)
        receipt = helpdesk.post(delivery := a_delivery("Propuesta: cambio gratis.", at=now()), case := a_case(ticket))
        assert site.comments(ticket)[1:] == [("Propuesta: cambio gratis.", False)]
        assert site.mails("carla@cliente.example", "Propuesta: cambio gratis.") == 0
        assert helpdesk.find(delivery, case) == receipt
        assert parsed(site, helpdesk, seen) == [Ignored("voz's own post")]
        assert helpdesk.news(case, now() - dt.timedelta(hours=1)) is not None  # the opening of the ticket


def test_an_agents_reply_and_an_agents_note(site: Site) -> None:
    with voz(site) as helpdesk:
        ticket = site.ticket()
        seen, before = len(site.told), now()
        site.as_agent("/api/followups/", {"ticket": int(ticket), "comment": "Sólo para nosotros", "public": False})
        assert helpdesk.news(a_case(ticket), before) is None
        site.as_agent("/api/followups/", {"ticket": int(ticket), "comment": "Ya está enviado", "public": True})
        note, answered = parsed(site, helpdesk, seen)
        assert note == Ignored("a private note")
        assert isinstance(answered, Answered)
        assert (answered.thread, answered.text) == (ticket, "Ya está enviado")
        told = helpdesk.news(a_case(ticket), before)
        assert told is not None
        assert told.startswith("Somebody of the team wrote")


def test_what_it_refuses_is_refused_for_good(site: Site) -> None:
    with httpx.Client() as client:
        case = a_case("1")
        for helpdesk, where in (
            (DjangoHelpdesk(settings_for(site.url, password="no"), client), case),
            (DjangoHelpdesk(settings_for(site.url), client), a_case("999999")),
            (DjangoHelpdesk(settings_for(site.url), client), a_case("../1")),
            (DjangoHelpdesk(settings_for(site.url + "/nowhere"), client), case),
        ):
            with pytest.raises(Undelivered) as found:
                helpdesk.post(a_delivery("Hola", at=now()), where)
            assert found.value.for_good, found.value


def test_the_secret_of_the_webhook() -> None:
    helpdesk = DjangoHelpdesk(settings_for("http://127.0.0.1:1"), httpx.Client())
    right = "Basic dm96OnVuLXNlY3JldG8tZGUtbG9zLXdlYmhvb2tz"  # printf 'voz:un-secreto-de-los-webhooks' | base64
    helpdesk.verify(headers(authorization=right), b"{}", now())
    with pytest.raises(Unverified, match="Authorization is missing"):
        helpdesk.verify(headers(), b"{}", now())
    for wrong in ("Basic x", "Bearer " + SECRET, "Basic " + base64.b64encode(b"voz:otro").decode(), "Basic \xff", ""):
        with pytest.raises(Unverified) as found:
            helpdesk.verify(headers(authorization=wrong), b"{}", now())
        assert SECRET not in str(found.value)


def test_recorded_payloads() -> None:
    helpdesk = DjangoHelpdesk(settings_for("http://127.0.0.1:1"), httpx.Client())

    def parse(**changes: Any) -> Any:
        import json

        return helpdesk.parse(headers(), json.dumps({**FOLLOWED, **changes}).encode())

    incoming = parse()
    assert incoming.external_id == "followup-4"
    assert incoming.message.received_at == dt.datetime(2026, 11, 23, 9, 29, 9, tzinfo=dt.UTC)
    assert isinstance(parse(followup_id=5), Answered)
    with pytest.raises(InputError, match=r"ticket\.followup_set"):
        parse(followup_id=77)
    with pytest.raises(InputError, match=r"ticket\.description.*missing"):
        parse(followup_id=None, ticket={"id": 3, "title": "x"})


@settings(max_examples=40, deadline=None)
@given(body=hostile(FOLLOWED))
def test_whatever_comes_in_is_taken_or_refused(body: bytes) -> None:
    helpdesk = DjangoHelpdesk(settings_for("http://127.0.0.1:1"), httpx.Client())
    with suppress(InputError):
        helpdesk.parse(headers(), body)


@given(st.text(alphabet="{}%# a\n", max_size=40))
def test_no_brace_is_left_to_a_template(text: str) -> None:
    shown = without_templates(text)
    for brace in "{}":
        shown = shown.replace('{{ "' + brace + '" }}', "")
    assert not set(shown) & {"{", "}"}


def test_settings_say_what_is_wrong() -> None:
    for wrong in ({"url": "ftp://x"}, {"url": "https://a:b@x"}, {"secret": "short"}, {"more": 1}, {"user_id": "2"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            settings_for(**{"url": "https://x", **wrong})  # type: ignore[arg-type]
    assert SECRET not in repr(settings_for("https://x"))


@pytest.mark.parametrize("fault", ["none", "voz before", "voz after", "helpdesk down", "helpdesk 500", "it moved on"])
def test_from_the_ticket_to_the_reply_once_whatever_is_killed(site: Site, tmp_path: Path, fault: str) -> None:
    with voz(site) as helpdesk:
        desk, seen, hook = Desk(tmp_path, helpdesk), len(site.told), site.hook
        ticket = site.ticket("Hola: la taza ha llegado rota. ¿Me la cambiáis?", "Taza rota")
        (incoming,) = parsed(site, helpdesk, seen)
        case_id, reply = desk.approved(incoming)
        if fault.startswith("voz"):
            desk.killed(after=fault == "voz after")
        elif fault.startswith("helpdesk"):
            site.kill()
            if fault == "helpdesk 500":
                site.hook = "http://voz:x@127.0.0.1:1/nobody"
                site.start()
            desk.work()
        elif fault == "it moved on":
            site.as_agent("/api/followups/", {"ticket": int(ticket), "comment": "Ya te la he cambiado", "public": True})
        try:
            if fault == "helpdesk down":
                site.start()
            desk.work(3)
        finally:
            if fault == "helpdesk 500":
                site.kill()
                site.hook = hook
                site.start()
        after = desk.view(case_id).case
        said = [comment for comment, public in site.comments(ticket)[1:] if public]
        if fault == "it moved on":
            assert said == ["Ya te la he cambiado"]
            assert "Ya te la he cambiado" in str(after.failure)
        else:
            assert said == [reply.replace("\n", "\r\n")]
            assert after.status == "delivered"
