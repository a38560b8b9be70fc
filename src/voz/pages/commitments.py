"""The page of commitments: what replies that went out have promised, what is late, and a mark for what was kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import gradio as gr

from voz.deadlines.calendar import calendar_for
from voz.door.asking import with_actor
from voz.pages import frame
from voz.pages.frame import QUIET, Updates, say, shown
from voz.pages.topic_words import topic_words
from voz.pages.visible import visible
from voz.service import ledger
from voz.service.actor import Actor
from voz.service.period import BEGINNING
from voz.service.reports import Standing, names_of, standing
from voz.service.service import Service
from voz.store import reporting
from voz.store.rows import CommitmentRow
from voz.words import Words

VIEWS = ("open", "overdue", "team", "done")
SHOWN = 150
REFRESH = 20
LATE: tuple[Standing, ...] = ("overdue",)
WAITING: tuple[Standing, ...] = ("overdue", "this_week", "open")


@dataclass(frozen=True)
class Entry:
    row: CommitmentRow
    code: str
    standing: Standing


@dataclass(frozen=True)
class Book:
    """Every commitment, the first due at the head, with the names of people and teams."""

    entries: tuple[Entry, ...]
    names: dict[str, str]
    today: dt.date

    def at(self, *standings: Standing) -> list[Entry]:
        return [one for one in self.entries if one.standing in standings]

    def find(self, key: str | None) -> Entry | None:
        return next((one for one in self.entries if one.row.id == key), None)


def read_book(service: Service) -> Book:
    today, calendar = service.today(), calendar_for(service.desk.brand)
    with service.database.read() as tx:
        found = reporting.promised(tx, BEGINNING, service.now() + dt.timedelta(seconds=1))
        names = names_of(tx)
    entries = []
    for row, code in found:
        done = calendar.day_of(row.done_at) if row.done_at else None
        entries.append(Entry(row, code, standing(row.due_on, done, today)))
    return Book(tuple(entries), names | {team.id: team.name for team in service.desk.brand.teams}, today)


def wanted(book: Book, view: str, search: str | None, teams: tuple[str, ...]) -> list[Entry]:
    """The entries of one view; what was kept last stands first among what was kept."""
    if view == "done":
        found = [one for one in book.entries if one.row.done_at]
        found.sort(key=lambda one: one.row.done_at or BEGINNING, reverse=True)
    else:
        found = book.at(*(LATE if view == "overdue" else WAITING))
    if view == "team":
        found = [one for one in found if one.row.owner in teams]
    words = (search or "").casefold().split()
    return [one for one in found if all(word in f"{one.code} {one.row.text}".casefold() for word in words)]


def build_commitments(service: Service, language: str) -> Any:
    """The page in one language, as Gradio's Blocks."""
    return _Page(service, language).build()


