"""`voz export`, `voz forget`, `voz retain`: what is kept of a person, given out or erased."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voz.commands.options import Home, Knowledge, read_settings

app = typer.Typer()
Language = Annotated[str, typer.Option("--language", help="es, en or pt.")]


@app.command()
def export(
    case: Annotated[str, typer.Option("--case", help="Id or tracking code of the case.")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write, for its owner alone; else stdout.")] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="LOGIN", help="Who takes it, for the trail.")] = None,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Everything of a case as JSON: messages, drafts with evidence, decisions, deliveries, the audit trail."""
    from voz.commands.erase import export_case

    export_case(read_settings(knowledge, home), case, out, by)


@app.command()
def forget(
    author: Annotated[str, typer.Option("--author", help="The customer's name, as it came in.")],
    by: Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who erases: a lead or an admin.")],
    case: Annotated[str | None, typer.Option("--case", help="This case alone, by id or tracking code.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Close cases that are still open, and erase them too.")] = False,
    language: Language = "es", knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Erase a person's data for good; the figures stay."""
    from voz.commands.erase import forget_author

    forget_author(read_settings(knowledge, home), author, case, by, yes, language)


@app.command()
def retain(language: Language = "es", knowledge: Knowledge = None, home: Home = None) -> None:
    """Erase cases that ended more than VOZ_RETENTION_DAYS ago; for cron, at night."""
    from voz.commands.erase import retain_cases

    retain_cases(read_settings(knowledge, home), language)
