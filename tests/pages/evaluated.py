"""Two evaluation runs by the real pipeline: the second with a document taken away, so that a case gets worse."""

from __future__ import annotations

import json
from pathlib import Path

import small_company
from front import HOSTILE

from voz.config import Settings
from voz.evaluate.loading import load_suite
from voz.evaluate.run import Run, plan, run
from voz.evaluate.score import score
from voz.pipeline import Desk, open_desk

CASES = [
    ("coste", "¿Cuánto cuesta el envío a la península?", ["4,90 €"]),
    ("plazo", "¿Cuántos días tengo para devolver un pedido?", ["30 días"]),
    ("roto", "La taza ha llegado rota. ¿Qué puedo hacer?", ["reembolso"]),
    ("raro", f"¿Cuánto tarda el envío? {HOSTILE}", ["2 a 4 días"]),
]


def make_runs(home: Path, root: Path) -> tuple[Run, Run]:
    suite = root / "prueba.yaml"
    cases = [
        {"id": name, "message": {"text": text, "channel": "chat"},
         "expect": {"state": [{"fact": f"dice {any_[0]}", "any": any_}], "rubric": f"Debe ser exacta. {HOSTILE}"}}
        for name, text, any_ in CASES
    ]  # fmt: skip
    suite.write_text(json.dumps({"suite": "prueba", "today": small_company.TODAY.isoformat(), "cases": cases}))
    less = {name: text for name, text in small_company.DOCUMENTS.items() if name != "devoluciones.md"}
    whole = _desk(root / "whole", small_company.DOCUMENTS)
    return _run(whole, suite, home), _run(_desk(root / "less", less), suite, home)


def _desk(folder: Path, documents: dict[str, str]) -> Desk:
    knowledge = small_company.write_company(folder / "knowledge", documents)
    return open_desk(
        Settings(knowledge=knowledge, home=folder / "home", today=small_company.TODAY, writer="extractive")
    )


def _run(desk: Desk, path: Path, home: Path) -> Run:
    suites = [load_suite(path)]
    done = run(plan(suites, desk), desk, home, jobs=1)
    scored = score(suites, done.outcomes, desk.brand)
    (done.folder / "scored.jsonl").write_text("".join(f"{one.model_dump_json()}\n" for one in scored), "utf-8")
    return done
