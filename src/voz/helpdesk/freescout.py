"""FreeScout with its API & Webhooks module: conversations with threads.

Checked (stored versions):
- freescout.net/module/api-webhooks: the events, the body (a conversation with its threads), 10 retries over 2 hours.
- the module's `Entities/Webhook.php` and `Http/Controllers/ApiController.php` as public repositories hold copies:
  `X-FreeScout-Signature` is the base64 HMAC-SHA1 of the body, its key md5(APP_KEY + "webhook_key"), no time is signed;
  `X-FreeScout-Event`; a thread takes type, text (kept as HTML), user, state, status; 201 with `Resource-ID`; what is
  missing is a 400 before anything is saved; no field could carry a marker.
- api-docs.freescout.net: `X-FreeScout-API-Key`; status codes.
- `app/Conversation.php`, getThreads: **only published threads are listed**. Whether a draft is there cannot be seen, so
  after a lost answer in the mode `draft` a person is asked, unless the module lists drafts one day.
- issues freescout-help-desk/freescout 5468 (drafts by the API show in Drafts since module 1.0.103) and 5076 (a draft by
  the API sent `convo.agent.reply.created`, once with an empty body): both are read as nothing.
Not checked: against a running FreeScout; the module is sold, its source is not published by its makers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading, threads
from voz.helpdesk.calling import REFUSED, Address, Api, path
from voz.helpdesk.contract import Ignored, Parsed
from voz.helpdesk.outgoing import as_html, numbered, posted_id, read_numbered
from voz.helpdesk.reading import Field
from voz.helpdesk.signing import base64_digest, header, signed
from voz.service.service import CannotTell
from voz.store.rows import CaseRow, DeliveryRow


class FreeScoutSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(description="such as https://ayuda.example")
    token: SecretStr = Setting(description="the API key")
    secret: SecretStr = Setting(min_length=8, description="the webhooks' secret key")
    user_id: int = Setting(gt=0, description="voz's own user there: who writes its threads")
    channel: Channel = Setting(default="email", description="of conversations by mail and by phone")
    mode: Literal["reply", "draft", "note"] = "draft"


class FreeScout:
    name = "freescout"
    needed_headers = ("X-FreeScout-Event",)

    def __init__(self, settings: FreeScoutSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        key = {"X-FreeScout-API-Key": settings.token.get_secret_value()}
        self.api = Api("FreeScout", client, settings.url, key, REFUSED | {400, 405})

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        signed(headers, "X-FreeScout-Signature", base64_digest(self.settings.secret.get_secret_value(), body, "sha1"))

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        event = header(headers, "X-FreeScout-Event")
        if event not in threads.EVENTS:
            return Ignored(f"the event {event[:60]}")
        told = reading.load(body)
        if not told.value:
            return Ignored("an event without a body")
        entries = list(told["_embedded"]["threads"].items())
        chat = reading.optional_text(told.get("type")) == "chat"
        channel: Channel = "chat" if chat else self.settings.channel
        return threads.told(self.name, event, told, entries, channel, self.settings.user_id)

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        thread = numbered("FreeScout", case.thread)
        note = self.settings.mode == "note"
        body: dict[str, Any] = {
            "type": "note" if note else "message", "text": as_html(delivery.text), "user": self.settings.user_id
        }  # fmt: skip
        if self.settings.mode == "draft":
            body |= {"state": "draft", "status": "active"}  # else the conversation counts as answered
        answer = self.api.post(path("api", "conversations", thread, "threads"), body)
        return {"id": posted_id("FreeScout", lambda: answer["id"].id()), "conversation": thread, "mode": self.mode}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        entries = self._threads(case)
        try:
            found = threads.found(entries, delivery, self.mode)
            listed = any(reading.optional_text(entry.get("state")) == "draft" for entry in entries)
        except InputError as error:
            raise CannotTell(f"FreeScout's conversation cannot be read: {error}") from error
        if found is None and self.mode == "draft" and not listed:
            told = "FreeScout does not list drafts: look in the conversation whether voz's draft is there"
            raise CannotTell(told, blind=True)
        return None if found is None else {"id": found, "conversation": case.thread, "mode": self.mode}

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        try:
            return threads.news(self._threads(case), since, self.settings.user_id)
        except InputError as error:
            raise CannotTell(f"FreeScout's conversation cannot be read: {error}") from error

    def _threads(self, case: CaseRow) -> list[Field]:
        where = path("api", "conversations", read_numbered("FreeScout", case.thread))
        answer = self.api.read(where, {"embed": "threads"})
        try:
            return list(answer["_embedded"]["threads"].items())
        except InputError as error:
            raise CannotTell(f"FreeScout's conversation cannot be read: {error}") from error
