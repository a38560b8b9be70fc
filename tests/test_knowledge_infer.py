"""What documents say about themselves in prose: for whom, when, where; and what replaces what."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.case import Passage
from voz.errors import DocumentError, KnowledgeError
from voz.knowledge.dates import find_dates, find_ranges, parse_date
from voz.knowledge.documents import document_paths, parse_document, resolve
from voz.knowledge.infer import ENDED
from voz.knowledge.metadata import load_folder_meta, parse_meta, split_front_matter
from voz.knowledge.products import mentioned
from voz.knowledge.regions import applies_in, region_keys, regions_in
from voz.text import fold

D = dt.date


def folder(tmp_path: Path, **files: str) -> dict[str, list[Passage]]:
    """Writes the files (`a__b_md` → `a/b.md`) and gives the passages of each."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = tmp_path / f"{stem.replace('_', '-')}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    parsed = [parse_document(tmp_path, path, path.read_bytes()) for path in document_paths(tmp_path)]
    found: dict[str, list[Passage]] = {}
    for item in resolve(parsed, load_folder_meta(tmp_path))[0]:
        found.setdefault(item.passage.source, []).append(item.passage)
    return found


def one(tmp_path: Path, text: str, name: str = "doc.md") -> list[Passage]:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    indexed, _ = resolve([parse_document(tmp_path, path, path.read_bytes())], {})
    return [item.passage for item in indexed]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1 de marzo de 2026", D(2026, 3, 1), D(2026, 3, 1)),
        ("1.º de mayo de 2026", D(2026, 5, 1), D(2026, 5, 1)),
        ("31/12/2025", D(2025, 12, 31), D(2025, 12, 31)),
        ("31-12-25", D(2025, 12, 31), D(2025, 12, 31)),
        ("2026-03-01", D(2026, 3, 1), D(2026, 3, 1)),
        ("1 de março de 2026", D(2026, 3, 1), D(2026, 3, 1)),
        ("March 1, 2026", D(2026, 3, 1), D(2026, 3, 1)),
        ("1st March 2026", D(2026, 3, 1), D(2026, 3, 1)),
        ("1 de març de 2026", D(2026, 3, 1), D(2026, 3, 1)),
        ("febrero de 2028", D(2028, 2, 1), D(2028, 2, 29)),
    ],
)
def test_dates(text: str, first: dt.date, last: dt.date) -> None:
    found = find_dates(fold(text))
    assert [(date.first, date.last) for date in found] == [(first, last)]


@pytest.mark.parametrize("text", ["31/13/2025", "30 de febrero de 2026", "12,90 €", "10:00 a 14:00", "31 de diciembre"])
def test_no_dates(text: str) -> None:
    assert find_dates(fold(text)) == []
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "del 13 al 30 de noviembre de 2026",
        "del 13 de noviembre al 30 de noviembre de 2026",
        "entre el 13/11/2026 y el 30/11/2026",
        "desde el 13 de noviembre de 2026 hasta el 30 de noviembre de 2026",
        "del 13 al 30/11/2026",
        "de 13 a 30 de novembro de 2026",
        "from 13 to 30 November 2026",
    ],
)
def test_ranges(text: str) -> None:
    folded = fold(text)
    assert [(r.first, r.last) for r in find_ranges(folded, find_dates(folded))] == [(D(2026, 11, 13), D(2026, 11, 30))]


