"""Zammad: tickets with articles, shared drafts, its REST API and its trigger webhooks.

Checked in zammad/zammad and its documentation (GitHub, stored versions):
- `lib/user_agent.rb`: `X-Hub-Signature: sha1=` and the hex HMAC-SHA1 of the body; no time is signed.
- `app/jobs/trigger_webhook_job.rb`, `record_payload/`: `{ticket, article}`, associations by name; 5 attempts, 10 s
  apart and more each time; `article` is `{}` or null where a trigger runs without one. Payload sample:
  zammad-admin-documentation, manage/webhook/payload.rst.
- `app/controllers/ticket_articles_controller.rb`, `concerns/creates_ticket_articles.rb`, zammad-documentation
  api/ticket/articles.rst: `by_ticket` gives every article at once; an article's own columns may be given, `preferences`
  (voz's marker) among them; 422 before anything is saved.
- `app/controllers/ticket_shared_draft_zoom_controller.rb`, api/ticket/shared_drafts.rst: one shared draft for a ticket;
  PUT writes over the one that is there, so voz reads it first and never writes over a colleague's. `new_article` takes
  any keys: the marker stands in its `preferences`. The group has to allow shared drafts, else 403.
- `#{...}` is rendered in triggers, signatures and text modules, not in articles that come by the API.
Not checked: against a running Zammad; what its pages keep of a draft's `preferences` when a colleague saves it (a draft
whose words are no longer voz's counts as the colleague's); replies to channels other than e-mail.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import Address, Api, path
from voz.helpdesk.contract import Answered, Ignored, Parsed, html_mark, text_mark
from voz.helpdesk.heard import attached, heard
from voz.helpdesk.outgoing import as_html, needed, numbered, posted_id, read_numbered
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import digest, signed
from voz.service.service import CannotTell, Undelivered
from voz.store.rows import CaseRow, DeliveryRow

MARK, WORDS = "voz_delivery", "voz_words"
_BY_MAIL = frozenset({"email", "web", "phone", "note"})
_CHANNELS: tuple[tuple[str, Channel], ...] = (
    ("whatsapp", "whatsapp"), ("sms", "sms"), ("telegram", "chat"), ("chat", "chat"), ("twitter", "x"),
    ("facebook", "facebook"), ("web", "web_form"), ("email", "email"),
)  # fmt: skip


class ZammadSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(description="such as https://ayuda.example")
    token: SecretStr = Setting(description="a personal access token of voz's own agent, with ticket.agent")
    secret: SecretStr = Setting(min_length=8, description="the webhook's HMAC-SHA1 signature token")
    user_id: int = Setting(gt=0, description="that agent's number: its articles are voz's own")
    channel: Channel = Setting(default="email", description="of articles whose type voz does not know")
    mode: Literal["reply", "draft", "note"] = "draft"


class Zammad:
    name = "zammad"

    def __init__(self, settings: ZammadSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        login = {"Authorization": f"Token token={settings.token.get_secret_value()}"}
        self.api = Api("Zammad", client, settings.url, login)

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        expected = digest(self.settings.secret.get_secret_value(), body, "sha1").hex()
        signed(headers, "X-Hub-Signature", f"sha1={expected}")

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The same when a delivery is sent again."""
        return headers.get("X-Zammad-Delivery", "")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        told = reading.load(body)
        ticket, article = told["ticket"], told.get("article")
        if article is None or not article.value:
            return Ignored("a change without an article")
        thread, external_id = ticket["id"].id(), article["id"].id()
        if self._own(article):
            return Ignored("voz's own post")
        if article["internal"].flag():
            return Ignored("a private note")
        sender, text = article["sender"].text(), _text(article)
        at = article["created_at"].moment() if article.get("created_at") else None
        if sender == "Agent":
            return Answered(self.name, thread, external_id, reading.optional_text(article.get("from")), text, at)
        if sender != "Customer":
            return Ignored("an entry of the system")
        bare, count = not text and attached(article, article["body"].text()), ticket.get("article_count")
        if (text or bare) and count is not None and count.value == 1:
            text = reading.with_subject(reading.optional_text(ticket.get("title")), text)
        channel, public = self._channel(article)
        return heard(
            self.name, thread, external_id, text, bare=bare, channel=channel, public=public,
            author=reading.optional_text(article.get("from")), at=at,
        )  # fmt: skip

    def _channel(self, article: Field) -> tuple[Channel, bool | None]:
        kind = reading.optional_text(article.get("type")).casefold()
        channel = next((channel for word, channel in _CHANNELS if word in kind), self.settings.channel)
        return channel, False if "direct" in kind or "personal" in kind else None

    def _own(self, article: Field) -> bool:
        author = article.get("created_by_id")
        return bool(_mark(article)) or (author is not None and author.id() == str(self.settings.user_id))

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        thread = numbered("Zammad", case.thread)
        if self.settings.mode == "draft":
            return self._draft(delivery, thread)
        article: dict[str, Any] = {
            "ticket_id": int(thread), "body": as_html(delivery.text), "content_type": "text/html",
            "preferences": {MARK: delivery.id},
        }  # fmt: skip
        if self.settings.mode == "note":
            article |= {"type": "note", "internal": True}
        else:
            article |= {"type": "email", "internal": False, **self._to(thread)}
        answer = self.api.post("/api/v1/ticket_articles", article)
        return {"id": posted_id("Zammad", lambda: answer["id"].id()), "ticket": thread, "mode": self.mode}

    def _draft(self, delivery: DeliveryRow, thread: str) -> dict[str, Any]:
        where = path("api", "v1", "tickets", thread, "shared_draft")
        try:
            standing = _shared(needed(lambda: self.api.read(where)))
            if standing is not None and not _untouched(standing["new_article"]):
                reason = "the ticket has a colleague's shared draft, which voz does not write over"
                raise Undelivered(reason, for_good=True)
        except InputError as error:
            raise Undelivered(f"Zammad's shared draft cannot be read: {error}") from error
        article = {
            "body": as_html(delivery.text), "content_type": "text/html", "internal": False, "ticket_id": int(thread),
            "subtype": "reply", "preferences": {MARK: delivery.id, WORDS: text_mark(delivery.text)},
            **self._to(thread, draft=True),
        }  # fmt: skip
        answer = self.api.post(where, {"new_article": article, "ticket_attributes": {}}, method="PUT")
        number = posted_id("Zammad", lambda: answer["shared_draft_id"].id())
        return {"id": number, "ticket": thread, "mode": self.mode}

    def _to(self, thread: str, *, draft: bool = False) -> dict[str, Any]:
        """Whom the reply goes to, after the customer's last public article. Raises Undelivered."""
        last: Field | None = None
        try:
            listed = needed(lambda: self.api.read(path("api", "v1", "ticket_articles", "by_ticket", thread)))
            for article in listed.items():
                if article["sender"].text() == "Customer" and not article["internal"].flag():
                    last = article
            if last is None:
                raise Undelivered("the ticket has no message of a customer to reply to", for_good=True)
            kind = reading.optional_text(last.get("type"))
            source = reading.optional_text(last.get("reply_to")) or reading.optional_text(last.get("from"))
            to = {"in_reply_to": reading.optional_text(last.get("message_id"))}
            if kind not in _BY_MAIL:
                if draft:
                    return {"type": kind, "to": source, **to}
                raise Undelivered(f"voz does not reply to “{kind[:40]}” in Zammad: use draft or note", for_good=True)
            address = parseaddr(source)[1]
            address = address if "@" in address else self._login(thread)
        except InputError as error:
            raise Undelivered(f"Zammad's ticket cannot be read: {error}") from error
        if "@" not in address and not draft:
            raise Undelivered("the customer has no e-mail address in Zammad", for_good=True)
        return {"type": "email", "to": address, **to}

    def _login(self, thread: str) -> str:
        ticket = needed(lambda: self.api.read(path("api", "v1", "tickets", thread), {"expand": "true"}))
        return reading.optional_text(ticket.get("customer"))

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        thread, mark = read_numbered("Zammad", case.thread), text_mark(delivery.text)
        try:
            if self.settings.mode == "draft":
                shared = _shared(self.api.read(path("api", "v1", "tickets", thread, "shared_draft")))
                if shared is not None and _is(shared["new_article"], delivery.id, mark):
                    return {"id": shared["id"].id(), "ticket": thread, "mode": self.mode}
            for article in self._articles(thread):
                ours = article["sender"].text() == "Agent" and article["internal"].flag() == (self.mode == "note")
                late = article["created_at"].moment() >= delivery.created_at - SKEW
                if ours and late and _is(article, delivery.id, mark):
                    return {"id": article["id"].id(), "ticket": thread, "mode": self.mode}
        except InputError as error:
            raise CannotTell(f"Zammad's ticket cannot be read: {error}") from error
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        newest: tuple[dt.datetime, str, str, str] | None = None
        try:
            for article in self._articles(read_numbered("Zammad", case.thread)):
                at, sender = article["created_at"].moment(), article["sender"].text()
                spoken = sender in ("Customer", "Agent") and not article["internal"].flag()
                if at <= since or not spoken or self._own(article):
                    continue
                if newest is None or at >= newest[0]:
                    who = "The customer" if sender == "Customer" else "Somebody of the team"
                    newest = (at, who, reading.optional_text(article.get("from")), _text(article))
        except InputError as error:
            raise CannotTell(f"Zammad's ticket cannot be read: {error}") from error
        return reading.said(newest[1], newest[2], newest[3], newest[0]) if newest else None

    def _articles(self, thread: str) -> list[Field]:
        return list(self.api.read(path("api", "v1", "ticket_articles", "by_ticket", thread)).items())


def _text(article: Field) -> str:
    text = article["body"].text()
    html = "html" in reading.optional_text(article.get("content_type")).casefold()
    return reading.html_text(text) if html else text.strip()


def _mark(article: Field, name: str = MARK) -> str:
    preferences = article.get("preferences")
    return reading.optional_text(preferences.get(name)) if preferences is not None and preferences.value else ""


def _is(article: Field, delivery_id: str, mark: str) -> bool:
    marker = _mark(article)
    if marker:
        return marker == delivery_id
    body, kind = reading.optional_text(article.get("body")), reading.optional_text(article.get("content_type"))
    return (text_mark(body) if kind.casefold() == "text/plain" else html_mark(body)) == mark


def _shared(answer: Field) -> Field | None:
    """The ticket's shared draft, if it has one."""
    number = answer.get("shared_draft_id")
    return None if number is None else answer["assets"]["TicketSharedDraftZoom"][number.id()]


def _untouched(article: Field) -> bool:
    """Whether the draft is empty, or voz's own as voz wrote it."""
    body = reading.optional_text(article.get("body"))
    return not reading.html_text(body) or (bool(_mark(article)) and _mark(article, WORDS) == html_mark(body))
