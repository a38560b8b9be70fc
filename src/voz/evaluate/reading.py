"""What graders share: an outcome as they read it, where its salutation and farewell stand, a grade with its reason.

Graders read the reply, the message and the triage; who wrote the reply, and in which run, they do not see.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from voz.brand import Brand
from voz.case import Channel, Finding, Sentence
from voz.checks.language import language_of
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.suite import Dimension, EvalCase
from voz.lexicon import Lexicon, phrases
from voz.lexicon import folded as view_of
from voz.packaged import packaged
from voz.sentences import split_sentences
from voz.text import words

Span = tuple[int, int]
READ = 20_000
"""Characters of a reply that graders read; no channel takes a longer one."""
LANGUAGES = ("es", "pt", "en", "ca", "gl")
_SURE, _PLAIN_WORDS = 0.7, 6
_SHORT_SALUTATION, _SHORT_FAREWELL, _LAST = 5, 9, 4


@dataclass(frozen=True)
class Seen:
    """An outcome as graders see it. `findings` and `sentences` are those of `voz check`."""

    message: str
    reply: str
    language: str
    sentences: tuple[Sentence, ...]
    findings: tuple[Finding, ...]
    triage: Mapping[str, Any]
    day: dt.date | None

    def found(self, *checks: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.check in checks)


def see(case: EvalCase, outcome: Outcome) -> Seen:
    """The parts of an outcome that graders may look at."""
    reply = (outcome.reply or "")[:READ]
    raw = outcome.examined or outcome.draft
    triage = outcome.draft.get("triage") or {}
    day = outcome.draft.get("provenance", {}).get("today")
    return Seen(
        message=case.message.text,
        reply=reply,
        language=reading_language(reply, case, triage),
        sentences=tuple(Sentence.model_validate(one) for one in raw.get("sentences") or ()),
        findings=tuple(Finding.model_validate(one) for one in outcome.examined.get("findings") or ()),
        triage=triage,
        day=dt.date.fromisoformat(day) if isinstance(day, str) else case.today,
    )


def reading_language(reply: str, case: EvalCase, triage: Mapping[str, Any]) -> str:
    """The language that the reply is read in: its own where that is plain, else the one expected."""
    found, sure, count = language_of(reply)
    if found in LANGUAGES and sure >= _SURE and count >= _PLAIN_WORDS:
        return found
    named = case.expect.language or triage.get("language") or case.message.language or found or "es"
    return str(named).split("-")[0].lower()


def graded(
    dimension: Dimension, grader: str, key: str, score: float | None, *,
    span: Span | None = None, gates: bool = False, **values: object,
) -> Grade:  # fmt: skip
    """A grade whose reason is the text `grader.key` of data/evaluate/reasons.yaml."""
    shown = {name: short(value) if isinstance(value, str) else value for name, value in values.items()}
    reason = packaged("evaluate/reasons")[grader][key].format(**shown)
    return Grade(dimension=dimension, grader=grader, score=score, reason=reason, span=span, gates=gates)


def short(text: str, limit: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


@cache
def lexicon(name: str, key: str, language: str) -> Lexicon:
    """The patterns under `key` of data/evaluate/<name>.yaml in a language; where it has none, in Spanish."""
    table = packaged(f"evaluate/{name}")[key]
    chosen = table.get(language, table.get("es", "")) if isinstance(table, dict) else table
    return Lexicon({key: phrases(chosen)})


def hits(name: str, key: str, language: str, text: str) -> list[Span]:
    """Where a text holds patterns of a lexicon, overlapping ones as one, in order."""
    view = view_of(text)
    return merged([view.back(h.start, h.end) for h in lexicon(name, key, language).hits(view.plain)])


def merged(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in sorted(spans):
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept


def body(reply: str, language: str, brand: Brand, channel: Channel) -> tuple[Span, ...]:
    """The sentences of a reply that are neither its salutation nor its farewell."""
    spans = _sentences(reply)
    first = 1 if len(spans) > 1 and _salutes(reply[slice(*spans[0])], language) else 0
    style, voice = brand.style(channel), brand.voice
    fixed = [style.signoff or "", voice.signoff or "", voice.company]
    fixed += [line.text for line in brand.lines if line.role == "signoff"]
    known = frozenset(words(re.sub(r"\{\w*\}", " ", " ".join(fixed))))
    last = len(spans)
    for at in range(len(spans) - 1, max(first, len(spans) - _LAST) - 1, -1):
        said = words(reply[slice(*spans[at])])
        if len(said) > _SHORT_FAREWELL:
            break
        if known.issuperset(said) or hits("reading", "farewell", language, reply[slice(*spans[at])]):
            last = at
    return spans[first:last] or spans[first:] or spans


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[Span, ...]:
    return tuple(split_sentences(text))


def _salutes(sentence: str, language: str) -> bool:
    """«Hola, Ana:», and not «Hola, Ana: hiciste bien en avisar.»"""
    found = hits("reading", "salutation", language, sentence)
    short_one = len(words(sentence)) <= _SHORT_SALUTATION and not words(sentence.partition(":")[2])
    return bool(found) and short_one and not sentence[: found[0][0]].strip(" ¡!¿«\"'")
