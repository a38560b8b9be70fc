"""The moments that the desk offers to set a case aside until, on the company's own clock."""

from __future__ import annotations

import datetime as dt

from voz.deadlines.calendar import calendar_for
from voz.service.service import Service


def snooze_until(name: str, service: Service) -> dt.datetime:
    """In an hour; on the next working day at nine; or on the first one a week from now."""
    now = service.now()
    if name == "hour":
        return now + dt.timedelta(hours=1)
    calendar = calendar_for(service.desk.brand)
    local = calendar.local(now)
    day = local.date() + dt.timedelta(days=6 if name == "week" else 0)
    morning = dt.datetime.combine(calendar.plus_working_days(day, 1), dt.time(9), local.tzinfo)
    return morning.astimezone(dt.UTC)