@given(st.text(alphabet="0123456789/.- dealyhst", max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_has_dates_or_not(text: str) -> None:
    find_ranges(text, find_dates(text, 2026))


@pytest.mark.parametrize(
    ("sentence", "start", "end"),
    [
        ("Vigente desde el 1 de marzo de 2026.", D(2026, 3, 1), None),
        ("Esta política rige desde el 1/03/2026.", D(2026, 3, 1), None),
        ("En vigor desde el 1 de marzo de 2026 y hasta nuevo aviso.", D(2026, 3, 1), None),
        ("Condiciones válidas hasta el 31/12/2025.", None, D(2025, 12, 31)),
        ("Política vigente del 1 de enero al 30 de junio de 2026.", D(2026, 1, 1), D(2026, 6, 30)),
        ("Vigencia: del 13 al 30 de noviembre de 2026, en todas las tiendas.", D(2026, 11, 13), D(2026, 11, 30)),
        ("Del 13 al 17 de noviembre de 2025.", D(2025, 11, 13), D(2025, 11, 17)),
        ("Promoción terminada el 17 de noviembre de 2025.", None, D(2025, 11, 17)),
        ("Estas condiciones están derogadas.", None, ENDED),
        ("Promoción finalizada.", None, ENDED),
        ("Em vigor desde 1 de março de 2026.", D(2026, 3, 1), None),
        ("Effective March 1, 2026.", D(2026, 3, 1), None),
        ("These terms are valid until 31 December 2025.", None, D(2025, 12, 31)),
        ("El vale es válido hasta el 31 de diciembre de 2025.", None, None),
        ("Las tarjetas regalo son válidas durante 24 meses.", None, None),
        ("El presupuesto vale hasta el 31/12/2025.", None, None),
        ("Fundada el 1 de marzo de 1978 en Tonalá.", None, None),
        ("Actualizado el 16/11/2026.", None, None),
    ],
)
def test_validity_of_a_document(tmp_path: Path, sentence: str, start: dt.date | None, end: dt.date | None) -> None:
    found = one(tmp_path, f"# Condiciones\n\n{sentence}\n\n## Plazo\n\nTiene 30 días.")
    assert {(p.valid_from, p.valid_until) for p in found} == {(start, end)}


def test_a_phrase_under_a_heading_binds_that_section(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        "# Promociones\n\nEstas son.\n\n## En curso\n\n**Bienvenida.** 50 % para quien contrate entre "
        "el 1/11/2026 y el 31/12/2026.\n\n**Débito.** 5 % si paga con débito.\n\n## Terminadas\n\n**Invierno.** Se "
        "podía contratar hasta el 31/08/2026.\n\n**Amigos.** 10 € por amigo.",
    )
    by_name = {p.heading.rsplit(" › ", 1)[-1]: (p.valid_from, p.valid_until) for p in found}
    assert by_name["Bienvenida"] == (D(2026, 11, 1), D(2026, 12, 31))
    assert by_name["Débito"] == (None, None)
    assert by_name["Invierno"] == (None, D(2026, 8, 31))
    assert by_name["Amigos"] == (None, ENDED)


def test_front_matter_wins_over_prose_and_a_section_only_narrows(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        "---\nvalid_from: 2026-01-01\naudience: public\n---\n# Envíos\n\nVigente desde el 1 de marzo de 2026.\n\n"
        "## Oferta de otoño\n\nPromoción válida hasta el 30 de noviembre de 2026: envío gratis.",
    )
    assert [(p.valid_from, p.valid_until) for p in found] == [
        (D(2026, 1, 1), None), (D(2026, 1, 1), D(2026, 11, 30)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nota.md", "# Nota de otoño\n\nUso interno. No compartir con clientes.\n\n## Márgenes\n\n12 %."),
        ("memo.md", "# Memo de Dirección\n\nConfidencial – solo personal. 9 de noviembre.\n\nMárgenes del 12 %."),
        ("c.md", "# Circular 27/2026 — INTERNO, no difundir\n\nTopes de compensación.\n\n1. 8.000."),
        ("interno/precios.md", "# Precios\n\nCoste 12 €."),
        ("lista-interna.md", "# Lista\n\nCoste 12 €."),
        ("note.md", "# Notes\n\nFor internal use only.\n\nMargin 12%."),
        ("nota-pt.md", "# Nota\n\nPara uso interno. Não partilhar com clientes.\n\nMargem."),
        ("memo2.md", "# Memo de noviembre\n\nPara: gerentes de sucursal y asesores.\n\nSe puede bajar un 5 %."),
        ("guia.md", "# Manual de marca\n\nHablamos de usted."),
        ("voz.md", "# Cómo hablamos\n\nHablamos de tú.\n\n## Emojis\n\nUno.\n\nNo decimos nunca: chollo."),
        ("x.md", "# Tono\n\nHablamos de tú. Sin emojis. No decimos «usuario».\n\n## Saludo y despedida\n\nHola."),
    ],
)
def test_internal_documents(tmp_path: Path, name: str, text: str) -> None:
    assert {p.audience for p in one(tmp_path, text, name)} == {"internal"}


@pytest.mark.parametrize(
    "text",
    [
        "# Privacidad\n\nSus datos son confidenciales y no los compartimos con terceros.",
        "# Cómo respondemos a tu reclamación\n\nTe contestamos en 15 días.",
        "# Cómo tratamos tus datos\n\nSolo para servir tu pedido.",
        "# Discriminación\n\nLos reportes se reciben de manera confidencial.",
        "# Garantía\n\nEl disco interno tiene 3 años de garantía.",
    ],
)
def test_public_documents(tmp_path: Path, text: str) -> None:
    assert {p.audience for p in one(tmp_path, text)} == {"public"}


def test_an_internal_section_or_note_in_a_public_document(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        "# Devoluciones\n\nTiene 30 días.\n\n## Excepciones (uso interno)\n\nHasta 45 días si insiste.\n\n"
        "## Coste\n\nCuesta 3 €.\n\nNota interna: si protesta, se le regala el envío de vuelta y un vale de 10 €.",
    )
    assert [(p.text[:12], p.audience) for p in found] == [
        ("Tiene 30 día", "public"),
        ("Hasta 45 día", "internal"),
        ("Cuesta 3 €.", "public"),
        ("Nota interna", "internal"),
    ]


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("# Envíos a Canarias\n\nCuesta 9 €.", ("canarias",)),
        ("# Baleares y Canarias: lo que cambia\n\nCuesta 9 €.", ("baleares", "canarias")),
        ("# Envíos en la península\n\nCuesta 4 €.", ("peninsula",)),
        ("# Ventas en la Península de Yucatán\n\nCuesta más.", ("península de yucatán",)),
        ("# Garantía\n\nEsta página vale para Argentina.", ("argentina",)),
        ("# Líneas\n\nSolo en Argentina. En Uruguay no tenemos líneas.", ("argentina",)),
        ("# Entregas\n\nPara Yucatán hay otro; lo que sigue rige en Jalisco y Querétaro.", ("jalisco", "querétaro")),
        ("# Preguntas\n\n*Argentina. Si vivís en Montevideo, mirá la otra página.*", ("argentina",)),
        ("# Tienda de Madrid\n\nAbre a las 10.", ()),
        ("# Alquiler\n\nDisponible en Palma y Las Palmas. En Valencia, no.", ()),
        ("# Envios para Portugal\n\nCusta 6 €.", ("portugal",)),
    ],
)
def test_regions_of_a_document(tmp_path: Path, text: str, regions: tuple[str, ...]) -> None:
    assert one(tmp_path, text)[0].regions == regions


