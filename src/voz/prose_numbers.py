"""Numbers that are spelled out: «quinientos», «ciento cincuenta», «treinta y cinco», «cem»."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from voz.prose_read import lexicon

_SCALE = 1000


def spelled(plain: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, value) of every number in words; the words of one number go together."""
    values = _values()
    start, end, number = -1, -1, 0
    for match in _words().finditer(plain):
        value = values[match[0]]
        joined = start >= 0 and re.fullmatch(r" (?:(?:y|e) )?", plain[end : match.start()])
        if joined and (sum_ := _joined(number, value)):
            end, number = match.end(), sum_
            continue
        if start >= 0:
            yield start, end, number
        start, end, number = match.start(), match.end(), value
    if start >= 0:
        yield start, end, number


def _joined(number: int, value: int) -> int:
    """What two neighbouring words make: «ciento» and «cincuenta», «dos» and «mil»; 0 where they make nothing."""
    if value == _SCALE:
        return number * _SCALE if number < _SCALE else 0
    if number >= 20 and number % 10 == 0 and 0 < value < _place(number):
        return number + value
    return 0


def _place(number: int) -> int:
    """What is still free below the last digit of a number that is not 0: 10 for 30, 100 for 200."""
    place = 1
    while number % (place * 10) == 0:
        place *= 10
    return place


@cache
def _values() -> dict[str, int]:
    return {word: int(value) for word, value in lexicon("words")["numbers"].items()}


@cache
def _words() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(_values(), key=len, reverse=True))})(?!\w)")
