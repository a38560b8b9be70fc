"""voz with the real Request Tracker 5 of Debian's packages (`rt.sh install`), and the very scrip of its page."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from checks import CLIENT, never_crashes, nobody, openssl
from life import Desk
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.contract import Answered, Ignored, Unverified
from voz.helpdesk.request_tracker import RequestTracker, RequestTrackerSettings
from voz.service.receive import Incoming
from voz.service.service import CannotTell, Undelivered, utc_now

SCRIPT = Path(__file__).with_name("rt.sh")
PAGE = Path(__file__).parents[2] / "docs" / "helpdesks" / "request_tracker.md"
SECRET = "un-secreto-del-scrip"
# What the scrip sent here from RT 5.0.3.
TOLD: dict[str, Any] = {
    "ticket_id": 1, "transaction_id": 35, "transaction_type": "Create", "subject": "Pedido 12",
    "requestor": "carla@cliente.example", "creator": "carla@cliente.example", "staff": False,
    "content": "¿Dónde está?", "created": "2026-03-02T10:00:00Z",
}  # fmt: skip


def desk(url: str = "http://127.0.0.1:1", token: str = "t", **more: Any) -> RequestTracker:
    given = {"url": url, "token": token, "user": "voz", "secret": SECRET, "mode": "reply"}
    return RequestTracker(RequestTrackerSettings.model_validate({**given, **more}), CLIENT)


@dataclass
class Rt:
    folder: Path
    port: int
    told: list[Call] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def desk(self, mode: str = "reply", **more: Any) -> RequestTracker:
        return desk(self.url, **{"token": (self.folder / "token").read_text(), "mode": mode, **more})

    def start(self) -> None:
        command = ["sh", str(SCRIPT), "serve", str(self.folder), str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        for _ in range(600):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("RT does not answer")

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def mail(self, text: str, key: str, subject: str = "Pedido 12") -> list[Call]:
        """A customer's mail, and what the scrip told of it."""
        seen = len(self.told)
        eml = (f"From: Carla <carla@cliente.example>\nTo: ayuda@tienda.example\nSubject: {subject}\n"
               f"Message-ID: <{key}@cliente.example>\nContent-Type: text/plain; charset=utf-8\n\n{text}\n")  # fmt: skip
        subprocess.run(["sh", str(SCRIPT), "mail", str(self.port)], input=eml.encode(), check=True, timeout=60)
        return self.told[seen:]

    def sent(self, words: str) -> int:
        path = self.folder / "sent.mbox"
        mails = path.read_text(errors="replace").split("\nTo: ") if path.is_file() else []
        return sum("carla@cliente.example" in mail.partition("\n")[0] and words in mail for mail in mails)

    def as_ana(self, ticket: str, kind: str, text: str) -> None:
        body = {"Content": text, "ContentType": "text/plain"}
        where = f"{self.url}/REST/2.0/ticket/{ticket}/{kind}"
        httpx.post(where, json=body, auth=("ana", "ana-secreto"), timeout=60).raise_for_status()