def test_regions_of_sections(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        "# Península de Yucatán y foráneos\n\n## Península de Yucatán\n\nTarda 15 días.\n\n"
        "## Foráneos (resto de la República)\n\nTarda 14 días.\n\n## Pagos\n\nPor adelantado.",
    )
    yucatan, rest, general = (p.regions for p in found)
    assert yucatan == ("península de yucatán",)
    assert "nuevo león" in rest
    assert not set(rest) & {"yucatán", "península de yucatán", "campeche", "méxico"}
    assert general == ("península de yucatán",)


def test_not_valid_there_means_the_other_regions_of_the_company(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        promos_md="# Promociones\n\nNinguna vale en Uruguay.\n\n## Trío\n\n20 %.",
        ar_md="# Baja (Argentina)\n\nCon aviso.",
        uy_md="# Uruguay\n\nEstamos en Montevideo.",
    )
    assert {p.regions for p in found["promos.md"]} == {("argentina",)}


def test_where_a_passage_applies() -> None:
    assert regions_in("Vivo en Tenerife, antes en Cuenca") == ("canarias", "peninsula")
    assert regions_in("la península de Yucatán no es la península") == ("península de yucatán", "peninsula")
    assert region_keys(("ES",)) == ("españa",)
    assert region_keys(("Las Palmas", "Atlantis")) == ("canarias", "atlantis")
    assert applies_in((), ("canarias",)) is True
    assert applies_in(("canarias",), ()) is None
    assert applies_in(("peninsula",), ("canarias",)) is False
    assert applies_in(("españa",), ("canarias",)) is True
    assert applies_in(("canarias",), ("españa",)) is None
    assert applies_in(("península de yucatán",), ("yucatán",)) is True


def test_superseded_by_title_date_and_path(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        devoluciones_md="# Devoluciones\n\nVigente desde el 1 de enero de 2026.\n\n## Plazo\n\n30 días.",
        devoluciones_2024_md="# Devoluciones\n\nVigente desde el 1 de enero de 2024.\n\n## Plazo\n\n45 días.",
        archivo__garantia_md="# Garantía\n\nUn año.",
        garantia_md="# Garantía\n\nTres años.",
        tarifas_2025_md="# Tarifas 2025\n\nDiez.",
        tarifas_2026_md="# Tarifas 2026\n\nOnce.",
        canarias_md="# Devoluciones (Canarias)\n\nVigente desde el 1 de enero de 2027.\n\nOtra cosa.",
        nueva_md="# Cancelaciones\n\nEsta versión sustituye a la de «Anular un pedido».\n\nUna hora.",
        anular_md="# Anular un pedido\n\nDos horas.",
    )
    replaced = {source: passages[0].superseded_by for source, passages in found.items()}
    assert replaced == {
        "devoluciones.md": None,
        "devoluciones-2024.md": "devoluciones.md",
        "archivo/garantia.md": "garantia.md",
        "garantia.md": None,
        "tarifas-2025.md": "tarifas-2026.md",
        "tarifas-2026.md": None,
        "canarias.md": None,
        "nueva.md": None,
        "anular.md": "nueva.md",
    }


