"""Suites from files: what is wrong is named by file, line and field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voz.errors import SuiteError
from voz.evaluate.loading import find_suites, load_suite
from voz.evaluate.suite import Suite

ROOT = Path(__file__).resolve().parents[2]
GOOD = """suite: prueba
cases:
  - id: uno
    message: {channel: chat, text: hola}
    expect:
      state:
        - {fact: 30 días, any: [30 días, un mes]}
      register: tú
  - id: dos
    message: ¿abrís mañana?
"""


def test_a_suite_is_read_with_its_cases(tmp_path: Path) -> None:
    path = tmp_path / "prueba.yaml"
    path.write_text(GOOD, encoding="utf-8")
    suite = load_suite(path)
    assert [case.id for case in suite.cases] == ["uno", "dos"]
    assert suite.cases[0].expect.state[0].any == ("30 días", "un mes")
    assert suite.cases[1].message.id == "dos"


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        (("register: tú", "register: tu"), "prueba.yaml:8: field 'cases.0.expect.register'", "did you mean 'tú'"),
        (("id: dos", "id: uno"), "prueba.yaml:9: field '1.id'", "already"),
        (("channel: chat", "canal: chat"), "prueba.yaml:4: field 'cases.0.message.canal'", "unknown"),
        (("channel: chat", "channel: fax"), "prueba.yaml:4: field 'cases.0.message.channel'", "'fax' is not one of"),
        (("fact: 30 días, any", "any"), "prueba.yaml:7: field 'cases.0.expect.state.0.fact'", "missing"),
        (("any: [30 días, un mes]", "any: []"), "prueba.yaml:7: field 'cases.0.expect.state.0.any'", "1 item"),
        (("expect:", "expected:"), "prueba.yaml:5: field 'cases.0.expected'", "did you mean 'expect'"),
        (("suite: prueba", "suite: Prueba Uno"), "prueba.yaml:1: field 'suite'", "small letters"),
    ],
)
def test_a_mistake_names_file_line_and_field(change: tuple[str, str], place: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "prueba.yaml"
    path.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(SuiteError) as error:
        load_suite(path)
    assert place in str(error.value)
    assert reason in str(error.value)


def test_cases_come_from_json_lines_and_csv(tmp_path: Path) -> None:
    lines = tmp_path / "casos.jsonl"
    lines.write_text(
        json.dumps({"id": "a", "message": {"text": "hola"}, "expect": {"kind": "question"}}) + "\n", "utf-8"
    )
    assert load_suite(lines).cases[0].expect.kind == "question"
    table = tmp_path / "casos.csv"
    table.write_text("id,text,channel,state,kind\nb,¿Cuánto tarda?,chat,3 días; tres días,question\n", "utf-8")
    (row,) = load_suite(table).cases
    assert (row.message.channel, [fact.fact for fact in row.expect.state]) == ("chat", ["3 días", "tres días"])


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("x.jsonl", '{"id": "a", "message": {"text": ""}}\n', "x.jsonl:1: field 'message.text'"),
        ("x.jsonl", "{}\nno es json\n", "x.jsonl:1"),
        ("x.jsonl", '{"id": "a", "message": "uno"}\n\n{"id": "a", "message": "dos"}\n', "x.jsonl:3: field 'id'"),
        ("x.csv", "id,text\na,uno\na,dos\n", "x.csv:3: field 'id'"),
        ("x.csv", "id,text,kind\na,hola,pregunta\n", "x.csv:2: field 'expect.kind'"),
        ("x.yaml", "", "x.yaml:1"),
        ("x.yaml", "cases: [", "x.yaml"),
        ("x.yaml", "- 1\n", "x.yaml:1"),
    ],
)
def test_any_bytes_give_an_error_that_names_the_place(name: str, content: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SuiteError) as error:
        load_suite(path)
    assert place in str(error.value)


def test_a_name_that_no_suite_has_gets_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "honesty.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(SuiteError, match="Did you mean honesty"):
        find_suites(["honesti"], tmp_path)
    assert find_suites([], tmp_path) == [tmp_path / "honesty.yaml"]


def test_the_shipped_suites_are_large_enough_and_no_two_messages_are_alike() -> None:
    suites: list[Suite] = [load_suite(path) for path in find_suites([], ROOT / "evals")]
    assert {suite.suite for suite in suites} >= {"honesty", "tone", "empathy", "languages", "channels", "crisis"}
    cases = [case for suite in suites for case in suite.cases]
    assert len(cases) >= 150
    texts = [" ".join(case.message.text.lower().split()) for case in cases]
    assert len(set(texts)) == len(texts)
    assert len({case.id for case in cases}) == len(cases)
    for case in cases:
        for fact in case.expect.state:
            assert fact.source is None or (ROOT / "knowledge" / fact.source).is_file(), (case.id, fact.source)


def test_an_accepted_case_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "candidates" / "suite"
    folder.mkdir(parents=True)
    (folder / "e1.json").write_text('{"id": "e1", "message": {"text": ""}}', encoding="utf-8")
    (path,) = find_suites(["accepted"], tmp_path)
    with pytest.raises(SuiteError, match=r"e1\.json:1: field 'message.text'"):
        load_suite(path)
