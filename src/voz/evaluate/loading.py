"""Suites from `evals/*.yaml`, CSV and JSON lines; a mistake is named by file, line and field.

Cases that a person accepted on the desk lie one to a file in `candidates/suite`; together they are a suite, `accepted`.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from voz.case import Message
from voz.errors import InputError, SuiteError
from voz.evaluate.suite import EvalCase, Suite
from voz.style_examples import accepted
from voz.typed_yaml import in_words, line_of, located, read_yaml, refuse_twins, validated
from voz.wire import FieldError, load_json, parse_message

SUFFIXES = (".yaml", ".yml", ".jsonl", ".csv")
FOLDER = Path("evals")
ACCEPTED = "accepted"
MESSAGE_COLUMNS = ("text", "channel", "public", "author", "language", "region")


def find_suites(names: list[str], folder: Path = FOLDER) -> list[Path]:
    """The files meant by names («honesty») or paths; every suite of the folder where none is given.

    Raises SuiteError for a name that no file has.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    own = accepted(folder, "suite")
    if any(own.glob("*.json")):
        known.setdefault(ACCEPTED, own)
    if not names:
        if not known:
            raise SuiteError(f"{folder} holds no suite (*.yaml): name a file, or use --suites FOLDER.")
        return list(known.values())
    return [_find(name, known, folder) for name in names]


def _find(name: str, known: dict[str, Path], folder: Path) -> Path:
    if name in known:
        return known[name]
    path = Path(name)
    if path.is_file():
        if path.suffix not in SUFFIXES:
            raise SuiteError(f"{path}: a suite is one of {', '.join(SUFFIXES)}.")
        return path
    near = difflib.get_close_matches(name, list(known), 1, 0.5)
    hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(known) or 'none'}."
    raise SuiteError(f"There is no suite '{name}' in {folder}.{hint}")


def load_suite(path: Path) -> Suite:
    """The suite in a file, or of the accepted cases in a folder. Raises SuiteError."""
    try:
        if path.is_dir():
            return Suite(suite=ACCEPTED, cases=tuple(map(_accepted, sorted(path.glob("*.json")))))
        if path.suffix in (".yaml", ".yml"):
            return _from_yaml(path)
        rows = _csv_rows(path) if path.suffix == ".csv" else _json_rows(path)
        lined = [(line, _case_of(path, line, raw)) for line, raw in rows]
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}.") from error
    if not lined:
        raise located(SuiteError, path, 1, "cases", "there is none")
    _refuse_twins(path, lined)
    return Suite(suite=path.stem.lower().replace(" ", "-"), cases=tuple(case for _, case in lined))


def _accepted(path: Path) -> EvalCase:
    """A case as voz.service.learn wrote it. What was answered then is no expectation: it may be out of date."""
    try:
        raw = load_json(path.read_bytes())
    except InputError as error:
        raise located(SuiteError, path, 1, "", str(error)) from error
    known = ("id", "message")
    return _case_of(path, 1, {key: raw[key] for key in known if key in raw} if isinstance(raw, dict) else raw)


def _from_yaml(path: Path) -> Suite:
    node, value = read_yaml(path, SuiteError)
    for place, case in enumerate(value.get("cases") or () if isinstance(value, dict) else ()):
        if isinstance(case, dict) and isinstance(case.get("message"), str):
            case["message"] = {"text": case["message"]}
        if isinstance(case, dict) and isinstance(case.get("message"), dict):
            unknown = set(case["message"]) - set(Message.model_fields)
            if unknown:
                at = line_of(node, ("cases", place, "message", min(unknown)))
                raise located(SuiteError, path, at, f"cases.{place}.message.{min(unknown)}", "unknown field")
            case["message"].setdefault("id", str(case.get("id", "")))
    suite: Suite = validated(path, node, value, Suite, SuiteError)
    refuse_twins(path, node, suite.cases, SuiteError, ("cases",))
    return suite


def _json_rows(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                yield number, load_json(line)
            except InputError as error:
                raise located(SuiteError, path, number, "", str(error)) from error


def _csv_rows(path: Path) -> Iterator[tuple[int, Any]]:
    """One case a row: the columns of a message, and of what is expected; lists split at «;»."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise located(SuiteError, path, 1, "", "the file is not in UTF-8; save it as UTF-8") from error
    reader = csv.DictReader(text.splitlines(keepends=True))
    for row in reader:
        given = {key: value.strip() for key, value in row.items() if key and isinstance(value, str) and value.strip()}
        message = {key: given.pop(key) for key in MESSAGE_COLUMNS if key in given}
        case: dict[str, Any] = {"id": given.pop("id", f"row-{reader.line_num}"), "message": message}
        if "tags" in given:
            case["tags"] = [tag.strip() for tag in given.pop("tags").split(";")]
        for name in ("state", "never"):
            if name in given:
                given[name] = [{"fact": one.strip(), "any": one.strip()} for one in given.pop(name).split(";")]  # type: ignore[assignment]
        yield reader.line_num, {**case, "expect": given}


def _case_of(path: Path, line: int, raw: Any) -> EvalCase:
    if not isinstance(raw, dict):
        raise located(SuiteError, path, line, "", "a case is an object with an id and a message")
    try:
        message = parse_message(raw.get("message"), "message.")
    except FieldError as error:
        raise located(SuiteError, path, line, error.field, error.reason) from error
    case = {"id": message.id, **raw, "message": message}
    try:
        return EvalCase.model_validate(case)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise located(SuiteError, path, line, field, in_words(first, EvalCase)) from error


def _refuse_twins(path: Path, lined: list[tuple[int, EvalCase]]) -> None:
    seen: set[str] = set()
    for line, case in lined:
        if case.id in seen:
            raise located(SuiteError, path, line, "id", f"'{case.id}' is already the id of another one")
        seen.add(case.id)
