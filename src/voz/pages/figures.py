"""The page of figures: numbers and plots of a period, what the knowledge lacks, and that nobody stays unanswered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import gradio as gr

from voz.deadlines.calendar import calendar_for
from voz.door.asking import with_actor
from voz.errors import InputError
from voz.pages import frame
from voz.pages.figures_plots import BYS, Drawn, volume_plot
from voz.pages.frame import QUIET, Updates, say
from voz.pages.topic_words import topic_words
from voz.pages.unanswered import unanswered_html
from voz.service.actor import Actor
from voz.service.figures import Figures, figures
from voz.service.period import DAY, Period
from voz.service.reports import unanswered
from voz.service.service import Service
from voz.words import Words

PERIODS = ("week", "month", "quarter", "year", "all", "own")
DAYS = {"week": 7, "month": 30, "quarter": 90}
MOST_DAYS = 400
"""A longer period is shown by weeks."""


def period_named(name: str, first: str, last: str, today: dt.date, zone: str, told: Words) -> Period:
    """The period of a choice. Raises InputError, in the page's words, for what is not a day."""
    if name in DAYS:
        return Period(today - DAY * (DAYS[name] - 1), today, zone)
    if name == "year":
        return Period(today.replace(month=1, day=1), today, zone)
    if name == "all":
        return Period(None, today, zone)
    begin, end = _day(first, told), _day(last, told)
    if begin and end and end < begin:
        raise InputError(told("backwards"))
    return Period(begin, end or today, zone)


def _day(text: str, told: Words) -> dt.date | None:
    if not text.strip():
        return None
    try:
        found = dt.date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(told("no_day", text=text.strip()[:40])) from None
    if not dt.date(1971, 1, 1) <= found <= dt.date(9000, 1, 1):
        raise InputError(told("no_day", text=text.strip()[:40]))
    return found


def download(path: str, period: Period, step: str = "") -> str:
    """The address of a period's CSV; see voz.pages.downloads."""
    asked = [("from", period.first), ("to", period.last), ("step", step)]
    return f"{path}?" + "&".join(f"{name}={value}" for name, value in asked if value)


def build_figures(service: Service, language: str) -> Any:
    """The page in one language, as Gradio's Blocks."""
    return _Page(service, language).build()


