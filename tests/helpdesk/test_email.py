"""Plain e-mail against real servers: pymap (IMAP) and aiosmtpd (SMTP), each in an environment of its own."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import imaplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from environments import environment
from hypothesis import given, settings
from hypothesis import strategies as st
from life import Desk
from wire import a_case, a_delivery, headers

from voz.errors import InputError
from voz.helpdesk.calling import Unclear
from voz.helpdesk.contract import Answered, Ignored, Unverified
from voz.helpdesk.email import Email, EmailSettings
from voz.helpdesk.mail_message import read_mail
from voz.helpdesk.quoted import own_words
from voz.service.receive import Incoming
from voz.service.service import CannotTell, Undelivered

SCRIPT = Path(__file__).with_name("mail_server.py")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def waited_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers on port {port}")


@dataclass
class Post:
    """The two servers, and the mails that went out."""

    python: Path
    folder: Path
    imap_port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)
    imap: subprocess.Popen[bytes] | None = None
    smtp: subprocess.Popen[bytes] | None = None

    @property
    def pem(self) -> Path | None:
        """The certificate and its key, where the servers are to speak TLS."""
        path = self.folder / "server.pem"
        return path if path.is_file() else None

    def start_imap(self) -> None:
        command = [str(self.python.with_name("pymap")), "--host", "127.0.0.1", "--port", str(self.imap_port),
                   *(["--cert", str(self.pem)] if self.pem else ["--no-tls"]),
                   "dict", "--demo-user", "voz", "--demo-password", "clave"]  # fmt: skip
        self.imap = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        waited_for(self.imap_port)

    def start_smtp(self) -> None:
        pem = [str(self.pem)] if self.pem else []
        command = [str(self.python), str(SCRIPT), str(self.folder), str(self.smtp_port), *pem]
        self.smtp = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        waited_for(self.smtp_port)

    def stop(self) -> None:
        for process in (self.imap, self.smtp):
            if process is not None:
                process.kill()
                process.wait()

    def fault(self, name: str) -> None:
        (self.folder / "fault").write_text(name)

    def out(self) -> list[EmailMessage]:
        paths = sorted(self.folder.glob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]

    def box(self) -> imaplib.IMAP4:
        box = imaplib.IMAP4("127.0.0.1", self.imap_port)
        box.login("voz", "clave")
        return box

    def arrives(self, raw: bytes, folder: str = "INBOX") -> None:
        with self.box() as box:
            box.create(folder)
            assert box.append(folder, "", imaplib.Time2Internaldate(time.time()), raw)[0] == "OK"

    def holds(self, folder: str) -> int:
        with self.box() as box:
            status, told = box.select(folder, readonly=True)
            return int(told[0] or 0) if status == "OK" else 0


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    made = Post(environment("mail", "pymap==0.36.7", "aiosmtpd==1.4.6"), tmp_path)
    try:
        made.start_imap()
        made.start_smtp()
        yield made
    finally:
        made.stop()


def settings_for(**more: Any) -> EmailSettings:
    given = {
        "address": "ayuda@tienda.example", "sender": "Tienda", "imap_host": "127.0.0.1", "imap_security": "none",
        "smtp_host": "127.0.0.1", "smtp_security": "none", "user": "voz", "password": "clave",
    }  # fmt: skip
    return EmailSettings.model_validate({**given, **more})


def desk(post: Post, mode: str = "reply", **more: Any) -> Email:
    return Email(settings_for(imap_port=post.imap_port, smtp_port=post.smtp_port, mode=mode, **more))


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def a_mail(
    text: str = "¿Dónde está?", key: str = "uno", author: str = "Carla Quesada <carla@cliente.example>", **more: str
) -> bytes:
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = author, "ayuda@tienda.example", "Pedido 12"
    mail["Message-ID"], mail["Date"] = f"<{key}@cliente.example>", "Mon, 02 Mar 2026 09:00:00 +0100"
    for name, value in more.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


THREAD = "<uno@cliente.example> carla@cliente.example"


def test_a_mail_comes_in_once_and_the_reply_goes_out_once_in_its_thread(post: Post) -> None:
    helpdesk = desk(post)
    post.arrives(a_mail("¿Dónde está mi pedido?"))
    (incoming,) = helpdesk.poll(lambda key: False, now())
    assert isinstance(incoming, Incoming)
    assert (incoming.external_id, incoming.thread) == ("<uno@cliente.example>", THREAD)
    assert incoming.message.text == "Pedido 12\n\n¿Dónde está mi pedido?"
    assert incoming.message.author == "Carla Quesada"
    assert list(helpdesk.poll(lambda key: False, now())) == []
    again = desk(post)  # after a restart the store knows it
    post.arrives(a_mail("¿Dónde está mi pedido?"))  # and the same mail twice is the same message
    assert list(again.poll(lambda key: key == "<uno@cliente.example>", now())) == []
    case, delivery = a_case(THREAD), a_delivery("Hola, Carla:\n\nSale mañana. 30 €\n.\nAdiós", at=now())
    assert helpdesk.find(delivery, case) is None
    receipt = helpdesk.post(delivery, case)
    assert helpdesk.find(delivery, case) == receipt
    (sent,) = post.out()
    assert sent["In-Reply-To"] == sent["References"] == "<uno@cliente.example>"
    assert (sent["To"], sent["From"], sent["Subject"]) == (
        "carla@cliente.example", "Tienda <ayuda@tienda.example>", "Re: Pedido 12",
    )  # fmt: skip
    assert sent["Message-ID"] == receipt["id"] == "<voz.dl-01K5TEST@tienda.example>"
    assert sent.get_content().replace("\r\n", "\n") == "Hola, Carla:\n\nSale mañana. 30 €\n.\nAdiós\n"
    assert (post.holds("Sent"), post.holds("voz-outbox")) == (1, 0)
    assert list(helpdesk.poll(lambda key: True, now())) == []


def test_an_answer_to_the_answer_joins_even_where_it_only_names_the_last_mail(post: Post) -> None:
    helpdesk = desk(post)
    post.arrives(a_mail())
    receipt = helpdesk.post(a_delivery("Sale mañana.", at=now()), a_case(THREAD))
    list(helpdesk.poll(lambda key: False, now()))
    time.sleep(1.1)  # IMAP keeps whole seconds
    before = now() - dt.timedelta(seconds=1)
    quoted = "Sigo esperando.\n\nEl lun, 2 mar 2026, Tienda <ayuda@tienda.example> escribió:\n> Sale mañana.\n"
    post.arrives(a_mail(quoted, "dos", Subject="Re: Pedido 12", In_Reply_To=receipt["id"]))
    (incoming,) = helpdesk.poll(lambda key: False, now())
    assert isinstance(incoming, Incoming)
    assert (incoming.thread, incoming.message.text) == (THREAD, "Sigo esperando.")
    told = helpdesk.news(a_case(THREAD), before)
    assert told is not None
    assert told.startswith("The customer (Carla Quesada) wrote")
    assert helpdesk.news(a_case(THREAD), now() + dt.timedelta(seconds=2)) is None
    helpdesk.post(a_delivery("Ya está en camino.", at=now(), id="dl-2"), a_case(THREAD))
    last = post.out()[-1]
    assert last["In-Reply-To"] == "<dos@cliente.example>"
    assert last["References"] == "<uno@cliente.example> <dos@cliente.example>"


def test_nobody_forges_his_way_into_a_conversation(post: Post) -> None:
    helpdesk = desk(post)
    post.arrives(a_mail())
    post.arrives(a_mail("Dame sus datos", "otro", "Eve <eve@mala.example>", References="<uno@cliente.example>"))
    first, forged = helpdesk.poll(lambda key: False, now())
    assert isinstance(first, Incoming)
    assert isinstance(forged, Incoming)
    assert first.thread != forged.thread
    helpdesk.post(a_delivery("Sale mañana.", at=now()), a_case(first.thread))
    assert [mail["To"] for mail in post.out()] == ["carla@cliente.example"]


def test_only_what_stands_among_the_sent_is_an_answer_of_the_team(post: Post) -> None:
    helpdesk = desk(post)
    post.arrives(a_mail())
    reply = {"To": "carla@cliente.example", "References": "<uno@cliente.example>"}
    post.arrives(a_mail("Ya está resuelto.", "falso", "Tienda <ayuda@tienda.example>", **reply))
    post.arrives(a_mail("Sale mañana.", "dos", "Pepe <pepe@tienda.example>", **reply), "Sent")
    first, forged, answered = helpdesk.poll(lambda key: False, now())
    assert isinstance(first, Incoming)
    assert isinstance(forged, Ignored)
    assert isinstance(answered, Answered)
    assert (answered.thread, answered.author, answered.text) == (THREAD, "Pepe", "Sale mañana.")


def test_passwords_go_over_tls_to_the_right_server_only(tmp_path: Path) -> None:
    wanted = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
              "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]  # fmt: skip
    subprocess.run(wanted, cwd=tmp_path, check=True, capture_output=True)
    pem, ca = tmp_path / "server.pem", tmp_path / "cert.pem"
    pem.write_text(ca.read_text() + (tmp_path / "key.pem").read_text())
    post = Post(environment("mail", "pymap==0.36.7", "aiosmtpd==1.4.6"), tmp_path)
    case, delivery = a_case(THREAD), a_delivery("Sale mañana.", at=now())
    try:
        post.start_imap()
        post.start_smtp()
        security = {"imap_security": "starttls", "smtp_security": "starttls"}
        with pytest.raises(Undelivered, match="certificate"):
            desk(post, **security).post(delivery, case)
        with pytest.raises(CannotTell, match="certificate"):
            desk(post, **security).find(delivery, case)
        helpdesk = desk(post, **security, ca_file=str(ca))
        assert helpdesk.post(delivery, case) == helpdesk.find(delivery, case)
        assert len(post.out()) == 1
    finally:
        post.stop()


def test_a_draft_waits_and_nothing_is_sent(post: Post) -> None:
    helpdesk = desk(post, "draft")
    post.arrives(a_mail())
    case, delivery = a_case(THREAD), a_delivery("Sale mañana.", at=now())
    assert helpdesk.find(delivery, case) is None
    with pytest.raises(Undelivered, match="cannot be used"):  # the server has no Drafts yet
        Email(settings_for(imap_port=post.imap_port, mode="draft", drafts="Nowhere")).post(delivery, case)
    with post.box() as box:
        box.create("Drafts")
    receipt = helpdesk.post(delivery, case)
    assert helpdesk.find(delivery, case) == receipt
    assert (post.holds("Drafts"), post.out()) == (1, [])


def test_what_the_server_refuses_has_not_gone_out(post: Post) -> None:
    helpdesk, case, delivery = desk(post), a_case(THREAD), a_delivery("Sale mañana.", at=now())
    for fault, for_good in (("refuse", True), ("busy", False)):
        post.fault(fault)
        with pytest.raises(Undelivered, match=r"refuses it: (550|451)") as found:
            helpdesk.post(delivery, case)
        assert found.value.for_good is for_good
        assert helpdesk.find(delivery, case) is None
        assert (post.holds("voz-outbox"), post.out()) == (0, [])
    with pytest.raises(Undelivered, match="password") as found:
        desk(post, smtp_password="otra").post(delivery, case)
    assert found.value.for_good
    with pytest.raises(Undelivered, match="no e-mail conversation"):
        helpdesk.post(delivery, a_case(None))


def test_when_the_answer_is_lost_a_person_looks(post: Post) -> None:
    """The server took the mail and died before it said so."""
    helpdesk, case, delivery = desk(post), a_case(THREAD), a_delivery("Sale mañana.", at=now())
    post.arrives(a_mail())
    post.fault("vanish")
    with pytest.raises(Unclear):
        helpdesk.post(delivery, case)
    assert len(post.out()) == 1
    with pytest.raises(CannotTell, match="voz-outbox"):
        helpdesk.find(delivery, case)
    post.arrives(post.out()[0].as_bytes(), "Sent")  # a server that keeps what goes out, as Gmail does, knows
    assert helpdesk.find(delivery, case) is not None


def test_killed_servers(post: Post) -> None:
    helpdesk, case, delivery = desk(post), a_case(THREAD), a_delivery("Sale mañana.", at=now())
    assert post.smtp is not None
    assert post.imap is not None
    post.smtp.kill()
    post.smtp.wait()
    with pytest.raises(Undelivered, match="cannot be used"):
        helpdesk.post(delivery, case)
    assert helpdesk.find(delivery, case) is None
    post.imap.kill()
    post.imap.wait()
    with pytest.raises(Undelivered, match="mailbox cannot be used"):
        helpdesk.post(delivery, case)
    for ask in (lambda: helpdesk.find(delivery, case), lambda: helpdesk.news(case, now()),
                lambda: list(helpdesk.poll(lambda key: False, now()))):  # fmt: skip
        with pytest.raises(CannotTell, match="cannot be read"):
            ask()


@pytest.mark.parametrize("fault", ["voz before", "voz after", "mail server dies", "somebody answered"])
def test_from_the_mail_to_the_reply_once_whatever_is_killed(post: Post, tmp_path: Path, fault: str) -> None:
    helpdesk = desk(post)
    voz = Desk(tmp_path, helpdesk)
    post.arrives(a_mail("Hola: la taza ha llegado rota. ¿Me la cambiáis?"))
    (incoming,) = helpdesk.poll(lambda key: False, now())
    assert isinstance(incoming, Incoming)
    case_id, reply = voz.approved(incoming)
    if fault.startswith("voz"):
        voz.killed(after=fault == "voz after")
    elif fault == "mail server dies":
        post.fault("vanish")
    else:
        time.sleep(1.1)  # IMAP keeps whole seconds
        answer = a_mail("Ya te la cambio.", "ana", "Ana <ayuda@tienda.example>", To="carla@cliente.example",
                        References="<uno@cliente.example>")  # fmt: skip
        post.arrives(answer, "Sent")
    voz.work(3)
    after = voz.view(case_id).case
    if fault == "somebody answered":
        assert post.out() == []
        assert "Ya te la cambio." in str(after.failure)
        return
    assert [mail.get_content().strip().replace("\r\n", "\n") for mail in post.out()] == [reply]
    if fault == "mail server dies":
        assert "voz-outbox" in str(after.failure)  # a person looks whether it went out
    else:
        assert after.status == "delivered"


def test_what_machines_send_is_ignored() -> None:
    helpdesk = Email(settings_for())

    def parse(**more: str) -> Any:
        return helpdesk.parse(headers(), a_mail(**more))

    for more in (
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated; x=1"}, {"Precedence": "bulk"},
        {"X_Autoreply": "yes"}, {"List_Id": "<news.example>"}, {"Return_Path": "<>"},
        {"author": "Mail <MAILER-DAEMON@mx.example>"},
    ):  # fmt: skip
        assert isinstance(parse(**more), Ignored), more
    bounce = (
        b"From: x@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b--"
    )
    assert helpdesk.parse(headers(), bounce) == Ignored("a report on delivery")
    assert isinstance(parse(Auto_Submitted="no"), Incoming)
    assert isinstance(parse(text=" \n"), Incoming)  # its subject says something
    assert parse(author="ayuda@tienda.example", Message_ID="<voz.dl-1@tienda.example>") == Ignored("voz's own mail")
    forged = parse(author="ayuda@tienda.example", To="carla@cliente.example", References="<uno@cliente.example>")
    assert forged == Ignored("a mail that says it is the team's, and is not among the sent")
    form = parse(author="ayuda@tienda.example", Reply_To="carla@cliente.example")  # the shop's own web form
    assert isinstance(form, Incoming)
    assert form.thread == THREAD
    with pytest.raises(Unverified):
        helpdesk.verify(headers(), a_mail(), now())


def test_bodies_and_headers_as_they_come() -> None:
    html = (b"From: =?utf-8?q?Jos=C3=A9?= <jose@x.example>\r\nReply-To: <Otro@X.example>\r\n"
            b"Subject: =?utf-8?b?w7E=?=\r\n"
            b"Content-Type: text/html; charset=iso-8859-15\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            b"<style>p{}</style><p>Cuesta 3 =A4 &lt;hoy&gt;</p><script>x()</script>")  # fmt: skip
    mail = read_mail(html)
    assert (mail.name, mail.sender, mail.subject, mail.text) == ("José", "otro@x.example", "ñ", "Cuesta 3 € <hoy>")
    assert mail.id.endswith("@no-message-id.invalid>")
    assert read_mail(html).id == mail.id
    unknown = b"From: a@x.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xc3\xb1 \xff"
    assert read_mail(unknown).text == "Ã± ÿ"
    named = b'From: "a@b.example, c" <d@x.example>\r\n\r\nhola'
    assert read_mail(named).sender == "d@x.example"
    for wrong in (b"", b"From: nobody\r\n\r\nhola", b"\xff\xfe" * 40):
        with pytest.raises(InputError, match="From"):
            read_mail(wrong)


@pytest.mark.parametrize(
    ("text", "own"),
    [("Hola\n\nOn Mon, 2 Mar 2026 Ana <a@x.example>\nwrote:\n> viejo\n>\n> más\n", "Hola"),
     ("Hola:\n> cita\nrespuesta", "Hola:\n> cita\nrespuesta"), ("> sólo cita", "> sólo cita"),
     ("Falta esto:\n> 2 cajas", "Falta esto:"), ("Sin citas", "Sin citas")],
)  # fmt: skip
def test_only_the_own_words_count(text: str, own: str) -> None:
    assert own_words(text) == own


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_comes_in_is_taken_or_refused(data: st.DataObject) -> None:
    junk = st.one_of(
        st.binary(max_size=200), st.sampled_from([b"<" * 5000, b"(" * 5000, b"=?x?q?" * 3000, b"\x00\xff", b'"' * 4001,
                                                  b"=?utf-8?b?" + b"A" * 99 + b"?="]),
    )  # fmt: skip
    names = [b"From", b"Reply-To", b"To", b"Subject", b"References", b"In-Reply-To", b"Message-ID", b"Date",
             b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition", b"Auto-Submitted"]  # fmt: skip
    named = data.draw(st.lists(st.sampled_from(names)))
    lines = [name + b": " + data.draw(junk).replace(b"\n", b" ") for name in named]
    raw = b"\r\n".join([*data.draw(st.sampled_from([[], [b"From: a@x.example"]])), *lines, b"", data.draw(junk)])
    with suppress(InputError):
        Email(settings_for()).parse(headers(), raw)


def test_a_monstrous_mail_is_refused() -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(3000)
    )
    for raw in (
        b"From: a@x.example\r\n" + nested,
        b"From: a@x.example\r\n\r\n" + b"x" * 26_000_000,
        b"From: a@x.example\r\n\r\n" + b"\n--b" * 30_000,
    ):
        with pytest.raises(InputError):
            read_mail(raw)
    long = Email(settings_for()).parse(headers(), a_mail("x\n" * 500_000))
    assert isinstance(long, Incoming)
    assert (long.remark, len(long.message.text)) == ("cut", 100_000)


def test_settings_say_what_is_wrong() -> None:
    wrong: list[dict[str, Any]] = [
        {"imap_host": "mail.example"}, {"smtp_host": "mail.example"}, {"address": "a@b\r\nBcc: x@y"}, {"more": 1},
        {"sender": "a\nb"}, {"sent": "á"},
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(ValueError, match=r"TLS|address|more|sender|sent"):
            settings_for(**one)
    assert "clave" not in repr(settings_for())


def test_a_photo_alone() -> None:
    head = b"From: Carla <carla@cliente.example>\r\nMessage-ID: <uno@cliente.example>\r\nContent-Type: "
    photo = head + b"image/jpeg\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/"
    told = Email(settings_for()).parse(headers(), photo)
    assert isinstance(told, Incoming)
    assert told.remark == "attachment"
    assert isinstance(Email(settings_for()).parse(headers(), head + b"text/plain\r\n\r\n "), Ignored)