@pytest.fixture(scope="module")
def rt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rt]:
    if not Path("/usr/share/request-tracker5/libexec/rt-server").is_file():
        pytest.skip(
            "LOUD: Request Tracker 5 is not installed, nothing of it was tested (sh tests/helpdesk/rt.sh install)"
        )
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        made = Rt(tmp_path_factory.mktemp("rt"), found.getsockname()[1])

    def hooked(call: Call) -> Answer:
        made.told.append(call)
        return Answer(202)

    with serving(hooked) as hook:
        block = re.search(r"```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
        assert block is not None
        code = block[1].replace("https://voz.example/hooks/request_tracker", hook).replace("SECRET", SECRET)
        (made.folder / "scrip.pl").write_text(code)
        subprocess.run(["sh", str(SCRIPT), "fill", str(made.folder), str(made.port)], check=True, timeout=120)
        made.start()
        try:
            yield made
        finally:
            made.kill()


def parsed(helpdesk: RequestTracker, call: Call) -> Any:
    helpdesk.verify(call.headers, call.body, utc_now())
    return helpdesk.parse(call.headers, call.body)


def test_a_mail_comes_in_and_the_reply_goes_out_once(rt: Rt) -> None:
    helpdesk = rt.desk()
    (call,) = rt.mail("¿Dónde está mi pedido?", "uno")
    incoming = parsed(helpdesk, call)
    assert isinstance(incoming, Incoming)
    assert incoming.message.text == "Pedido 12\n\n¿Dónde está mi pedido?"
    assert incoming.message.author == "carla@cliente.example"
    delivery = a_delivery("Hola, Carla:\n\nSale mañana {{ x }} <b> 30 €.\n\nUn saludo", at=utc_now())
    case, seen = a_case(incoming.thread), len(rt.told)
    assert helpdesk.find(delivery, case) is None
    receipt = helpdesk.post(delivery, case)
    assert helpdesk.find(delivery, case) == receipt
    assert receipt["as"] == "correspond"
    assert rt.sent("Sale ma=C3=B1ana") + rt.sent("Sale mañana") == 1
    assert [parsed(helpdesk, one) for one in rt.told[seen:]] == [Ignored("voz's own post")]
    assert helpdesk._content(receipt["id"]).strip() == delivery.text
    assert helpdesk.find(a_delivery("Otra cosa", at=utc_now()), case) is None


def test_a_follow_up_and_what_the_team_says(rt: Rt) -> None:
    helpdesk = rt.desk()
    (call,) = rt.mail("Llegó rota.", "dos")
    thread = parsed(helpdesk, call).thread
    before = utc_now()
    time.sleep(1.1)  # RT keeps whole seconds
    (call,) = rt.mail("Sigo esperando.", "tres", f"Re: [voz.example #{thread}] Pedido 12")
    again = parsed(helpdesk, call)
    assert isinstance(again, Incoming)
    assert (again.thread, again.message.text) == (thread, "Sigo esperando.")
    told = helpdesk.news(a_case(thread), before)
    assert told is not None
    assert told.startswith("The customer (carla@cliente.example) wrote")
    time.sleep(1.1)
    seen, before = len(rt.told), utc_now()
    rt.as_ana(thread, "comment", "Sólo para nosotros")
    assert rt.told[seen:] == []
    assert helpdesk.news(a_case(thread), before) is None
    time.sleep(1.1)
    rt.as_ana(thread, "correspond", "Ya está enviado")
    answered = parsed(helpdesk, rt.told[-1])
    assert isinstance(answered, Answered)
    assert (answered.author, answered.text) == ("ana", "Ya está enviado")
    told = helpdesk.news(a_case(thread), before)
    assert told is not None
    assert told.startswith("Somebody of the team (ana)")


def test_a_comment_is_seen_by_nobody_outside(rt: Rt) -> None:
    helpdesk = rt.desk("note")
    (call,) = rt.mail("¿Abrís el lunes?", "cuatro")
    case, delivery = a_case(parsed(helpdesk, call).thread), a_delivery("Propuesta: sí, a las diez.", at=utc_now())
    receipt = helpdesk.post(delivery, case)
    assert helpdesk.find(delivery, case) == receipt
    assert rt.desk("reply").find(delivery, case) is None
    assert rt.sent("Propuesta") == 0


def test_while_it_is_down_nothing_is_lost_or_doubled(rt: Rt) -> None:
    helpdesk = rt.desk()
    (call,) = rt.mail("¿Hay talla M?", "cinco")
    case, delivery = a_case(parsed(helpdesk, call).thread), a_delivery("Sí, hay talla M.", at=utc_now())
    rt.kill()
    with pytest.raises(Undelivered, match="cannot be reached"):
        helpdesk.post(delivery, case)
    for ask in (lambda: helpdesk.find(delivery, case), lambda: helpdesk.news(case, utc_now())):
        with pytest.raises(CannotTell):
            ask()
    rt.start()
    assert helpdesk.find(delivery, case) is None
    assert helpdesk.post(delivery, case) == helpdesk.find(delivery, case)


@pytest.mark.parametrize("fault", ["voz before", "voz after", "helpdesk down"])
def test_from_the_mail_to_the_reply_once_whatever_is_killed(rt: Rt, tmp_path: Path, fault: str) -> None:
    helpdesk = rt.desk()
    (call,) = rt.mail("Hola: la taza ha llegado rota. ¿Me la cambiáis?", f"vida-{fault[-5:].strip()}", "Taza rota")
    voz = Desk(tmp_path, helpdesk)
    incoming = parsed(helpdesk, call)
    case_id, reply = voz.approved(incoming)
    if fault == "helpdesk down":
        rt.kill()
        voz.work()
        rt.start()
    else:
        voz.killed(after=fault == "voz after")
    voz.work(3)
    entries = helpdesk._history(incoming.thread)
    said = [helpdesk._content(one["id"].id()).strip() for one in entries if one["Type"].text() == "Correspond"]
    assert said == [reply]
    assert voz.view(case_id).case.status == "delivered"


def test_what_it_refuses_is_refused_for_good(rt: Rt) -> None:
    for helpdesk, thread in (
        (rt.desk(token="wrong"), "1"),
        (rt.desk(), "99999"),
        (rt.desk(), "../1"),
        (rt.desk(), None),
    ):
        with pytest.raises(Undelivered) as found:
            helpdesk.post(a_delivery("Hola", at=utc_now()), a_case(thread))
        assert found.value.for_good, found.value
    with pytest.raises(Undelivered, match="no words"):
        rt.desk().post(a_delivery(" \n", at=utc_now()), a_case("1"))


def test_signatures() -> None:
    body, now = b'{"a": 1}', str(int(NOW.timestamp()))
    right = "sha256=" + openssl("sha256", SECRET.encode(), f"{now}.".encode() + body).hex()
    sent = {"x_voz_signature": right, "x_voz_timestamp": now}
    desk().verify(headers(**sent), body, NOW)
    late = str(int(NOW.timestamp()) - 301)
    for wrong in ({"x_voz_signature": right[:-1]}, {"x_voz_timestamp": late}, {"x_voz_timestamp": "x"}):
        with pytest.raises(Unverified, match="X-Voz"):
            desk().verify(headers(**{**sent, **wrong}), body, NOW)
    with pytest.raises(Unverified, match="missing"):
        desk().verify(headers(x_voz_timestamp=now), body, NOW)


def test_recorded_payloads() -> None:
    def parse(**changes: Any) -> Any:
        return desk().parse(headers(), json.dumps({**TOLD, **changes}).encode())

    incoming = parse()
    assert (incoming.external_id, incoming.thread, incoming.message.received_at) == ("35", "1", NOW)
    assert parse(creator="VOZ") == Ignored("voz's own post")
    assert isinstance(parse(transaction_type="Comment"), Ignored)
    assert isinstance(parse(transaction_type="Create", staff=True), Incoming)  # an agent wrote down a phone call
    with pytest.raises(InputError, match=r"content.*missing"):
        parse(content=None)
    never_crashes(lambda body: desk().parse(headers(), body), TOLD)


def test_nobody_there() -> None:
    with pytest.raises(CannotTell):
        desk(nobody()).find(a_delivery("x"), a_case("1"))
