"""Any reply against the company's clauses: what the checks must block, and what they must let through."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_company import TODAY, write_company

from voz.brand import Brand
from voz.case import Message
from voz.compose import is_line
from voz.config import Settings
from voz.grounding import quoted
from voz.pipeline import Desk, examine, judge, open_desk

DOCUMENTS = {
    "devoluciones.md": """# Devoluciones

En vigor desde el 1 de abril de 2026.

## Plazo

Tienes 60 días naturales desde la entrega para devolver cualquier teclado, sin usar y con su caja.

## Coste

La recogida a domicilio cuesta 6,50 € y se descuenta del reembolso. En la tienda de Cádiz es gratis.
""",
    "devoluciones-2025.md": """# Devoluciones (versión anterior)

Vigente hasta el 31 de marzo de 2026.

Tienes 45 días naturales desde la entrega para devolver cualquier teclado.
""",
    "garantia.md": """# Garantía

## Teclado Duna

El teclado Duna tiene 5 años de garantía.

## Teclado Duna Mini

El teclado Duna Mini tiene 2 años de garantía.
""",
    "contacto.md": """# Contacto

Escríbenos a hola@teclas.example o llama al 956 000 111, de lunes a viernes de 9:00 a 14:00.
""",
    "interno/nota.md": """# Nota interna

Uso interno. No compartir. El proveedor retrasa las teclas blancas 7 semanas.
""",
    "guia.md": """# Guía de voz

Tuteamos siempre. Nos despedimos con «Un saludo, Teclas».

## Quién puede prometer qué

Una agente puede dar un vale de hasta 12 € sin consultar. La responsable, hasta 50 €.
""",
}
MESSAGE = Message(id="m", channel="email", author="Ana", text="Hola, quiero devolver mi teclado Duna. ¿Cómo va?")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root: Path = tmp_path_factory.mktemp("teclas")
    knowledge = write_company(root / "Teclas", DOCUMENTS)
    return open_desk(Settings(knowledge=knowledge, home=root / "home", today=TODAY, writer="extractive"))


def blocked(reply: str, desk: Desk, message: Message = MESSAGE) -> set[str]:
    found = examine(message, reply, desk).findings
    assert all(0 <= f.start <= f.end <= len(reply) and f.detail for f in found)
    return {f.check for f in found if f.severity == "block"}


@pytest.mark.parametrize(
    ("reply", "check"),
    [
        ("Hola, Ana: tienes 90 días naturales para devolverlo.", "figures"),
        ("La recogida te sale por 9,90 €.", "figures"),
        ("Para devolverlo cuentas con 45 días desde la entrega.", "source"),
        ("Las teclas blancas llegan con 7 semanas de retraso del proveedor.", "source"),
        ("Tu Duna Mini tiene 5 años de garantía.", "support"),
        ("Escríbenos a ayuda@teclas-online.example y lo vemos.", "contacts"),
        ("Llama al 900 555 222 y te lo recogen.", "contacts"),
        ("Pídelo por Telegram.", "contacts"),
        ("Te hacemos una excepción y te lo aceptamos.", "authority"),
        ("Te damos un vale de 40 € por las molestias.", "authority"),
        ("Te garantizamos que el lunes lo tienes en casa.", "authority"),
    ],
)
def test_a_lie_is_blocked_by_the_check_that_knows_why(reply: str, check: str, desk: Desk) -> None:
    assert check in blocked(reply, desk)


@pytest.mark.parametrize(
    "reply",
    [
        "Hola, Ana: tienes sesenta días desde que te llegó, sin usar y con su caja. Un saludo, Teclas",
        "Si vamos a recogerlo son 6,50 €, que se restan de lo que te devolvemos; en la tienda de Cádiz no pagas nada.",
        "Tu Duna tiene cinco años de garantía.",
        "Escríbenos a hola@teclas.example o llama al 956000111.",
        "Ese dato no lo tenemos; lo preguntamos al taller y te contamos.",
        "Sentimos lo de la espera. Te dejamos un vale de 10 € en tu cuenta.",
        "¿Nos dices qué día te llegó?",
    ],
)
def test_the_truth_in_other_words_goes_through(reply: str, desk: Desk) -> None:
    assert blocked(reply, desk) == set()


def test_each_factual_sentence_is_tied_to_its_clause(desk: Desk) -> None:
    case = examine(MESSAGE, "Hola, Ana. Tienes 60 días naturales para devolverlo. Un saludo, Teclas", desk)
    assert case.draft is not None
    fact = next(s for s in case.draft.sentences if s.kind == "fact")
    sources = {p.id: p.source for p in desk.library.passages}
    assert sources[fact.citations[0]] == "devoluciones.md"
    assert [s.text for s in case.draft.sentences if s.kind == "courtesy"][-1].startswith("Un saludo")


def test_a_figure_of_the_customer_may_be_said_back(desk: Desk) -> None:
    message = MESSAGE.model_copy(update={"text": "Pagué 83,20 € y llevo 19 días esperando."})
    assert blocked("Ana, 19 días para 83,20 € es mucho, y tienes razón.", desk, message) == set()


@pytest.mark.parametrize(
    ("sentence", "inside"),
    [
        ("This is what our terms say, in Spanish: “Gratis hasta 48 horas antes. Después, la mitad.”", "Gratis"),
        ("Nuestras condiciones dicen así: «Gratis hasta 48 horas antes. Después, la mitad.»", "Gratis"),
        ("Un pedido «En preparación» ya no se anula, pero se puede devolver cuando llegue a casa.", ""),
        ("Sin comillas.", ""),
        ("”al revés“", ""),
    ],
)
def test_what_a_quoting_sentence_quotes(sentence: str, inside: str) -> None:
    assert quoted(sentence).startswith(inside)
    assert bool(quoted(sentence)) == bool(inside)


@pytest.mark.parametrize("reply", ["La tienda de Cádiz está cerrada hoy.", "Te podemos enviar un Duna a Tenerife."])
def test_what_a_model_says_has_to_be_surer_than_what_a_person_says(desk: Desk, reply: str) -> None:
    typed = examine(Message(text="¿Puedo ir hoy a la tienda o me lo mandáis?"), reply, desk)
    assert typed.draft is not None
    written = judge(typed.model_copy(update={"draft": typed.draft.model_copy(update={"writer": "model"})}), desk)
    assert "block" not in {f.severity for f in typed.findings if f.check == "support"}
    assert "block" in {f.severity for f in written.findings if f.check == "support"}


def test_lines_of_the_brand_are_known_whatever_they_were_filled_with() -> None:
    brand = Brand.model_validate(
        {"lines": [{"role": "thanks", "text": "¡Gracias! Se lo leemos a {staff} con el café."}]}
    )
    assert is_line("Se lo leemos a Marcel con el café.", brand, "tú")
    assert is_line("Se lo leemos al equipo de Cádiz con el café.", brand, "tú")
    assert not is_line("Se lo leemos a 40 personas con el café.", brand, "tú")
    assert not is_line("Te devolvemos el dinero con el café.", brand, "tú")
