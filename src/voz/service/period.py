"""A span of whole days on the clocks of the company, as reports and figures are asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from voz.errors import InputError

DAY = dt.timedelta(days=1)
BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both counted; None: from the beginning, or until now."""

    first: dt.date | None = None
    last: dt.date | None = None
    zone: str = "UTC"

    def start(self) -> dt.datetime:
        return BEGINNING if self.first is None else self.midnight(self.first)

    def end(self, now: dt.datetime) -> dt.datetime:
        """The moment before which it lies."""
        if self.last is None or self.last >= dt.date.max - DAY:
            return now + dt.timedelta(microseconds=1)
        return self.midnight(self.last + DAY)

    def midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), ZoneInfo(self.zone)).astimezone(dt.UTC)

    def day_of(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(ZoneInfo(self.zone)).date()


def period_of(first: str | None, last: str | None, zone: str) -> Period:
    """From what a person wrote. Raises InputError naming what is not a day, or an end before the beginning."""
    begin, end = _day("--from", first), _day("--to", last)
    if begin and end and end < begin:
        raise InputError(f"--from {begin} is later than --to {end}.")
    return Period(begin, end, zone)


def _day(flag: str, value: str | None) -> dt.date | None:
    if value is None:
        return None
    try:
        found = dt.date.fromisoformat(value)
    except ValueError:
        raise InputError(f"{flag} is '{value}': write the day as YYYY-MM-DD.") from None
    if not dt.date(1971, 1, 1) <= found <= dt.date(9000, 1, 1):
        raise InputError(f"{flag} is '{value}': there are no cases of that time.")
    return found
