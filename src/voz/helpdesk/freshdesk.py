"""Freshdesk: tickets with conversations, by its API v2 and webhooks that automation rules send.

A rule's webhook is unsigned and its body is written by the team, so that it carries the ticket's number and who wrote,
and voz reads the ticket itself (placeholders with a customer's words would break the JSON at the first quotation mark).
The secret is a header of voz's own in the rule. Checked in:
- developers.freshdesk.com/api (as stored by withone.ai/knowledge/freshdesk and in effytech/freshdesk_mcp pull 37): GET
  /api/v2/tickets/{id}/conversations is an array of `{id, body, body_text, incoming, private, user_id, source,
  ticket_id, created_at}`, in pages; POST /tickets/{id}/reply and /notes with `body` in HTML; basic authentication with
  the API key as user and `X` as password; `private` of a note is true unless told otherwise.
- support.freshdesk.com article 132589 (webhooks in automation rules: method, custom headers, JSON body, placeholders
  such as `{{ticket.id}}`; failed ones are repeated after 5, 30 and 60 minutes as noted in ../shared/helpdesks.md).
Not checked: against a running Freshdesk; `include=requester` and the numbers of `source` are remembered, not read.
There are no drafts in the API, and no place for a marker: voz's own is known by its agent and its words.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import MAX_PAGES, REFUSED, Address, Api, path
from voz.helpdesk.contract import Answered, Ignored, Parsed, Unread, Unverified, same, text_mark, together
from voz.helpdesk.heard import attached, heard
from voz.helpdesk.outgoing import as_html, numbered, posted_id, read_numbered
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import header
from voz.service.receive import Incoming
from voz.service.service import CannotTell
from voz.store.rows import CaseRow, DeliveryRow
from voz.wire import FieldError

FRESHDESK = "Freshdesk"
PAGE = 100
CHANNELS: Mapping[str, Channel] = {"1": "email", "2": "web_form", "7": "chat", "9": "web_form"}
OUTBOUND = "10"


class FreshdeskSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(description="https://COMPANY.freshdesk.com")
    token: SecretStr = Setting(description="the API key of voz's own agent")
    agent_id: int = Setting(gt=0, description="that agent's number")
    secret: SecretStr = Setting(min_length=16, description="in the rules' header X-Voz-Secret")
    channel: Channel = Setting(default="email", description="for sources of tickets that voz does not know")
    mode: Literal["reply", "note"] = "note"


class Freshdesk:
    name = "freshdesk"

    def __init__(self, settings: FreshdeskSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        login = base64.b64encode(f"{settings.token.get_secret_value()}:X".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Accept": "application/json"}
        self.api = Api(FRESHDESK, client, settings.url + "/api/v2", headers, REFUSED | {400})

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        if not same(header(headers, "X-Voz-Secret"), self.settings.secret.get_secret_value()):
            raise Unverified("the header X-Voz-Secret is wrong")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed | Unread:
        """What was written in the ticket has to be read."""
        told = reading.load(body)
        thread, by = told["ticket_id"].id(), told["by"].text()
        if by not in ("customer", "agent"):
            raise FieldError("by", "must be customer or agent")
        if not thread.isascii() or not thread.isdigit():
            raise FieldError("ticket_id", "must be a number")
        return Unread(thread, lambda: self._told(thread, by))

    def _told(self, thread: str, by: str) -> Parsed:
        entries = [one for one in self._entries(thread) if not one["private"].flag() and (_text(one) or _attached(one))]
        entries = sorted(entries, key=_at)
        answers = [self._answer(thread, one) for one in entries if not one["incoming"].flag()]
        if by == "agent":
            return together(answers, "no answer in it")
        said = self._messages(thread, [one for one in entries if one["incoming"].flag()])
        if not said:
            return Ignored("no words of the customer in it")
        return together(sorted([*said, *answers], key=_when), "")

    def _answer(self, thread: str, entry: Field) -> Answered:
        author = f"agent {entry['user_id'].id()}"
        return Answered(self.name, thread, entry["id"].id(), author, _text(entry), _at(entry), self._own(entry))

    def _messages(self, thread: str, entries: list[Field]) -> list[Incoming]:
        """All that the customer said, for a rule does not say which message set it off."""
        ticket = self.api.read(path("tickets", thread), {"include": "requester"})
        source = ticket.get("source")
        origin = source.id() if source is not None else ""
        said = [(one["id"].id(), _text(one), _at(one), not _text(one)) for one in entries]
        if origin != OUTBOUND:
            opening = reading.html_text(reading.optional_text(ticket.get("description")))
            text = reading.with_subject(reading.optional_text(ticket.get("subject")), opening)
            bare = not opening and _attached(ticket, "description")
            said.insert(0, (f"ticket-{thread}", text, ticket["created_at"].moment(), bare))
        person = ticket.get("requester")
        names = [reading.optional_text(person.get(key)) for key in ("name", "email")] if person is not None else []
        author, channel = next(filter(None, names), ""), CHANNELS.get(origin, self.settings.channel)
        messages = [
            heard(self.name, thread, key, text, channel=channel, author=author, at=at, bare=bare)
            for key, text, at, bare in said
        ]
        return [one for one in messages if isinstance(one, Incoming)]

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        ticket = numbered(FRESHDESK, case.thread)
        body: dict[str, Any] = {"body": as_html(delivery.text)}
        if self.settings.mode == "note":
            answer = self.api.post(path("tickets", ticket, "notes"), {**body, "private": True})
        else:
            answer = self.api.post(path("tickets", ticket, "reply"), body)
        return {"id": posted_id(FRESHDESK, answer["id"].id), "as": self.settings.mode}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        ticket, mark = read_numbered(FRESHDESK, case.thread), text_mark(delivery.text)
        try:
            for entry in self._entries(ticket):
                private = entry["private"].flag()
                if entry["incoming"].flag() or private != (self.settings.mode == "note") or not self._own(entry):
                    continue
                if _at(entry) >= delivery.created_at - SKEW and text_mark(_text(entry)) == mark:
                    return {"id": entry["id"].id(), "as": self.settings.mode}
        except InputError as error:
            raise CannotTell(f"{FRESHDESK}'s ticket cannot be read: {error}") from error
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        ticket = read_numbered(FRESHDESK, case.thread)
        try:
            fresh = [
                one for one in self._entries(ticket)
                if not one["private"].flag() and _at(one) > since and _text(one)
                and (one["incoming"].flag() or not self._own(one))
            ]  # fmt: skip
            if not fresh:
                return None
            newest = max(fresh, key=_at)
            who = "The customer" if newest["incoming"].flag() else "Somebody of the team"
            return reading.said(who, "", _text(newest), _at(newest))
        except InputError as error:
            raise CannotTell(f"{FRESHDESK}'s ticket cannot be read: {error}") from error

    def _entries(self, ticket: str) -> list[Field]:
        found: list[Field] = []
        for page in range(1, MAX_PAGES + 1):
            params: dict[str, str | int] = {"page": page, "per_page": PAGE}
            entries = list(self.api.read(path("tickets", ticket, "conversations"), params).items())
            found += entries
            if len(entries) < PAGE:
                return found
        raise CannotTell(f"{FRESHDESK}'s ticket has too many entries")

    def _own(self, entry: Field) -> bool:
        user = entry.get("user_id")
        return user is not None and user.id() == str(self.settings.agent_id)


def _at(entry: Field) -> dt.datetime:
    return entry["created_at"].moment()


def _attached(entry: Field, body: str = "body") -> bool:
    return attached(entry, reading.optional_text(entry.get(body)))


def _when(said: Incoming | Answered) -> dt.datetime:
    at = said.at if isinstance(said, Answered) else said.message.received_at
    assert at is not None  # Freshdesk gives every entry its time
    return at


def _text(entry: Field) -> str:
    """`body_text` is Freshdesk's own plain text; it leaves out where lines end."""
    body = entry.get("body")
    return reading.html_text(body.text()) if body is not None else reading.optional_text(entry.get("body_text"))
