"""A file of JSON lines in, a file of JSON lines out: resumes, and no bad line stops the others.

Every line that is done is on disk at once, so that a crash or Ctrl-C keeps it. A line of the output is
known again by its id and the hash of its input; whatever else the output holds stays untouched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from voz.case import clean_text
from voz.errors import InputError, VozError
from voz.interrupt import asked_to_stop
from voz.wire import dump_line, load_json

Job = Callable[[], dict[str, Any]]
Key = tuple[str, str]


class Planned(NamedTuple):
    """One line of the input: its key, and either the work or what is wrong with it."""

    id: str
    digest: str
    job: Job | None
    error: str | None = None


@dataclass
class Tally:
    """How a batch ended."""

    total: int = 0
    done: int = 0
    skipped: int = 0
    bad: int = 0
    interrupted: bool = False


def plan(source: Path, parse: Callable[[Any], tuple[str, str, Job]]) -> list[Planned]:
    """Read and parse every line; a bad one is kept with its reason. Raises InputError for no such file."""
    try:
        lines = source.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}.") from error
    planned = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        raw: Any = None
        try:
            raw = load_json(line)
            planned.append(Planned(*parse(raw)))
        except VozError as error:
            planned.append(Planned(_id_of(raw) or f"line-{number}", "", None, f"line {number}: {error}"))
    return planned


def run(planned: list[Planned], out: Path, tick: Callable[[Tally], None]) -> Tally:
    """Do what `out` does not hold yet, one line each, and leave `out` in the order of the input.

    Raises InputError where `out` holds lines that no batch of voz wrote.
    """
    wanted: dict[Key, list[int]] = {}
    for place, item in enumerate(planned):
        if item.job:
            wanted.setdefault((item.id, item.digest), []).append(place)
    ours, others, dirty = _resume(out, wanted, {item.id for item in planned})
    tally = Tally(total=len(planned), skipped=len(ours))
    if dirty:
        _rewrite(out, [*(ours[place] for place in sorted(ours)), *others])
    tick(tally)
    gaps = bool(ours or others)
    try:
        with _append(out) as sink, asked_to_stop() as stop:
            for place, item in enumerate(planned):
                if stop:
                    tally.interrupted = True
                    break
                if place not in ours:
                    ours[place] = _do(item, tally)
                    sink.write(ours[place] + "\n")
                    sink.flush()
                    tick(tally)
    except KeyboardInterrupt:
        tally.interrupted = True
    if gaps:
        _rewrite(out, [*(ours[place] for place in sorted(ours)), *others])
    return tally


def lines(planned: list[Planned], tally: Tally) -> Iterator[str]:
    """The same work without a file: one line after the other."""
    for item in planned:
        yield _do(item, tally)


def _do(item: Planned, tally: Tally) -> str:
    error = item.error
    if item.job is not None:
        try:
            line = dump_line({**item.job(), "input": item.digest})
            tally.done += 1
            return line
        except VozError as problem:
            error = str(problem)
        except Exception as problem:  # a fault of voz on one message must not cost the others theirs
            error = f"unexpected {type(problem).__name__}: {problem}"
    tally.bad += 1
    return dump_line({"id": item.id, "error": error})


def _resume(out: Path, wanted: dict[Key, list[int]], ids: set[str]) -> tuple[dict[int, str], list[str], bool]:
    """Lines that stand for an input of this run, by its place; other runs' lines; whether any must go."""
    if not out.exists():
        return {}, [], False
    ours: dict[int, str] = {}
    others: list[str] = []
    found = out.read_bytes().split(b"\n")
    free = {key: list(places) for key, places in wanted.items()}
    dirty = bool(found[-1])  # a last line without its end was cut by a crash
    for line in found[:-1]:
        if not line.strip():
            continue
        value = _own_line(line)
        if value is None:
            raise InputError(f"{out} holds lines that voz did not write: choose another file for --out.")
        places = free.get((value["id"], str(value.get("input"))))
        if places:
            ours[places.pop(0)] = line.decode("utf-8")
        elif value["id"] in ids:
            dirty = True
        else:
            others.append(line.decode("utf-8"))
    return ours, others, dirty


def _own_line(line: bytes) -> dict[str, Any] | None:
    try:
        value = load_json(line)
    except InputError:
        return None
    known = isinstance(value, dict) and isinstance(value.get("id"), str)
    return value if known and ("input" in value or set(value) == {"id", "error"}) else None


def _append(out: Path) -> TextIO:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return out.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error


def _rewrite(out: Path, content: list[str]) -> None:
    beside = out.with_name(out.name + ".part")
    beside.write_text("".join(line + "\n" for line in content), encoding="utf-8", newline="\n")
    os.replace(beside, out)


def _id_of(raw: Any) -> str | None:
    own = raw.get("id") if isinstance(raw, dict) else None
    if isinstance(own, bool) or not isinstance(own, (str, int)):
        return None
    return str(clean_text(str(own))) or None
