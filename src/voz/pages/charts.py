"""Plots as inline SVG, drawn from numbers, each with its table: nothing is fetched, no script runs, light and dark.

Words and dates stand beside the drawing as HTML, so that they keep their size on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from voz.pages.frame import escaped

COLOURS = 8
LABELS = 6
Show = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    name: str
    values: tuple[float | None, ...]
    """One for each place on the axis; None: there is nothing to show there."""

    @property
    def known(self) -> list[float]:
        return [value for value in self.values if value is not None]


@dataclass(frozen=True)
class Plot:
    title: str
    said: str
    """What the drawing shows, for who does not see it."""
    places: tuple[str, ...]
    """What stands below the axis: days, weeks, runs."""
    series: tuple[Series, ...]
    show: Show
    table: str
    """What opens the table of the same numbers."""
    head: str
    """Of the first column of the table."""


def columns(plot: Plot) -> str:
    """Columns from zero, one series upon the other."""
    sums = [sum(one.values[n] or 0 for one in plot.series) for n in range(len(plot.places))]
    top = nice_top(max(sums, default=0))
    width, drawn = 100 / max(len(plot.places), 1), []
    for n, place in enumerate(plot.places):
        below = 0.0
        for number, one in enumerate(plot.series):
            value = one.values[n] or 0
            if value:
                y, height = 100 - (below + value) / top * 100, value / top * 100
                named = f"{one.name}: " if len(plot.series) > 1 else ""
                tip = f"<title>{escaped(f'{place} · {named}{plot.show(value)}')}</title>"
                drawn.append(
                    f'<rect x="{n * width + width * 0.08:.3f}" y="{y:.3f}" width="{width * 0.84:.3f}" '
                    f'height="{height:.3f}" fill="var(--s{number % COLOURS})">{tip}</rect>'
                )
            below += value
    return _figure(plot, "".join(drawn), 0, top, width / 2)


def lines(plot: Plot, low: float = 0.0, high: float | None = None) -> str:
    """A line for each series; it goes on over places where there is nothing to show."""
    top = high if high is not None else nice_top(max((max(one.known, default=0) for one in plot.series), default=0))
    width, drawn = 100 / max(len(plot.places), 1), []
    for number, one in enumerate(plot.series):
        points = [
            (n * width + width / 2, 100 - (value - low) / (top - low) * 100, n, value)
            for n, value in enumerate(one.values) if value is not None
        ]  # fmt: skip
        path = " ".join(f"{x:.3f},{y:.3f}" for x, y, _, _ in points)
        colour = f"var(--s{number % COLOURS})"
        drawn.append(f'<polyline class="line" points="{path}" stroke="{colour}"/>')
        for x, y, n, value in points:
            tip = escaped(f"{plot.places[n]} · {one.name}: {plot.show(value)}")
            drawn.append(f'<path class="dot" d="M{x:.3f} {y:.3f}h0.001" stroke="{colour}"><title>{tip}</title></path>')
    return _figure(plot, "".join(drawn), low, top, width / 2)


def bar_table(caption: str, heads: tuple[str, str], rows: Sequence[tuple[str, float]], show: Show) -> str:
    """Names with a number and a bar each: table and drawing in one."""
    most = max((number for _, number in rows), default=0) or 1
    body = "".join(
        f'<tr><th scope="row">{escaped(name)}</th><td class="n">{escaped(show(number))}</td>'
        f'<td class="bar"><i style="width:{number / most * 100:.1f}%"></i></td></tr>'
        for name, number in rows
    )
    head = f'<th scope="col">{escaped(heads[0])}</th><th scope="col" class="n">{escaped(heads[1])}</th><td></td>'
    return f'<table class="voz-table"><caption>{escaped(caption)}</caption><tr>{head}</tr>{body}</table>'


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> str:
    """Cells that are escaped already, the last `numbers` columns to the right."""
    first = len(heads) - numbers

    def cell(name: str, place: int, text: str, more: str = "") -> str:
        align = ' class="n"' if place >= first else ""
        return f"<{name}{more}{align}>{text}</{name}>"

    head = "".join(cell("th", n, escaped(text), ' scope="col"') for n, text in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(cell("th" if n == 0 else "td", n, text, ' scope="row"' if n == 0 else "")
                         for n, text in enumerate(row)) + "</tr>" for row in rows
    )  # fmt: skip
    named = escaped(caption)
    return (
        f'<div class="voz-wide" tabindex="0" role="region" aria-label="{named}">'
        f'<table class="voz-table"><caption>{named}</caption><tr>{head}</tr>{body}</table></div>'
    )


def nice_top(value: float) -> float:
    """A round number that is not below the value."""
    if value < 1e-9:
        return 1.0
    unit = 10.0 ** floor(log10(value))
    for step in (1, 2, 4, 5, 6, 8, 10):
        if value <= step * unit:
            return float(step * unit)
    return 10 * unit


def _figure(plot: Plot, drawn: str, low: float, top: float, half: float) -> str:
    grid = "".join(f'<line class="grid" x1="0" x2="100" y1="{y}" y2="{y}"/>' for y in (0, 50, 100))
    scale = "".join(f"<span>{escaped(plot.show(value))}</span>" for value in (top, (top + low) / 2, low))
    return (
        f'<figure class="voz-plot"><figcaption>{escaped(plot.title)}</figcaption>{_legend(plot)}'
        f'<div class="area"><div class="y" aria-hidden="true">{scale}</div>'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="{escaped(plot.said)}">'
        f'{grid}{drawn}</svg><div class="x" aria-hidden="true">{_places(plot.places, half)}</div></div>'
        f"<details><summary>{escaped(plot.table)}</summary>{_numbers(plot)}</details></figure>"
    )


def _legend(plot: Plot) -> str:
    if len(plot.series) < 2:
        return ""
    items = "".join(
        f'<li><i style="background:var(--s{n % COLOURS})"></i>{escaped(one.name)}</li>'
        for n, one in enumerate(plot.series)
    )
    return f'<ul class="legend">{items}</ul>'


def _places(places: Sequence[str], half: float) -> str:
    found = []
    for n in range(0, len(places), max(ceil(len(places) / LABELS), 1)):
        at = n / len(places) * 100 + half
        edge = ' class="first"' if at < 4 else ' class="last"' if at > 96 else ""
        found.append(f'<span{edge} style="left:{at:.2f}%">{escaped(places[n])}</span>')
    return "".join(found)


def _numbers(plot: Plot) -> str:
    rows = [
        [escaped(place), *(escaped(plot.show(v)) if (v := one.values[n]) is not None else "" for one in plot.series)]
        for n, place in enumerate(plot.places)
        if any(one.values[n] for one in plot.series)
    ]
    return table(plot.title, [plot.head, *(one.name for one in plot.series)], rows, len(plot.series))
