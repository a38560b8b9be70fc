"""CSV that spreadsheets open as it is meant: no cell of it is ever taken for a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV with commas and one line end; what a spreadsheet would compute gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value


def iso(moment: dt.datetime | None) -> str:
    """A moment as a spreadsheet and a program read it: UTC, to the second; empty where there is none."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds") if moment else ""
