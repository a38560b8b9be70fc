"""The one JSON in and the one JSON out, the same for the command line, the batch, the API and the page.

A message comes in as `{"id", "channel", "public", "author", "text", "language"?, "region"?, "thread"?,
"received_at"?}`; a draft goes out as `case_to_json` writes it. Input is data: nothing in it is run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any, NoReturn, get_args

from pydantic import ValidationError

from voz.case import MAX_MESSAGE_CHARS, Case, Channel, Draft, Message, Passage, clean_text
from voz.errors import InputError

CHANNELS: tuple[str, ...] = get_args(Channel)
COMPANY_ROLES = frozenset({"agent", "assistant", "brand", "business", "company", "empresa", "staff"})
"""Names that other tools give to the company's side of a conversation."""


class FieldError(InputError):
    """One field of the input is wrong: `field` is its path with dots, `reason` says why."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"field '{field}': {reason}")


def load_json(data: str | bytes) -> Any:
    """Any JSON value. Raises InputError, in one sentence, for bytes or text that are not JSON."""
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        return json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text: byte {error.start} cannot be read") from error
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise InputError("not JSON that can be read: a number or a nesting beyond all measure") from error


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not a JSON number", name, 0)


def parse_message(raw: Any, prefix: str = "") -> Message:
    """The message that a JSON object (or a bare text) describes.

    An id that is missing is derived from the content, so that the same message keeps the same id.
    Raises FieldError, naming the field under `prefix`.
    """
    if isinstance(raw, str):
        raw = {"text": raw}
    if not isinstance(raw, dict):
        raise FieldError(prefix.rstrip(".") or "message", f"must be an object with a text, not {_kind(raw)}")
    fields = {name: value for name, value in raw.items() if value is not None and value != ""}
    if not isinstance(fields.get("text"), str):
        given = raw.get("text")
        missing = given is None or given == ""
        raise FieldError(f"{prefix}text", "is missing or empty" if missing else "must be a text")
    if not str(clean_text(fields["text"])).strip():
        raise FieldError(f"{prefix}text", "is blank")
    if len(fields["text"]) > MAX_MESSAGE_CHARS:
        raise FieldError(f"{prefix}text", f"has {len(fields['text'])} characters; the most is {MAX_MESSAGE_CHARS}")
    if isinstance(fields.get("id"), int) and not isinstance(fields["id"], bool):
        fields["id"] = str(fields["id"])
    if "thread" in fields:
        fields["thread"] = _thread(fields["thread"], f"{prefix}thread")
    try:
        message = Message.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise FieldError(prefix + ".".join(map(str, first["loc"])), _reason(first)) from error
    return message if message.id else message.model_copy(update={"id": f"msg-{_digest(message)[:12]}"})


def parse_pair(raw: Any) -> tuple[Message, str]:
    """A message and the reply to judge, from `{"id"?, "message": {…} or text, "reply"}`."""
    if not isinstance(raw, dict):
        raise FieldError("pair", f"must be an object with a message and a reply, not {_kind(raw)}")
    if raw.get("message") is None:
        raise FieldError("message", "is missing")
    reply = raw.get("reply")
    if not isinstance(reply, str):
        raise FieldError("reply", "is missing" if reply is None else "must be a text")
    reply = str(clean_text(reply))
    if not reply.strip():
        raise FieldError("reply", "is blank")
    if len(reply) > MAX_MESSAGE_CHARS:
        raise FieldError("reply", f"has {len(reply)} characters; the most is {MAX_MESSAGE_CHARS}")
    message = parse_message(raw["message"], "message.")
    own = raw.get("id")
    if isinstance(own, (str, int)) and not isinstance(own, bool) and str(own):
        message = message.model_copy(update={"id": str(clean_text(str(own)))})
    return message, reply


def parse_today(raw: Any) -> dt.date | None:
    """The day that an object's `"today"` asks for; None where it asks for none. Raises FieldError."""
    given = raw.get("today") if isinstance(raw, dict) else None
    if given is None or given == "":
        return None
    try:
        return dt.date.fromisoformat(given)
    except (TypeError, ValueError):
        raise FieldError("today", "must be a day as YYYY-MM-DD") from None


