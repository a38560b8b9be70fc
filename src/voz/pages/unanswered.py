"""That nobody stays unanswered, as a page says it: the sum, what breaks it, what waits, what was closed and why."""

from __future__ import annotations

import datetime as dt

from voz.pages.charts import table
from voz.pages.desk_words import desk_words
from voz.pages.frame import case_link, escaped
from voz.pages.topic_words import topic_words
from voz.service.reports import Ending, Unanswered, by_reason
from voz.words import Words, words

SHOWN = 100


def unanswered_html(found: Unanswered, told: Words, language: str, teams: dict[str, str]) -> str:
    """`teams`: their names by id."""
    desk, faults = desk_words(language), topic_words("reports", language)
    bad = len(found.broken) + len(found.lost) + len(found.unread)
    parts = [
        f'<p class="voz-verdict{"" if found.holds else " bad"}">'
        + escaped(told("unanswered.holds") if found.holds else told("unanswered.fails", n=max(bad, 1))) + "</p>",
        f"<p>{escaped(_sum(found, told))}</p>",
    ]  # fmt: skip
    if found.overdue:
        parts.append(f"<p>{escaped(told('unanswered.late', n=found.overdue))}</p>")
    if bad:
        broken = [
            [_link(one, language), escaped("; ".join(faults.label("faults", fault) for fault in one.faults))]
            for one in found.broken[:SHOWN]
        ]
        if broken:
            parts.append(table(told("unanswered.broken"), [told("unanswered.code"), told("unanswered.why")], broken))
        parts += [f"<p>{escaped(told('unanswered.lost', id=one))}</p>" for one in found.lost[:SHOWN]]
    if found.stuck:
        parts.append(_stuck(found, told, desk))
    if found.open:
        parts.append(_waiting(found, told, desk, language, teams))
    if found.closed:
        parts.append(_closed(found, told, desk))
    return "".join(parts)


def _sum(found: Unanswered, told: Words) -> str:
    return told("unanswered.sum", received=found.received, answered=found.answered, closed=len(found.closed),
                open=len(found.open))  # fmt: skip


def _waiting(found: Unanswered, told: Words, desk: Words, language: str, teams: dict[str, str]) -> str:
    heads = [told(f"unanswered.{name}") for name in ("code", "status", "channel", "who", "age", "deadline")]
    ui = words(language)
    teams = {"": told("unanswered.nobody"), **teams}
    rows = [
        [
            _link(one, language), escaped(desk.label("status", one.status)), escaped(ui.label("channel", one.channel)),
            escaped(teams.get(one.waits_for or "", one.waits_for)), escaped(_age(one.age, told)),
            _deadline(one, found, told, desk),
        ]
        for one in found.open[:SHOWN]
    ]  # fmt: skip
    more = len(found.open) - SHOWN
    rest = f"<p>{escaped(told('unanswered.more', n=more))}</p>" if more > 0 else ""
    return table(told("unanswered.waiting"), heads, rows) + rest


def _stuck(found: Unanswered, told: Words, desk: Words) -> str:
    heads = [told(f"unanswered.{name}") for name in ("helpdesk", "thread", "since", "why")]
    rows = [
        [escaped(one.helpdesk), escaped(one.thread or one.id), found.period.day_of(one.at).strftime(desk("day")),
         escaped(one.error)]
        for one in found.stuck[:SHOWN]
    ]  # fmt: skip
    return table(told("unanswered.stuck"), heads, rows)


def _deadline(one: Ending, found: Unanswered, told: Words, desk: Words) -> str:
    if one.deadline is None:
        return ""
    on = found.period.day_of(one.deadline).strftime(desk("day"))
    return f'<span class="voz-worse">{escaped(told("unanswered.overdue", day=on))}</span>' if one.overdue else on


def _closed(found: Unanswered, told: Words, desk: Words) -> str:
    heads = [told(f"unanswered.{name}") for name in ("reason", "by", "times")]
    rows = [
        [escaped(desk.label("close_reasons", reason)), escaped(name or told("unanswered.nobody")), str(times)]
        for reason, people in by_reason(found.closed).items()
        for name, times in people.items()
    ]
    return table(told("unanswered.closed"), heads, rows, 1)


def _link(one: Ending, language: str) -> str:
    return f'<a href="{escaped(case_link(one.id, language))}">{escaped(one.code)}</a>'


def _age(age: dt.timedelta | None, told: Words) -> str:
    hours = max(int((age or dt.timedelta()).total_seconds() // 3600), 0)
    return told("days", n=hours // 24) if hours >= 48 else told("hours", n=hours)
