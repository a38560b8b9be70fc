"""PDF → Markdown: headings by their type size, paragraphs rejoined, tables as tables."""

from __future__ import annotations

import io
import re
import statistics
from dataclasses import dataclass
from typing import Any

from voz.errors import DocumentError

MAX_PAGES = 500
_BULLET = re.compile(r"^(?:[•●▪‣◦·–—*-]|\d{1,2}[.)])\s+")
_ENDS = (".", ":", ";", "?", "!", "»", ")")
_PAGE_NUMBER = re.compile(r"^(?:p[áa]g(?:ina)?\.?\s*)?\d{1,3}(?:\s*(?:/|de|of)\s*\d{1,3})?$", re.IGNORECASE)


@dataclass(frozen=True)
class _Line:
    text: str
    size: float
    bold: bool
    top: float
    bottom: float
    page: int
    left: float
    right: float


def pdf_to_markdown(data: bytes) -> str:
    """Raises DocumentError if it cannot be read; a scanned PDF gives an empty text."""
    import pdfplumber

    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            items = [item for page in pdf.pages[:MAX_PAGES] for item in _page_items(page)]
    except Exception as error:  # pdfminer raises a dozen kinds, some of them bare
        raise DocumentError(f"PDF not readable: {error or type(error).__name__}") from error
    lines = _without_running_heads([item for item in items if isinstance(item, _Line)])
    kept = set(map(id, lines))
    items = [item for item in items if isinstance(item, str) or id(item) in kept]
    return _compose(items, lines)


def _page_items(page: Any) -> list[_Line | str]:
    """The page's lines, and its tables as Markdown, from top to bottom."""
    tables = page.find_tables()
    placed: list[tuple[float, _Line | str]] = [
        (table.bbox[1], _table(table.extract())) for table in tables if len(table.extract()) > 1
    ]
    outside = page
    for table in tables:
        if len(table.extract()) > 1:
            outside = outside.outside_bbox(table.bbox, strict=False)
    for line in outside.extract_text_lines(return_chars=True, x_tolerance_ratio=0.15):
        chars = line["chars"]
        size = statistics.median(char["size"] for char in chars)
        bold = sum("bold" in char["fontname"].lower() for char in chars) > len(chars) / 2
        text = " ".join(line["text"].split())
        where = (line["top"], line["bottom"], page.page_number, line["x0"], line["x1"])
        placed.append((line["top"], _Line(text, round(size, 1), bold, *where)))
    return [item for _, item in sorted(placed, key=lambda pair: pair[0]) if item]


def _table(rows: list[list[str | None]]) -> str:
    cells = [[" ".join((cell or "").split()).replace("|", "/") for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(cells[0]), *lines[1:]])


def _without_running_heads(lines: list[_Line]) -> list[_Line]:
    """Lines without page numbers and without what stands again and again at the edge of pages."""
    pages = {line.page for line in lines}
    seen: dict[str, set[int]] = {}
    for line in lines:
        seen.setdefault(line.text, set()).add(line.page)
    often = {text for text, on in seen.items() if len(pages) > 2 and len(on) > len(pages) / 2}
    return [line for line in lines if line.text not in often and not _PAGE_NUMBER.match(line.text)]


def _compose(items: list[_Line | str], lines: list[_Line]) -> str:
    if not lines:
        return "\n\n".join(item for item in items if isinstance(item, str))
    body = _body_size(lines)
    sizes = sorted({line.size for line in lines if _is_heading(line, body)}, reverse=True)
    width = max(line.right for line in lines)
    blocks: list[str] = []
    before: _Line | None = None
    for item in items:
        if isinstance(item, str):
            blocks.append(item)
            before = None
        elif _is_heading(item, body):
            if (
                before is not None
                and _is_heading(before, body)
                and _near(before, item, 1.0)
                and (before.size == item.size and before.bold == item.bold)
            ):
                blocks[-1] += f" {item.text}"
            else:
                blocks.append("#" * min(6, 1 + sizes.index(item.size)) + f" {item.text}")
            before = item
        else:
            _add_text(blocks, item, before, body, width)
            before = item
    return "\n\n".join(blocks) + "\n"


def _add_text(blocks: list[str], line: _Line, before: _Line | None, body: float, width: float) -> None:
    """A new paragraph or list item, or more of the last one."""
    bullet = _BULLET.match(line.text)
    if bullet:
        mark = bullet.group().strip()
        item = f"{mark} {line.text[bullet.end() :]}" if mark[0].isdigit() else f"- {line.text[bullet.end() :]}"
        if before is not None and _BULLET.match(blocks[-1].rsplit("\n", 1)[-1]):
            blocks[-1] += f"\n{item}"
        else:
            blocks.append(item)
        return
    continues = (
        before is not None
        and not _is_heading(before, body)
        and (before.page != line.page or _near(before, line, 0.9))
        and not (before.text.endswith(_ENDS) and before.right < width * 0.85)
        and not (before.page != line.page and before.text.endswith(_ENDS))
    )
    if not continues:
        blocks.append(line.text)
    elif blocks[-1].endswith("-") and line.text[:1].islower():
        blocks[-1] = blocks[-1][:-1] + line.text
    else:
        blocks[-1] += f" {line.text}"


def _near(above: _Line, below: _Line, share: float) -> bool:
    return above.page == below.page and below.top - above.bottom < share * max(above.size, below.size)


def _body_size(lines: list[_Line]) -> float:
    weight: dict[float, int] = {}
    for line in lines:
        weight[line.size] = weight.get(line.size, 0) + len(line.text)
    return max(weight, key=lambda size: (weight[size], -size))


def _is_heading(line: _Line, body: float) -> bool:
    if len(line.text) > 120 or (_BULLET.match(line.text) and line.size <= body * 1.15):
        return False
    if line.size > body * 1.15:
        return True
    return line.bold and line.size >= body and len(line.text) <= 80 and not line.text.endswith((".", ";", ","))
