"""What is found for each ask, what is filtered and why; through the real embedder and the real Chroma."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from voz.case import Ask, Evidence, Message, ThreadMessage
from voz.config import Settings
from voz.embedding import open_embedder
from voz.knowledge.index import index_folder, open_library
from voz.knowledge.library import Library
from voz.retrieve import retrieve

TODAY = dt.date(2026, 11, 24)
DOCUMENTS = {
    "envios.md": "# Envíos en la península\n\n## Coste\n\nEl envío cuesta 4,90 €.\n\n## Plazo\n\nEl pedido tarda 2 "
    "días laborables.\n\n## Seguimiento\n\nEl transportista manda un SMS con el enlace de seguimiento del pedido.",
    "canarias.md": "---\ngoverns: [envios.md]\nregion: canarias\n---\n# Envíos a Canarias\n\n## Coste\n\nEl envío a "
    "Canarias cuesta 9,50 €.\n\n## Plazo\n\nEl pedido a Canarias tarda 8 días laborables.",
    "devoluciones.md": "# Devoluciones\n\nVigente desde el 1 de enero de 2026.\n\n## Plazo\n\nEl cliente dispone "
    "de 30 días para devolver el producto.\n\n> Respuesta aprobada: Tienes 30 días para devolverlo.",
    "devoluciones-2024.md": "# Devoluciones\n\nVigente desde el 1 de enero de 2024.\n\n## Plazo\n\nEl cliente dispone "
    "de 45 días para devolver el producto.",
    "otono.md": "# Promoción de otoño\n\nVálida hasta el 31 de octubre de 2026.\n\n"
    "Descuento del 20 % en toda la ropa.",
    "navidad.md": "# Promoción de Navidad\n\nVigente desde el 10 de diciembre de 2026.\n\n"
    "Descuento del 15 % en ropa.",
    "nota.md": "# Nota\n\nUso interno. No compartir con clientes.\n\n## Descuentos\n\nSe puede dar un descuento "
    "del 10 % en ropa a quien proteste.",
    "garantia.md": "# Garantía\n\n## Bicicleta Brisa\n\nLa Brisa tiene 2 años de garantía en la batería.\n\n"
    "## Bicicleta Brisa Max\n\nLa Brisa Max tiene 5 años de garantía en la batería.\n\n"
    "## Cómo se pide\n\nCon la factura.",
    "tarifas.csv": "Servicio,Precio,Plazo\nPinchazo,12 €,En el día\n"
    "Cambio de cadena,14 €,1 día\nPurga de frenos,28 €,2 días\n",
    "faq-en.md": "# Questions\n\n## Do you sell gift cards?\n\n"
    "Yes, gift cards from 25 to 500 euros, on the web and in shops.",
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    root: Path = tmp_path_factory.mktemp("company")
    for name, text in DOCUMENTS.items():
        path = root / "knowledge" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    embedder = open_embedder(Settings())
    assert index_folder(root / "knowledge", root / "home", embedder).failures == []
    with open_library(root / "knowledge", root / "home", embedder) as opened:
        yield opened


def ask(text: str) -> Ask:
    return Ask(text=text, start=0, end=len(text), query=text)


def found(library: Library, text: str, region: str | None = None, today: dt.date = TODAY) -> Evidence:
    return retrieve(Message(text=text), (ask(text),), library, today=today, region=region)


def kept(evidence: Evidence) -> list[str]:
    return [passage.text for passage in evidence.asks[0].passages]


def reasons(evidence: Evidence) -> dict[str, str]:
    return {f"{f.passage.source}|{f.passage.heading.rsplit(' › ', 1)[-1]}": f.reason for f in evidence.filtered}


def test_the_clause_that_answers_comes_first(library: Library) -> None:
    evidence = found(library, "¿Cuántos días tengo para devolver el producto?")
    first = evidence.asks[0].passages[0]
    assert first.text == "El cliente dispone de 30 días para devolver el producto."
    assert first.wordings == (("es", "Tienes 30 días para devolverlo."),)
    assert first.score > 0.8
    assert not evidence.asks[0].weak
    scores = [passage.score for passage in evidence.asks[0].passages]
    assert scores == sorted(scores, reverse=True)


def test_each_ask_is_searched_by_itself(library: Library) -> None:
    message = Message(text="¿Cuánto vale un pinchazo? ¿Y venden tarjetas de regalo?")
    asks = (ask("¿Cuánto vale un pinchazo?"), ask("¿Y venden tarjetas de regalo?"))
    evidence = retrieve(message, asks, library, today=TODAY, region=None)
    assert "| Pinchazo | 12 € | En el día |" in evidence.asks[0].passages[0].text
    assert "gift cards" in evidence.asks[1].passages[0].text
    assert len({p.id for p in evidence.passages}) == len(evidence.passages)


def test_superseded_internal_expired_and_not_yet_are_filtered_with_their_reason(library: Library) -> None:
    assert reasons(found(library, "¿Cuántos días tengo para devolver?"))["devoluciones-2024.md|Plazo"] == "superseded"
    evidence = found(library, "¿Hay descuento en ropa?")
    assert not any("%" in text for text in kept(evidence))
    seen = reasons(evidence)
    assert seen["otono.md|Promoción de otoño"] == "expired"
    assert seen["navidad.md|Promoción de Navidad"] == "not_yet"
    assert seen["nota.md|Descuentos"] == "internal"


def test_the_day_decides(library: Library) -> None:
    december = found(library, "¿Hay descuento en ropa?", today=dt.date(2026, 12, 12))
    assert "15 %" in kept(december)[0]
    in_2025 = found(library, "¿Cuántos días tengo para devolver?", today=dt.date(2025, 5, 1))
    assert "45 días" in kept(in_2025)[0]
    assert reasons(in_2025)["devoluciones.md|Plazo"] == "not_yet"


def test_region_from_the_caller_or_the_message(library: Library) -> None:
    for evidence in (
        found(library, "¿Cuánto cuesta el envío?", region="Tenerife"),
        found(library, "Vivo en Las Palmas, ¿cuánto cuesta el envío?"),
    ):
        assert kept(evidence)[0] == "El envío a Canarias cuesta 9,50 €."
        assert reasons(evidence)["envios.md|Coste"] == "region"
        assert not any("4,90" in text for text in kept(evidence))
    mainland = found(library, "¿Cuánto cuesta el envío?", region="peninsula")
    assert kept(mainland)[0] == "El envío cuesta 4,90 €."
    assert reasons(mainland)["canarias.md|Coste"] == "region"
    unknown = found(library, "¿Cuánto cuesta el envío?")
    assert kept(unknown)[0] == "El envío cuesta 4,90 €."
    assert "El envío a Canarias cuesta 9,50 €." in kept(unknown)


def test_a_governing_clause_replaces_the_same_topic_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    general = DOCUMENTS["envios.md"].replace(" en la península", "")
    (tmp_path / "k" / "envios.md").write_text(general, encoding="utf-8")
    (tmp_path / "k" / "canarias.md").write_text(DOCUMENTS["canarias.md"], encoding="utf-8")
    embedder = open_embedder(Settings())
    index_folder(tmp_path / "k", tmp_path / "h", embedder)
    with open_library(tmp_path / "k", tmp_path / "h", embedder) as library:
        evidence = found(library, "¿Cuánto cuesta el envío?", region="canarias")
        assert kept(evidence)[0] == "El envío a Canarias cuesta 9,50 €."
        assert reasons(evidence)["envios.md|Coste"] == "governed"
        tracking = found(library, "¿Cómo sigo mi pedido con el transportista?", region="canarias")
        assert "SMS" in kept(tracking)[0]
        elsewhere = found(library, "¿Cuánto cuesta el envío?")
        assert "governed" not in reasons(elsewhere).values()


def test_the_product_that_is_named_goes_first(library: Library) -> None:
    assert "2 años" in kept(found(library, "¿Qué garantía tiene la batería de mi brisa?"))[0]
    longer = kept(found(library, "¿Qué garantía tiene la batería de mi brisa max?"))
    assert "5 años" in longer[0]
    assert "Con la factura." in longer


def test_languages_meet(library: Library) -> None:
    assert "30 días" in kept(found(library, "How many days do I have to return the product?"))[0]
    assert "30 días" in kept(found(library, "Quantos dias tenho para devolver o produto?"))[0]


def test_a_short_follow_up_is_searched_with_what_was_said_before(library: Library) -> None:
    message = Message(
        text="¿Y a Canarias?",
        thread=(
            ThreadMessage(text="¿Cuántos días laborables tarda un pedido?"),
            ThreadMessage(text="A la península, 2 días laborables.", from_company=True),
        ),
    )
    evidence = retrieve(message, (ask("¿Y a Canarias?"),), library, today=TODAY, region=None)
    assert "8 días laborables" in kept(evidence)[0]


def test_nothing_that_answers_is_weak(library: Library) -> None:
    for text in ("¿Qué opinan del cambio climático en la Antártida?", "zxcvb qwrtp"):
        assert found(library, text).asks[0].weak


@pytest.mark.parametrize("text", ["\x00\x07", "🙂" * 3000, "مرحبا بكم", "a" * 99_000, "{{ 7*7 }} <script>", "?"])
def test_hostile_messages(library: Library, text: str) -> None:
    message = Message(text=text + " hola")
    evidence = retrieve(message, (ask(text),), library, today=TODAY, region="\ud800no such place" * 99)
    assert len(evidence.asks) == 1


def test_no_asks(library: Library) -> None:
    assert retrieve(Message(text="Gracias"), (), library, today=TODAY, region=None).asks == ()


def test_the_same_message_finds_the_same(library: Library) -> None:
    assert found(library, "¿Cuánto cuesta el envío a Canarias?") == found(
        library, "¿Cuánto cuesta el envío a Canarias?"
    )
