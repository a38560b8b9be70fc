"""What `voz report` prints: each report as text, as JSON or as CSV."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import typer

from voz.commands.show import printable
from voz.commands.stored import brand_of, stored_cases
from voz.commands.told import report_words
from voz.service.tabular import csv_text

if TYPE_CHECKING:
    from voz.brand import Brand
    from voz.config import Settings
    from voz.service.claims_report import Claims, LawFigures
    from voz.service.period import Period
    from voz.service.reports import Commitments, Ending, Promise, Unanswered
    from voz.store.database import Database
    from voz.store.figures import Step
    from voz.words import Words

Form = Literal["text", "json", "csv"]
Report = TypeVar("Report")


def form(as_json: bool, as_csv: bool) -> Form:
    if as_json and as_csv:
        raise typer.BadParameter("give --json or --csv, one of the two")
    return "json" if as_json else "csv" if as_csv else "text"


def unanswered(settings: Settings, first: str | None, last: str | None, shape: Form, language: str) -> None:
    """Exits with 1 where a case breaks the rule, so that a monitor can stop on it."""
    from voz.service import reports

    found = _read(settings, first, last, lambda db, brand, period, now: reports.unanswered(db, period, now))
    _print(found, shape, lambda: unanswered_lines(found, report_words(language)), lambda: reports.ending_rows(found))
    if not found.holds:
        raise typer.Exit(1)


def claims(settings: Settings, first: str | None, last: str | None, shape: Form, language: str) -> None:
    from voz.service import claims_report

    found = _read(settings, first, last, claims_report.claims)
    _print(found, shape, lambda: claim_lines(found, report_words(language)), lambda: claim_rows(found))


def commitments(settings: Settings, first: str | None, last: str | None, shape: Form, language: str) -> None:
    from voz.service import reports

    def read(db: Database, brand: Brand, period: Period, now: dt.datetime) -> Commitments:
        return reports.commitments(db, period, now, {team.id: team.name for team in brand.teams})

    found = _read(settings, first, last, read)
    _print(found, shape, lambda: promise_lines(found, report_words(language)), lambda: promise_rows(found))


def figures(settings: Settings, first: str | None, last: str | None, step: Step) -> None:
    from voz.service import figures as count

    found = _read(settings, first, last, lambda db, brand, period, now: count.figures(db, period, now, step))
    print(csv_text(count.csv_rows(found)), end="")


def _read(
    settings: Settings, first: str | None, last: str | None,
    make: Callable[[Database, Brand, Period, dt.datetime], Report],
) -> Report:  # fmt: skip
    from voz.deadlines.calendar import calendar_for
    from voz.service.period import period_of
    from voz.service.service import utc_now

    with stored_cases(settings) as database:
        brand = brand_of(settings.knowledge)
        period = period_of(first, last, calendar_for(brand).timezone)
        return make(database, brand, period, utc_now())


def _print(
    found: Any, shape: Form, lines: Callable[[], Iterator[str]], rows: Callable[[], Iterator[Sequence[object]]]
) -> None:
    if shape == "json":
        from voz.service.export import as_json

        print(as_json(json.loads(json.dumps(_told(found), default=str))))
    elif shape == "csv":
        print(csv_text(rows()), end="")
    else:
        for line in lines():
            print(printable(line))


def _told(found: Any) -> Any:
    """A report as values of JSON: fields by name, and what it derives of them."""
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        told = {one.name: _told(getattr(found, one.name)) for one in dataclasses.fields(found)}
        derived = {name for name, value in vars(type(found)).items() if isinstance(value, property)}
        return told | {name: _told(getattr(found, name)) for name in sorted(derived)}
    if isinstance(found, tuple | list):
        return [_told(one) for one in found]
    if isinstance(found, dt.timedelta):
        return round(found.total_seconds() / 3600, 2)
    return found.isoformat() if isinstance(found, dt.date) else found


def unanswered_lines(found: Unanswered, words: Words) -> Iterator[str]:
    from voz.service.reports import by_reason

    yield words("unanswered.title", period=_span(found.period, words))
    yield words("unanswered.sum", received=found.received, answered=found.answered, closed=len(found.closed),
                open=len(found.open))  # fmt: skip
    for reason, people in by_reason(found.closed).items():
        who = ", ".join(f"{name or words('unanswered.nobody')} {count}" for name, count in people.items())
        yield f"  · {words.label('closed', reason)}: {sum(people.values())} ({who})"
    if found.open:
        yield words("unanswered.open", count=len(found.open), overdue=found.overdue)
        yield from (f"  · {_waiting(one, found.period, words)}" for one in found.open)
    for one in found.broken:
        faults = "; ".join(words.label("faults", fault) for fault in one.faults)
        yield words("unanswered.broken", code=one.code, faults=faults)
    for lost in found.lost:
        yield words("unanswered.broken", code=lost, faults=words.label("faults", "vanished"))
    for entry in found.stuck:
        day = words.day(found.period.day_of(entry.at))
        where = {"helpdesk": entry.helpdesk, "thread": entry.thread or entry.id}
        yield words("unanswered.stuck", day=day, reason=entry.error, **where)
    yield words("unanswered.holds" if found.holds else "unanswered.fails")


def _waiting(one: Ending, period: Period, words: Words) -> str:
    age = one.age or dt.timedelta()
    parts = [one.code, words.label("status", one.status), one.channel, words("unanswered.age", age=_long(age, words))]
    if one.deadline:
        key = "unanswered.overdue" if one.overdue else "unanswered.deadline"
        parts.append(words(key, day=words.day(period.day_of(one.deadline))))
    if one.waits_for:
        parts.append(one.waits_for)
    return " · ".join(parts)


def _long(lasting: dt.timedelta, words: Words) -> str:
    hours = max(int(lasting.total_seconds() // 3600), 0)
    return words("days", count=hours // 24) if hours >= 48 else words("hours", count=hours)


def claim_lines(found: Claims, words: Words) -> Iterator[str]:
    yield words("claims.title", period=_span(found.period, words), count=len(found.claims))
    for law in found.laws:
        yield from _law(law, words)
    for group, counts in (("language", found.languages), ("reasons", found.reasons), ("topics", found.topics)):
        if counts:
            shown = ", ".join(f"{_named(group, name, words)} {count}" for name, count in counts)
            yield f"{words(f'claims.{group}')}: {shown}"
    if not found.calendar_known:
        yield words("claims.no_holidays", country=found.country)
    yield found.no_legal_advice or words("claims.no_rules", country=found.country)


def _named(group: str, name: str, words: Words) -> str:
    if not name:
        return words("claims.unknown")
    return words.label("claim_reasons", name) if group == "reasons" else name


def _law(law: LawFigures, words: Words) -> Iterator[str]:
    yield f"{law.name or words('claims.no_law')}"
    yield "  " + words("claims.counts", opened=law.opened, answered=law.answered, closed=law.closed, open=law.open)
    if law.days_mean is not None and law.days_median is not None:
        yield "  " + words("claims.days", mean=_number(law.days_mean, words), median=_number(law.days_median, words),
                           most=law.days_most)  # fmt: skip
    if law.law:
        yield "  " + words("claims.terms", in_time=law.in_time, late=law.late, overdue=law.overdue)
    if law.share_in_time is not None:
        yield "  " + words("claims.share", share=_number(100 * law.share_in_time, words))
    if law.not_binding:
        yield "  " + words("claims.not_binding", count=law.not_binding)
    if law.source:
        yield f"  {law.source}"


def _number(value: float, words: Words) -> str:
    return f"{round(value, 1):g}".replace(".", words("decimal"))


def claim_rows(found: Claims) -> Iterator[Sequence[object]]:
    yield ("code", "id", "opened", "channel", "language", "reasons", "topics", "answered", "closed", "closed_reason",
           "working_days", "law", "term", "article", "due", "binding", "state")  # fmt: skip
    for one in found.claims:
        head = (one.code, one.id, one.opened, one.channel, one.language, " ".join(one.reasons), " ".join(one.topics),
                one.answered, one.closed, one.closed_reason, one.working_days)  # fmt: skip
        for term in one.terms:
            yield (*head, term.law, term.term, term.article, term.due, int(term.binding), term.state)
        if not one.terms:
            yield (*head, "", "", "", "", "", "off")


def promise_lines(found: Commitments, words: Words) -> Iterator[str]:
    from voz.service.reports import STANDINGS

    yield words("commitments.title", period=_span(found.period, words), count=len(found.promises))
    for standing in STANDINGS:
        own = found.at(standing)
        if own:
            yield f"{words.label('standing', standing)}: {len(own)}"
        if standing not in ("in_time", "done"):
            yield from (f"  · {_owed(one, words)}" for one in own)


def _owed(one: Promise, words: Words) -> str:
    due = words("commitments.due", day=words.day(one.due_on)) if one.due_on else words("commitments.no_day")
    parts = [one.code, due, one.owner or words("commitments.nobody"), f"«{one.text}»"]
    if one.done_on:
        parts.append(words("commitments.done", day=words.day(one.done_on)))
    return " · ".join([*parts, *([words("commitments.clause", clause=one.clause)] if one.clause else [])])


def promise_rows(found: Commitments) -> Iterator[Sequence[object]]:
    names = ("code", "case_id", "standing", "kind", "due_on", "owner", "text", "clause", "made_on", "done_on",
             "done_by", "amount", "currency")  # fmt: skip
    yield names
    for one in found.promises:
        yield tuple(getattr(one, name) for name in names)


def _span(period: Period, words: Words) -> str:
    if period.first is None and period.last is None:
        return words("period.all")
    if period.first is None or period.last is None:
        key, day = ("period.until", period.last) if period.first is None else ("period.since", period.first)
        return words(key, day=words.day(day))
    return words("period.between", first=words.day(period.first), last=words.day(period.last))
