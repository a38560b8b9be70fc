"""A raw e-mail as voz needs it: who wrote, in which conversation, which words, and whether a machine wrote it.

RFC 5322 (3.6.4: Message-ID, In-Reply-To, References), RFC 3834 (Auto-Submitted: never answer what a machine sent),
RFC 3464 (delivery reports). Headers are read with the old, forgiving policy: the new one raises on hostile ones.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from voz.case import clean_text
from voz.errors import InputError
from voz.helpdesk.quoted import own_words, quoting_text

MAX_MAIL = 25_000_000
MAX_HEADER = 20_000
MAX_PARTS = 20_000
NO_ID = "@no-message-id.invalid"
"""Ends the id that voz gives to a mail that has none of its own, or one that cannot be searched for."""
_MESSAGE_ID = re.compile(r"<[!#-;=?-\[\]-~]{1,250}>")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, HeaderParseError)
_DAEMONS = frozenset({"mailer-daemon", "postmaster", "noreply-dmarc-support"})
_FORWARDED = re.compile(r"\s*(?:fw|fwd|rv|enc|tr|wg|i)\s*:", re.I)
_FILES = frozenset({"attachment", "image", "audio", "video", "application"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})


@dataclass(frozen=True)
class Mail:
    id: str
    sender: str
    """The address that an answer goes to (Reply-To, else From), in small letters."""
    written_by: str
    """The address in From."""
    name: str
    to: tuple[str, ...]
    subject: str
    text: str
    references: tuple[str, ...]
    in_reply_to: str
    date: dt.datetime | None
    machine: str
    """Why nobody waits for an answer to this: an automatic reply, a bounce, a list; empty for a person's mail."""
    attached: bool = False
    """Whether it has a file or a picture."""

    @property
    def root(self) -> str:
        """The first mail of the conversation, as far as this one tells."""
        return self.references[0] if self.references else self.in_reply_to or self.id


def read_mail(raw: bytes) -> Mail:
    """Raises InputError for what is no mail that can be answered."""
    if len(raw) > MAX_MAIL:
        raise InputError(f"the mail has {len(raw)} bytes; the most is {MAX_MAIL}")
    if raw.count(b"\n--") > MAX_PARTS:
        raise InputError("the mail has more parts than anybody writes")
    try:
        return _read(message_from_bytes(raw, policy=policy.compat32), raw)
    except _BROKEN as error:
        raise InputError(f"cannot be read as a mail ({type(error).__name__})") from error


def _read(message: Message, raw: bytes) -> Mail:
    senders, written = _addresses(message, "reply-to"), _addresses(message, "from")
    if not written:
        raise InputError("header From: no address in it")
    name, sender = (senders or written)[0]
    own = _ids(message, "message-id")
    return Mail(
        id=own[0] if own else f"<{hashlib.sha256(raw).hexdigest()[:40]}{NO_ID}>",
        sender=sender, written_by=written[0][1], name=written[0][0] or name,
        to=tuple(address for _, address in (*_addresses(message, "to"), *_addresses(message, "cc"))),
        subject=" ".join(_header(message, "subject").split())[:400],
        text=_words(message), references=_ids(message, "references"),
        in_reply_to=next(iter(_ids(message, "in-reply-to")), ""), date=_date(message), machine=_machine(message),
        attached=_attached(message),
    )  # fmt: skip


def _header(message: Message, name: str) -> str:
    value = str(message.get(name, ""))[:MAX_HEADER]
    with suppress(ValueError, LookupError, HeaderParseError):
        value = str(make_header(decode_header(value)))
    return str(clean_text(value.replace("\r", " ").replace("\n", " ")))


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """(name, address) pairs; the raw header is split before its words are decoded, so that no name can add one."""
    found = []
    for label, address in getaddresses([str(message.get(name, ""))[:MAX_HEADER]]):
        if _ADDRESS.fullmatch(address):
            try:
                label = str(make_header(decode_header(label)))
            except (ValueError, LookupError, HeaderParseError):
                label = ""
            found.append((" ".join(str(clean_text(label)).split())[:120], address.lower()))
    return found


def _ids(message: Message, name: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(str(message.get(name, ""))[:MAX_HEADER]))


def _date(message: Message) -> dt.datetime | None:
    try:
        at = parsedate_to_datetime(str(message.get("date", ""))[:200])
        return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _machine(message: Message) -> str:
    told = {name: str(message.get(name, ""))[:400].strip().lower() for name in ("auto-submitted", "precedence")}
    automatic = told["auto-submitted"].partition(";")[0].strip()
    sender = next(iter(_addresses(message, "from")), ("", ""))[1].partition("@")[0]
    if message.get_content_type() == "multipart/report" or sender in _DAEMONS or "x-failed-recipients" in message:
        return "a report on delivery"
    if str(message.get("return-path", "")).strip() == "<>":
        return "a bounce"
    if automatic not in ("", "no"):
        return "an automatic reply"
    if any(name in message for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return "an automatic reply"
    if told["precedence"] in _BULK or "list-id" in message:
        return "a mail to a list"
    return ""


def _words(message: Message) -> str:
    """The plain part, else what a person sees of the HTML part, without the mail that it quotes below."""
    plain = html = None
    for part in message.walk():
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain" and plain is None:
            plain = _decoded(part)
        elif part.get_content_type() == "text/html" and html is None:
            html = _decoded(part)
    text = plain if plain is not None and plain.strip() else quoting_text(html) if html else ""
    return own_words(text, forwarded=_FORWARDED.match(_header(message, "subject")) is not None)


def _attached(message: Message) -> bool:
    parts = [part for part in message.walk() if not part.is_multipart()]
    kinds = {kind for part in parts for kind in (part.get_content_disposition(), part.get_content_maintype())}
    return bool(kinds & _FILES)


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return str(clean_text(data.decode(charset)))
        except (LookupError, ValueError):
            continue
    return str(clean_text(data.decode("latin-1")))
