"""Whether two figures say the same, and whether a figure follows from others by simple arithmetic."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence

from voz.quantities import Quantity

_SPANS = {"day": (1, 7), "month": (1, 12), "minute": (1, 60, 1440), "night": (1,)}
MAX_OPERANDS = 24
MAX_THINGS, MAX_COLUMNS = 6, 3


def equal(a: Quantity, b: Quantity) -> bool:
    """Same figure, also where the unit is left out («son quince»), or the clock counts to twelve."""
    if a.same(b):
        return True
    if a.kind == b.kind:
        return _equal_kind(a, b)
    if "count" not in (a.kind, b.kind):
        return False
    bare, other = (a, b) if a.kind == "count" else (b, a)
    if other.kind == "time":
        return bare.value * 60 in (other.value, other.value - 720)
    if other.kind == "duration":
        return any(abs(bare.value * span - other.value) < 1e-6 for span in _SPANS[other.unit])
    if other.kind == "date":
        return bare.value in (float(other.unit[-2:]), float(other.unit[:4].replace("-", "") or 0))
    return other.kind != "weekday" and abs(bare.value - other.value) < 0.005


def _equal_kind(a: Quantity, b: Quantity) -> bool:
    if a.kind == "duration" and {a.unit, b.unit} == {"day", "month"}:
        days, months = (a, b) if a.unit == "day" else (b, a)
        return months.value <= 3 and days.value == 30 * months.value and days.day_kind != "working"
    if a.kind == "duration":
        return a.value == b.value and {a.unit, b.unit} <= {"day", "night"} and a.unit != b.unit
    if a.kind == "time":
        return a.value % 720 == b.value % 720
    if a.kind == "money":
        return abs(a.value - b.value) < 0.005  # currencies are told apart by the company, not by the sign
    return a.kind in ("count", "percent") and a.value == b.value


def stands_in(figure: Quantity, others: Iterable[Quantity]) -> bool:
    return any(equal(figure, other) for other in others)


def derived(figure: Quantity, told: Sequence[Quantity], known: Sequence[Quantity], today: dt.date) -> bool:
    """Whether the figure follows by simple arithmetic.

    `told` are the figures of the customer's message and of the same reply, `known` those of the clauses at hand;
    every operation needs one that was told, so that two unrelated clauses never make a figure true.
    """
    if figure.kind == "date":
        return _derived_date(figure, [*told, *known], today)
    if figure.value == 0:
        return True
    if figure.kind in ("money", "count"):
        return _derived_amount(figure, told, known)
    if figure.kind in ("duration", "time"):
        values = [q.value for q in told if q.unit == figure.unit][:MAX_OPERANDS]
        others = values + [q.value for q in known if q.unit == figure.unit][:MAX_OPERANDS]
        return any(abs(abs(x - y) - figure.value) < 1e-6 for x in values for y in others)
    return False


def discounted(
    figure: Quantity, told: Sequence[Quantity], prices: Sequence[Quantity], known: Sequence[Quantity] = ()
) -> bool:
    """Whether an amount is one of the prices times a percentage, its rest, or a number of pieces that was told.

    Or its share for some of the days, months or instalments that the clauses at hand («1/30 por día») or the reply say.
    """
    if figure.kind not in ("money", "count"):
        return False
    counts = [n for n in _values(told, "count", "duration") if 2 <= n <= 12]
    shares = [value / 100 for value in _values(told, "percent")]
    parts = [part for s in shares for part in (s, 1 - s)] + counts
    parts += [n / whole for whole in _wholes((*told, *known)) for n in (1, *counts) if n < whole]
    tolerance = max(0.011, figure.value * 1e-4)
    return any(abs(q.value * part - figure.value) <= tolerance for q in prices for part in parts)


def totalled(figure: Quantity, prices: Sequence[Sequence[Quantity]]) -> bool:
    """Whether an amount is the sum of one price of each of two to four things."""
    if figure.kind not in ("money", "count"):
        return False
    amounts = [[q.value for q in some if q.kind == "money"][:MAX_COLUMNS] for some in prices[:MAX_THINGS]]
    sums: set[tuple[int, float]] = {(0, 0.0)}
    for some in amounts:
        sums |= {(n + 1, round(total + value, 2)) for n, total in sums if n < 4 for value in some}
    return any(n >= 2 and abs(total - figure.value) <= 0.011 for n, total in sums)


def _derived_amount(figure: Quantity, told: Sequence[Quantity], known: Sequence[Quantity]) -> bool:
    amounts = _values(told, "money", "count")
    rates = [value for value in _values(known, "money") if value != figure.value]
    shares = [value / 100 for value in _values([*told, *known], "percent")]
    counts = [value for value in _values(told, "count", "duration") if value <= 100]
    products = [x * n for x in rates for n in counts] + [x * n for x in amounts for n in counts]
    cut = [x * part for x in (*amounts, *products) for s in shares for part in (s, 1 - s)]
    minus = [abs(x - y) for x in amounts for y in (*amounts, *rates, *cut)]
    plus = [x + y for x in amounts for y in amounts] + [sum(some) for some in itertools.combinations(amounts[:8], 3)]
    parts = [x / whole for x in amounts for whole in _wholes((*told, *known))]
    tolerance = max(0.011, figure.value * 1e-4)
    return any(abs(value - figure.value) <= tolerance for value in (*products, *cut, *minus, *plus, *parts))


def _wholes(figures: Iterable[Quantity]) -> list[float]:
    """Into how many days, months or instalments something may be cut."""
    return [n for n in _values(figures, "count", "duration") if 2 <= n <= 48 and n == int(n)]


def _values(figures: Iterable[Quantity], *kinds: str) -> list[float]:
    return list(dict.fromkeys(q.value for q in figures if q.kind in kinds and q.value))[:MAX_OPERANDS]


def _derived_date(figure: Quantity, given: Sequence[Quantity], today: dt.date) -> bool:
    starts = [today, *(day for q in given if q.kind == "date" and (day := _as_day(q.unit, today)))]
    lengths = [q.value * {"month": 30.44, "minute": 1 / 1440}.get(q.unit, 1) for q in given if q.kind == "duration"]
    target = _as_day(figure.unit, today)
    if target is None:
        return False
    slack = 4
    near = [start for start in starts if abs((target - start).days) <= slack]
    month_ends = (target + dt.timedelta(days=1)).day == 1
    reach = [
        start + dt.timedelta(days=sign * days)
        for start in starts
        for days in lengths[:MAX_OPERANDS]
        for sign in (1, -1)
        if days < 4000
    ]
    return bool(near) or month_ends or any(abs((target - day).days) <= slack for day in reach)


def day_of(figure: Quantity, today: dt.date) -> dt.date | None:
    """The day that a date is, of this year where it does not say; None for any other figure."""
    return _as_day(figure.unit, today) if figure.kind == "date" else None


def _as_day(unit: str, today: dt.date) -> dt.date | None:
    try:
        return dt.date.fromisoformat(unit.replace("--", f"{today.year}-", 1) if unit.startswith("--") else unit)
    except ValueError:
        return None
