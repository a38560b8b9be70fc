"""Draft every case of some suites with the production pipeline, and keep what came out.

A run is a folder: `run.json` (what was run, with what) and `outcomes.jsonl` (one line per case and repeat, written at
once). A case whose draft would rest on the very same things is not drafted again: its outcome comes from the cache, so
that a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from voz import __version__
from voz.case import Message
from voz.errors import SuiteError, VozError
from voz.evaluate.outcome import Outcome
from voz.evaluate.own_draft import blocked_by
from voz.evaluate.suite import EvalCase, Suite
from voz.interrupt import asked_to_stop
from voz.wire import case_to_json, check_to_json, load_json

if TYPE_CHECKING:
    from voz.pipeline import Desk

Tick = Callable[[int, int, float | None], None]
"""Cases done, cases in all, cost so far where it is known."""
KEEPS = "2"
"""Of what an outcome in the cache holds; another number and it is made again."""
SOURCES = (".py", ".yaml", ".json", ".jinja", ".onnx")


@dataclass(frozen=True)
class Plan:
    """One draft to make."""

    suite: Suite
    case: EvalCase
    repeat: int
    key: str


@dataclass(frozen=True)
class Run:
    """A run on disk."""

    folder: Path
    manifest: dict[str, Any]
    outcomes: tuple[Outcome, ...]

    @property
    def id(self) -> str:
        return self.folder.name


class Pace:
    """At most so many starts a minute, over all threads."""

    def __init__(self, per_minute: float | None) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + self._gap
        time.sleep(max(0.0, at - now))


def plan(suites: list[Suite], desk: Desk, repeats: int | None = None) -> list[Plan]:
    """Every draft that the suites ask for, with the hash of all that it depends on."""
    rests = _rests_on(desk)
    planned = []
    for suite in suites:
        for case in suite.cases:
            for repeat in range(repeats or suite.repeats):
                day = (case.today or suite.today or desk.day()).isoformat()
                content = case.message.model_dump_json(exclude_defaults=True)
                key = _hash(rests, content, day, str(repeat))
                planned.append(Plan(suite, case, repeat, key))
    return planned


def run(
    planned: list[Plan], desk: Desk, home: Path, *, jobs: int = 2, rate: float | None = None, tick: Tick | None = None
) -> Run:
    """Make every draft that is not there yet. Raises KeyboardInterrupt with all finished cases kept."""
    folder, manifest = _open(planned, desk, home)
    cache = home / "eval-cache"
    cache.mkdir(parents=True, exist_ok=True)
    pace, spent = Pace(rate), None
    outcomes: dict[tuple[str, str, int], Outcome] = {}
    with asked_to_stop() as stop, (folder / "outcomes.jsonl").open("w", encoding="utf-8", newline="\n") as sink:
        for outcome in _in_parallel(planned, lambda item: _cached(item, desk, cache, pace), jobs, stop):
            outcomes[outcome.suite, outcome.case, outcome.repeat] = outcome
            sink.write(outcome.model_dump_json() + "\n")
            sink.flush()
            cost = outcome.draft.get("provenance", {}).get("cost")
            if isinstance(cost, (int, float)):
                spent = (spent or 0.0) + cost
            if tick:
                tick(len(outcomes), len(planned), spent)
    keys = [(item.suite.suite, item.case.id, item.repeat) for item in planned]
    if not outcomes.keys() >= set(keys):
        raise KeyboardInterrupt
    ordered = [outcomes[key] for key in keys]
    (folder / "outcomes.jsonl").write_text("".join(o.model_dump_json() + "\n" for o in ordered), encoding="utf-8")
    manifest = {**manifest, "finished": _now(), "cost": spent}
    _write(folder / "run.json", manifest)
    return Run(folder, manifest, tuple(ordered))


def draft(item: Plan, desk: Desk, home: Path) -> Outcome:
    """One draft of a plan, from the cache of runs where it is known already."""
    cache = home / "eval-cache"
    cache.mkdir(parents=True, exist_ok=True)
    return _cached(item, desk, cache, Pace(None))


def load_run(folder: Path) -> Run:
    """A finished or cut run. Raises SuiteError where the folder holds none."""
    try:
        manifest = load_json((folder / "run.json").read_bytes())
        lines = (folder / "outcomes.jsonl").read_bytes().split(b"\n")
        outcomes = tuple(Outcome.model_validate(load_json(line)) for line in lines[:-1])
    except (OSError, ValueError, VozError) as error:
        raise SuiteError(f"{folder} holds no run that can be read: {error}") from error
    return Run(folder, manifest, outcomes)


def runs_in(home: Path) -> list[Path]:
    """The folders of all runs, the newest last."""
    return sorted(path.parent for path in (home / "runs").glob("*/run.json"))


class Drafted(NamedTuple):
    """The draft as `voz draft` gives it, its reply as `voz check` judges it, and what kept a model's words out."""

    draft: dict[str, Any]
    examined: dict[str, Any]
    blocked: tuple[str, ...] = ()


