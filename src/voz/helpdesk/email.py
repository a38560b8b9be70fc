"""Plain e-mail: customers' mails are read from an IMAP mailbox, approved replies go out by SMTP, or wait as drafts.

Standards: RFC 5322 3.6.4 (an answer's In-Reply-To and References), RFC 3501/9051 (IMAP), RFC 6154 (special folders),
RFC 3834 (no answer to what a machine sent). Tried against real servers: pymap for IMAP, aiosmtpd for SMTP.

A conversation's id is its first mail's Message-ID and the customer's address: whoever else names that Message-ID starts
a conversation of his own, so that a reply never goes to somebody who forged his way into it.

Once, and only once: voz's Message-ID is made of the delivery's id. Before SMTP the mail is put into a folder of voz's
own (`outbox`), and out of it once a copy is among the sent. So a mail among the sent went out; one in the outbox alone
may or may not have, and a person looks; one in neither never began.
"""

from __future__ import annotations

import datetime as dt
import imaplib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from voz.errors import InputError
from voz.helpdesk import mail_box
from voz.helpdesk.calling import Unclear
from voz.helpdesk.contract import Answered, Ignored, Parsed, Unverified
from voz.helpdesk.heard import heard
from voz.helpdesk.mail_box import IMAP_ERRORS, Box, Security, header, quoted, since
from voz.helpdesk.mail_message import MAX_MAIL, NO_ID, Mail, read_mail
from voz.helpdesk.mail_out import Door, answer, send
from voz.helpdesk.reading import said, with_subject
from voz.service.service import CannotTell, Undelivered, utc_now
from voz.store.rows import CaseRow, DeliveryRow

