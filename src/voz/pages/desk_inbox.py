"""What helpdesks delivered and could not be read: shown above the queue, tried again or dropped by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from voz.deadlines.calendar import calendar_for
from voz.errors import VozError
from voz.pages.desk_handling import Handling, Updates
from voz.pages.desk_words import moment
from voz.pages.frame import say
from voz.pages.visible import visible
from voz.service import inbox
from voz.service.actor import Actor
from voz.service.inbox import Stuck
from voz.service.refusals import told
from voz.service.service import Service

REASON = 300


class InboxEvents(Handling):
    def shown(self, which: str | None) -> Updates:
        """What is stuck: where it came from and since when, and why the one that was chosen could not be read."""
        part = self.layout.parts
        with self.service.database.read() as tx:
            found = {one.id: one for one in inbox.stuck(tx, self.service.now())}
        which = which if which in found else next(iter(found), None)
        said = self.told("queue.stuck", n=len(found), reason=self._reason(found[which])) if which else ""
        return {
            part["stuck"]: gr.update(visible=bool(found)),
            part["stuck_said"]: say(said, "warn"),
            part["stuck_which"]: gr.update(choices=[(self._named(one), id) for id, one in found.items()], value=which),
        }

    def decided(self, decide: Callable[[Service, Actor, str], None]) -> Callable[..., Updates]:
        def act(which: str | None, request: gr.Request) -> Updates:
            try:
                decide(self.service, self.actor(request), which or "")
            except VozError as error:
                return {**self.shown(which), **self.said(told(error, self.told.language), "block")}
            return {**self.shown(which), **self.said(self.told("done.saved"), "good")}

        act.__annotations__["request"] = gr.Request
        return act

    def _named(self, one: Stuck) -> str:
        service = self.service
        at = moment(one.at, self.told, calendar_for(service.desk.brand).timezone, service.now())
        return visible(self.told("queue.stuck_one", helpdesk=one.helpdesk, thread=one.thread or "", at=at))

    def _reason(self, one: Stuck) -> str:
        still = f" ({self.told('queue.stuck_waiting')})" if one.state == "waiting" else ""
        return visible(one.error[:REASON]) + still


def listen(page: Any, events: InboxEvents, quiet: dict[str, Any]) -> None:
    """Tie the handlers to the components."""
    part = events.layout.parts
    which, shown = part["stuck_which"], [part[name] for name in ("stuck", "stuck_said", "stuck_which")]
    page.load(events.shown, which, shown, **quiet)
    part["clock"].tick(events.shown, which, shown, **quiet)
    which.input(events.shown, which, shown, **quiet)
    for name, decide in (("stuck_retry", inbox.retry), ("stuck_drop", inbox.drop)):
        part[name].click(events.decided(decide), which, [*shown, part["notice"]], **quiet)
