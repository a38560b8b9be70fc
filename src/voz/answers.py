"""A model's raw text made into the type that was asked for; mended with json-repair where it must be."""

from __future__ import annotations

import re
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

MAX_ANSWER = 60_000

How = Literal["no", "json"]
T = TypeVar("T", bound=BaseModel)
_FENCE = re.compile(r"```(?:json)?")


def read(text: str, answer_type: type[T]) -> tuple[T | None, How, str]:
    """The answer as the type, whether json-repair was needed, and what was wrong where there is none."""
    try:
        return answer_type.model_validate_json(text), "no", ""
    except ValidationError as error:
        why = _first(error) if text.strip() else "it is empty"
    at = text.rfind("</think>")
    body = _FENCE.sub("", text[at + 8 :] if at >= 0 else text)[:MAX_ANSWER]
    if "{" not in body:
        return None, "no", why
    import json_repair

    try:
        mended = json_repair.loads(body[body.index("{") :])
        return answer_type.model_validate(mended), "json", ""
    except (ValidationError, ValueError, RecursionError) as error:
        return None, "no", _first(error) if isinstance(error, ValidationError) else why


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, problem["loc"]))
    return f"{where}: {problem['msg']}" if where else problem["msg"]
