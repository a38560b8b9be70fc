"""Runs of suites: every case through the real pipeline, kept at once, gone on with after a kill."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from small_company import TODAY, write_company

from voz.config import Settings
from voz.errors import SuiteError
from voz.evaluate.loading import load_suite
from voz.evaluate.run import load_run, plan, run, runs_in
from voz.pipeline import Desk, open_desk

DOCUMENTS = {
    "envios.md": "# Envíos\n\nEl envío a la península cuesta 4,50 € y tarda 3 días laborables.\n",
    "devoluciones.md": "# Devoluciones\n\nTienes 30 días naturales desde la entrega para devolver un libro sin usar.\n",
    "guia.md": "# Guía de voz\n\nTuteamos siempre. Nos despedimos con «Un saludo, Folio».\n",
}
QUESTIONS = (
    "¿Cuánto cuesta el envío?", "¿Cuánto tarda?", "¿Puedo devolver un libro?", "¿Cuántos días tengo?",
    "¿Abrís en agosto?", "Gracias por todo, Marta es un encanto.", "¿Envolvéis para regalo?", "¿Tenéis tienda?",
    "Quiero cambiar la dirección.", "¿Hacéis factura?", "El libro ha llegado mojado.", "¿Puedo pagar al recibirlo?",
    "¿Reserváis libros?", "¿Compráis libros usados?", "Me falta un libro del pedido.", "¿Enviáis a Canarias?",
)  # fmt: skip


def _suite(folder: Path) -> Path:
    path = folder / "prueba.yaml"
    cases = [{"id": f"c{n}", "message": {"text": text, "channel": "chat"}} for n, text in enumerate(QUESTIONS)]
    path.write_text(json.dumps({"suite": "prueba", "today": TODAY.isoformat(), "cases": cases}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empresa")
    write_company(folder / "knowledge", DOCUMENTS)
    _suite(folder)
    return folder


@pytest.fixture(scope="module")
def desk(folder: Path) -> Desk:
    settings = Settings(knowledge=folder / "knowledge", home=folder / "home", today=TODAY, writer="extractive")
    return open_desk(settings)


def test_every_case_is_drafted_by_the_pipeline_and_judged_again_as_a_strangers(folder: Path, desk: Desk) -> None:
    suite = load_suite(folder / "prueba.yaml")
    done = run(plan([suite], desk), desk, folder / "one", jobs=2)
    assert [outcome.case for outcome in done.outcomes] == [case.id for case in suite.cases]
    assert all(outcome.error is None for outcome in done.outcomes)
    price = done.outcomes[0]
    assert price.reply
    assert "4,50" in price.reply
    assert price.examined["sentences"]
    assert load_run(done.folder).outcomes == done.outcomes
    assert done.manifest["finished"]


def test_repeats_of_a_deterministic_writer_are_the_same(folder: Path, desk: Desk) -> None:
    suite = load_suite(folder / "prueba.yaml")
    done = run(plan([suite], desk, repeats=2), desk, folder / "two")
    replies = {(o.case, o.repeat): o.reply for o in done.outcomes}
    assert len(replies) == 2 * len(QUESTIONS)
    assert all(replies[case.id, 0] == replies[case.id, 1] for case in suite.cases)


def test_a_case_that_breaks_voz_costs_the_others_nothing(
    folder: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    import voz.pipeline

    real = voz.pipeline.prepare

    def broken(message, desk, **more):  # type: ignore[no-untyped-def]
        if "agosto" in message.text:
            raise RuntimeError("se rompió")
        return real(message, desk, **more)

    monkeypatch.setattr(voz.pipeline, "prepare", broken)
    done = run(plan([load_suite(folder / "prueba.yaml")], desk), desk, folder / "three")
    errors = [outcome.error for outcome in done.outcomes if outcome.error]
    assert errors == ["RuntimeError: se rompió"]
    monkeypatch.undo()
    again = run(plan([load_suite(folder / "prueba.yaml")], desk), desk, folder / "three")
    assert not [outcome for outcome in again.outcomes if outcome.error], "a failure is not kept in the cache"


def test_a_changed_clause_is_drafted_again_and_nothing_else_is_taken_from_the_cache(folder: Path) -> None:
    other = folder / "otra"
    write_company(other / "knowledge", DOCUMENTS)
    settings = Settings(knowledge=other / "knowledge", home=other / "home", today=TODAY, writer="extractive")
    first = open_desk(settings)
    suite = load_suite(folder / "prueba.yaml")
    before = {item.case.id: item.key for item in plan([suite], first)}
    first.library.close()
    (other / "knowledge" / "envios.md").write_text(
        "# Envíos\n\nEl envío a la península cuesta 6 € y tarda 3 días laborables.\n", encoding="utf-8"
    )
    second = open_desk(settings)
    after = {item.case.id: item.key for item in plan([suite], second)}
    second.library.close()
    assert all(before[case] != after[case] for case in before)


KILLED = """
import sys
from pathlib import Path
from voz.config import Settings
from voz.evaluate.loading import load_suite
from voz.evaluate.run import plan, run
from voz.pipeline import open_desk
import datetime as dt
folder = Path(sys.argv[1])
today = dt.date.fromisoformat(sys.argv[2])
settings = Settings(knowledge=folder / "knowledge", home=folder / "home-killed", today=today, writer="extractive")
desk = open_desk(settings)
planned = plan([load_suite(folder / "prueba.yaml")], desk)
def tick(done, total, cost):
    print(done, flush=True)
    if len(sys.argv) > 3 and done == int(sys.argv[3]):
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
done = run(planned, desk, folder / "runs-killed", jobs=1, tick=tick)
print("finished", done.id)
"""


def test_after_a_kill_the_same_command_goes_on_and_repeats_no_finished_case(folder: Path) -> None:
    def command(*more: str) -> subprocess.CompletedProcess[str]:
        code = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder), TODAY.isoformat(), *more]
        return subprocess.run(code, capture_output=True, text=True, timeout=120, env={**os.environ})

    cut = command("3")
    assert cut.returncode == -signal.SIGKILL
    cache = folder / "runs-killed" / "eval-cache"
    kept = {path.name: path.stat().st_mtime_ns for path in cache.glob("*.json")}
    assert len(kept) == 3
    time.sleep(0.02)
    ended = command()
    assert ended.returncode == 0, ended.stderr
    assert "finished" in ended.stdout
    again = {path.name: path.stat().st_mtime_ns for path in cache.glob("*.json")}
    assert len(again) == len(QUESTIONS)
    assert all(again[name] == when for name, when in kept.items()), "a finished case was drafted again"
    (only,) = runs_in(folder / "runs-killed")
    assert len(load_run(only).outcomes) == len(QUESTIONS)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_inside_a_librarys_callback_is_heard_and_the_run_goes_on_later(
    folder: Path, desk: Desk, jobs: int
) -> None:
    suite, home = load_suite(folder / "prueba.yaml"), folder / f"cut-{jobs}"
    pressed = ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGINT))  # an exception in it is lost

    def press(done: int, total: int, cost: float | None) -> None:
        if done == 1:
            pressed()

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(plan([suite], desk), desk, home, jobs=jobs, tick=press)
    assert signal.getsignal(signal.SIGINT) is before
    (cut,) = runs_in(home)
    kept = load_run(cut).outcomes
    assert 1 <= len(kept) < len(QUESTIONS), "what was begun is kept, and the rest is not begun"
    assert jobs > 1 or len(kept) <= 2
    assert not load_run(cut).manifest["finished"]
    done = run(plan([suite], desk), desk, home, jobs=jobs)
    assert done.folder == cut
    assert len(done.outcomes) == len(QUESTIONS)
    assert {one.case: one.seconds for one in kept}.items() <= {one.case: one.seconds for one in done.outcomes}.items()


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no run"):
        load_run(tmp_path)
