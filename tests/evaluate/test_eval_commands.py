"""`voz eval` from the command line, with two judges that are stand-ins for models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_company import settings
from stub_model import Say, serve

from voz.commands.evaluate import Written, compare_runs, gate_run, run_suites, score_again, show_runs
from voz.errors import SuiteError

SUITE = """suite: prueba
today: 2026-11-23
cases:
  - id: uno
    message: {channel: chat, text: "¿Cuánto cuesta el envío?"}
    expect: {state: [{fact: "4,90 €", any: ["4,90 €"]}]}
  - id: dos
    message: {channel: chat, text: "Gracias por todo."}
"""


def _says(verdict: str) -> Say:
    rows = [{"question": f"q{n}", "verdict": verdict, "quote": "", "reason": "x"} for n in range(1, 13)]
    return Say(json.dumps({"answers": rows}))


def test_a_run_is_scored_judged_gated_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "prueba.yaml").write_text(SUITE, encoding="utf-8")
    own = settings()
    cards, baseline = tmp_path / "cards", tmp_path / "baseline.json"
    with serve(_says("no")) as one, serve(_says("no")) as two:
        judges = [f"primero@{one.url}", f"segundo@{two.url}"]
        written = Written(*(tmp_path / name for name in ("r.html", "r.json", "r.xml", "r.md", "logs")))
        run_suites(own, ["prueba"], tmp_path, None, 1, None, judges, cards, written)
        assert one.requests
        assert two.requests
    assert all(path is not None and path.stat().st_size for path in written)
    assert "4,90" in (tmp_path / "r.html").read_text("utf-8")
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert {"primero", "segundo"} <= {row["judge"] for row in report["graders"]}
    with pytest.raises(SuiteError, match="no baseline yet"):
        gate_run(own, "last", baseline, False, cards, Written())
    gate_run(own, "last", baseline, True, cards, Written())
    gate_run(own, "last", baseline, False, cards, Written())
    score_again(own, "last", [], cards)
    compare_runs(own, "last", "last", cards, Written(), [])
    show_runs(own)
    said = capsys.readouterr().out
    assert "passed" in said
    assert "tied" in said
    assert "finished" in said
