"""Reports: the figures, the page (also in a real browser), JSON, JUnit XML and the summary, with hostile texts."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from headless import CHROMIUM
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.case import Ask, AskEvidence, Case, Draft, Evidence, Finding, Message, Passage, Sentence, ThreadMessage, Triage
from voz.errors import SuiteError
from voz.evaluate.cards import Card
from voz.evaluate.compare import compare
from voz.evaluate.gate import baseline_of, gate
from voz.evaluate.outcome import Grade, Interval, Outcome, Scored
from voz.evaluate.render import segments, to_html, to_json, to_junit, to_markdown
from voz.evaluate.report import build_report, report_schema
from voz.evaluate.report_types import CaseReport, Report
from voz.evaluate.statistics import wilson
from voz.evaluate.suite import EvalCase, Expected, Fact, Suite
from voz.wire import case_to_json

DAY = dt.date(2026, 11, 23)
FACT = "Tienes 30 días desde la entrega."
REPLY = f"Hola, Ana:\n\n{FACT}\n\nUn saludo"
EVIL = (
    "</details><script>window.hit=1</script><img src=x onerror='window.hit=1'><svg onload=window.hit=1>"
    '" onmouseover="window.hit=1" {{ 7*7 }} {% raw %} `x` ](http://evil.example) | @team #1 '
    "<!-- ]]> &amp; שלום \u202eRTL"
)
CONTROL = "\x00\x07\x1b\uffff"


def message(text: str = "¿Cuánto plazo tengo?", **more: Any) -> Message:
    return Message.model_validate({"id": "m", "text": text, "author": "Ana", **more})


def outcome(suite: str, case: str, *, reply: str | None = REPLY, fact: str = FACT, **more: Any) -> Outcome:
    """What `voz draft` would give for one fact that is cited."""
    passage = Passage(
        id="p1", source=more.pop("source", "plazos.md"), heading=more.pop("heading", "Plazos"),
        text=more.pop("clause", "El plazo es de 30 días."), valid_from=dt.date(2026, 1, 1),
        valid_until=more.pop("until", None), regions=("peninsula",),
    )  # fmt: skip
    other = passage.model_copy(update={"id": "p2", "heading": "No citado"})
    ask = Ask(text="¿Cuánto plazo tengo?", start=0, end=5, query="plazo")
    start = (reply or "").find(fact)
    drafted = Case(
        message=message(), today=DAY,
        triage=Triage(kind="question", route="draft", language="es", asks=(ask,), reasons=more.pop("reasons", ())),
        evidence=Evidence(asks=(AskEvidence(ask=ask, passages=(passage, other)),)),
        draft=Draft(reply=reply, sentences=(
            Sentence(text=fact, kind="fact", citations=("p1",), start=start, end=start + len(fact)),
        ) if reply else ()),
        findings=more.pop("findings", ()),
    )  # fmt: skip
    return Outcome(suite=suite, case=case, key="k", draft=case_to_json(drafted), seconds=0.5, **more)


def scored(suite: str, case: str, total: float | None = 1.0, *, honest: bool = True, **more: Any) -> Scored:
    usual = (
        Grade(dimension="accuracy", grader="facts", score=total, reason="lo dice"),
        Grade(dimension="accuracy", grader="support", score=float(honest), reason="la cifra no consta", gates=True),
        Grade(dimension="tone", grader="rubric", score=None, judge="qwen", reason="no contestó"),
    )
    return Scored(
        suite=suite, case=case, conversation=case, grades=more.pop("grades", usual), honest=honest,
        slices=more.pop("slices", {"kind": "question", "channel": "email"}),
        dimensions={} if total is None else {"accuracy": total}, total=total if total is None or honest else 0.0,
        **more,
    )  # fmt: skip


def suite(name: str, *cases: str, **more: Any) -> Suite:
    made = [EvalCase(id=case, message=message(), tags=("plazo",)) for case in cases]
    return Suite(suite=name, cases=tuple(made), thresholds={"accuracy": 0.6}, **more)


def small() -> tuple[list[Suite], list[Outcome], list[Scored]]:
    """Five outcomes: passed, below, dishonest, broken, not scored."""
    outcomes = [outcome("honesty", name) for name in ("good", "poor", "false")]
    outcomes += [outcome("tone", "broken", reply=None, error="ModelError: no\x1b answer"), outcome("tone", "bare")]
    marks = [
        scored("honesty", "good"),
        scored("honesty", "poor", 0.25, slices={"kind": "complaint", "region": "canarias"}),
    ]
    marks += [scored("honesty", "false", 0.9, honest=False), scored("tone", "broken", None, grades=())]
    return [suite("honesty", "good", "poor", "false"), suite("tone", "broken", "bare")], outcomes, marks


def test_the_figures_are_those_of_the_scores() -> None:
    report = build_report({"id": "r1"}, *small())
    assert [case.status for case in report.cases] == ["passed", "below", "dishonest", "error", "unscored"]
    accuracy = report.overall.means["accuracy"]
    assert accuracy.value == pytest.approx((1 + 0.25 + 0.9) / 3)
    assert accuracy.low < accuracy.value < accuracy.high
    assert report.overall.means["total"].value == pytest.approx((1 + 0.25 + 0) / 3)
    assert report.overall.honest == wilson(2, 3)  # what was not scored is not a share of anything
    assert "tone" not in report.overall.means
    honesty, tone = report.suites
    assert (honesty.group.cases, tone.group.errors, tone.group.means) == (3, 1, {})
    assert honesty.below == ()
    kinds = {group.name: group for group in report.slices["kind"]}
    assert kinds["complaint"].means["total"].value == 0.25
    assert kinds["question"].cases == 4  # those without a score say themselves what they are
    assert {group.name for group in report.slices["region"]} == {"canarias", ""}


def test_a_suite_below_its_threshold_and_weights() -> None:
    marks = [scored("honesty", "good", 0.7, weight=1.0), scored("honesty", "poor", 0.3, weight=3.0)]
    outcomes = [outcome("honesty", "good"), outcome("honesty", "poor")]
    found = build_report({}, [suite("honesty", "good", "poor")], outcomes, marks).suites[0]
    assert found.group.means["accuracy"].value == pytest.approx(0.4)
    assert found.below == ("accuracy",)


def test_graders_stand_beside_their_cards_and_unscored_is_not_zero() -> None:
    at = Interval(value=0.6, low=0.5, high=0.7, n=90)
    card = Card(grader="support", data="RAGTruth", n=90, auroc=at, lead=at, baseline="length", baseline_auroc=0.55,
                kappa=Interval(value=0.1, low=-0.05, high=0.2, n=90), date=DAY, voz="0")  # fmt: skip
    worse = card.model_copy(update={"data": "SummEdits", "lead": Interval(value=-0.1, low=-0.2, high=0.0, n=9)})
    report = build_report({}, *small(), [card, worse])
    rows = {row.grader: row for row in report.graders}
    assert rows["support"].gates
    assert (rows["support"].scored, rows["support"].failed) == (3, 1)
    assert rows["support"].card is not None
    assert rows["support"].card.data == "SummEdits"  # the least favourable
    assert rows["facts"].card is None
    assert (rows["rubric"].mean, rows["rubric"].unscored, rows["rubric"].judge) == (None, 3, "qwen")
    page = to_html(report)
    assert "AUROC" in page
    assert "(−0,05 – 0,20)" in page
    assert "sin calibrar" in page


def test_repeats_count_as_one_case() -> None:
    outcomes = [outcome("tone", "one", repeat=n) for n in range(3)] + [
        outcome("tone", "two", repeat=n) for n in range(3)
    ]
    marks = [
        scored("tone", case, 1.0, repeat=n, honest=(case, n) != ("two", 2)) for case in ("one", "two") for n in range(3)
    ]
    report = build_report({}, [suite("tone", "one", "two")], outcomes, marks)
    assert report.overall.repeats is not None
    assert (report.overall.repeats.k, report.overall.repeats.all_pass, report.overall.repeats.flaky) == (3, 0.5, 0.5)
    assert report.overall.honest == wilson(1, 2)
    root = ElementTree.fromstring(to_junit(report))
    assert [case.get("name") for case in root.iter("testcase")] == ["one", "two"]
    (failure,) = root.iter("failure")
    assert (failure.get("message") or "").startswith("repeat 2: dishonest: support: la cifra no consta")


def test_the_reply_is_marked_and_its_sources_are_given_with_their_validity() -> None:
    start = REPLY.index("30 días")
    finding = Finding(check="figures", severity="block", start=start, end=start + 7, detail="no consta")
    over = Grade(dimension="tone", grader="human", score=0.0, reason="de molde", span=(0, 10))
    ends = Finding(check="unanswered", severity="warn", start=len(REPLY), end=len(REPLY), detail="[falta: plazo]")
    drafted = outcome("tone", "one", findings=(finding, ends), until=dt.date(2026, 6, 1))
    report = build_report({}, [suite("tone", "one")], [drafted], [scored("tone", "one", grades=(over,))])
    case = report.cases[0]
    parts = segments(case)
    assert "".join(part.text for part in parts) == REPLY
    assert [(part.text, part.mark, part.why) for part in parts if part.mark] == [
        ("Hola, Ana:", "bad", "human: de molde"), ("30 días", "block", "no consta")
    ]  # fmt: skip
    assert [part.text[-10:] for part in parts if part.numbers == (1,)] == [FACT[-10:]]
    assert [(source.heading, source.in_force) for source in case.sources] == [("Plazos", False)]
    page = to_html(report)
    assert '<mark class="block" title="no consta">30 días</mark>' in page
    assert "fuera de vigor" in page
    assert "desde 01/01/2026 hasta 01/06/2026" in page
    assert "[falta: plazo]" in page
    assert "No citado" not in page


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45), st.sampled_from(["block", "warn"])), max_size=6),
)
def test_no_mark_loses_a_character_of_the_reply(reply: str, spans: list[tuple[int, int, Any]]) -> None:
    findings = tuple(Finding(check="c", severity=how, start=a, end=b, detail="d") for a, b, how in spans)
    case = CaseReport(suite="s", case="c", repeat=0, status="passed", below=(), message=message(), tags=(), slices={},
                      reply=reply, findings=findings)  # fmt: skip
    assert "".join(part.text for part in segments(case)) == reply


def hostile() -> Report:
    """Every text that others write, poisoned."""
    evil = EVIL + CONTROL
    reply = f"{CONTROL}{FACT} {EVIL}"
    start = reply.index(FACT)
    finding = Finding(check="x", severity="block", start=start, end=start + len(FACT), detail=evil)
    wanted = Expected(state=(Fact(fact=evil, any=("a",)),), never=(Fact(fact=evil, any=("b",)),), rubric=evil)
    asked = EvalCase(
        id="one", tags=(evil,), expect=wanted,
        message=message(evil, author=evil, region=evil, language=evil, thread=(ThreadMessage(text=evil, author=evil),)),
    )  # fmt: skip
    found = Suite(suite="tone", description=evil, cases=(asked, asked.model_copy(update={"id": "two"})))
    grades = (Grade(dimension="accuracy", grader=evil, score=0.0, reason=evil, judge=evil, gates=True, span=(0, 9)),)
    made = [
        outcome(
            "tone", "one", reply=reply, findings=(finding,), source=evil, heading=evil, clause=evil, reasons=(evil,)
        )
    ]
    made += [outcome("tone", "two", reply=None, error=evil)]
    slices = {"kind": evil, "channel": "email", 'x" onload="hit': evil, "region": evil}
    now = [scored("tone", "one", 0.9, honest=False, grades=grades, slices=slices)]
    old = [scored("tone", "one", 1.0, slices=slices)]
    card = Card(grader=EVIL, data=evil, n=9, baseline=evil, notes=(evil,), date=DAY, voz=evil)
    verdict = gate(now, baseline_of(old, {"writer": "extractive"}))
    return build_report(
        {"id": evil, "model": evil}, [found], made, now, [card], gate=verdict,
        before=[outcome("tone", "one", reply=f"Antes {evil}")], before_scored=old,
    )  # fmt: skip


class Tags(HTMLParser):
    """What a browser would make of the page: its tags, attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_hostile_texts_stay_texts_in_the_page() -> None:
    page = to_html(hostile())
    page.encode()
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", page)
    seen = Tags(page)
    assert seen.tags.count("script") == 1
    assert not {"img", "iframe", "object", "link", "base"} & set(seen.tags)
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name == "style"]
    assert {value for name, value in seen.attributes if name in ("href", "src")} == {"#c-1"}
    assert "window.hit=1</script><img" in "".join(seen.texts)  # shown, not swallowed
    assert "{{ 7*7 }}" in page
    assert seen.tags.count("details") >= 2
    assert page.count('<details class="case') == 2


