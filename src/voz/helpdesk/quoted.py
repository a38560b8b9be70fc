"""A mail without the one that it quotes: what programs put below an answer are not the customer's words.

Libraries were looked at: mail-parser-reply (MIT) has Spanish untested, no Portuguese and no HTML; email-reply-parser
English alone. So the introductions are data of voz's own (`data/desk/quoted_mail.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from voz.helpdesk.reading import html_text
from voz.packaged import packaged

OPEN, CLOSE, BELOW = "\ue000", "\ue001", "\ue002"
"""Where a quotation begins and ends in HTML, and where all that follows is quoted; stripped of what comes in."""
_MARKS = re.compile(f"[{OPEN}{CLOSE}{BELOW}]")
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b([^<>]*)>", re.I)
_INDENTED = re.compile(r"border\s*:\s*(?:none|0(?![.\d]))", re.I)
_RULE = re.compile(r"[-_=*\s]*")
_HEADERS, _WRAPPED = 6, 2
"""Lines that a block of headers takes after its first, and that an introduction takes before its last."""


def quoting_text(html: str) -> str:
    """The plain text of a piece of HTML, its quotations as plain mails have them: behind `>`."""
    depth, lines = 0, list[str]()
    for line in html_text(_marked(html)).split("\n"):
        if line in (OPEN, CLOSE):
            depth = max(depth + (1 if line == OPEN else -1), 0)
        else:
            lines.append(f"> {line}" if depth and line != BELOW else line)
    return "\n".join(lines)


def own_words(text: str, *, forwarded: bool = False) -> str:
    """The text without what it quotes at its end; all of it where nothing would be left.

    `forwarded`: the customer sends on a mail of somebody else, which is what they want to show.
    """
    whole = text.replace("\r\n", "\n")
    lines = whole.split("\n")
    below = _below(lines, forwarded)
    if below is not None and any(_own(line) for line in lines[:below]):
        lines = lines[:below]
        while lines and _RULE.fullmatch(lines[-1]):
            lines.pop()
    kept = "\n".join(_without_trailing(lines)).replace(BELOW, "").strip()
    return kept or whole.replace(BELOW, "").strip()


def _marked(html: str) -> str:
    html, cites = _MARKS.sub("", html), list[bool]()

    def mark(found: re.Match[str]) -> str:
        if not found[1]:
            cites.append(not _INDENTED.search(found[2]))  # Gmail indents with a blockquote as well
            return f"<br>{OPEN}<br>" if cites[-1] else "<br>"
        return f"<br>{CLOSE}<br>" if cites and cites.pop() else "<br>"

    lowered = html.lower() if len(html.lower()) == len(html) else html
    places = [place for block in packaged("desk/quoted_mail")["blocks"] if (place := lowered.find(block)) >= 0]
    if places:
        tag = html.rfind("<", 0, min(places))
        html = f"{html[:tag]}<br>{BELOW}<br>{html[tag:]}" if tag >= 0 else html
    return _BLOCKQUOTE.sub(mark, html)


def _below(lines: Sequence[str], forwarded: bool) -> int | None:
    """The first line of a quoted mail that has no `>` before its lines."""
    for place, line in enumerate(lines):
        if line.endswith((":", ": ")):
            begins = _introduction(lines, place)
            if begins is not None:
                return begins
        elif forwarded:
            continue
        elif line == BELOW or _original(line) or (":" in line[:20] and _headers(lines[place : place + _HEADERS + 1])):
            return place
    return None


def _original(line: str) -> bool:
    return line[:1] in ("-", "_", "=", "*") and line.strip("-_=* \t").casefold() in _words("original")


def _headers(lines: Sequence[str]) -> bool:
    first, sender = _label(lines[0])
    if first not in _words("from"):
        return False
    others = set[str]()
    for line in lines[1:]:
        label, _ = _label(line)
        if label:
            others.add(label)
        elif line.strip():
            break
    sent = others & _words("sent") or ("@" in sender and others & _words("date"))
    return bool(sent and others & _words("more"))


def _label(line: str) -> tuple[str, str]:
    name, colon, value = line[:400].replace("*", "").partition(":")
    return (name.strip().casefold(), value) if colon and len(name) < 20 else ("", "")


def _introduction(lines: Sequence[str], last: int) -> int | None:
    """«El lunes 2 de marzo, Ayuda <ayuda@tienda.es> escribió:», on one line or wrapped; an address has to be in it.

    Where `>` follows, the quotation ends by itself, and the customer may go on after it.
    """
    if not lines[last].rstrip(": ")[-40:].casefold().endswith(tuple(_words("wrote"))):
        return None
    after = next((line for line in lines[last + 1 : last + 4] if line.strip()), "")
    if after.lstrip().startswith(">") or lines[last].lstrip().startswith(">"):
        return None
    found = last if "@" in lines[last] else None
    for place in range(last - 1, max(last - _WRAPPED, 0) - 1, -1):
        line = lines[place]
        if not line.strip() or line.endswith((".", "!", "?")) or len(line) > 400:
            break
        if _opens(line) or (found is None and "@" in line):
            found = place
    return found if found is not None and any("@" in line for line in lines[found : last + 1]) else None


def _opens(line: str) -> bool:
    return any(char.isdigit() for char in line) and line.strip().casefold().startswith(
        tuple(f"{word} " for word in _words("opens"))
    )


def _without_trailing(lines: list[str]) -> list[str]:
    """Without the lines behind `>` at the end, and the one or two that introduce them."""
    end = len(lines)
    while end and not _own(lines[end - 1]):
        end -= 1
    if not any(line.lstrip().startswith(">") for line in lines[end:]):
        return lines
    at = end
    while at and end - at < 2 and lines[at - 1].strip():
        at -= 1
    intro = " ".join(lines[at:end])
    if end and lines[end - 1].rstrip().endswith(":") and ("@" in intro or any(char.isdigit() for char in intro)):
        end = at if "@" in lines[at] or any(char.isdigit() for char in lines[at]) else end - 1
    return lines[:end]


def _own(line: str) -> bool:
    return bool(line.strip(f" \t{BELOW}")) and not line.lstrip().startswith(">")


@cache
def _words(kind: str) -> frozenset[str]:
    listed: Any = packaged("desk/quoted_mail")[kind]
    return frozenset(listed)
