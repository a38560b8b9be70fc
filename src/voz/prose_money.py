"""Amounts of money in what a guide says."""

from __future__ import annotations

import re
from functools import cache

from voz.prose_read import lexicon


@cache
def _amounts() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((currency, re.compile(pattern)) for currency, pattern in lexicon("authority")["amounts"])


def amounts(plain: str, currency: str) -> list[tuple[int, int, float, str]]:
    """(start, end, value, currency) of the money in a text; a bare «$» is the country's."""
    found: list[tuple[int, int, float, str]] = []
    for code, pattern in _amounts():
        for match in pattern.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end, _, _ in found):
                continue
            number = next(group for group in match.groups() if group)
            found.append((match.start(), match.end(), money(number), code or currency))
    return sorted(found)


def money(text: str) -> float:
    """«3,000.00», «40.000», «15,50» as numbers: three digits after marks of one kind are thousands."""
    digits = text.strip(".,")
    marks = [char for char in digits if char in ".,"]
    if not marks:
        return float(digits)
    head, _, tail = digits.rpartition(marks[-1])
    if len(tail) == 3 and len(set(marks)) == 1:
        return float(re.sub(r"[.,]", "", digits))
    return float(f"{re.sub(r'[.,]', '', head) or 0}.{tail or 0}")
