"""Intercom: conversations with parts, by its REST API 2.15 and its webhooks.

Checked in Intercom's own OpenAPI file (intercom/Intercom-OpenAPI, 2.15; every call is held against it in the tests) and
its documentation (developers.intercom.com/docs/references/webhooks/webhook-models, and the integration guide of its
webhooks):
- `X-Hub-Signature: sha1=<hex of HMAC-SHA1(client secret, body)>`. No time is signed; a notification is known by its id.
- Topics conversation.user.created (the message is the conversation's `source`), conversation.user.replied and
  conversation.admin.replied (in `conversation_parts`), each with the conversation in `data.item`.
- POST /conversations/{id}/reply with `message_type` comment or note, `type: admin` and `admin_id`; it gives the
  conversation back. There are no drafts, and no place for a marker: voz's own is known by its admin and its words.
- GET /conversations/{id} has the newest 500 parts; `total_count` says how many there are. The id is a whole number.
Not checked: against a running Intercom; whether a notification can have several new parts (all are read).
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
from voz.helpdesk import reading
from voz.helpdesk.calling import REFUSED, Address, Api, path
from voz.helpdesk.contract import Answered, Ignored, Parsed, text_mark, together
from voz.helpdesk.heard import attached, heard
from voz.helpdesk.outgoing import as_html, numbered, read_numbered
from voz.helpdesk.reading import SKEW, Field
from voz.helpdesk.signing import digest, signed
from voz.service.receive import Incoming
from voz.service.service import CannotTell
from voz.store.rows import CaseRow, DeliveryRow

INTERCOM = "Intercom"
VERSION = "2.15"
CHANNELS: Mapping[str, tuple[Channel, bool | None]] = {
    "conversation": ("chat", None), "email": ("email", None), "facebook": ("facebook", False),
    "instagram": ("instagram", False), "twitter": ("x", False), "whatsapp": ("whatsapp", None), "sms": ("sms", None),
    "push": ("chat", None),
}  # fmt: skip
_CUSTOMERS = frozenset({"user", "lead", "contact"})


class IntercomSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(default="https://api.intercom.io", description="api.eu. or api.au.intercom.io elsewhere")
    token: SecretStr
    secret: SecretStr = Setting(min_length=8, description="the app's client secret")
    admin_id: str = Setting(pattern=r"^[0-9]+$", description="the teammate that voz answers as; best one of its own")
    channel: Channel = Setting(default="chat", description="for kinds of conversations that voz does not know")
    mode: Literal["reply", "note"] = "note"


class Intercom:
    name = "intercom"

    def __init__(self, settings: IntercomSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        headers = {
            "Authorization": f"Bearer {settings.token.get_secret_value()}", "Accept": "application/json",
            "Intercom-Version": VERSION,
        }  # fmt: skip
        self.api = Api(INTERCOM, client, settings.url, headers, REFUSED | {400})

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        expected = digest(self.settings.secret.get_secret_value(), body, "sha1").hex()
        signed(headers, "X-Hub-Signature", f"sha1={expected}")

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """A notification's own id; its `delivery_attempts` count up."""
        return reading.optional_text(reading.load(body).get("id"))

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        told = reading.load(body)
        topic = told["topic"].text()
        if topic not in ("conversation.user.created", "conversation.user.replied", "conversation.admin.replied"):
            return Ignored(f"a notification on {topic[:60]}")
        conversation = told["data"]["item"]
        thread = conversation["id"].id()
        if topic == "conversation.user.created":
            return self._opened(conversation, thread)
        customers, said = topic == "conversation.user.replied", list[Incoming | Answered]()
        for part in _spoken(conversation):
            key, at = f"part-{part['id'].id()}", part["created_at"].moment()
            if part["author"]["type"].text() not in _CUSTOMERS:
                said.append(Answered(self.name, thread, key, _author(part), _text(part), at, self._own(part)))
            elif customers:
                message = self._incoming(conversation, part, key, _text(part), thread, at)
                said += [message] if isinstance(message, Incoming) else []
        if customers and not any(isinstance(one, Incoming) for one in said):
            return Ignored("no words in it")
        return together(said, "no words in it")

    def _opened(self, conversation: Field, thread: str) -> Parsed:
        source = conversation["source"]
        if source["author"]["type"].text() not in _CUSTOMERS:
            return Ignored("a conversation that the company began")
        text = _text(source)
        if text or _attached(source):
            subject = reading.html_text(reading.optional_text(source.get("subject")))
            text = reading.with_subject(subject, text)
        at = conversation["created_at"].moment()
        return self._incoming(conversation, source, f"source-{source['id'].id()}", text, thread, at)

    def _incoming(
        self, conversation: Field, part: Field, external_id: str, text: str, thread: str, at: dt.datetime
    ) -> Incoming | Ignored:
        source = conversation.get("source")
        kind = reading.optional_text(source.get("type")) if source is not None else ""
        channel, public = CHANNELS.get(kind, (self.settings.channel, None))
        return heard(
            self.name, thread, external_id, text, bare=not _text(part) and _attached(part), channel=channel,
            public=public, author=_author(part), at=at,
        )  # fmt: skip

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        where = path("conversations", numbered(INTERCOM, case.thread), "reply")
        kind = "comment" if self.settings.mode == "reply" else "note"
        body = {
            "message_type": kind, "type": "admin", "admin_id": self.settings.admin_id, "body": as_html(delivery.text),
        }  # fmt: skip
        conversation = self.api.post(where, body)
        try:
            found = self._posted(conversation, delivery)
        except InputError:
            found = None
        return found or {"id": "", "as": kind}  # it took it, and did not say under which id

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        conversation = self._conversation(case)
        try:
            found = self._posted(conversation, delivery)
            listed = conversation["conversation_parts"]
            total = listed.get("total_count")
            if found is None and total is not None and int(total.id()) > len(list(_parts(conversation))):
                raise CannotTell(f"{INTERCOM} does not list all of the conversation", blind=True)
        except InputError as error:
            raise CannotTell(f"{INTERCOM}'s conversation cannot be read: {error}") from error
        return found

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        conversation = self._conversation(case)
        try:
            newest: tuple[dt.datetime, str] | None = None
            for part in _parts(conversation):
                at, text = part["created_at"].moment(), _text(part)
                if at <= since or not text or part["part_type"].text() == "note" or self._own(part):
                    continue
                by = part["author"]["type"].text()
                if by != "bot" and (newest is None or at >= newest[0]):  # a bot's «we have got it» is no news
                    customer = by in _CUSTOMERS
                    who = "The customer" if customer else "Somebody of the team"
                    newest = (at, reading.said(who, _author(part), text, at))
        except InputError as error:
            raise CannotTell(f"{INTERCOM}'s conversation cannot be read: {error}") from error
        return newest[1] if newest else None

    def _conversation(self, case: CaseRow) -> Field:
        return self.api.read(path("conversations", read_numbered(INTERCOM, case.thread)))

    def _posted(self, conversation: Field, delivery: DeliveryRow) -> dict[str, Any] | None:
        mark, kind = text_mark(delivery.text), "comment" if self.settings.mode == "reply" else "note"
        for part in _parts(conversation):
            if part["part_type"].text() != kind or not self._own(part):
                continue
            if part["created_at"].moment() >= delivery.created_at - SKEW and text_mark(_text(part)) == mark:
                return {"id": part["id"].id(), "as": kind}
        return None

    def _own(self, part: Field) -> bool:
        author = part["author"]
        return author["type"].text() == "admin" and author["id"].id() == self.settings.admin_id


def _parts(conversation: Field) -> list[Field]:
    return list(conversation["conversation_parts"]["conversation_parts"].items())


def _spoken(conversation: Field) -> list[Field]:
    """The parts with words or attachments that people said aloud, oldest first; a bot's are not somebody's answer."""
    said = [
        part for part in _parts(conversation)
        if part["part_type"].text() != "note" and part["author"]["type"].text() != "bot"
        and (_text(part) or _attached(part))
    ]  # fmt: skip
    return sorted(said, key=lambda part: part["created_at"].moment())


def _text(part: Field) -> str:
    """Webhooks of API 2.15 bring plain text, its answers HTML."""
    body = part.get("body")
    return reading.html_text(body.text()) if body is not None else ""


def _attached(part: Field) -> bool:
    return attached(part, reading.optional_text(part.get("body")))


def _author(part: Field) -> str:
    author = part["author"]
    return reading.optional_text(author.get("name")) or reading.optional_text(author.get("email"))
