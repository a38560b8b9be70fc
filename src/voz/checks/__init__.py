"""One file per check, each a pure function (case, brand) → findings. `run` calls them all."""

from __future__ import annotations

from collections.abc import Callable

from voz.brand import Brand
from voz.case import Case, Finding
from voz.checks import (
    authority,
    blame,
    contacts,
    echo,
    language,
    leak,
    limits,
    personal_data,
    register,
    support,
    unanswered,
    words,
)

Check = Callable[[Case, Brand], tuple[Finding, ...]]
CHECKS: tuple[Check, ...] = (
    support.check,
    contacts.check,
    authority.check,
    leak.check,
    echo.check,
    personal_data.check,
    register.check,
    language.check,
    blame.check,
    words.check,
    limits.check,
    unanswered.check,
)


def run(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Every finding on the draft, in the order of the reply, blocks before warnings at the same place."""
    found = [finding for check in CHECKS for finding in check(case, brand)]
    return tuple(sorted(set(found), key=lambda f: (f.start, f.severity, f.end, f.check, f.detail)))
