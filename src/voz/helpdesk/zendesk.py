"""Zendesk Support: tickets with comments, its REST API and its event webhooks.

Checked in Zendesk's documentation (stored pages):
- developer.zendesk.com/documentation/webhooks/verifying: `X-Zendesk-Webhook-Signature` is the base64 HMAC-SHA256 of the
  timestamp of `X-Zendesk-Webhook-Signature-Timestamp` and the body, nothing between them.
- developer.zendesk.com/api-reference/webhooks/event-types/ticket-events: the envelope, `detail` and the event types;
  `event.comment` of `ticket.comment_added` after the sample in dust-tt/dust, `ticket_comment_added.ts`.
- .../ticketing/tickets/ticket_comments: comments are made by updating the ticket; `html_body`, `public`; 422 once there
  are 5,000. .../ticket_audits: `metadata.custom` and the `Comment` events of each update, cursor pagination.
- support.zendesk.com/hc/en-us/community/posts/6018937426714: no API for drafts; a private comment is the safest.
Not checked: against a running Zendesk; whether `ticket.comment_added` is sent for a ticket's first comment as well: so
`ticket.created` reads that comment and gives its own id, and the same one twice is one message. That `ticket.metadata`
becomes `metadata.custom` is from memory of "Creating and updating tickets"; the hash of the words is the fall-back.
Agents' placeholders (`{{ticket.id}}`) are kept from rendering by writing their braces as entities; not tried there.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import MAX_PAGES, REFUSED, Address, Api, path
from voz.helpdesk.contract import Answered, Ignored, Parsed, Unread, text_mark
from voz.helpdesk.heard import attached, heard
from voz.helpdesk.outgoing import as_html, numbered, posted_id, read_numbered
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import base64_digest, recent, signed
from voz.service.service import CannotTell
from voz.store.rows import CaseRow, DeliveryRow
from voz.wire import FieldError

MARK = "voz_delivery"
_CREATED, _COMMENTED = "zen:event-type:ticket.created", "zen:event-type:ticket.comment_added"
_CHANNELS: tuple[tuple[str, Channel], ...] = (
    ("whatsapp", "whatsapp"), ("instagram", "instagram"), ("twitter", "x"), ("x_corp", "x"), ("facebook", "facebook"),
    ("sms", "sms"), ("messaging", "chat"), ("chat", "chat"), ("web", "web_form"), ("mail", "email"),
)  # fmt: skip


class ZendeskSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(description="such as https://tienda.zendesk.com")
    email: str = Setting(min_length=3, description="voz's own agent")
    token: SecretStr = Setting(description="an API token")
    secret: SecretStr = Setting(min_length=8, description="the webhook's signing secret")
    user_id: int = Setting(gt=0, description="that agent's number: its comments are voz's own")
    channel: Channel = Setting(default="email", description="of tickets whose channel voz does not know")
    mode: Literal["reply", "note"] = "note"


class Zendesk:
    name = "zendesk"

    def __init__(self, settings: ZendeskSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        login = base64.b64encode(f"{settings.email}/token:{settings.token.get_secret_value()}".encode()).decode()
        self.api = Api("Zendesk", client, settings.url, {"Authorization": f"Basic {login}"}, REFUSED)

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        at = recent(headers, "X-Zendesk-Webhook-Signature-Timestamp", now)
        secret = self.settings.secret.get_secret_value()
        signed(headers, "X-Zendesk-Webhook-Signature", base64_digest(secret, at.encode() + body, "sha256"))

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The same when a delivery is sent again."""
        return headers.get("X-Zendesk-Webhook-Invocation-Id", "")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed | Unread:
        """A new ticket's first comment has to be read."""
        told = reading.load(body)
        event = told["type"].text()
        if event == _CREATED:
            opened = told["detail"]
            ticket, requester = opened["id"].id(), opened["requester_id"].id()
            return Unread(ticket, lambda: self._opened(opened, ticket, requester))
        if event != _COMMENTED:
            return Ignored(f"the event {event[:80]}")
        detail, comment = told["detail"], told["event"]["comment"]
        thread, external_id, author = detail["id"].id(), comment["id"].id(), comment["author"]
        if author["id"].id() == str(self.settings.user_id):
            return Ignored("voz's own post")
        if not comment["is_public"].flag():
            return Ignored("a private note")
        at = told["time"].moment() if told.get("time") else None
        name = reading.optional_text(author.get("name"))
        if author["is_staff"].flag():
            return Answered(self.name, thread, external_id, name, comment["body"].text().strip(), at)
        return self._incoming(detail, comment, comment["body"], external_id, name, at)

    def _opened(self, detail: Field, ticket: str, requester: str) -> Parsed:
        where = path("api", "v2", "tickets", ticket, "comments")
        first = next(iter(self.api.read(where, {"page[size]": 1})["comments"].items()), None)
        if first is None:
            return Ignored("a ticket without words")
        author, external_id = first["author_id"].id(), first["id"].id()
        at, words = first["created_at"].moment(), first.get("plain_body") or first["body"]
        if not first["public"].flag() or author != requester:
            return Ignored("a ticket that the team opened")
        return self._incoming(detail, first, words, external_id, "", at)

    def _incoming(
        self, detail: Field, comment: Field, words: Field, external_id: str, name: str, at: dt.datetime | None
    ) -> Parsed:
        text = words.text().strip()
        return heard(
            self.name, detail["id"].id(), external_id, text, bare=not text and attached(comment),
            channel=self._channel(detail), author=name, at=at, public=False if self._direct(detail) else None,
        )  # fmt: skip

    def _via(self, detail: Field) -> str:
        via = detail.get("via")
        return reading.optional_text(via.get("channel")).casefold() if via is not None else ""

    def _channel(self, detail: Field) -> Channel:
        via = self._via(detail)
        return next((channel for word, channel in _CHANNELS if word in via), self.settings.channel)

    def _direct(self, detail: Field) -> bool:
        via = self._via(detail)
        return via.endswith(("_dm", "_messenger", "_message")) or "messaging" in via

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        thread = numbered("Zendesk", case.thread)
        comment = {"html_body": as_html(delivery.text), "public": self.settings.mode == "reply"}
        body = {"ticket": {"comment": comment, "metadata": {MARK: delivery.id}}}
        answer = self.api.post(path("api", "v2", "tickets", thread), body, method="PUT")
        return {"id": posted_id("Zendesk", lambda: _comment(answer["audit"])), "ticket": thread, "mode": self.mode}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        mark = text_mark(delivery.text)
        for audit, comment in self._comments(case, delivery.created_at - SKEW):
            try:
                marker = _marker(audit)
                own = _author(audit, comment) == str(self.settings.user_id)
                same = own and not marker and comment["public"].flag() == (self.settings.mode == "reply")
                if marker == delivery.id or (same and text_mark(_words(comment)) == mark):
                    return {"id": comment["id"].id(), "ticket": case.thread, "mode": self.mode}
            except InputError as error:
                raise CannotTell(f"Zendesk's ticket cannot be read: {error}") from error
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        newest: tuple[dt.datetime, str, str] | None = None
        for audit, comment in self._comments(case, since):
            try:
                author, at = _author(audit, comment), audit["created_at"].moment()
                if at <= since or author == str(self.settings.user_id) or not comment["public"].flag():
                    continue
                if newest is None or at >= newest[0]:
                    newest = (at, author, _words(comment))
            except InputError as error:
                raise CannotTell(f"Zendesk's ticket cannot be read: {error}") from error
        if newest is None:
            return None
        return reading.said(self._who(case, newest[1]), "", newest[2], newest[0])

    def _who(self, case: CaseRow, author: str) -> str:
        try:
            ticket = self.api.read(path("api", "v2", "tickets", case.thread or ""))["ticket"]
            return "The customer" if ticket["requester_id"].id() == author else f"Somebody else (user {author})"
        except InputError as error:
            raise CannotTell(f"Zendesk's ticket cannot be read: {error}") from error

    def _comments(self, case: CaseRow, since: dt.datetime) -> Iterator[tuple[Field, Field]]:
        """The comments since then, each with its audit. Raises CannotTell."""
        where = path("api", "v2", "tickets", read_numbered("Zendesk", case.thread), "audits")
        after: dict[str, str | int] = {}
        for _ in range(MAX_PAGES):
            answer = self.api.read(where, {"page[size]": 100, **after})
            try:
                for audit in answer["audits"].items():
                    if audit["created_at"].moment() < since:
                        continue
                    yield from ((audit, one) for one in audit["events"].items() if _is_comment(one))
                if not answer["meta"]["has_more"].flag():
                    return
                after = {"page[after]": answer["meta"]["after_cursor"].text()}
            except InputError as error:
                raise CannotTell(f"Zendesk's ticket cannot be read: {error}") from error
        raise CannotTell("Zendesk's ticket has more updates than voz reads")


def _is_comment(event: Field) -> bool:
    return reading.optional_text(event.get("type")) == "Comment"


def _comment(audit: Field) -> str:
    found = next((event for event in audit["events"].items() if _is_comment(event)), None)
    if found is None:
        raise FieldError("audit.events", "has no comment")
    return found["id"].id()


def _marker(audit: Field) -> str:
    metadata = audit.get("metadata")
    custom = metadata.get("custom") if metadata is not None and metadata.value else None
    return reading.optional_text(custom.get(MARK)) if custom is not None and custom.value else ""


def _author(audit: Field, comment: Field) -> str:
    return (comment.get("author_id") or audit["author_id"]).id()


def _words(comment: Field) -> str:
    html = comment.get("html_body")
    return comment["body"].text() if html is None else reading.html_text(html.text())
