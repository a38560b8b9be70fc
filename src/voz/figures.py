"""Whether two figures say the same, and whether a figure follows from others by simple arithmetic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from voz.quantities import Quantity

_SPANS = {"day": (1, 7), "month": (1, 12), "minute": (1, 60, 1440), "night": (1,)}
MAX_OPERANDS = 24


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
    if a.kind == "duration":
        return a.value == b.value and {a.unit, b.unit} <= {"day", "night"} and a.unit != b.unit
    if a.kind == "time":
        return a.value % 720 == b.value % 720
    if a.kind == "money":
        return abs(a.value - b.value) < 0.005  # currencies are told apart by the company, not by the sign
    return a.kind in ("count", "percent") and a.value == b.value


def stands_in(figure: Quantity, others: Iterable[Quantity]) -> bool:
    return any(equal(figure, other) for other in others)


def derived(figure: Quantity, given: Sequence[Quantity], today: dt.date) -> bool:
    """Whether the figure is a sum, difference, product, share or date that `given` figures lead to."""
    if figure.kind == "date":
        return _derived_date(figure, given, today)
    if figure.kind in ("money", "count", "percent"):
        return _derived_amount(figure, given)
    if figure.kind == "duration":
        same = [q.value for q in given if q.kind == "duration" and q.unit == figure.unit][:MAX_OPERANDS]
        return any(abs(abs(x - y) - figure.value) < 1e-6 for x in same for y in same)
    return figure.kind == "time"


def _derived_amount(figure: Quantity, given: Sequence[Quantity]) -> bool:
    if figure.value == 0:
        return True
    amounts = list(dict.fromkeys(q.value for q in given if q.kind == figure.kind or q.kind in ("money", "count")))
    amounts = [value for value in amounts if value][:MAX_OPERANDS]
    shares = list(dict.fromkeys(q.value / 100 for q in given if q.kind == "percent"))[:MAX_OPERANDS]
    counts = [q.value for q in given if q.kind in ("count", "duration") and q.value <= 100][:MAX_OPERANDS]
    reached = [*(x * s for x in amounts for s in shares), *(x * (1 - s) for x in amounts for s in shares)]
    pairs = [*(x + y for x in amounts for y in amounts), *(x - y for x in amounts for y in amounts)]
    times = [x * n for x in amounts for n in counts]
    second = [x * (1 - s) for x in times for s in shares] + [x * s for x in (*reached, *pairs) for s in shares]
    minus = [x - y for x in amounts for y in (*reached, *times)]
    tolerance = max(0.011, figure.value * 1e-4)
    return any(abs(value - figure.value) <= tolerance for value in (*reached, *pairs, *times, *second, *minus))


def _derived_date(figure: Quantity, given: Sequence[Quantity], today: dt.date) -> bool:
    starts = [today, *(day for q in given if q.kind == "date" and (day := _as_day(q.unit, today)))]
    lengths = [q.value * {"month": 30.44, "minute": 1 / 1440}.get(q.unit, 1) for q in given if q.kind == "duration"]
    target = _as_day(figure.unit, today)
    if target is None:
        return False
    slack = 4
    near = [start for start in starts if abs((target - start).days) <= slack]
    month_ends = (target + dt.timedelta(days=1)).day == 1
    reach = [start + dt.timedelta(days=sign * days) for start in starts for days in lengths[:MAX_OPERANDS] for sign in (1, -1) if days < 4000]  # fmt: skip
    return bool(near) or month_ends or any(abs((target - day).days) <= slack for day in reach)


def _as_day(unit: str, today: dt.date) -> dt.date | None:
    try:
        return dt.date.fromisoformat(unit.replace("--", f"{today.year}-", 1) if unit.startswith("--") else unit)
    except ValueError:
        return None
