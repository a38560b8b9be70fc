# ruff: noqa: E501
"""Guides in other forms read whole, and the single forms that mislead a reader."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from voz.brand import Brand
from voz.knowledge.read import read_source
from voz.prose_brand import brand_from_prose
from voz.prose_numbers import spelled
from voz.prose_read import plain

HOME = Path(__file__).parent / "prose_guides"
EXPECTED: dict[str, Any] = yaml.safe_load((HOME / "expected.yaml").read_text(encoding="utf-8"))
NAMES = sorted(EXPECTED)


@cache
def brand(name: str) -> Brand:
    paths = sorted(path for path in (HOME / name).iterdir() if path.suffix in (".md", ".html"))
    return brand_from_prose([(path.name, read_source(path, path.read_bytes()).markdown) for path in paths])


def guide(text: str, title: str = "Guía de voz de Lince") -> Brand:
    """A guide of one rule: what stands before makes it a guide."""
    return brand_from_prose(
        [
            ("guia.md", f"# {title}\n\nTuteamos. El tono es llano. Emojis: ninguno.\n\n{text}\n"),
            ("a.md", "Escribe a hola@lince.example. Madrid, 4 €."),
        ]
    )


@pytest.mark.parametrize("name", NAMES)
def test_who_speaks_and_how(name: str) -> None:
    voice, expected = brand(name).voice, EXPECTED[name]
    assert (voice.company, voice.country, voice.address) == (
        expected["company"],
        expected["country"],
        expected["address"],
    )
    assert (voice.greeting, voice.signoff) == (expected["greeting"], expected["signoff"])
    assert {c: brand(name).style(c).signoff for c in expected["signoffs"]} == expected["signoffs"]
    assert list(voice.never) == expected["never"]


@pytest.mark.parametrize("name", NAMES)
def test_how_much_a_reply_holds(name: str) -> None:
    voice, expected = brand(name).voice, EXPECTED[name]
    for channel, (words, chars) in expected["limits"].items():
        style = brand(name).style(channel)
        assert style.max_words == words, channel
        assert words or style.max_chars == chars, channel
    assert {style.channel: style.emojis for style in voice.channels if style.emojis} == expected["emojis"]
    assert list(voice.no_emojis_for) == expected["no_emojis_for"]
    assert (voice.emojis, voice.exclamations) == (0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_who_knows_what(name: str) -> None:
    teams, expected = {team.name: team for team in brand(name).teams}, EXPECTED[name]
    assert {name: team.contact for name, team in teams.items()} == expected["contacts"]
    assert {risk: team.name for team in teams.values() for risk in team.risks} == expected["risks"]
    for team, topics in expected["knows"].items():
        assert set(topics) <= set(teams[team].knows)


@pytest.mark.parametrize("name", NAMES)
def test_who_may_promise_what(name: str) -> None:
    expected = EXPECTED[name]
    roles = {role.id: [[g.action, g.up_to, g.currency] for g in role.grants] for role in brand(name).roles}
    assert roles == expected["roles"]
    assert {bar.what: bar.action for bar in brand(name).forbidden} == expected["forbidden"]


# ── a sign-off ──

DEFAULT = "Un saludo,\nEl equipo de {company}"


@pytest.mark.parametrize(
    ("rule", "signoff"),
    [
        ("Decimos «nosotros» («te lo cambiamos») y «yo» cuando quien firma lo ha hecho («lo he pintado»).", DEFAULT),
        ("Se firma el albarán con «Recibido conforme, el cliente» y se escanea.", DEFAULT),
        ("**Firma.** Nombre de pila y «Lince»: «Nuria, de Lince».", "Lince"),
        ("Firmamos con el nuestro y «Lince» debajo.", "Lince"),
        ("**Despedida:** Un abrazo, el equipo de Lince.", "Un abrazo,\nel equipo de Lince"),
        ("- Cierre: «Hasta pronto, Lince».", "Hasta pronto, Lince"),
        ("Cuando cerramos una incidencia escribimos «queda resuelta».", DEFAULT),
        ("La carta que firma la dirección empieza por «Apreciado señor».", DEFAULT),
    ],
)
def test_a_signoff_is_governed_by_a_word_of_closing(rule: str, signoff: str) -> None:
    assert guide(rule).voice.signoff == signoff


# ── words ──


@pytest.mark.parametrize(
    ("rule", "never"),
    [
        ("## Palabras\n\nDecimos gafas y montura. No decimos lentes, dispositivo, artículo (eso es del almacén), tramitar.", ["lentes", "dispositivo", "artículo", "tramitar"]),
        ("**Las expresiones que tachamos**: a la mayor brevedad, no dude en, su opinión es muy importante. Si fallamos escribimos «perdona por…».", ["a la mayor brevedad", "no dude en", "su opinión es muy importante"]),
        ("En público nunca escribimos nada del historial de nadie: ni su graduación, ni si debe dinero, ni qué compró.", []),
        ("En redes nunca ponemos datos de nadie: ni teléfono, ni dirección, ni número de pedido.", []),
        ("No usamos mayúsculas, siglas, diminutivos ni tecnicismos.", []),
        ("Lo decimos entero, sin «desgraciadamente» y sin rodeos.", ["desgraciadamente"]),
        ("No pedimos disculpas por «los trastornos causados».", ["los trastornos causados"]),
        ("Si hay dolor que no para, hay sangre o ve borroso, le decimos que vaya a urgencias.", []),
    ],
)  # fmt: skip
def test_a_forbidden_word_is_a_word_or_a_set_phrase(rule: str, never: list[str]) -> None:
    read = guide(rule)
    assert list(read.voice.never) == never
    assert read.voice.prefer == {}


def test_example_replies_set_no_rule() -> None:
    text = "## Se parece a nosotros\n\n- «Hola, Pía: no lo sé, firmo yo y te llamo antes de 200 palabras.»\n\n## No se parece\n\n- «Estimada clienta, un saludo cordial.»"
    voice = guide(text).voice
    assert (voice.greeting, voice.never, voice.signoff, voice.channels) == ("Hola, {name}:", (), DEFAULT, ())


# ── lengths ──


@pytest.mark.parametrize(
    ("rule", "channel", "words", "chars"),
    [
        ("En las reseñas de Google, hasta cuatrocientos cincuenta caracteres.", "google_review", None, 450),
        ("En el chat con setenta palabras basta.", "chat", 70, 455),
        (
            "En el correo saludamos por el nombre. Ciento veinte palabras es mucho; ciento ochenta, demasiado.",
            "email",
            120,
            780,
        ),
        ("## WhatsApp\n\nNo más de treinta y cinco palabras.", "whatsapp", 35, 228),
        ("Ninguna respuesta pasa de 140 palabras.", "facebook", 140, 910),
        ("La disculpa, en no más de dos frases por mensaje.", "facebook", None, None),
    ],
)
def test_lengths_in_words_and_from_what_stands_before(
    rule: str, channel: Any, words: int | None, chars: int | None
) -> None:
    style = guide(rule).style(channel)
    assert (style.max_words, style.max_chars) == (words, chars)


@pytest.mark.parametrize(
    ("text", "values"),
    [("ciento cincuenta", [150]), ("doscientas", [200]), ("treinta y cinco", [35]), ("dos mil", [2000]), ("mil doscientos", [1200]),
     ("dos o tres", [2, 3]), ("cento e vinte", [120]), ("sesenta, setenta", [60, 70]), ("nada", [])],
)  # fmt: skip
def test_numbers_in_words(text: str, values: list[int]) -> None:
    assert [value for _, _, value in spelled(plain(text))] == values


# ── teams, roles ──

DIRECTORY = """\
# Equipos y contactos

