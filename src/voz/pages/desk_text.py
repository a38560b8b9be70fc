"""What happens to the text of a reply: typed, checked, kept, replaced by another draft, taken back, approved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from voz.pages import desk_filling as filling
from voz.pages.desk_handling import Handling, Updates
from voz.service import review, scratches
from voz.service.actor import Actor
from voz.service.cases import case_of
from voz.service.view import CaseView


class TextEvents(Handling):
    """The handlers that the text hangs on. `had` is what this tab was shown and has sent, as `desk.js` tells it."""

    def typing(self, text: str, public: str, case_id: str, draft_id: str, had: str, no_public: bool,
               request: gr.Request) -> Updates:  # fmt: skip
        """Keep what is typed, and check the text as it stands."""
        return self.on_case(case_id, request, lambda actor: self._typed(
            actor, case_id, text, public, draft_id, had, no_public
        ))  # fmt: skip

    def _typed(
        self, actor: Actor, case_id: str, text: str, public: str, draft_id: str, had: str, no_public: bool
    ) -> Updates:
        other = actor.at_least("agent") and self._kept(actor, case_id, text, public, draft_id, had)
        view = self.view(case_id, actor)
        shown = {
            **filling.checked(self.layout, actor, view, text, public, no_public=no_public),
            self.layout["had"]: filling.had(text, public),
        }
        if other:
            shown |= {**filling.earlier(self.layout, actor, view), **self.said(self.told("case.two_tabs"), "warn")}
        return shown

    def _kept(self, actor: Actor, case_id: str, text: str, public: str, draft_id: str, had: str) -> bool:
        """Whether another tab had typed something else there."""
        seen = _seen(had)
        other = False
        for part, said in ((review.REPLY, text), (review.PUBLIC, public)):
            other |= scratches.keep(
                self.service, actor, case_id, part, said or "", draft_id, seen=seen.get(part, ())
            )  # fmt: skip
        return other

    def tick(self, text: str, public: str, case_id: str, draft_id: str, had: str, version: float,
             request: gr.Request) -> Updates:  # fmt: skip
        """Every few seconds: what changed on the open case meanwhile, without touching what is being typed."""

        def look(actor: Actor) -> Updates:
            with self.service.database.read() as tx:
                if case_of(tx, case_id).version == int(version):
                    return self.nothing()
            view = self.view(case_id, actor)
            if view.draft is None or view.draft.id == draft_id:
                return filling.around(self.layout, actor, view)
            if actor.at_least("agent"):
                self._kept(actor, case_id, text, public, draft_id, had)
                view = self.view(case_id, actor)
            typed = any(row.base == draft_id for row in view.typed.values())
            if typed and not _asked(view, actor) and view.editable:
                offered = {self.layout["newer"]: gr.update(visible=True), **filling.changed(self.layout, view, text)}
                return {**filling.around(self.layout, actor, view), **offered}
            return self.whole(actor, view)

        return self.on_case(case_id, request, look)

    def newer(self, keep: bool) -> Callable[..., Updates]:
        """Of a draft that came while somebody typed: show it, or go on with what is typed, over it."""

        def choose(text: str, public: str, case_id: str, draft_id: str, had: str, request: gr.Request) -> Updates:
            def work(actor: Actor) -> Updates:
                draft = self.view(case_id, actor).draft
                base = draft.id if draft and keep else draft_id
                self._kept(actor, case_id, text, public, base, had)
                return self.whole(actor, self.view(case_id, actor))

            return self.on_case(case_id, request, work)

        choose.__annotations__["request"] = gr.Request
        return choose

    def left_over(self, case_id: str, left: str, request: gr.Request) -> Updates:
        """What this browser alone has kept of an older draft; given back once it is here, too."""

        def work(actor: Actor) -> Updates:
            for _, draft_id, part, said in json.loads(left or "[]"):
                scratches.leave(self.service, actor, case_id, str(part), str(said), str(draft_id))
            earlier = filling.earlier(self.layout, actor, self.view(case_id, actor))
            return {**earlier, self.layout["left_text"]: left}

        return self.on_case(case_id, request, work)

    def pick_earlier(self, case_id: str, name: str | None, request: gr.Request) -> Updates:
        """The earlier text that was chosen from several."""

        def work(actor: Actor) -> Updates:
            rows = scratches.earlier(self.view(case_id, actor))
            return {self.layout["earlier_text"]: next((row.text for row in rows if row.part == name), "")}

        return self.on_case(case_id, request, work)

    def take_back(self, text: str, public: str, case_id: str, draft_id: str, had: str, name: str | None,
                  request: gr.Request) -> Updates:  # fmt: skip
        """An earlier text comes back into the editor; what stood there becomes the earlier one."""

        def work(actor: Actor) -> Updates:
            wanted = next((row.text for row in scratches.earlier(self.view(case_id, actor)) if row.part == name), None)
            self._kept(actor, case_id, text, public, draft_id, had)  # which may set that very text aside first
            rows = scratches.earlier(self.view(case_id, actor))
            found = next((row.part for row in rows if row.text == wanted), "")
            scratches.take_back(self.service, actor, case_id, found)
            return self.whole(actor, self.view(case_id, actor))

        return self.on_case(case_id, request, work)

    def discard(self, case_id: str, name: str | None, request: gr.Request) -> Updates:
        def work(actor: Actor) -> Updates:
            scratches.discard(self.service, actor, case_id, name or "")
            return filling.earlier(self.layout, actor, self.view(case_id, actor))

        return self.on_case(case_id, request, work)

    def approve(self, text: str, public: str, case_id: str, draft_id: str, had: str, version: float, override: str,
                no_public: bool, request: gr.Request) -> Updates:  # fmt: skip
        def work(actor: Actor) -> Any:
            draft = self.view(case_id, actor).draft
            half = public if draft is not None and draft.public_reply is not None else None
            return review.approve(
                self.service, actor, case_id, int(version), text, half, override=override or "", no_public=no_public,
                base=draft_id or None,
            )  # fmt: skip

        return self.done(case_id, request, work, "done.approved", whole=True, text=text)


def _seen(had: str) -> dict[str, list[str]]:
    try:
        found = json.loads(had or "{}")
        return {part: [str(text) for text in found.get(part, ())] for part in (review.REPLY, review.PUBLIC)}
    except (ValueError, TypeError, AttributeError):
        return {}


def _asked(view: CaseView, actor: Actor) -> bool:
    """Whether the draft is the one that this person asked for."""
    last = next((entry for entry in reversed(view.trail) if entry.action == "rewrite"), None)
    return bool(view.draft and view.draft.wish and last and last.who == actor.id)
