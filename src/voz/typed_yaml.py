"""A YAML file → typed data, validated; a mistake is named by file, line, field and what would mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from voz.errors import VozError
from voz.text import fold


def read_yaml(path: Path, error: type[VozError]) -> tuple[yaml.Node, Any]:
    """The YAML file as nodes (which know their lines) and as values. Raises `error`."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise located(error, path, line, "", "the file is not in UTF-8; save it as UTF-8") from problem
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
        reason = getattr(problem, "problem", None) or getattr(problem, "reason", None) or str(problem)
        raise located(error, path, mark.line + 1 if mark else 1, "", f"not readable as YAML: {reason}") from problem
    if node is None:
        raise located(error, path, 1, "", "the file is empty; fill it in or delete it")
    for line, key in _repeated_keys(node):
        raise located(error, path, line, key, "stands twice; only one of them would count")
    return node, value


def validated(path: Path, node: yaml.Node, value: Any, kind: Any, error: type[VozError]) -> Any:
    """The value as `kind`. Raises `error` for the first mistake in the order of the file."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as problem:
        first = min(problem.errors(), key=lambda e: line_of(node, e["loc"]))
        line, field = line_of(node, first["loc"]), ".".join(map(str, first["loc"]))
        raise located(error, path, line, field, in_words(first, kind)) from problem


def refuse_twins(path: Path, node: yaml.Node, items: Any, error: type[VozError], under: tuple[str, ...] = ()) -> None:
    """Raises `error` where two entries of a list, found under these keys, have the same id."""
    for place, twin in _twins(items):
        at = line_of(node, (*under, place, "id"))
        raise located(error, path, at, f"{place}.id", f"'{twin}' is already the id of another one")


def located(error: type[VozError], path: Path, line: int, field: str, reason: str) -> VozError:
    """The error that names place and reason."""
    end = "" if reason.endswith("?") else "."
    return error(f"{path}:{line}: field '{field or path.stem}': {reason.rstrip('.')}{end}")


def _repeated_keys(root: yaml.Node) -> Iterator[tuple[int, str]]:
    queue, seen = [root], set()
    while queue:
        node = queue.pop()
        if id(node) in seen:
            continue  # an alias
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            queue.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, child in node.value:
                if str(key.value) in keys:
                    yield key.start_mark.line + 1, str(key.value)
                keys.add(str(key.value))
                queue.append(child)


def _twins(items: Any) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for place, item in enumerate(items if isinstance(items, tuple) else ()):
        twin = getattr(item, "id", None)
        if twin in seen:
            yield place, twin
        seen.add(twin or "")


def in_words(error: Any, kind_of_file: Any) -> str:
    """What is wrong and what would mend it, for a person who edits the file."""
    kind, steps, given = error["type"], error["loc"], error["input"]
    if kind == "extra_forbidden":
        known = _fields_at(kind_of_file, steps[:-1])
        near = _near(str(steps[-1]), known)
        return "unknown field; " + (f"did you mean '{near}'?" if near else f"known: {', '.join(known)}")
    if kind == "literal_error":
        known = re.findall(r"'([^']+)'", error["ctx"]["expected"])
        near = _near(str(given), known)
        hint = f"; did you mean '{near}'?" if near else ""
        return f"'{given}' is not one of {', '.join(known)}{hint}"
    if kind == "missing":
        return "missing"
    if kind == "string_type" and not isinstance(given, dict | list) and given is not None:
        return f"should be text: put it in quotes ('{given}' reads as {type(given).__name__})"
    if kind in ("tuple_type", "list_type"):
        return "should be a list, one entry a line, each beginning with '- '"
    if kind == "string_pattern_mismatch":
        return f"'{given}' should be small letters, digits, '-' or '_' only"
    shown = f" ('{given}' is given)" if isinstance(given, str | int | float) else ""
    return f"{error['msg'].removeprefix('Value error, ')}{shown}"


def _near(given: str, known: list[str]) -> str | None:
    """The known word that was probably meant; a missing accent is no difference."""
    by_plain = {fold(word): word for word in known}
    found = difflib.get_close_matches(fold(given), list(by_plain), 1, 0.6)
    return by_plain[found[0]] if found else None


def _fields_at(kind: Any, steps: tuple[Any, ...]) -> list[str]:
    """The names of the fields of the model that `steps` leads to."""
    model = _model_in(kind)
    for step in steps:
        found = model.model_fields.get(str(step)) if model else None
        model = _model_in(found.annotation) if found else model
    return list(model.model_fields) if model else []


def _model_in(kind: Any) -> type[BaseModel] | None:
    inner = [kind, *get_args(kind)]
    return next((m for m in inner if isinstance(m, type) and issubclass(m, BaseModel)), None)


def line_of(node: yaml.Node | None, steps: tuple[Any, ...]) -> int:
    """The line (from 1) of the key or entry that `steps` leads to, or of the deepest that exists."""
    line = node.start_mark.line if node else 0
    for step in steps:
        child = None
        if isinstance(node, yaml.MappingNode):
            key, child = next(((k, v) for k, v in node.value if str(k.value) == str(step)), (None, None))
            line = key.start_mark.line if key and key.start_mark else line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
            line = child.start_mark.line
        if child is None:
            break
        node = child
    return line + 1
