"""`voz draft`: one message, or a file of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from voz.commands.progress import bar

if TYPE_CHECKING:
    from voz.batch import Job, Planned
    from voz.config import Settings
    from voz.pipeline import Desk


def open_with_bar(settings: Settings) -> Desk:
    """The desk, with a bar while the knowledge is being indexed."""
    from voz.pipeline import open_desk

    with bar() as tick:
        return open_desk(settings, tick)


def draft_one(settings: Settings, raw: dict[str, Any], as_json: bool) -> None:
    from voz.commands.show import case_lines
    from voz.pipeline import prepare
    from voz.wire import case_to_json, parse_message
    from voz.words import words

    message = parse_message(raw)
    desk = open_with_bar(settings)
    case = prepare(message, desk)
    if as_json:
        print(json.dumps(case_to_json(case), ensure_ascii=False, indent=2))
        return
    for line in case_lines(case, words(), desk.brand):
        print(line)


def draft_file(settings: Settings, source: Path, out: Path | None) -> None:
    """Draft every line of `source`; exits with 1 if any was bad, 130 if it was interrupted."""
    from voz.batch import plan
    from voz.pipeline import prepare
    from voz.wire import case_to_json, input_hash, parse_message, parse_today

    desk: list[Desk] = []

    def parse(raw: Any) -> tuple[str, str, Job]:
        message, day = parse_message(raw), parse_today(raw) or settings.today
        return (
            message.id,
            input_hash(message, today=day),
            lambda: case_to_json(prepare(message, desk[0], today=day)),
        )

    planned = plan(source, parse)
    refuse_same(source, out)
    desk.append(open_with_bar(settings))
    finish(planned, out, "voz draft")


def refuse_same(source: Path, out: Path | None) -> None:
    from voz.errors import InputError

    if out is not None and out.resolve() == source.resolve():
        raise InputError("--file and --out are the same file: choose another for --out.")


def finish(planned: list[Planned], out: Path | None, label: str) -> None:
    """Run a batch with its bar, tell how it ended on stderr, and exit with what that means."""
    from voz import batch

    if out is None:
        tally = batch.Tally(total=len(planned))
        for line in batch.lines(planned, tally):
            print(line, flush=True)
    else:
        with bar() as tick:
            tally = batch.run(planned, out, lambda t: tick(label, t.done + t.bad + t.skipped, t.total))
    parts = [f"{tally.done} done"]
    parts += [f"{tally.skipped} already there"] if tally.skipped else []
    parts += [f'{tally.bad} bad (see their "error")'] if tally.bad else []
    parts += [f"interrupted; run it again for the other {_left(tally)}"] if tally.interrupted else []
    print(f"{label}: {', '.join(parts)}.", file=sys.stderr)
    if tally.interrupted:
        raise typer.Exit(130)
    if tally.bad:
        raise typer.Exit(1)


def _left(tally: Any) -> int:
    return int(tally.total - tally.done - tally.skipped - tally.bad)
