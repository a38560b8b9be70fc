"""A case as the page shows it: plain lists of texts, no markup, so that nothing in them can act."""

from __future__ import annotations

from dataclasses import dataclass

from voz.case import Case, Draft, Finding, Passage, Sentence
from voz.words import Words

SUPPORT = ("fact", "commitment", "courtesy", "question", "unsupported", "warn", "block")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Piece:
    """A stretch of the reply with one colour, and the clauses that a click on it shows."""

    text: str
    support: str | None = None
    citations: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class View:
    """Everything on the page for one case. Rows stand in the order of the columns in data/ui."""

    status: str
    pieces: tuple[Piece, ...]
    reply: str
    triage: tuple[tuple[str, str], ...]
    findings: tuple[tuple[str, ...], ...]
    unanswered: tuple[tuple[str, ...], ...]
    sources: tuple[tuple[str, ...], ...]
    source_ids: tuple[str, ...]
    clauses: dict[str, str]
    filtered: tuple[tuple[str, ...], ...]
    filtered_ids: tuple[str, ...]
    reasons: str
    notes: str


def view_of(case: Case, words: Words) -> View:
    draft = case.draft or Draft(reply=None)
    marks = source_marks(case)
    cited = {passage.id for passage, _ in marks}
    shown = [*marks, *((p, None) for p in case.evidence.passages if p.id not in cited)]
    gone = case.evidence.filtered
    everything = [*(p for p, _ in shown), *(item.passage for item in gone)]
    return View(
        status=_status(case, words),
        pieces=pieces_of(case) if draft.reply else (Piece(words("page.no_reply")),),
        reply=draft.reply or "",
        triage=_triage(case, words),
        findings=tuple(_finding(finding, draft.reply or "", words) for finding in case.findings),
        unanswered=tuple((item.ask, item.team or words("page.nobody")) for item in draft.unanswered),
        sources=tuple(
            (str(mark or ""), passage.heading, words.validity(passage), passage.source)
            for passage, mark in shown
        ),
        source_ids=tuple(passage.id for passage, _ in shown),
        clauses={passage.id: clause_text(passage, words) for passage in everything},
        filtered=tuple(
            (item.passage.heading, words.label("filter_reason", item.reason), item.passage.source)
            for item in gone
        ),
        filtered_ids=tuple(item.passage.id for item in gone),
        reasons="\n".join(f"· {reason}" for reason in (case.triage.reasons if case.triage else ())),
        notes="\n".join(f"· {note}" for note in draft.notes),
    )


def source_marks(case: Case) -> list[tuple[Passage, int]]:
    """The cited passages, numbered in the order in which the reply cites them."""
    cited = [name for sentence in (case.draft or Draft(reply=None)).sentences for name in sentence.citations]
    found = {passage.id: passage for passage in case.evidence.passages}
    kept = [found[name] for name in dict.fromkeys(cited) if name in found]
    return [(passage, mark) for mark, passage in enumerate(kept, 1)]


def pieces_of(case: Case) -> tuple[Piece, ...]:
    """The reply cut by sentence, and within a sentence by what the checks found; nothing is lost.

    A sentence that cites a source carries the source's number, raised, as a footnote does.
    """
    draft = case.draft or Draft(reply=None)
    reply = draft.reply or ""
    marks = {passage.id: mark for passage, mark in source_marks(case)}
    pieces: list[Piece] = []
    at = 0
    for sentence in draft.sentences:
        start, end = _span(sentence, reply, at)
        if start < 0:
            continue
        if start > at:
            pieces.append(Piece(reply[at:start]))
        pieces += _sentence_pieces(sentence, reply, start, end, case.findings)
        numbers = [marks[name] for name in sentence.citations if name in marks]
        if numbers:
            raised = "\u2009".join(str(number).translate(_RAISED) for number in numbers)
            last = pieces.pop()
            pieces.append(Piece(last.text + raised, last.support, last.citations, last.kind))
        at = end
    if at < len(reply):
        pieces.append(Piece(reply[at:]))
    return tuple(pieces)


def _span(sentence: Sentence, reply: str, at: int) -> tuple[int, int]:
    if at <= sentence.start < sentence.end and reply[sentence.start : sentence.end] == sentence.text:
        return sentence.start, sentence.end
    start = reply.find(sentence.text, at) if sentence.text else -1
    return start, start + len(sentence.text)


def _sentence_pieces(
    sentence: Sentence, reply: str, start: int, end: int, findings: tuple[Finding, ...]
) -> list[Piece]:
    unsupported = sentence.kind in ("fact", "commitment") and not sentence.citations
    plain = "unsupported" if unsupported else sentence.kind
    inside = [f for f in findings if f.start < f.end and f.start < end and f.end > start]
    inside = [f for f in inside if start <= f.start and f.end <= end]  # the wider ones are in the table
    cuts = sorted({start, end, *(f.start for f in inside), *(f.end for f in inside)})
    pieces = []
    for left, right in zip(cuts, cuts[1:], strict=False):
        found = {f.severity for f in inside if f.start <= left and right <= f.end}
        support = "block" if "block" in found else "warn" if "warn" in found else plain
        pieces.append(Piece(reply[left:right], support, sentence.citations, sentence.kind))
    return pieces


def clause_text(passage: Passage, words: Words) -> str:
    """The whole clause with where it stands and when it applies."""
    where = [passage.source, words.validity(passage), *passage.regions]
    return f"{passage.heading}\n{' · '.join(where)}\n\n{passage.text}"


def _status(case: Case, words: Words) -> str:
    blocks = sum(finding.severity == "block" for finding in case.findings)
    if case.draft is None or case.draft.reply is None:
        return words("page.no_reply")
    if blocks:
        return words("page.blocked", count=blocks)
    return words("page.warned", count=len(case.findings)) if case.findings else words("page.no_findings")


def _finding(finding: Finding, reply: str, words: Words) -> tuple[str, ...]:
    where = " ".join(reply[finding.start : finding.end].split())
    where = where if len(where) <= 120 else where[:119] + "…"
    return words.label("severity", finding.severity), where, finding.detail


def _triage(case: Case, words: Words) -> tuple[tuple[str, str], ...]:
    """(label, tone) of each chip; tones are plain, mild, strong."""
    seen = case.triage
    if seen is None:
        return ()
    route_tone = {"draft": "plain", "draft_and_consult": "mild"}.get(seen.route, "strong")
    urgency_tone = {"low": "plain", "normal": "plain", "high": "mild"}.get(seen.urgency, "strong")
    intensity = f" {seen.intensity}/3" if seen.intensity else ""
    chips = [
        (words.label("kind", seen.kind), "plain"),
        (words.label("route", seen.route), route_tone),
        (words.label("language", seen.language), "plain"),
        (words.label("emotion", seen.emotion) + intensity, "mild" if seen.intensity > 1 else "plain"),
        (words.label("urgency", seen.urgency), urgency_tone),
        *((words.label("risk", risk), "strong") for risk in seen.risks),
    ]
    if seen.team:
        chips.append((f"{words('labels.team')}: {seen.team}", "plain"))
    if seen.injection:
        chips.append((words("labels.injection"), "strong"))
    return tuple(chips)
