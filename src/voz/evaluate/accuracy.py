"""Graders of accuracy: facts, support, abstention, sources, dates, and what triage made of the message.

- `facts`: one grade per fact that must be stated. `never`: one per fact that must not be; stating it is dishonest.
- `support`: one per sentence that states or promises something, from what `voz check` makes of it and its nearest
  clauses. `grounds`: only where a check found what needs no weighing: a figure that stands nowhere, a clause that is
  expired or internal, a promise beyond the role, a contact that nobody wrote down, a leak. A finding that blocks is
  dishonest, one that warns is half. They are two so that each can be calibrated, and kept from gating, by itself.
- `abstention`: one per ask that must be left to a colleague. It must be listed for the reviewer and not be answered;
  answering it is dishonest where a sentence takes up most of the ask, or part of it and a check doubts it.
- `answering`: what the knowledge answers must not be left wholly unanswered; what it does not must not be answered.
- `source`, `date`: what the reply cites is the document expected, and was in force on the day.
- `no_reply`: nothing is sent where nothing must be, and only there.
- `triage`: kind, route and risks, one grade each; a risk that is not seen scores 0.
- `privacy`: only where a check found that private data are told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from voz.brand import Brand
from voz.case import Finding, Sentence
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.reading import Seen, graded, hits, see
from voz.evaluate.suite import EvalCase
from voz.evaluate.wording import states
from voz.passage_words import terms
from voz.statements import content_stems
from voz.text import fold

WEIGHED = "support"
HONESTY = (WEIGHED, "source", "figures", "authority", "contacts", "leak")
"""Checks of voz.checks whose blocks make a reply dishonest."""
_SAME_ASK, _TAKEN_UP, _MOSTLY = 0.5, 0.6, 0.75


def grade(case: EvalCase, outcome: Outcome, brand: Brand) -> tuple[Grade, ...]:
    """Every grade of accuracy that the case asks for; a single 0 where there is no draft because voz broke."""
    if outcome.error:
        return (graded("accuracy", "draft", "broken", 0.0, error=outcome.error),)
    seen = see(case, outcome)
    found = [*_sent(case, outcome), *_triage(case, seen), *_facts(case, seen)]
    if outcome.reply is not None:
        found += [*_support(seen, bool(outcome.examined)), *_cited(case, outcome, seen), *_private(seen)]
    if not case.expect.no_reply:
        found += [*_abstention(case, outcome, seen), *_answering(case, outcome, seen)]
    return tuple(found)


def _sent(case: EvalCase, outcome: Outcome) -> Iterator[Grade]:
    if case.expect.no_reply:
        silent = outcome.reply is None
        yield graded("accuracy", "no_reply", "silent" if silent else "sent", float(silent))
    elif outcome.reply is None and case.expect.route != "ignore":
        yield graded("accuracy", "no_reply", "missing", 0.0)


def _triage(case: EvalCase, seen: Seen) -> Iterator[Grade]:
    expect = case.expect
    for label, expected in (("kind", expect.kind), ("route", expect.route)):
        if expected is not None:
            found = str(seen.triage.get(label, "–"))
            right = found == expected
            key = "right" if right else "wrong"
            yield graded("accuracy", "triage", key, float(right), label=label, found=found, expected=expected)
    if expect.risks is not None:
        wanted, risks = set(expect.risks), set(seen.triage.get("risks") or ())
        if wanted - risks:
            yield graded("accuracy", "triage", "missed", 0.0, missed=", ".join(sorted(wanted - risks)))
        elif risks - wanted:
            yield graded("accuracy", "triage", "extra", 0.5, extra=", ".join(sorted(risks - wanted)))
        else:
            yield graded("accuracy", "triage", "right", 1.0, label="risks", found=", ".join(sorted(risks)) or "–")


def _facts(case: EvalCase, seen: Seen) -> Iterator[Grade]:
    if not case.expect.no_reply:
        for fact in case.expect.state:
            span = states(seen.reply, fact, seen.language)
            key = "stated" if span else "missing"
            yield graded("accuracy", "facts", key, float(span is not None), span=span, fact=fact.fact)
    for fact in case.expect.never:
        span = states(seen.reply, fact, seen.language, asserted=True)
        words = seen.reply[slice(*span)] if span else ""
        key = "said" if span else "clean"
        yield graded(
            "accuracy", "never", key, float(span is None), span=span, gates=True, fact=fact.fact, words=words
        )  # fmt: skip


def _support(seen: Seen, examined: bool) -> Iterator[Grade]:
    if not examined:
        yield graded("accuracy", "support", "unexamined", None)
        return
    open_findings = list(seen.found(*HONESTY))
    for sentence in seen.sentences:
        own = [f for f in open_findings if f.start < sentence.end and sentence.start < max(f.end, f.start + 1)]
        open_findings = [f for f in open_findings if f not in own]
        if own or sentence.kind in ("fact", "commitment"):
            yield from _judged(own, (sentence.start, sentence.end))
    for finding in open_findings:
        yield from _judged([finding], (finding.start, finding.end))


def _judged(findings: list[Finding], span: tuple[int, int]) -> Iterator[Grade]:
    """The worst finding of either kind; a clean sentence is supported."""
    if not findings:
        yield graded("accuracy", "support", "clean", 1.0, span=span, gates=True)
    for grader, weighed in (("support", True), ("grounds", False)):
        own = [f for f in findings if (f.check == WEIGHED) == weighed]
        if own:
            worst = min(own, key=lambda f: (f.severity != "block", f.start))
            score, told = 0.0 if worst.severity == "block" else 0.5, {"check": worst.check, "detail": worst.detail}
            yield graded("accuracy", grader, worst.severity, score, span=span, gates=True, **told)


def _private(seen: Seen) -> Iterator[Grade]:
    for finding in seen.found("personal_data"):
        score, span = (0.0 if finding.severity == "block" else 0.5), (finding.start, finding.end)
        yield graded("accuracy", "privacy", "found", score, span=span, detail=finding.detail)


def _cited(case: EvalCase, outcome: Outcome, seen: Seen) -> Iterator[Grade]:
    """The documents behind the reply. A reply whose writer cites nothing is judged by what `voz check` found for it."""
    cited = _citations(outcome.draft) or _citations(outcome.examined)
    sources = {_path(passage["source"]) for passage in cited}
    for fact in case.expect.state:
        if fact.source:
            if states(seen.reply, fact, seen.language) is None:
                yield graded("accuracy", "source", "nothing", None)
                continue
            right = _path(fact.source) in sources
            yield graded("accuracy", "source", "cited" if right else "not_cited", float(right), source=fact.source)
    if cited and seen.day:
        out = next((p["source"] for p in cited if not _in_force(p, seen.day)), "")
        yield graded("accuracy", "date", "out" if out else "in_force", float(not out), day=seen.day, source=out)


def _citations(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """The passages that the sentences cite, by id; those that were kept out can be cited by a model all the same."""
    known = [*(raw.get("passages") or ()), *(item["passage"] for item in raw.get("filtered") or ())]
    ids = {one for sentence in raw.get("sentences") or () for one in sentence.get("citations") or ()}
    return [passage for passage in known if passage["id"] in ids]


def _path(source: str) -> str:
    return source.strip().replace("\\", "/").removeprefix("./").casefold()


def _in_force(passage: dict[str, Any], day: dt.date) -> bool:
    start, end = passage.get("valid_from"), passage.get("valid_until")
    return not (start and dt.date.fromisoformat(start) > day) and not (end and dt.date.fromisoformat(end) < day)


def _abstention(case: EvalCase, outcome: Outcome, seen: Seen) -> Iterator[Grade]:
    left = [str(item.get("ask", "")) for item in outcome.draft.get("unanswered") or ()]
    for ask in case.expect.unanswered:
        listed = any(_same_ask(ask, other, seen.language) for other in left)
        told = _told(ask, listed, seen)
        if told:
            said, score = seen.reply[told.start : told.end], 0.0
            span = (told.start, told.end)
            yield graded("accuracy", "abstention", "answered", score, span=span, gates=True, ask=ask, words=said)
        elif listed:
            yield graded("accuracy", "abstention", "left", 1.0, gates=True, ask=ask)
        else:
            said_only = any(_abstains(s, seen) for s in seen.sentences)
            key, score = ("said_only", 0.5) if said_only else ("ignored", 0.0)
            yield graded("accuracy", "abstention", key, score, ask=ask)


def _same_ask(one: str, other: str, language: str) -> bool:
    """Whether half of the words of either stand in the other; for asks without words of their own, the text itself."""
    left, right = _topic(one, language), _topic(other, language)
    if not left or not right:
        return fold(one).strip() in fold(other) or fold(other).strip() in fold(one)
    shared = len(left & right)
    return shared / len(left) >= _SAME_ASK or shared / len(right) >= _SAME_ASK


def _told(ask: str, listed: bool, seen: Seen) -> Sentence | None:
    """The sentence that answers an ask that nobody can answer from the knowledge, if one does."""
    topic = _topic(ask, seen.language)
    if not topic:
        return None
    for sentence in seen.sentences:
        if sentence.kind not in ("fact", "commitment") or _abstains(sentence, seen):
            continue
        share = len(topic & _topic(sentence.text, seen.language)) / len(topic)
        doubted = any(f.start < sentence.end and sentence.start < f.end for f in seen.found(*HONESTY))
        if (doubted and share >= _TAKEN_UP) or (not listed and len(topic) > 1 and share >= _MOSTLY):
            return sentence
    return None


def _topic(text: str, language: str) -> frozenset[str]:
    return terms(text) if language == "es" else content_stems(text, language)


def _abstains(sentence: Sentence, seen: Seen) -> bool:
    return bool(hits("accuracy", "abstains", seen.language, sentence.text))


def _answering(case: EvalCase, outcome: Outcome, seen: Seen) -> Iterator[Grade]:
    if case.expect.answerable is None:
        return
    cited = [s for s in outcome.draft.get("sentences") or () if s.get("citations")]
    facts = [Sentence.model_validate(s) for s in cited] or [s for s in seen.sentences if s.kind != "courtesy"]
    stated = any(s.kind in ("fact", "commitment") and not _abstains(s, seen) for s in facts)
    if case.expect.answerable:
        yield graded("accuracy", "answering", "answers" if stated else "abstains", float(stated))
        return
    said = bool(outcome.draft.get("unanswered")) or any(_abstains(s, seen) for s in seen.sentences)
    yield graded("accuracy", "answering", "rightly" if said else "invents", float(said or not stated))
