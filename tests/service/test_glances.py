"""That somebody has seen names and subjects in a list is in the trail: who and when, once, and nothing of a search."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from office import ANA, LUIS, NOW, Office
from test_desk_told import desk

from voz.api_cases import listed
from voz.service.glances import MOST, Glances
from voz.store import access
from voz.store.queue import Filter
from voz.store.rows import AuditRow


def told(office: Office) -> list[tuple[str, str, object]]:
    with office.service.database.read() as tx:
        entries = access.find(tx, AuditRow, case_id=None, order=("id",))
    return [(one.who, one.action, one.after) for one in entries]


def cases(office: Office, count: int) -> list[str]:
    texts = ("¿Tenéis tazas?", "¿Hacéis envíos a Ceuta?", "Ha llegado rota la tetera.")
    return [office.receive(texts[n], author=f"Marta {n}", external_id=str(n)).case_id for n in range(count)]


def test_a_list_over_http_is_told_once_an_hour_for_each_person_and_page(office: Office) -> None:
    cases(office, 3)
    first = listed(office.service, {"limit": "2"}, ANA)
    for _ in range(5):
        listed(office.service, {"limit": "2"}, ANA)
    listed(office.service, {"limit": "2", "after": first["next"]}, ANA)
    listed(office.service, {"limit": "2"}, LUIS)
    two = {"cases": 2, "by": []}
    assert told(office) == [
        (ANA.id, "listed", two), (ANA.id, "listed", {"cases": 1, "by": []}), (LUIS.id, "listed", two)
    ]  # fmt: skip
    office.clock.later(minutes=61)
    listed(office.service, {"limit": "2"}, ANA)
    assert len(told(office)) == 4


def test_a_search_is_told_by_its_length_and_never_by_its_words(office: Office) -> None:
    cases(office, 3)
    listed(office.service, {"q": "tetera rota", "open": "any", "claim": "false"}, ANA)
    assert told(office) == [(ANA.id, "searched", {"cases": 1, "by": ["open", "search"], "search_chars": 11})]
    assert "tetera" not in str(told(office))


def test_what_shows_nobody_is_not_told(office: Office) -> None:
    listed(office.service, {}, ANA)
    cases(office, 1)
    listed(office.service, {"q": "submarino"}, ANA)
    assert told(office) == []


def test_the_desk_that_looks_every_few_seconds_is_told_once_and_a_typed_search_as_one(office: Office) -> None:
    cases(office, 2)
    events = desk(office, "es")

    def look(search: str, view: str = "open") -> None:
        events.queue(view, search, "", "", "", 1, "", None)
        office.clock.later(seconds=1)

    for _ in range(4):
        look("")
    for typed in ("c", "ce", "ceu", "ceuta"):
        look(typed)
    office.clock.later(seconds=10)
    for _ in range(2):
        look("ceuta")  # it stands there: that is what was looked for
    assert told(office) == [
        (ANA.id, "listed", {"cases": 2, "by": []}),
        (ANA.id, "searched", {"cases": 1, "by": ["open", "search"], "search_chars": 1}),
        (ANA.id, "searched", {"cases": 1, "by": ["open", "search"], "search_chars": 5}),
    ]
    look("taza")  # something else: no matter how soon
    assert len(told(office)) == 4


def test_a_case_that_was_only_listed_is_not_said_to_have_been_opened(office: Office) -> None:
    (key,) = cases(office, 1)
    listed(office.service, {}, ANA)
    assert [entry.action for entry in office.view(key).trail] == ["received"]


def test_what_is_remembered_has_an_end() -> None:
    seen, now = Glances(), NOW
    for number in range(3 * MOST):
        now += dt.timedelta(milliseconds=1)
        seen.tell("u", Filter(), str(number), now)
    assert len(seen.told) <= MOST
    assert not seen.new("u", Filter(), str(3 * MOST - 1), now)
    assert seen.new("u", replace(Filter(), overdue=True), str(3 * MOST - 1), now)
