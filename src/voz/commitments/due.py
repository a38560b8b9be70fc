"""When a promise falls due: its own words («el jueves», «en 48 horas hábiles») resolved on the day it was approved."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from voz.commitments.acts import LANGUAGES, MAX_SENTENCE, Speech, speech
from voz.quantities import Quantity, fold_in_place, quantities

IsWorking = Callable[[dt.date], bool]


@dataclass(frozen=True, slots=True)
class When:
    """A time in a sentence: the words it came from, and the day, None where it hangs on something yet to happen."""

    start: int
    end: int
    day: dt.date | None
    words: str


def weekday(day: dt.date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5


def times(sentence: str, on: dt.date, is_working: IsWorking = weekday) -> tuple[When, ...]:
    """Every time by which something is promised, in order; spans never overlap."""
    text = sentence[:MAX_SENTENCE]
    folded = fold_in_place(text)
    found = [*_dated(text, folded, on), *_lasting(text, folded, on, is_working), *_named(text, folded, on)]
    kept: list[When] = []
    for when in sorted(found, key=lambda w: (-(w.end - w.start), w.start)):
        if all(when.end <= other.start or other.end <= when.start for other in kept):
            kept.append(when)
    return _joined(text, sorted(kept, key=lambda w: w.start))


def _joined(text: str, found: list[When]) -> tuple[When, ...]:
    """«mañana martes», «el jueves 26 de noviembre», «la semana que viene, el martes»: one time, the surer day."""
    made: list[When] = []
    for when in found:
        last = made[-1] if made else None
        if last and re.fullmatch(r",? ?(?:de |el |dia |,)*", fold_in_place(text[last.end : when.start])):
            day = _surer(text, last, when)
            made[-1] = When(last.start, when.end, day, text[last.start : when.end])
        elif last and _BETWEEN.fullmatch(fold_in_place(text[last.end : when.start])) and _opens(text, last):
            made[-1] = When(last.start, when.end, when.day, text[last.start : when.end])
        else:
            made.append(when)
    return tuple(made)


_BETWEEN = re.compile(r" (?:y|and|e) (?:el )?")


def _opens(text: str, when: When) -> bool:
    """«entre hoy y mañana»: the later end."""
    return re.search(r"\b(?:entre|between)(?: el)? $", fold_in_place(text[: when.start])) is not None


def _surer(text: str, first: When, second: When) -> dt.date | None:
    """A date wins over a weekday, «mañana» over both; a weekday within «la semana que viene» is that week's."""
    spans = [(w, quantities(w.words)) for w in (first, second)]
    dates = [w.day for w, figures in spans if any(q.kind == "date" for q in figures)]
    if dates:
        return dates[0]
    days = [q for _, figures in spans for q in figures if q.kind == "weekday"]
    vague = [w.day for w, figures in spans if not figures]
    if days and vague and vague[0] is not None:
        monday = vague[0] - dt.timedelta(days=vague[0].weekday())
        return monday + dt.timedelta(days=int(days[0].value) - 1)
    return first.day or second.day


# --- dates and weekdays -------------------------------------------------------------------------------


def _dated(text: str, folded: str, on: dt.date) -> Iterator[When]:
    for figure in quantities(text):
        before = folded[max(0, figure.start - 40) : figure.start]
        if figure.kind == "date":
            day = _date(figure.unit, on)
        elif figure.kind == "weekday" and _is_day(before, folded[figure.end :]):
            day = on + dt.timedelta(days=(int(figure.value) - 1 - on.weekday() - 1) % 7 + 1)
        else:
            continue
        yield _by(text, folded, figure.start, figure.end, day)
    for match in _PORTUGUESE_DAY.finditer(folded):
        number = _PORTUGUESE[match[1]]
        day = on + dt.timedelta(days=(number - 1 - on.weekday() - 1) % 7 + 1)
        yield _by(text, folded, match.start(1), match.end(), day)


_PORTUGUESE = {"segunda": 1, "terca": 2, "quarta": 3, "quinta": 4, "sexta": 5}
_PORTUGUESE_DAY = re.compile(
    r"\b(?:na|ate|esta|proxima|ate a|para|ate esta|da) (segunda|terca|quarta|quinta|sexta)(?:-feira)?\b"
    r"(?! (?:vez|parte|feira))"
)


def _by(text: str, folded: str, start: int, end: int, day: dt.date | None) -> When:
    """«antes del 3 de diciembre» is the 2nd at the latest; the words that lead in belong to it."""
    before = folded[max(0, start - 40) : start]
    for language in LANGUAGES:
        lead = speech(language).words["before"].search(before)
        if lead:
            first = start - (len(before) - lead.start())
            return When(first, end, day - dt.timedelta(days=1) if day else None, text[first:end])
    near = re.search(
        r"\b(?:(?:el|este|para|hasta|a mas tardar|como muy tarde|on|by|no|na|ate|proximo|this|next|until)"
        r"(?: el| proximo| dia| ao| a| next| this)*) $",
        before,
    )
    first = start - (len(before) - near.start()) if near else start
    return When(first, end, day, text[first:end])