class _Page:
    def __init__(self, service: Service, language: str) -> None:
        self.service, self.language = service, language
        self.told: Words = topic_words("page_figures", language)
        self.zone = calendar_for(service.desk.brand).timezone
        self.parts: dict[str, Any] = {}

    def build(self) -> Any:
        told, company, parts = self.told, self.service.desk.brand.voice.company, self.parts
        with gr.Blocks(title=f"{told('title')} · {company or 'voz'}", analytics_enabled=False, fill_width=True) as page:
            self.heading = frame.Heading("figures", self.language, told("title"), told("hint"), company)
            parts["state"] = self.heading.shown
            parts["news"] = frame.news()
            self._period()
            with gr.Tabs():
                with gr.Tab(told("tabs.figures")):
                    self._figures()
                with gr.Tab(told("tabs.unanswered")):
                    parts["unanswered"] = gr.HTML(elem_classes="voz-plain", padding=False)
                    parts["unanswered_csv"] = gr.Button(told("download"), link="/unanswered.csv", size="sm")
            self._listen(page)
        return page

    def _period(self) -> None:
        told, parts = self.told, self.parts
        with gr.Row():
            names = [(told(f"periods.{name}"), name) for name in PERIODS]
            parts["period"] = gr.Dropdown(names, value="month", label=told("period"), filterable=False, min_width=160)
            steps = [(told(f"steps.{name}"), name) for name in ("day", "week")]
            parts["step"] = gr.Dropdown(steps, value="day", label=told("step"), filterable=False, min_width=130)
            bys = [(told(f"bys.{name}"), name) for name in BYS]
            parts["by"] = gr.Dropdown(bys, value="kind", label=told("by"), filterable=False, min_width=130)
        with gr.Row(visible=False) as own:
            for name in ("first", "last"):
                parts[name] = gr.Textbox(label=told(name), placeholder=told("format"), max_lines=1, min_width=130)
            parts["show"] = gr.Button(told("show"), min_width=90)
        parts["own"] = own

    def _figures(self) -> None:
        told, parts = self.told, self.parts
        parts["tiles"] = gr.HTML(padding=False)
        parts["volume"] = gr.HTML(padding=False)
        with gr.Row(equal_height=False):
            with gr.Column(min_width=300):
                parts["drafts"] = gr.HTML(padding=False)
            with gr.Column(min_width=300):
                parts["answers"] = gr.HTML(padding=False)
        parts["approvals"] = gr.HTML(padding=False)
        with gr.Row(equal_height=False):
            with gr.Column(min_width=300):
                parts["gaps"] = gr.HTML(elem_classes="voz-plain", padding=False)
            with gr.Column(min_width=300):
                parts["rising"] = gr.HTML(elem_classes="voz-plain", padding=False)
        parts["missing"] = frame.pieces(told("latest"))
        parts["csv"] = gr.Button(told("download"), link="/figures.csv", size="sm", elem_id="voz-csv")

    def _listen(self, page: Any) -> None:
        parts = self.parts
        asked = [parts[name] for name in ("period", "first", "last", "step", "by")]
        outputs = [one for name, one in parts.items() if name not in ("period", "step", "by", "show", "first", "last")]
        fill, draw = with_actor(self.fill), with_actor(self.draw)
        parts["period"].change(fill, asked, outputs, **QUIET)
        parts["step"].change(fill, asked, outputs, **QUIET)
        parts["by"].change(draw, asked, [parts["volume"], parts["news"]], **QUIET)
        for name in ("first", "last"):
            parts[name].submit(fill, asked, outputs, **QUIET)
        parts["show"].click(fill, asked, outputs, **QUIET)
        page.load(fill, asked, outputs, **QUIET)

    def _asked(self, name: str, first: str, last: str) -> Period:
        return period_named(name, first or "", last or "", self.service.today(), self.zone, self.told)

    def _counted(self, period: Period, step: str) -> Figures:
        far = period.first is None or (period.last or self.service.today()) - period.first > DAY * MOST_DAYS
        by = "week" if step == "week" or (far and self._is_long(period)) else "day"
        return figures(self.service.database, period, self.service.now(), by)  # type: ignore[arg-type]

    def _is_long(self, period: Period) -> bool:
        """An open beginning starts with the first case, which may be of last week."""
        if period.first is not None:
            return True
        found = figures(self.service.database, period, self.service.now(), "week")
        return found.last - found.first > DAY * MOST_DAYS

    def draw(self, actor: Actor, name: str, first: str, last: str, step: str, by: str) -> Updates:
        def work() -> Updates:
            found = self._counted(self._asked(name, first, last), step)
            return {self.parts["volume"]: volume_plot(found, by, self.told, self.language)}

        return frame.told_by(work, self.parts["news"], self.language)

    def fill(self, actor: Actor, name: str, first: str, last: str, step: str, by: str) -> Updates:
        parts, own = self.parts, {self.parts["own"]: gr.update(visible=name == "own")}
        if name == "own" and not ((first or "").strip() or (last or "").strip()):
            return own

        def work() -> Updates:
            period = self._asked(name, first, last)
            found = self._counted(period, step)
            proof = unanswered(self.service.database, period, self.service.now())
            teams = {team.id: team.name for team in self.service.desk.brand.teams}
            drawn = Drawn(found, self.told, self.language)
            between = self.told("between", first=frame.day(found.first, self.language),
                                last=frame.day(found.last, self.language))  # fmt: skip
            return {
                parts["state"]: self.heading.saying(between),
                parts["news"]: say("" if found.received else self.told("nothing"), "none"),
                parts["tiles"]: drawn.tiles(),
                parts["volume"]: volume_plot(found, by, self.told, self.language),
                parts["drafts"]: drawn.waits("first_draft"),
                parts["answers"]: drawn.waits("first_answer"),
                parts["approvals"]: drawn.approvals(),
                parts["gaps"]: drawn.gaps(teams),
                parts["rising"]: drawn.rising(),
                parts["missing"]: frame.shown(drawn.missing()),
                parts["csv"]: gr.update(link=download("/figures.csv", period, found.step)),
                parts["unanswered"]: unanswered_html(proof, self.told, self.language, teams),
                parts["unanswered_csv"]: gr.update(link=download("/unanswered.csv", period)),
            }

        return {**own, **frame.told_by(work, parts["news"], self.language)}
