"""Help Scout: conversations with threads, its Inbox API 2.0 and its webhooks.

Checked in developer.helpscout.com (stored pages):
- /webhooks: the events, `X-HelpScout-Event`; `X-HelpScout-Signature`, after that page and public receivers' code (also
  pypi/warehouse's), is the base64 HMAC-SHA1 of the body. No time and no delivery id is sent.
- /webhooks/objects/conversation and public receivers: the body is the conversation; some have its threads under
  `_embedded`, some do not: then voz reads them.
- /mailbox-api/endpoints/conversations/threads/reply: `text`, `customer`, `draft: true`; /list: threads newest first,
  their fields and `page`; changelog 2023-08-30: `Resource-ID` on 201. A thread has no field that could carry a marker.
- /mailbox-api/overview/authentication: client credentials at /v2/oauth2/token; docs.helpscout.com/article/1140: 200
  calls a minute and more, writes count double.
Not checked: against a running Help Scout; that `text` is HTML and that notes take `user` is from use, not from a page;
whether drafts are among the listed threads: as long as none is seen there, a person is asked after a lost answer in the
mode `draft`.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading, threads
from voz.helpdesk.calling import MAX_PAGES, REFUSED, TIMEOUT, Address, accepted, path, retry_after
from voz.helpdesk.contract import Ignored, Parsed, Unread
from voz.helpdesk.outgoing import as_html, needed, numbered, posted_id, read_numbered
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import base64_digest, header, signed
from voz.service.service import CannotTell, Undelivered, utc_now
from voz.store.rows import CaseRow, DeliveryRow
from voz.wire import load_json

NAME = "Help Scout"
_EARLY = dt.timedelta(minutes=5)


class HelpScoutSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = "https://api.helpscout.net"
    app_id: str = Setting(min_length=1, description="App ID of voz's own OAuth app")
    app_secret: SecretStr = Setting(description="its App Secret")
    secret: SecretStr = Setting(min_length=8, description="the webhook's secret key")
    user_id: int = Setting(gt=0, description="the user that owns the app: its threads are voz's own")
    channel: Channel = Setting(default="email", description="of conversations by mail and by phone")
    mode: Literal["reply", "draft", "note"] = "draft"


class HelpScout:
    name = "help_scout"
    needed_headers = ("X-HelpScout-Event",)

    def __init__(
        self, settings: HelpScoutSettings, client: httpx.Client, clock: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        self.client, self.clock = client, clock
        self._lock = threading.Lock()
        self._token, self._until = "", dt.datetime.min.replace(tzinfo=dt.UTC)

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        signed(headers, "X-HelpScout-Signature", base64_digest(self.settings.secret.get_secret_value(), body, "sha1"))

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed | Unread:
        """Where the event does not bring the conversation's threads, they have to be read."""
        event = header(headers, "X-HelpScout-Event")
        if event not in threads.EVENTS:
            return Ignored(f"the event {event[:60]}")
        told = reading.load(body)
        embedded = told.get("_embedded")
        given = embedded.get("threads") if embedded is not None else None
        number = told["id"].id()
        chat = reading.optional_text(told.get("type")) == "chat"
        channel: Channel = "chat" if chat else self.settings.channel

        def said(entries: Iterator[Field]) -> Parsed:
            return threads.told(self.name, event, told, entries, channel, self.settings.user_id)

        if given is not None and given.value:
            return said(given.items())
        return Unread(number, lambda: said(self._pages(number)))

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        thread = numbered(NAME, case.thread)
        body: dict[str, Any] = {"text": as_html(delivery.text), "user": self.settings.user_id}
        if self.settings.mode != "note":
            try:
                conversation = needed(lambda: self._read(path("v2", "conversations", thread)))
                customer = conversation["primaryCustomer"]["id"].id()
            except InputError as error:
                raise Undelivered(f"Help Scout's conversation cannot be read: {error}") from error
            body |= {"customer": {"id": int(customer)}, "draft": self.settings.mode == "draft"}
        where = path("v2", "conversations", thread, "notes" if self.settings.mode == "note" else "reply")
        answer = accepted(NAME, lambda: self._call("POST", where, json=body), REFUSED | {400})
        number = posted_id(NAME, lambda: Field(answer.headers.get("Resource-ID"), "Resource-ID").id())
        return {"id": number, "conversation": thread, "mode": self.mode}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        try:
            entries = list(self._pages(read_numbered(NAME, case.thread), delivery.created_at - SKEW))
            found = threads.found(entries, delivery, self.mode)
            listed = any(reading.optional_text(entry.get("state")) == "draft" for entry in entries)
        except InputError as error:
            raise CannotTell(f"Help Scout's conversation cannot be read: {error}") from error
        if found is None and self.mode == "draft" and not listed:
            told = "Help Scout shows no draft: look in the conversation whether voz's draft is there"
            raise CannotTell(told, blind=True)
        return None if found is None else {"id": found, "conversation": case.thread, "mode": self.mode}

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        try:
            return threads.news(self._pages(read_numbered(NAME, case.thread), since), since, self.settings.user_id)
        except InputError as error:
            raise CannotTell(f"Help Scout's conversation cannot be read: {error}") from error

    def _pages(self, thread: str, since: dt.datetime | None = None) -> Iterator[Field]:
        """The conversation's threads, newest first, back to that time. Raises CannotTell, InputError."""
        where = path("v2", "conversations", thread, "threads")
        for number in range(1, MAX_PAGES + 1):
            answer = self._read(where, {"page": number})
            embedded = answer.get("_embedded")
            page = list(embedded["threads"].items()) if embedded is not None else []
            yield from page
            total = answer["page"]["totalPages"].value
            last = not isinstance(total, int) or number >= total
            if last or not page or (since is not None and page[-1]["createdAt"].moment() < since):
                return
        raise CannotTell("Help Scout's conversation has more threads than voz reads")

    def _read(self, where: str, params: Mapping[str, int] | None = None) -> Field:
        """Raises CannotTell."""
        try:
            answer = self._call("GET", where, params=params)
            if not answer.is_success:
                told = f"Help Scout answered {answer.status_code} when voz looked"
                raise CannotTell(told, retry_after=retry_after(answer))
            return Field(load_json(answer.content))
        except (httpx.HTTPError, InputError, Undelivered) as error:
            raise CannotTell(f"Help Scout cannot be read: {error or type(error).__name__}") from error

    def _call(self, method: str, where: str, **more: Any) -> httpx.Response:
        """A call with the app's token; a token that is refused is replaced once: a 401 has no effect."""
        answer = self._send(method, where, {"Authorization": f"Bearer {self._bearer()}"}, **more)
        if answer.status_code != 401:
            return answer
        return self._send(method, where, {"Authorization": f"Bearer {self._bearer(fresh=True)}"}, **more)

    def _send(self, method: str, where: str, headers: Mapping[str, str], **more: Any) -> httpx.Response:
        url = self.settings.url + where
        return self.client.request(method, url, headers=dict(headers), timeout=TIMEOUT, follow_redirects=False, **more)

    def _bearer(self, *, fresh: bool = False) -> str:
        """Raises Undelivered: without a token nothing has gone out."""
        with self._lock:
            if fresh or self.clock() >= self._until:
                asked = {
                    "grant_type": "client_credentials", "client_id": self.settings.app_id,
                    "client_secret": self.settings.app_secret.get_secret_value(),
                }  # fmt: skip
                try:
                    answer = accepted(NAME, lambda: self._send("POST", "/v2/oauth2/token", {}, json=asked))
                    told = Field(load_json(answer.content))
                    lasts = told["expires_in"].value
                    self._token = told["access_token"].id()
                except Undelivered:
                    raise
                except Exception as error:  # whatever became of the call for a token, no reply went out with it
                    raise Undelivered(f"Help Scout gives no token: {error or type(error).__name__}") from error
                seconds = lasts if isinstance(lasts, int) and 0 < lasts < 10**8 else 0
                self._until = self.clock() + max(dt.timedelta(seconds=seconds) - _EARLY, dt.timedelta(0))
            return self._token
