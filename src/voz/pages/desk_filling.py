"""What the components of the desk show for a case: values by component, from what voz.service knows."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from voz.deadlines.calendar import calendar_for
from voz.pages import case_text, queue_view
from voz.pages.desk import Layout
from voz.pages.desk_words import moment
from voz.pages.frame import difference, say
from voz.service import clock, handing, holding, scratches
from voz.service.actor import Actor
from voz.service.review import PUBLIC, REPLY, Judged, awaits_a_person, judged
from voz.service.view import CaseView
from voz.store import access
from voz.store import queue as questions
from voz.store.rows import CaseRow, ScratchRow, UserRow
from voz.words import Words

Updates = dict[Any, Any]
PAGE = 40


def kept(count: int) -> list[Any]:
    """So many components that stay as they are."""
    return [gr.skip() for _ in range(count)]


def queue(
    layout: Layout, actor: Actor, view: str, search: str, chosen: tuple[str, str, str], shown: int, case_id: str
) -> Updates:
    """The cards of the queue, with the open case kept even where the filter no longer holds it."""
    service, told = layout.service, layout.told
    now = service.now()
    channel, risk, language = (value or None for value in chosen)
    wanted = questions.Filter(
        open=None if view in ("done", "snoozed") or search.strip() else True,
        statuses=("delivered", "closed") if view == "done" and not search.strip() else (),
        assignee=actor.id if view == "mine" else None,
        teams=actor.teams if view == "team" else (),
        channel=channel, risk=risk, language=language, overdue=view == "overdue", claims=view == "claims",
        person=view == "person", snoozed=view == "snoozed", search=search,
    )  # fmt: skip
    teamless = view == "team" and not actor.teams
    with service.database.read() as tx:
        found = questions.Page((), None) if teamless else questions.page(tx, wanted, now, limit=PAGE * min(shown, 25))
        counted = questions.counts(tx, now)
        names = {user.id: user.name for user in access.find(tx, UserRow)}
        open_case = access.get(tx, CaseRow, case_id) if case_id else None
    rows = list(found.cases)
    if open_case is not None and all(row.id != open_case.id for row in rows):
        rows.insert(0, open_case)
    holding.listed(service, actor, wanted, len(rows), str(shown))

    def card(row: CaseRow) -> tuple[str, str]:
        left = clock.working_days_left(service, row)
        return queue_view.card(row, told, layout.ui, now, names=names, me=actor.id, left=left), row.id

    empty = "queue.no_team" if teamless else "queue.empty"
    title = told("title", company=service.desk.brand.voice.company or "voz")
    waiting = sum(count for name, count in counted.items() if name != "overdue")
    state = told("state", open=waiting, overdue=counted["overdue"], failed=counted.get("failed", 0))
    return {
        layout["queue"]: gr.update(choices=[card(row) for row in rows], value=case_id or None),
        layout["queue_empty"]: gr.update(visible=not found.cases, value=[(told(empty), None)]),
        layout["more"]: gr.update(visible=found.after is not None),
        layout["title"]: [(title, "title"), (f"\n{state}", None)],
    }


def case(layout: Layout, actor: Actor, view: CaseView) -> Updates:
    """Everything on the right: the conversation, the text to approve, what is known about it."""
    row, draft = view.case, view.draft
    writes = view.editable and actor.at_least("agent")
    text, public = texts(view)
    asks = draft.unanswered if draft else ()
    team = (asks[0].get("team") if asks else None) or row.team
    found: Updates = {
        **around(layout, actor, view),
        **earlier(layout, actor, view),
        layout["reply"]: gr.update(value=text, interactive=writes, label=_label(layout, view)),
        layout["public_reply"]: gr.update(value=public or "", visible=public is not None, interactive=writes),
        layout["no_public"]: gr.update(value=False, visible=public is not None and writes),
        layout["who"]: actor.id,
        layout["draft_id"]: draft.id if draft else "",
        layout["had"]: had(text, public or ""),
        layout["local_at"]: _typed_at(view) if writes else "",
        layout["newer"]: gr.update(visible=False),
        layout["changed"]: gr.update(value=None, visible=False),
        layout["consult_ask"]: str(asks[0].get("ask", "")) if asks else "",
        layout["consult_team"]: gr.update(value=team if layout.service.desk.brand.team(team) else None),
        layout["assign_to"]: gr.update(choices=_people(view, layout.told), value=_still_there(view, row.assignee)),
        layout["override"]: gr.update(value="", visible=False),
        layout["consult_link"]: gr.update(visible=False),
        layout["wish"]: "",
    }
    if view.drafted is None:
        found |= dict(zip(layout.board.outputs, layout.board.blank(), strict=True))
        return {**found, layout["verdict"]: say("", "none"), layout["pass"]: gr.update(visible=False)}
    return {**found, **checked(layout, actor, view, text, public or "")}


def texts(view: CaseView) -> tuple[str, str | None]:
    """The reply and its public half: what was approved, else what this person typed, else the draft."""
    if view.decision is not None:
        return view.decision.text, view.decision.public_text
    draft = view.draft
    if draft is None:
        return "", None
    own = {part: typed.text for part, typed in view.typed.items() if typed.base == draft.id}
    public = None if draft.public_reply is None else own.get(PUBLIC, draft.public_reply)
    return own.get(REPLY, draft.reply or ""), public


def had(text: str, public: str) -> str:
    """What a tab has now been shown: `desk.js` gives it back, so that nothing else is written over."""
    return json.dumps({REPLY: [text], PUBLIC: [public]}, ensure_ascii=False)


def earlier(layout: Layout, actor: Actor, view: CaseView) -> Updates:
    """What this person typed and no longer has in the editor, to be taken back or discarded."""
    rows, told = scratches.earlier(view), layout.told
    zone = calendar_for(layout.service.desk.brand).timezone

    def name(row: ScratchRow) -> str:
        part = _label(layout, view) if scratches.part_of(row.part) == REPLY else told("case.reply_public")
        return f"{part} · {moment(row.at, told, zone, layout.service.now())}"

    first = rows[0] if rows else None
    return {
        layout["earlier"]: gr.update(visible=bool(rows)),
        layout["earlier_which"]: gr.update(
            choices=[(name(row), row.part) for row in rows], value=first.part if first else None, visible=len(rows) > 1
        ),
        layout["earlier_text"]: gr.update(value=first.text if first else ""),
        layout["earlier_back"]: gr.update(visible=view.editable and actor.at_least("agent")),
    }


def _still_there(view: CaseView, assignee: str | None) -> str | None:
    return next((user.id for user in view.users if user.id == assignee and _answers(user)), None)


def changed(layout: Layout, view: CaseView, text: str) -> Updates:
    """What stands there now, laid over the text that somebody is writing."""
    now = view.decision.text if view.decision else (view.draft.reply if view.draft else None) or ""
    pieces = difference(text, now) if text.strip() and now.strip() and text != now else None
    return {layout["changed"]: gr.update(value=pieces, visible=bool(pieces))}


def _typed_at(view: CaseView) -> str:
    """Milliseconds at which the server last heard of this text; what the browser kept later wins."""
    typed = view.typed.get(REPLY)
    fresh = typed is not None and view.draft is not None and typed.base == view.draft.id
    at = typed.at if typed and fresh else view.draft.at if view.draft else view.case.received_at
    return str(int(at.timestamp() * 1000))


def _label(layout: Layout, view: CaseView) -> str:
    pair = view.draft is not None and view.draft.public_reply is not None
    return layout.told("case.reply_private" if pair else "case.reply")


def checked(
    layout: Layout, actor: Actor, view: CaseView, text: str, public: str, *, no_public: bool = False
) -> Updates:
    """How the text stands: each sentence with its support, the findings, and whether this person may approve it."""
    draft = view.draft
    if draft is None or draft.body is None or not text.strip():
        return {layout["verdict"]: say("", "none"), layout["pass"]: gr.update(visible=False)}
    half = draft.public_reply is not None and not no_public
    seen = judged(layout.service, actor, draft, text, known=view.drafted)
    shown = dict(zip(layout.board.outputs, layout.board.show(lambda: seen.case), strict=True))
    worst, everything = seen, [seen]
    if half and public.strip() and draft.public_body is not None:
        other = judged(layout.service, actor, draft, public, part=PUBLIC, known=view.public)
        worst, everything = (other if other.stops and not seen.stops else seen), [seen, other]
    stopped = bool(worst.stops)
    editable = view.editable
    said, tone = case_text.verdict(worst, text if worst is seen else public, layout.told)
    if half and not public.strip() and not stopped:
        said, tone, stopped = layout.told("case.no_half"), "block", True
    able = _able(layout, actor, view, everything) if editable and worst.stops else []
    return {
        **shown,
        layout["pass"]: gr.update(visible=bool(able)),
        layout["pass_to"]: gr.update(choices=able, value=able[0][1] if able else None),
        layout["verdict"]: say(said if editable else "", tone),
        layout["override"]: gr.update(
            visible=editable and bool(worst.stops) and worst.overridable and actor.at_least("lead")
        ),
        layout["approve"]: gr.update(visible=editable, variant="secondary" if stopped else "primary"),
    }


def _able(layout: Layout, actor: Actor, view: CaseView, seen: list[Judged]) -> list[tuple[str, str]]:
    """Who may approve what this person may not."""
    if not actor.at_least("agent"):
        return []
    found = handing.candidates(layout.service, actor, view.case, view.users, seen)
    return [(_person(user, layout.told), user.id) for user in found]


def around(layout: Layout, actor: Actor, view: CaseView) -> Updates:
    """All but the text that is being written: where the case stands, who said what, what may be done now."""
    service, told, row = layout.service, layout.told, view.case
    brand, now = service.desk.brand, service.now()
    zone = calendar_for(brand).timezone
    said, tone = case_text.standing(view, told, now, zone)
    consulted = case_text.consulted(view.consultations, told, brand)
    promised = case_text.promised(view.commitments, told, service.today())
    open_promises = [(one.text, one.id) for one in view.commitments if not one.done_at]
    asked = [(one.question, one.id) for one in view.consultations if not one.answered_at and not one.cancelled_at]
    editable = view.editable
    left = clock.working_days_left(service, row)
    return {
        layout["whole"]: gr.update(visible=True),
        layout["notice"]: say(said, tone),
        layout["case_id"]: row.id,
        layout["version"]: row.version,
        layout["heading"]: gr.update(value=case_text.heading(view, told, now, left), visible=True),
        layout["conversation"]: case_text.conversation(view, told, now, zone),
        layout["consulted"]: gr.update(value=consulted or None, visible=bool(consulted)),
        layout["promised"]: gr.update(value=promised or None, visible=bool(promised)),
        layout["kept"]: gr.update(choices=open_promises, value=None, visible=bool(open_promises)),
        layout["kept_do"]: gr.update(visible=bool(open_promises)),
        layout["consultation"]: gr.update(choices=asked, value=asked[0][1] if asked else None, visible=bool(asked)),
        layout["consult_answer"]: gr.update(visible=bool(asked)),
        layout["consult_save"]: gr.update(visible=bool(asked)),
        layout["history"]: case_text.history(view, told, now, zone),
        layout["assign_to"]: gr.update(choices=_people(view, told)),
        layout["claim"]: told("case.query" if row.claim else "case.claim"),
        layout["rewrite_fold"]: gr.update(visible=editable),
        layout["snooze_late"]: gr.update(visible=False),
        layout["consult_fold"]: gr.update(visible=editable),
        **_buttons(layout, actor, view),
    }


def _people(view: CaseView, told: Words) -> list[tuple[str, str]]:
    """Who can be given a case: whoever may still log in and answer it."""
    return sorted((_person(user, told), user.id) for user in view.users if _answers(user))


def _answers(user: UserRow) -> bool:
    return user.active and user.role != "observer"


def _person(user: UserRow, told: Words) -> str:
    return f"{user.name} ({told.label('roles', user.role)})"


def _buttons(layout: Layout, actor: Actor, view: CaseView) -> Updates:
    row = view.case
    editable = view.editable
    own = [one for one in view.deliveries if one.decision_id == row.decision_id and row.approved_at]
    uncertain = any(one.state == "uncertain" for one in view.deliveries)
    asked = uncertain or any(awaits_a_person(one) for one in own)
    started = any(one.state in ("sending", "sent", "uncertain") for one in own)
    shown = {
        "approve": editable and not uncertain,
        "take": editable and row.held_by != actor.id,
        "copy": bool(own),
        "posted": asked,
        "not_posted": uncertain,
        "withdraw": bool(own) and not started and not row.delivered_at,
        "retry": bool(row.failed_step) and not uncertain,
        "reopen": bool(row.closed_at),
    }
    may = actor.at_least("agent")
    gone = {} if editable else {layout[name]: gr.update(visible=False) for name in ("pass", "newer")}
    return {**gone, **{layout[name]: gr.update(visible=visible and may) for name, visible in shown.items()}}


def action(told: Words, change: str) -> str:
    """«Ana: approved» as people of the page's language read it."""
    who, _, what = change.rpartition(": ")
    return f"{who}: {told.label('actions', what)}"
