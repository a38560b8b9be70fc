"""django-helpdesk 2.6: tickets with follow-ups, its REST API and its webhooks.

Checked in the source of django-helpdesk 2.6.1 (PyPI), and against it running (tests/helpdesk/django_helpdesk.py):
- `webhooks.py`: the new-ticket webhook posts `{ticket, queue_slug}`, the follow-up webhook `{ticket, queue_slug,
  followup_id}`; no signature, no retry, 3 s. `requests.post(url)` sends a user and password that stand in the URL as
  `Authorization: Basic`: that is the secret voz verifies. No time is signed, so a replay is only known by its ids.
- Only `Timeout` is caught there: while a receiver refuses connections, the API answers 500 after it saved and mailed.
- `update_ticket.py`: a comment is rendered as a Django template (`{{ }}`, `{# #}`; `{%` and `%}` are wrapped in
  verbatim, and one without the other is an error 500), a title renames the ticket, and a follow-up has a user only if
  that is staff. `email.py`: one that came by mail has a message id, and no user.
- `serializers.py`: a follow-up has no field that could carry a marker (message_id is read-only): voz's own post is
  known by its user and the hash of its words.
- `templated_email.py`: only CRLF becomes <br> in the HTML mail; the comment stands in it unescaped.
- `views/api.py`: basic or session authentication (the REST framework's default; a project may add tokens), staff only.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import REFUSED, Address, Api, path
from voz.helpdesk.contract import Answered, Ignored, Parsed, Unverified, same, text_mark
from voz.helpdesk.heard import heard
from voz.helpdesk.outgoing import numbered, read_numbered
from voz.service.service import CannotTell
from voz.store.rows import CaseRow, DeliveryRow
from voz.wire import FieldError


class DjangoHelpdeskSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Field(description="where helpdesk is mounted, such as https://help.example/helpdesk")
    user: str = Field(min_length=1, description="voz's own staff user there")
    password: SecretStr
    user_id: int = Field(gt=0, description="that user's number, as in its address in the admin")
    secret: SecretStr = Field(min_length=16, description="the password in the webhooks' URLs, user name `voz`")
    channel: Channel = "email"
    mode: Literal["reply", "note"] = "note"


class DjangoHelpdesk:
    name = "django_helpdesk"

    def __init__(self, settings: DjangoHelpdeskSettings, client: httpx.Client) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        login = base64.b64encode(f"{settings.user}:{settings.password.get_secret_value()}".encode()).decode()
        refused = REFUSED | {400, 405}  # the REST framework's validation comes before it saves anything
        self.api = Api("django-helpdesk", client, settings.url, {"Authorization": f"Basic {login}"}, refused)

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        given = headers.get("authorization")
        if not given:
            raise Unverified("the header Authorization is missing: put voz:SECRET@ into the webhook's URL")
        kind, _, coded = given.partition(" ")
        try:
            told = base64.b64decode(coded.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            told = ""
        if kind.lower() != "basic" or not same(told, f"voz:{self.settings.secret.get_secret_value()}"):
            raise Unverified("the header Authorization is wrong")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        told = reading.load(body)
        ticket = told["ticket"]
        thread = ticket["id"].id()
        followup = told.get("followup_id")
        if followup is None:
            return self._opened(ticket, thread)
        wanted = followup.id()
        for entry in ticket["followup_set"].items():
            if entry["id"].id() == wanted:
                return self._followed(ticket, thread, entry, wanted)
        raise FieldError("ticket.followup_set", "has no entry with the followup_id")

    def _opened(self, ticket: reading.Field, thread: str) -> Parsed:
        entries = list(ticket["followup_set"].items()) if ticket.get("followup_set") else []
        at = entries[0].get("date") if entries else None
        text = reading.with_subject(ticket["title"].text(), ticket["description"].text().strip())
        return self._incoming(ticket, text, thread, f"ticket-{thread}", at)

    def _followed(self, ticket: reading.Field, thread: str, entry: reading.Field, wanted: str) -> Parsed:
        user, comment = entry.get("user"), entry.get("comment")
        if user is not None and user.id() == str(self.settings.user_id):
            return Ignored("voz's own post")
        if not entry["public"].flag():
            return Ignored("a private note")
        if not reading.optional_text(comment) or comment is None:
            return Ignored("a change without words")
        if user is not None and not reading.optional_text(entry.get("message_id")):
            date = entry.get("date")
            at = date.moment() if date else None
            return Answered(self.name, thread, f"followup-{wanted}", f"user {user.id()}", comment.text(), at)
        return self._incoming(ticket, comment.text(), thread, f"followup-{wanted}", entry.get("date"))

    def _incoming(
        self, ticket: reading.Field, text: str, thread: str, external_id: str, at: reading.Field | None
    ) -> Parsed:
        author, when = reading.optional_text(ticket.get("submitter_email")), at.moment() if at else None
        return heard(self.name, thread, external_id, text, channel=self.settings.channel, author=author, at=when)

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        body = {
            "ticket": int(numbered("django-helpdesk", case.thread)),
            "comment": without_templates(delivery.text).replace("\r\n", "\n").replace("\n", "\r\n"),
            "public": self.settings.mode == "reply",
        }
        answer = self.api.post("/api/followups/", body)
        return self._receipt(answer)

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        mark = text_mark(delivery.text)
        for entry in self._followups(case):
            user, comment = entry.get("user"), entry.get("comment")
            if user is None or comment is None or user.id() != str(self.settings.user_id):
                continue
            if entry["date"].moment() >= delivery.created_at - reading.SKEW and text_mark(comment.text()) == mark:
                return self._receipt(entry)
        return None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        newest = None
        for entry in self._followups(case):
            user, text = entry.get("user"), reading.optional_text(entry.get("comment"))
            own = user is not None and user.id() == str(self.settings.user_id)
            at = entry["date"].moment()
            if own or not text or not entry["public"].flag() or at <= since:
                continue
            if newest is None or at >= newest[0]:
                staff = user is not None and not reading.optional_text(entry.get("message_id"))
                newest = (at, "Somebody of the team" if staff else "The customer", text)
        return reading.said(newest[1], "", newest[2], newest[0]) if newest else None

    def _followups(self, case: CaseRow) -> list[reading.Field]:
        ticket = read_numbered("django-helpdesk", case.thread)
        try:
            return list(self.api.read(path("api", "tickets", ticket) + "/")["followup_set"].items())
        except InputError as error:
            raise CannotTell(f"django-helpdesk's ticket cannot be read: {error}") from error

    def _receipt(self, entry: reading.Field) -> dict[str, Any]:
        return {"id": entry["id"].id(), "ticket": entry["ticket"].id(), "public": entry["public"].flag()}


_BRACE = re.compile(r"[{}]|(?<=X-HELPDESK)-(?=COMMENT-)")


def without_templates(text: str) -> str:
    """A text that Django's templates render to the very text: each brace becomes a template that says the brace.

    The words by which update_ticket.py holds the place of `{%` are kept apart as well.
    """
    return _BRACE.sub(lambda found: '{{ "' + found[0] + '" }}', text)
