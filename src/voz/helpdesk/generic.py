"""Any other helpdesk: signed webhooks in, one address that takes the approved replies.

Both ways as Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,` and the base64 HMAC-SHA256
of `{id}.{timestamp}.{body}`, several with spaces between them while a secret is changed; the secret is `whsec_` and
base64. Checked with the Standard Webhooks specification as the documentation of signatureapi.com and docs.sent.dm
restates it. `Idempotency-Key` as in draft-ietf-httpapi-idempotency-key-header-07: a quoted string.

In: `{"type": "message.created", "data": {"id", "thread_id", "text" or "html", "author"?, "channel"?, "public"?,
"region"?, "received_at"?, "reach"?, "attachments"?}}`; `message.updated` with `id`, the new text (empty: deleted) and
`at`, or a `timestamp` beside `type`, so that an older edit that comes later is not taken for the newer one;
`reply.created` where somebody answered there, with `id`, `thread_id`, `author`?, `text`, `at`?, and `voz_delivery`
where it is voz's own. All other types are ignored.
Out: `{"type": "reply.approved", "data": {"id", "thread_id", "case", "code", "channel", "part", "mode", "text"}}`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr
from pydantic import Field as Setting

from voz.case import Channel
from voz.errors import InputError
from voz.helpdesk import reading
from voz.helpdesk.calling import REFUSED, TIMEOUT, Address, accepted
from voz.helpdesk.contract import Answered, Edited, Ignored, Parsed, Unverified, same
from voz.helpdesk.heard import attached, fit, remark_on
from voz.helpdesk.reading import Field
from voz.helpdesk.signing import header, recent
from voz.service.receive import Incoming
from voz.service.service import CannotTell, utc_now
from voz.store.rows import CaseRow, DeliveryRow
from voz.wire import FieldError, dump_line, load_json, parse_message


def _secret(value: SecretStr) -> SecretStr:
    key(value.get_secret_value())
    return value


def key(secret: str) -> bytes:
    """The bytes that sign. Raises ValueError."""
    try:
        found = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("must be whsec_ and base64") from error
    if len(found) < 24:
        raise ValueError("must hold 24 bytes or more")
    return found


def _template(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
        raise ValueError("must be an address that starts with https:// or http://")
    if parts.username or parts.password:
        raise ValueError("must not have a password in it")
    rest = url
    for name in ("{delivery}", "{thread}", "{since}"):
        rest = rest.replace(name, "")
    if "{" in rest or "}" in rest:
        raise ValueError("may only have {delivery}, {thread} and {since} to fill in")
    return url


Secret = Annotated[SecretStr, AfterValidator(_secret)]
Template = Annotated[str, AfterValidator(_template)]


class GenericSettings(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    url: Address = Setting(description="what takes approved replies")
    secret: Secret = Setting(description="signs both ways: whsec_ and base64 of 24 bytes or more")
    old_secret: Secret | None = Setting(default=None, description="still taken while the secret is changed")
    token: SecretStr | None = Setting(default=None, description="sent as Authorization: Bearer, if given")
    find_url: Template | None = Setting(
        default=None, description="GET gives {id} of a delivery that is there, else 404; with {delivery}, {thread}"
    )
    news_url: Template | None = Setting(
        default=None, description="GET gives {news: sentence or null} since a time; with {thread}, {since}"
    )
    channel: Channel = Setting(default="email", description="of messages that name none")
    mode: Literal["reply", "draft", "note"] = "draft"


class Generic:
    name = "generic"

    def __init__(
        self, settings: GenericSettings, client: httpx.Client, clock: Callable[[], dt.datetime] = utc_now
    ) -> None:
        self.settings = settings
        self.mode: str = settings.mode
        self.client, self.clock = client, clock

    def verify(self, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
        delivery, given = header(headers, "webhook-id"), header(headers, "webhook-signature")
        at = recent(headers, "webhook-timestamp", now)
        secrets = [self.settings.secret, *([self.settings.old_secret] if self.settings.old_secret else [])]
        expected = [signature(secret.get_secret_value(), delivery, at, body) for secret in secrets]
        matches = [same(one, other) for one in given.split(" ")[:20] for other in expected]
        if not any(matches):
            raise Unverified("the header webhook-signature is wrong")

    def delivery_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The same when a delivery is sent again, as Standard Webhooks say."""
        return headers.get("webhook-id", "")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Parsed:
        told = reading.load(body)
        kind = told["type"].text()
        if kind not in ("message.created", "message.updated", "reply.created"):
            return Ignored(f"the event {kind[:60]}")
        data = told["data"]
        external_id = data["id"].id()
        if kind == "message.updated":
            edited = data.get("at") or told.get("timestamp")
            return Edited(self.name, external_id, self._text(data), edited.moment() if edited else None)
        thread = data["thread_id"].id()
        if kind == "message.created":
            return self._incoming(data, external_id, thread)
        if reading.optional_text(data.get("voz_delivery")):
            return Ignored("voz's own post")
        at = data["at"].moment() if data.get("at") else None
        author = reading.optional_text(data.get("author"))
        return Answered(self.name, thread, external_id, author, self._text(data), at)

    def _text(self, data: Field) -> str:
        html = data.get("html")
        return data["text"].text().strip() if html is None else reading.html_text(html.text())

    def _incoming(self, data: Field, external_id: str, thread: str) -> Incoming:
        given = data.get("html") or data.get("text")
        words = self._text(data) if given else ""
        bare = not words and attached(data, given.text() if given else "")
        if not words and not bare:
            raise FieldError(given.path if given else "data.text", "is blank" if given else "is missing")
        raw = {name: data.value.get(name) for name in ("channel", "author", "public", "region", "received_at")}
        raw |= {"id": external_id, "channel": raw["channel"] or self.settings.channel}
        raw["text"] = fit(words)
        reach = data.get("reach")
        if reach is not None and (not isinstance(reach.value, int) or isinstance(reach.value, bool)):
            raise FieldError(reach.path, "must be a whole number")
        people = min(max(reach.value, 0), 10**12) if reach is not None else 0
        return Incoming(
            parse_message(raw, "data."), self.name, external_id=external_id, thread=thread, reach=people,
            remark=remark_on(words, bare),
        )  # fmt: skip

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        data = {
            "id": delivery.id, "thread_id": case.thread, "case": case.id, "code": case.code, "channel": case.channel,
            "part": delivery.part, "mode": self.mode, "text": delivery.text,
        }  # fmt: skip
        body = dump_line({"type": "reply.approved", "data": data}).encode()
        at = str(int(self.clock().timestamp()))
        headers = {
            "Content-Type": "application/json", "Idempotency-Key": f'"{delivery.id}"', "webhook-id": delivery.id,
            "webhook-timestamp": at,
            "webhook-signature": signature(self.settings.secret.get_secret_value(), delivery.id, at, body),
            **self._login(),
        }  # fmt: skip
        answer = accepted(
            "The webhook's receiver",
            lambda: self.client.post(
                self.settings.url, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False
            ),
            REFUSED | {400, 410},
        )
        return {"id": delivery.id, "status": answer.status_code, "mode": self.mode}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        if self.settings.find_url is None:
            raise CannotTell("the webhook's receiver cannot be asked: no find_url is set", blind=True)
        answer = self._get(self.settings.find_url, case, delivery=delivery.id)
        if answer.status_code == 404:
            return None
        try:
            if answer.status_code != 200 or Field(load_json(answer.content))["id"].id() != delivery.id:
                raise CannotTell(f"the webhook's receiver answered {answer.status_code}, not with the delivery's id")
        except InputError as error:
            raise CannotTell(f"the webhook's receiver cannot be read: {error}") from error
        return {"id": delivery.id, "status": answer.status_code, "mode": self.mode}

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        if self.settings.news_url is None:
            raise CannotTell("the webhook's receiver cannot be asked: no news_url is set", blind=True)
        answer = self._get(self.settings.news_url, case, since=since.astimezone(dt.UTC).isoformat())
        try:
            if answer.status_code != 200:
                raise CannotTell(f"the webhook's receiver answered {answer.status_code}")
            told = Field(load_json(answer.content))
            if not isinstance(told.value, dict) or "news" not in told.value:
                raise FieldError("news", "is missing")
            return " ".join(reading.optional_text(told.get("news")).split())[:300] or None
        except InputError as error:
            raise CannotTell(f"the webhook's receiver cannot be read: {error}") from error

    def _get(self, template: str, case: CaseRow, delivery: str = "", since: str = "") -> httpx.Response:
        url = template
        for name, value in (("{delivery}", delivery), ("{thread}", case.thread or ""), ("{since}", since)):
            safe = quote(value, safe="") if value not in (".", "..") else "%2E" * len(value)
            url = url.replace(name, safe)
        try:
            return self.client.get(url, headers=self._login(), timeout=TIMEOUT, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CannotTell(f"the webhook's receiver cannot be read: {error or type(error).__name__}") from error

    def _login(self) -> dict[str, str]:
        token = self.settings.token
        return {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}


def signature(secret: str, delivery: str, at: str, body: bytes) -> str:
    """One signature as Standard Webhooks write it."""
    signed = f"{delivery}.{at}.".encode("utf-8", "replace") + body
    return "v1," + base64.b64encode(hmac.new(key(secret), signed, hashlib.sha256).digest()).decode("ascii")
