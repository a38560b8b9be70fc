"""What happens on the desk: each event reads or changes one case through voz.service and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from voz.door.door import home_of
from voz.errors import Unconfirmed, VozError
from voz.pages import desk_filling as filling
from voz.pages import frame
from voz.pages.desk import SNOOZES
from voz.pages.desk_handling import Updates
from voz.pages.desk_moments import snooze_until
from voz.pages.desk_text import TextEvents
from voz.service import consult, handing, holding, ledger, review
from voz.service.actor import Actor, require
from voz.service.receive import Incoming, receive
from voz.service.refusals import told
from voz.service.view import case_view
from voz.wire import FieldError, parse_message


class Events(TextEvents):
    """The handlers of one desk page. Each takes the values of components and gives updates by component."""

    # — the queue —

    def queue(self, view: str, search: str, channel: str, risk: str, language: str, shown: int, case_id: str,
              request: gr.Request) -> Updates:  # fmt: skip
        return self.told_by(request, lambda actor: filling.queue(
            self.layout, actor, view, search, (channel, risk, language), int(shown or 1), case_id
        ))  # fmt: skip

    def more(self, shown: int) -> int:
        return int(shown or 1) + 1

    def new(self, text: str, channel: str, author: str, request: gr.Request) -> Any:
        """A message that somebody brings along by hand: its case is opened."""
        actor = self.actor(request)
        try:
            require(actor, "agent")
            raw = {"text": text, "channel": channel, "author": author}
            receipt = receive(self.service, Incoming(parse_message(raw), "desk"), actor)
        except FieldError as error:
            return gr.skip(), *filling.kept(3), frame.say(self.layout.ui.problem(error.field, str(error)), "block")
        except VozError as error:
            return gr.skip(), *filling.kept(3), frame.say(told(error, self.told.language), "block")
        return receipt.case_id, "", gr.skip(), "", frame.say(self.told("case.code", code=receipt.code), "good")

    # — one case —

    def open(self, case_id: str | None, request: gr.Request) -> Updates:
        """The whole case; what this person had typed on it comes back."""

        def work(actor: Actor) -> Updates:
            holding.viewed(self.service, actor, case_id or "")
            return self.whole(actor, self.view(case_id or "", actor))

        return self.on_case(case_id, request, work)

    def first(self, request: gr.Request) -> Any:
        """The case that the address names, if it names one."""
        return gr.update(value=request.query_params.get("case") or None)

    def take(self, case_id: str, draft_id: str, request: gr.Request) -> Updates:
        return self.done(
            case_id, request, lambda actor: holding.hold(self.service, actor, case_id), "done.saved", base=draft_id
        )

    def release(self, case_id: str, draft_id: str, request: gr.Request) -> Updates:
        return self.done(
            case_id, request, lambda actor: holding.release(self.service, actor, case_id), "done.saved", base=draft_id
        )

    def rewrite(self, case_id: str, version: float, wish: str, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            return review.rewrite(self.service, actor, case_id, int(version), wish)

        return self.done(case_id, request, work, "done.rewritten", clear=("wish",), wish=wish)

    def wish(self, name: str) -> Callable[..., Updates]:
        def ask(case_id: str, version: float, request: gr.Request) -> Updates:
            return self.rewrite(case_id, version, self.told(f"case.wishes.{name}"), request)

        ask.__annotations__["request"] = gr.Request
        return ask

    def close(self, case_id: str, version: float, reason: str, note: str, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            return review.close(self.service, actor, case_id, int(version), reason or "", note)

        return self.done(case_id, request, work, "done.closed", whole=True)

    def reopen(self, case_id: str, version: float, request: gr.Request) -> Updates:
        return self.done(
            case_id,
            request,
            lambda actor: review.reopen(self.service, actor, case_id, int(version)),
            "done.saved",
            whole=True,
        )

    def retry(self, case_id: str, version: float, request: gr.Request) -> Updates:
        return self.done(
            case_id, request, lambda actor: review.retry(self.service, actor, case_id, int(version)), "done.saved"
        )

    def withdraw(self, case_id: str, version: float, request: gr.Request) -> Updates:
        return self.done(
            case_id,
            request,
            lambda actor: review.withdraw(self.service, actor, case_id, int(version)),
            "done.saved",
            whole=True,
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

            return self.done(case_id, request, work, "done.saved")

        say.__annotations__["request"] = gr.Request
        return say

    def snooze(self, late: bool) -> Callable[..., Updates]:
        """`late`: past the deadline of its answer, which was told and is meant."""

        def ask(case_id: str, version: float, when: str, request: gr.Request) -> Updates:
            unsure: list[bool] = []

            def work(actor: Actor) -> Any:
                until = snooze_until(when if when in SNOOZES else SNOOZES[0], self.service)
                try:
                    return holding.snooze(self.service, actor, case_id, int(version), until, late=late)
                except Unconfirmed:
                    unsure.append(True)
                    raise

            updates = self.done(case_id, request, work, "done.snoozed")
            return {**updates, self.layout["snooze_late"]: gr.update(visible=bool(unsure))}

        ask.__annotations__["request"] = gr.Request
        return ask

    def assign(self, case_id: str, version: float, to: str | None, team: str | None, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Any:
            return holding.assign(self.service, actor, case_id, int(version), to or None, team or None)

        return self.done(case_id, request, work, "done.assigned")

    def pass_on(self, text: str, public: str, case_id: str, draft_id: str, had: str, version: float, to: str | None,
                request: gr.Request) -> Updates:  # fmt: skip
        """To somebody who may approve it, with the text as it stands."""

        def work(actor: Actor) -> Any:
            return handing.pass_on(self.service, actor, case_id, int(version), to or "", text, public)

        return self.done(case_id, request, work, "done.assigned")

    def claim(self, case_id: str, version: float, request: gr.Request) -> Updates:
        """Claim or query: the other one of what it was."""

        def work(actor: Actor) -> Any:
            now = case_view(self.service, case_id).case.claim
            return holding.correct(self.service, actor, case_id, int(version), claim=not now)

        return self.done(case_id, request, work, "done.saved")

    def consult(self, case_id: str, version: float, ask: str, team: str | None, request: gr.Request) -> Updates:
        assert request.request is not None
        home, links = home_of(request.request, self.layout.public_url), list[str]()

        def work(actor: Actor) -> Any:
            asked = consult.ask(self.service, actor, case_id, int(version), ask, team or "")
            links.append(f"{home}/c/{asked.token}")
            return asked

        updates = self.done(case_id, request, work, "done.consulted", clear=("consult_ask",))
        if links:
            shown = self.told("case.consult_link", link=links[0])
            updates[self.layout["consult_link"]] = gr.update(value=shown, visible=True)
        return updates

    def answer(self, case_id: str, draft_id: str, consultation: str | None, text: str,
               request: gr.Request) -> Updates:  # fmt: skip
        def work(actor: Actor) -> Any:
            return consult.answer(self.service, actor.name, consultation or "", text, actor=actor)

        return self.done(case_id, request, work, "done.saved", base=draft_id, clear=("consult_answer",))

    def kept(self, case_id: str, draft_id: str, commitment: str | None, request: gr.Request) -> Updates:
        return self.done(
            case_id, request, lambda actor: ledger.kept(self.service, actor, commitment or ""), "done.saved",
            base=draft_id,
        )  # fmt: skip
