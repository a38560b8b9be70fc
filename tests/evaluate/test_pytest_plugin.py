"""The pytest plugin, in runs of pytest of its own, with a small company drafted by the real pipeline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_company import DOCUMENTS, write_company

pytest_plugins = ("pytester",)

SUITE = """suite: prueba
today: 2026-11-23
thresholds: {accuracy: 0.5}
cases:
  - id: uno
    message: {channel: chat, text: "¿Cuánto cuesta el envío?"}
    expect: {state: [{fact: "4,90 €", any: ["4,90 €"]}]}
  - id: dos
    message: {channel: chat, text: "¿Cuánto cuesta el envío estándar a la península?"}
    expect: {never: [{fact: "4,90 €", any: ["4,90 €"]}]}
"""
TESTS = """
def test_mean(voz_suite):
    found = voz_suite("prueba.yaml")
    assert found.honest == 0.5
    assert found.accuracy > 0.4 and found.tone > 0.5
    assert [case.case for case in found.failed] == ["dos"]
    assert "honest 0.50" in repr(found) and "dos dishonest" in repr(found)
    assert voz_suite("prueba.yaml", repeats=2).report.overall.repeats.k == 2

def test_too_much(voz_suite):
    assert voz_suite("prueba.yaml").honest >= 0.9
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One index for all runs."""
    return tmp_path_factory.mktemp("home")


def _run(pytester: pytest.Pytester, home: Path, *args: str) -> pytest.RunResult:
    write_company(pytester.path / "knowledge", DOCUMENTS)
    (pytester.path / "prueba.yaml").write_text(SUITE, encoding="utf-8")
    return pytester.runpytest_subprocess("--strict-markers", f"--voz-home={home}", *args)


def test_a_team_asserts_on_the_means_of_a_suite(pytester: pytest.Pytester, home: Path) -> None:
    pytester.makepyfile(TESTS)
    result = _run(pytester, home)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*0.5 = <prueba: honest 0.50*dos dishonest>.honest"])


def test_the_cases_of_a_suite_are_tests_and_those_that_fail_say_why(pytester: pytest.Pytester, home: Path) -> None:
    result = _run(pytester, home, "--voz-suite=prueba.yaml")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*prueba: dos*", "reply:*4,90 €*", "dishonest: never:*4,90 €*"])


def test_one_case_is_chosen_by_its_name_and_other_tests_run_too(pytester: pytest.Pytester, home: Path) -> None:
    pytester.makepyfile("def test_other(): pass")
    _run(pytester, home, "--voz-suite=prueba.yaml", "-k", "uno or other").assert_outcomes(passed=2, deselected=1)


def test_a_suite_with_a_mistake_is_named_by_file_line_and_field(pytester: pytest.Pytester, home: Path) -> None:
    (pytester.path / "mal.yaml").write_text("suite: mal\ncases:\n  - {id: a, mesage: hola, message: hola}\n", "utf-8")
    result = _run(pytester, home, "--voz-suite=mal.yaml")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*mal.yaml*3*mesage*"])


def test_a_run_of_pytest_that_asks_for_no_suite_imports_nothing_of_voz() -> None:
    """The plugin is loaded by every pytest where voz is installed."""
    code = (
        "import sys, json, pytest; before = set(sys.modules); import voz.evaluate.pytest_plugin;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == {"voz", "voz.evaluate", "voz.evaluate.pytest_plugin"}
