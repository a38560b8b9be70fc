"""Finding cases in the queue: by words, authors and codes, and in which order they come; on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from office import ANA, EVA, NOW, Office

from voz.service import holding, review
from voz.service.erase import forget
from voz.store import queue
from voz.store.database import Database
from voz.store.erasure import rewrite_file
from voz.store.search import words


@pytest.fixture
def told(office: Office) -> dict[str, str]:
    """Cases by what they are about."""
    said = {
        "taza": "La taza de la DEVOLUCIÓN llegó rota, ¡qué decepción! Pedido AL-100023.",
        "envío": "¿Cuánto cuesta el envío a Logroño? Mi correo: nuria@ejemplo.es",
        "tolva": "La tolva del Brío hace ruido. 100 % seguro: no_es la pila ('la vieja').",
    }
    authors = {"taza": "Íñigo Muñoz", "envío": "Núria Peña", "tolva": "@nico_bernal"}
    found = {}
    for about, text in said.items():
        found[about] = office.receive(text, author=authors[about], external_id=about).case_id
        office.clock.later(minutes=1)
    return found


def found(office: Office, said: str, **more: object) -> set[str]:
    with office.service.database.read() as tx:
        wanted = queue.Filter(**{"open": None, "search": said, **more})  # type: ignore[arg-type]
        return {row.id for row in queue.page(tx, wanted, office.clock.now).cases}


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("devolucion", "taza"), ("DEVOLUCIÓN", "taza"), ("rota taza", "taza"), ("devol", "taza"), ("al-100023", "taza"),
        ("100023", "taza"), ("munoz", "taza"), ("Íñigo rota", "taza"), ("inigo muñ", "taza"), ("logroño?", "envío"),
        ("nuria@ejemplo.es", "envío"), ("pena", "envío"), ("nico_bernal", "tolva"), ("@nico", "tolva"),
        ("'la vieja'", "tolva"), ("brio 100%", "tolva"), ("no_es", "tolva"),
    ],
)  # fmt: skip
def test_it_is_found_whatever_the_accents_capitals_marks_and_order(
    office: Office, told: dict[str, str], said: str, about: str
) -> None:
    assert found(office, said) == {told[about]}


@pytest.mark.parametrize(
    "said",
    [
        "tazón", "rota tolva", "zzz", "?!", '"', "*", "a OR b", "NEAR(taza, rota)", "taza:x", "-taza -rota x",
        "'; DROP TABLE cases; --", "\x00", "\ud800", "ñ" * 5000,
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found_and_no_question_is_an_error(
    office: Office, told: dict[str, str], said: str
) -> None:
    assert found(office, said) == set()


def test_it_is_found_by_its_code_and_id_and_only_within_the_filter(office: Office, told: dict[str, str]) -> None:
    case = office.view(told["taza"]).case
    assert found(office, f" {case.code.lower()} ") == found(office, case.id) == {case.id}
    assert found(office, "taza", open=True) == {case.id}
    assert found(office, "taza", open=False) == set()
    assert found(office, "   ") == set(told.values())
    assert words("  Ñandú, ÁRBOL-100 ") == ["nandu", "arbol", "100"]


def test_what_was_erased_is_not_found_any_more_nor_in_the_file(office: Office, told: dict[str, str]) -> None:
    database = office.service.database
    mine = office.receive("Un xilófono.", author="Íñigo Muñoz", external_id="x").case_id
    kept = office.receive("Una zarzuela.", author="Otra", external_id="z").case_id
    assert rewrite_file(database)
    assert found(office, "xilofono") == {mine}
    assert b"xilofono" in file_of(database), "that is how the index writes it"
    forget(database, EVA, "Íñigo Muñoz", office.clock.now, close_open=True)
    assert found(office, "xilofono") == found(office, "munoz") == set()
    assert found(office, "zarzuela") == {kept}
    assert rewrite_file(database)
    assert found(office, "zarzuela") == {kept}
    if database.is_sqlite:
        assert b"zarzuela" in file_of(database)
        assert b"xilofono" not in file_of(database)


def file_of(database: Database) -> bytes:
    """What SQLite's file holds; PostgreSQL's files are the operator's."""
    return Path(str(database.engine.url.database)).read_bytes() if database.is_sqlite else b"xilofono"


def test_open_cases_come_most_pressing_first_and_ended_ones_latest_first_page_by_page(office: Office) -> None:
    keys = []
    for number in range(7):
        keys.append(office.receive(f"¿Hacéis envíos a Ceuta? {number}", external_id=str(number)).case_id)
        office.clock.later(minutes=5)
    assert pages(office, queue.Filter()) == keys
    for key in keys[:5]:
        review.close(office.service, ANA, key, office.view(key).case.version, "no_answer_needed")
    assert pages(office, queue.Filter()) == keys[5:]
    assert pages(office, queue.Filter(open=None, statuses=("delivered", "closed"))) == keys[4::-1]
    assert pages(office, queue.Filter(open=False)) == keys[4::-1]
    assert pages(office, queue.Filter(open=None, statuses=("received",))) == keys[5:]
    assert pages(office, queue.Filter(open=None, search="ceuta")) == keys[::-1]


def test_what_is_set_aside_is_shown_by_when_it_comes_back(office: Office) -> None:
    import datetime as dt

    keys = [office.receive(f"Hola {n}", external_id=str(n)).case_id for n in range(3)]
    for key, hours in zip(keys, (30, 10, 20), strict=True):
        until = NOW + dt.timedelta(hours=hours)
        holding.snooze(office.service, ANA, key, office.view(key).case.version, until, late=True)
    assert pages(office, queue.Filter(open=None, snoozed=True)) == [keys[1], keys[2], keys[0]]
    assert pages(office, queue.Filter()) == []


def pages(office: Office, wanted: queue.Filter) -> list[str]:
    """The ids of every page, two cases a page."""
    shown: list[str] = []
    after = None
    with office.service.database.read() as tx:
        while True:
            found = queue.page(tx, wanted, office.clock.now, limit=2, after=after)
            shown += [row.id for row in found.cases]
            after = found.after
            if after is None:
                return shown
