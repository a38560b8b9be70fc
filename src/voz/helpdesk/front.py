"""Front: conversations with messages, shared drafts and comments, by its Core API and its webhooks.

Checked in Front's own OpenAPI file (frontapp/front-api-specs, core API; every call is held against it in the tests) and
its documentation:
- dev.frontapp.com/docs/application-webhooks: `X-Front-Signature` is base64 of HMAC-SHA256(signing key, "<time>:<body>")
  with `X-Front-Request-Timestamp` in milliseconds; a new webhook is first asked with `X-Front-Challenge` and a body of
  type `sync`, and has to answer `{"challenge": …}`. dev.frontapp.com/docs/rule-webhooks: base64 of HMAC-SHA1(API
  secret, body), no time.
- EventResponse: type (inbound, outbound, out_reply …), source, target `{_meta: {type}, data}`, conversation. An event
  preview has a message's id without its body: voz asks for that message by its id, never by a link in the event.
- POST /conversations/{id}/drafts (`body`, `channel_id`; `mode: shared` so that the team sees it), /messages (202 and a
  `message_uid`: the message is made a moment later; it archives unless told not to), /comments (Markdown).
- A message has no place for a marker; voz's own is known by the hash of its words. What the API itself wrote has the
  source `api` or `oauth_client`.
Not checked: against a running Front; whether an application webhook always wraps the event in `payload` (both are
read).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr, model_validator
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import MAX_PAGES, REFUSED, Address, Api, path
from voz.helpdesk.contract import REPLAY, Answered, Ignored, Parsed, Unread, Unverified, text_mark
from voz.helpdesk.heard import attached, heard
from voz.helpdesk.outgoing import as_html, posted_id
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import base64_digest, header, signed
from voz.service.service import CannotTell, Undelivered
from voz.store.rows import CaseRow, DeliveryRow

FRONT = "Front"
CHANNELS: Mapping[str, tuple[Channel, bool | None]] = {
    "email": ("email", None), "sms": ("sms", None), "whatsapp": ("whatsapp", None), "tweet": ("x", None),
    "tweet_dm": ("x", False), "facebook": ("facebook", False), "front_chat": ("chat", None),
    "intercom": ("chat", None), "googleplay": ("play_store", None),
}  # fmt: skip
_SENT = frozenset({"outbound", "out_reply"})
_MACHINES = frozenset({"api", "oauth_client"})


class FrontSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = "https://api2.frontapp.com"
    token: SecretStr
    secret: SecretStr = Setting(min_length=8, description="the app's signing key, or the rule webhooks' API secret")
    webhook: Literal["application", "rule"] = "application"
    channel_id: str = Setting(default="", description="cha_… that drafts are to be sent from; needed for drafts")
    author_id: str | None = Setting(default=None, pattern=r"^tea_[a-z0-9]+$", description="voz's own teammate")
    channel: Channel = Setting(default="email", description="for kinds of messages that voz does not know")
    mode: Literal["reply", "draft", "note"] = "draft"

    @model_validator(mode="after")
    def _drafts_have_a_channel(self) -> FrontSettings:
        if self.mode == "draft" and not self.channel_id:
            raise ValueError("channel_id: Front needs it for drafts")
        return self


class Front:
    name = "front"
    patience = 2.0
    """Seconds before a reply is looked for again: Front makes messages after it has answered."""

    def __init__(self, settings: FrontSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        login = {"Authorization": f"Bearer {settings.token.get_secret_value()}", "Accept": "application/json"}
        self.api = Api(FRONT, client, settings.url, login, REFUSED | {400})

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        secret = self.settings.secret.get_secret_value()
        if self.settings.webhook == "rule":
            signed(headers, "X-Front-Signature", base64_digest(secret, body, "sha1"))
            return
        written = header(headers, "X-Front-Request-Timestamp")
        if not (written.isascii() and written.isdigit() and len(written) < 15):
            raise Unverified("the header X-Front-Request-Timestamp is not a time in milliseconds")
        if abs(now - dt.datetime.fromtimestamp(int(written) / 1000, dt.UTC)) > REPLAY:
            raise Unverified("the header X-Front-Request-Timestamp is more than 5 minutes away from now")
        signed(headers, "X-Front-Signature", base64_digest(secret, f"{written}:".encode() + body, "sha256"))

    def challenge(self, headers: Mapping[str, str], body: bytes) -> dict[str, str] | None:
        """What a verified delivery is to be answered with, where Front asks for more than 200."""
        asked = headers.get("x-front-challenge")
        return {"challenge": asked} if asked else None

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed | Unread:
        """Where the event is a preview, its message has to be read."""
        told = reading.load(body)
        if told["type"].text() == "sync":
            return Ignored("Front asks whether voz is there")
        event = told.get("payload") or told
        kind = event["type"].text()
        if kind != "inbound" and kind not in _SENT:
            return Ignored(f"an event of the kind {kind[:40]}")
        thread = event["conversation"]["id"].id()
        message = event["target"]["data"]
        if kind in _SENT and self._by_voz(event, message):
            return Ignored("voz's own post")
        if message.get("body") is None and message.get("text") is None:
            where = path("messages", message["id"].id())
            return Unread(thread, lambda: self._told(self.api.read(where), thread, kind))
        return self._told(message, thread, kind)

    def _told(self, message: Field, thread: str, kind: str) -> Parsed:
        external_id, text, at = message["id"].id(), _text(message), message["created_at"].moment()
        if kind in _SENT:
            return Answered(self.name, thread, external_id, _teammate(message), text, at)
        bare = not text and attached(message, reading.optional_text(message.get("body")))
        subject = reading.optional_text(message.get("subject")) if text or bare else ""
        answers = subject.casefold().startswith(("re:", "rv:", "aw:"))
        channel, public = CHANNELS.get(reading.optional_text(message.get("type")), (self.settings.channel, None))
        words = text if answers else reading.with_subject(subject, text)
        return heard(
            self.name, thread, external_id, words, bare=bare, channel=channel, public=public, author=_sender(message),
            at=at,
        )  # fmt: skip

    def _by_voz(self, event: Field, message: Field) -> bool:
        author = message.get("author")
        if author is not None and self.settings.author_id:
            return author["id"].id() == self.settings.author_id
        source = event.get("source")
        meta = source.get("_meta") if source is not None else None
        return meta is not None and reading.optional_text(meta.get("type")) in _MACHINES

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        if not case.thread:
            raise Undelivered(f"the case has no conversation in {FRONT}", for_good=True)
        body: dict[str, Any] = {"body": as_html(delivery.text)}
        if self.settings.author_id:
            body["author_id"] = self.settings.author_id
        if self.settings.mode == "note":
            answer = self.api.post(path("conversations", case.thread, "comments"), {**body, "body": delivery.text})
            return {"id": posted_id(FRONT, answer["id"].id), "as": "note"}
        if self.settings.channel_id:
            body["channel_id"] = self.settings.channel_id
        if self.settings.mode == "draft":
            answer = self.api.post(path("conversations", case.thread, "drafts"), {**body, "mode": "shared"})
            return {"id": posted_id(FRONT, answer["id"].id), "as": "draft"}
        body["options"] = {"archive": False}
        answer = self.api.post(path("conversations", case.thread, "messages"), body)
        return {"id": posted_id(FRONT, answer["message_uid"].id), "as": "reply"}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        if not case.thread:
            raise CannotTell(f"the case has no conversation in {FRONT}", blind=True)
        for again in range(3 if self.settings.mode == "reply" else 1):
            if again:
                time.sleep(self.patience)
            try:
                found = self._found(delivery, case.thread)
            except InputError as error:
                raise CannotTell(f"{FRONT}'s conversation cannot be read: {error}") from error
            if found is not None:
                return found
        return None

    def _found(self, delivery: DeliveryRow, thread: str) -> dict[str, Any] | None:
        mark, since = text_mark(delivery.text), delivery.created_at - SKEW
        if self.settings.mode == "note":
            for comment in self._listed(thread, "comments"):
                posted = comment.get("posted_at")
                fresh = posted is None or posted.moment() >= since
                if fresh and text_mark(reading.optional_text(comment.get("body"))) == mark:
                    return {"id": comment["id"].id(), "as": "note"}
            return None
        for kind in ("drafts", "messages") if self.settings.mode == "draft" else ("messages",):
            for message in self._listed(thread, kind):
                if message["created_at"].moment() < since:
                    if kind == "messages":
                        break  # the newest come first
                    continue
                inbound = message.get("is_inbound")
                if (inbound is None or not inbound.flag()) and text_mark(_text(message)) == mark:
                    return {"id": message["id"].id(), "as": "draft" if kind == "drafts" else "reply"}
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        if not case.thread:
            raise CannotTell(f"the case has no conversation in {FRONT}", blind=True)
        try:
            for message in self._listed(case.thread, "messages"):
                at, author = message["created_at"].moment(), message.get("author")
                if at <= since:
                    return None
                if message.get("draft_mode") is not None:
                    continue
                if message["is_inbound"].flag():
                    return reading.said("The customer", _sender(message), _text(message), at)
                if author is not None and author["id"].id() != self.settings.author_id:
                    return reading.said("Somebody of the team", _teammate(message), _text(message), at)
        except InputError as error:
            raise CannotTell(f"{FRONT}'s conversation cannot be read: {error}") from error
        return None

    def _listed(self, thread: str, kind: str) -> Iterator[Field]:
        """All entries, page by page. The next page's link is read for its token alone: no link is opened."""
        where, token = path("conversations", thread, kind), ""
        for _ in range(MAX_PAGES):
            params: dict[str, str | int] = {"limit": 100} if kind == "messages" else {}
            answer = self.api.read(where, {**params, "page_token": token} if token else params)
            yield from answer["_results"].items()
            pages = answer.get("_pagination")
            following = reading.optional_text(pages.get("next")) if pages is not None else ""
            token = _page_token(following)
            if not token:
                return
        raise CannotTell(f"{FRONT}'s conversation has too many pages")


def _page_token(link: str) -> str:
    try:
        return next(iter(parse_qs(urlsplit(link).query).get("page_token", [])), "")
    except ValueError as error:
        raise InputError("field '_pagination.next': is not an address") from error


def _text(message: Field) -> str:
    body = reading.optional_text(message.get("body"))
    return reading.html_text(body) if body else reading.optional_text(message.get("text"))


def _sender(message: Field) -> str:
    people = message.get("recipients")
    for person in people.items() if people is not None else ():
        if reading.optional_text(person.get("role")) == "from":
            return reading.optional_text(person.get("name")) or reading.optional_text(person.get("handle"))
    return ""


def _teammate(message: Field) -> str:
    author = message.get("author")
    if author is None:
        return ""
    names = (reading.optional_text(author.get(key)) for key in ("first_name", "last_name"))
    return " ".join(filter(None, names)) or reading.optional_text(author.get("email"))