**Tienda** somos Eva, Luis y Pau. El correo es hola@lince.example.

**Taller** lo lleva Ada Ruiz, en taller@lince.example. Decide arreglos, plazos y piezas. *Graduación*, vista@lince.example.

**La delegada de igualdad** es Rosa Mir: igualdad@lince.example. Le llega toda queja de acoso, de insultos o de discriminación. Todo lo que tenga que ver con el trato a una niña o un niño va a ella.

**Las tiendas** las llevan Ana Gil (Vigo), Noa Paz (Lugo), Leo Rey (Ferrol) e Iria Sanz (Lalín, lalin@lince.example).

**Hojas de reclamaciones**: en todas las tiendas.
"""


def test_a_directory_outside_the_guide() -> None:
    read = brand_from_prose(
        [("guia.md", "# Guía de voz\n\nTuteamos. El tono es llano. Sin emojis."), ("equipos.md", DIRECTORY)]
    )
    teams = {team.name: (team.contact, team.risks) for team in read.teams}
    assert teams == {
        "Tienda": ("hola@lince.example", ()),
        "Taller": ("taller@lince.example", ()),
        "Graduación": ("vista@lince.example", ()),
        "Delegada de igualdad": ("igualdad@lince.example", ("discrimination",)),
    }
    topics = read.team("delegada-igualdad").knows  # type: ignore[union-attr]
    assert topics == ("queja de acoso", "queja de insultos", "queja de discriminación", "trato a una niña / un niño")
    assert read.team("taller").knows == ("taller", "arreglos", "plazos", "piezas")  # type: ignore[union-attr]


def test_a_catalogue_of_devices_is_no_directory() -> None:
    text = "# Equipos y cables\n\n**Módem** es blanco: tiene dos luces.\n\n**Router** lo lleva el técnico."
    assert [team.id for team in brand_from_prose([("equipos.md", text)]).teams] == ["atencion"]


AUTHORITY = """\
# Quién puede prometer qué

**Mostrador** explica las normas. Si fallamos en algo pequeño, puede regalar **un estuche de viaje**, uno por caso. No hace descuentos y no da fechas.

**Quien coordina la zona** puede devolver fuera de norma hasta **90 €** por caso.

**Dirección de Ventas** decide lo que pase de 90 €.

**De una lesión en el ojo no promete nada nadie** salvo Salud. **Las citas** no las puede adelantar nadie. Antes de que Salud conteste, nadie adelanta el resultado.
"""


def test_roles_by_the_words_that_open_an_entry() -> None:
    read = brand_from_prose(
        [("guia.md", "# Guía de voz\n\nTuteamos. El tono es llano. Sin emojis."), ("quien.md", AUTHORITY)]
    )
    grants = {role.id: [(g.action, g.up_to, g.note) for g in role.grants] for role in read.roles}
    assert grants["agent"] == [("gift", 0, "un estuche de viaje")]
    assert ("refund", 90, None) in grants["lead"]
    assert ("refund", None, None) in grants["admin"]
    barred = {bar.what: (bar.action, bar.when, bar.role) for bar in read.forbidden}
    assert barred["descuentos"] == ("discount", None, "agent")
    assert barred["fechas"] == ("deadline", None, "agent")
    assert barred["nada de una lesión en el ojo"] == (None, "salvo Salud", None)
    assert "adelantar las citas" in barred
    assert barred["el resultado"][1] == "antes de que Salud conteste"
    assert len(barred) == 5