class _Page:
    def __init__(self, service: Service, language: str) -> None:
        self.service, self.language = service, language
        self.told: Words = topic_words("page_commitments", language)
        self.parts: dict[str, Any] = {}

    def build(self) -> Any:
        told, company = self.told, self.service.desk.brand.voice.company
        with gr.Blocks(title=f"{told('title')} · {company or 'voz'}", analytics_enabled=False, fill_width=True) as page:
            self.heading = frame.Heading("commitments", self.language, told("title"), told("hint"), company)
            self.parts["state"] = self.heading.shown
            self.parts["news"] = frame.news()
            with gr.Row(equal_height=False):
                with gr.Column(scale=5, min_width=300):
                    self._list()
                with gr.Column(scale=6, min_width=300, elem_classes="voz-detail"):
                    self._entry()
            self._listen(page)
        return page

    def _list(self) -> None:
        told, parts = self.told, self.parts
        with gr.Row():
            choices = [(told(f"views.{name}"), name) for name in VIEWS]
            parts["view"] = gr.Dropdown(choices, value="open", label=told("view"), filterable=False, min_width=140)
            parts["search"] = gr.Textbox(label=told("search"), placeholder=told("search_hint"), max_lines=1,
                                         min_width=140)  # fmt: skip
        parts["list"] = frame.cards(told("list"))
        parts["more"] = frame.note(visible=False)

    def _entry(self) -> None:
        told, parts = self.told, self.parts
        parts["none"] = frame.note(told("none"))
        with gr.Column(visible=False) as whole:
            parts["chips"] = frame.pieces(classes="voz-chips")
            parts["text"] = frame.box(told("text"))
            parts["facts"] = frame.note()
            parts["clause"] = frame.box(told("clause"))
            parts["note"] = gr.Textbox(label=told("note"), placeholder=told("note_hint"), max_lines=3)
            with gr.Row():
                parts["keep"] = gr.Button(told("keep"), variant="primary", size="md", scale=2, min_width=160)
                parts["open"] = gr.Button(told("open"), link="/desk/", size="md", scale=1, min_width=130)
        parts["whole"] = whole
        parts["clock"] = gr.Timer(REFRESH)

    def _listen(self, page: Any) -> None:
        parts = self.parts
        asked = [parts[name] for name in ("view", "search", "list")]
        lists = [parts[name] for name in ("list", "more", "state", "news")]
        entry = [parts[name] for name in ("none", "whole", "chips", "text", "facts", "clause", "note", "keep", "open",
                                          "news")]  # fmt: skip
        fill = with_actor(self.fill)
        parts["view"].change(fill, asked, lists, **QUIET)
        parts["search"].change(fill, asked, lists, trigger_mode="always_last", **QUIET)
        parts["clock"].tick(fill, asked, lists, **QUIET)
        parts["list"].change(with_actor(self.open), parts["list"], entry, **QUIET)
        parts["keep"].click(with_actor(self.keep), [parts["list"], parts["note"]], entry, **QUIET).then(
            fill, asked, lists, **QUIET
        )
        page.load(self.first, None, parts["view"], **QUIET).then(fill, asked, lists, **QUIET)

    def first(self, request: gr.Request) -> Any:
        """The view that the address names, if it names one."""
        asked = request.query_params.get("view")
        return asked if asked in VIEWS else "open"

    def fill(self, actor: Actor, view: str, search: str | None, before: str | None) -> Updates:
        parts, told = self.parts, self.told

        def work() -> Updates:
            book = read_book(self.service)
            found = wanted(book, view, search, actor.teams)
            some = found[:SHOWN]
            ids = [one.row.id for one in some]
            state = told("state", overdue=len(book.at("overdue")), week=len(book.at("this_week")),
                         open=len(book.at("open")))  # fmt: skip
            more = told("more", shown=SHOWN, all=len(found)) if len(found) > SHOWN else "" if found else told("empty")
            return {
                parts["list"]: gr.update(choices=[(self._card(book, one), one.row.id) for one in some],
                                         value=frame.chosen(ids, before), visible=bool(ids)),
                parts["more"]: frame.noted(more),
                parts["state"]: self.heading.saying(state),
            }  # fmt: skip

        return frame.told_by(work, parts["news"], self.language)

    def open(self, actor: Actor, key: str | None) -> Updates:
        parts, told = self.parts, self.told

        def work() -> Updates:
            book = read_book(self.service)
            one = book.find(key)
            if one is None:
                return {parts["none"]: gr.update(visible=True), parts["whole"]: gr.update(visible=False)}
            row = one.row
            tone = "strong" if one.standing == "overdue" else "mild" if one.standing == "this_week" else "plain"
            chips = [(told("code", code=one.code), "plain"), ("  ", None), (self._due(book, one), tone)]
            return {
                parts["none"]: gr.update(visible=False),
                parts["whole"]: gr.update(visible=True),
                parts["chips"]: shown(chips),
                parts["text"]: visible(row.text),
                parts["facts"]: frame.noted(self._facts(book, row)),
                parts["clause"]: visible(row.clause) or told("no_clause"),
                parts["note"]: gr.update(value="", visible=row.done_at is None),
                parts["keep"]: gr.update(visible=row.done_at is None, interactive=actor.at_least("agent")),
                parts["open"]: gr.update(link=frame.case_link(row.case_id, self.language)),
            }

        return frame.told_by(work, parts["news"], self.language)

    def keep(self, actor: Actor, key: str | None, note: str) -> Updates:
        parts, told = self.parts, self.told
        if not actor.at_least("agent"):
            return {parts["news"]: say(told("may_not"), "block")}

        def work() -> Updates:
            row = ledger.kept(self.service, actor, key or "", note.strip())
            said = say(told("kept", text=frame.excerpt(row.text, 120)))
            return {
                parts["whole"]: gr.update(visible=False), parts["none"]: gr.update(visible=True), parts["news"]: said,
            }  # fmt: skip

        return frame.told_by(work, parts["news"], self.language)

    def _card(self, book: Book, one: Entry) -> str:
        row = one.row
        owner = book.names.get(row.owner or "", row.owner or "") or self.told("nobody")
        due = self._due(book, one)
        head = due.upper() if one.standing == "overdue" else due
        on = frame.day(row.due_on, self.language)
        return "\n".join((" · ".join(part for part in (head, on, owner) if part), frame.excerpt(row.text), one.code))

    def _due(self, book: Book, one: Entry) -> str:
        told, row = self.told, one.row
        if row.done_at:
            calendar = calendar_for(self.service.desk.brand)
            return told("due.done", day=frame.day(calendar.day_of(row.done_at), self.language))
        if row.due_on is None:
            return told("due.none")
        left = (row.due_on - book.today).days
        return told("due.today") if left == 0 else told("due.left" if left > 0 else "due.late", n=abs(left))

    def _facts(self, book: Book, row: CommitmentRow) -> str:
        told, calendar = self.told, calendar_for(self.service.desk.brand)
        owner = book.names.get(row.owner or "", row.owner or "") or told("nobody")
        made = frame.day(calendar.day_of(row.created_at), self.language)
        said = told("facts", made=made, due=frame.day(row.due_on, self.language) or told("no_day"), owner=owner)
        if row.done_at is None:
            return said
        name, day = book.names.get(row.done_by or "", row.done_by or ""), calendar.day_of(row.done_at)
        return f"{said}\n{told('done_by', name=name, day=frame.day(day, self.language), note=row.note)}".strip()
