"""Price lists, branches and papers for staff of a company that nobody has tuned anything to."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_company import TODAY, write_company

from voz.case import Case, Message
from voz.config import Settings
from voz.knowledge.audience import is_instruction, names_staff
from voz.knowledge.branches import branches
from voz.knowledge.regions import spelled
from voz.knowledge.tables import csv_to_markdown
from voz.pipeline import Desk, examine, open_desk, prepare

DOCUMENTS = {
    "precios.csv": (
        "clave,servicio,cdmx,merida,frontera_norte\n"
        'BAL,Balanceo de llantas,$480,$430,$510\nALI,Alineación de dirección,$650,$590,$700\n'
        'AFI,Afinación mayor,"$2,400","$2,150","$2,600"\n'
    ),
    "talleres.csv": (
        "sucursal,ciudad,servicio_lun_vie,servicio_sab,servicio_dom,estacionamiento\n"
        "Ceibal,Mérida,8:00-19:00,8:00-14:00,cerrado,sin costo\n"
        "Portales,Ciudad de México,7:30-19:00,8:00-15:00,9:00-13:00,2 horas sin costo\n"
    ),
    "garantia.md": (
        "# Garantía del trabajo\n\n"
        "- **Frenos:** 6 meses desde la entrega.\n"
        "- **Si vuelve la falla.** La revisamos sin costo dentro de la garantía.\n\n"
        "Si alguien cuenta que chocó, no se le dice que fue culpa suya. El trabajo lleva garantía por escrito.\n"
    ),
    "cuando-hay-un-golpe.md": (
        "# Cuando hay un golpe\n\n*Para mostrador y quienes contestan.*\n\nSe toma foto y se llama al gerente.\n"
    ),
    "frontera.md": "# Tijuana\n\nEn Tijuana el pago es solo con tarjeta. El taller de Tijuana cierra en agosto.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def taller(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root: Path = tmp_path_factory.mktemp("taller")
    knowledge = write_company(root / "Taller Rueda" / "knowledge", DOCUMENTS)
    return open_desk(Settings(knowledge=knowledge, home=root / "home", today=TODAY, writer="extractive"))


def drafted(text: str, desk: Desk) -> str:
    case = prepare(Message.model_validate({"text": text, "channel": "whatsapp", "author": "Rosa Ek"}), desk)
    return (case.draft.reply if case.draft else None) or ""


def test_the_row_that_is_named_answers_in_the_column_of_the_customers_branch(taller: Desk) -> None:
    reply = drafted("hola, la alineación de dirección en la Ceibal, ¿cuánto es?", taller)
    assert "$590" in reply
    assert "en Mérida" in reply
    assert "650" not in reply
    assert "700" not in reply


def test_a_branch_is_opened_to_who_asks_when_it_opens(taller: Desk) -> None:
    assert "9:00-13:00" in drafted("¿a qué hora abre la Portales el domingo?", taller)


def test_a_free_car_park_is_no_price(taller: Desk) -> None:
    assert "estacionamiento" not in drafted("quiero afinación mayor en la Ceibal el viernes. ¿Cuánto es?", taller)


def test_what_tells_staff_how_to_answer_is_told_to_nobody(taller: Desk) -> None:
    reply = drafted("choqué con el coche recién salido del taller, ¿qué garantía tiene el trabajo?", taller)
    assert "no se le dice" not in reply
    assert "gerente" not in reply
    assert [p.audience for p in taller.library.passages if p.source == "cuando-hay-un-golpe.md"] == ["internal"]


def test_what_holds_in_one_place_alone_is_not_home(taller: Desk) -> None:
    assert "baja california" not in taller.library.usual_regions
    assert "solo con tarjeta" not in drafted("¿puedo pagar en efectivo?", taller)


def test_a_text_says_its_regions_by_its_branches(taller: Desk) -> None:
    assert taller.library.regions_named("voy saliendo de la Ceibal") == ("yucatán",)
    assert branches([]).named_in("Ceibal") == ()


@pytest.mark.parametrize(
    ("text", "known"),
    [("cdmx y queretaro", "CDMX y Querétaro"), ("merida", "Mérida"), ("ciudad de mexico", "Ciudad de México")],
)
def test_places_are_written_as_names(text: str, known: str) -> None:
    assert spelled(text) == known


def test_days_of_a_header_are_whole() -> None:
    assert "lab_lunes_a_viernes" in csv_to_markdown("sucursal,lab_lun_vie\nCeibal,8:00\nPortales,9:00\n")


@pytest.mark.parametrize("line", ["Para mostrador y recepción.", "*Para quienes contestan WhatsApp*", "For the team"])
def test_readers_who_answer(line: str) -> None:
    assert names_staff(line)


@pytest.mark.parametrize("line", ["Para socios y familias.", "Para pedir cita, llama.", "Para equipos de fútbol"])
def test_readers_who_ask(line: str) -> None:
    assert not names_staff(line)


def test_instructions_are_told_from_rules() -> None:
    assert is_instruction("A quien pregunte se le dice que no hay fecha.")
    assert is_instruction("Si pregunta un periodista, sin comentarios.")
    assert not is_instruction("Si alguien más recoge el paquete, necesita su identificación.")
    assert not is_instruction("No se devuelven los artículos de higiene.")


def blocked(message: str, reply: str, desk: Desk) -> set[str]:
    case: Case = examine(Message(text=message), reply, desk)
    return {found.check for found in case.findings if found.severity == "block"} & {"figures", "source"}


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("balanceo y alineación en la Portales", "Los dos suman $1,130."),
        ("afinación en Mérida, a tres pagos", "La afinación mayor son $2,150; en 5 pagos quedan de $430 cada uno."),
        ("mis facturas son de 700, 640 y 510", "Las tres suman $1,850."),
        ("¿hasta cuándo vale la garantía de frenos de agosto?", "Seis meses: hasta febrero de 2027."),
        ("me duele el pecho tras el choque", "Llame ahora mismo al 911."),
    ],
)
def test_what_follows_is_no_loose_figure(message: str, reply: str, taller: Desk) -> None:
    assert blocked(message, reply, taller) == set()


@pytest.mark.parametrize("reply", ["Los dos suman $1,437.", "El balanceo son $395.", "En total le salen $3,333."])
def test_what_does_not_follow_is(reply: str, taller: Desk) -> None:
    assert "figures" in blocked("balanceo y alineación en la Portales", reply, taller)
