"""What goes out to a helpdesk: a plain text as HTML, and a call whose answer need not be JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

import httpx

from voz.errors import InputError
from voz.helpdesk.calling import BEFORE_ANY_EFFECT, REFUSED, Unclear
from voz.helpdesk.reading import Field
from voz.service.service import CannotTell, Undelivered

_TEMPLATE = re.compile(r"\{(?=[{%#])|(?<=[{])\{")


def as_html(text: str) -> str:
    """A plain text as HTML that shows the very same; a brace that could open a template is written as an entity."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _TEMPLATE.sub("&#123;", "<br>".join(escape(line, quote=False) for line in lines))


def needed(read: Callable[[], Field]) -> Field:
    """What has to be read before a post: where it cannot be, nothing has gone out yet. Raises Undelivered."""
    try:
        return read()
    except CannotTell as error:
        raise Undelivered(str(error)) from error


def accepted(name: str, call: Callable[[], httpx.Response], refused: frozenset[int] = REFUSED) -> httpx.Response:
    """The answer of a call that took effect. Raises Undelivered, or Unclear where nobody knows."""
    try:
        answer = call()
    except BEFORE_ANY_EFFECT as error:
        raise Undelivered(f"{name} cannot be reached: {error or type(error).__name__}") from error
    if answer.status_code in refused:
        raise Undelivered(f"{name} refuses it with {answer.status_code}: {_told(answer)}", for_good=True)
    if answer.status_code == 429:
        wait = answer.headers.get("retry-after", "")[:40]
        raise Undelivered(f"{name} takes no more calls now{f'; it asks to wait {wait} s' if wait else ''}")
    if not answer.is_success:
        raise Unclear(f"{name} answered {answer.status_code}; whether the reply is there is not known")
    return answer


def posted_id(name: str, read: Callable[[], str]) -> str:
    """The id of a post in an answer. Raises Unclear: the post is there, and its answer broken."""
    try:
        return read()
    except InputError as error:
        raise Unclear(f"{name} took the reply and answered with something else than its id: {error}") from error


def numbered(name: str, thread: str | None) -> str:
    """The conversation's number; Undelivered where the case has none."""
    if not thread or not thread.isascii() or not thread.isdigit():
        raise Undelivered(f"the case has no conversation in {name}", for_good=True)
    return thread


def read_numbered(name: str, thread: str | None) -> str:
    if not thread or not thread.isascii() or not thread.isdigit():
        raise CannotTell(f"the case has no conversation in {name}")
    return thread


def _told(answer: httpx.Response) -> str:
    text = " ".join(answer.text[:2000].split())
    return "".join(char for char in text if char.isprintable())[:200] or "no reason given"