def input_hash(message: Message, reply: str = "", today: dt.date | None = None) -> str:
    """What a batch remembers an input by: it changes when anything that was asked changes."""
    return _digest(message, reply, today.isoformat() if today else "")[:32]


def case_to_json(case: Case) -> dict[str, Any]:
    """The draft as every door of voz gives it."""
    draft = case.draft or Draft(reply=None)
    return {
        "id": case.message.id,
        "reply": draft.reply,
        "sentences": sentences_to_json(draft),
        "passages": [passage_to_json(passage) for passage in case.evidence.passages],
        "unanswered": [item.model_dump(mode="json") for item in draft.unanswered],
        "findings": [finding.contract() for finding in case.findings],
        "triage": triage_to_json(case),
        "writer": draft.writer,
        "notes": list(draft.notes),
        "filtered": [
            {"passage": passage_to_json(item.passage), "reason": item.reason} for item in case.evidence.filtered
        ],
        "provenance": {"today": case.today.isoformat(), "role": case.role, **draft.provenance},
    }


def check_to_json(case: Case) -> dict[str, Any]:
    """What the checks say of a reply that somebody else wrote."""
    draft = case.draft or Draft(reply=None)
    return {
        "id": case.message.id,
        "sentences": sentences_to_json(draft),
        "passages": [passage_to_json(passage) for passage in case.evidence.passages],
        "findings": [finding.contract() for finding in case.findings],
    }


def sentences_to_json(draft: Draft) -> list[dict[str, Any]]:
    return [
        {"text": s.text, "kind": s.kind, "citations": list(s.citations), "start": s.start, "end": s.end}
        for s in draft.sentences
    ]


def passage_to_json(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "source": passage.source,
        "heading": passage.heading,
        "text": passage.text,
        "score": round(passage.score, 4),
        "valid_from": passage.valid_from.isoformat() if passage.valid_from else None,
        "valid_until": passage.valid_until.isoformat() if passage.valid_until else None,
        "audience": passage.audience,
        "regions": list(passage.regions),
        "products": list(passage.products),
        "team": passage.team,
        "line": passage.line,
    }


def triage_to_json(case: Case) -> dict[str, Any]:
    """The labels of the contract first; address, intensity, asks, country, topics and injection besides."""
    if case.triage is None:
        return {}
    seen = case.triage.model_dump(mode="json")
    seen["asks"] = [ask["text"] for ask in seen["asks"]]
    first = ("kind", "route", "language", "emotion", "urgency", "risks", "team", "reasons")
    return {name: seen[name] for name in (*first, *(name for name in seen if name not in first))}


def dump_line(value: dict[str, Any]) -> str:
    """One line of JSON, in characters that people can read, without a line end."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _thread(raw: Any, field: str) -> list[dict[str, Any]]:
    turns = []
    for place, turn in enumerate(raw if isinstance(raw, list) else [raw]):
        if isinstance(turn, str):
            turn = {"text": turn}
        if not isinstance(turn, dict) or not isinstance(turn.get("text"), str):
            raise FieldError(f"{field}.{place}", "must be a text or an object with a text")
        role = str(turn.get("role") or turn.get("from") or "").casefold()
        ours = turn.get("from_company")
        turns.append(
            {
                "author": str(turn.get("author") or ""),
                "text": turn["text"][:MAX_MESSAGE_CHARS],
                "from_company": bool(ours) if ours is not None else role in COMPANY_ROLES,
            }
        )
    return turns


def _reason(error: Any) -> str:
    if error["loc"] == ("channel",):
        return f"must be one of {', '.join(CHANNELS)}"
    if error["type"] == "string_type":
        return "must be a text"
    return str(error["msg"])[:200]


def _digest(message: Message, *more: str) -> str:
    content = message.model_dump_json(exclude_defaults=True)
    return hashlib.sha256("\x1f".join((content, *more)).encode("utf-8", "replace")).hexdigest()


def _kind(value: Any) -> str:
    return {list: "a list", dict: "an object", str: "a text", type(None): "null"}.get(type(value), "a number")
