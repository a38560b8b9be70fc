"""A case as a person reads it in a terminal; never a control character of somebody else's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from voz.brand import Brand
from voz.case import Case, Draft
from voz.findings import told
from voz.page_view import source_marks, team_name
from voz.words import Words


def case_lines(case: Case, words: Words, brand: Brand | None = None) -> Iterator[str]:
    """The reply, then everything that a person needs in order to judge it."""
    draft = case.draft or Draft(reply=None)
    marks = source_marks(case)
    yield ""
    if draft.reply is None:
        yield f"  {words('text.no_reply')}"
    else:
        yield from (f"  {line}" for line in printable(draft.reply).split("\n"))
    if marks:
        yield from _title(words("text.sources"))
        for passage, mark in marks:
            yield f"  [{mark}] {printable(passage.heading)}"
            yield f"      {printable(passage.source)} · {words.validity(passage)}"
            for sentence in draft.sentences:
                if passage.id in sentence.citations:
                    yield f"      ← {_short(sentence.text)}"
    yield from _title(words("text.findings"))
    if not case.findings:
        yield f"  {words('text.no_findings')}"
    for finding in case.findings:
        where = _short((draft.reply or "")[finding.start : finding.end], 60)
        head = words.label("severity", finding.severity)
        yield f"  {head} ({finding.check}){f' «{where}»' if where else ''}: {printable(told(finding, words.language))}"
    if draft.unanswered:
        yield from _title(words("text.unanswered"))
        for item in draft.unanswered:
            yield f"  {printable(item.ask)} → {printable(team_name(brand, item.team) or words('page.nobody'))}"
    if draft.notes:
        yield from _title(words("text.notes"))
        yield from (f"  {printable(note)}" for note in draft.notes)
    if case.evidence.filtered:
        yield from _title(words("text.filtered"))
        for gone in case.evidence.filtered:
            passage = gone.passage
            reason = words.label("filter_reason", gone.reason)
            yield f"  {printable(passage.heading)} ({printable(passage.source)}): {reason}"
    yield from _title(words("text.triage"))
    yield f"  {triage_line(case, words, brand)}"
    if case.triage:
        yield from (f"  · {printable(reason)}" for reason in case.triage.reasons)
    yield ""


def triage_line(case: Case, words: Words, brand: Brand | None = None) -> str:
    """The labels of the triage in one line."""
    seen = case.triage
    if seen is None:
        return ""
    parts = [
        words.label("kind", seen.kind),
        words.label("route", seen.route),
        words.label("language", seen.language),
        words.label("emotion", seen.emotion) + (f" {seen.intensity}/3" if seen.intensity else ""),
        words.label("urgency", seen.urgency),
        *(f"{words('labels.risk')}: {words.label('risk', risk)}" for risk in seen.risks),
    ]
    if seen.team:
        parts.append(f"{words('labels.team')}: {printable(team_name(brand, seen.team) or seen.team)}")
    if seen.injection:
        parts.append(words("labels.injection"))
    return " · ".join(parts)


def printable(text: str) -> str:
    """The text without what could drive a terminal: controls, and marks that turn the writing round."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf") or c in "\u200d")


def _title(text: str) -> Iterator[str]:
    yield ""
    yield text


def _short(text: str, most: int = 90) -> str:
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
