"""What the API takes, as strict types: a body is checked against the very schema that OpenAPI shows.

Text is taken as `voz.case` cleans it. Null stands for a field that is left out.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import WithJsonSchema

from voz.case import MAX_MESSAGE_CHARS, Channel, clean_text
from voz.service.consult import MAX_ANSWER_CHARS
from voz.service.review import MAX_REPLY_CHARS
from voz.service.status import CloseReason
from voz.wire import FieldError
from voz.wishes import MAX_WISH

SEEN = r"[^\s\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202f\u3000\ufeff]"
"""A character that can be seen; what is blank to some programs only is refused by none."""

ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is blank")
    return value


Shown = Annotated[
    str, BeforeValidator(clean_text), AfterValidator(_not_blank),
    Field(min_length=1, json_schema_extra={"pattern": SEEN}),
]  # fmt: skip
"""A text that says something."""
Body = Annotated[Shown, Field(max_length=MAX_MESSAGE_CHARS)]
Reply = Annotated[Shown, Field(max_length=MAX_REPLY_CHARS)]
Name = Annotated[Shown, Field(max_length=200)]


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a moment as 2026-11-24T09:00:00+01:00")
    try:
        found = dt.datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a moment as 2026-11-24T09:00:00+01:00") from None


Moment = Annotated[
    dt.datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]  # fmt: skip


def _day(value: Any) -> Any:
    try:
        if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
            raise ValueError
        return dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a day as YYYY-MM-DD") from None


Day = Annotated[dt.date, BeforeValidator(_day)]
Said = Annotated[str, BeforeValidator(clean_text)]
Version = Annotated[int, Field(ge=1, description="The version of the case that you saw.")]


class Taken(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Turn(Taken):
    """One earlier turn of the conversation."""

    author: Said | None = None
    text: Annotated[Said, Field(description="What was said.")]
    from_company: bool | None = Field(default=None, description="Missing: as `role` says.")
    role: Said | None = Field(default=None, description="`agent`, `company` … for the company's side.")


class MessageIn(Taken):
    """What a customer wrote. Only `text` is needed."""

    id: Said | int | None = Field(default=None, description="Your own id; the same one is the same message.")
    channel: Channel | Literal[""] | None = Field(default=None, description="`email` unless you say otherwise.")
    public: bool | None = Field(default=None, description="Missing: as the channel usually is.")
    author: Said | None = None
    text: Body
    language: Said | None = Field(default=None, description="ISO 639-1; found out by itself.")
    region: Said | None = Field(default=None, description="Where the customer is, if known.")
    thread: list[Turn | str] | None = Field(default=None, description="What was said before, the oldest first.")
    received_at: Moment | Literal[""] | None = None


class NewMessage(MessageIn):
    """A message that becomes a case, or joins one."""

    source: Annotated[Said, Field(max_length=100)] | None = Field(
        default=None, description="Where it came from; `api` unless you say otherwise."
    )
    thread_id: Annotated[Said, Field(max_length=500)] | int | None = Field(
        default=None, description="The conversation's id there; a message of a known one joins its case."
    )
    reach: Annotated[int, Field(ge=0, le=10**10)] = Field(default=0, description="How many people its author reaches.")


class DraftAsked(MessageIn):
    """A message to draft a reply to; nothing is stored."""

    today: Day | Literal[""] | None = Field(
        default=None, description="The day to answer on; only where `VOZ_ALLOW_TODAY=1`."
    )


class PairIn(Taken):
    """A message and the reply to judge."""

    id: Said | int | None = None
    message: MessageIn | Body
    reply: Body
    today: Day | Literal[""] | None = None


class Approve(Taken):
    """Approve a reply, in your name; it goes out."""

    action: Literal["approve"]
    version: Version
    reply: Reply
    public_reply: Reply | None = None
    no_public_reply: bool = Field(
        default=False, description="Where the draft is in two parts: only the private one is to go out."
    )
    override: Said | None = Field(default=None, description="A lead's written reason, where findings stand in the way.")


class Rewrite(Taken):
    """Ask for another draft: «más breve», «de usted», or free words."""

    action: Literal["rewrite"]
    version: Version
    wish: Annotated[Shown, Field(max_length=MAX_WISH)]


class Close(Taken):
    """End the case without a reply."""

    action: Literal["close"]
    version: Version
    reason: CloseReason
    note: Said | None = None


class Step(Taken):
    """Reopen a closed case, retry what failed, or take an approval back while nothing has gone out."""

    action: Literal["reopen", "retry", "withdraw"]
    version: Version


class Hold(Taken):
    """Take the case for a while, or let go of it."""

    action: Literal["hold", "release"]
    version: Version | None = None


class Assign(Taken):
    """Pass the case to a user (`to`), to a team, or to nobody."""

    action: Literal["assign"]
    version: Version
    to: Said | None = None
    team: Said | None = None


class Snooze(Taken):
    """Set the case aside until then; its deadlines go on. Beyond the one of its answer only with `late`."""

    action: Literal["snooze"]
    version: Version
    until: Moment
    late: bool = Field(default=False, description="True: you know that its answer is due before.")


class Claim(Taken):
    """Say whether it is a claim or a query; the legal clock follows."""

    action: Literal["claim"]
    version: Version
    claim: bool


class Delivered(Taken):
    """Say what you found when you looked whether a reply is there."""

    action: Literal["delivered"]
    version: Version
    delivery: Name
    there: bool


class Consult(Taken):
    """Ask a colleague's team; the answer comes back into the draft."""

    action: Literal["consult"]
    version: Version
    question: Reply
    team: Name


Decision = Annotated[
    Approve | Rewrite | Close | Step | Hold | Assign | Snooze | Claim | Delivered | Consult,
    Field(discriminator="action"),
]


class DecisionIn(Taken):
    decision: Decision


class AnswerIn(Taken):
    """A colleague's answer to a consultation."""

    answer: Annotated[Shown, Field(max_length=MAX_ANSWER_CHARS)]
    name: Name | None = Field(default=None, description="Whose answer it is; yours unless you say otherwise.")


class KeptIn(Taken):
    """A promise was kept."""

    kept: Literal[True]
    note: Said | None = None


Model = TypeVar("Model", bound=BaseModel)


def taken(model: type[Model], raw: Any, *, within: str = "") -> Model:
    """A JSON value as `model`. Raises FieldError naming the first field that is wrong."""
    if not isinstance(raw, dict):
        raise FieldError(within or "body", "must be an object")
    try:
        return model.model_validate({within: raw} if within else raw)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        raise FieldError(_field(path, within, raw), _reason(first)) from None


def _field(path: list[str], within: str, raw: dict[str, Any]) -> str:
    """The path as the caller knows it: without the names of our types."""
    own = [part for part in path if part != within]
    if within and own and own[0] == raw.get("action"):
        own = own[1:]
    told = [part for part in own if not ("[" in part or part[:1].isupper() or part in ("str", "int", "bool"))]
    return ".".join(told) or ("action" if within else "body")


def _reason(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"].startswith("union_tag"):
        return "must be one of " + ", ".join(sorted(ACTIONS))
    return str(error["msg"]).removeprefix("Value error, ")[:200]


ACTIONS = (
    "approve", "rewrite", "close", "reopen", "retry", "withdraw", "hold", "release", "assign", "snooze", "claim",
    "delivered", "consult",
)  # fmt: skip
