"""What `voz eval` does: a run on disk, its scores beside it, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from voz.commands.progress import bar
from voz.errors import InputError, SuiteError

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.evaluate.cards import Card
    from voz.evaluate.outcome import Grade, Scored
    from voz.evaluate.report_types import Report
    from voz.evaluate.run import Run
    from voz.evaluate.suite import Suite
    from voz.llm import Client
    from voz.pipeline import Desk


class Written(NamedTuple):
    """Where the report goes; None: not written in that form."""

    html: Path | None = None
    json: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    inspect: Path | None = None


def show_runs(settings: Settings) -> None:
    from voz.evaluate.run import runs_in

    for folder in runs_in(settings.home):
        manifest = json.loads((folder / "run.json").read_text("utf-8"))
        state = "finished" if manifest.get("finished") else "cut"
        suites = ", ".join(f"{name} {n}" for name, n in manifest.get("suites", {}).items())
        print(f"{folder.name}  {manifest.get('writer')}  {state}  {suites}")


def run_suites(
    settings: Settings, names: list[str], folder: Path, repeats: int | None, jobs: int, rate: float | None,
    judges: list[str], cards: Path, written: Written,
) -> None:  # fmt: skip
    from voz.commands.draft import open_with_bar
    from voz.evaluate.loading import find_suites, load_suite
    from voz.evaluate.run import plan, run

    suites = [load_suite(path) for path in find_suites(names, folder)]
    clients = [_judge(one, settings) for one in judges]
    desk = open_with_bar(settings)
    planned = plan(suites, desk, repeats)
    try:
        with bar() as show:

            def tick(n: int, total: int, cost: float | None) -> None:
                show("cases" if cost is None else "cases, by a model that is paid for", n, total)

            done = run(planned, desk, settings.home, jobs=jobs, rate=rate, tick=tick)
    except KeyboardInterrupt:
        typer.echo("voz: interrupted; the same command goes on from here.", err=True)
        raise typer.Exit(130) from None
    scored = _score(done, suites, desk, clients, cards)
    _finish(done, suites, scored, cards, written)


def score_again(settings: Settings, name: str, judges: list[str], cards: Path) -> None:
    from voz.commands.draft import open_with_bar

    done = _find(settings, name)
    suites = _suites(done)
    desk = open_with_bar(settings.model_copy(update={"writer": "extractive"}))  # nothing is drafted: no model to open
    scored = _score(done, suites, desk, [_judge(one, settings) for one in judges], cards)
    _finish(done, suites, scored, cards, Written())


def write_report(settings: Settings, name: str, cards: Path, written: Written) -> None:
    if written.inspect and not written.inspect.is_dir() and written.inspect.suffix not in ("", ".json"):
        raise InputError(f"{written.inspect}: Inspect reads a log in JSON only from a file that ends in .json.")
    done = _find(settings, name)
    _finish(done, _suites(done), _scored(done), cards, written)


def compare_runs(settings: Settings, before: str, after: str, cards: Path, written: Written, judges: list[str]) -> None:
    from voz.evaluate.compare import compare, in_words
    from voz.evaluate.report import build_report

    old, new = _find(settings, before), _find(settings, after)
    suites, old_scored, new_scored = _suites(new), _scored(old), _scored(new)
    found = compare(old_scored, new_scored)
    for difference in found.overall:
        print(in_words(difference))
    for flip in found.flips:
        print(f"  {flip.suite}/{flip.case}  {_moved(flip.moved)}{'  honesty ' + flip.honesty if flip.honesty else ''}")
    for one in judges:
        _show_bias(one, settings, old, new, suites)
    report = build_report(
        new.manifest, suites, new.outcomes, new_scored, _cards(cards),
        comparison=found, before=old.outcomes, before_scored=old_scored,
    )  # fmt: skip
    _write(report, written)


def _show_bias(name: str, settings: Settings, old: Run, new: Run, suites: list[Suite]) -> None:
    """How far the judge can be trusted to prefer: it sees each changed pair of replies in both orders."""
    from voz.evaluate.judges import bias
    from voz.packaged import packaged

    said = {(o.suite, o.case, o.repeat): o.reply for o in old.outcomes}
    texts = {(suite.suite, case.id): case.message.text for suite in suites for case in suite.cases}
    pairs = [
        (texts[o.suite, o.case], first, o.reply)
        for o in new.outcomes
        if o.reply and (first := said.get((o.suite, o.case, o.repeat))) and first != o.reply
    ]
    found = bias(pairs, packaged("evaluate/questions")["tone"]["human"], _judge(name, settings))
    print(
        f"{name}: {found.pairs} pairs in both orders, same choice {found.consistent:.0%}, "
        f"first chosen {found.first:.0%}, longer chosen {found.longer:.0%}"
    )


def gate_run(settings: Settings, name: str, path: Path, update: bool, cards: Path, written: Written) -> None:
    from voz.evaluate.cards import by_grader
    from voz.evaluate.gate import baseline_of, gate, load_baseline, save_baseline
    from voz.evaluate.report import build_report

    done = _find(settings, name)
    scored, suites = _scored(done), _suites(done)
    if update:
        save_baseline(baseline_of(scored, done.manifest, done.outcomes), path)
        print(f"{path}: {len(scored)} scores are the baseline now.")
        return
    held = _cards(cards)
    result = gate(scored, load_baseline(path), suites, by_grader(held), outcomes=done.outcomes)
    _write(build_report(done.manifest, suites, done.outcomes, scored, held, gate=result), written)
    for line in (*result.reasons, *result.notes):
        print(line)
    print("passed" if result.passed else "failed")
    if not result.passed:
        raise typer.Exit(1)


def calibrate_grader(grader: str, data: Path, dimension: str | None, language: str | None, cards: Path) -> None:
    from voz.evaluate.calibrate import calibrate_file
    from voz.evaluate.cards import format_card, save_card

    card = calibrate_file(grader, data, language=language, dimension=dimension)
    print(format_card(card))
    print(f"written: {save_card(card, cards)}")


def print_schema(of: str) -> None:
    from voz.evaluate.report import report_schema
    from voz.evaluate.suite import Suite

    if of not in ("suite", "report"):
        raise InputError(f"There is a schema of «suite» and one of «report», none of '{of}'.")
    schema = Suite.model_json_schema() if of == "suite" else report_schema()
    print(json.dumps(schema, ensure_ascii=False, indent=1))


# --- parts ------------------------------------------------------------------------------------------


def _judge(name: str, settings: Settings) -> Client:
    from voz.llm import open_client

    model, _, url = name.partition("@")
    return open_client(settings.model_copy(update={"model": model, "model_url": url or settings.model_url}))


def _find(settings: Settings, name: str) -> Run:
    from voz.evaluate.run import load_run, runs_in

    if name == "last":
        folders = runs_in(settings.home)
        if not folders:
            raise SuiteError(f"{settings.home} holds no run yet: voz eval run.")
        return load_run(folders[-1])
    inside = settings.home / "runs" / name
    return load_run(inside if inside.is_dir() else Path(name))


def _suites(done: Run) -> list[Suite]:
    from voz.evaluate.suite import Suite

    raw = json.loads((done.folder / "suites.json").read_text("utf-8"))
    return [Suite.model_validate(value) for value in raw.values()]


def _score(done: Run, suites: list[Suite], desk: Desk, judges: list[Client], cards: Path) -> tuple[Scored, ...]:
    from voz.evaluate.cards import shut_out
    from voz.evaluate.score import score

    shut = shut_out(_cards(cards))
    scored = score(suites, done.outcomes, desk.brand, _judged(done, suites, judges), may_not_gate=shut)
    lines = "".join(one.model_dump_json() + "\n" for one in scored)
    (done.folder / "scored.jsonl").write_text(lines, encoding="utf-8")
    return scored


def _judged(done: Run, suites: list[Suite], judges: list[Client]) -> dict[tuple[str, str, int], tuple[Grade, ...]]:
    """What the models say of each outcome, with a bar; nothing where no model judges."""
    from voz.evaluate.empathy import behaviours
    from voz.evaluate.judges import panel, questions

    if not judges:
        return {}
    cases = {(suite.suite, case.id): case for suite in suites for case in suite.cases}
    found = {}
    with bar() as tick:
        for n, outcome in enumerate(done.outcomes, 1):
            case = cases[outcome.suite, outcome.case]
            asked = questions(case, behaviours(case, outcome))
            found[outcome.suite, outcome.case, outcome.repeat] = panel(case, outcome, asked, judges)
            tick("judged", n, len(done.outcomes))
    return found


def _scored(done: Run) -> tuple[Scored, ...]:
    from voz.evaluate.outcome import Scored

    path = done.folder / "scored.jsonl"
    if not path.exists():
        raise SuiteError(f"{done.folder} is not scored yet: voz eval score {done.id}.")
    return tuple(Scored.model_validate_json(line) for line in path.read_text("utf-8").splitlines())


def _cards(folder: Path) -> tuple[Card, ...]:
    from voz.evaluate.cards import load_cards

    return load_cards(folder) if folder.is_dir() else ()


def _finish(done: Run, suites: list[Suite], scored: tuple[Scored, ...], cards: Path, written: Written) -> None:
    from voz.evaluate.render import to_markdown
    from voz.evaluate.report import build_report

    report = build_report(done.manifest, suites, done.outcomes, scored, _cards(cards))
    _write(report, written)
    print(to_markdown(report))
    _show_agreement(scored)
    print(f"run {done.id} in {done.folder}")


def _show_agreement(scored: tuple[Scored, ...]) -> None:
    """Krippendorff's α of the model judges, grader by grader, where there are two or more."""
    from voz.evaluate.judges import agreement

    alphas = agreement({f"{one.suite}/{one.case}/{one.repeat}": one.grades for one in scored})
    for grader, alpha in alphas.items():
        if alpha is not None:
            print(f"judges on {grader}: α {alpha:.2f}")


def _write(report: Report, written: Written) -> None:
    from voz.evaluate.inspect_log import file_name, to_inspect
    from voz.evaluate.render import to_html, to_json, to_junit, to_markdown

    makers = {"html": to_html, "json": to_json, "junit": to_junit, "markdown": to_markdown, "inspect": to_inspect}
    for form, path in written._asdict().items():
        if path is not None:
            if form == "inspect" and (path.is_dir() or not path.suffix):
                path = path / file_name(report)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(makers[form](report), encoding="utf-8")


def _moved(moved: object) -> str:
    assert isinstance(moved, dict)
    return ", ".join(f"{name} {before:.2f} → {after:.2f}" for name, (before, after) in moved.items())
