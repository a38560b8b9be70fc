"""What helpdesks delivered and could not be read: shown above the queue, tried again or dropped by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from voz.deadlines.calendar import calendar_for
from voz.errors import VozError
from voz.pages.desk_filling import line
from voz.pages.desk_handling import Handling, Updates
from voz.pages.desk_words import moment
from voz.pages.visible import visible
from voz.service import inbox
from voz.service.actor import Actor
from voz.service.inbox import Stuck
from voz.service.refusals import told
from voz.service.service import Service

REASON = 300


class InboxEvents(Handling):
    def shown(self, which: str | None) -> Updates:
        """What is stuck, with the one that was chosen."""
        part = self.layout.parts
        with self.service.database.read() as tx:
            found = inbox.stuck(tx, self.service.now())
        ids = [one.id for one in found]
        return {
            part["stuck"]: gr.update(visible=bool(found)),
            part["stuck_said"]: line(self.told("queue.stuck", n=len(found)), "warn"),
            part["stuck_which"]: gr.update(
                choices=[(self._told(one), one.id) for one in found],
                value=which if which in ids else ids[0] if ids else None,
            ),
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

    def _told(self, one: Stuck) -> str:
        """Where it came from, since when it waits, and why."""
        service = self.service
        at = moment(one.at, self.told, calendar_for(service.desk.brand).timezone, service.now())
        reasons = [one.error[:REASON], self.told("queue.stuck_waiting") if one.state == "waiting" else ""]
        named = self.told("queue.stuck_one", helpdesk=one.helpdesk, thread=one.thread or "", at=at,
                          reason="; ".join(filter(None, reasons)))  # fmt: skip
        return visible(" ".join(named.split()))


def listen(page: Any, events: InboxEvents, quiet: dict[str, Any]) -> None:
    """Tie the handlers to the components."""
    part = events.layout.parts
    which, shown = part["stuck_which"], [part[name] for name in ("stuck", "stuck_said", "stuck_which")]
    page.load(events.shown, which, shown, **quiet)
    part["clock"].tick(events.shown, which, shown, **quiet)
    for name, decide in (("stuck_retry", inbox.retry), ("stuck_drop", inbox.drop)):
        part[name].click(events.decided(decide), which, [*shown, part["notice"]], **quiet)
