"""`voz index`: read the documents into the index and say which could not be read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from voz.commands.options import read_settings
from voz.commands.progress import bar

if TYPE_CHECKING:
    from voz.config import Settings


def index_folders(paths: list[Path], knowledge: Path | None, home: Path | None, today: str | None) -> None:
    """Index each folder into its own home; exits with 1 if any document could not be read."""
    broken = 0
    for settings in _wanted(paths, knowledge, home, today):
        broken += _index_one(settings)
    if broken:
        raise typer.Exit(1)


def _wanted(paths: list[Path], knowledge: Path | None, home: Path | None, today: str | None) -> list[Settings]:
    """A path inside the knowledge folder stands for that folder; any other folder is a company of its own."""
    from voz.errors import InputError

    usual = read_settings(knowledge, home, today)
    whole = usual.knowledge.expanduser().resolve()
    folders: dict[Path, Settings] = {}
    for path in paths:
        there = path.expanduser().resolve()
        if not there.exists():
            raise InputError(f"There is nothing at {path}.")
        if there == whole or whole in there.parents:
            folders[whole] = usual
        elif there.is_dir():
            folders[there] = read_settings(path, home, today)
        else:
            raise InputError(f"{path} is outside the knowledge folder {usual.knowledge}: name its folder.")
    if len({str(settings.home) for settings in folders.values()}) < len(folders):
        raise InputError("Several companies cannot share one home: index them one by one, or leave --home out.")
    return list(folders.values()) or [usual]


def _index_one(settings: Settings) -> int:
    from voz.embedding import open_embedder
    from voz.knowledge.index import index_folder

    embedder = open_embedder(settings)
    with bar() as tick:
        report = index_folder(settings.knowledge, settings.home, embedder, tick)
    for source, reason in report.failures:
        print(f"{settings.knowledge / source}: {reason}", file=sys.stderr)
    print(
        f"{settings.knowledge}: {report.documents} documents, {report.chunks} passages "
        f"({report.embedded} embedded, {report.removed} removed) in {report.seconds:.1f} s → {settings.home}"
    )
    if report.failures:
        print(f"{len(report.failures)} could not be read; the rest is indexed.", file=sys.stderr)
    return len(report.failures)