def _date(unit: str, on: dt.date) -> dt.date | None:
    """An ISO date; without a year, the next time that it comes round."""
    try:
        if not unit.startswith("-"):
            return dt.date.fromisoformat(unit)
        month, day = int(unit[-5:-3]), int(unit[-2:])
        return next(d for d in (dt.date(on.year, month, day), dt.date(on.year + 1, month, day)) if d >= on)
    except ValueError:
        return None


def _is_day(before: str, after: str) -> bool:
    """A weekday that something falls on, not one of «de lunes a viernes»."""
    tongues = [speech(language).words for language in LANGUAGES]
    if any(words["weekday_after"].search(after) for words in tongues):
        return False
    if any(words["weekday_near"].search(before) or words["before"].search(before) for words in tongues):
        return True
    return not before.strip() or not any(words["weekday_not"].search(before) for words in tongues)


# --- durations ----------------------------------------------------------------------------------------


def _lasting(text: str, folded: str, on: dt.date, is_working: IsWorking) -> Iterator[When]:
    """«en 48 horas», «entre 3 y 5 días hábiles»: the later end of a range; None where it runs from an event."""
    spans = [q for q in quantities(text) if q.kind == "duration"]
    for place, figure in enumerate(spans):
        previous = spans[place - 1] if place else None
        if previous and _range(folded, previous, figure):
            continue
        last = figure
        while place + 1 < len(spans) and _range(folded, last, spans[place + 1]):
            place, last = place + 1, spans[place + 1]
        lead = _lead(folded, figure.start)
        if lead is None:
            continue
        kind = last.day_kind or figure.day_kind
        hanging = _hangs(folded, last.end)
        day = None if hanging else after(on, last, is_working, working=kind == "working")
        end = _event_end(folded, last.end) if hanging else _kind_end(folded, last.end)
        yield When(lead, end, day, text[lead:end])


def _range(folded: str, first: Quantity, second: Quantity) -> bool:
    return re.fullmatch(r"\s?(?:a|o|y|e|u|to|or|and|ou|-|/|–)?\s?", folded[first.end : second.start]) is not None


def _lead(folded: str, start: int) -> int | None:
    """Where the words that make a duration a deadline begin; None where nothing does."""
    before = folded[max(0, start - 60) : start]
    for language in LANGUAGES:
        words = speech(language).words
        if words["duration_not"].search(before):
            return None
        lead = words["duration_lead"].search(before)
        if lead:
            return start - (len(before) - lead.start())
    return None


def _hangs(folded: str, end: int) -> bool:
    return any(speech(language).words["duration_event"].match(folded[end : end + 80]) for language in LANGUAGES)


_TAIL = re.compile(r" (?:habiles|laborables|utiles|uteis|naturales|corridos|seguidos)\b")


def _kind_end(folded: str, end: int) -> int:
    tail = _TAIL.match(folded, end)
    return tail.end() if tail else end


def _event_end(folded: str, end: int) -> int:
    stop = re.compile(r"[,;.!?:)]").search(folded, end)
    return stop.start() if stop else len(folded)


def after(on: dt.date, span: Quantity, is_working: IsWorking, *, working: bool) -> dt.date:
    """The day that lies a span after another; hours round up to days beyond half a day."""
    if span.unit == "month":
        month = on.month - 1 + math.ceil(span.value)
        year, month = on.year + month // 12, month % 12 + 1
        return dt.date(year, month, min(on.day, calendar.monthrange(year, month)[1]))
    days = min(3660, math.ceil(span.value / 1440) if span.unit == "minute" else math.ceil(span.value))
    if span.unit == "minute" and span.value < 720:
        days = 0
    if not working:
        return on + dt.timedelta(days=days)
    day = on
    while days > 0:
        day += dt.timedelta(days=1)
        days -= is_working(day)
    return day


# --- named times --------------------------------------------------------------------------------------


def _named(text: str, folded: str, on: dt.date) -> Iterator[When]:
    for language in LANGUAGES:
        tongue: Speech = speech(language)
        for name, pattern in tongue.times.items():
            for match in pattern.finditer(folded):
                yield _named_one(text, folded, on, name, match)


def _named_one(text: str, folded: str, on: dt.date, name: str, match: re.Match[str]) -> When:
    if name == "month_day":
        return _by(text, folded, match.start(1), match.end(), _month_day(int(match[1]), on))
    monday = on - dt.timedelta(days=on.weekday())
    last = calendar.monthrange(on.year, on.month)[1]
    following = on.replace(day=last) + dt.timedelta(days=1)
    days = {
        "today": on,
        "tomorrow": on + dt.timedelta(days=1),
        "day_after": on + dt.timedelta(days=2),
        "this_week": max(on, monday + dt.timedelta(days=4)),
        "weekend": monday + dt.timedelta(days=6),
        "next_week": monday + dt.timedelta(days=11),
        "this_month": on.replace(day=last),
        "next_month": following.replace(day=calendar.monthrange(following.year, following.month)[1]),
    }
    return When(match.start(), match.end(), days[name], text[match.start() : match.end()])


def _month_day(number: int, on: dt.date) -> dt.date | None:
    """«el 26»: the next 26th."""
    for months in range(13):
        year, month = on.year + (on.month - 1 + months) // 12, (on.month - 1 + months) % 12 + 1
        if 1 <= number <= calendar.monthrange(year, month)[1]:
            day = dt.date(year, month, number)
            if day >= on:
                return day
    return None
