"""`voz report …`: that nobody stays unanswered, how claims stand with the law, what was promised."""

from __future__ import annotations

from typing import Annotated

import typer

from voz.commands.options import Home, Knowledge, read_settings

app = typer.Typer(help="Reports for any period: unanswered, claims, commitments, figures.", no_args_is_help=True)
First = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; the beginning otherwise.")]
Last = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day, counted; today otherwise.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="As CSV, a row for each case or entry.")]
Language = Annotated[str, typer.Option("--language", help="es, en or pt.")]


@app.command()
def unanswered(
    first: First = None, last: Last = None, as_json: AsJson = False, as_csv: AsCsv = False, language: Language = "es",
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """received = answered + closed without reply + open; exits with 1 if any case breaks the rule."""
    from voz.commands import report

    report.unanswered(read_settings(knowledge, home), first, last, report.form(as_json, as_csv), language)


@app.command()
def claims(
    first: First = None, last: Last = None, as_json: AsJson = False, as_csv: AsCsv = False, language: Language = "es",
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Claims by law: opened, answered, working days, language, reasons, share in time. No legal advice."""
    from voz.commands import report

    report.claims(read_settings(knowledge, home), first, last, report.form(as_json, as_csv), language)


@app.command()
def commitments(
    first: First = None, last: Last = None, as_json: AsJson = False, as_csv: AsCsv = False, language: Language = "es",
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """What was promised in the period: open, due this week, overdue, kept in time or late."""
    from voz.commands import report

    report.commitments(read_settings(knowledge, home), first, last, report.form(as_json, as_csv), language)


@app.command()
def figures(
    first: First = None, last: Last = None,
    weekly: Annotated[bool, typer.Option("--weekly", help="By weeks instead of days.")] = False,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """The figures page as CSV: volume, times, edits, what the knowledge lacks, rising topics."""
    from voz.commands import report

    report.figures(read_settings(knowledge, home), first, last, "week" if weekly else "day")
