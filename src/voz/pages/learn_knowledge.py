"""What colleagues answered, as additions to the knowledge: the difference to the file, for a person to accept."""

from __future__ import annotations

from typing import Any

import gradio as gr

from voz.deadlines.calendar import calendar_for
from voz.door.asking import with_actor
from voz.pages import frame
from voz.pages.frame import QUIET, Updates, say
from voz.pages.topic_words import topic_words
from voz.pages.visible import visible
from voz.service import consult
from voz.service.actor import Actor
from voz.service.service import Service
from voz.store import access
from voz.store.rows import CaseRow, ConsultationRow
from voz.store.schema import consultations

VIEWS = ("proposed", "accepted", "declined")
SHOWN = 100


class Additions:
    def __init__(self, service: Service, language: str, news: Any) -> None:
        self.service, self.language, self.news = service, language, news
        self.told = topic_words("page_learn", language)
        self.parts: dict[str, Any] = {}
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=300):
                self._list()
            with gr.Column(scale=7, min_width=300, elem_classes="voz-detail"):
                self._answer()

    def _list(self) -> None:
        told, parts = self.told, self.parts
        choices = [(told(f"knowledge.views.{name}"), name) for name in VIEWS]
        parts["view"] = gr.Dropdown(choices, value=VIEWS[0], label=told("knowledge.view"), filterable=False)
        parts["list"] = frame.cards(told("knowledge.list"))
        parts["more"] = frame.note(visible=False)

    def _answer(self) -> None:
        told, parts = self.told, self.parts
        parts["none"] = frame.note(told("knowledge.none"))
        with gr.Column(visible=False) as whole:
            parts["question"] = frame.pieces(classes="voz-list voz-big")
            parts["facts"] = frame.note()
            parts["answer"] = frame.box(told("knowledge.answer"))
            parts["diff"] = gr.Code(
                language=None, interactive=False, wrap_lines=True, show_line_numbers=False, buttons=[],
                label=told("knowledge.diff", path="…"), elem_classes="voz-code",
            )  # fmt: skip
            parts["decided"] = frame.note(visible=False)
            with gr.Row():
                parts["accept"] = gr.Button(
                    told("knowledge.accept"), size="md", variant="primary", scale=2, min_width=160
                )
                parts["decline"] = gr.Button(told("knowledge.decline"), size="md", scale=1, min_width=110)
                parts["open"] = gr.Button(told("knowledge.open"), size="md", link="/desk/", scale=1, min_width=130)
            parts["hint"] = frame.note(told("knowledge.hint").replace("`", ""))
        parts["whole"] = whole

    def listen(self, page: Any, count: Any, counted: list[Any]) -> None:
        parts = self.parts
        lists = [parts["list"], parts["more"], self.news]
        fill, asked = with_actor(self.fill), [parts["view"], parts["list"]]
        entry = [parts[name] for name in ("none", "whole", "question", "facts", "answer", "diff", "decided", "accept",
                                          "decline", "open", "hint")]  # fmt: skip
        page.load(fill, asked, lists, **QUIET)
        parts["view"].change(fill, asked, lists, **QUIET)
        parts["list"].change(with_actor(self.open), parts["list"], [*entry, self.news], **QUIET)
        for name, accepted in (("accept", True), ("decline", False)):
            done = parts[name].click(with_actor(self._decider(accepted)), asked, lists, **QUIET)
            done.then(count, None, counted, **QUIET)

    def rows(self, view: str) -> list[ConsultationRow]:
        with self.service.database.read() as tx:
            order = (consultations.c.answered_at.desc(), consultations.c.id)
            return access.find(tx, ConsultationRow, proposal=view, order=order, limit=SHOWN)

    def fill(self, actor: Actor, view: str, before: str | None) -> Updates:
        return frame.told_by(lambda: self._listed(view, before), self.news, self.language)

    def _listed(self, view: str, before: str | None) -> Updates:
        found, parts = self.rows(view), self.parts
        ids = [row.id for row in found]
        return {
            parts["list"]: gr.update(choices=[(self._card(row), row.id) for row in found],
                                     value=frame.chosen(ids, before), visible=bool(ids)),
            parts["more"]: frame.noted("" if found else self.told("knowledge.empty")),
        }  # fmt: skip

    def _card(self, row: ConsultationRow) -> str:
        return f"{self._team(row)} · {self._day(row)} · {row.answered_by}\n{frame.excerpt(row.question)}"

    def _team(self, row: ConsultationRow) -> str:
        team = self.service.desk.brand.team(row.team)
        return team.name if team else row.team

    def _day(self, row: ConsultationRow) -> str:
        if row.answered_at is None:
            return ""
        return frame.day(calendar_for(self.service.desk.brand).day_of(row.answered_at), self.language)

    def open(self, actor: Actor, key: str | None) -> Updates:
        parts, told = self.parts, self.told

        def work() -> Updates:
            with self.service.database.read() as tx:
                row = access.get(tx, ConsultationRow, key) if key else None
                case = access.get(tx, CaseRow, row.case_id) if row else None
            if row is None or case is None:
                return {parts["none"]: gr.update(visible=True), parts["whole"]: gr.update(visible=False)}
            waits = row.proposal == "proposed"
            offered = consult.proposal(self.service, row.id) if waits else None
            name = self._path(offered) if offered else ""
            facts = told("knowledge.facts", name=row.answered_by, team=self._team(row), day=self._day(row),
                         code=case.code)  # fmt: skip
            may = actor.at_least("lead")
            return {
                parts["none"]: gr.update(visible=False),
                parts["whole"]: gr.update(visible=True),
                parts["question"]: gr.update(value=[(visible(row.question), None)], visible=True),
                parts["facts"]: frame.noted(facts),
                parts["answer"]: visible(row.answer or ""),
                parts["diff"]: gr.update(value=visible(offered.diff) if offered else "", visible=waits,
                                         label=told("knowledge.diff", path=name)),
                parts["decided"]: frame.noted("" if waits else told(f"knowledge.decided.{row.proposal}")),
                parts["accept"]: gr.update(visible=waits, interactive=may),
                parts["decline"]: gr.update(visible=waits, interactive=may),
                parts["open"]: gr.update(link=frame.case_link(row.case_id, self.language)),
                parts["hint"]: gr.update(visible=waits),
            }  # fmt: skip

        return frame.told_by(work, self.news, self.language)

    def _path(self, offered: consult.Proposal) -> str:
        folder = self.service.knowledge
        inside = offered.path.is_relative_to(folder)
        return str(offered.path.relative_to(folder.parent) if inside else offered.path.name)

    def _decider(self, accepted: bool) -> Any:
        def decide(actor: Actor, view: str, key: str | None) -> Updates:
            if not actor.at_least("lead"):
                return {self.news: say(self.told("may_not"), "block")}

            def work() -> Updates:
                before = [row.id for row in self.rows(view)]
                offered = consult.accept(self.service, actor, key or "", accepted=accepted)
                place = before.index(key) if key in before else 0
                following = [*before[place + 1 :], *reversed(before[:place])]
                told = self.told("knowledge.done.accepted", path=self._path(offered))
                done = say(told if accepted else self.told("knowledge.done.declined"))
                return {**self._listed(view, next(iter(following), None)), self.news: done}

            return frame.told_by(work, self.news, self.language)

        return decide
