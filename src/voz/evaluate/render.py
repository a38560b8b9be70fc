"""A report as a page that works offline, as JSON, as JUnit XML and as a summary for a pull request.

Text of customers, documents and models is data in all four: escaped in the page (which runs only the one script that
its policy names by hash), without what XML cannot hold, and inside code spans in the summary.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup

from voz.evaluate.compare import word_diff
from voz.evaluate.outcome import Interval
from voz.evaluate.report_types import MEASURES, SLICES, CaseReport, Report
from voz.words import words

_RUNS = re.compile(r"`+")


class Segment(NamedTuple):
    """A stretch of a reply, how it is marked and why, and the sources cited where it ends."""

    text: str
    mark: str
    why: str
    numbers: tuple[int, ...]


class Choice(NamedTuple):
    """One drop-down of the page's filter: (value, how many cases have it), the commonest first."""

    name: str
    values: tuple[tuple[str, int], ...]


def to_json(report: Report) -> str:
    """The report itself; `report.report_schema` says what it holds."""
    return report.model_dump_json(indent=1) + "\n"


def to_html(report: Report) -> str:
    """One file that needs no other and no network."""
    return str(_environment().get_template("report.html.jinja").render(_values(report)))


def to_markdown(report: Report) -> str:
    """A short summary for a pull request, with no link, no mention and no image in it."""
    text = str(_environment().get_template("summary.md.jinja").render(_values(report)))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def to_junit(report: Report) -> str:
    """One `testsuite` per suite, one `testcase` per case, whose repeats count together."""
    root = ElementTree.Element("testsuites", name="voz eval")
    for suite in report.suites:
        own = [case for case in report.cases if case.suite == suite.group.name]
        by_case: dict[str, list[CaseReport]] = {}
        for case in own:
            by_case.setdefault(case.case, []).append(case)
        node = ElementTree.SubElement(root, "testsuite", name=suite.group.name)
        verdicts = Counter(_testcase(node, repeats, suite.thresholds) for repeats in by_case.values())
        node.attrib |= {"tests": str(len(by_case)), "time": f"{sum(case.seconds for case in own):.3f}"}
        node.attrib |= {name: str(verdicts[name[:-1]]) for name in ("failures", "errors")}
        node.attrib["skipped"] = str(verdicts["skipped"])
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _testcase(suite: ElementTree.Element, repeats: list[CaseReport], thresholds: dict[Any, float]) -> str:
    """Adds the case and says what became of it: error before failure before skipped."""
    first, seconds = repeats[0], sum(case.seconds for case in repeats)
    node = ElementTree.SubElement(suite, "testcase", classname=first.suite, name=first.case, time=f"{seconds:.3f}")
    told = {
        "error": [(case, case.error or "") for case in repeats if case.status == "error"],
        "failure": [
            (c, why) for c in repeats if c.status in ("dishonest", "below") for why in reasons_of(c, thresholds)
        ],
        "skipped": [(case, "not scored") for case in repeats if case.status == "unscored"],
    }
    for verdict, reasons in told.items():
        if reasons:
            lines = [f"repeat {case.repeat}: {why}" if len(repeats) > 1 else why for case, why in reasons]
            child = ElementTree.SubElement(node, verdict, message=lines[0])
            reply = next((case.reply for case, _ in reasons if case.reply), None)
            child.text = "\n".join([*lines, "", f"reply: {reply}"] if reply else lines)
            if verdict == "failure":
                child.set("type", "dishonest" if any(case.status == "dishonest" for case, _ in reasons) else "below")
            return verdict
    return "passed"


def reasons_of(case: CaseReport, thresholds: Mapping[Any, float]) -> Iterator[str]:
    """Why a case did not pass, one line a reason; nothing for one that did."""
    if case.status == "dishonest":
        gates = [grade for grade in case.grades if grade.gates and grade.score == 0]
        yield "dishonest: " + ("; ".join(f"{g.grader}: {g.reason}" if g.reason else g.grader for g in gates) or "gated")
    for dimension in case.below:
        graded = [(g.score, g) for g in case.grades if g.dimension == dimension and g.score is not None and g.score < 1]
        graded.sort(key=lambda pair: pair[0])
        why = "; ".join(f"{g.grader} {score:.2f}{f': {g.reason}' if g.reason else ''}" for score, g in graded)
        yield f"{dimension} {case.dimensions[dimension]:.2f} is below {thresholds[dimension]:.2f} ({why})"


def segments(case: CaseReport) -> tuple[Segment, ...]:
    """The reply, cut wherever a finding or a grade's quotation begins or ends; together they are the reply."""
    reply = case.reply or ""
    marks: list[tuple[int, int, str, str]] = [(f.start, f.end, f.severity, f.detail) for f in case.findings]
    marks += [(*g.span, "bad" if g.score < 0.5 else "good", f"{g.grader}: {g.reason}")
              for g in case.grades if g.span and g.score is not None]  # fmt: skip
    marks = [mark for mark in marks if 0 <= mark[0] < mark[1] <= len(reply)]
    cited = {one.end: one.numbers for one in case.citations if 0 < one.end <= len(reply)}
    cuts = sorted({0, len(reply), *cited, *(mark[0] for mark in marks), *(mark[1] for mark in marks)})
    found = []
    for left, right in pairwise(cuts):
        over = [mark for mark in marks if mark[0] <= left and right <= mark[1]]
        kind = min((mark[2] for mark in over), key=("block", "bad", "warn", "good").index, default="")
        why = " · ".join(dict.fromkeys(mark[3] for mark in over))
        found.append(Segment(reply[left:right], kind, why, cited.get(right, ())))
    return tuple(found)


