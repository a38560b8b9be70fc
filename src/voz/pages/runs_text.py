"""Runs and their comparison as HTML of voz's own: numbers, dates, and names that are escaped."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from voz.evaluate.compare import MEASURES, Comparison, Difference
from voz.pages.charts import Plot, Series, lines, table
from voz.pages.frame import escaped
from voz.pages.runs_read import Summary
from voz.words import Words

PLOTTED = 30


def figure(value: float, told: Words, signed: bool = False) -> str:
    text = f"{value:+.3f}" if signed and round(value, 3) else f"{abs(value) if not round(value, 3) else value:.3f}"
    return text.replace(".", told("decimal")).replace("-", "−")


def run_name(one: Summary, told: Words, zone: str) -> str:
    """«23/11/2026 06:39 · messages, tone · extractivo · total 0,912»"""
    when = one.started.astimezone(ZoneInfo(zone)).strftime(told("when")) if one.started else one.id
    parts = [when, ", ".join(one.suites), told.label("writers", one.writer)]
    if one.means:
        parts.append(f"{told('measures.total').lower()} {figure(one.means.get('total', 0.0), told)}")
    else:
        parts.append(told("table.unscored"))
    return " · ".join(part for part in parts if part)


def runs_html(found: Sequence[Summary], told: Words, zone: str) -> str:
    """The scores over time, oldest first as plots are read, and every run as a table, newest first."""
    scored = [one for one in reversed(found) if one.means][-PLOTTED:]
    return (_plot(scored, told, zone) if len(scored) > 1 else "") + _table(found, told, zone)


def _plot(scored: Sequence[Summary], told: Words, zone: str) -> str:
    places = tuple(
        one.started.astimezone(ZoneInfo(zone)).strftime(told("short")) if one.started else one.id for one in scored
    )
    series = tuple(
        Series(told(f"measures.{measure}"), tuple(one.means.get(measure) for one in scored))
        for measure in MEASURES
        if any(measure in one.means for one in scored)
    )
    least = min(min(one.known) for one in series)
    low = 0.0 if least < 0.5 else 0.5 if least < 0.8 else 0.8
    said = [
        told("plot_said", measure=one.name, first=figure(one.known[0], told), last=figure(one.known[-1], told))
        for one in series
    ]
    title = told("plot")
    plot = Plot(title, f"{title}. {'; '.join(said)}", places, series, lambda value: figure(value, told),
                told("table.see"), told("table.run"))  # fmt: skip
    return lines(plot, low, 1.0)


def _table(found: Sequence[Summary], told: Words, zone: str) -> str:
    heads = [told(f"table.{name}") for name in ("run", "suites", "writer", "cases")]
    heads += [told(f"measures.{measure}") for measure in MEASURES]
    rows = []
    for one in found:
        when = one.started.astimezone(ZoneInfo(zone)).strftime(told("when")) if one.started else one.id
        state = "" if one.finished else f" ({told('table.unfinished')})"
        scores = [figure(one.means[m], told) if m in one.means else "" for m in MEASURES]
        if not one.means:
            scores[-1] = told("table.unscored")
        name = told.label("writers", one.writer)
        rows.append([escaped(part) for part in (when + state, ", ".join(one.suites), name, str(one.cases), *scores)])
    summary = escaped(told("table.show"))
    return (
        f'<details class="voz-fold"><summary>{summary}</summary>'
        f"{table(told('table.show'), heads, rows, 1 + len(MEASURES))}</details>"
    )


def compared_html(found: Comparison, told: Words) -> str:
    """Better, worse or tied for each measure, then the parts of the cases where one is."""
    names = ("measure", "verdict", "before", "after", "difference", "range", "moved")
    rows = [
        [
            escaped(told(f"measures.{one.measure}")), _verdict(one, told), figure(one.before, told),
            figure(one.after, told), figure(one.difference.value, told, True),
            f"{figure(one.difference.low, told, True)} … {figure(one.difference.high, told, True)}",
            f"{one.fell} / {one.rose}",
        ]
        for one in found.overall
    ]  # fmt: skip
    about = told("compared", cases=found.cases, conversations=found.conversations)
    alone = len(found.only_before) + len(found.only_after)
    if alone:
        about += f" {told('left_out', n=alone)}"
    parts = [table(told("compare"), [told(f"differences.{name}") for name in names], rows, 5)]
    parts.append(f'<p class="hint">{escaped(about)}</p>')
    apart = [one for one in found.slices if one.verdict != "tied"]
    if apart:
        items = "".join(f"<li>{escaped(_slice(one, told))}</li>" for one in apart)
        parts.append(f"<p>{escaped(told('slices'))}</p><ul>{items}</ul>")
    return "".join(parts)


def _verdict(one: Difference, told: Words) -> str:
    return f'<span class="voz-{one.verdict}">{escaped(told(f"verdict.{one.verdict}"))}</span>'


def _slice(one: Difference, told: Words) -> str:
    return told("slice", measure=told(f"measures.{one.measure}"), axis=told.label("axes", one.axis), group=one.group,
                verdict=told(f"verdict.{one.verdict}"), before=figure(one.before, told),
                after=figure(one.after, told), cases=one.cases)  # fmt: skip
