"""Files → Markdown → chunks: formats, tables, wordings, hostile input."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import ends

from voz.errors import DocumentError
from voz.knowledge.documents import parse_document
from voz.knowledge.read import read_source
from voz.knowledge.sections import TARGET_CHARS, chunk_sections, read_sections, split_wordings
from voz.knowledge.tables import csv_to_markdown, mend_tables, split_table
from voz.text import fold, stems, words


def chunks(markdown: str, table_file: bool = False):  # type: ignore[no-untyped-def]
    return chunk_sections(read_sections(markdown)[1], table_file)


def test_fold_words_stems() -> None:
    assert fold("Devolución DE Ñandú") == "devolucion de nandu"
    assert words("¿12,90 € el 31/12/2025?") == ["12,90", "el", "31/12/2025"]
    assert stems("garantía garantías", "es") == stems("garantia GARANTIAS", "es")
    assert stems("xyz", "??") == ["xyz"]
    assert stems("encomendas", "gl")


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_folded_and_chunked(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert isinstance(stems(text, "es"), list)
    for chunk in chunks(text):
        assert chunk.text or chunk.wordings


def test_chunks_follow_headings_and_never_mix_them() -> None:
    found = chunks("# Título\n\nIntro.\n\n## A\n\nUno.\n\n### A1\n\nDos.\n\n## B\n\nTres.")
    assert [(chunk.path, chunk.text) for chunk in found] == [
        ((), "Intro."), (("A",), "Uno."), (("A", "A1"), "Dos."), (("B",), "Tres."),
    ]  # fmt: skip
    assert [chunk.line for chunk in found] == [3, 7, 11, 15]
    assert read_sections("# Título\n\nx")[0] == "Título"


def test_lists_and_tables_stay_whole_with_their_lead_in() -> None:
    long = "Palabra y más palabras de relleno que ocupan sitio. " * 17
    found = chunks(f"# T\n\n## S\n\n{long}\n\nQuedan fuera:\n\n- Uno.\n- Dos.\n- Tres.")
    assert found[-1].text == "Quedan fuera:\n\n- Uno.\n- Dos.\n- Tres."
    table = "| A | B |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |"
    assert chunks(f"# T\n\n## S\n\n{table}")[0].text == table


def test_long_paragraphs_are_cut_between_sentences() -> None:
    sentence = "El cliente puede devolver el producto dentro del plazo que marca la ley. "
    found = chunks("# T\n\n## S\n\n" + sentence * 40)
    assert len(found) > 2
    assert all(len(chunk.text) <= TARGET_CHARS for chunk in found)
    assert all(chunk.text.endswith(".") for chunk in found)


def test_big_tables_repeat_their_header() -> None:
    rows = [f"| Ciudad {n} | {n},00 € |" for n in range(60)]
    found = chunks("\n".join(["| Ciudad | Precio |", "| --- | --- |", *rows]), table_file=True)
    assert len(found) > 3
    assert all(chunk.text.startswith("| Ciudad | Precio |\n| --- | --- |\n| Ciudad") for chunk in found)
    assert sum(chunk.text.count("€") for chunk in found) == 60
    assert split_table(["no table"], 10) == [["no table"]]


def test_approved_wordings_leave_the_clause() -> None:
    found = chunks(
        "# T\n\n## Plazo\n\nEl cliente dispone de 60 días.\n\n"
        "> Respuesta aprobada: Tienes 60 días.\n> Approved reply (en): You have 60 days.\n"
        "> Resposta aprovada (pt): Tem 60 dias.\n> Resposta aprovada (ca): Tens 60 dies.\n\n"
        "En tienda cuenta desde el tique."
    )
    assert found[0].text == "El cliente dispone de 60 días."
    assert [language for language, _ in found[0].wordings] == ["es", "en", "pt", "ca"]
    assert found[0].wordings[1] == ("en", "You have 60 days.")
    assert (found[1].text, found[1].wordings) == ("En tienda cuenta desde el tique.", ())
    assert split_wordings("> Una cita cualquiera: sin más.") == ("> Una cita cualquiera: sin más.", ())


def test_run_in_headings_are_parts_of_their_own() -> None:
    found = chunks("# T\n\n**Precios.** 10 €.\n\n**Baja.** Con 15 días.\n\nY algo más sobre la baja.")
    assert [chunk.path for chunk in found] == [("Precios",), ("Baja",)]
    assert found[1].text == "**Baja.** Con 15 días.\n\nY algo más sobre la baja."


def test_comments_and_links() -> None:
    found = chunks("# T\n\nEscribe a [hola@x.example](mailto:hola@x.example). <!-- interno: margen 40 % -->")
    assert found[0].text.strip() == "Escribe a hola@x.example."
    assert "(https://x.example/a)" in chunks("# T\n\n[la web](https://x.example/a)")[0].text


def test_html(tmp_path: Path) -> None:
    page = """<html lang="es-MX"><head><title>Garantía | Tienda</title><meta name="voz:region" content="canarias">
    <script>alert(1)</script></head><body><nav>Inicio · Planes</nav><h1>Garantía</h1>
    <details><summary>¿Y los perros?</summary><p>Sí, con correa.</p></details>
    <h2>Precios</h2><table><tr><th>Qué</th><th>€</th></tr><tr><td>Diagnóstico</td><td>19,00</td></tr></table>
    <dl><dt>Plazo</dt><dd>30 días</dd></dl><footer>Vigente desde el 1 de marzo de 2026</footer></body></html>"""
    doc = parse_document(tmp_path, tmp_path / "garantia.html", page.encode())
    assert (doc.title, doc.language, doc.meta.region) == ("Garantía", "es", ("canarias",))
    texts = {chunk.path: chunk.text for chunk in doc.chunks}
    assert texts[("¿Y los perros?",)] == "Sí, con correa."
    assert "| Diagnóstico | 19,00 |" in texts[("Precios",)]
    assert texts[("Precios", "Plazo")] == "30 días"
    everything = " ".join(texts.values())
    assert "alert" not in everything
    assert "Inicio" not in everything
    assert str(doc.inferred.valid_from) == "2026-03-01"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Destino;Precio;Plazo\nCanarias;14,90 €;7 días\n", "| Canarias | 14,90 € | 7 días |"),
        ('destino,precio\nCanarias,"14,90 €"\n', "| Canarias | 14,90 € |"),
        ("destino\tprecio\nCanarias\t14,90 €\n", "| Canarias | 14,90 € |"),
        ("a,b,c\n1,2\n", "| 1 | 2 |  |"),
    ],
)
def test_csv(text: str, row: str) -> None:
    assert row in csv_to_markdown(text)


@pytest.mark.parametrize(
    ("header", "cell", "row"),
    [
        ("precio_eur", "7,50", "| precio |\n| --- | --- |\n| junta | 7,50 € |"),
        ("Precio (€)", "1.290,00", "| Precio |\n| --- | --- |\n| junta | 1.290,00 € |"),
        ("costo_de_envio_MXN", "$390.00", "| junta | $390.00 |"),
        ("plazo (días)", "3", "| junta | 3 días |"),
        ("precio_eur", "no", "| junta | no |"),
        ("descuento_pct", "15", "| junta | 15 % |"),
        ("eur", "15", "| eur |\n| --- | --- |\n| junta | 15 |"),
        ("sabado", "10:00-14:00", "| junta | 10:00-14:00 |"),
    ],
)
def test_the_unit_of_a_column_goes_to_its_figures(header: str, cell: str, row: str) -> None:
    assert row in csv_to_markdown(f"articulo;{header}\njunta;{cell}\n")


def test_csv_notes_become_prose() -> None:
    found = csv_to_markdown("A;B;C\n1;2;3\n;;Lista vigente desde el 1/11/2026\n")
    assert found.startswith("Lista vigente desde el 1/11/2026\n\n| A | B | C |")
    with pytest.raises(DocumentError, match="header"):
        csv_to_markdown("solo una línea\n")


def test_tables_as_converters_leave_them() -> None:
    assert mend_tables("|  |  |\n| --- | --- |\n| A | B |\n| 1 | NaN |") == "| A | B |\n| --- | --- |\n| 1 | |"


def test_docx_and_xlsx(tmp_path: Path) -> None:
    docx = parse_document(tmp_path, tmp_path / "perros.docx", _docx())
    assert docx.title == "Accesibilidad"
    assert [(chunk.path, chunk.text) for chunk in docx.chunks] == [
        (("Perros guía",), "Los perros **guía** entran."),
        (("Perros guía",), "| Servicio | Precio |\n| --- | --- |\n| Rampa | 0,00 € |"),
    ] or docx.chunks[0].text.startswith("Los perros **guía** entran.\n\n| Servicio | Precio |")
    sheet = parse_document(tmp_path, tmp_path / "tarifas.xlsx", _xlsx())
    assert sheet.chunks[0].path == ("Envíos",)
    assert "| Canarias | 14,90 € |" in sheet.chunks[0].text
    for data, suffix in ((b"PK\x03\x04 junk", ".docx"), (_xlsx(), ".docx"), (b"junk", ".xlsx")):
        with pytest.raises(DocumentError):
            read_source(Path(f"roto{suffix}"), data)


def test_pdf_keeps_headings_paragraphs_and_accents(tmp_path: Path) -> None:
    lines = [
        (18, "Garantía comercial"),
        (11, "Esta política se aplica a todas las cafeteras compradas en la web o en"),
        (11, "nuestras tiendas."),
        (14, "1. Duración"),
        (11, "Cinco años desde la entrega."),
        (11, "- Fugas internas."),
        (11, "- Mano de obra."),
    ]
    doc = parse_document(tmp_path, tmp_path / "garantia.pdf", _pdf(lines))
    assert doc.title == "Garantía comercial"
    assert doc.chunks[0].text.endswith("compradas en la web o en nuestras tiendas.")
    assert doc.chunks[1].path == ("1. Duración",)
    assert doc.chunks[1].text == "Cinco años desde la entrega.\n\n- Fugas internas.\n- Mano de obra."
    with pytest.raises(DocumentError, match="scanned"):
        read_source(Path("vacio.pdf"), _pdf([]))
    with pytest.raises(DocumentError, match="PDF"):
        read_source(Path("roto.pdf"), b"%PDF-1.4\n" + bytes(range(256)) * 10)


@pytest.mark.parametrize(
    "text",
    ["*" * 300_000, "| " * 100_000, "[" * 50_000, "> " * 20_000 + "x", "<!--" * 50_000, "del 1 al 2 de enero " * 30_000,
     "# " + "a" * 500_000, "- a\n" * 20_000, "**a" * 40_000, "Respuesta aprobada:" * 20_000],
    ids=["stars", "pipes", "brackets", "quotes", "comments", "dates", "heading", "items", "bold", "wording"],
)  # fmt: skip
def test_hostile_markdown_takes_no_forever(tmp_path: Path, text: str) -> None:
    with ends(), contextlib.suppress(DocumentError):
        parse_document(tmp_path, tmp_path / "x.md", text.encode())


def _docx() -> bytes:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def p(text: str, style: str = "") -> str:
        props = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f"<w:p>{props}{text}</w:p>"

    def r(text: str, bold: bool = False) -> str:
        return f'<w:r>{"<w:rPr><w:b/></w:rPr>" if bold else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'

    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(f"<w:tc>{p(r(cell))}</w:tc>" for cell in cells) + "</w:tr>"

    body = p(r("Accesibilidad"), "Ttulo") + p(r("Perros guía"), "Ttulo1")
    body += p(r("Los perros ") + r("guía", True) + r(" entran."))
    body += f"<w:tbl>{row('Servicio', 'Precio')}{row('Rampa', '0,00 €')}</w:tbl>"
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{one}"><w:name w:val="{name}"/></w:style>'
        for one, name in (("Ttulo", "Title"), ("Ttulo1", "heading 1"))
    )
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    return _package(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}.document.main+xml"/>'
            f'<Override PartName="/word/styles.xml" ContentType="{main}.styles+xml"/></Types>',
            "_rels/.rels": _relations([("r1", f"{rel}/officeDocument", "word/document.xml")]),
            "word/_rels/document.xml.rels": _relations([("r1", f"{rel}/styles", "styles.xml")]),
            "word/document.xml": f"<w:document {w}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {w}>{styles}</w:styles>",
        }
    )


def _relations(rows: list[tuple[str, str, str]]) -> str:
    inner = "".join(f'<Relationship Id="{i}" Type="{kind}" Target="{target}"/>' for i, kind, target in rows)
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
    )


def _package(parts: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        for name, text in parts.items():
            package.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return data.getvalue()


def _xlsx() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Envíos"
    sheet.append(["Destino", "Precio"])
    sheet.append(["Canarias", "14,90 €"])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _pdf(lines: list[tuple[int, str]]) -> bytes:
    """The least PDF that has text: Helvetica, one page, a line each."""
    y, content = 800, ""
    for size, text in lines:
        y -= round(size * (2.2 if size > 11 else 1.3))
        safe = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        content += f"BT /F1 {size} Tf 50 {y} Td ({safe}) Tj ET\n"
    stream = content.encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(out),
    )
