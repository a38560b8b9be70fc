"""Working days: weekends, national and regional holidays, and the days that a company adds.

Holidays come from the `holidays` library. A country or region that it does not know has weekends only, and
`known` says so. Days are counted from the day after the one on which something arrived.
"""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from voz.brand import Brand, Zone
from voz.case import Frozen
from voz.packaged import packaged

DAY = dt.timedelta(days=1)
SATURDAY_AND_SUNDAY = frozenset({5, 6})


class WorkCalendar(Frozen):
    """The working days of a place, and the time zone in which its days begin and end."""

    country: str = "ES"
    region: str | None = None
    timezone: Zone = "Europe/Madrid"
    extra_holidays: tuple[dt.date, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the holidays of this country and, where one is given, of this region are known."""
        return _supports(self.country, self.region)

    def holiday(self, day: dt.date) -> str | None:
        """The name of the official holiday, in Spanish where the library has it; None on other days."""
        if day in self.extra_holidays:
            return "local"
        return _holidays_of(self.country, self.region, day.year).get(day)

    def is_working(self, day: dt.date) -> bool:
        return day.weekday() not in _weekend(self.country) and self.holiday(day) is None

    def plus_working_days(self, day: dt.date, count: int) -> dt.date:
        """The `count`-th working day after `day`, which is itself never counted; the last day there is at most."""
        left = count
        while left > 0 and day < dt.date.max:
            day += DAY
            left -= self.is_working(day)
        return day

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """Working days after `start`, up to and including `end`; negative where `end` lies before `start`."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working(start + DAY * number) for number in range(1, (end - start).days + 1))

    def local(self, moment: dt.datetime) -> dt.datetime:
        """The moment on the clocks of this place; one without time zone is taken to be local."""
        zone = ZoneInfo(self.timezone)
        try:
            return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
        except OverflowError:  # at the very ends of the calendar
            return moment.replace(tzinfo=zone)

    def day_of(self, moment: dt.datetime) -> dt.date:
        return self.local(moment).date()

    def end_of(self, day: dt.date) -> dt.datetime:
        """The instant at which a day is over: the next midnight."""
        if day >= dt.date.max:
            return dt.datetime.combine(day, dt.time.max, ZoneInfo(self.timezone))
        return dt.datetime.combine(day + DAY, dt.time(), ZoneInfo(self.timezone))


def calendar_for(brand: Brand, country: str | None = None, region: str | None = None) -> WorkCalendar:
    """The calendar of the company, or of the customer's country and region where they are given."""
    claims = brand.sla.claims
    own_country = claims.country or brand.voice.country
    place = country or own_country
    part = region or (claims.region if place == own_country else None)
    zone = brand.sla.hours.timezone if place == own_country else None
    return WorkCalendar(
        country=place,
        region=part,
        timezone=zone or zone_of(place, part),
        extra_holidays=claims.holidays if place == own_country else (),
    )


def zone_of(country: str, region: str | None = None) -> str:
    """The usual time zone of a country or region; UTC where it is not on file."""
    found = packaged("claims_rules/zones").get(country, {})
    return str(found.get("regions", {}).get(region) or found.get("zone") or "UTC")


@lru_cache(maxsize=512)
def _holidays_of(country: str, region: str | None, year: int) -> dict[dt.date, str]:
    import holidays

    if not _supports(country, None):
        return {}
    subdivision = region if _supports(country, region) else None
    known: Any = holidays.country_holidays(country, subdiv=subdivision, years=year, language=_language(country))
    return {day: str(name) for day, name in known.items()}


@cache
def _supports(country: str, region: str | None) -> bool:
    import holidays

    known = holidays.list_supported_countries()
    return country in known and (region is None or region in known[country])


def regions_of(country: str) -> tuple[str, ...]:
    """The regions whose holidays are known, as `claims.region` names them: MD, CT, …"""
    import holidays

    return tuple(holidays.list_supported_countries().get(country, ()))


@cache
def _language(country: str) -> str | None:
    import holidays

    spoken = holidays.list_localized_countries().get(country, [])
    return next((code for code in spoken if code.startswith("es")), None)


@cache
def _weekend(country: str) -> frozenset[int]:
    import holidays

    if not _supports(country, None):
        return SATURDAY_AND_SUNDAY
    return frozenset(getattr(holidays.country_holidays(country), "weekend", None) or SATURDAY_AND_SUNDAY)
