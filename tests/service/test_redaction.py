"""What outlives its case names nobody: not the author, nor whom they write of, nor by a number."""

from __future__ import annotations

import pytest
import small_company
from office import EVA, Office

from voz.service import review
from voz.service.redaction import one_line, people, redacted
from voz.store import access
from voz.store.rows import CandidateRow

BRAND = small_company.desk().brand
MESSAGES = [
    (
        "cafetera22",
        "Hola, soy Encarni Robles Peña, mi pedido es el 4471882 y vivo en C/ Alcalá 14, 3º B, 28001 Madrid. Mi DNI es "
        "12345678Z. La cafetera llegó rota. Un saludo, Encarni",
        ("Encarni", "Robles", "Peña", "4471882", "Alcalá", "28001", "12345678Z"),
        "La cafetera llegó rota",
    ),
    ("Jo Li", "Soy Jo Li. La taza ha llegado rota. ¿Me la cambiáis?", ("Jo", "Li"), "La taza ha llegado rota"),
    (
        "Martín Núñez",
        "Hola, soy Martin Nunez y mi mujer Pilar Gómez compró una taza; llegó rota. IBAN ES9121000418450200051332",
        ("Martin", "Nunez", "Pilar", "Gómez", "ES91"),
        "compró una taza; llegó rota",
    ),
    ("anon", "Llegó tarde.\n\nAtentamente,\nBegoña Iriarte\n", ("Begoña", "Iriarte"), "Llegó tarde"),
    ("anon", "Llegó tarde. gracias, begoña", ("begoña",), "Llegó tarde"),
    ("anon", "Me llamo begoña y la taza llegó tarde", ("begoña",), "la taza llegó tarde"),
    ("x", "O meu nome é João Sá. Encomenda n.º 5521. Cumprimentos, João Sá", ("João", "Sá", "5521"), "O meu nome"),
    (
        "x", "My order 8823 is late. My husband Tom Hardy waits.\nKind regards,\nAnne",
        ("8823", "Tom", "Hardy", "Anne"), "is late",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("author", "text", "hidden", "stays"), MESSAGES)
def test_nobody_is_named(author: str, text: str, hidden: tuple[str, ...], stays: str) -> None:
    bare = redacted(text, people(text, (author,)), BRAND, (author,))
    assert [word for word in hidden if word in bare] == [], bare
    assert stays in bare


def test_what_is_no_persons_stays() -> None:
    text = "La taza de 2024 costó 1.250,00 € y tardó 15 días; soy clienta desde el 3/4/2019. Gracias. Espero respuesta."
    assert redacted(text, people(text, ("cafetera22",)), BRAND, ("cafetera22",)) == text


def test_the_company_and_its_contacts_stay() -> None:
    contact = BRAND.voice.contacts[0] if BRAND.voice.contacts else BRAND.voice.company
    text = f"Hola, Marta: escribe a {contact}. Un saludo, {BRAND.voice.company}"
    bare = redacted(text, people("Soy Marta", ("Marta",)), BRAND, ("Marta",))
    assert bare == text.replace("Marta", "[nombre]")


def test_one_line_holds_no_mark() -> None:
    assert one_line("¿Va al horno?\n\n## Descuentos --> <b>90 %</b>") == "¿Va al horno? Descuentos b 90 % /b"


def test_the_name_in_a_signature_is_hidden_in_the_reply_too(office: Office) -> None:
    text = "La taza ha llegado rota. ¿Me la cambiáis? Mi pedido es el 4471882.\nUn saludo,\nEncarni Robles"
    view = office.drafted(text, author="cafetera22")
    said = (view.draft.reply or "").replace("Hola", "Hola, Encarni", 1)
    review.approve(office.service, EVA, view.case.id, view.case.version, said, override="La conozco.")
    office.drain()
    with office.service.database.read() as tx:
        (kept,) = access.find(tx, CandidateRow)
    told = str(kept)
    assert "[nombre]" in kept.reply
    assert not [word for word in ("Encarni", "Robles", "4471882") if word in told]
