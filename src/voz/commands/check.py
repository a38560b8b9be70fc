"""`voz check`: judge a reply that a person or another tool wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from voz.commands.draft import finish, open_with_bar, refuse_same

if TYPE_CHECKING:
    from voz.batch import Job
    from voz.config import Settings
    from voz.pipeline import Desk


def check_one(settings: Settings, raw: dict[str, Any], as_json: bool) -> None:
    """Exits with 1 where a finding blocks the reply, so that scripts can stop on it."""
    from voz.commands.show import case_lines
    from voz.pipeline import examine
    from voz.wire import check_to_json, parse_pair
    from voz.words import words

    message, reply = parse_pair(raw)
    desk = open_with_bar(settings)
    case = examine(message, reply, desk)
    if as_json:
        print(json.dumps(check_to_json(case), ensure_ascii=False, indent=2))
    else:
        for line in case_lines(case, words(), desk.brand):
            print(line)
    if any(finding.severity == "block" for finding in case.findings):
        raise typer.Exit(1)


def check_file(settings: Settings, source: Path, out: Path | None) -> None:
    """Judge every pair of `source`; exits with 1 if any line was bad, whatever the findings say."""
    from voz.batch import plan
    from voz.pipeline import examine
    from voz.wire import check_to_json, input_hash, parse_pair, parse_today

    desk: list[Desk] = []

    def parse(raw: Any) -> tuple[str, str, Job]:
        message, reply = parse_pair(raw)
        day = parse_today(raw) or parse_today(raw["message"]) or settings.today
        return (
            message.id,
            input_hash(message, reply, day),
            lambda: check_to_json(examine(message, reply, desk[0], today=day)),
        )

    planned = plan(source, parse)
    refuse_same(source, out)
    desk.append(open_with_bar(settings))
    finish(planned, out, "voz check")