def test_products_come_from_headings(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        garantia_md="# Garantía\n\n## Colchón Nube\n\nDiez años el Nube.\n\n## Colchón Nube Firme\n\nOcho años."
        "\n\n## Lo demás\n\nDos años.",
        guia_md="# Manual de marca de Casa Lirio\n\nEn Casa Lirio hablamos de usted.",
    )
    assert [p.products for p in found["garantia.md"]] == [("Nube",), ("Nube Firme",), ()]
    assert mentioned("mi nube firme se hundió", ("Nube Firme", "Nube")) == ["Nube Firme"]
    assert mentioned("tengo dos nubes", ("Nube Firme", "Nube")) == ["Nube"]


def test_inferred_values_keep_their_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Envíos a Canarias\n\nVigente desde el 1/3/2026.\n\n## X\n\nY.", encoding="utf-8")
    parsed = [parse_document(tmp_path, tmp_path / "a.md", (tmp_path / "a.md").read_bytes())]
    origins = {origin.field: origin for origin in resolve(parsed, {})[1]}
    assert origins["valid_from"].sentence == "Vigente desde el 1/3/2026."
    assert (origins["valid_from"].source, origins["valid_from"].line) == ("a.md", 3)
    assert origins["regions"].value == "canarias"


def test_metadata_folder_defaults_and_csv(tmp_path: Path) -> None:
    (tmp_path / "islas").mkdir()
    (tmp_path / "_defaults.yaml").write_text("team: todos\nlanguage: es\n", encoding="utf-8")
    defaults = "region: [canarias, baleares]\nteam: islas\n"
    (tmp_path / "islas" / "_defaults.yaml").write_text(defaults, encoding="utf-8")
    (tmp_path / "metadata.csv").write_text(
        "path;title;region;governs\nislas/a.md;Islas;canarias;x.md\ncanarias.md;;*;\n",
        encoding="utf-8",
    )
    text = "\n\nTexto."
    found = folder(tmp_path, islas__a_md="# A" + text, islas__b_md="# B" + text, canarias_md="# Canarias" + text)
    a, b, c = found["islas/a.md"][0], found["islas/b.md"][0], found["canarias.md"][0]
    assert (a.title, a.regions, a.team, a.governs) == ("Islas", ("canarias",), "islas", ("x.md",))
    assert (b.title, b.regions, b.team) == ("B", ("canarias", "baleares"), "islas")
    assert (c.regions, c.team) == ((), "todos")


def test_metadata_that_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="audience"):
        parse_meta({"audience": "nadie"}, "front matter")
    (tmp_path / "metadata.csv").write_text("path,valid_from\na.md,mañana\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"line 2.*valid_from.*mañana"):
        load_folder_meta(tmp_path)
    (tmp_path / "metadata.csv").unlink()
    (tmp_path / "_defaults.yaml").write_text("a: [b\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"_defaults\.yaml"):
        load_folder_meta(tmp_path)


def test_front_matter_is_only_at_the_top() -> None:
    assert split_front_matter("---\ntitle: A\n---\n# B\n") == ({"title": "A"}, "# B\n", 3)
    assert split_front_matter("# B\n\n---\n\nx")[0] == {}
    assert split_front_matter("---\n\nUna regla y nada más.")[0] == {}


def test_languages(tmp_path: Path) -> None:
    texts = {
        "es": "El envío cuesta cuatro euros y tarda dos días laborables desde que sale del almacén.",
        "pt": "O envio custa quatro euros e demora dois dias úteis desde que sai do armazém.",
        "en": "Shipping costs four euros and takes two working days from the moment it leaves the warehouse.",
        "ca": "L'enviament costa quatre euros i triga dos dies feiners des que surt del magatzem.",
    }
    for language, text in texts.items():
        assert one(tmp_path, f"# X\n\n{text}", f"{language}.md")[0].language == language
