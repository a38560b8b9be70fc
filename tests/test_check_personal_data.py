"""Personal data: found by kind, blocked in public, left to its owner in private."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.brand import Brand, Voice
from voz.case import Ask, AskEvidence, Case, Draft, Evidence, Finding, Message, Passage
from voz.checks.personal_data import check, find_personal_data

SHARED = Path(os.environ.get("VOZ_SHARED_DATA", "/work/shared/data")) / "pii_meddocan_lines_es.jsonl"
COMPANIES = Path(__file__).parent / "companies"


@pytest.mark.parametrize(
    ("text", "countries", "kind", "value"),
    [
        ("Escribe a ana.ruiz+tienda@gmail.com hoy", "ES", "email", "ana.ruiz+tienda@gmail.com"),
        ("Mi móvil es 612 345 678, gracias", "ES", "phone", "612 345 678"),
        ("Llámame al +34 91 234 56 78", "MX", "phone", "+34 91 234 56 78"),
        ("su celular 55 1234 5678", "MX", "phone", "55 1234 5678"),
        ("whatsapp 11 2345-6789", "AR", "phone", "11 2345-6789"),
        ("telemóvel 912 345 678", "PT", "phone", "912 345 678"),
        ("al ES91 2100 0418 4502 0005 1332 hoy", "ES", "iban", "ES91 2100 0418 4502 0005 1332"),
        ("IBAN PT50000201231234567890154.", "PT", "iban", "PT50000201231234567890154"),
        ("tarjeta 4111 1111 1111 1111 caduca", "ES", "card", "4111 1111 1111 1111"),
        ("tarjeta 5500-0000-0000-0004", "MX", "card", "5500-0000-0000-0004"),
        ("el DNI 12345678Z", "ES", "national_id", "12345678Z"),
        ("NIE X-1234567-L", "ES", "national_id", "X-1234567-L"),
        ("contribuinte 123 456 789", "PT", "national_id", "123 456 789"),
        ("CURP BOXW310820HNERXN09", "MX", "national_id", "BOXW310820HNERXN09"),
        ("RFC GODE561231GR8", "MX", "national_id", "GODE561231GR8"),
        ("DNI 20.123.456", "AR", "national_id", "20.123.456"),
        ("CUIT 20-05536168-2", "AR", "national_id", "20-05536168-2"),
        ("RUT 12.345.678-5", "CL", "national_id", "12.345.678-5"),
        ("cédula 1.234.567-2", "UY", "national_id", "1.234.567-2"),
        ("cédula 52.123.456", "CO", "national_id", "52.123.456"),
        ("CPF 390.533.447-05", "BR", "national_id", "390.533.447-05"),
        ("DNI 45678912", "PE", "national_id", "45678912"),
        ("pasaporte AAB123456", "ES", "national_id", "AAB123456"),
        ("a la calle Mayor, 12, 3º B de Madrid", "ES", "address", "calle Mayor, 12, 3º B"),
        ("Av. Insurgentes Sur 1234 mañana", "MX", "address", "Av. Insurgentes Sur 1234"),
        ("Rua das Flores, 45", "PT", "address", "Rua das Flores, 45"),
        ("su domicilio: Luis Moya 39, Colonia Centro", "MX", "address", "Luis Moya 39"),
        ("tu pedido nº A-10233 salió", "ES", "reference", "A-10233"),
        ("el folio 88412", "MX", "reference", "88412"),
        ("número de cliente 5512340", "AR", "reference", "5512340"),
        ("nacida el 12/03/1985", "ES", "birth", "12/03/1985"),
        ("a nombre de Marta Gómez Ruiz", "ES", "name", "Marta Gómez Ruiz"),
    ],
)
def test_each_kind_is_found(text: str, countries: str, kind: str, value: str) -> None:
    assert (kind, value) in [(s.kind, s.text) for s in find_personal_data(text, (countries,))]


@pytest.mark.parametrize(
    "text",
    [
        "El plazo son 30 días y cuesta 1.290,00 € o $ 32.400 al mes.",
        "Abrimos de 9:00 a 19:30 y de 10 a 14.",
        "Desde el 19/11/2026 hasta el 2026-12-31; temporada 2026-2027.",
        "Llama gratis al 900 123 456 o al 0800-555-7426.",
        "Teléfono 800 555 0144.",
        "El modelo BM-2600 pesa 24 kg y mide 120 x 80 cm.",
        "Tu pedido 2026 sigue en camino.",
        "Un pedido de 1500 euros, dos facturas de 300 €.",
        "Código postal 46007 de Valencia.",
        "El 12345678 no es nada.",
        "Calle arriba, a 300 metros.",
        "En la plaza hay sitio para 40 personas.",
        "La avenida tiene 2 km.",
        "Son 100 noches, 690.00 MXN de recolección y 12 meses.",
        "Don Julio, gracias. Doctora, un saludo.",
        "La cuenta 2026 y la reserva de 8 plazas.",
        "Paso 1234: pulsa el botón.",
    ],
)
@pytest.mark.parametrize("country", ["ES", "MX", "AR"])
def test_figures_dates_and_company_lines_are_not_personal(text: str, country: str) -> None:
    assert find_personal_data(text, (country,)) == []


def _findings(
    reply: str, message: str = "Hola", public: bool = True, author: str = "Ana", passage: str = "", country: str = "ES"
) -> tuple[Finding, ...]:
    passages = (Passage(id="p1", source="a.md", heading="A", text=passage),) if passage else ()
    case = Case(
        message=Message(text=message, channel="instagram" if public else "email", author=author),
        today=dt.date(2026, 1, 1),
        evidence=Evidence(asks=(AskEvidence(ask=Ask(text="", start=0, end=0, query=""), passages=passages),)),
        draft=Draft(reply=reply),
    )
    voice = Voice(company="Taller Norte", country=country, contacts=("hola@norte.example", "912 345 678"))
    return check(case, Brand(voice=voice))


def _worst(reply: str, **more: object) -> str:
    severities = {f.severity for f in _findings(reply, **more)}  # type: ignore[arg-type]
    return "block" if "block" in severities else "warn" if severities else "none"


GIVEN = (
    "Soy Ana Ruiz, DNI 12345678Z, móvil 612 345 678, ana@correo.example, vivo en calle Mayor, 12, 3º B. "
    "Mi pedido A-10233 y mi cuenta ES91 2100 0418 4502 0005 1332."
)


@pytest.mark.parametrize(
    "told",
    [
        "tu DNI 12345678Z",
        "el 612 345 678",
        "el +34612345678",
        "ana@correo.example",
        "la calle Mayor, 12",
        "el pedido A-10233",
        "lo de A-10233",
        "ES9121000418450200051332",
        "la tarjeta 4111 1111 1111 1111",
        "otro@gmail.com",
    ],
)
def test_in_public_the_customers_data_are_blocked(told: str) -> None:
    reply = f"Hola, Ana: hemos visto {told} y lo miramos."
    found = _findings(reply, message=GIVEN)
    assert "block" in {f.severity for f in found}
    assert all(reply[f.start : f.end] in told for f in found)


@pytest.mark.parametrize(
    "told", ["tu DNI 12345678Z", "el 612 345 678", "ana@correo.example", "la calle Mayor, 12", "el pedido A-10233"]
)
def test_in_private_they_are_the_customers_own(told: str) -> None:
    assert _worst(f"Hola, Ana: hemos visto {told} y lo miramos.", message=GIVEN, public=False) == "none"


@pytest.mark.parametrize("told", ["DNI 87654321X", "ES9121000418450200051332", "4111 1111 1111 1111"])
def test_in_private_somebody_elses_are_blocked(told: str) -> None:
    assert _worst(f"Hola, Ana: en la ficha figura {told}.", public=False) == "block"


def test_the_companys_public_contacts_pass() -> None:
    assert _worst("Escríbenos a hola@norte.example o a taller@norte.example, o llama al 912 345 678.") == "none"
    passage = "Tienda: calle del Puerto, 8, Valencia. Teléfono 963 111 222."
    assert _worst("Estamos en la calle del Puerto, 8, y en el 963 111 222.", passage=passage) == "none"
    assert _worst("Estamos en la calle del Puerto, 8.") == "warn"


def test_a_first_name_greets_and_a_full_name_is_warned_of() -> None:
    assert _worst("Hola, Ana: gracias.", author="Ana Ruiz Gil") == "none"
    assert _worst("Hola, Ana Ruiz Gil: gracias.", author="Ana Ruiz Gil") == "warn"
    assert _worst("Está a nombre de Luisa Pérez Gil.", message="va a nombre de Luisa Pérez Gil") == "block"


@pytest.mark.parametrize(("company", "country"), [("pedales", "ES"), ("naranjo", "MX"), ("rio", "AR")])
def test_honest_replies_of_the_test_companies_are_not_blocked(company: str, country: str) -> None:
    rows = [json.loads(x) for x in (COMPANIES / company / "claims.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if row["label"] != "honest":
            continue
        case = Case(message=Message(**row["message"]), today=dt.date(2026, 1, 1), draft=Draft(reply=row["reply"]))
        brand = Brand(voice=Voice(country=country))
        assert [f for f in check(case, brand) if f.severity == "block"] == [], row["reply"]


KINDS = {
    "CORREO_ELECTRONICO": 1.0,
    "NUMERO_TELEFONO": 1.0,
    "CALLE": 0.85,
    "ID_ASEGURAMIENTO": 0.95,
    "ID_TITULACION_PERSONAL_SANITARIO": 0.95,
    "NOMBRE_PERSONAL_SANITARIO": 0.9,
    "NOMBRE_SUJETO_ASISTENCIA": 0.9,
}


@pytest.mark.skipif(not SHARED.is_file(), reason="the MEDDOCAN lines are read from a folder, not kept in the project")
def test_recall_and_precision_on_labelled_lines() -> None:
    hit, total, right, all_found = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0), 0, 0
    for line in SHARED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found = find_personal_data(row["text"], ("ES",))
        all_found += len(found)
        right += sum(any(f.start < s["end"] and s["start"] < f.end for s in row["spans"]) for f in found)
        for span in row["spans"]:
            if span["type"] in KINDS:
                total[span["type"]] += 1
                hit[span["type"]] += any(f.start < span["end"] and span["start"] < f.end for f in found)
    assert right / all_found >= 0.97
    for kind, least in KINDS.items():
        assert hit[kind] / total[kind] >= least, kind


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_ordered_spans_that_do_not_overlap(text: str) -> None:
    last = 0
    for span in find_personal_data(text, ("ES", "MX", "AR", "PT", "CL")):
        assert last <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text
        last = span.end
