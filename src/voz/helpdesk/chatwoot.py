"""Chatwoot: conversations of every channel, its REST API and its webhooks.

Checked in chatwoot/chatwoot (GitHub; stored versions, not all of one release):
- `lib/webhooks/trigger.rb` as quoted from v4.18.0 by others: `X-Chatwoot-Timestamp` (seconds), `X-Chatwoot-Signature:
  sha256=` and the hex HMAC-SHA256 of `{timestamp}.{body}`; older releases sign nothing and are refused. Account
  webhooks time out after 5 s and are sent once.
- `app/models/message.rb` (`webhook_data`), `app/listeners/webhook_listener.rb`: the payload's fields; `message_type` is
  a word there and a number in the API; private notes are sent to webhooks too. The documentation's sample has
  `created_at` as "2020-03-03 13:05:57 UTC" (chatwoot.com/hc/user-guide/articles/1677693021-how-to-use-webhooks).
- `app/builders/messages/message_builder.rb`: `content_attributes` are kept as they are: voz's marker. Earlier releases
  drop them; the hash of the words is the fall-back. `source_id` must stay empty: a message that has one is not sent on.
- `app/models/concerns/liquidable.rb`: outgoing content, notes too, is rendered as Liquid, but for what stands
  between backticks.
- `app/finders/message_finder.rb`: the newest 20, older ones with `before`; ascending.
- `messages_controller.rb`: whatever fails is a 422, also what fails after the message was saved: not a sure refusal.
Not checked: against a running Chatwoot. It has no drafts: a private note is the safest place.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import MAX_PAGES, Address, Api, path
from voz.helpdesk.contract import Answered, Edited, Ignored, Parsed, text_mark
from voz.helpdesk.heard import attached, heard
from voz.helpdesk.outgoing import numbered, posted_id, read_numbered
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import digest, recent, signed
from voz.service.service import CannotTell
from voz.store.rows import CaseRow, DeliveryRow
from voz.wire import FieldError

MARK = "voz_delivery"
_KINDS = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
_CHANNELS: dict[str, Channel] = {
    "Channel::Email": "email", "Channel::WebWidget": "chat", "Channel::Telegram": "chat", "Channel::Line": "chat",
    "Channel::Whatsapp": "whatsapp", "Channel::Sms": "sms", "Channel::TwilioSms": "sms",
    "Channel::Instagram": "instagram", "Channel::FacebookPage": "facebook", "Channel::TwitterProfile": "x",
}  # fmt: skip
_OPENS = re.compile(r"\{[{%`]")
_SPECIAL = re.compile(r"`|\{(?=[{%`])")
_WRITTEN = {"`": "{{ '%60' | url_decode }}", "{": "{{ '{' }}"}


class ChatwootSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(description="such as https://app.chatwoot.com")
    account: int = Setting(gt=0, description="the number after /accounts/ in its pages' address")
    token: SecretStr = Setting(description="the access token of voz's own user there")
    secret: SecretStr = Setting(min_length=8, description="the webhook's secret")
    user_id: int | None = Setting(default=None, gt=0, description="that user's number: its posts are voz's own")
    channel: Channel = Setting(default="chat", description="of API inboxes and of channels voz does not know")
    mode: Literal["reply", "note"] = "note"


class Chatwoot:
    name = "chatwoot"

    def __init__(self, settings: ChatwootSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        token = settings.token.get_secret_value()
        self.api = Api("Chatwoot", client, settings.url, {"api_access_token": token}, frozenset({401, 403, 404}))

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        at = recent(headers, "X-Chatwoot-Timestamp", now)
        expected = digest(self.settings.secret.get_secret_value(), at.encode() + b"." + body, "sha256").hex()
        signed(headers, "X-Chatwoot-Signature", f"sha256={expected}")

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The same when a delivery is sent again."""
        return headers.get("X-Chatwoot-Delivery", "")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        told = reading.load(body)
        event = told["event"].text()
        if event not in ("message_created", "message_updated"):
            return Ignored(f"the event {event[:60]}")
        if told["account"]["id"].id() != str(self.settings.account):
            raise FieldError("account.id", "is not the account of the settings")
        kind, external_id, thread = _kind(told["message_type"]), told["id"].id(), told["conversation"]["id"].id()
        if _flag(told.get("private")):
            return Ignored("a private note")
        content = told.get("content")
        if kind == "incoming":
            return self._incoming(told, content, event, external_id, thread)
        if kind != "outgoing" or event == "message_updated":
            return Ignored("not a new message of a person")
        if self._own(told):
            return Ignored("voz's own post")
        sender = told.get("sender")
        if sender is None or not _person(sender):
            return Ignored("a bot's message")
        text = reading.optional_text(content)
        return Answered(self.name, thread, external_id, _name(sender), text, _moment(told.get("created_at")))

    def _incoming(self, told: Field, content: Field | None, event: str, external_id: str, thread: str) -> Parsed:
        if event == "message_updated":
            attributes = told.get("content_attributes")
            gone = attributes is not None and attributes.value != {} and _flag(attributes.get("deleted"))
            text = "" if gone else reading.optional_text(content)
            if not text and not gone:
                return Ignored("a change without words")
            return Edited(self.name, external_id, text, _edited_at(told))
        text = reading.optional_text(content)
        channel, public = self._channel(told)
        return heard(
            self.name, thread, external_id, text, bare=not text and attached(told), channel=channel, public=public,
            author=_name(told.get("sender")), at=_moment(told.get("created_at")),
        )  # fmt: skip

    def _channel(self, told: Field) -> tuple[Channel, bool | None]:
        """The channel, and False where a conversation is private on a network that is usually public."""
        conversation = told["conversation"]
        named = reading.optional_text(conversation.get("channel"))
        channel = _CHANNELS.get(named, self.settings.channel)
        if named not in ("Channel::FacebookPage", "Channel::Instagram", "Channel::TwitterProfile"):
            return channel, None
        more = conversation.get("additional_attributes")
        tweet = more is not None and more.value != [] and reading.optional_text(more.get("type")) == "tweet"
        return channel, tweet

    def _own(self, message: Field) -> bool:
        if _marker(message):
            return True
        sender = message.get("sender")
        if self.settings.user_id is None or sender is None or sender.get("id") is None:
            return False
        is_user = reading.optional_text(sender.get("type")) in ("user", "agent_bot", "")
        return is_user and sender["id"].id() == str(self.settings.user_id)

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        body = {
            "content": without_liquid(delivery.text), "message_type": "outgoing", "content_type": "text",
            "private": self.settings.mode == "note", "content_attributes": {MARK: delivery.id},
        }  # fmt: skip
        answer = self.api.post(self._messages(numbered("Chatwoot", case.thread)), body)
        return {"id": posted_id("Chatwoot", lambda: answer["id"].id()), "conversation": case.thread, "mode": self.mode}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        mark, note = text_mark(delivery.text), self.settings.mode == "note"
        for message in self._since(case, delivery.created_at - SKEW):
            try:
                if _kind(message["message_type"]) != "outgoing":
                    continue
                marker, text = _marker(message), reading.optional_text(message.get("content"))
                words = not marker and _flag(message.get("private")) == note and text_mark(text) == mark
                if marker == delivery.id or words:
                    return {"id": message["id"].id(), "conversation": case.thread, "mode": self.mode}
            except InputError as error:
                raise CannotTell(f"Chatwoot's conversation cannot be read: {error}") from error
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        newest: tuple[dt.datetime, str, str, str] | None = None
        for message in self._since(case, since):
            try:
                kind, at = _kind(message["message_type"]), message["created_at"].moment()
                if at <= since or kind not in ("incoming", "outgoing") or _flag(message.get("private")):
                    continue
                sender = message.get("sender")
                if kind == "outgoing" and (sender is None or not _person(sender) or self._own(message)):
                    continue  # a bot that says it has got the message is no news
                who = "The customer" if kind == "incoming" else "Somebody of the team"
                if newest is None or at >= newest[0]:
                    text = reading.optional_text(message.get("content"))
                    newest = (at, who, _name(sender), text)
            except InputError as error:
                raise CannotTell(f"Chatwoot's conversation cannot be read: {error}") from error
        return reading.said(newest[1], newest[2], newest[3], newest[0]) if newest else None

    def _messages(self, thread: str) -> str:
        return path("api", "v1", "accounts", str(self.settings.account), "conversations", thread, "messages")

    def _since(self, case: CaseRow, since: dt.datetime) -> Iterator[Field]:
        """The conversation's messages, newest page first, back to that time. Raises CannotTell."""
        where, before = self._messages(read_numbered("Chatwoot", case.thread)), None
        for _ in range(MAX_PAGES):
            answer = self.api.read(where, {"before": before} if before else None)
            try:
                page = list(answer["payload"].items())
                yield from page
                if not page or min(message["created_at"].moment() for message in page) < since:
                    return
                before = min(int(message["id"].id()) for message in page)
            except (InputError, ValueError) as error:
                raise CannotTell(f"Chatwoot's conversation cannot be read: {error}") from error
        raise CannotTell("Chatwoot's conversation has more messages since then than voz reads")


