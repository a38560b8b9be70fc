"""Prompt files rendered into turns, with everything that others wrote fenced as data.

A prompt is a Jinja file in `prompts/`; a line `--- system ---`, `--- user ---` or `--- assistant ---` starts
a turn. The fence needs no secret: every value is put on one line, and text of several lines (`| quoted`) gets
`| ` before each, so that no line of data can look like a line of the prompt. Control tokens of chat templates
are defused.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from voz.errors import ModelError

Role = Literal["system", "user", "assistant"]

_TURN = re.compile(r"^--- (system|user|assistant) ---\n", re.MULTILINE)
# <|im_start|>, </s>, <start_of_turn>, [INST]: servers parse them anywhere in a message. «<3» stays.
_OPENING = re.compile(r"<(?=[/|｜!?A-Za-z_])|(?<=[|｜])>")
_INST = re.compile(r"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])", re.IGNORECASE)
_DASHES = re.compile(r"-{3,}")
_BLANKS = re.compile(r"[\s\x85\u2028\u2029]+")


class Turn(NamedTuple):
    role: Role
    text: str


class _Quoted(str):
    """Text of several lines, each marked as data."""


def quoted(text: object) -> str:
    """Text as data: each line, however it is broken, behind `| `."""
    lines = defuse(str(text)).splitlines() or [""]
    return _Quoted("\n".join(f"| {line.rstrip()}" for line in lines))


def defuse(text: str) -> str:
    """Text without anything that a chat template would take for a control token."""
    return _INST.sub("(", _OPENING.sub(lambda m: "‹" if m[0] == "<" else "›", text))


def render(prompt: str, **values: Any) -> tuple[Turn, ...]:
    """The turns of a prompt. Raises jinja2.UndefinedError for a value that it needs and was not given."""
    text = _environment().get_template(f"{prompt}.jinja").render(**values)
    parts = _TURN.split(text)
    turns = zip(parts[1::2], parts[2::2], strict=True)
    return tuple(Turn(role, body.strip()) for role, body in turns)  # type: ignore[arg-type]


@cache
def prompt_hashes(prompt: str) -> dict[str, str]:
    """Name → the first 12 of the sha256 of the file, for the prompt and the files it is made of."""
    from jinja2 import meta

    source = (prompts_folder() / f"{prompt}.jinja").read_text(encoding="utf-8")
    hashes = {prompt: hashlib.sha256(source.encode()).hexdigest()[:12]}
    for other in meta.find_referenced_templates(_environment().parse(source)):
        hashes |= prompt_hashes(str(other).removesuffix(".jinja"))
    return hashes


def _finalize(value: Any) -> Any:
    """What every `{{ … }}` goes through, so that no prompt can forget: one line, defused, no turn marker."""
    if isinstance(value, _Quoted) or not isinstance(value, str):
        return value
    return _DASHES.sub("—", _BLANKS.sub(" ", defuse(value)))


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(prompts_folder()),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        auto_reload=False,  # the hash in the provenance is of what was rendered
    )
    made.filters["quoted"] = quoted
    return made


@cache
def prompts_folder() -> Path:
    """In the wheel the prompts lie beside this file; in the repository, at its top."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "prompts", here.parents[2] / "prompts"):
        if (folder / "draft.jinja").is_file():
            return folder
    raise ModelError(f"The prompts are not where they should be: {here.parent / 'prompts'}.")
