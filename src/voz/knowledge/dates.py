"""Dates and ranges as people write them (es, pt, en, ca), in folded text."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

_MONTHS = {
    1: "enero janeiro january gener xaneiro jan ene",
    2: "febrero fevereiro february febrer febreiro feb fev",
    3: "marzo marco march marc mar",
    4: "abril april apr abr",
    5: "mayo maio may maig mai",
    6: "junio junho june juny xuno jun",
    7: "julio julho july juliol xullo jul",
    8: "agosto august agost aug ago",
    9: "septiembre setiembre setembro september setembre sept sep set",
    10: "octubre outubro october oct out",
    11: "noviembre novembro november novembre nov",
    12: "diciembre dezembro december desembre decembro dic dez dec",
}
MONTHS: dict[str, int] = {name: number for number, names in _MONTHS.items() for name in names.split()}
_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th|\.?o|º|\.º)?"
_OF = r"\s{1,3}(?:de\s{1,3}|d'|del\s{1,3}|of\s{1,3})?"

DATE = re.compile(
    rf"(?<![\d/.-])(?:"
    rf"(?P<iso>{_YEAR}-\d\d?-\d\d?)"
    rf"|(?P<num>\d{{1,2}}(?P<sep>[/.-])\d{{1,2}}(?P=sep)(?:{_YEAR}|\d\d))"
    rf"|(?P<day>{_DAY}){_OF}(?P<month>{_NAMES})\b\.?(?:(?:\s{{1,3}}(?:de\s|del\s|of\s)?\s{{0,2}}|,\s?)(?P<year>{_YEAR})\b)?"
    rf"|(?P<emonth>{_NAMES})\s{{1,3}}(?P<eday>{_DAY})(?!\d)(?:,?\s{{1,3}}(?P<eyear>{_YEAR})\b)"
    rf"|(?P<mmonth>{_NAMES})\s{{1,3}}(?:de\s|del\s|of\s)?\s{{0,2}}(?P<myear>{_YEAR})\b"
    rf")(?!\d)"
)
_TO = (
    r"(?:al|a|hasta\s{1,3}el|hasta|ate|to|until|y\s{1,3}el|y|e|and|through|inclusive|fins\s{1,3}al|[-–—])"
    r"\s{1,3}(?:el\s{1,3}|o\s{1,3}|the\s{1,3})?"
)
_JOIN = rf"(?:\s{{1,3}}(?:de\s{{1,3}}(?P<m1>{_NAMES})\s{{1,3}})?{_TO})"
_SHORT_FROM = re.compile(
    rf"(?:del|desde\s{{1,3}}el|entre\s{{1,3}}el|de|from|between|entre)\s{{1,3}}(?P<d1>{_DAY})(?:/(?P<n1>\d{{1,2}}))?{_JOIN}$"
)
_BETWEEN = re.compile(rf"^\s{{0,3}}{_TO}$")


@dataclass(frozen=True)
class Found:
    """A date in a text; `end` is the last day it can mean («marzo de 2026» → the 31st)."""

    start: int
    stop: int
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Range:
    start: int
    stop: int
    first: dt.date
    last: dt.date


def parse_date(text: str) -> dt.date | None:
    """A whole string as one date: ISO, day first, or in words. None if it is not one."""
    from voz.text import fold

    folded = fold(text).strip()
    match = DATE.fullmatch(folded)
    found = _date(match, None) if match else None
    return found[0] if found and (match and not match["mmonth"]) else None


def find_dates(folded: str, year: int | None = None) -> list[Found]:
    """Every date in the text; one without a year takes `year`, or is left out."""
    found = []
    for match in DATE.finditer(folded):
        days = _date(match, year)
        if days:
            found.append(Found(match.start(), match.end(), *days))
    return found


def find_ranges(folded: str, dates: list[Found]) -> list[Range]:
    """«del 13 al 30 de noviembre de 2026», «entre el 1/11/2026 y el 31/12/2026», «desde … hasta …»."""
    ranges: list[Range] = []
    for index, date in enumerate(dates):
        before = folded[max(0, date.start - 60) : date.start]
        short = _SHORT_FROM.search(before)
        if short:
            first = _short_first(short, date.first)
            if first and first <= date.last:
                ranges.append(Range(date.start - len(before) + short.start(), date.stop, first, date.last))
                continue
        if index and _BETWEEN.match(folded[dates[index - 1].stop : date.start]):
            first = dates[index - 1].first
            if first <= date.last:
                ranges.append(Range(dates[index - 1].start, date.stop, first, date.last))
    return ranges


def _short_first(match: re.Match[str], last: dt.date) -> dt.date | None:
    month = MONTHS[match["m1"]] if match["m1"] else int(match["n1"]) if match["n1"] else last.month
    day = int(re.sub(r"\D", "", match["d1"]))
    year = last.year - (month > last.month)
    return _safe(year, month, day)


def _date(match: re.Match[str], year: int | None) -> tuple[dt.date, dt.date] | None:
    if match["iso"]:
        parts = [int(part) for part in match["iso"].split("-")]
        day = _safe(parts[0], parts[1], parts[2])
    elif match["num"]:
        first, second, third = (int(part) for part in match["num"].split(match["sep"]))
        third += 2000 if third < 100 else 0
        day = _safe(third, second, first) or _safe(third, first, second)
    elif match["mmonth"]:
        month, of = MONTHS[match["mmonth"]], int(match["myear"])
        return dt.date(of, month, 1), dt.date(of, month, calendar.monthrange(of, month)[1])
    else:
        number = match["day"] or match["eday"]
        month = MONTHS[match["month"] or match["emonth"]]
        said = match["year"] or match["eyear"]
        of = int(said) if said else year or 0
        day = _safe(of, month, int(re.sub(r"\D", "", number))) if of else None
    return (day, day) if day else None


def _safe(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
