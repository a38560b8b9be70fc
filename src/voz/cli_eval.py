"""`voz eval …`: run suites, score, compare, report, gate, calibrate. Heavy imports wait in voz.commands.evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voz.commands.options import Home, Knowledge, Role, Today, Writer, read_settings

app = typer.Typer(help="Evaluation suites: what a change does to accuracy, tone and empathy.", no_args_is_help=True)
Names = Annotated[list[str] | None, typer.Argument(metavar="SUITE…", help="Names or files; every suite otherwise.")]
Suites = Annotated[Path, typer.Option("--suites", help="Folder of the suites.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="Id or folder of a run, or «last».")]
Judges = Annotated[
    list[str] | None,
    typer.Option("--judge", metavar="MODEL[@URL]", help="A model that also judges; repeat it for several."),
]
Html = Annotated[Path | None, typer.Option("--html", help="Write the report as one HTML file.")]
AsJson = Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write the report as JUnit XML.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", help="Write a summary for a pull request.")]
Inspect = Annotated[Path | None, typer.Option("--inspect", help="Write a log of Inspect: a .json, or a folder.")]
Cards = Annotated[Path, typer.Option("--cards", help="Folder of the graders' calibration cards.")]
SUITES, CARDS, BASELINE = Path("evals"), Path("evals/cards"), Path("evals/baseline.json")


@app.command("list")
def list_runs(knowledge: Knowledge = None, home: Home = None) -> None:
    """The runs that are kept, the newest last."""
    from voz.commands.evaluate import show_runs

    show_runs(read_settings(knowledge, home))


@app.command()
def run(
    names: Names = None, suites: Suites = SUITES,
    repeats: Annotated[int | None, typer.Option("--repeats", min=1, help="Drafts per case; as the suite says.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Drafts at once.")] = 2,
    rate: Annotated[float | None, typer.Option("--rate", help="Most model drafts begun a minute.")] = None,
    judge: Judges = None, cards: Cards = CARDS,
    html: Html = None, json: AsJson = None, junit: Junit = None, markdown: Markdown = None,
    knowledge: Knowledge = None, home: Home = None, today: Today = None, writer: Writer = None, role: Role = None,
    model: Annotated[str | None, typer.Option("--model", help="Chat model of the writer (VOZ_MODEL).")] = None,
) -> None:  # fmt: skip
    """Draft every case with the production pipeline, score it, and say what came out."""
    from voz.commands.evaluate import Written, run_suites

    settings = read_settings(knowledge, home, today, writer=writer, role=role, model=model)
    written = Written(html, json, junit, markdown)
    run_suites(settings, names or [], suites, repeats, jobs, rate, judge or [], cards, written)


@app.command()
def score(
    name: RunName = "last", judge: Judges = None, cards: Cards = CARDS,
    knowledge: Knowledge = None, home: Home = None, today: Today = None, role: Role = None,
) -> None:  # fmt: skip
    """Score a run again, with today's graders and no new draft."""
    from voz.commands.evaluate import score_again

    score_again(read_settings(knowledge, home, today, role=role), name, judge or [], cards)


@app.command()
def compare(
    before: RunName, after: RunName = "last", judge: Judges = None, cards: Cards = CARDS,
    html: Html = None, markdown: Markdown = None,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Two runs, paired by case: better, worse or tied, and the cases that flipped."""
    from voz.commands.evaluate import Written, compare_runs

    written = Written(html, None, None, markdown)
    compare_runs(read_settings(knowledge, home), before, after, cards, written, judge or [])


@app.command()
def report(
    name: RunName = "last", cards: Cards = CARDS,
    html: Html = None, json: AsJson = None, junit: Junit = None, markdown: Markdown = None, inspect: Inspect = None,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """The report of a run that is scored."""
    from voz.commands.evaluate import Written, write_report

    write_report(read_settings(knowledge, home), name, cards, Written(html, json, junit, markdown, inspect))


@app.command()
def gate(
    name: RunName = "last", cards: Cards = CARDS,
    baseline: Annotated[Path, typer.Option("--baseline", help="The scores to hold.")] = BASELINE,
    update: Annotated[bool, typer.Option("--update", help="Take this run as the baseline from now on.")] = False,
    html: Html = None, junit: Junit = None, markdown: Markdown = None,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Exits with 1 where the run is worse than the baseline beyond noise."""
    from voz.commands.evaluate import Written, gate_run

    written = Written(html, None, junit, markdown)
    gate_run(read_settings(knowledge, home), name, baseline, update, cards, written)


@app.command()
def calibrate(
    grader: Annotated[str, typer.Argument(help="support, faithfulness, politeness, or an empathy behaviour.")],
    data: Annotated[Path, typer.Option("--data", help="JSON lines or CSV that people labelled.")],
    dimension: Annotated[str | None, typer.Option("--dimension", help="Which rating, where there are several.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Only the rows in this language.")] = None,
    cards: Cards = CARDS,
) -> None:
    """Hold a grader against human labels and write its card."""
    from voz.commands.evaluate import calibrate_grader

    calibrate_grader(grader, data, dimension, language, cards)


@app.command()
def schema(
    of: Annotated[str, typer.Argument(help="suite or report.")] = "suite",
) -> None:
    """Print the JSON Schema of suites or of reports."""
    from voz.commands.evaluate import print_schema

    print_schema(of)
