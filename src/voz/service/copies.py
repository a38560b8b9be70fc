"""Copies of a case outside of the database: what voz wrote or moved itself is deleted, the rest named for a person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from voz.store.rows import CandidateRow, CaseRow, ConsultationRow, DeliveryRow, MessageRow
from voz.style_examples import accepted

Where = Literal["helpdesk", "delivered_file", "incoming_file", "example", "knowledge"]
OWN_DOORS = ("desk", "api")
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Places:
    """Folders in which copies may lie; None: they are not looked at."""

    home: Path | None = None
    suites: Path | None = None


NOWHERE = Places()


@dataclass(frozen=True, slots=True)
class Left:
    """A copy that a person has to delete by hand."""

    where: Where
    what: str


def copies_of(case: CaseRow, deliveries: list[DeliveryRow], consulted: list[ConsultationRow]) -> Iterator[Left]:
    """Where else this case's words are, as far as voz knows."""
    if case.source not in (*OWN_DOORS, "folder"):
        yield Left("helpdesk", f"{case.source}: {case.thread or case.code}")
    for delivery in deliveries:
        file = (delivery.receipt or {}).get("file")
        if isinstance(file, str):
            yield Left("delivered_file", file)
    for one in consulted:
        if one.proposal == "accepted":
            yield Left("knowledge", f"{case.code}: {one.id}")


def cleared(
    places: Places, known: Iterable[Left], examples: list[CandidateRow], incoming: list[MessageRow]
) -> tuple[tuple[str, ...], tuple[Left, ...]]:
    """The files that were deleted, and the copies that are left."""
    removed: list[str] = []
    left = [one for one in known if one.where != "delivered_file"]
    files = [one for one in known if one.where == "delivered_file"]
    own: tuple[Path, ...] = ()
    if places.home is not None:
        folder = places.home / "folder"
        own = (folder / "out", folder / "in" / "done")
        files += [Left("incoming_file", str(own[1] / f"{one.external_id}.json")) for one in incoming]
    for one in files:
        if _deleted(Path(one.what), own):
            removed.append(one.what)
        elif Path(one.what).is_file():
            left.append(one)
    if places.suites is not None:
        for example in examples:
            removed += _removed(places.suites, example)
        left += [Left("example", str(path)) for path in _naming(places.suites, [one.id for one in examples])]
    return tuple(removed), tuple(left)


def _deleted(path: Path, own: tuple[Path, ...]) -> bool:
    """Whether the file lay in a folder of voz's own, and is gone now."""
    try:
        if path.resolve().parent not in [folder.resolve() for folder in own] or not path.is_file():
            return False
        path.unlink()
    except OSError:
        return False
    return True


def _removed(suites: Path, example: CandidateRow) -> Iterator[str]:
    """The file that voz itself wrote for an accepted example."""
    path = accepted(suites, example.use) / f"{example.id}.json"
    try:
        if json.loads(path.read_text(encoding="utf-8")).get("id") == example.id:
            path.unlink()
            yield str(path)
    except (OSError, ValueError, AttributeError):
        return  # it is not there, or it is somebody's own: then `_naming` tells of it


def _naming(suites: Path, ids: list[str]) -> Iterator[Path]:
    """Files of the suites into which somebody has copied one of these examples."""
    if not ids or not suites.is_dir():
        return
    for path in sorted(suites.rglob("*")):
        if path.suffix not in (".json", ".jsonl", ".yaml", ".yml", ".csv") or not path.is_file():
            continue
        if path.stat().st_size <= MOST_BYTES:
            said = path.read_text(encoding="utf-8", errors="replace")
            if any(one in said for one in ids):
                yield path
