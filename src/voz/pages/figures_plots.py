"""What the page of figures draws: each part of `voz.service.figures` as HTML of voz's own."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from voz.pages import frame
from voz.pages.charts import COLOURS, Plot, Series, bar_table, columns, lines
from voz.pages.frame import escaped
from voz.service.figures import Figures, Times, Wait
from voz.words import LANGUAGES, Words, words

BYS = ("all", "kind", "channel", "language", "topic")
SHOWN_ASKS = 20
UNITS = {"first_draft": 60, "first_answer": 3600}
"""Seconds of a minute and of an hour: drafts take minutes, answers hours."""


def number(value: float, told: Words, decimals: int = 0) -> str:
    """As people of the page's language write it."""
    text = f"{value:,.{decimals}f}"
    return text.replace(",", "\0").replace(".", told("decimal")).replace("\0", told("thousands"))


def lasting(time: dt.timedelta, told: Words) -> str:
    seconds = time.total_seconds()
    if seconds < 90 * 60:
        return told("minutes", n=number(seconds / 60, told, 1 if seconds < 600 and seconds % 60 else 0))
    if seconds < 48 * 3600:
        return told("hours", n=number(seconds / 3600, told, 1))
    return told("days", n=number(seconds / 86400, told, 1))


def label(by: str, value: str, told: Words, language: str) -> str:
    if not value:
        return told("unknown")
    return told.label("topics", value) if by == "topic" else words(language).label(by, value)


def starts(found: Figures) -> list[dt.date]:
    """Every day, or the Monday of every week, from the first to the last."""
    step = dt.timedelta(days=7 if found.step == "week" else 1)
    day = found.first - dt.timedelta(days=found.first.weekday()) if found.step == "week" else found.first
    days = []
    while day <= found.last:
        days.append(day)
        day += step
    return days


def volume_plot(found: Figures, by: str, told: Words, language: str) -> str:
    """Cases over time, by what they are; the rarest values are put together."""
    days = starts(found)
    places = tuple(day.strftime(told("short")) for day in days)
    cases: dict[tuple[dt.date, str], int] = {}
    sums: Counter[str] = Counter()
    for one in found.volume:
        if one.by == by:
            cases[one.start, one.value] = one.cases
            sums[one.value] += one.cases
    named = [value for value, _ in sums.most_common(COLOURS if len(sums) <= COLOURS else COLOURS - 1)]
    rest = [value for value in sums if value not in named]
    title = told("volume")
    series = [
        Series(title if by == "all" else label(by, value, told, language),
               tuple(cases.get((day, value), 0) for day in days))
        for value in named
    ]  # fmt: skip
    if rest:
        series.append(Series(told("others"), tuple(sum(cases.get((day, v), 0) for v in rest) for day in days)))
    each = [sum(one.values[n] or 0 for one in series) for n in range(len(days))]
    peak = max(range(len(days)), key=lambda n: each[n], default=0)
    said = told("volume_said", title=title, total=number(sum(each), told), most=number(max(each, default=0), told),
                when=places[peak] if places else "")  # fmt: skip
    plot = Plot(title, said, places, tuple(series), lambda v: number(v, told, 0 if v == round(v) else 1),
                told("see"), told("date"))  # fmt: skip
    return columns(plot) if days else ""