def test_the_page_allows_its_own_script_and_style_and_nothing_else() -> None:
    page = to_html(build_report({}, *small()))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert "http://" not in page
    assert "https://" not in page


def test_hostile_texts_in_json_junit_and_markdown() -> None:
    report = hostile()
    assert Report.model_validate_json(to_json(report)) == report
    root = ElementTree.fromstring(to_junit(report))
    (failure,) = root.iter("failure")
    assert EVIL in (failure.text or "")
    assert failure.get("type") == "dishonest"
    assert len(list(root.iter("error"))) == 1
    summary = to_markdown(report)
    assert CONTROL[0] not in summary
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", summary)  # what is left when code spans are taken out
    assert not re.search(r"[<@#\[\]]|http", re.sub(r"^#+ ", "", outside, flags=re.MULTILINE))
    rows = [line for line in outside.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {8, 6}  # the two tables keep their columns


def test_junit_says_failures_errors_and_reasons() -> None:
    root = ElementTree.fromstring(to_junit(build_report({}, *small())))
    honesty, tone = root.findall("testsuite")
    assert (honesty.get("tests"), honesty.get("failures"), honesty.get("errors")) == ("3", "2", "0")
    assert (tone.get("tests"), tone.get("failures"), tone.get("errors"), tone.get("skipped")) == ("2", "0", "1", "1")
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("5", "2", "1", "1")
    by_name = {case.get("name"): case for case in root.iter("testcase")}
    assert list(by_name["good"]) == []
    assert by_name["poor"][0].get("message") == "accuracy 0.25 is below 0.60 (facts 0.25: lo dice)"
    assert by_name["poor"][0].get("type") == "below"
    assert by_name["false"][0].get("message") == "dishonest: support: la cifra no consta"
    assert by_name["broken"][0].tag == "error"
    assert by_name["broken"][0].get("message") == "ModelError: no\ufffd answer"
    assert by_name["bare"][0].tag == "skipped"


def compared() -> Report:
    names = [f"c{n}" for n in range(8)]
    old = [scored("tone", name, 0.9) for name in names]
    now = [scored("tone", name, 0.5) for name in names[:-1]] + [scored("tone", "c7", 0.9, honest=False)]
    before = [outcome("tone", name, reply=REPLY.replace("30 días", "dos meses")) for name in names]
    return build_report(
        {"id": "r2"}, [suite("tone", *names)], [outcome("tone", name) for name in names], now,
        comparison=compare(old, now), before=before, before_scored=old,
    )  # fmt: skip


def test_a_comparison_shows_verdicts_flips_and_both_replies() -> None:
    report = compared()
    assert {case.case: case.before.flip for case in report.cases if case.before}["c7"] == "worse"
    page = to_html(report)
    assert "<del>dos meses</del>" in page
    assert "<ins>30 días</ins>" in page
    assert '<span class="chip worse">peor</span>' in page
    assert "deja de ser honesta" in page
    summary = to_markdown(report)
    assert re.search(r"\| Exactitud \| 0,90 \| 0,55 \| −0,35 \(.*\) \| \*\*peor\*\* \|", summary)
    assert "- `tone/c7`: **deja de ser honesta**" in summary
    assert "- `tone/c0`: exactitud 0,90 → 0,50" in summary


def test_the_gate_is_shown_with_its_reasons_and_its_comparison() -> None:
    suites, outcomes, marks = small()
    old = [scored("honesty", name, 1.0) for name in ("good", "poor", "false")]
    verdict = gate(marks, baseline_of(old, {"writer": "extractive"}), suites)
    report = build_report({}, suites, outcomes, marks, gate=verdict)
    assert report.gate is not None
    assert not report.gate.passed
    assert report.comparison == verdict.comparison
    assert to_markdown(report).startswith("## Evaluación: no pasa\n")
    assert "honesty/false was honest in the baseline" in to_html(report)


def test_the_same_run_gives_the_same_report() -> None:
    one, other = (build_report({"id": "r"}, *small()) for _ in range(2))
    assert (to_html(one), to_json(one), to_junit(one)) == (to_html(other), to_json(other), to_junit(other))


def test_the_schema_names_every_field_of_the_json() -> None:
    schema = report_schema()
    json.dumps(schema)
    assert set(json.loads(to_json(build_report({}, *small())))) == set(schema["properties"])
    assert {"Interval", "CaseReport", "Card", "Comparison"} <= set(schema["$defs"])


def test_an_outcome_of_an_unknown_case_is_named() -> None:
    with pytest.raises(SuiteError, match="'gone' of 'tone'"):
        build_report({}, [suite("tone", "one")], [outcome("tone", "gone")], [])


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: the report was NOT opened")
def test_in_a_browser_it_filters_runs_nothing_foreign_and_fits_a_phone(browser: Any, tmp_path: Path) -> None:
    said: list[str] = []
    opened = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    opened.on("console", lambda line: said.append(line.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: request.url.startswith("file:") or said.append(request.url))
    for name, report in (("hostile", hostile()), ("small", build_report({}, *small())), ("compared", compared())):
        path = tmp_path / f"{name}.html"
        path.write_text(to_html(report), encoding="utf-8")
        opened.goto(path.as_uri())
        opened.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        assert opened.evaluate("window.hit") is None
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    shown = opened.locator("#shown")
    opened.select_option("[name=changed]", "=worse")
    assert shown.inner_text() == "8 casos"
    opened.select_option("[name=honest]", "=no")
    assert shown.inner_text() == "1 de 8 casos"
    opened.goto((tmp_path / "small.html").as_uri())
    opened.fill("[name=text]", "CIFRA plazo")
    assert shown.inner_text() == "3 de 5 casos"
    opened.click("button[type=reset]")
    opened.wait_for_function("document.getElementById('shown').textContent === '5 casos'")
    opened.select_option("[name=by-suite]", "=tone")
    assert shown.inner_text() == "2 de 5 casos"
    opened.select_option("[name=by-status]", "=error")
    assert opened.locator(".case:visible").count() == 1
    assert said == []
    opened.close()
