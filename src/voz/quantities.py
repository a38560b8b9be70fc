"""The figures in a text: amounts, percentages, durations, dates, times and counts, with their spans.

Numbers in digits or in letters (es, pt, en, ca) give the same figure, so «treinta días» and «30 días» meet;
«30 días hábiles» and «30 días naturales» do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

from voz.case import Frozen
from voz.packaged import packaged

QuantityKind = Literal["money", "percent", "duration", "date", "time", "weekday", "count"]


class Quantity(Frozen):
    """One figure. `value` is in `unit`; for a date, `unit` is the ISO date (`--12-31` without a year)."""

    kind: QuantityKind
    value: float
    unit: str
    start: int
    end: int
    day_kind: Literal["working", "calendar"] | None = None
    noun: str = ""

    def same(self, other: Quantity) -> bool:
        """Whether both say the same: same kind, value and unit, and no clash of working/calendar days."""
        if self.kind != other.kind:
            return False
        if self.kind == "date":
            return _same_date(self.unit, other.unit)
        if self.day_kind and other.day_kind and self.day_kind != other.day_kind:
            return False
        return self._measure() == other._measure()

    def _measure(self) -> tuple[str, float]:
        unit, value = self.unit, self.value
        if unit == "minute" and value % 1440 == 0:
            return "day", value / 1440
        return unit, round(value, 2)


def _same_date(left: str, right: str) -> bool:
    return left == right or (left[-6:] == right[-6:] and (left.startswith("--") or right.startswith("--")))


PHONE = 10_000_000
"""A bare number from here on is a telephone or a reference, not a figure."""


class Phrase(NamedTuple):
    """A figure that is not written as number and unit: «la mitad», «mes y medio»."""

    kind: QuantityKind
    value: float
    unit: str


@cache
def lexicon() -> dict[str, Any]:
    """The packaged lexicon of figures, inverted to word → meaning."""
    raw = packaged("claims/quantities")
    return {
        "numbers": {word: value for value, words in raw["numbers"].items() for word in words},
        "thousand": frozenset(raw["thousand"]),
        "joiners": frozenset(raw["joiners"]),
        "half": frozenset(raw["half"]),
        "time": {word: (unit, factor) for word, (unit, factor) in raw["time_units"].items()},
        "working": frozenset(raw["working_days"]),
        "calendar": frozenset(raw["calendar_days"]),
        "currency": {word: code for code, words in raw["currencies"].items() for word in words},
        "percent": tuple(raw["percent"]),
        "cents": frozenset(sign.split()[-1] for sign in raw["percent"] if " " in sign),
        "phrases": {phrase: Phrase(*meaning) for phrase, meaning in raw["phrases"].items()},
        "months": {word: number for number, words in raw["months"].items() for word in words},
        "weekdays": {word: number for number, words in raw["weekdays"].items() for word in words},
    }


def fold_in_place(text: str) -> str:
    """Lower case without accents, character for character, so that offsets stay true."""
    if text.isascii():
        return text.lower()
    return "".join(_fold_char(char) for char in text)


@cache
def _fold_char(char: str) -> str:
    lowered = char.lower()
    base = unicodedata.normalize("NFKD", lowered)[:1]
    return base if len(base) == 1 else char


_NUMBER = r"\d{1,3}(?:[.,\u00a0 ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)|\d+"
_TOKEN = re.compile(rf"(?P<num>{_NUMBER})|(?P<word>[^\W\d_]+(?:\.[a-z]\.)?)|(?P<sym>[€$%£ºª/:\-–]|u\$s|us\$|r\$|\$u)")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?![\d/])")
_CLOCK = re.compile(
    r"(?<![\d:.,])([01]?\d|2[0-4])(?:[:.h]([0-5]\d))(?:\s?(?:h|hs|hrs|horas))?(?![\d:])"
    r"|(?<![\d:.,])([01]?\d|2[0-4])\s?(?:h|hs|hrs|a\.? ?m\.?|p\.? ?m\.?)(?![a-z\d])"
)
_FIGURE_BEFORE = re.compile(r"(?:u\$s|us\$|r\$|\$u|\$|€|£|usd|eur|mxn|ars|uyu)\s?$")


def parse_number(text: str) -> float:
    """A number as people write it in Spanish or English: 1.250,00, 1,250.00, 18.500, 12,9."""
    compact = text.replace("\u00a0", "").replace(" ", "")
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", compact) and len({c for c in compact if c in ".,"}) == 1:
        return float(re.sub(r"[.,]", "", compact))
    last = max(compact.rfind("."), compact.rfind(","))
    if last == -1:
        return float(compact)
    whole, fraction = re.sub(r"[.,]", "", compact[:last]), compact[last + 1 :]
    return float(f"{whole or 0}.{fraction}") if len(fraction) <= 2 else float(whole + fraction)


def quantities(text: str) -> tuple[Quantity, ...]:
    """Every figure of the text in order; spans never overlap."""
    folded = fold_in_place(text)
    found: list[Quantity] = [*_dates(folded), *_clock_times(folded), *_phrases(folded)]
    taken = [(q.start, q.end) for q in found]
    for start, end, value in _numbers(folded, taken):
        figure = _classify(folded, start, end, value)
        article, telephone = not folded[start].isdigit() and value <= 1, value >= PHONE
        if figure.kind != "count" or not (article or telephone):  # «una», 956 000 111
            found.append(figure)
    found.extend(_weekdays(folded))
    phrases = [(q.start, q.end) for q in found if lexicon()["phrases"].get(folded[q.start : q.end])]
    whole = [q for q in found if not any(s < q.end and q.start < e and (s, e) != (q.start, q.end) for s, e in phrases)]
    return tuple(sorted(whole, key=lambda q: (q.start, q.end)))


@cache
def _phrase_pattern() -> re.Pattern[str]:
    names = sorted(lexicon()["phrases"], key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")


def _phrases(folded: str) -> Iterator[Quantity]:
    for match in _phrase_pattern().finditer(folded):
        phrase = lexicon()["phrases"][match[0]]
        yield Quantity(**phrase._asdict(), start=match.start(), end=match.end())


def _dates(folded: str) -> Iterator[Quantity]:
    for match in _ISO.finditer(folded):
        yield _date(match, match[0])
    for match in _SLASHED.finditer(folded):
        day, month, year = int(match[1]), int(match[2]), int(match[3])
        if 1 <= day <= 31 and 1 <= month <= 12:
            yield _date(match, f"{year + 2000 if year < 100 else year:04d}-{month:02d}-{day:02d}")
    yield from _spelled_dates(folded)


def _date(match: re.Match[str], iso: str) -> Quantity:
    return Quantity(kind="date", value=0, unit=iso, start=match.start(), end=match.end())


@cache
def _spelled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    months = "|".join(sorted(lexicon()["months"], key=len, reverse=True))
    year = r"(?:,? (?:de |del |d')?(\d{4}))?"
    day_first = re.compile(rf"(?<!\d)(\d{{1,2}}|primero)(?:º|°|o|er)?(?: de| d'| d’)? ?({months})\b{year}")
    month_first = re.compile(rf"\b({months}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?")
    return day_first, month_first


def _spelled_dates(folded: str) -> Iterator[Quantity]:
    months = lexicon()["months"]
    day_first, month_first = _spelled()
    ends: set[int] = set()
    for match in day_first.finditer(folded):
        day = 1 if match[1] == "primero" else int(match[1])
        ends.add(match.end(2))
        if 1 <= day <= 31:
            yield _date(match, f"{match[3] or '-'}-{months[match[2]]:02d}-{day:02d}")
    for match in month_first.finditer(folded):
        if match.end(1) not in ends and 1 <= int(match[2]) <= 31:
            yield _date(match, f"{match[3] or '-'}-{months[match[1]]:02d}-{int(match[2]):02d}")


def _clock_times(folded: str) -> Iterator[Quantity]:
    for match in _CLOCK.finditer(folded):
        if _FIGURE_BEFORE.search(folded[max(0, match.start() - 5) : match.start()]):
            continue
        dotted = match[1] is not None and "." in match[0] and "h" not in match[0]
        if dotted and not re.search(r"\b(?:las|la|as|at)\s$", folded[max(0, match.start() - 5) : match.start()]):
            continue
        hour, minute = int(match[1] or match[3]), int(match[2] or 0)
        if "p" in match[0] and hour < 12:
            hour += 12
        elif match[1] is None and "m" not in match[0] and _duration_before(folded, match.start()):
            continue
        yield Quantity(kind="time", value=hour * 60 + minute, unit="clock", start=match.start(), end=match.end())


def _duration_before(folded: str, start: int) -> bool:
    """«en 24 h», «24/48 h» are durations; «a las 10 h», «de 9 h» are times."""
    return bool(
        re.search(
            r"(?:\ben|\bdentro de|\bplazo de|/|-|\bunas|\bdurante|\bhasta|\btras)\s?$",
            folded[max(0, start - 12) : start],
        )
    )


def _numbers(folded: str, taken: list[tuple[int, int]]) -> Iterator[tuple[int, int, float]]:
    """Spans and values of numbers in digits or letters, outside the taken spans."""
    lex = lexicon()
    tokens = list(_outside(_TOKEN.finditer(folded), sorted(taken)))
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.lastgroup == "num":
            value, end, i = _digits(tokens, i, lex)
            yield token.start(), end, value
            continue
        if token[0] in lex["cents"] and folded[: token.start()].endswith(("por ", "per ")):
            i += 1  # «quince por ciento»: the percent sign, not a hundred
            continue
        if token.lastgroup == "word" and (token[0] in lex["numbers"] or token[0] in lex["thousand"]):
            value, end, i = _letters(tokens, i, lex)
            yield token.start(), end, value
            continue
        i += 1


def _outside(matches: Iterator[re.Match[str]], taken: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """The matches that overlap none of the spans; both run in order, so each is looked at once."""
    at = 0
    for match in matches:
        while at < len(taken) and taken[at][1] <= match.start():
            at += 1
        if at == len(taken) or taken[at][0] >= match.end():
            yield match


def _digits(tokens: list[re.Match[str]], i: int, lex: dict[str, Any]) -> tuple[float, int, int]:
    value, end = parse_number(tokens[i][0]), tokens[i].end()
    if i + 1 < len(tokens) and tokens[i + 1][0] in lex["thousand"] and value < 1000:
        return value * 1000, tokens[i + 1].end(), i + 2
    return value, end, i + 1


def _letters(tokens: list[re.Match[str]], i: int, lex: dict[str, Any]) -> tuple[float, int, int]:
    """A number in letters from token i: (value, end offset, next token)."""
    total, current, end, last = 0.0, 0.0, tokens[i].end(), 1e9
    while i < len(tokens) and tokens[i].start() - end <= 1:
        word = tokens[i][0]
        if word in lex["thousand"]:
            total, current, last = total + (current or 1) * 1000, 0.0, 1e9
        elif word in lex["numbers"] and lex["numbers"][word] < last and (current == 0 or last >= 10):
            step = float(lex["numbers"][word])
            current, last = current + step, step if step >= 10 else 1
        elif word in lex["joiners"] and current >= 20 and _small_number_next(tokens, i, lex, last):
            pass
        else:
            break
        end = tokens[i].end()
        i += 1
    return total + current, end, i


def _small_number_next(tokens: list[re.Match[str]], i: int, lex: dict[str, Any], last: float) -> bool:
    if i + 1 >= len(tokens):
        return False
    value = lex["numbers"].get(tokens[i + 1][0])
    return value is not None and value < min(last, 100) and last >= 10


_WORD_AFTER = re.compile(r"[^\W\d_]+")


def _classify(folded: str, start: int, end: int, value: float) -> Quantity:
    lex = lexicon()
    after, before = folded[end : end + 40], folded[max(0, start - 6) : start]
    stripped = after.lstrip(" \u00a0")
    pad = len(after) - len(stripped)
    for sign in lex["percent"]:
        if stripped.startswith(sign):
            return Quantity(kind="percent", value=value, unit="%", start=start, end=end + pad + len(sign))
    prefix = _FIGURE_BEFORE.search(before)
    if prefix:
        code = lex["currency"].get(prefix[0].strip(), "$")
        return Quantity(kind="money", value=value, unit=code, start=start - len(prefix[0]), end=end)
    symbol = re.match(r"u\$s|us\$|r\$|\$u|[€$£]|[^\W\d_]+", stripped)
    if symbol and symbol[0] in lex["currency"]:
        code = lex["currency"][symbol[0]]
        return Quantity(kind="money", value=value, unit=code, start=start, end=end + pad + symbol.end())
    return _duration_or_count(folded, start, end, value)


# «de 3 a 5 días», «24/48 horas», «20 o 30 euros», «de 10 a 13 h»: the first number borrows the second's unit.
_BORROW = re.compile(
    r"^\s?(?:a|o|y|e|u|to|or|and|ou|al?|/|-|–|hasta|ate)\s?(?:los |las |de )?"
    r"(?:\d[\d.,]*|[^\W\d_]+)\s?(?P<unit>u\$s|us\$|r\$|\$u|[€$%]|[^\W\d_]+)?"
)


def _duration_or_count(folded: str, start: int, end: int, value: float) -> Quantity:
    lex = lexicon()
    following = [(m[0], end + m.end()) for m in _WORD_AFTER.finditer(folded[end : end + 48])][:5]
    gap = folded[end : end + 2].lstrip()[:1]
    near = following[:2] if following and following[0][0] in _FILLERS else following[:1]
    unit_at = next((i for i, (word, _) in enumerate(near) if word in lex["time"]), None)
    if unit_at is not None and gap not in (".", ";", "?"):
        word, stop = following[unit_at]
        unit, factor = lex["time"][word]
        return Quantity(
            kind="duration",
            value=value * factor + _half_after(following, unit_at, factor),
            unit=unit,
            start=start,
            end=stop,
            day_kind=_day_kind(following, unit_at, folded[stop : stop + 30]),
        )
    borrowed = _borrowed(folded, start, end, value)
    if borrowed:
        return borrowed
    noun = following[0][0] if following and gap not in (".", ";", "?", ",", ":", ")") else ""
    return Quantity(kind="count", value=value, unit="", start=start, end=end, noun=noun)


def _borrowed(folded: str, start: int, end: int, value: float) -> Quantity | None:
    match = _BORROW.match(folded[end : end + 40])
    unit = match["unit"] if match else None
    if not match or not unit:
        return None
    lex = lexicon()
    if unit in lex["time"] and not (unit == "horas" and value > 72):
        name, factor = lex["time"][unit]
        tail = [(m[0], 0) for m in _WORD_AFTER.finditer(folded[end + match.end() : end + match.end() + 20])]
        kind = _day_kind([(unit, 0), *tail[:1]], 0, "")
        return Quantity(kind="duration", value=value * factor, unit=name, start=start, end=end, day_kind=kind)
    if unit in lex["currency"]:
        return Quantity(kind="money", value=value, unit=lex["currency"][unit], start=start, end=end)
    if unit in ("h", "hs", "hrs") and value <= 24:
        return Quantity(kind="time", value=value * 60, unit="clock", start=start, end=end)
    return Quantity(kind="percent", value=value, unit="%", start=start, end=end) if unit == "%" else None


_FILLERS = frozenset(
    {
        "o",
        "mas",
        "primeros",
        "primeras",
        "proximos",
        "proximas",
        "largos",
        "business",
        "working",
        "calendar",
        "dias",
        "ultimos",
        "ultimas",
        "full",
    }
)


def _half_after(following: list[tuple[str, int]], unit_at: int, factor: float) -> float:
    """«un año y medio», «hora y media»."""
    tail = [word for word, _ in following[unit_at + 1 : unit_at + 3]]
    return factor / 2 if len(tail) == 2 and tail[0] in ("y", "e", "i") and tail[1] in lexicon()["half"] else 0.0


def _day_kind(following: list[tuple[str, int]], unit_at: int, tail: str) -> Literal["working", "calendar"] | None:
    near = [word for word, _ in following[max(0, unit_at - 1) : unit_at + 2]]
    if any(word in lexicon()["working"] for word in near) or tail.lstrip().startswith("de lunes a viernes"):
        return "working"
    return "calendar" if any(word in lexicon()["calendar"] for word in near) else None


def _weekdays(folded: str) -> Iterator[Quantity]:
    names = lexicon()["weekdays"]
    for match in _WORD_AFTER.finditer(folded):
        if match[0] in names:
            ordinal = match[0] in ("segunda", "terca", "quarta", "quinta", "sexta")
            if not ordinal or folded[match.end() : match.end() + 6] == "-feira":
                yield Quantity(
                    kind="weekday", value=names[match[0]], unit="weekday", start=match.start(), end=match.end()
                )
