"""Reading what helpdesks send to an OpenAI-compatible endpoint: the customer's message in it, or why it is none.

Known are FreeScout's official AI integration, Chatwoot's reply suggestions, and a plain conversation of user and
assistant turns. The prompt's own instructions say only which of them it is: how a reply sounds is the brand's affair.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from voz.case import Message
from voz.packaged import packaged
from voz.wire import FieldError, parse_message

MOST_MESSAGES, MOST_MARKS = 500, 20
FIELDS = ("channel", "author", "region", "language")
"""What a caller may say of the message in `metadata`, which OpenAI's own API takes too."""
Shape = Literal["text", "freescout"]
Turn = tuple[bool, str, str]
"""Whether the company wrote it, its author, its text."""


class NotForVoz(Exception):
    """The request is not one that voz answers; `task`: it is well formed, but asks for something else."""

    def __init__(self, code: str, *, status: int = 400, param: str | None = None, task: bool = False, **v: Any) -> None:
        self.code, self.status, self.param, self.task = code, status, param, task
        super().__init__(str(packaged("openai")["refusals"][code]).format(**v))


@dataclass(frozen=True)
class Wanted:
    """A reply that is asked for."""

    message: Message
    shape: Shape = "text"
    stream: bool = False
    with_usage: bool = False
    """Whether a stream ends with what was spent."""
    most_tokens: int | None = None
    trial: bool = False
    """Nobody's message: FreeScout tries out its settings."""


def read(raw: Any) -> Wanted:
    """The reply that the body of a request asks for. Raises NotForVoz."""
    messages = _messages(raw)
    system = _folded(" ".join(text for role, _, text in messages if role in ("system", "developer")))
    turns = [(role == "assistant", name, text) for role, name, text in messages if role in ("user", "assistant")]
    freescout, chatwoot = packaged("openai")["freescout"], packaged("openai")["chatwoot"]
    _ordinary(raw)
    shape: Shape = "text"
    told: dict[str, Any] = {}
    trial = False
    if all(mark in system for mark in freescout["all"]):
        shape = "freescout"
        turns, trial = _freescout(turns)
    elif any(mark in system for mark in chatwoot["any"]):
        _without_tools(raw, forced_only=True)
        _as_text(raw)
        turns, told["channel"] = _chatwoot(turns, system)
    else:
        _without_tools(raw)
        _as_text(raw)
        _conversation(system, turns)
    if shape == "freescout":
        _without_tools(raw)
    options = raw.get("stream_options")
    return Wanted(
        _message(turns, told | _metadata(raw)), shape, raw.get("stream") is True,
        isinstance(options, dict) and options.get("include_usage") is True, _limit(raw), trial,
    )  # fmt: skip


def _messages(raw: Any) -> list[tuple[str, str, str]]:
    """Role, name and text of each message."""
    found = raw.get("messages") if isinstance(raw, dict) else None
    if not isinstance(found, list) or not found:
        raise NotForVoz("no_messages", param="messages")
    if len(found) > MOST_MESSAGES:
        raise NotForVoz("too_many", param="messages", most=MOST_MESSAGES)
    read_ones = []
    for place, one in enumerate(found):
        role = one.get("role") if isinstance(one, dict) else None
        if role in ("tool", "function") or (isinstance(one, dict) and one.get("tool_calls")):
            raise NotForVoz("tools", param=f"messages.{place}", task=True)
        if role not in ("system", "developer", "user", "assistant"):
            raise NotForVoz("bad_message", param=f"messages.{place}", place=place)
        name = one.get("name")
        read_ones.append((role, name if isinstance(name, str) else "", _text(one.get("content"), place)))
    return read_ones


def _text(content: Any, place: int) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise NotForVoz("bad_message", param=f"messages.{place}", place=place)
    parts = []
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise NotForVoz("not_text", param=f"messages.{place}", task=True, place=place)
        parts.append(part["text"])
    return "\n".join(parts)


def _ordinary(raw: dict[str, Any]) -> None:
    if raw.get("n") not in (None, 1):
        raise NotForVoz("several", param="n", task=True)


def _without_tools(raw: dict[str, Any], *, forced_only: bool = False) -> None:
    """Tools that are only offered need not be used: Chatwoot offers its search with a reply suggestion."""
    if forced_only and raw.get("tool_choice") in (None, "auto", "none"):
        return
    for name in ("tools", "functions"):
        if raw.get(name):
            raise NotForVoz("tools", param=name, task=True)


def _as_text(raw: dict[str, Any]) -> None:
    asked = raw.get("response_format")
    if asked is not None and not (isinstance(asked, dict) and asked.get("type") == "text"):
        raise NotForVoz("format", param="response_format", task=True)


def _limit(raw: dict[str, Any]) -> int | None:
    limits = [raw[name] for name in ("max_tokens", "max_completion_tokens") if isinstance(raw.get(name), int)]
    return min(limits) if limits else None


