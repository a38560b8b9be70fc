"""What every handler of the desk does alike: know who asks, do it, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from voz.door.door import actor_of_request
from voz.errors import Conflict
from voz.pages import desk_filling as filling
from voz.pages import frame
from voz.pages.ahead import Ahead
from voz.pages.desk import Layout
from voz.service.actor import Actor
from voz.service.view import CaseView, case_view

Updates = dict[Any, Any]


class Handling:
    def __init__(self, layout: Layout) -> None:
        self.layout, self.service, self.told = layout, layout.service, layout.told
        self.ahead = Ahead(layout.service)

    def actor(self, request: gr.Request) -> Actor:
        """Who asks; they are told everything in the language of the page that they look at."""
        return replace(actor_of_request(request), language=self.told.language)

    def view(self, case_id: str, actor: Actor) -> CaseView:
        return case_view(self.service, case_id, actor.id)

    def whole(self, actor: Actor, view: CaseView) -> Updates:
        """The whole case, its text to approve with it."""
        shown = filling.case(self.layout, actor, view)
        if view.editable:
            self.ahead.soon(view.draft, filling.texts(view)[0])
        return shown

    def done(
        self, case_id: str, request: gr.Request, work: Callable[[Actor], Any], after: str, *, base: str | None = None,
        whole: bool = False, clear: tuple[str, ...] = (), text: str = "", **values: Any,
    ) -> Updates:  # fmt: skip
        """Do it and show the case as it is then; a refusal or a conflict is told and leaves what was typed.

        `whole`: what stands in the editor changes with it. Otherwise that stays, since more may have been typed than
        has arrived here; `base` is the draft in it. `clear`: boxes whose words have been used.
        `text`: what stands in the editor: after a conflict, what differs now is shown.
        """
        if not case_id:
            return self.said(self.told("queue.none"), "warn")

        def act(actor: Actor) -> Updates:
            try:
                work(actor)
            except Conflict as error:
                changes = ", ".join(filling.action(self.told, change) for change in error.changes)
                said = self.said(self.told("done.changed", what=changes or str(error)), "block")
                view = self.view(case_id, actor)
                differs = filling.changed(self.layout, view, text) if text else {}
                return {**filling.around(self.layout, actor, view), **differs, **said}
            view = self.view(case_id, actor)
            shown = self.whole(actor, view) if whole else filling.around(self.layout, actor, view)
            if base is not None and view.draft is not None and view.draft.id != base:
                del shown[self.layout["version"]]  # another draft has come, too: the next tick tells it
            shown |= {self.layout[name]: gr.update(value="") for name in clear}
            return {**shown, **self.said(self.told(after, **values), "good")}

        return self.told_by(request, act)

    def told_by(self, request: gr.Request, work: Callable[[Actor], Updates]) -> Updates:
        """What the work gives; a refusal becomes one line, and leaves everything else as it is."""
        return frame.told_by(lambda: work(self.actor(request)), self.layout["notice"], self.told.language)

    def on_case(self, case_id: str | None, request: gr.Request, work: Callable[[Actor], Updates]) -> Updates:
        """The same, where a case is open."""
        return self.told_by(request, work) if case_id else self.nothing()

    def nothing(self) -> Updates:
        """Gradio takes an empty dict for a missing answer."""
        return {self.layout["case_id"]: gr.skip()}

    def said(self, text: str, tone: str) -> Updates:
        return {self.layout["notice"]: frame.say(text, tone)}
