"""CSV and Markdown tables: every row keeps its header."""

from __future__ import annotations

import csv
import io
import itertools
import re
from functools import cache

from voz.errors import DocumentError
from voz.knowledge.lexicon import phrases
from voz.text import fold

_DELIMITERS = ",;\t|"
_RULE = re.compile(r"^\|(?:\s*:?-{1,}:?\s*\|)+\s*$")
_EMPTY_CELL = re.compile(r"(?<=\|)\s*(?:NaN|NaT|nan|None|Unnamed: \d+)\s*(?=\|)")
_BARE = re.compile(r"-?\d{1,3}(?:[.,]?\d{3})*(?:[.,]\d{1,2})?")


def csv_to_markdown(text: str) -> str:
    """One Markdown table; rows with a single filled cell (notes under a price list) become paragraphs.

    Raises DocumentError if there is no row under the header.
    """
    rows = _rows(text)
    if len(rows) < 2:
        raise DocumentError("a table needs a header and at least one row")
    width = max(len(row) for row in rows)
    header, body = _with_units(_cells(rows[0], width), [_cells(row, width) for row in rows[1:]])
    header = [_days_whole(head) for head in header]
    notes = [next(cell for cell in row if cell) for row in body if width > 2 and _filled(row) == 1]
    kept = [row for row in body if _filled(row) > (1 if width > 2 else 0)]
    table = [_line(header), "|" + " --- |" * width, *map(_line, kept)]
    return "\n\n".join([*notes, "\n".join(table)] if kept else notes) + "\n"


def _rows(text: str) -> list[list[str]]:
    sample = text[:20_000]
    best: list[list[str]] = []
    for delimiter in sorted(_DELIMITERS, key=lambda mark: -sample.count(mark)):
        try:
            rows = list(csv.reader(io.StringIO(sample), delimiter=delimiter))
        except csv.Error:
            continue
        if _regularity(rows) > _regularity(best):
            best, chosen = rows, delimiter
    if not best:
        chosen = ","
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=chosen))
    except csv.Error as error:
        raise DocumentError(f"not readable as CSV: {error}") from error
    return [[" ".join(cell.split()) for cell in row] for row in rows if any(cell.strip() for cell in row)]


def _regularity(rows: list[list[str]]) -> float:
    """How many rows are as wide as the header; a header of one column tells nothing."""
    rows = [row for row in rows if row]
    if not rows or len(rows[0]) < 2:
        return 0.0
    same = sum(len(row) == len(rows[0]) for row in rows)
    return same / len(rows) + len(rows[0]) / 1000


def _cells(row: list[str], width: int) -> list[str]:
    return [cell.replace("|", "/") for cell in row] + [""] * (width - len(row))


def _with_units(header: list[str], body: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """`precio_eur` over `7,50` says «precio» over «7,50 €»: a bare figure answers nobody who asks how much."""
    units = {place: found for place, head in enumerate(header) if (found := _unit().fullmatch(head))}
    named = {place: phrases("units")[fold(found["a"] or found["b"])] for place, found in units.items()}
    heads = [units[place]["head"].rstrip(" _") if place in units else head for place, head in enumerate(header)]
    rows = [
        [f"{cell} {named[n]}" if n in named and _BARE.fullmatch(cell) else cell for n, cell in enumerate(row)]
        for row in body
    ]
    return heads, rows


def _days_whole(head: str) -> str:
    """`laboratorio_lun_vie` → «laboratorio_lunes_a_viernes»: nobody asks for a «vie»."""
    days, parts = phrases("days_short"), re.split(r"([ _-]+)", head)
    found = [place for place, part in enumerate(parts) if fold(part) in days]
    for left, right in itertools.pairwise(found):
        if right == left + 2:
            parts[left + 1] = f"{parts[left + 1]}a{parts[left + 1]}"
    return "".join(days.get(fold(part), part) for part in parts)


@cache
def _unit() -> re.Pattern[str]:
    """A column's name that ends with its unit: `precio_eur`, `Precio (€)`, `plazo (días)`."""
    said = "|".join(re.escape(unit) for unit in dict.fromkeys((*phrases("units"), *phrases("units").values())))
    return re.compile(rf"(?i)(?P<head>.*[^\W_].*?)(?:[ _]*[(\[](?P<a>{said})[)\]]|_(?P<b>{said}))")


def _filled(row: list[str]) -> int:
    return sum(bool(cell) for cell in row)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def mend_tables(markdown: str) -> str:
    """Tables as converters leave them: empty header rows give way to the first row, NaN to nothing."""
    lines = markdown.split("\n")
    mended: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("|"):
            line = _EMPTY_CELL.sub(" ", line)
        is_header = index + 1 < len(lines) and line.startswith("|") and bool(_RULE.match(lines[index + 1]))
        if is_header and not line.strip("| \t") and index + 2 < len(lines) and lines[index + 2].startswith("|"):
            mended += [_EMPTY_CELL.sub(" ", lines[index + 2]), lines[index + 1]]
            index += 3
            continue
        mended.append(line)
        index += 1
    return "\n".join(mended)


def split_table(lines: list[str], limit: int) -> list[list[str]]:
    """A table in groups of rows of at most `limit` characters, each under its header."""
    if len(lines) < 3 or not _RULE.match(lines[1].strip()):
        return [lines]
    header, groups, current = lines[:2], [], list[str]()
    size = fixed = sum(map(len, header)) + 2
    for row in lines[2:]:
        if current and size + len(row) > limit:
            groups.append(header + current)
            current, size = [], fixed
        current.append(row)
        size += len(row) + 1
    return [*groups, header + current] if current else groups