def whisker(now: Interval | None, before: float | None = None, limit: float | None = None, span: float = 0) -> Markup:
    """A figure with its interval on a scale from 0 to 1, or from -span to span; hollow: the figure before.

    Places are shares of the width, so that the plot is as wide as the page lets it, and its strokes stay thin.
    """
    if now is None:
        return Markup("")
    low, wide = (-span, 2 * span) if span else (0.0, 1.0)

    def at(value: float) -> str:
        return f"{100 * min(1.0, max(0.0, (value - low) / wide)):.2f}%"

    label = f"{now.value:.2f} ({now.low:.2f} – {now.high:.2f})"
    frame = {"class": "plot", "width": "100%", "height": "16", "role": "img", "aria-label": label}
    svg = ElementTree.Element("svg", frame)
    ElementTree.SubElement(svg, "title").text = label
    _line(svg, "axis", "0%", "100%", 8, 8)
    for place in ("0%", "50%", "100%"):
        _line(svg, "zero" if span and place == "50%" else "grid", place, place, 4, 12)
    if limit is not None:
        _line(svg, "limit", at(limit), at(limit), 1, 15)
    _line(svg, "range", at(now.low), at(now.high), 8, 8)
    if before is not None:
        ElementTree.SubElement(svg, "circle", {"class": "was", "cx": at(before), "cy": "8", "r": "4"})
    ElementTree.SubElement(svg, "circle", {"class": "dot", "cx": at(now.value), "cy": "8", "r": "4"})
    return Markup(ElementTree.tostring(svg, encoding="unicode"))  # numbers only: nothing in it was written by anybody


def _line(svg: ElementTree.Element, kind: str, x1: str, x2: str, y1: int, y2: int) -> None:
    ElementTree.SubElement(svg, "line", {"class": kind, "x1": x1, "x2": x2, "y1": str(y1), "y2": str(y2)})


def choices(report: Report) -> tuple[Choice, ...]:
    """What the page can be filtered by; a drop-down with a single value is left out."""
    cases = report.cases
    others = {name for case in cases for name in case.slices if re.fullmatch("[a-z_]+", name)} - {
        "suite",
        "tag",
        "status",
    }
    names = [*SLICES, *sorted(others - set(SLICES))]  # they become names of attributes
    counted = [("suite", Counter(case.suite for case in cases))]
    counted += [(name, Counter(case.slices.get(name, "") for case in cases)) for name in names]
    counted += [("tag", Counter(tag for case in cases for tag in case.tags))]
    counted += [("status", Counter(case.status for case in cases))]
    ordered = ((name, tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))) for name, found in counted)
    return tuple(Choice(name, values) for name, values in ordered if len(values) > 1)


def _values(report: Report) -> dict[str, Any]:
    found = (*report.comparison.overall, *report.comparison.slices) if report.comparison else ()
    ends = [abs(end) for one in found if not one.axis for end in (one.difference.low, one.difference.high)]
    return {
        "span": max([0.05, *ends]),
        "was": {(one.axis, one.group, one.measure): one.before for one in found},
        "report": report, "measures": MEASURES, "choices": choices(report), "told": words("es"), "segments": segments,
        "word_diff": word_diff, "whisker": whisker,
        "places": {case.key[:2]: n for n, case in reversed([*enumerate(report.cases, 1)])},
    }  # fmt: skip


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = str(files("voz") / "data" / "evaluate")
    made = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=lambda name: bool(name) and str(name).endswith(".html.jinja"),
    )  # fmt: skip
    made.filters |= {"num": _number, "share": _share, "signed": _signed, "code": _code, "sha256": _sha256, "day": _day}
    return made


def _number(value: float | None) -> str:
    """As Spanish writes it: 0,83."""
    return "—" if value is None else f"{round(value, 2) + 0.0:.2f}".replace(".", ",").replace("-", "−")


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}".replace(".", ",").replace("-", "−")


def _share(value: float) -> str:
    return f"{100 * value:.0f}\N{NO-BREAK SPACE}%"


def _day(value: str | None) -> str:
    return "/".join(reversed(value.split("-"))) if value and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value or ""


def _code(value: object) -> str:
    """Anything at all as a code span of one line, wherever in Markdown it stands, a table too."""
    text = " ".join(str(value).split()).replace("|", "¦")
    fence = "`" * (1 + max(map(len, _RUNS.findall(text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`" if text else ""


def _sha256(value: Iterable[str]) -> str:
    """How a Content-Security-Policy names a script or a style."""
    return base64.b64encode(hashlib.sha256("".join(value).encode()).digest()).decode()
