"""The page of evaluations: every run over time, two of them compared, and each case with what explains its score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from voz.config import Settings
from voz.deadlines.calendar import calendar_for
from voz.door.asking import with_actor
from voz.errors import SuiteError
from voz.evaluate.compare import Comparison
from voz.pages import frame, runs_read
from voz.pages.frame import QUIET, Updates, say
from voz.pages.runs_case import CaseView
from voz.pages.runs_read import Key, Whole
from voz.pages.runs_text import compared_html, run_name, runs_html
from voz.pages.topic_words import topic_words
from voz.service.actor import Actor
from voz.service.service import Service

VIEWS = ("flipped", "failed", "all")
SHOWN = 150


def build_runs(service: Service, language: str, home: Path | None = None) -> Any:
    """The page in one language, as Gradio's Blocks. `home`: voz's own folder, if not the one of the settings."""
    return _Page(service, language, home or Settings().home).build()


class _Page:
    def __init__(self, service: Service, language: str, home: Path) -> None:
        self.service, self.language, self.home = service, language, home
        self.told = topic_words("page_runs", language)
        self.zone = calendar_for(service.desk.brand).timezone
        self.parts: dict[str, Any] = {}

    def build(self) -> Any:
        told, company, parts = self.told, self.service.desk.brand.voice.company, self.parts
        with gr.Blocks(title=f"{told('title')} · {company or 'voz'}", analytics_enabled=False, fill_width=True) as page:
            frame.Heading("runs", self.language, told("title"), told("hint").replace("`", ""), company)
            parts["news"] = frame.news()
            parts["over_time"] = gr.HTML(padding=False)
            with gr.Row():
                parts["before"] = gr.Dropdown([], label=told("before"), filterable=False, min_width=200)
                parts["after"] = gr.Dropdown([], label=told("after"), filterable=False, min_width=200)
            parts["result"] = gr.HTML(elem_classes="voz-plain", padding=False)
            with gr.Row(equal_height=False, visible=False) as both:
                with gr.Column(scale=5, min_width=300):
                    self._list()
                with gr.Column(scale=7, min_width=300, elem_classes="voz-detail"):
                    parts["none"] = frame.note(told("cases.none"))
                    self.case = CaseView(told)
            parts["both"] = both
            self._listen(page)
        return page

    def _list(self) -> None:
        told, parts = self.told, self.parts
        with gr.Row():
            choices = [(told(f"cases.views.{name}"), name) for name in VIEWS]
            parts["view"] = gr.Dropdown(choices, value="flipped", label=told("cases.show"), filterable=False,
                                        min_width=140)  # fmt: skip
            parts["search"] = gr.Textbox(label=told("cases.search"), placeholder=told("cases.search_hint"),
                                         max_lines=1, min_width=140)  # fmt: skip
        parts["list"] = frame.cards(told("cases.list"))
        parts["more"] = frame.note(visible=False)

    def _listen(self, page: Any) -> None:
        parts = self.parts
        pair = [parts["before"], parts["after"]]
        asked = [*pair, parts["view"], parts["search"], parts["list"]]
        lists = [parts["list"], parts["more"], parts["news"]]
        fill, match = with_actor(self.fill), with_actor(self.match)
        outputs = [*pair, *(parts[name] for name in ("over_time", "news"))]
        seen = [*pair, parts["result"], parts["both"], parts["view"], *lists]
        page.load(with_actor(self.first), None, outputs, **QUIET).then(match, asked, seen, **QUIET)
        for one in pair:
            one.input(match, asked, seen, **QUIET)
        parts["view"].input(fill, asked, lists, **QUIET)
        parts["search"].change(fill, asked, lists, trigger_mode="always_last", **QUIET)
        shown = [parts["none"], parts["news"], *self.case.outputs]
        parts["list"].change(with_actor(self.open), [*pair, parts["list"]], shown, **QUIET)

    def first(self, actor: Actor) -> Updates:
        """The runs, with the latest two of the same suites chosen to be compared."""
        parts, told = self.parts, self.told

        def work() -> Updates:
            found = runs_read.summaries(self.home)
            if not found:
                return {parts["news"]: say(told("none").replace("`", ""), "none")}
            names = [(run_name(one, told, self.zone), one.id) for one in found]
            last = next((one for one in found if one.means), found[0])
            like = [one.id for one in found if one.id != last.id and one.means and one.suites == last.suites]
            before = like[0] if like else ""
            return {
                parts["over_time"]: runs_html(found, told, self.zone),
                parts["before"]: gr.update(choices=[(told("nothing_before"), ""), *names], value=before),
                parts["after"]: gr.update(choices=names, value=last.id),
            }

        return frame.told_by(work, parts["news"], self.language)

    def match(
        self, actor: Actor, before: str | None, after: str | None, view: str, search: str | None, key: str | None
    ) -> Updates:
        """What the second run is against the first, and its cases."""
        parts = self.parts
        if not after:
            return {parts["both"]: gr.update(visible=False)}

        def work() -> Updates:
            old, new, found = self._pair(before, after)
            view_now = view if found is not None else "failed" if view == "flipped" else view
            return {
                parts["result"]: compared_html(found, self.told) if found else "",
                parts["both"]: gr.update(visible=True),
                parts["view"]: view_now,
                parts["news"]: say("", "none"),
                **self._listed(old, new, found, view_now, search, key),
            }

        return {parts["result"]: "", **frame.told_by(work, parts["news"], self.language)}

    def _pair(self, before: str | None, after: str) -> tuple[Whole | None, Whole, Comparison | None]:
        new = runs_read.whole(self.home, after)
        old = runs_read.whole(self.home, before) if before else None
        return old, new, runs_read.compared(old, new) if old else None

    def fill(
        self, actor: Actor, before: str | None, after: str | None, view: str, search: str | None, key: str | None
    ) -> Updates:
        if not after:
            return {self.parts["news"]: gr.skip()}

        def work() -> Updates:
            return self._listed(*self._pair(before, after), view, search, key)

        return frame.told_by(work, self.parts["news"], self.language)

    def _listed(
        self, old: Whole | None, new: Whole, found: Comparison | None, view: str, search: str | None, key: str | None
    ) -> Updates:
        parts, told = self.parts, self.told
        keys = self._wanted(new, found, view, search)
        some = keys[:SHOWN]
        more = told("cases.more", shown=SHOWN, all=len(keys)) if len(keys) > SHOWN else ""
        ids = [_written(one) for one in some]
        return {
            parts["list"]: gr.update(choices=[(self._card(one, new, found), _written(one)) for one in some],
                                     value=frame.chosen(ids, key), visible=bool(ids)),
            parts["more"]: frame.noted(more or ("" if ids else told("cases.empty"))),
        }  # fmt: skip

    def _wanted(self, new: Whole, found: Comparison | None, view: str, search: str | None) -> list[Key]:
        keys = list(new.outcomes)
        if view == "flipped":
            order = {(flip.suite, flip.case): n for n, flip in enumerate(found.flips)} if found else {}
            keys = sorted((key for key in keys if key[:2] in order), key=lambda key: (order[key[:2]], key[2]))
        elif view == "failed":
            keys = [key for key in keys if new.status(key) not in ("passed", "unscored")]
        words = (search or "").casefold().split()

        def text(key: Key) -> str:
            case = new.cases.get(key[:2])
            return f"{key[0]} {key[1]} {case.message.text if case else ''}".casefold()

        return [key for key in keys if all(word in text(key) for word in words)]

    def _card(self, key: Key, new: Whole, found: Comparison | None) -> str:
        told, case = self.told, new.cases.get(key[:2])
        flip = next((one for one in found.flips if (one.suite, one.case) == key[:2]), None) if found else None
        what = [told(f"cases.status.{new.status(key)}")]
        if flip is not None:
            gained = sum(after - before for before, after in flip.moved.values())
            what.insert(0, told(f"cases.{flip.honesty or ('better' if gained > 0 else 'worse')}"))
        if key[2]:
            what.append(f"{told('cases.repeat')} {key[2] + 1}")
        text = frame.excerpt(case.message.text) if case else ""
        return "\n".join((" · ".join(what), text, f"{key[1]} · {key[0]}"))

    def open(self, actor: Actor, before: str | None, after: str | None, key: str | None) -> Updates:
        parts = self.parts

        def work() -> Updates:
            if not key or not after:
                return {parts["none"]: gr.update(visible=True), **self.case.hidden()}
            old, new, _ = self._pair(before, after)
            read = _read(key)
            if read not in new.outcomes:
                raise SuiteError(f"{after} holds no case '{key[:80]}'.")
            return {parts["none"]: gr.update(visible=False), **self.case.filled(read, old, new)}

        return frame.told_by(work, parts["news"], self.language)


def _written(key: Key) -> str:
    return f"{key[2]}/{key[0]}/{key[1]}"


def _read(text: str) -> Key:
    repeat, suite, case = text.split("/", 2)
    return suite, case, int(repeat)
