"""Tracking codes that can be read out over the telephone: no 0, O, 1 or I, and the last sign checks the rest.

23 signs, a prime: one wrong sign, or two that changed places, never gives another valid code. No vowels, so
that no word comes out.
"""

from __future__ import annotations

import re
import secrets
from random import Random

SIGNS = "23456789CDFHJKLMPQRTWXY"
LENGTH = 8
_PLACE = {sign: place for place, sign in enumerate(SIGNS)}
_LOOKS_LIKE_A_CODE = re.compile(rf"(?<![^\W_])[{SIGNS}]{{4}}[ \-–—.]?[{SIGNS}]{{4}}(?![^\W_])", re.IGNORECASE)


def tracking_code(random: Random | None = None) -> str:
    """A new code such as «K7M4-RT2X», from the system's randomness unless `random` is given.

    3.4 thousand million codes: the store must refuse one that is taken, and ask for another.
    """
    source = random or secrets.SystemRandom()
    body = "".join(source.choice(SIGNS) for _ in range(LENGTH - 1))
    return _grouped(body + _check_sign(body))


def valid_code(text: str) -> bool:
    """Whether this is a code as `tracking_code` makes them; small letters, spaces and hyphens do not matter."""
    return canonical_code(text) is not None


def canonical_code(text: str) -> str | None:
    """The code as it is stored, however it was typed; None for anything else, also for a mistyped one."""
    if len(text) > 4 * LENGTH:
        return None
    plain = re.sub(r"[\s\-–—._]", "", text).upper()
    if len(plain) != LENGTH or any(sign not in _PLACE for sign in plain):
        return None
    return _grouped(plain) if _check_sign(plain[:-1]) == plain[-1] else None


def codes_in(text: str) -> tuple[str, ...]:
    """The valid codes that a message quotes, in its order, each once."""
    found = (canonical_code(match[0]) for match in _LOOKS_LIKE_A_CODE.finditer(text))
    return tuple(dict.fromkeys(code for code in found if code))


def _check_sign(body: str) -> str:
    total = sum((place + 2) * _PLACE[sign] for place, sign in enumerate(body))
    return SIGNS[-total % len(SIGNS)]  # the check sign itself weighs 1, a weight that no other place has


def _grouped(plain: str) -> str:
    return f"{plain[: LENGTH // 2]}-{plain[LENGTH // 2 :]}"
