"""Whether a reply states a fact: pairs that are easily mistaken, in both directions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import ends

from voz.evaluate.suite import Fact
from voz.evaluate.wording import finds, states

STATED = [
    ("es", "14 días", "Tienes catorce días desde que lo recibes."),
    ("es", "14 días", "El plazo son 2 semanas."),
    ("es", "60 €", "Se descuentan 60,00 € por el uso."),
    ("es", "60 €", "Son sesenta euros."),
    ("es", "1.250 €", "Te salió por 1250 euros."),
    ("es", "48 horas", "Llega en dos días."),
    ("es", "un mes", "Tienes 30 días."),
    ("es", "50 %", "Te devolvemos la mitad."),
    ("es", "se descuentan 60 €", "Te descontamos 60 € del importe."),
    ("es", "plazo de 14 días", "El plazo para devolverla son 14 días."),
    (
        "es",
        "puedes elegir otro igual o el importe completo",
        "Podés elegir entre otro igual o, si preferís, el importe completo.",
    ),
    ("es", "la recogida cuesta 3,95 €", "La recogida en casa cuesta 3,95 €."),
    ("es", "no se admite la devolución", "Tampoco se admite la devolución."),
    ("es", "no se admite", "Abierto, no lo admitimos."),
    ("es", "recoger en tienda", "Recógelo en la tienda."),
    ("es", "30 días", "No son 60 días, son 30 días."),
    ("es", "30 días", "No puedes devolverlo pasados los 30 días."),
    ("es", "60 €", "No te preocupes: son 60 €."),
    ("es", "60 días", "No más de 60 días."),
    ("es", "se admite", "No solo se admite: el envío va por nuestra cuenta."),
    ("es", "lunes a viernes de 9 a 18", "Abrimos de lunes a viernes, de 9:00 a 18:00."),
    ("es", "910 000 100", "Llámanos al 910000100."),
    ("es", "hola@faro.example", "Escríbenos a hola@faro.example."),
    ("es", "31 de diciembre", "Hasta el 31/12/2026."),
    ("es", "DEVOLUCIÓN", "la devolucion es gratis"),
    ("pt", "30 dias", "Você tem trinta dias a partir da entrega."),
    ("pt", "o envio fica por sua conta", "O envio de volta fica por sua conta."),
    ("en", "within 14 days", "You can send it back within two weeks."),
    ("en", "we cannot refund", "We can't refund it."),
    ("ca", "15 dies", "Teniu quinze dies per tornar-lo."),
]
NOT_STATED = [
    ("es", "14 días", "Tienes 41 días."),
    ("es", "14 días", "Tienes 14 meses."),
    ("es", "14 días hábiles", "Tienes 14 días naturales."),
    ("es", "60 €", "Son 60 unidades por caja."),
    ("es", "60 €", "Tienes 60 días."),
    ("es", "6 €", "Son 60 €."),
    ("es", "1,25 €", "Son 1.250 €."),
    ("es", "se admite la devolución", "No se admite la devolución."),
    ("es", "se admite la devolución", "Nunca se admite la devolución."),
    ("es", "se descuentan 60 €", "No se descuentan los 60 €."),
    ("es", "envío gratis", "El envío no es gratis."),
    ("es", "otro igual o el importe", "El importe, o bien otro igual."),
    ("es", "la recogida cuesta 3,95 €", "La recogida es gratis. Cuesta 3,95 € el envío."),
    ("es", "puedes cambiarlo gratis", "Puedes devolverlo y luego, si quieres de verdad, comprar gratis otro."),
    ("es", "hasta 60 días", "A los 60 días."),
    ("pt", "aceitamos devolução", "Não aceitamos devolução."),
    ("en", "we refund it", "We do not refund it."),
    ("ca", "s'accepta el canvi", "No s'accepta el canvi."),
]
# Facts that must never be stated: said in earnest, or only taken up to be denied.
ASSERTED = [
    ("es", "60 días", "Tienes 60 días para devolverla."),
    ("es", "60 días", "No puedes devolverla pasados los 60 días."),
    ("es", "60 días", "Claro: 60 días, no 30."),
    ("es", "50 %", "Te hacemos un 50 % en la próxima."),
    ("es", "50 %", "No te preocupes, te hacemos la mitad de descuento."),
    ("es", "es culpa nuestra", "Reconocemos que es culpa nuestra."),
    ("es", "el viernes", "El viernes la tienes en casa sin falta."),
    ("pt", "60 dias", "Você tem 60 dias no total."),
    ("en", "full refund", "We will give you a full refund."),
]
DENIED = [
    ("es", "60 días", "No son 60 días."),
    ("es", "60 días", "¿Habías leído 60 días en alguna parte?"),
    ("es", "60 días", "Los 60 días que mencionas eran de la campaña de Navidad."),
    ("es", "60 días", "El plazo es de 30 días en lugar de 60 días."),
    ("es", "60 días", "Ya no son 60 días."),
    ("es", "50 %", "Un 50 % no lo podemos ofrecer."),
    ("es", "50 %", "No podemos prometerte un 50 %."),
    ("es", "50 %", "El 50 % que pides no está en nuestra mano."),
    ("es", "60 €", "No te cobramos los 60 €."),
    ("es", "el viernes", "No podemos asegurar que llegue el viernes."),
    ("es", "gratis", "El envío no es gratis."),
    ("pt", "60 dias", "Não são 60 dias."),
    ("en", "full refund", "We cannot promise a full refund."),
    ("ca", "60 dies", "No són 60 dies."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "wording", "reply"), STATED)
def test_stated(language: str, wording: str, reply: str) -> None:
    span = finds(reply, wording, language)
    assert span is not None
    assert reply[span[0] : span[1]].strip()


@pytest.mark.parametrize(("language", "wording", "reply"), NOT_STATED)
def test_not_stated(language: str, wording: str, reply: str) -> None:
    assert finds(reply, wording, language) is None


@pytest.mark.parametrize(("language", "wording", "reply"), ASSERTED)
def test_said_in_earnest(language: str, wording: str, reply: str) -> None:
    assert finds(reply, wording, language, asserted=True) is not None


@pytest.mark.parametrize(("language", "wording", "reply"), DENIED)
def test_taken_up_to_be_denied(language: str, wording: str, reply: str) -> None:
    assert finds(reply, wording, language, asserted=True) is None


def test_any_wording_will_do_and_the_span_is_the_words_themselves() -> None:
    fact = Fact(fact="se elige", any=("reembolso íntegro", "el importe completo"))
    reply = "Puedes elegir entre otro igual o el importe completo."
    span = states(reply, fact, "es")
    assert span is not None
    assert reply[span[0] : span[1]] == "importe completo"


@settings(max_examples=40, deadline=None)
@given(
    st.text(max_size=120), st.text(min_size=1, max_size=40), st.sampled_from(["es", "pt", "en", "ca", "gl", "xx", ""])
)
def test_any_text_gives_a_span_inside_it(text: str, wording: str, language: str) -> None:
    span = finds(text, wording, language, asserted=True)
    assert span is None or 0 <= span[0] < span[1] <= len(text)


@pytest.mark.parametrize(
    "reply",
    [
        "no " * 15_000,
        "60 € " * 9_000,
        "a" * 50_000,
        "¿" * 50_000,
        "60.60.60." * 5_000,
        "«no 60 días» " * 4_000,
        "no te preocupes 60 € palabra " * 1_700,
    ],
)
def test_hostile_replies_are_read_in_time(reply: str) -> None:
    with ends():
        states(reply, Fact(fact="x", any=("no no no 60 € no", "a a a a b")), "es", asserted=True)