def _metadata(raw: dict[str, Any]) -> dict[str, str]:
    found = raw.get("metadata")
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in FIELDS if isinstance(found.get(name), str)}


def _conversation(system: str, turns: list[Turn]) -> None:
    """A plain conversation is one that is told to do nothing else. Raises NotForVoz."""
    words = packaged("openai")
    first = _folded(next((text for _, _, text in turns), ""))
    if system and any(re.search(rf"\b{re.escape(mark)}", system) for mark in words["other_tasks"]):
        raise NotForVoz("other_task", param="messages", task=True)
    if re.match(words["orders"], first[:500]):
        raise NotForVoz("other_task", param="messages", task=True)
    last = next((text for ours, _, text in reversed(turns) if not ours), "").strip()
    if last[:1] in "{[" and isinstance(_json(last), (dict, list)):  # a program's data, not a customer's words
        raise NotForVoz("other_task", param="messages", task=True)


def _freescout(turns: list[Turn]) -> tuple[list[Turn], bool]:
    """The conversation in the prompt of FreeScout's AI integration, notes left out, and whether it is its trial."""
    words = packaged("openai")["freescout"]
    given = _json(turns[-1][2]) if turns else None
    told = given.get("conversation") if isinstance(given, dict) else None
    threads = told.get("threads") if isinstance(told, dict) else _embedded(told, words["messages"])
    if not isinstance(threads, list) or not all(isinstance(one, dict) for one in threads):
        raise NotForVoz("unreadable_conversation", param="messages")
    dated = [str(one.get("created_at") or "") for one in threads]
    if all(dated):
        if dated[0] > dated[-1]:
            threads = threads[::-1]
        threads = sorted(threads, key=lambda one: str(one["created_at"]))
    kept = (words["customer"], words["company"])
    found = [
        (one["type"] == words["company"], str(one.get("author") or ""), str(one.get("body") or ""))
        for one in threads if one.get("type") in kept
    ]  # fmt: skip
    trial = words["trial"]
    named = all(trial[name] in str(told) for name in ("number", "subject"))
    return found, named and found == [(False, trial["author"], trial["body"])]


def _embedded(told: Any, mark: str) -> Any:
    """The list of messages within the text of a prompt: what stands after its mark, up to the end."""
    if not isinstance(told, str):
        return None
    start = told.find(mark)
    for _ in range(MOST_MARKS):  # a subject may hold the mark as well; only the real one reaches to the end
        if start < 0:
            break
        begins = start + len(mark)
        try:
            found, end = json.JSONDecoder().raw_decode(told, begins)
        except (ValueError, RecursionError):
            found, end = None, 0
        if isinstance(found, list) and not told[end:].strip():
            return found
        start = told.find(mark, begins)
    return None


def _chatwoot(turns: list[Turn], system: str) -> tuple[list[Turn], str]:
    """The conversation of a reply suggestion, sent as turns or as one text, and its channel."""
    words = packaged("openai")["chatwoot"]
    channel = "email" if words["email"] in system else "chat"
    whole = turns[0][2] if len(turns) == 1 else ""
    lines = whole.split("\n")
    if words["history"] not in lines:
        return turns, channel
    start = lines.index(words["history"])
    for line in lines[:start]:
        if line.startswith(words["channel"]):
            named = line.removeprefix(words["channel"]).strip().casefold()
            channel = words["channels"].get(named, channel)
    return _labelled(lines[start + 1 :], words), channel


def _labelled(lines: list[str], words: dict[str, Any]) -> list[Turn]:
    """Turns from lines that begin with who wrote them; the lines without a beginning go on with the turn before."""
    ends = max((n for n, line in enumerate(lines) if line.startswith(tuple(words["after"]))), default=len(lines))
    found: list[tuple[str, list[str]]] = []
    senders = (*words["customer"], *words["company"])
    for line in lines[:ends]:
        bare = line.removeprefix(words["private"])
        sender = next((one for one in senders if bare.startswith(f"{one}: ")), None)
        if sender is not None:
            private = bare != line
            found.append(("" if private else sender, [bare.removeprefix(f"{sender}: ")]))
        elif found:
            found[-1][1].append(line)
    return [(sender in words["company"], "", "\n".join(text)) for sender, text in found if sender]


def _message(turns: list[Turn], told: dict[str, Any]) -> Message:
    """The customer's last turn, with what was said before it. Raises NotForVoz."""
    kept = [turn for turn in turns if turn[2].strip()]
    places = [place for place, (ours, _, _) in enumerate(kept) if not ours]
    if not places:
        raise NotForVoz("no_customer", status=422, param="messages")
    last = places[-1]
    _, author, text = kept[last]
    thread = [{"author": who, "text": said, "from_company": ours} for ours, who, said in kept[:last]]
    try:
        return parse_message({"author": author, **told, "text": text.strip(), "thread": thread})
    except FieldError as error:
        field = "messages" if error.field == "text" else f"metadata.{error.field}"
        raise NotForVoz("bad_field", param=field, field=field, reason=error.reason) from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