LOOK_BACK = dt.timedelta(days=14)
START = "BODY.PEEK[]<0.200000>"
"""As much of a mail as is needed to say what it says."""
FOLDER = r"^[\x20-\x7e]{1,200}$"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class EmailSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    address: str = Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$", description="of the replies")
    sender: str = Field(default="", max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$", description="the name beside it")
    imap_host: str
    imap_port: int = 993
    imap_security: Security = "tls"
    smtp_host: str
    smtp_port: int = 465
    smtp_security: Security = "tls"
    user: str
    password: SecretStr
    smtp_user: str | None = Field(default=None, description="None: the same as for IMAP")
    smtp_password: SecretStr | None = None
    ca_file: str | None = Field(default=None, description="certificates to trust beside the system's")
    inbox: str = Field(default="INBOX", pattern=FOLDER)
    sent: str | None = Field(default=None, pattern=FOLDER, description="None: as the server marks it (RFC 6154)")
    drafts: str | None = Field(default=None, pattern=FOLDER)
    outbox: str = Field(default="voz-outbox", pattern=FOLDER, description="voz's own; it is made when needed")
    keeps_sent: bool = Field(default=False, description="True where the server itself keeps what goes out (Gmail)")
    mode: Literal["reply", "draft"] = "draft"

    @model_validator(mode="after")
    def _secret(self) -> EmailSettings:
        for host, security in ((self.imap_host, self.imap_security), (self.smtp_host, self.smtp_security)):
            if security == "none" and host not in _LOCAL:
                raise ValueError(f"no password goes to {host} without TLS: set tls or starttls")
        return self


class Email:
    name = "email"

    def __init__(self, settings: EmailSettings, client: httpx.Client | None = None) -> None:
        """`client` is there so that every helpdesk is made alike; mail has no use for it."""
        self.settings = settings
        self.mode: str = settings.mode
        self._seen: set[tuple[str, str, int]] = set()

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        raise Unverified("mail comes in by IMAP; there is no webhook that could bring it")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        """What a raw mail of a customer says."""
        return self._parsed(read_mail(body))

    def poll(self, known: Callable[[str], bool], now: dt.datetime) -> Iterator[Parsed]:
        """Every mail of the last two weeks that voz does not know yet; nothing is marked as read.

        `known` says whether a message with this id is stored. A mail that cannot be read is passed over as Ignored.
        Raises CannotTell where the mailbox cannot be read; it can be asked again at any time.
        """
        try:
            with self._box() as box:
                sent = self._sent(box)
                for folder in (self.settings.inbox, sent):
                    yield from self._new(box, folder, sent, known, now)
        except (*IMAP_ERRORS, ValueError) as error:
            raise CannotTell(f"the mailbox cannot be read: {error}") from error

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        to = _customer(case)
        if to is None:
            raise Undelivered("the case has no e-mail conversation", for_good=True)
        try:
            with self._box() as box:
                raw = self._written(box, delivery, case, to)
                if self.settings.mode == "draft":
                    return self._drafted(box, delivery, raw)
                for folder in (self.settings.outbox, *(() if self.settings.keeps_sent else (self._sent(box),))):
                    box.create(folder)
                box.add(self.settings.outbox, raw, r"(\Seen)", utc_now())
                self._sent_out(box, delivery, raw, to)
                return self._receipt(delivery, "reply")
        except (*IMAP_ERRORS, ValueError) as error:
            raise Undelivered(f"the mailbox cannot be used: {error}") from error

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        mark = header("Message-ID", self._mark(delivery))
        try:
            with self._box() as box:
                if box.search(self._sent(box), *mark):
                    return self._receipt(delivery, "reply")
                if self.settings.mode == "draft" and box.search(self._drafts(box), *mark):
                    return self._receipt(delivery, "draft")
                begun = box.search(self.settings.outbox, *mark)
        except (*IMAP_ERRORS, ValueError) as error:
            raise CannotTell(f"the mailbox cannot be read: {error}") from error
        if begun:
            told = f"the mail was on its way when something failed; it waits in {self.settings.outbox}"
            raise CannotTell(told, blind=True)
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        customer = _customer(case)
        if customer is None:
            raise CannotTell("the case has no e-mail conversation", blind=True)
        try:
            with self._box() as box:
                sent, told = self._sent(box), list[tuple[dt.datetime, str]]()
                root = quoted((case.thread or "").partition(" ")[0])
                recent = mail_box.since(since)
                places = ((self.settings.inbox, "FROM", "The customer"), (sent, "TO", "Somebody of the team"))
                for folder, field, who in places:
                    by_address = box.search(folder, field, quoted(customer), *recent)
                    in_thread = box.search(folder, "HEADER", "References", root, *recent)
                    for uid in sorted({*by_address, *in_thread}):
                        raw, at = box.raw(folder, uid, START)
                        mail = _readable(raw)
                        if mail is None or at is None or at <= since or mail.machine or self._own(mail):
                            continue
                        if customer not in ((mail.sender,) if folder == self.settings.inbox else mail.to):
                            continue
                        if f"{self._root(box, sent, mail)} {customer}" == case.thread:
                            told.append((at, said(who, mail.name, mail.text, at)))
        except (*IMAP_ERRORS, ValueError) as error:
            raise CannotTell(f"the mailbox cannot be read: {error}") from error
        return max(told)[1] if told else None

    def _parsed(
        self, mail: Mail, root: str | None = None, at: dt.datetime | None = None, *, sent: bool = False
    ) -> Parsed:
        """`sent`: it stands among the sent, which only the team can write to; a From alone anybody can forge."""
        root = root or mail.root
        if self._own(mail):
            return Ignored("voz's own mail")
        if sent:
            if not mail.to:
                return Ignored("a mail of the team to nobody")
            thread = f"{root} {mail.to[0]}"
            return Answered(self.name, thread, mail.id, mail.name or mail.written_by, mail.text, at or mail.date)
        if mail.machine:
            return Ignored(mail.machine)
        if mail.sender == self.settings.address.lower():
            return Ignored("a mail that says it is the team's, and is not among the sent")
        starts = root == mail.id
        text = with_subject(mail.subject, mail.text) if starts else mail.text
        return heard(
            self.name, f"{root} {mail.sender}", mail.id, text, bare=mail.attached and not mail.text, channel="email",
            author=mail.name or mail.sender, at=at or mail.date,
        )  # fmt: skip

    def _new(
        self, box: Box, folder: str, sent: str, known: Callable[[str], bool], now: dt.datetime
    ) -> Iterator[Parsed]:
        uids = box.search(folder, *since(now - LOOK_BACK))
        validity = box.validity()
        for uid in uids:
            if (folder, validity, uid) in self._seen:
                continue
            about = _readable(box.headers(folder, uid)[0])
            if about is None or not known(about.id):
                yield self._one(box, folder, sent, uid)
            self._seen.add((folder, validity, uid))

    def _one(self, box: Box, folder: str, sent: str, uid: int) -> Parsed:
        if (size := box.size(folder, uid)) > MAX_MAIL:
            return Ignored(f"a mail of {size} bytes")
        raw, at = box.raw(folder, uid)
        try:
            mail = read_mail(raw)
        except InputError as error:
            return Ignored(str(error))
        return self._parsed(mail, self._root(box, sent, mail), at, sent=folder == sent)

    def _root(self, box: Box, sent: str, mail: Mail) -> str:
        """The conversation's first mail. A program that writes no References names voz's mail alone, which knows it."""
        if mail.references or not mail.in_reply_to:
            return mail.root
        for folder in (sent, self.settings.inbox):
            for uid in box.search(folder, *header("Message-ID", mail.in_reply_to)):
                before = _readable(box.headers(folder, uid)[0])
                if before is not None:
                    return before.root
        return mail.root

    def _written(self, box: Box, delivery: DeliveryRow, case: CaseRow, to: str) -> bytes:
        root = (case.thread or "").partition(" ")[0]
        last = self._last(box, case, root, to)
        chain = [root, *last.references, last.id] if last else [root]
        return answer(
            sender=(self.settings.sender, self.settings.address), to=to, message_id=self._mark(delivery),
            subject=last.subject if last else case.subject[:80], text=delivery.text,
            chain=[one for one in dict.fromkeys(chain) if not one.endswith(NO_ID + ">")],
        )  # fmt: skip

    def _last(self, box: Box, case: CaseRow, root: str, customer: str) -> Mail | None:
        """The customer's newest mail of the conversation."""
        inbox, sent = self.settings.inbox, self._sent(box)
        by_author = ("FROM", quoted(customer), *mail_box.since(case.opened_at))
        found = [box.search(inbox, *one) for one in (header("Message-ID", root), header("References", root), by_author)]
        for uid in sorted({uid for uids in found for uid in uids}, reverse=True)[:50]:
            mail = _readable(box.headers(inbox, uid)[0])
            if mail is not None and mail.sender == customer and self._root(box, sent, mail) == root:
                return mail
        return None

    def _drafted(self, box: Box, delivery: DeliveryRow, raw: bytes) -> dict[str, Any]:
        folder = self._drafts(box)
        try:
            box.add(folder, raw, r"(\Draft \Seen)", utc_now())
        except (imaplib.IMAP4.abort, OSError) as error:
            raise Unclear(f"the mailbox broke off while it took the draft: {error}") from error
        return self._receipt(delivery, "draft")

    def _sent_out(self, box: Box, delivery: DeliveryRow, raw: bytes, to: str) -> None:
        """By SMTP; the copy that is left in the outbox after a failure says that nobody knows."""
        mark = header("Message-ID", self._mark(delivery))
        try:
            self._by_smtp(raw, to)
        except Undelivered:
            with _whatever_fails():
                box.remove(self.settings.outbox, *mark)
            raise
        with _whatever_fails():  # it is out: what fails now must not look as if it were not
            if not self.settings.keeps_sent:
                box.add(self._sent(box), raw, r"(\Seen)", utc_now())
            box.remove(self.settings.outbox, *mark)

    def _by_smtp(self, raw: bytes, to: str) -> None:
        own = self.settings
        password = (own.smtp_password or own.password).get_secret_value()
        door = Door(own.smtp_host, own.smtp_port, own.smtp_security, own.smtp_user or own.user, password, own.ca_file)
        send(door, own.address, to, raw)

    def _box(self) -> AbstractContextManager[Box]:
        own = self.settings
        return mail_box.opened(
            own.imap_host, own.imap_port, own.imap_security, own.user, own.password.get_secret_value(), own.ca_file
        )

    def _sent(self, box: Box) -> str:
        return self.settings.sent or box.special("\\Sent", "Sent")

    def _drafts(self, box: Box) -> str:
        return self.settings.drafts or box.special("\\Drafts", "Drafts")

    def _mark(self, delivery: DeliveryRow) -> str:
        key = re.sub(r"[^A-Za-z0-9-]", "-", delivery.id)
        return f"<voz.{key}@{self.settings.address.partition('@')[2].lower()}>"

    def _own(self, mail: Mail) -> bool:
        domain = self.settings.address.partition("@")[2].lower()
        from_voz = mail.written_by == self.settings.address.lower()
        return from_voz and mail.id.startswith("<voz.") and mail.id.endswith(f"@{domain}>")

    def _receipt(self, delivery: DeliveryRow, kind: str) -> dict[str, Any]:
        return {"id": self._mark(delivery), "as": kind}


def _customer(case: CaseRow) -> str | None:
    _, _, address = (case.thread or "").partition(" ")
    return address if re.fullmatch(r"[!-~]+@[A-Za-z0-9.-]+", address) else None


def _readable(raw: bytes) -> Mail | None:
    try:
        return read_mail(raw)
    except InputError:
        return None


@contextmanager
def _whatever_fails() -> Iterator[None]:
    try:
        yield
    except (*IMAP_ERRORS, ValueError):
        pass