def without_liquid(text: str) -> str:
    """A text that Chatwoot's Liquid renders to the very same.

    Chatwoot puts what stands between backticks into raw blocks, which an odd brace can break: so where a text holds
    anything that opens a template, its backticks are written by a filter.
    """
    return _SPECIAL.sub(lambda found: _WRITTEN[found[0]], text) if _OPENS.search(text) else text


def _kind(field: Field) -> str:
    if isinstance(field.value, int) and not isinstance(field.value, bool):
        return _KINDS.get(field.value, "unknown")
    return field.text()


def _flag(field: Field | None) -> bool:
    return field is not None and field.flag()


def _person(sender: Field) -> bool:
    return reading.optional_text(sender.get("type")) in ("user", "")


def _marker(message: Field) -> str:
    attributes = message.get("content_attributes")
    return reading.optional_text(attributes.get(MARK)) if attributes is not None and attributes.value else ""


def _name(sender: Field | None) -> str:
    if sender is None:
        return ""
    return reading.optional_text(sender.get("name")) or reading.optional_text(sender.get("email"))


def _edited_at(told: Field) -> dt.datetime | None:
    """The message's own entry in its conversation has the time; the payload itself only in some releases."""
    if told.get("updated_at") is not None:
        return _moment(told["updated_at"])
    listed = told["conversation"].get("messages")
    for message in listed.items() if listed is not None else ():
        if message["id"].id() == told["id"].id():
            return _moment(message.get("updated_at"))
    return None


def _moment(field: Field | None) -> dt.datetime | None:
    if field is None:
        return None
    written = field.value
    if isinstance(written, str) and written.endswith(" UTC"):
        return Field(written.removesuffix(" UTC") + "+00:00", field.path).moment()
    return field.moment()
