"""Pydantic types as Markdown tables, for scripts/reference.py."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import itertools
import textwrap
import types
import typing
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

NAMES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "folder",
    SecretStr: "text",
    dt.date: "day",
    dt.datetime: "time",
}


def model_table(model: type[BaseModel], sent: dict[str, Any] | None = None) -> str:
    """A model's fields as a table; only those in `sent` if it is given."""
    doc = "" if model.__doc__ is BaseModel.__doc__ else inspect.cleandoc(model.__doc__ or "")
    rows = [
        (f"`{name}`", told_type(field.annotation), told_default(field), field.description or "")
        for name, field in model.model_fields.items()
        if sent is None or name in sent
    ]
    lead = f"{doc}\n\n" if doc else ""
    return f"### {model.__name__}\n\n{lead}{table(('field', 'value', 'default', ''), rows)}"


def told_default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value in (None, (), {}, "", PydanticUndefined):
        return ""
    if isinstance(value, tuple) and all(isinstance(one, BaseModel) for one in value):
        return "one agent" if value else ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{', '.join(value) if isinstance(value, tuple) else value}`"


def told_type(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if annotation in NAMES:
        return NAMES[annotation]
    if getattr(annotation, "__name__", "") == "Ask":  # told as their texts alone
        return "text"
    if origin is Literal:
        known = next((name for name, kind in vocabularies().items() if kind == annotation), None)
        return f"[{known}](brand.md#vocabularies)" if known else told_values(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(told_type(one) for one in inside if one is not type(None))
    if origin is typing.Annotated:
        return told_type(inside[0])
    if origin is tuple:
        return f"list of {told_type(inside[0])}"
    if origin is dict:
        return f"{told_type(inside[0])} → {told_type(inside[1])}"
    return str(getattr(annotation, "__name__", annotation))


def told_values(literal: Any) -> str:
    return ", ".join(f"`{value}`" for value in get_args(literal))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def fence(kind: str, text: str) -> str:
    return f"```{kind}\n{text}\n```"


def vocabularies() -> dict[str, Any]:
    from voz import brand as typed
    from voz import case

    names = ("Channel", "Address", "Kind", "Emotion", "Risk", "Route", "Urgency", "SentenceKind", "FilterReason")
    return {**{n: getattr(case, n) for n in names}, "LineRole": typed.LineRole, "Action": typed.Action}


def attribute_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field name → the string that stands under it in the class."""
    body = typing.cast(ast.ClassDef, ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]).body
    found = {}
    for field, doc in itertools.pairwise(body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant):
            found[field.target.id] = " ".join(str(doc.value.value).split())
    return found
