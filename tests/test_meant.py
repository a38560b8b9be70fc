"""Asks in words that no policy uses, journalists, rows of a table, and what is said for the customer's region."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_company import TODAY, write_company

from voz.case import Message
from voz.config import Settings
from voz.happenings import meant
from voz.pipeline import Desk, open_desk, prepare

DOCUMENTS = {
    "colaboraciones.md": """# Prensa y colaboraciones

## Creadores de contenido

No enviamos productos gratis a cambio de publicaciones. Las propuestas se estudian en ideas@velas.example.
""",
    "privacidad.md": """# Tus datos

## Tus derechos

Puedes pedir ver, corregir o borrar tus datos personales en datos@velas.example. Contestamos en un mes.

## Facturas

Las facturas se guardan 6 años, porque lo manda la ley.
""",
    "envios.md": """# Envíos

El envío a la península cuesta 4,90 € y tarda de 2 a 4 días laborables.

No enviamos fuera de España.

## Cambios de talla

El primer cambio de talla lleva el transporte gratis, dentro de los 30 días.
""",
    "islas.md": """# Baleares y Canarias: lo que cambia

En Baleares y Canarias rige esta página.

## Cambios de talla

El primer cambio de talla no lleva el transporte gratis en las islas: se paga el envío de la talla nueva.
""",
    "recambios.csv": """referencia,articulo,para_producto,precio_eur,disponible_hasta
R-1,Junta de la tapa,Faro Mini,"6,50",2030-12-31
R-2,Junta de la tapa,Faro Grande,"7,50",2030-12-31
R-3,Pabilo de algodón,Faro Grande,"2,10",2030-12-31
""",
    "guia.md": """# Guía de voz

Tuteamos siempre. Nos despedimos con «Un saludo, Velas».

## A quién preguntar

- Prensa (prensa@velas.example): periodistas y colaboraciones.
- Tiendas: pedidos y recambios.
""",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root: Path = tmp_path_factory.mktemp("velas")
    knowledge = write_company(root / "Velas", DOCUMENTS)
    return open_desk(Settings(knowledge=knowledge, home=root / "home", today=TODAY, writer="extractive"))


def reply(text: str, desk: Desk, channel: str = "email") -> str:
    case = prepare(Message.model_validate({"text": text, "channel": channel}), desk)
    assert case.draft is not None
    assert not [found for found in case.findings if found.severity == "block"]
    return case.draft.reply or ""


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Tengo 30k, ¿me mandáis un Faro y os hago unos reels?", "collab"),
        ("La app no me deja entrar", "app"),
        ("Quiero que borréis todos mis datos", "erase_data"),
        ("baja promos", "marketing"),
        ("Do you ship to Texas?", "abroad"),
        ("¿Buscáis gente? Mando mi currículum", "jobs"),
    ],
)
def test_the_words_of_customers_are_known(text: str, label: str) -> None:
    assert label in meant(text)


@pytest.mark.parametrize("text", ["¿Cuánto cuesta el envío?", "Llegó rota la tapa", "¿Me lo cambiáis por otro?"])
def test_and_those_of_policies_need_no_more(text: str) -> None:
    assert meant(text) == ()


def test_they_are_answered_with_the_clause_that_is_about_them(desk: Desk) -> None:
    text = reply("Tengo 30k, ¿me mandáis un Faro y os hago un reel?", desk)
    assert "No enviamos productos gratis a cambio de publicaciones" in text
    assert "datos@velas.example" in reply("Quiero que borréis todos mis datos.", desk)
    assert "No enviamos fuera de España" in reply("Do you ship to Texas?", desk)


def test_where_no_document_is_about_them_nothing_is_said(desk: Desk) -> None:
    text = reply("¿Buscáis gente para la tienda? Mando mi currículum", desk)
    assert not any(told in text for told in ("€", "días", "@"))


def test_journalists_are_told_where_to_write(desk: Desk) -> None:
    text = reply("Soy periodista y preparo un reportaje sobre las velas Faro. ¿Cuántas se han vendido?", desk)
    assert "prensa@velas.example" in text
    assert text.count("prensa@velas.example") == 1


def test_a_row_is_named_by_all_that_was_asked_for(desk: Desk) -> None:
    text = reply("¿Cuánto cuesta la junta de la Faro Grande?", desk, "chat")
    assert "Junta de la tapa (Faro Grande)" in text
    assert "7,50 €" in text
    assert "31/12/2030" in text or "disponible" not in text
    assert "6,50" not in text


def test_what_is_said_for_the_customers_region_goes_first(desk: Desk) -> None:
    asked = "¿El primer cambio de talla lleva el transporte gratis?"
    assert "no lleva el transporte gratis en las islas" in reply(f"{asked} Estoy en Lanzarote.", desk)
    assert "en las islas" not in reply(f"{asked} Vivo en Burgos.", desk)