def draft_once(message: Message, desk: Desk, day: dt.date | None) -> Drafted:
    """One message through the pipeline that serves the desk."""
    from voz.pipeline import examined, prepare

    case = prepare(message, desk, today=day)
    reply = case.draft.reply if case.draft else None
    judged = check_to_json(examined(case, reply, desk)) if reply else {}
    return Drafted(case_to_json(case), judged, blocked_by(case, desk) if desk.client else ())


def _cached(item: Plan, desk: Desk, cache: Path, pace: Pace) -> Outcome:
    stored = cache / f"{item.key}.json"
    try:
        kept = Outcome.model_validate(load_json(stored.read_bytes()))
        return kept.model_copy(update={"suite": item.suite.suite, "case": item.case.id, "repeat": item.repeat})
    except (OSError, ValueError, VozError):
        pass  # not there, or cut short by a crash
    if desk.client is not None:
        pace.wait()
    outcome = _drafted(item, desk)
    fell_back = "fallback" in outcome.draft.get("provenance", {})
    if outcome.error is None and not fell_back:  # a model that was down is asked again next time
        _write(stored, outcome.model_dump(mode="json"))
    return outcome


def _drafted(item: Plan, desk: Desk) -> Outcome:
    started = time.perf_counter()
    made, error = Drafted({}, {}), None
    try:
        made = draft_once(item.case.message, desk, item.case.today or item.suite.today)
    except Exception as problem:  # one case that breaks voz must show as such, and not cost the others theirs
        error = f"{type(problem).__name__}: {problem}"
    return Outcome(
        suite=item.suite.suite, case=item.case.id, repeat=item.repeat, key=item.key, **made._asdict(),
        seconds=round(time.perf_counter() - started, 4), error=error,
    )  # fmt: skip


def _in_parallel(
    planned: list[Plan], work: Callable[[Plan], Outcome], jobs: int, stop: list[bool]
) -> Iterator[Outcome]:
    """Outcomes as they come; once `stop` is not empty those begun are let finish, and no new one is begun."""
    if jobs <= 1:
        yield from (work(item) for item in takewhile(lambda _: not stop, planned))
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="voz-eval") as pool:
        waiting = takewhile(lambda _: not stop, planned)
        begun: set[Future[Outcome]] = {pool.submit(work, item) for item in islice(waiting, 2 * jobs)}
        try:
            while begun:
                ended, begun = wait(begun, return_when=FIRST_COMPLETED)
                begun |= {pool.submit(work, item) for item in islice(waiting, len(ended))}
                if stop:
                    begun = {future for future in begun if not future.cancel()}
                yield from (future.result() for future in ended)
        finally:
            for future in begun:
                future.cancel()


def _open(planned: list[Plan], desk: Desk, home: Path) -> tuple[Path, dict[str, Any]]:
    """The run's folder: an unfinished one of the very same plan, or a new one."""
    digest = _hash(*(item.key for item in planned), *(item.case.model_dump_json() for item in planned))[:16]
    for path in reversed(runs_in(home)):
        try:
            manifest = load_json((path / "run.json").read_bytes())
        except (OSError, VozError):
            continue
        if manifest.get("plan") == digest and not manifest.get("finished"):
            return path, manifest
    started = _now()
    folder = home / "runs" / f"{started[:19].replace(':', '').replace('-', '')}-{digest[:6]}"
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "id": folder.name, "plan": digest, "started": started, "finished": None, "voz": __version__,
        "suites": {item.suite.suite: len(item.suite.cases) for item in planned},
        "writer": "model" if desk.client else "extractive", "model": desk.client.model if desk.client else None,
        "index": desk.library.fingerprint, "embedder": f"{desk.embedder.name} {desk.embedder.version}",
        "brand": _hash(desk.brand.model_dump_json())[:12], "source": source_hash()[:12], "role": desk.role,
    }  # fmt: skip
    _write(folder / "run.json", manifest)
    _write(folder / "suites.json", {item.suite.suite: item.suite.model_dump(mode="json") for item in planned})
    return folder, manifest


def _rests_on(desk: Desk) -> str:
    client = desk.client
    model = f"{client.model} {client.endpoint}" if client else "extractive"
    embedder = f"{desk.embedder.name} {desk.embedder.version}"
    parts = (KEEPS, source_hash(), desk.library.fingerprint, embedder, desk.brand.model_dump_json(), desk.role, model)
    return _hash(*parts)


@cache
def source_hash() -> str:
    """Of voz's own code, data and prompts: a draft depends on them as it does on the knowledge."""
    from voz.prompting import prompts_folder

    found = hashlib.sha256()
    for root in (Path(__file__).resolve().parent.parent, prompts_folder()):
        for path in sorted(root.rglob("*")):
            if path.suffix in SOURCES and path.is_file() and "evaluate" not in path.parts:
                found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def _write(path: Path, value: dict[str, Any]) -> None:
    fresh = path.with_name(f"{path.name}.{threading.get_ident()}.part")
    fresh.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(fresh, path)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
