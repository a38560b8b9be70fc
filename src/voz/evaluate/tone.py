"""Graders of tone: register, language, the brand's words and form, length, formatting, politeness, formulas.

- `register`: tú, usted or vos as expected, else as the brand speaks there; Spanish only, and only where the reply
  speaks to somebody. `language`: the one expected, else the customer's.
- `words`, `form`: what the checks `words` and `limits` found. A block is 0, a warning half.
- `length`: the most characters that the case allows. `formatting`: what a person would not send, by eye.
- `politeness`: see `politeness`. A plain reply is polite enough; only a rough one scores below 1.
- `formulas`: what would do for any customer («lamentamos las molestias»); one is half, two are 0. The brand's own
  greeting and farewell do not count.

Whether replies sound alike over a whole run is for `voz.evaluate.repetition`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator
from functools import cache

from voz import channels
from voz.brand import Brand
from voz.case import Case, Draft, Finding, Triage
from voz.checks import register
from voz.checks.language import language_of
from voz.checks.reading import lexicon as check_lexicon
from voz.checks.reading import own_words, without_quotes
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.politeness import with_meaning
from voz.evaluate.reading import READ, Seen, Span, graded, hits, merged, see
from voz.evaluate.suite import EvalCase
from voz.lexicon import Lexicon
from voz.lexicon import folded as view_of
from voz.packaged import packaged
from voz.sentences import split_sentences
from voz.text import words

_SURE, _WORDS = 0.66, 6
_MOST_HITS = 2
_LONG_BLOCK, _LONG_SENTENCES = 700, 6


def grade(case: EvalCase, outcome: Outcome, brand: Brand) -> tuple[Grade, ...]:
    """Every grade of tone of one reply; none where there is no reply."""
    seen = see(case, outcome)
    if outcome.error or not seen.reply.strip():
        return ()
    found = [*_register(case, seen, brand), *_language(case, seen), *_length(case, seen)]
    if outcome.examined:
        found += [_by_findings("words", seen.found("words")), _by_findings("form", seen.found("limits"))]
    return (*found, _formatting(case, seen), _polite(seen), _formulas(case, seen, brand))


def _register(case: EvalCase, seen: Seen, brand: Brand) -> Iterator[Grade]:
    if seen.language != "es":
        return
    country = seen.triage.get("country")
    usual = brand.address_for(case.message.channel, country)
    wanted = case.expect.address or usual
    findings = seen.found("register") if wanted == usual else _against(wanted, case, seen, brand)
    if findings:
        worst = min(findings, key=lambda f: (f.severity != "block", f.start))
        key, score = ("wrong", 0.0) if worst.severity == "block" else ("doubtful", 0.5)
        said = seen.reply[worst.start : worst.end]
        yield graded(
            "tone", "register", key, score, span=(worst.start, worst.end), expected=wanted, words=said
        )  # fmt: skip
    elif register.evidence(seen.reply):
        yield graded("tone", "register", "right", 1.0, expected=wanted)
    else:
        yield graded("tone", "register", "nobody", None)


def _against(wanted: str, case: EvalCase, seen: Seen, brand: Brand) -> tuple[Finding, ...]:
    """What the check of the register finds for a brand that speaks as the case wants."""
    voice = brand.voice.model_copy(update={"address": wanted, "registers": ()})
    triage = Triage(kind="question", route="draft", language="es", country=seen.triage.get("country"))
    day = seen.day or dt.date.min
    given = Case(message=case.message, today=day, triage=triage, draft=Draft(reply=seen.reply))
    return register.check(given, brand.model_copy(update={"voice": voice}))


def _language(case: EvalCase, seen: Seen) -> Iterator[Grade]:
    found, sure, count = language_of(seen.reply)
    findings = seen.found("language")
    expected = case.expect.language.split("-")[0].lower() if case.expect.language else None
    if expected and found != expected:
        unsure = count < _WORDS or sure < _SURE
        key, score = ("unsure", None) if unsure else ("wrong", 0.0)
        yield graded("tone", "language", key, score, found=found, expected=expected)
    elif any(f.severity == "block" for f in findings) and not expected:
        yield graded("tone", "language", "strays", 0.0, detail=findings[0].detail)
    elif findings and (not expected or any(f.end - f.start < len(seen.reply) for f in findings)):
        span = (findings[0].start, findings[0].end)
        yield graded("tone", "language", "strays", 0.5, span=span, detail=findings[0].detail)
    elif expected or seen.reply:
        yield graded("tone", "language", "right", 1.0, expected=expected or found)


def _by_findings(grader: str, findings: tuple[Finding, ...]) -> Grade:
    if not findings:
        return graded("tone", grader, "clean", 1.0)
    worst = min(findings, key=lambda f: (f.severity != "block", f.start))
    score = 0.0 if worst.severity == "block" else 0.5
    return graded("tone", grader, "found", score, span=(worst.start, worst.end), detail=worst.detail)


def _length(case: EvalCase, seen: Seen) -> Iterator[Grade]:
    most = case.expect.most_characters
    if most is not None:
        used = len(seen.reply)
        score = 1.0 if used <= most else max(0.0, 1 - 2 * (used - most) / most)
        yield graded("tone", "length", "fits" if used <= most else "long", score, used=used, most=most)


# Faults that a reader sees at once. Each is a bounded pattern or a small function of (text, language, inline).
_MARKDOWN = re.compile(r"\*\*[^*\n]{1,200}\*\*|(?m:^#{1,6} )|\]\(https?:|(?m:^\|[^\n]{1,400}\|$)|```")
_MARKUP = re.compile(r"</?(?:p|br|b|i|strong|em|div|span|a|ul|li|h[1-6])\b[^<>]{0,200}>|&(?:nbsp|amp|lt|gt|quot);")
_SHOUTING = re.compile(r"(?:(?<!\w)[A-ZÁÉÍÓÚÑÇ]{3,30}(?!\w)[ ,]{0,2}){3}")
_LOWER = re.compile(r"\A[¿¡«\"]?[a-záéíóúñç]|(?<=[^\W\d_]{3}[.!?] )[a-záéíóúñç](?=[a-záéíóúñç]{2})")
_BLANKS = re.compile(r"[^\s.] {2,}\S|\w [,;.](?=\s)")
_REPEATED = re.compile(r"[!?]{2,}|,,|\.\.\.\.")


def _opening_mark(text: str, language: str) -> bool:
    return language == "es" and (text.count("?") > text.count("¿") or text.count("!") > text.count("¡"))


def _wall(text: str, inline: bool) -> bool:
    if inline or len(text) < _LONG_BLOCK:
        return False
    return any(len(block) > _LONG_BLOCK and block.count(". ") >= _LONG_SENTENCES for block in text.split("\n"))


def _twice(text: str) -> bool:
    said = [" ".join(words(text[start:end])) for start, end in split_sentences(text)]
    long = [sentence for sentence in said if len(sentence) > 25]
    return len(long) != len(set(long))


def _formatting(case: EvalCase, seen: Seen) -> Grade:
    text, inline = seen.reply[:READ], channels.rule(case.message.channel).inline
    own = own_words(text)
    tests: dict[str, Callable[[], object]] = {
        "markdown": lambda: _MARKDOWN.search(text),
        "markup": lambda: _MARKUP.search(text),
        "shouting": lambda: _SHOUTING.search(own),
        "wall": lambda: _wall(text, inline),
        "opening": lambda: _opening_mark(own, seen.language),
        "lower": lambda: _LOWER.search(own),
        "blanks": lambda: _BLANKS.search(without_quotes(text)) if own == text else None,
        "repeated_marks": lambda: _REPEATED.search(own),
        "twice": lambda: _twice(text),
    }
    faults = [name for name, test in tests.items() if test()]
    if not faults:
        return graded("tone", "formatting", "clean", 1.0)
    said = packaged("evaluate/reasons")["formatting"]["faults"]
    listed = ", ".join(said[name] for name in faults)
    return graded("tone", "formatting", "found", max(0.0, 1 - 0.5 * len(faults)), faults=listed)


def _polite(seen: Seen) -> Grade:
    score = politeness(seen.reply, seen.language)
    spans = [span for found in polite_signs(seen.reply, seen.language).values() for span in found]
    said = dict.fromkeys(f"«{seen.reply[start:end]}»" for start, end in sorted(spans))
    shown = ", ".join(list(said)[:5]) or packaged("evaluate/reasons")["politeness"]["nothing"]
    key = "polite" if score >= 0.6 else "plain" if score >= 0.5 else "rude"
    return graded("tone", "politeness", key, round(min(1.0, 2 * score), 4), shown=score, signs=shown)


def politeness(text: str, language: str = "es") -> float:
    """From 0 (rough) to 1 (polite), 0.5 where plain turns into rough: its words, and its meaning as far as it shows.

    Deterministic; an empty text gives 0.5.
    """
    return with_meaning(by_words(text, language), text)


def by_words(text: str, language: str = "es") -> float:
    """From 0 (rough) to 1 (polite), just above 0.5 where nothing shows: a weighted sum of signs, as a probability.

    The signs are words («gracias», «¿podrías…?», «exijo») and form (capitals, «???», a string of questions). Languages
    without a lexicon are read by the Spanish one. Deterministic; an empty text gives 0.5.
    """
    if not text.strip():
        return 0.5
    raw = packaged("evaluate/politeness")
    found = politeness_features(text, language)
    total = sum(weight * found[name] for name, weight in raw["weights"].items())
    return round(1 / (1 + math.exp(-raw["scale"]["slope"] * (total + raw["scale"]["offset"]))), 4)


def politeness_features(text: str, language: str = "es") -> dict[str, float]:
    """How often each sign shows, at most twice; what `scripts/train_politeness.py` weighs."""
    text = text[:READ]
    found = {name: float(min(_MOST_HITS, len(spans))) for name, spans in polite_signs(text, language).items()}
    return {**dict.fromkeys(packaged("evaluate/politeness")["weights"], 0.0), **found, **_form(text)}


_ASKED = re.compile(r"[^.?!\n]{1,400}[?!]")


def polite_signs(text: str, language: str = "es") -> dict[str, list[Span]]:
    """Where the signs of words stand, by name."""
    found = {"blame": by_check("insult", text, language) + by_check("blame", text, language)}
    for name in packaged("evaluate/politeness"):
        if name not in ("weights", "scale"):
            found[name] = hits("politeness", name, language, text)
    asked = [match.span() for match in _ASKED.finditer(text)]
    found["edge"] = [(s, e) for s, e in found["edge"] if any(first <= s and e <= last for first, last in asked)]
    return {name: spans for name, spans in found.items() if spans}


_SMILE = re.compile(r"[:;]-?[)DP](?!\w)|😊|🙂|❤|\b(?:jeje|jaja|haha|hehe)", re.IGNORECASE)


def _form(text: str) -> dict[str, float]:
    """The signs of form that politeness weighs."""
    several = len(re.findall(r"[?!]{2,}", text))
    shouted = sum(len(word) > 3 and word.isupper() for word in re.findall(r"[^\W\d_]+", text))
    asked = text.count("?")
    counts = {
        "marks": several, "caps": shouted, "exclaims": max(0, len(re.findall(r"!+", text)) - 1),
        "ellipsis": len(re.findall(r"\.{2,}|…", text)),
    }  # fmt: skip
    return {
        **{name: float(min(_MOST_HITS, count)) for name, count in counts.items()},
        "questions": float(max(0, min(3, asked) - 1)),
        "smile": float(bool(_SMILE.search(text))),
        "opens_low": float(bool(re.match(r"\s*[a-záéíóúñç]", text))),
    }


def _formulas(case: EvalCase, seen: Seen, brand: Brand) -> Grade:
    style, voice = brand.style(case.message.channel), brand.voice
    fixed = " ".join(words(f"{voice.greeting or ''} {style.signoff or ''} {voice.signoff or ''}"))
    spans = [
        span for span in hollow(seen.reply, seen.language) if " ".join(words(seen.reply[slice(*span)])) not in fixed
    ]
    if not spans:
        return graded("tone", "formulas", "clean", 1.0)
    said = "», «".join(seen.reply[start:end] for start, end in spans[:3])
    return graded("tone", "formulas", "found", 0.5 if len(spans) == 1 else 0.0, span=spans[0], words=said)


def hollow(text: str, language: str) -> list[Span]:
    """Where a text holds formulas that would do for any customer, by the lexicon of the check `blame`."""
    return by_check("hollow", text, language)


def by_check(tone: str, text: str, language: str) -> list[Span]:
    """Where a text holds patterns of data/checks/blame.yaml (`insult`, `blame`, `hollow`); quotes are not read."""
    view = view_of(without_quotes(text))
    spans = [view.back(hit.start, hit.end) for hit in _blame(tone, language).hits(view.plain)]
    if tone != "hollow":
        masks = [view.back(hit.start, hit.end) for hit in _blame("not_blame", language).hits(view.plain)]
        spans = [(s, e) for s, e in spans if not any(s < last and first < e for first, last in masks)]
    return merged(spans)


@cache
def _blame(tone: str, language: str) -> Lexicon:
    table = check_lexicon("blame")[tone]
    return Lexicon({tone: table.get(language, table["es"])})
