"""Words: the brand's never-list, its preferences and its sign-off."""

from __future__ import annotations

import datetime as dt

import pytest

from voz.brand import Brand, ChannelStyle, Voice
from voz.case import Ask, AskEvidence, Case, Channel, Draft, Evidence, Finding, Message, Passage
from voz.checks.words import check

VOICE = Voice(
    company="Taller Norte",
    never=(
        "a la mayor brevedad",
        "lamentamos las molestias",
        "incidencia",
        "vehículo",
        "garantizado",
        "abonado",
        "chollo",
    ),
    prefer={"bicicleta": "bici", "desplazamiento": "viaje"},
)


def _findings(reply: str, passage: str = "", channel: Channel = "chat", voice: Voice = VOICE) -> tuple[Finding, ...]:
    passages = (Passage(id="p1", source="a.md", heading="A", text=passage),) if passage else ()
    evidence = Evidence(asks=(AskEvidence(ask=Ask(text="", start=0, end=0, query=""), passages=passages),))
    case = Case(
        message=Message(text="hola", channel=channel),
        today=dt.date(2026, 1, 1),
        evidence=evidence,
        draft=Draft(reply=reply),
    )
    return check(case, Brand(voice=voice))


def _shown(reply: str, **more: str) -> list[tuple[str, str]]:
    return [(f.severity, reply[f.start : f.end]) for f in _findings(reply, **more)]


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("Te respondemos a la mayor brevedad.", [("block", "a la mayor brevedad")]),
        ("LAMENTAMOS  LAS MOLESTIAS, Ana.", [("block", "LAMENTAMOS  LAS MOLESTIAS")]),
        ("Hemos abierto una incidencia.", [("block", "incidencia")]),
        ("Trae el vehiculo el lunes.", [("block", "vehiculo")]),
        ("Lamentamos la molestia, Ana.", [("warn", "Lamentamos la molestia")]),
        ("Hay dos vehículos y tres incidencias.", [("warn", "vehículos"), ("warn", "incidencias")]),
        ("Está garantizada.", [("warn", "garantizada")]),
        ("El abono se hace en la tienda; te lo abonamos.", []),
        ("Coinciden los días. Chollazo no es.", []),
        ("Como tú dices, «es un chollo».", []),
        ("Escribe a incidencia@norte.example o a norte.example/incidencia.", []),
        ("Tu plan es el Precio Garantizado Plus.", [("warn", "Garantizado")]),
        ("Tu bicicleta está lista.", [("warn", "bicicleta")]),
        ("Tus bicicletas están listas.", [("warn", "bicicletas")]),
    ],
)
def test_never_and_prefer(reply: str, found: list[tuple[str, str]]) -> None:
    assert _shown(reply) == found


def test_a_word_of_the_documents_themselves_is_only_warned_of() -> None:
    assert _shown("El vehículo pasa la revisión.", passage="El vehículo pasa la revisión anual.") == [
        ("warn", "vehículo")
    ]
    assert _shown("Te escribimos a la mayor brevedad.", passage="Se responde a la mayor brevedad.") == [
        ("block", "a la mayor brevedad")
    ]


def test_the_sign_off_is_missed_only_in_whole_letters() -> None:
    voice = Voice(company="Taller Norte", signoff="Buen pedaleo, {name} · Taller Norte")
    letter = "Hola, Ana: la bici está lista. Puedes pasar hoy. El taller abre hasta las ocho."
    assert [f.severity for f in _findings(letter, channel="email", voice=voice)] == ["warn"]
    for closing in ("Buen pedaleo, Sara", "Un saludo, Sara", "Sara, de Taller Norte"):
        assert _findings(f"{letter}\n\n{closing}", channel="email", voice=voice) == ()
    assert _findings(letter, channel="chat", voice=voice) == ()
    assert _findings("La bici está lista.", channel="email", voice=voice) == ()


def test_a_channel_may_have_its_own_sign_off() -> None:
    voice = Voice(company="X", channels=(ChannelStyle(channel="email", signoff="Hasta pronto, equipo X"),))
    letter = "Hola, Ana: está listo. Puedes pasar hoy. Abrimos hasta las ocho. Hasta pronto, equipo X"
    assert _findings(letter, channel="email", voice=voice) == ()
