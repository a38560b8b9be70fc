"""One file of the knowledge folder → Markdown, whatever its format.

markitdown converts HTML, DOCX and XLSX. Markdown, text and CSV are read as they are: a converter
could only lose something. PDF goes through pdfplumber (see `voz.knowledge.pdf`), because the plain
text of a PDF has no headings and its tables fall apart column by column.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from voz.case import clean_text
from voz.errors import DocumentError
from voz.knowledge.tables import csv_to_markdown, mend_tables

SUFFIXES = frozenset({".md", ".markdown", ".txt", ".html", ".htm", ".csv", ".tsv", ".xlsx", ".pdf", ".docx"})
MAX_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 300_000_000
_TITLE_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Source:
    """What a file says, before anything is made of it."""

    markdown: str
    title: str | None = None
    """What the format itself calls the title (`<title>`), if anything."""
    meta: dict[str, str] = field(default_factory=dict)
    """`<meta name="voz:KEY">` of HTML, and its language."""
    margin: str = ""
    """Text around the content (the footer of a page): may bind the document, is never quoted."""


def read_source(path: Path, data: bytes) -> Source:
    """The file as Markdown. Raises DocumentError with the reason in words for a person."""
    if not data.strip():
        raise DocumentError("the file is empty")
    if len(data) > MAX_BYTES:
        raise DocumentError(f"the file has {len(data) // 1_000_000} MB; the limit is {MAX_BYTES // 1_000_000}")
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        from voz.knowledge.pdf import pdf_to_markdown

        source = Source(pdf_to_markdown(data))
    elif suffix in (".docx", ".xlsx"):
        _check_package(data, suffix)
        source = Source(mend_tables(_convert(data, suffix)))
    elif suffix in (".html", ".htm"):
        source = _read_html(_decode(data))
    elif suffix in (".csv", ".tsv"):
        source = Source(csv_to_markdown(_decode(data)))
    else:
        source = Source(_decode(data))
    text = clean_text(source.markdown).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DocumentError("there is no text in it" + (" (a scanned PDF?)" if suffix == ".pdf" else ""))
    return Source(text, source.title, source.meta, source.margin)


def _check_package(data: bytes, suffix: str) -> None:
    """Told apart beforehand: the converter would take a broken package for plain text, or unpack a bomb."""
    wanted = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}[suffix]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise DocumentError(f"it is not a {suffix[1:].upper()} file, or a damaged one") from error
    if wanted not in {entry.filename for entry in entries}:
        raise DocumentError(f"it is not a {suffix[1:].upper()} file: there is no {wanted} in it")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise DocumentError(f"it unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB")


def _decode(data: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252 if that reads like text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = data.decode("cp1252", errors="replace")
        odd = sum(not (char.isprintable() or char in "\n\r\t") or char == "�" for char in text)
        if odd > len(text) // 100 or b"\x00" in data:
            raise DocumentError("it is not text: neither UTF-8 nor Windows-1252") from error
        return text


@cache
def _markitdown() -> Any:
    from markitdown import MarkItDown

    return MarkItDown(enable_plugins=False, enable_builtins=True)


def _convert(data: bytes, suffix: str) -> str:
    try:
        result = _markitdown().convert_stream(io.BytesIO(data), file_extension=suffix, style_map=_TITLE_STYLES)
    except Exception as error:  # every converter below has its own errors
        reason = str(error).splitlines()[-1] if "threw" not in str(error) else str(error).split("message:")[-1]
        raise DocumentError(f"{suffix[1:].upper()} not readable: {reason.strip()}") from error
    return _BLANK_LINES.sub("\n\n", str(result.text_content))


def _read_html(text: str) -> Source:
    """HTML without its menus and scripts; questions folded into `<summary>` become headings."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else None
    meta = {
        str(tag["name"])[4:].strip().lower(): str(tag.get("content", ""))
        for tag in soup.find_all("meta", attrs={"name": re.compile(r"^voz:", re.IGNORECASE)})
    }
    root = soup.find("html")
    if root is not None and root.get("lang") and "language" not in meta:
        meta["language"] = str(root.get("lang"))
    for tag in soup(["script", "style", "nav", "template", "noscript", "svg", "form", "button"]):
        tag.decompose()
    margin = " ".join(footer.extract().get_text(" ", strip=True) for footer in soup("footer"))
    for summary in soup("summary"):
        summary.name = _heading_below(summary)
    for term in soup("dt"):
        if term.get_text(strip=True).endswith("?"):
            term.name = _heading_below(term)
        else:
            term.name = "strong"
            term.wrap(soup.new_tag("p"))
    for definition in soup("dd"):
        definition.name = "p"
    body = soup.body or soup
    converted = _convert(f"<html><body>{body.decode_contents()}</body></html>".encode(), ".html")
    return Source(mend_tables(converted), title or None, meta, margin)


def _heading_below(tag: Any) -> str:
    """The heading tag one level under the last heading before `tag`."""
    before = tag.find_previous(re.compile(r"^h[1-6]$"))
    while before is not None and before.find_parent("details") is not None:
        before = before.find_previous(re.compile(r"^h[1-6]$"))
    return f"h{min(6, int(before.name[1]) + 1)}" if before is not None else "h2"
