"""What the extractive writer takes for answered, and what it never puts into a sentence."""

from __future__ import annotations

import pytest
from small_company import TODAY, write_company

from voz.brand import Brand, Team, Voice
from voz.case import Message, Passage
from voz.config import Settings
from voz.details import details
from voz.knowledge.regions import towns_in
from voz.names import team_of
from voz.pipeline import Desk, open_desk, prepare

SPANISH = Brand(
    voice=Voice(company="Taller Norte", country="ES", languages=("es", "pt")),
    teams=(Team(id="devoluciones", name="el equipo de devoluciones"), Team(id="marta", name="Marta Ferrer")),
)


def test_a_team_is_named_only_in_the_language_of_its_name() -> None:
    assert team_of(SPANISH, "devoluciones", "es") == "el equipo de devoluciones"
    assert team_of(SPANISH, "devoluciones", "pt") == ""
    assert team_of(SPANISH, "marta", "pt") == "Marta Ferrer"
    assert team_of(SPANISH, "nobody", "es") == ""


def test_a_team_of_a_portuguese_company_is_named_in_portuguese() -> None:
    brand = Brand(
        voice=Voice(company="Loja", country="PT", languages=("pt",)), teams=(Team(id="a", name="Devoluções"),)
    )
    assert team_of(brand, "a", "pt") == "a equipa de Devoluções"


PAGE = Passage(
    id="faq-1a2b3c", source="faq.md", heading="Dudas", text="Si quiero cambiar la cafetera, ¿puedo? ¿Y si voy a tienda?"
)


@pytest.mark.parametrize(
    "text",
    [
        "si compro hoy la otra, ¿hasta qué día la puedo devolver?",
        "¿las quiero cambiar y no sé cómo",
        "no sé si los voy a recoger",
    ],
)
def test_a_pronoun_before_its_verb_is_no_thing(text: str) -> None:
    assert "thing" not in details(text, (PAGE,), "tú", "es")


def test_a_noun_after_its_article_is_a_thing() -> None:
    assert details("ayer recibí la cafetera rota", (PAGE,), "tú", "es")["thing"] == "la cafetera"


SHOPS = {
    "tienda-madrid.md": "# Tienda de Madrid\n\n## Cómo llegar\n\nNo hay aparcamiento propio; la zona de carga permite "
    "aparcar 15 minutos.\n",
    "accesos.md": "# Accesos\n\nSevilla tiene un escalón en la entrada.\n",
    "duna.md": "---\nproduct: Duna\n---\n# Teclado Duna\n\n## Garantía\n\nEl Duna tiene 5 años de garantía.\n",
    "duna-mini.md": "---\nproduct: Duna Mini\n---\n# Teclado Duna Mini\n\n## Batería\n\nLa batería dura 40 horas.\n",
    "problemas.md": "---\nproduct: [Duna, Duna Mini]\n---\n# Problemas habituales\n\n## Mi Duna hace ruido\n\nLo más "
    "normal es que el muelle de la barra esté gastado: el muelle cuesta 3,50 €.\n\n## Mi Duna Mini hace ruido\n\nLa "
    "barra del Mini no lleva muelle: tráelo a la tienda y lo miramos gratis.\n",
}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("teclas")
    knowledge = write_company(root / "Teclas", SHOPS)
    return open_desk(Settings(knowledge=knowledge, home=root / "home", today=TODAY, writer="extractive"))


def reply_to(text: str, desk: Desk) -> str:
    draft = prepare(Message(channel="chat", text=text), desk).draft
    assert draft is not None
    return draft.reply or ""


def test_another_shops_page_does_not_answer_for_the_one_that_is_named(shops: Desk) -> None:
    assert "15 minutos" in reply_to("¿Se puede aparcar en la tienda de Madrid?", shops)
    assert "15 minutos" not in reply_to("¿Se puede aparcar en la tienda de Sevilla?", shops)


def test_a_section_labelled_with_another_product_is_not_said(shops: Desk) -> None:
    assert "3,50 €" in reply_to("Mi Duna hace ruido, ¿cuánto cuesta el muelle de la barra?", shops)
    assert "3,50 €" not in reply_to("Mi Duna Mini hace ruido, ¿cuánto cuesta el muelle de la barra?", shops)


def test_a_town_is_no_region() -> None:
    assert towns_in("la tienda de Sevilla o la de Madrid") == {"sevilla", "madrid"}
    assert towns_in("un envío a Canarias") == frozenset()