class Drawn:
    """The parts of the page for one set of figures."""

    def __init__(self, found: Figures, told: Words, language: str) -> None:
        self.found, self.told, self.language = found, told, language
        self.days = starts(found)
        self.places = tuple(day.strftime(told("short")) for day in self.days)

    def tiles(self) -> str:
        """The figures of the whole period, and how things stand now."""
        found, told = self.found, self.told
        whole = {one.what: one for one in found.times if one.start is None}
        did = next((one for one in found.approvals if one.start is None), None)
        overdue, waiting = found.waiting.get("overdue", 0), sum(
            count for name, count in found.waiting.items() if name != "overdue"
        )  # fmt: skip
        told_of = told("of", part=number(did.unchanged, told), all=number(did.approved, told)) if did else ""
        tiles = [
            ("received", number(found.received, told), "", False),
            ("first_draft", *self._wait(whole.get("first_draft")), False),
            ("first_answer", *self._wait(whole.get("first_answer")), False),
            ("unchanged", self._percent(did.share_unchanged) if did else "—", told_of, False),
            ("distance", self._percent(did.distance) if did else "—", "", False),
            ("overrides", number(did.overrides, told) if did else "—", "", False),
            ("open", number(waiting, told), "", False),
            ("overdue", number(overdue, told), "", overdue > 0),
            ("commitments", number(found.overdue_commitments, told), "", found.overdue_commitments > 0),
        ]
        parts = []
        for name, value, more, late in tiles:
            small = f"<small>{escaped(more)}</small>" if more else ""
            named = escaped(told(f"tiles.{name}"))
            if name == "commitments":
                named = f'<a href="{_commitments(self.language)}">{named}</a>'
            tone = ' class="late"' if late else ""
            parts.append(f"<div{tone}><dt>{named}</dt><dd>{escaped(value)}{small}</dd></div>")
        return f'<dl class="voz-tiles">{"".join(parts)}</dl>'

    def _wait(self, one: Times | None) -> tuple[str, str]:
        if one is None:
            return "—", ""
        return lasting(one.median, self.told), self.told("p90", time=lasting(one.p90, self.told))

    def _percent(self, share: float) -> str:
        return self.told("percent", n=number(share * 100, self.told, 0))

    def waits(self, what: Wait) -> str:
        """Median and ninetieth percentile of a wait, by when the case was opened."""
        told = self.told
        by_day = {one.start: one for one in self.found.times if one.what == what and one.start}
        if not by_day:
            return ""
        unit = UNITS[what]
        series = tuple(
            Series(told(f"series.{name}"), tuple(
                getattr(by_day[day], name).total_seconds() / unit if day in by_day else None for day in self.days
            ))
            for name in ("median", "p90")
        )  # fmt: skip
        return self._lines(told("draft_times" if what == "first_draft" else "times"), series, 1)

    def approvals(self) -> str:
        told = self.told
        by_day = {one.start: one for one in self.found.approvals if one.start}
        if not by_day:
            return ""
        shares = {
            "unchanged": tuple(by_day[day].share_unchanged * 100 if day in by_day else None for day in self.days),
            "distance": tuple(by_day[day].distance * 100 if day in by_day else None for day in self.days),
        }
        series = tuple(Series(told(f"series.{name}"), values) for name, values in shares.items())
        return self._lines(told("approvals"), series, 0, 100)

    def _lines(self, title: str, series: tuple[Series, ...], decimals: int, high: float | None = None) -> str:
        told = self.told

        def show(value: float) -> str:
            return number(value, told, 0 if value == round(value) else max(decimals, 1))

        first = series[0].known
        said = told("lines_said", title=title, series=series[0].name, first=show(first[0]), last=show(first[-1]),
                    low=show(min(first)), high=show(max(first)))  # fmt: skip
        return lines(Plot(title, said, self.places, series, show, told("see"), told("date")), high=high)

    def gaps(self, teams: dict[str, str]) -> str:
        """How many asks were left unanswered, by topic and by team."""
        told, parts = self.told, []
        head = f'<h2>{escaped(told("gaps"))}</h2><p class="hint">{escaped(told("gaps_hint"))}</p>'
        for by in ("topic", "team"):
            rows = [
                (told.label("topics", gap.value) if by == "topic" else teams.get(gap.value, gap.value)
                 or told("no_team"), float(gap.asks))
                for gap in self.found.gaps if gap.by == by
            ]  # fmt: skip
            if rows:
                named = told(f"gaps_{by}")
                parts.append(bar_table(named, (named, told("asks")), rows, lambda value: number(value, told)))
        return head + ("".join(parts) or f"<p>{escaped(told('no_gaps'))}</p>")

    def rising(self) -> str:
        told = self.told
        items = [
            told("rising_one", topic=told.label("topics", one.topic), recent=number(one.recent, told),
                 expected=number(one.expected, told, 1))
            for one in self.found.rising
        ]  # fmt: skip
        head = f'<h2>{escaped(told("rising"))}</h2><p class="hint">{escaped(told("rising_hint"))}</p>'
        listed = "".join(f"<li>{escaped(item)}</li>" for item in items)
        return head + (f"<ul>{listed}</ul>" if items else f"<p>{escaped(told('rising_none'))}</p>")

    def missing(self) -> list[tuple[str, str | None]]:
        """The latest asks that the knowledge did not answer, in the customers' words."""
        pieces: list[tuple[str, str | None]] = []
        for one in self.found.missing[:SHOWN_ASKS]:
            on = one.opened_at.strftime(self.told("short"))
            pieces += [(f"{one.code} · {on}", "plain"), (f" {frame.excerpt(one.ask, 300)}\n", None)]
        return pieces


def _commitments(language: str) -> str:
    return f"/commitments/{'' if language == LANGUAGES[0] else language + '/'}?view=overdue"
