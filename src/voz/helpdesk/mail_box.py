"""An IMAP mailbox, opened for one piece of work: folders searched and read without marking anything as read."""

from __future__ import annotations

import datetime as dt
import imaplib
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

Security = Literal["tls", "starttls", "none"]
IMAP_ERRORS = (imaplib.IMAP4.error, OSError)
"""Of which IMAP4.abort and the ssl module's errors are kinds."""
SECONDS = 30
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)', re.DOTALL)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@contextmanager
def opened(host: str, port: int, security: Security, user: str, password: str, ca_file: str | None) -> Iterator[Box]:
    """Raises one of IMAP_ERRORS."""
    context = ssl.create_default_context(cafile=ca_file)
    if security == "tls":
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=SECONDS)
    else:
        imap = imaplib.IMAP4(host, port, timeout=SECONDS)
    try:
        if security == "starttls":
            imap.starttls(context)
        imap.login(user, password)
        yield Box(imap)
    finally:
        with suppress(*IMAP_ERRORS):
            imap.logout()


def quoted(text: str) -> str:
    """An IMAP quoted string. Raises ValueError for what cannot stand in one."""
    if not text.isascii() or not text.isprintable():
        raise ValueError("only printable ASCII can be searched for")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Box:
    def __init__(self, imap: imaplib.IMAP4) -> None:
        self.imap = imap
        self._open = ""

    def special(self, flag: str, otherwise: str) -> str:
        """The folder that the server marks so (RFC 6154), such as `\\Sent`."""
        for line in self._done(self.imap.list()):
            found = _LISTED.match(line) if isinstance(line, bytes) else None
            if found and flag.lower().encode() in found["flags"].lower().split():
                return found["name"].decode("ascii", "replace").strip().strip('"')
        return otherwise

    def search(self, folder: str, *criteria: str, write: bool = False) -> list[int]:
        """The UIDs, oldest first; none where there is no such folder."""
        status, told = self.imap.select(quoted(folder), readonly=not write)
        self._open = folder if status == "OK" else ""
        if status != "OK":
            if self.has(folder):
                raise imaplib.IMAP4.error(f"folder {folder} cannot be opened: {_told(told)}")
            return []
        found = self._done(self.imap.uid("SEARCH", *criteria))
        return sorted({int(uid) for line in found if isinstance(line, bytes) for uid in line.split()})

    def has(self, folder: str) -> bool:
        return any(isinstance(line, bytes) for line in self._done(self.imap.list('""', quoted(folder))))

    def validity(self) -> str:
        """Of the folder that was searched last: with it, UIDs keep their meaning."""
        return _told(self.imap.response("UIDVALIDITY")[1])

    def size(self, folder: str, uid: int) -> int:
        line = next((_line(one) for one in self._fetched(folder, uid, "(RFC822.SIZE)")), b"")
        found = re.search(rb"RFC822\.SIZE (\d+)", line)
        return int(found[1]) if found else 0

    def raw(self, folder: str, uid: int, what: str = "BODY.PEEK[]") -> tuple[bytes, dt.datetime | None]:
        """A mail's bytes (or its headers), and when the server got it."""
        for one in self._fetched(folder, uid, f"(INTERNALDATE {what})"):
            if isinstance(one, tuple):
                local = imaplib.Internaldate2tuple(one[0])
                return one[1], dt.datetime.fromtimestamp(time.mktime(local), dt.UTC) if local else None
        return b"", None

    def headers(self, folder: str, uid: int) -> tuple[bytes, dt.datetime | None]:
        return self.raw(folder, uid, "BODY.PEEK[HEADER]")

    def _fetched(self, folder: str, uid: int, what: str) -> list[Any]:
        if self._open != folder:
            self._done(self.imap.select(quoted(folder), readonly=True))
            self._open = folder
        return self._done(self.imap.uid("FETCH", str(uid), what))

    def add(self, folder: str, raw: bytes, flags: str, at: dt.datetime) -> None:
        self._done(self.imap.append(quoted(folder), flags, imaplib.Time2Internaldate(at), raw))

    def create(self, folder: str) -> None:
        if not self.has(folder):
            self._done(self.imap.create(quoted(folder)))

    def remove(self, folder: str, *criteria: str) -> None:
        for uid in self.search(folder, *criteria, write=True):
            self._done(self.imap.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"))
        self._done(self.imap.expunge())

    def _done(self, answer: tuple[str, Any]) -> list[Any]:
        status, told = answer
        if status != "OK":
            raise imaplib.IMAP4.error(_told(told) or status)
        return list(told)


def since(day: dt.datetime) -> tuple[str, str]:
    """A criterion for SEARCH: IMAP knows days only, in the server's own zone."""
    day = day.astimezone(dt.UTC) - dt.timedelta(days=1)
    return "SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def header(name: str, value: str) -> tuple[str, str, str]:
    return "HEADER", name, quoted(value)


def _line(one: object) -> bytes:
    return one if isinstance(one, bytes) else one[0] if isinstance(one, tuple) else b""


def _told(told: object) -> str:
    first = told[0] if isinstance(told, list) and told else b""
    return _line(first).decode("utf-8", "replace")[:200] if first else ""
