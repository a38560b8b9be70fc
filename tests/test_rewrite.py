"""Clauses turned to the customer's register: right, whole, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.address_marks import register_of
from voz.case import Address
from voz.conjugate import has_finite_verb, paradigms, with_clitic
from voz.rewrite import to_register

TURNED: list[tuple[str, Address, str]] = [
    # third person → the customer
    (
        "El cliente dispone de 30 días naturales desde que recibe el pedido, siempre que el producto esté sin usar.",
        "tú",
        "Tienes 30 días naturales desde que recibes el pedido, siempre que el producto esté sin usar.",
    ),
    (
        "El cliente dispone de 30 días naturales desde que recibe el pedido, siempre que el producto esté sin usar.",
        "vos",
        "Tenés 30 días naturales desde que recibís el pedido, siempre que el producto esté sin usar.",
    ),
    (
        "El cliente dispone de 30 días naturales desde que recibe el pedido.",
        "usted",
        "Tiene 30 días naturales desde que recibe el pedido.",
    ),
    ("El comprador deberá avisar en 7 días.", "tú", "Deberás avisar en 7 días."),
    ("El comprador podrá cambiar su pedido por otro.", "tú", "Podrás cambiar tu pedido por otro."),
    ("El comprador podrá cambiar su pedido por otro.", "usted", "Podrá cambiar su pedido por otro."),
    (
        "En ese caso, el cliente elige entre otro igual o el reembolso.",
        "vos",
        "En ese caso, elegís entre otro igual o el reembolso.",
    ),
    ("La persona titular recibe un código.", "tú", "Recibes un código."),
    ("Los gastos son a cargo del cliente.", "tú", "Los gastos son a tu cargo."),
    # tú → usted, vos
    (
        "Escribe a hola@x.example con tu número de pedido o pásate por la tienda.",
        "usted",
        "Escriba a hola@x.example con su número de pedido o pásese por la tienda.",
    ),
    (
        "Escribe a hola@x.example con tu número de pedido o pásate por la tienda.",
        "vos",
        "Escribí a hola@x.example con tu número de pedido o pasate por la tienda.",
    ),
    (
        "Avísanos en 7 días y puedes elegir entre otro igual o el importe.",
        "vos",
        "Avisanos en 7 días y podés elegir entre otro igual o el importe.",
    ),
    (
        "Te devolvemos el importe por el mismo medio con el que pagaste.",
        "usted",
        "Le devolvemos el importe por el mismo medio con el que pagó.",
    ),
    ("Si ya te lo enviamos, te lo cambiamos.", "usted", "Si ya se lo enviamos, se lo cambiamos."),
    ("Puedes darte de baja cuando quieras.", "usted", "Puede darse de baja cuando quiera."),
    (
        "Si la caja trae golpes, apúntalo y escríbenos con fotos.",
        "usted",
        "Si la caja trae golpes, apúntelo y escríbanos con fotos.",
    ),
    # vos → tú, usted
    (
        "Si preferís, queda como saldo a favor y lo ves en 48 horas.",
        "tú",
        "Si prefieres, queda como saldo a favor y lo ves en 48 horas.",
    ),
    ("Hacé tres mediciones por cable, en días distintos.", "tú", "Haz tres mediciones por cable, en días distintos."),
    ("Tenés hasta 12 meses para pedirlo.", "usted", "Tiene hasta 12 meses para pedirlo."),
    ("Desenchufalo 30 segundos y volvé a enchufarlo.", "tú", "Desenchúfalo 30 segundos y vuelve a enchufarlo."),
    # usted → tú
    ("Revise la pieza con los repartidores.", "tú", "Revisa la pieza con los repartidores."),
]

UNTOUCHED: list[tuple[str, Address]] = [
    ("Se reembolsará el importe en 14 días.", "tú"),
    ("Las tarjetas regalo no caducan, salvo las de promoción.", "vos"),
    ("Tienes 30 días para las compras en tienda.", "tú"),
    ("Si pasa de 48 horas seguidas, te acreditamos el doble.", "vos"),
    ("Debe estar sin uso, en su empaque original.", "usted"),
    ("Podés ir a Defensa del Consumidor con el número de gestión.", "vos"),
]

QUOTED: list[tuple[str, Address]] = [
    ("El cliente que reciba un paquete golpeado debe avisar en 7 días.", "tú"),
    ("Se devuelve el importe al cliente.", "tú"),
    ("Si usted mismo lleva la pieza a la sucursal no paga nada.", "tú"),
    ("Si zascandileas con el precinto, tu garantía acaba.", "usted"),
    ("El cliente conservará su empaque y su precinto.", "tú"),
]


@pytest.mark.parametrize(("clause", "address", "said"), TURNED)
def test_clauses_are_turned(clause: str, address: Address, said: str) -> None:
    assert to_register(clause, address) == said


@pytest.mark.parametrize(("clause", "address"), UNTOUCHED)
def test_impersonal_and_right_register_stay(clause: str, address: Address) -> None:
    assert to_register(clause, address) == clause


@pytest.mark.parametrize(("clause", "address"), QUOTED)
def test_what_is_not_safe_is_quoted(clause: str, address: Address) -> None:
    assert to_register(clause, address) is None


def test_the_company_speaks_as_we() -> None:
    assert to_register("Norte no envía a Ceuta.", "tú", company="Norte") == "No enviamos a Ceuta."
    assert to_register("La recogida corre a cargo de Norte.", "tú", company="Norte") == (
        "La recogida corre por nuestra cuenta."
    )


def test_a_bare_verb_follows_the_passage_it_stands_in() -> None:
    clause = "Puede mover su entrega si nos avisa con 24 horas."
    assert to_register(clause, "tú", around=f"{clause} Usted elige el bloque.") == (
        "Puedes mover tu entrega si nos avisas con 24 horas."
    )


@pytest.mark.parametrize(
    ("clause", "register"),
    [
        ("Tienes 30 días.", "tú"),
        ("Tenés 30 días.", "vos"),
        ("Usted tiene 30 días.", "usted"),
        ("El cliente tiene 30 días.", "third"),
        ("Te lo enviamos a casa.", "shared"),
        ("El plazo es de 30 días.", "none"),
        ("Las compras y reservas de tu cuenta.", "shared"),
    ],
)
def test_register_of_a_clause(clause: str, register: str) -> None:
    assert register_of(clause) == register


@pytest.mark.parametrize(
    ("imperative", "clitic", "address", "joined"),
    [
        ("escribe", "nos", "tú", "escríbenos"),
        ("escribí", "nos", "vos", "escribinos"),
        ("escriba", "nos", "usted", "escríbanos"),
        ("contá", "nos", "vos", "contanos"),
        ("cuenta", "nos", "tú", "cuéntanos"),
        ("di", "nos", "tú", "dinos"),
        ("haz", "lo", "tú", "hazlo"),
        ("manda", "noslo", "tú", "mándanoslo"),
        ("acerque", "se", "usted", "acérquese"),
        ("acercá", "te", "vos", "acercate"),
    ],
)
def test_accents_of_imperatives(imperative: str, clitic: str, address: Address, joined: str) -> None:
    assert with_clitic(imperative, clitic, address) == joined


def test_stem_changes_and_spelling() -> None:
    verbs = paradigms()
    assert verbs["devolver"]["present"] == ["devuelves", "devolvés", "devuelve", "devolvemos"]
    assert verbs["elegir"]["imperative"] == ["elige", "elegí", "elija"]
    assert verbs["pagar"]["subjunctive"] == ["pagues", "pagues", "pague"]
    assert verbs["recoger"]["subjunctive"] == ["recojas", "recojas", "recoja"]
    assert verbs["pedir"]["past"] == ["pediste", "pediste", "pidió"]


def test_clauses_without_a_verb_are_known() -> None:
    assert not has_finite_verb("Humedad, sol directo y rasguños de mascotas.")
    assert has_finite_verb("La cama de arriba soporta hasta 90 kg.")


_SECOND = ("tienes", "puedes", "tenés", "podés", "contigo")


@given(st.permutations([clause for clause, _, _ in TURNED]), st.sampled_from(["tú", "usted", "vos"]))
def test_never_half_changed(clauses: list[str], address: Address) -> None:
    """Whatever comes out in usted holds no tú or vos, and the other way round."""
    for clause in clauses[:4]:
        said = to_register(clause, address)
        if said is not None and address == "usted":
            assert register_of(said) not in ("tú", "vos", "shared", "mixed")
            assert not any(word in said.lower().split() for word in _SECOND)
        elif said is not None:
            assert register_of(said) in ("none", "shared", address)


@given(st.text(max_size=300), st.sampled_from(["tú", "usted", "vos"]))
def test_any_text_is_taken(text: str, address: Address) -> None:
    said = to_register(text, address)
    assert said is None or isinstance(said, str)


def test_long_hostile_text_is_quick() -> None:
    to_register("a" * 20_000 + "!" * 20_000 + "á.é/" * 2_000, "usted")
