"""Replies that people approved, without personal data: an example of tone, a case to measure voz with, or neither."""

from __future__ import annotations

from typing import Any

import gradio as gr

from voz.deadlines.calendar import calendar_for
from voz.door.asking import with_actor
from voz.pages import frame
from voz.pages.frame import QUIET, Updates, say, shown
from voz.pages.topic_words import topic_words
from voz.pages.visible import visible
from voz.service import learn
from voz.service.actor import Actor
from voz.service.distance import word_distance
from voz.service.reports import names_of
from voz.service.service import Service
from voz.store import access
from voz.store.rows import CandidateRow
from voz.words import words

VIEWS = ("waiting", "accepted", "declined")
SHOWN = 100


class Examples:
    def __init__(self, service: Service, language: str, news: Any) -> None:
        self.service, self.language, self.news = service, language, news
        self.told, self.ui = topic_words("page_learn", language), words(language)
        self.parts: dict[str, Any] = {}
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=300):
                self._list()
            with gr.Column(scale=7, min_width=300, elem_classes="voz-detail"):
                self._reply()

    def _list(self) -> None:
        told, parts = self.told, self.parts
        choices = [(told(f"examples.views.{name}"), name) for name in VIEWS]
        parts["view"] = gr.Dropdown(choices, value=VIEWS[0], label=told("examples.view"), filterable=False)
        parts["list"] = frame.cards(told("examples.list"))
        parts["more"] = frame.note(visible=False)

    def _reply(self) -> None:
        told, parts = self.told, self.parts
        parts["none"] = frame.note(told("examples.none"))
        with gr.Column(visible=False) as whole:
            parts["message"] = frame.box(told("examples.message"))
            parts["sent"] = frame.box(told("examples.sent"))
            parts["diff"] = frame.pieces(told("examples.diff"), "voz-list voz-diff")
            parts["decided"] = frame.note(visible=False)
            with gr.Row() as decide:
                for use in learn.USES:
                    parts[use] = gr.Button(
                        told(f"examples.{use}"), size="md", variant="primary", scale=2, min_width=150
                    )
                parts["decline"] = gr.Button(told("examples.decline"), size="md", scale=1, min_width=110)
            parts["decide"] = decide
            frame.note(told("examples.uses"))
            with gr.Accordion(told("examples.drafted"), open=False):
                parts["drafted"] = gr.Textbox(show_label=False, container=False, interactive=False, lines=4,
                                              max_lines=14, label=told("examples.drafted"))  # fmt: skip
        parts["whole"] = whole

    def listen(self, page: Any, count: Any, counted: list[Any]) -> None:
        parts = self.parts
        lists = [parts["list"], parts["more"], self.news]
        fill, asked = with_actor(self.fill), [parts["view"], parts["list"]]
        entry = [parts[name] for name in ("none", "whole", "message", "sent", "diff", "decided", "decide", *learn.USES,
                                          "decline", "drafted")]  # fmt: skip
        page.load(fill, asked, lists, **QUIET)
        parts["view"].change(fill, asked, lists, **QUIET)
        parts["list"].change(with_actor(self.open), parts["list"], [*entry, self.news], **QUIET)
        for use in (*learn.USES, "decline"):
            done = parts[use].click(with_actor(self._decider(use)), asked, [*lists], **QUIET)
            done.then(count, None, counted, **QUIET)

    def rows(self, view: str) -> list[CandidateRow]:
        with self.service.database.read() as tx:
            order = (access.newest(CandidateRow),)
            return access.find(tx, CandidateRow, state=view, order=order, limit=SHOWN + 1)

    def fill(self, actor: Actor, view: str, before: str | None) -> Updates:
        return frame.told_by(lambda: self._listed(view, before), self.news, self.language)

    def _listed(self, view: str, before: str | None) -> Updates:
        found, parts, told = self.rows(view), self.parts, self.told
        some = found[:SHOWN]
        ids = [row.id for row in some]
        more = told("examples.more", shown=SHOWN) if len(found) > SHOWN else "" if found else told("examples.empty")
        return {
            parts["list"]: gr.update(choices=[(self._card(row), row.id) for row in some],
                                     value=frame.chosen(ids, before), visible=bool(ids)),
            parts["more"]: frame.noted(more),
        }  # fmt: skip

    def _card(self, row: CandidateRow) -> str:
        told, made = self.told, calendar_for(self.service.desk.brand).day_of(row.created_at)
        changed = word_distance(row.drafted, row.reply)
        how = told("examples.changed", percent=max(round(changed * 100), 1)) if changed else told("examples.unchanged")
        channel = self.ui.label("channel", str(row.message.get("channel", "")))
        head = f"{channel} · {frame.day(made, self.language)} · {how}"
        return f"{head}\n{frame.excerpt(str(row.message.get('text', '')))}"

    def open(self, actor: Actor, key: str | None) -> Updates:
        parts, told = self.parts, self.told

        def work() -> Updates:
            with self.service.database.read() as tx:
                row = access.get(tx, CandidateRow, key) if key else None
                names = names_of(tx)
            if row is None:
                return {parts["none"]: gr.update(visible=True), parts["whole"]: gr.update(visible=False)}
            same = row.drafted.strip() == row.reply.strip()
            pieces = [(told("examples.same"), None)] if same else frame.difference(row.drafted, row.reply)
            may = actor.at_least("lead")
            return {
                parts["none"]: gr.update(visible=False),
                parts["whole"]: gr.update(visible=True),
                parts["message"]: visible(str(row.message.get("text", ""))),
                parts["sent"]: visible(row.reply),
                parts["diff"]: shown(pieces),
                parts["drafted"]: visible(row.drafted),
                parts["decided"]: frame.noted(self._decided(row, names)),
                parts["decide"]: gr.update(visible=row.state == "waiting"),
                **{parts[use]: gr.update(interactive=may) for use in (*learn.USES, "decline")},
            }

        return frame.told_by(work, self.news, self.language)

    def _decided(self, row: CandidateRow, names: dict[str, str]) -> str:
        if row.decided_at is None:
            return ""
        what = self.told(f"examples.state.{row.use or 'declined'}")
        day = frame.day(calendar_for(self.service.desk.brand).day_of(row.decided_at), self.language)
        return self.told("examples.decided", what=what, name=names.get(row.decided_by or "", "?"), day=day)

    def _decider(self, use: str) -> Any:
        """Decide, and go on with the next one in the list."""

        def decide(actor: Actor, view: str, key: str | None) -> Updates:
            if not actor.at_least("lead"):
                return {self.news: say(self.told("may_not"), "block")}

            def work() -> Updates:
                before = [row.id for row in self.rows(view)]
                learn.decide(self.service, actor, key or "", None if use == "decline" else use)
                place = before.index(key) if key in before else 0
                following = [*before[place + 1 :], *reversed(before[:place])]
                done = say(self.told(f"examples.done.{'declined' if use == 'decline' else use}"))
                return {**self._listed(view, next(iter(following), None)), self.news: done}

            return frame.told_by(work, self.news, self.language)

        return decide
