"""Calls to a helpdesk's API, and what their failures mean for a delivery.

What is known to have had no effect is Undelivered; of everything else nobody knows what became of it (Unclear), and voz
looks before it tries again. A read that fails is CannotTell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import httpx
from pydantic import AfterValidator

from voz.errors import InputError, VozError
from voz.helpdesk.reading import Field
from voz.service.pauses import asked
from voz.service.service import CannotTell, Undelivered, utc_now
from voz.wire import load_json

BEFORE_ANY_EFFECT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
REFUSED = frozenset({401, 403, 404, 422})
"""The helpdesk has read the call and will not do it, today or tomorrow."""
TIMEOUT = httpx.Timeout(30, connect=10)
MAX_PAGES = 50


class Unclear(VozError):
    """Nobody knows whether the call had an effect."""


def _address(url: str) -> str:
    """An http(s) address without a path's last slash, a query or a password."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that starts with https:// or http://")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must not have a query, a fragment or a password in it")
    return url.strip().rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


def path(*parts: str) -> str:
    """A path of fixed words and of ids that strangers sent, none of which can leave its place."""
    return "/" + "/".join(quote(part, safe="") if part not in (".", "..") else "%2E" * len(part) for part in parts)


def accepted(name: str, call: Callable[[], httpx.Response], refused: frozenset[int] = REFUSED) -> httpx.Response:
    """The answer of a call that took effect. Raises Undelivered, or Unclear where nobody knows."""
    try:
        answer = call()
    except BEFORE_ANY_EFFECT as error:
        raise Undelivered(f"{name} cannot be reached: {error or type(error).__name__}") from error
    if answer.status_code in refused:
        raise Undelivered(f"{name} refuses it with {answer.status_code}: {_told(answer)}", for_good=True)
    if answer.status_code == 429:
        wait = retry_after(answer)
        told = f"; it asks to wait {wait.total_seconds():.0f} s" if wait else ""
        raise Undelivered(f"{name} takes no more calls now{told}", retry_after=wait)
    if not answer.is_success:
        raise Unclear(f"{name} answered {answer.status_code}; whether the reply is there is not known")
    return answer


def retry_after(answer: httpx.Response) -> dt.timedelta:
    """How long the helpdesk asks to be left alone."""
    return asked(answer.headers.get("retry-after", ""), utc_now())


@dataclass(frozen=True)
class Api:
    """One helpdesk's API: its address, and the headers that open it."""

    name: str
    client: httpx.Client
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[int] = REFUSED

    def post(self, where: str, body: Any, method: str = "POST") -> Field:
        """Raises Undelivered where the call had no effect for sure, Unclear where nobody knows."""
        answer = accepted(self.name, lambda: self._call(method, where, json=body), self.refused)
        try:
            return Field(load_json(answer.content))
        except InputError as error:
            raise Unclear(f"{self.name} answered {answer.status_code} with something that cannot be read") from error

    def read(self, where: str, params: Mapping[str, str | int] | None = None) -> Field:
        """Raises CannotTell."""
        try:
            answer = self._call("GET", where, params=params)
            if not answer.is_success:
                told = f"{self.name} answered {answer.status_code} when voz looked: {_told(answer)}"
                raise CannotTell(told, retry_after=retry_after(answer))
            return Field(load_json(answer.content))
        except (httpx.HTTPError, InputError) as error:
            raise CannotTell(f"{self.name} cannot be read: {error or type(error).__name__}") from error

    def _call(self, method: str, where: str, **more: Any) -> httpx.Response:
        return self.client.request(
            method, self.url + where, headers=dict(self.headers), timeout=TIMEOUT, follow_redirects=False, **more
        )


def _told(answer: httpx.Response) -> str:
    """The start of an error's text on one line, without control characters."""
    text = " ".join(answer.text[:2000].split())
    return "".join(char for char in text if char.isprintable())[:200] or "no reason given"
