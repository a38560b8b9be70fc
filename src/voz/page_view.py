"""A case as the page shows it: plain lists of texts, no markup, so that nothing in them can act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from voz.brand import Brand
from voz.case import Case, Draft, Filtered, Finding, Passage, Sentence
from voz.findings import told
from voz.words import Words

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Piece:
    """A stretch of the reply with one colour, and the clauses that a click on it shows."""

    text: str
    support: str | None = None
    citations: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class Item:
    """A line of a list: what stands out, in which tone, the rest, and the clause that a click shows."""

    head: str
    tone: str
    rest: str
    clause: str | None = None


@dataclass(frozen=True)
class View:
    """Everything on the page for one case."""

    status: str
    tone: str
    pieces: tuple[Piece, ...]
    reply: str
    triage: tuple[tuple[str, str], ...]
    findings: tuple[Item, ...]
    unanswered: tuple[Item, ...]
    sources: tuple[Item, ...]
    besides: tuple[Item, ...]
    filtered: tuple[Item, ...]
    clauses: dict[str, str]
    reasons: str
    notes: str


def view_of(case: Case, words: Words, brand: Brand | None = None) -> View:
    draft = case.draft or Draft(reply=None)
    status, tone = _status(case, words)
    marks = source_marks(case)
    cited = {passage.id for passage, _ in marks}
    applied = [*case.evidence.passages, *(item.passage for item in case.evidence.filtered)]
    return View(
        status=status,
        tone=tone,
        pieces=without_gaps(pieces_of(case)) if draft.reply else (),
        reply=draft.reply or "",
        triage=_triage(case, words, brand),
        findings=tuple(_finding(finding, draft.reply or "", words) for finding in case.findings),
        unanswered=tuple(
            Item(item.ask, "mild", f"→ {team_name(brand, item.team) or words('page.nobody')}")
            for item in draft.unanswered
        ),
        sources=tuple(_source(passage, words, mark) for passage, mark in marks),
        besides=tuple(_source(p, words) for p in case.evidence.passages if p.id not in cited),
        filtered=tuple(_gone(item, words) for item in case.evidence.filtered),
        clauses={passage.id: clause_text(passage, words) for passage in applied},
        reasons="\n".join(f"· {reason}" for reason in (case.triage.reasons if case.triage else ())),
        notes="\n".join(f"· {note}" for note in draft.notes),
    )


def _gone(item: Filtered, words: Words) -> Item:
    reason = words.label("filter_reason", item.reason)
    return Item(item.passage.heading, "plain", f"{reason} · {item.passage.source}", item.passage.id)


def team_name(brand: Brand | None, team_id: str | None) -> str | None:
    """What the brand calls a team; its id where the brand does not know it."""
    team = brand.team(team_id) if brand else None
    return team.name if team else team_id


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


def without_gaps(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The same text with no piece that is only space: each becomes a button, and a button needs words."""
    kept: list[Piece] = []
    for piece in pieces:
        if kept and not piece.text.strip():
            kept[-1] = replace(kept[-1], text=kept[-1].text + piece.text)
        else:
            kept.append(piece)
    return tuple(kept)


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
    for left, right in pairwise(cuts):
        found = {f.severity for f in inside if f.start <= left and right <= f.end}
        support = "block" if "block" in found else "warn" if "warn" in found else plain
        pieces.append(Piece(reply[left:right], support, sentence.citations, sentence.kind))
    return pieces


def clause_text(passage: Passage, words: Words) -> str:
    """The whole clause with where it stands and when it applies."""
    where = [passage.source, words.validity(passage), *passage.regions]
    return f"{passage.heading}\n{' · '.join(where)}\n\n{passage.text}"


def _source(passage: Passage, words: Words, mark: int | None = None) -> Item:
    """A cited passage carries the number that it has in the reply."""
    raised = f"{mark}".translate(_RAISED) + "\u2009" if mark else ""
    rest = f"{words.validity(passage)} · {passage.source}"
    return Item(raised + passage.heading, "source" if mark else "plain", rest, passage.id)


def _status(case: Case, words: Words) -> tuple[str, str]:
    """One sentence on whether the reply can go as it is, and its tone."""
    if case.draft is None or case.draft.reply is None:
        return words("page.no_reply"), "warn"
    blocks = sum(finding.severity == "block" for finding in case.findings)
    if blocks:
        return words("page.blocked", count=blocks), "block"
    if case.findings:
        return words("page.warned", count=len(case.findings)), "warn"
    return words("page.no_findings"), "good"


def _finding(finding: Finding, reply: str, words: Words) -> Item:
    where = " ".join(reply[finding.start : finding.end].split())
    where = where if len(where) <= 90 else where[:89] + "…"
    head = words.label("severity", finding.severity)
    tone = "strong" if finding.severity == "block" else "mild"
    said = told(finding, words.language)
    whole = not where or len(where) >= len(reply.strip())
    return Item(head, tone, said if whole else f"«{where}» {said}")


def _triage(case: Case, words: Words, brand: Brand | None) -> tuple[tuple[str, str], ...]:
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
        chips.append((f"{words('labels.team')}: {team_name(brand, seen.team)}", "plain"))
    if seen.injection:
        chips.append((words("labels.injection"), "strong"))
    return tuple(chips)
