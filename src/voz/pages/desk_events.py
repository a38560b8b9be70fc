"""What happens on the desk: each event reads or changes one case through voz.service and says what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gradio as gr

from voz.door.door import actor_of_request
from voz.errors import Conflict, VozError
from voz.pages import desk_filling as filling
from voz.pages.ahead import Ahead
from voz.pages.desk import SNOOZES, Layout
from voz.pages.desk_moments import snooze_until
from voz.service import consult, holding, ledger, review
from voz.service.actor import Actor, require
from voz.service.receive import Incoming, receive
from voz.service.refusals import told
from voz.service.view import CaseView, case_view
from voz.wire import FieldError, parse_message

log = logging.getLogger(__name__)
Updates = dict[Any, Any]


class Events:
    """The handlers of one desk page. Each takes the values of components and gives updates by component."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.service, self.told = layout, layout.service, layout.told
        self.ahead = Ahead(layout.service)

    # — the queue —

    def queue(self, view: str, search: str, channel: str, risk: str, language: str, shown: int, case_id: str,
              request: gr.Request) -> Updates:  # fmt: skip
        actor = actor_of_request(request)
        try:
            return filling.queue(self.layout, actor, view, search, (channel, risk, language), int(shown or 1), case_id)
        except VozError as error:
            return self._said(told(error, self.told.language), "block")

    def more(self, shown: int) -> int:
        return int(shown or 1) + 1

    def new(self, text: str, channel: str, author: str, request: gr.Request) -> Any:
        """A message that somebody brings along by hand: its case is opened."""
        actor = actor_of_request(request)
        try:
            require(actor, "agent")
            raw = {"text": text, "channel": channel, "author": author}
            receipt = receive(self.service, Incoming(parse_message(raw), "desk"), actor)
        except FieldError as error:
            return gr.skip(), *filling.kept(3), filling.line(self.layout.ui.problem(error.field, str(error)), "block")
        except VozError as error:
            return gr.skip(), *filling.kept(3), filling.line(told(error, self.told.language), "block")
        return receipt.case_id, "", gr.skip(), "", filling.line(self.told("case.code", code=receipt.code), "good")

    # — one case —

    def open(self, case_id: str | None, request: gr.Request) -> Updates:
        """The whole case; what this person had typed on it comes back."""
        if not case_id:
            return self._nothing()
        actor = actor_of_request(request)
        try:
            holding.viewed(self.service, actor, case_id)
            return self._whole(actor, case_view(self.service, case_id, actor.id))
        except VozError as error:
            return self._said(told(error, self.told.language), "block")

    def first(self, request: gr.Request) -> Any:
        """The case that the address names, if it names one."""
        return gr.update(value=request.query_params.get("case") or None)

    def tick(self, case_id: str, version: float, draft_id: str, request: gr.Request) -> Updates:
        """Every few seconds: what changed on the open case meanwhile, without touching what is being typed."""
        if not case_id:
            return self._nothing()
        actor = actor_of_request(request)
        try:
            view = case_view(self.service, case_id, actor.id)
        except VozError as error:
            return self._said(told(error, self.told.language), "block")
        if view.case.version == int(version):
            return self._nothing()
        if view.draft is not None and view.draft.id != draft_id and not view.typed:
            return self._whole(actor, view)  # a new draft, and nothing typed that it would replace
        return filling.around(self.layout, actor, view)

    def _whole(self, actor: Actor, view: CaseView) -> Updates:
        shown = filling.case(self.layout, actor, view)
        if view.case.open and not view.case.approved_at:
            self.ahead.soon(view.draft, filling.texts(view)[0])
        return shown

    def typing(self, text: str, public: str, case_id: str, draft_id: str, request: gr.Request) -> Updates:
        """Keep what is typed, and check the text as it stands."""
        if not case_id:
            return self._nothing()
        actor = actor_of_request(request)
        try:
            holding.keep_typed(self.service, actor, case_id, review.REPLY, text, draft_id)
            if public:
                holding.keep_typed(self.service, actor, case_id, review.PUBLIC, public, draft_id)
            return filling.checked(self.layout, actor, case_view(self.service, case_id, actor.id), text, public)
        except VozError as error:
            return self._said(told(error, self.told.language), "block")

    def approve(self, text: str, public: str, case_id: str, version: float, override: str,
                request: gr.Request) -> Updates:  # fmt: skip
        def work(actor: Actor) -> Any:
            return review.approve(
                self.service, actor, case_id, int(version), text, public or None, override=override or ""
            )

        return self._done(case_id, request, work, "done.approved")

    def take(self, case_id: str, request: gr.Request) -> Updates:
        return self._done(case_id, request, lambda actor: holding.hold(self.service, actor, case_id), "done.saved")

    def release(self, case_id: str, request: gr.Request) -> Updates:
        return self._done(case_id, request, lambda actor: holding.release(self.service, actor, case_id), "done.saved")

    def rewrite(self, case_id: str, version: float, wish: str, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            return review.rewrite(self.service, actor, case_id, int(version), wish)

        return self._done(case_id, request, work, "done.rewritten", wish=wish)

    def wish(self, name: str) -> Callable[..., Updates]:
        def ask(case_id: str, version: float, request: gr.Request) -> Updates:
            return self.rewrite(case_id, version, self.told(f"case.wishes.{name}"), request)

        ask.__annotations__["request"] = gr.Request
        return ask

    def close(self, case_id: str, version: float, reason: str, note: str, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            return review.close(self.service, actor, case_id, int(version), reason or "", note)

        return self._done(case_id, request, work, "done.closed")

    def reopen(self, case_id: str, version: float, request: gr.Request) -> Updates:
        return self._done(
            case_id, request, lambda actor: review.reopen(self.service, actor, case_id, int(version)), "done.saved"
        )

    def retry(self, case_id: str, version: float, request: gr.Request) -> Updates:
        return self._done(
            case_id, request, lambda actor: review.retry(self.service, actor, case_id, int(version)), "done.saved"
        )

    def withdraw(self, case_id: str, version: float, request: gr.Request) -> Updates:
        return self._done(
            case_id, request, lambda actor: review.withdraw(self.service, actor, case_id, int(version)), "done.saved"
        )

    def posted(self, there: bool) -> Callable[..., Updates]:
        """A person says whether the reply that was to go out is there."""

        def say(case_id: str, version: float, request: gr.Request) -> Updates:
            def work(actor: Actor) -> Any:
                seen, done = int(version), None
                for delivery in case_view(self.service, case_id).deliveries:
                    if review.awaits_a_person(delivery):
                        done = review.found(self.service, actor, case_id, seen, delivery.id, there)
                        seen = done.version
                return done

            return self._done(case_id, request, work, "done.saved")

        say.__annotations__["request"] = gr.Request
        return say

    def snooze(self, case_id: str, version: float, when: str, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            until = snooze_until(when if when in SNOOZES else SNOOZES[0], self.service)
            return holding.snooze(self.service, actor, case_id, int(version), until)

        return self._done(case_id, request, work, "done.snoozed")

    def assign(self, case_id: str, version: float, to: str | None, team: str | None, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            return holding.assign(self.service, actor, case_id, int(version), to or None, team or None)

        return self._done(case_id, request, work, "done.assigned")

    def claim(self, case_id: str, version: float, request: gr.Request) -> Updates:
        """Claim or query: the other one of what it was."""

        def work(actor: Actor) -> Any:
            now = case_view(self.service, case_id).case.claim
            return holding.correct(self.service, actor, case_id, int(version), claim=not now)

        return self._done(case_id, request, work, "done.saved")

    def consult(self, case_id: str, version: float, ask: str, team: str | None, request: gr.Request) -> Updates:
        links: list[str] = []

        def work(actor: Actor) -> Any:
            asked = consult.ask(self.service, actor, case_id, int(version), ask, team or "")
            links.append(f"{_base(request)}/c/{asked.token}")
            return asked

        updates = self._done(case_id, request, work, "done.consulted")
        if links:
            shown = self.told("case.consult_link", link=links[0])
            updates[self.layout["consult_link"]] = gr.update(value=shown, visible=True)
            updates[self.layout["consult_ask"]] = ""
        return updates

    def answer(self, case_id: str, consultation: str | None, text: str, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            return consult.answer(self.service, actor.name, consultation or "", text, actor=actor)

        return self._done(case_id, request, work, "done.saved")

    def kept(self, case_id: str, commitment: str | None, request: gr.Request) -> Updates:
        return self._done(
            case_id, request, lambda actor: ledger.kept(self.service, actor, commitment or ""), "done.saved"
        )

    def _done(
        self, case_id: str, request: gr.Request, work: Callable[[Actor], Any], after: str, **values: Any
    ) -> Updates:
        """Do it and show the case as it is then; a refusal or a conflict is told and leaves what was typed."""
        if not case_id:
            return self._said(self.told("queue.none"), "warn")
        actor = actor_of_request(request)
        try:
            work(actor)
        except Conflict as error:
            changes = ", ".join(filling.action(self.told, change) for change in error.changes)
            said = self._said(self.told("done.changed", what=changes or str(error)), "block")
            return {**filling.around(self.layout, actor, case_view(self.service, case_id, actor.id)), **said}
        except VozError as error:
            return self._said(told(error, self.told.language), "block")
        except Exception as error:
            log.exception("the desk's work failed")
            return self._said(f"voz: {type(error).__name__}", "block")
        view = case_view(self.service, case_id, actor.id)
        return {**filling.case(self.layout, actor, view), **self._said(self.told(after, **values), "good")}

    def _nothing(self) -> Updates:
        """Gradio takes an empty dict for a missing answer."""
        return {self.layout["case_id"]: gr.skip()}

    def _said(self, text: str, tone: str) -> Updates:
        return {self.layout["notice"]: filling.line(text, tone)}


def _base(request: gr.Request) -> str:
    inner = request.request
    assert inner is not None
    return f"{inner.url.scheme}://{inner.url.netloc}"
