"""Request Tracker 5: tickets with transactions, its REST 2 API, and a scrip that posts to voz.

RT has no webhooks of its own. The scrip in docs/helpdesks/request_tracker.md posts each message, signed:
`X-Voz-Timestamp: <seconds>` and `X-Voz-Signature: sha256=<hex of HMAC-SHA256(secret, "<timestamp>.<body>")>`.

Checked in RT's source (github.com/bestpractical/rt, lib/RT/REST2.pm and lib/RT/REST2/Resource/{Message,Transactions,
Attachments,Collection}.pm):
- POST /ticket/{id}/correspond or /comment, `{"Content", "ContentType"}`; 201 with a list of sentences and a `Location`
  that ends in /transaction/{id}; whatever it refuses is a 400 before anything is recorded. Without `Content` it answers
  201 and mails an empty message: voz never sends that. `Subject` would be seen; there is no place for a marker without
  a transaction custom field, so that voz's post is known by its author and the hash of its words.
- GET /ticket/{id}/history: pages of at most 100, `fields=Type,Creator,Created`; /transaction/{id}/attachments and
  /attachment/{id}, whose Content is base64.
- `Authorization: token …` (RT::Authen::Token); `Idempotency-Key` is not known there.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import MAX_PAGES, REFUSED, TIMEOUT, Address, Api, accepted, path
from voz.helpdesk.contract import Answered, Ignored, Parsed, text_mark
from voz.helpdesk.heard import heard
from voz.helpdesk.outgoing import numbered, read_numbered
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import digest, recent, signed
from voz.service.service import CannotTell, Undelivered
from voz.store.rows import CaseRow, DeliveryRow

RT = "Request Tracker"
_SAID = frozenset({"Create", "Correspond"})


class RequestTrackerSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(description="of RT itself, such as https://rt.example")
    token: SecretStr = Setting(description="an authentication token of voz's own user")
    user: str = Setting(min_length=1, description="that user's name in RT")
    secret: SecretStr = Setting(min_length=16, description="as in the scrip")
    channel: Channel = "email"
    mode: Literal["reply", "note"] = "note"


class RequestTracker:
    name = "request_tracker"

    def __init__(self, settings: RequestTrackerSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        login = {"Authorization": f"token {settings.token.get_secret_value()}", "Accept": "application/json"}
        self.api = Api(RT, client, settings.url + "/REST/2.0", login)

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        written = recent(headers, "X-Voz-Timestamp", now)
        data = written.encode("utf-8", "replace") + b"." + body
        signed(
            headers,
            "X-Voz-Signature",
            "sha256=" + digest(self.settings.secret.get_secret_value(), data, "sha256").hex(),
        )

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        told = reading.load(body)
        kind = told["transaction_type"].text()
        thread, external_id = told["ticket_id"].id(), told["transaction_id"].id()
        creator = told["creator"].text().strip()
        if creator.casefold() == self.settings.user.casefold():
            return Ignored("voz's own post")
        if kind not in _SAID:
            return Ignored(f"a transaction of the kind {kind[:40]}")
        at, text = told["created"].moment(), told["content"].text().strip()
        if kind == "Correspond" and told["staff"].flag():
            return Answered(self.name, thread, external_id, creator, text, at)
        if text and kind == "Create":
            text = reading.with_subject(reading.optional_text(told.get("subject")), text)
        author = reading.optional_text(told.get("requestor")) or creator
        return heard(self.name, thread, external_id, text, channel=self.settings.channel, author=author, at=at)

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        ticket = numbered(RT, case.thread)
        if not delivery.text.strip():
            raise Undelivered("there are no words to send", for_good=True)
        kind = "correspond" if self.settings.mode == "reply" else "comment"
        body = {"Content": delivery.text, "ContentType": "text/plain"}
        answer = accepted(
            RT,
            lambda: self.api.client.post(
                self.api.url + path("ticket", ticket, kind), json=body, headers=dict(self.api.headers),
                timeout=TIMEOUT, follow_redirects=False,
            ),
            REFUSED | {400},
        )  # fmt: skip
        return {"id": answer.headers.get("location", "").rpartition("/")[2], "ticket": ticket, "as": kind}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        ticket, mark = read_numbered(RT, case.thread), text_mark(delivery.text)
        kind = "Correspond" if self.settings.mode == "reply" else "Comment"
        try:
            for entry in self._history(ticket):
                if entry["Type"].text() != kind or not self._own(entry):
                    continue
                if entry["Created"].moment() < delivery.created_at - SKEW:
                    continue
                if text_mark(self._content(entry["id"].id())) == mark:
                    return {"id": entry["id"].id(), "ticket": ticket, "as": kind.lower()}
        except InputError as error:
            raise CannotTell(f"{RT}'s history cannot be read: {error}") from error
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        ticket = read_numbered(RT, case.thread)
        try:
            fresh = [
                one for one in self._history(ticket)
                if one["Type"].text() in _SAID and not self._own(one) and one["Created"].moment() > since
            ]  # fmt: skip
            if not fresh:
                return None
            entry = max(fresh, key=lambda one: one["Created"].moment())
            creator = entry["Creator"]["id"].id()
            requestors = self.api.read(path("ticket", ticket)).get("Requestor")
            customer = requestors is not None and any(one["id"].id() == creator for one in requestors.items())
            who = "The customer" if customer else "Somebody of the team"
            return reading.said(who, creator, self._content(entry["id"].id()), entry["Created"].moment())
        except InputError as error:
            raise CannotTell(f"{RT}'s history cannot be read: {error}") from error

    def _own(self, entry: Field) -> bool:
        return entry["Creator"]["id"].id().casefold() == self.settings.user.casefold()

    def _history(self, ticket: str) -> Iterator[Field]:
        where = path("ticket", ticket, "history")
        for page in range(1, MAX_PAGES + 1):
            params: dict[str, str | int] = {"fields": "Type,Creator,Created", "per_page": 100, "page": page}
            entries = list(self.api.read(where, params)["items"].items())
            yield from entries
            if len(entries) < 100:  # 5.0.3 does not count them: `pages` and `next_page` are null
                return
        raise CannotTell(f"{RT}'s ticket {ticket} has more than {MAX_PAGES * 100} entries")

    def _content(self, transaction: str) -> str:
        """The transaction's own words, in plain text where it has them."""
        found: dict[str, str] = {}
        params: dict[str, str | int] = {"fields": "ContentType,Filename", "per_page": 100}
        for part in self.api.read(path("transaction", transaction, "attachments"), params)["items"].items():
            kind = reading.optional_text(part.get("ContentType"))
            if kind in ("text/plain", "text/html") and not reading.optional_text(part.get("Filename")):
                found.setdefault(kind, part["id"].id())
        if not found:
            return ""
        kind = "text/plain" if "text/plain" in found else "text/html"
        coded = self.api.read(path("attachment", found[kind])).get("Content")
        try:
            text = base64.b64decode(coded.text() if coded else "").decode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            raise InputError("field 'Content': is not base64") from error
        return reading.html_text(text) if kind == "text/html" else text
