"""Which component starts which event of the desk, and what it may change."""

from __future__ import annotations

from typing import Any

import gradio as gr

from voz.pages import desk_inbox
from voz.pages.desk import WISHES, Layout
from voz.pages.desk_events import Events

AT_ONCE = 8
ON_SCREEN = "(...given) => window.voz.onScreen(...given)"
"""What is checked and approved is what stands on the screen: Gradio's own copy of a text can lag behind it."""


def listen(page: Any, layout: Layout) -> None:
    """Tie the handlers to the components."""
    events, part = Events(layout), layout.parts
    everything = [*part.values(), *layout.board.outputs]
    outputs = [one for one in everything if one is not part["clock"]]
    quiet = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": AT_ONCE}
    case, seen = part["case_id"], part["version"]
    typed = [part[name] for name in ("reply", "public_reply", "case_id", "draft_id", "had")]
    filters = [part[name] for name in ("view", "search", "channel", "risk", "language", "shown", "case_id")]
    lists = [part["queue"], part["queue_empty"], part["more"], part["title"], part["notice"]]

    for name in ("view", "channel", "risk", "language"):
        part[name].change(events.queue, filters, lists, **quiet)
    part["search"].change(events.queue, filters, lists, trigger_mode="always_last", **quiet)
    part["more"].click(events.more, part["shown"], part["shown"], **quiet).then(events.queue, filters, lists, **quiet)
    part["clock"].tick(events.queue, filters, lists, **quiet).then(
        events.tick, [*typed, seen], outputs, js=ON_SCREEN, **quiet
    )
    opened = part["queue"].change(events.open, part["queue"], outputs, **quiet)
    restore = "(...kept) => { window.voz.restore(...kept); return []; }"
    opened.then(None, [*typed[:4], part["local_at"]], None, js=restore, **quiet)
    heard = {"trigger_mode": "always_last", "js": ON_SCREEN, **quiet}
    part["typed"].click(events.typing, [*typed, part["no_public"]], outputs, **heard)
    part["no_public"].input(events.typing, [*typed, part["no_public"]], outputs, **heard)
    page.load(events.queue, filters, lists, **quiet).then(events.first, None, part["queue"], **quiet)

    desk_inbox.listen(page, desk_inbox.InboxEvents(layout), quiet)

    fresh = [part[name] for name in ("new_text", "new_channel", "new_author")]
    part["new_do"].click(events.new, fresh, [case, *fresh, part["notice"]], **quiet).then(
        events.queue, filters, lists, **quiet
    )

    after = {"scroll_to_output": False, **quiet}
    approval = [*typed, seen, part["override"], part["no_public"]]
    decided = part["approve"].click(events.approve, approval, outputs, js=ON_SCREEN, **after)
    closing = [case, seen, part["close_reason"], part["close_note"]]
    closed = part["close_do"].click(events.close, closing, outputs, **after)
    for done in (decided, closed):
        done.then(None, [case, part["local_at"]], None, js="(id, at) => { window.voz.forget(id, at); return []; }",
                  **quiet)  # fmt: skip
    left = part["left"].click(events.left_over, [case, part["left_text"]], outputs, js="(id) => window.voz.left(id)",
                              **quiet)  # fmt: skip
    left.then(None, part["left_text"], None, js="(left) => { window.voz.arrived(left); return []; }", **quiet)
    for name, keep in (("newer_show", False), ("newer_keep", True)):
        part[name].click(events.newer(keep), typed, outputs, js=ON_SCREEN, **after)
    which = part["earlier_which"]
    which.input(events.pick_earlier, [case, which], outputs, **quiet)
    part["earlier_back"].click(events.take_back, [*typed, which], outputs, js=ON_SCREEN, **after)
    part["earlier_drop"].click(events.discard, [case, which], outputs, **after)
    for name, handler in (("take", events.take), ("release", events.release)):
        part[name].click(handler, [case, part["draft_id"]], outputs, **after)
    for name in ("reopen", "retry", "withdraw", "claim"):
        part[name].click(getattr(events, name), [case, seen], outputs, **after)
    part["posted"].click(events.posted(True), [case, seen], outputs, **after)
    part["not_posted"].click(events.posted(False), [case, seen], outputs, **after)
    for name in WISHES:
        part[f"wish_{name}"].click(events.wish(name), [case, seen], outputs, **after)
    part["ask_rewrite"].click(events.rewrite, [case, seen, part["wish"]], outputs, **after)
    for name, late in (("snooze_do", False), ("snooze_late", True)):
        part[name].click(events.snooze(late), [case, seen, part["snooze"]], outputs, **after)
    part["snooze"].change(lambda: gr.update(visible=False), None, part["snooze_late"], **quiet)
    part["assign_do"].click(events.assign, [case, seen, part["assign_to"], part["assign_team"]], outputs, **after)
    part["pass_do"].click(events.pass_on, [*typed, seen, part["pass_to"]], outputs, js=ON_SCREEN, **after)
    part["consult_send"].click(
        events.consult, [case, seen, part["consult_ask"], part["consult_team"]], outputs, **after
    )
    part["consult_save"].click(
        events.answer, [case, part["draft_id"], part["consultation"], part["consult_answer"]], outputs, **after
    )
    part["kept_do"].click(events.kept, [case, part["draft_id"], part["kept"]], outputs, **after)
    copied = "(t) => { navigator.clipboard.writeText(t); return t; }"
    part["copy"].click(None, part["reply"], part["reply"], js=copied, **quiet)
