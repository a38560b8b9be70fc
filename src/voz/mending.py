"""A model's draft made whole and honest without asking the model again.

Whole: each question that no sentence answers gets the extractive writer's answer, or is said to be open and listed
so. Honest: blocked sentences go; where what is left will not do, the extractive draft takes the place of all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from voz.brand import Brand
from voz.case import AskEvidence, Case, Draft, Finding, Sentence
from voz.framing import body_of, compose, desk_of, left_open, open_line
from voz.notes import note
from voz.passage_answers import is_asked

Check = Callable[[Case], Case]
"""Gives the case back with the evidence for each sentence of its draft and every finding on it."""
SUBSTANCE = ("fact", "commitment")


def blocks(case: Case) -> tuple[Finding, ...]:
    return tuple(found for found in case.findings if found.severity == "block")


def checked(case: Case, draft: Draft, check: Check) -> Case:
    """The case with this draft and what the checks find in it."""
    return check(case.model_copy(update={"draft": draft, "findings": (), "supports": ()}))


def marked(case: Case, notes: tuple[str, ...] = (), marks: dict[str, Any] | None = None) -> Case:
    """The case with more notes and provenance on its draft."""
    draft = case.draft
    assert draft is not None
    provenance = {**draft.provenance, **(marks or {}), "writer": draft.writer}
    changed = draft.model_copy(update={"notes": (*draft.notes, *notes), "provenance": provenance})
    return case.model_copy(update={"draft": changed})


def completed(case: Case, brand: Brand, draft: Draft) -> Draft:
    """The draft with an answer, or an open end that is owned up to, for each question that it passes over."""
    known = {item.ask for item in draft.unanswered}
    missed = [
        found
        for found in case.evidence.asks
        if is_asked(found.ask.text) and found.ask.text not in known and not _answers(found, draft.sentences)
    ]
    if not missed:
        return draft
    from voz import extractive

    safe, desk = extractive.write(case, brand), desk_of(case, brand)
    added: list[Sentence] = []
    still = []
    for found in missed:
        answers = [s for s in _answers(found, safe.sentences) if s not in added]
        added += answers
        if not answers and not _answers(found, added):
            still.append(left_open(desk, found.ask.text))
    if still and not known:
        added += open_line(desk, still[0])
    body = [draft.sentences[n] for n in body_of(desk, draft.sentences)]
    at = 1 + max((n for n, s in enumerate(body) if s.kind in SUBSTANCE), default=min(len(body), 1) - 1)
    reply, sentences = compose(desk, [*body[:at], *added, *body[at:]])
    changed = {
        "reply": reply,
        "sentences": sentences,
        "unanswered": (*draft.unanswered, *still),
        "notes": (*draft.notes, *(note("added", text=s.text) for s in added)),
        "provenance": {**draft.provenance, "added": draft.provenance.get("added", 0) + len(added)},
    }
    return draft.model_copy(update=changed)


def mended(case: Case, brand: Brand, check: Check) -> Case:
    """A case whose draft is blocked, without the blocked sentences, or with the extractive draft in its place."""
    from voz import extractive

    assert case.draft is not None
    own, why = case.draft, blocks(case)
    patched = _without_blocked(case, brand)
    if patched is not None:
        tried = checked(case, completed(case, brand, patched), check)
        if not blocks(tried):
            return tried
    marks = {**own.provenance, "fallback": "blocked: " + ", ".join(sorted({found.check for found in why}))}
    told = note("replaced", why="; ".join(dict.fromkeys(found.detail for found in why[:4])))
    return marked(checked(case, extractive.write(case, brand), check), (told,), marks)


def _without_blocked(case: Case, brand: Brand) -> Draft | None:
    """The draft without its blocked sentences; None where cutting does not help, or leaves nothing that answers."""
    own = case.draft
    assert own is not None
    desk = desk_of(case, brand)
    body = body_of(desk, own.sentences)
    bad = {n: found for n in body for found in blocks(case) if _on(found, own.sentences[n], own)}
    kept = [own.sentences[n] for n in body if n not in bad]
    if not bad or not kept:
        return None
    reply, sentences = compose(desk, kept)
    notes = [note("removed", text=own.sentences[n].text, why=bad[n].detail) for n in sorted(bad)]
    changed = {
        "reply": reply,
        "sentences": sentences,
        "notes": (*own.notes, *notes),
        "provenance": {**own.provenance, "removed": len(bad)},
    }
    return own.model_copy(update=changed)


def _on(found: Finding, sentence: Sentence, draft: Draft) -> bool:
    """Whether a finding is about this sentence: it touches it and is not about the whole reply."""
    whole = found.start <= 0 and found.end >= len(draft.reply or "") and len(draft.sentences) > 1
    return not whole and found.start < sentence.end and sentence.start < found.end


def _answers(found: AskEvidence, sentences: Iterable[Sentence]) -> Sequence[Sentence]:
    """The sentences that rest on a passage found for the ask."""
    ids = {passage.id for passage in found.passages}
    return [s for s in sentences if s.kind in SUBSTANCE and ids & set(s.citations)]
