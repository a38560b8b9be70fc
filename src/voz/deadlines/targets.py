"""The company's own targets: when the first answer to a message is due, by channel, urgency and openness."""

from __future__ import annotations

import datetime as dt
from typing import get_args
from zoneinfo import ZoneInfo

from voz.brand import OpeningHours, ServiceLevels, Target, Weekday, minutes
from voz.case import Channel, Frozen, Message, Triage, Urgency
from voz.deadlines.calendar import DAY, WorkCalendar

_WEEKDAYS: tuple[str, ...] = get_args(Weekday)
_FAR = 366 * 5  # days; nobody's hours leave a longer gap


class MessageFacts(Frozen):
    """What decides how soon a message should have its first answer."""

    channel: Channel = "email"
    public: bool = False
    urgency: Urgency = "normal"


def facts_of(message: Message, triage: Triage | None = None) -> MessageFacts:
    urgency: Urgency = triage.urgency if triage else "normal"
    return MessageFacts(channel=message.channel, public=message.is_public, urgency=urgency)


def targets_for(facts: MessageFacts, targets: tuple[Target, ...]) -> tuple[Target, ...]:
    """The most specific targets that fit: one, or several that name equally much; none where none fits."""
    fit = [target for target in targets if _fits(target, facts)]
    most = max((_named(target) for target in fit), default=0)
    return tuple(target for target in fit if _named(target) == most)


def first_answer_due(
    facts: MessageFacts, levels: ServiceLevels, received_at: dt.datetime, calendar: WorkCalendar
) -> dt.datetime | None:
    """When the first answer is due, on the calendar's clocks; None where no target fits.

    Hours count while the desk is open, or around the clock where the target says so. Of equally specific
    targets, the one that falls due first.
    """
    start = calendar.local(received_at)
    dues = [
        _plus(start, target.hours)
        if target.around_the_clock
        else _open_plus(start, target.hours, levels.hours, calendar)
        for target in targets_for(facts, levels.targets)
    ]
    return min(dues, default=None)


def _fits(target: Target, facts: MessageFacts) -> bool:
    return (
        target.channel in (None, facts.channel)
        and target.urgency in (None, facts.urgency)
        and target.public in (None, facts.public)
    )


def _named(target: Target) -> int:
    return sum(given is not None for given in (target.channel, target.urgency, target.public))


def _plus(start: dt.datetime, hours: float) -> dt.datetime:
    """So many real hours later, also across a change of the clocks."""
    return (start.astimezone(dt.UTC) + dt.timedelta(hours=hours)).astimezone(start.tzinfo)


def _open_plus(start: dt.datetime, hours: float, opening: OpeningHours, calendar: WorkCalendar) -> dt.datetime:
    left, day = dt.timedelta(hours=hours), start.date()
    for _ in range(_FAR):
        if _open_on(day, opening, calendar):
            opens, closes = _window(day, opening, calendar)
            begin = max(start.astimezone(dt.UTC), opens)
            if begin < closes:
                if left <= closes - begin:
                    return (begin + left).astimezone(ZoneInfo(calendar.timezone))
                left -= closes - begin
        day += DAY
    return _plus(start, 24 * _FAR)


def _open_on(day: dt.date, opening: OpeningHours, calendar: WorkCalendar) -> bool:
    if _WEEKDAYS[day.weekday()] not in opening.days or day in opening.closed:
        return False
    return not (opening.holidays_off and calendar.holiday(day))


def _window(day: dt.date, opening: OpeningHours, calendar: WorkCalendar) -> tuple[dt.datetime, dt.datetime]:
    midnight = dt.datetime.combine(day, dt.time())
    zone = ZoneInfo(calendar.timezone)
    opens, closes = (
        (midnight + dt.timedelta(minutes=minutes(time))).replace(tzinfo=zone).astimezone(dt.UTC)
        for time in (opening.opens, opening.closes)
    )
    return opens, closes
