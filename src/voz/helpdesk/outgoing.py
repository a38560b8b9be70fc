"""What goes out to a helpdesk: a plain text as HTML, and what is needed of the conversation and of the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from voz.errors import InputError
from voz.helpdesk.calling import Unclear
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
        raise Undelivered(str(error), retry_after=error.retry_after) from error


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
        raise CannotTell(f"the case has no conversation in {name}", blind=True)
    return thread
