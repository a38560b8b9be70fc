"""What one reviewer is told at the desk, in the language of the page before them: through the page's own functions."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest
from office import ANA, COMPLAINT, Office

from voz.pages import desk_filling as filling
from voz.pages.desk import Layout, lay_out
from voz.pages.desk_events import Events
from voz.pages.desk_words import desk_words
from voz.service.cases import stored
from voz.store import access
from voz.store.rows import CaseRow, DraftRow
from voz.words import words

LIE = "Hola, Marta: el envío a la península cuesta 17,50 € y te garantizamos que llega mañana."


def desk(office: Office, language: str) -> Events:
    """The handlers of a desk page, asked by Ana."""
    layout = Layout(desk_words(language), words(language), office.service)
    with gr.Blocks():
        lay_out(layout, "voz")
    events = Events(layout)
    events.actor = lambda request: replace(ANA, language=language)  # type: ignore[method-assign]
    return events


def written(update: Any) -> str:
    return "".join(text for text, _ in update["value"] or ())


@pytest.mark.parametrize(("language", "finding", "stop", "absent"), [
    ("es", "no consta en ninguna cláusula", "Da por seguro", "clause"),
    ("en", "No clause in force gives this figure", "It takes for certain", "cláusula"),
    ("pt", "não consta de nenhuma cláusula", "Dá por certo", "ninguna"),
])  # fmt: skip
def test_every_reader_sees_the_findings_in_their_language(
    office: Office, language: str, finding: str, stop: str, absent: str
) -> None:
    view = office.drafted("¿Cuánto cuesta el envío a la península?")
    events = desk(office, language)
    shown = filling.checked(events.layout, replace(ANA, language=language), view, LIE, "")
    found = written(shown[events.layout.board.findings])
    assert finding in found
    verdict = written(shown[events.layout["verdict"]])
    assert stop in verdict
    assert finding in verdict
    ours = re.sub("«[^»]*»|“[^”]*”", "", found)  # the company's clauses, and the reply, are in their own language
    assert absent not in ours


def test_a_finding_stored_in_one_language_is_read_in_another(office: Office) -> None:
    """As a reply approved by one reviewer, or a draft of last week, is opened by another."""
    view = office.drafted("¿Cuánto cuesta el envío a la península?")
    events = desk(office, "en")
    seen = filling.judged(office.service, ANA, view.draft, LIE)  # type: ignore[attr-defined]
    with office.service.database.write() as tx:
        access.change(tx, DraftRow, view.draft.id, reply=LIE, body=stored(seen.case))
    again = office.view(view.case.id)
    shown = dict(zip(events.layout.board.outputs, events.layout.board.show(lambda: again.drafted), strict=True))
    assert "No clause in force gives this figure" in written(shown[events.layout.board.findings])
    before = [replace_detail(one) for one in again.drafted.findings]
    old = again.drafted.model_copy(update={"findings": tuple(before)})
    shown = dict(zip(events.layout.board.outputs, events.layout.board.show(lambda: old), strict=True))
    assert "Como se dijo entonces." in written(shown[events.layout.board.findings])


def replace_detail(one: Any) -> Any:
    return one.model_copy(update={"key": "", "values": (), "detail": "Como se dijo entonces."})


@pytest.mark.parametrize(("language", "said"), [
    ("es", "Hay que contestarlo antes del 23/11/2026 16:00"), ("en", "It has to be answered by 23/11/2026 16:00"),
    ("pt", "Tem de ser respondido até 23/11/2026 16:00"),
])  # fmt: skip
def test_setting_aside_past_the_deadline_is_warned_of_and_done_when_it_is_asked_again(
    office: Office, language: str, said: str
) -> None:
    view = office.drafted(COMPLAINT)
    due = office.clock.now + dt.timedelta(hours=6)
    with office.service.database.write() as tx:
        access.change(tx, CaseRow, view.case.id, due_at=due)
    events = desk(office, language)
    part = events.layout.parts
    version = office.view(view.case.id).case.version
    warned = events.snooze(False)(view.case.id, version, "tomorrow", None)
    assert said in written(warned[part["notice"]])
    assert warned[part["snooze_late"]]["visible"]
    assert office.view(view.case.id).case.snoozed_until is None
    done = events.snooze(True)(view.case.id, version, "tomorrow", None)
    assert not done[part["snooze_late"]]["visible"]
    assert office.view(view.case.id).case.snoozed_until is not None


def test_setting_aside_until_before_the_deadline_is_done_at_once(office: Office) -> None:
    view = office.drafted(COMPLAINT)
    with office.service.database.write() as tx:
        access.change(tx, CaseRow, view.case.id, due_at=office.clock.now + dt.timedelta(hours=6))
    events = desk(office, "es")
    done = events.snooze(False)(view.case.id, view.case.version, "hour", None)
    assert not done[events.layout["snooze_late"]]["visible"]
    assert office.view(view.case.id).case.snoozed_until is not None
