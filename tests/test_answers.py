"""What the extractive writer takes for answered, and what it never puts into a sentence."""

from __future__ import annotations

import pytest

from voz.brand import Brand, Team, Voice
from voz.case import Passage
from voz.details import details
from voz.names import team_of

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
