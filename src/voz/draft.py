"""Which writer drafts a reply, and what becomes of a model's draft that the checks block.

With a model: its draft, one rewrite with the blocking findings, then the mending below. Whatever happens the
case ends with a draft; when the model fails it is the extractive writer's, marked so. A model never decides
that nothing is sent, and never words an escalation.

Mending, in this order, the first draft without a blocking finding wins:
1. the blocked sentences go, and asks without an answer get the extractive writer's sentences for them;
2. the extractive draft takes the place of all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from voz.brand import Brand
from voz.case import AskEvidence, Case, Draft, Finding, Sentence
from voz.errors import ModelError
from voz.framing import body_of, compose, left_open
from voz.notes import note
from voz.passage_answers import is_asked

if TYPE_CHECKING:
    from voz.llm import Client

Check = Callable[[Case], tuple[Finding, ...]]
SUBSTANCE = ("fact", "commitment")


def write_draft(case: Case, brand: Brand, *, client: Client | None, check: Check) -> Case:
    """The case with a draft and its findings. Never raises for what a model does."""
    from voz import extractive

    assert case.triage is not None, "a case is drafted after triage"
    if client is None or case.triage.route in ("ignore", "escalate"):
        notes = (note("escalation"),) if client and case.triage.route == "escalate" else ()
        return _marked(_checked(case, extractive.write(case, brand), check), notes)
    return _owned(_by_model(case, brand, client, check), brand)


def _owned(case: Case, brand: Brand) -> Case:
    """Every question that a model's draft neither answers nor leaves open is listed as left open.

    After the checks, which judge what the model itself owned up to.
    """
    draft = case.draft
    if draft is None or draft.writer != "model":
        return case
    known = {item.ask for item in draft.unanswered}
    missed = [
        left_open(case, brand, found.ask.text)
        for found in case.evidence.asks
        if found.ask.text not in known and is_asked(found.ask.text) and not any(_answering(found, draft.sentences))
    ]
    changed = draft.model_copy(update={"unanswered": (*draft.unanswered, *missed)})
    return case.model_copy(update={"draft": changed})


def _by_model(case: Case, brand: Brand, client: Client, check: Check) -> Case:
    from voz import extractive, model_writer
    from voz.llm import spent

    try:
        written = model_writer.write(case, brand, client)
    except ModelError as error:
        fallen = _checked(case, extractive.write(case, brand), check)
        marks = {"model": client.model, "fallback": str(error), **spent(error).model_dump()}
        return _marked(fallen, (note("failed", error=str(error)),), marks)
    first = _checked(case, written.draft, check)
    if not blocks(first):
        return _marked(first, (), written.usage.model_dump())
    best, usage, marks = first, written.usage, {"rewrite": "used"}
    try:
        again = model_writer.rewrite(first, brand, client, written.said, blocks(first))
    except ModelError as error:
        marks = {"rewrite": f"failed: {error}"}
        usage += spent(error)
    else:
        usage += again.usage
        second = _checked(case, again.draft, check)
        if len(blocks(second)) <= len(blocks(first)):
            best = second
        else:
            marks = {"rewrite": "worse"}
    notes = (note("rewritten", why=_why(blocks(first))),) if best is not first else ()
    best = _marked(best, notes, marks | usage.model_dump())
    return best if not blocks(best) else mended(best, brand, check)


def blocks(case: Case) -> tuple[Finding, ...]:
    return tuple(found for found in case.findings if found.severity == "block")


def mended(case: Case, brand: Brand, check: Check) -> Case:
    """A case whose draft is blocked made honest: without the blocked sentences, or the extractive draft."""
    from voz import extractive

    assert case.draft is not None
    own, safe = case.draft, extractive.write(case, brand)
    patched = _patched(case, safe, brand)
    if patched is not None:
        tried = _checked(case, patched, check)
        if not blocks(tried):
            return tried
    marks = {**own.provenance, "fallback": "blocked: " + ", ".join(sorted({f.check for f in blocks(case)}))}
    replaced = safe.model_copy(update={"notes": (*own.notes, *safe.notes)})
    return _marked(_checked(case, replaced, check), (note("replaced", why=_why(blocks(case))),), marks)


def _patched(case: Case, safe: Draft, brand: Brand) -> Draft | None:
    """The draft without its blocked sentences, with the extractive ones for what they answered.

    None where that leaves nothing worth sending, or an ask that only the whole extractive draft deals with.
    """

    own = case.draft
    assert own is not None
    bad = {n: found for n, s in enumerate(own.sentences) for found in blocks(case) if _on(found, s, own)}
    body = [(n, own.sentences[n]) for n in body_of(case, brand, own.sentences)]
    bad = {n: found for n, found in bad.items() if n in dict(body)}
    kept = [s for n, s in body if n not in bad]
    added: list[Sentence] | None = []
    if not bad or any(s.kind in SUBSTANCE for n, s in body if n in bad):
        added = _answers(case, safe, kept, own)
    if added is None or not (bad or added):
        return None
    cited = [n for n, s in body if s.kind in SUBSTANCE]
    place = min(bad) if bad else cited[-1] + 1 if cited else 1
    at = sum(1 for n, _ in body if n not in bad and n < place)
    whole = [*kept[:at], *added, *kept[at:]]
    emptied = bool(cited) and not any(s.kind in SUBSTANCE for s in whole)
    if emptied or not whole:
        return None
    reply, sentences = compose(case, brand, whole)
    notes = [note("removed", text=own.sentences[n].text, why=found.detail) for n, found in sorted(bad.items())]
    notes += [note("added", text=s.text) for s in added]
    marks = {**own.provenance, "removed": len(bad), "added": len(added)}
    changed = {"reply": reply, "sentences": sentences, "notes": (*own.notes, *notes), "provenance": marks}
    return own.model_copy(update=changed)


def _on(found: Finding, sentence: Sentence, draft: Draft) -> bool:
    """Whether a finding is about this sentence: it touches it and is not about the whole reply."""
    whole = found.start <= 0 and found.end >= len(draft.reply or "") and len(draft.sentences) > 1
    return not whole and found.start < sentence.end and sentence.start < found.end


def _answers(case: Case, safe: Draft, kept: list[Sentence], own: Draft) -> list[Sentence] | None:
    """The extractive sentences for the asks that nothing kept answers; None where there is none for one."""
    open_asks = {item.ask for item in own.unanswered}
    added: list[Sentence] = []
    for found in case.evidence.asks:
        if found.ask.text in open_asks or any(_answering(found, [*kept, *added])):
            continue
        fitting = list(_answering(found, safe.sentences))
        if not fitting and is_asked(found.ask.text):
            return None
        added.extend(fitting)
    return added


def _answering(found: AskEvidence, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """The sentences that rest on a passage found for the ask."""
    ids = {passage.id for passage in found.passages}
    return (s for s in sentences if s.kind in SUBSTANCE and ids & set(s.citations))


def _checked(case: Case, draft: Draft, check: Check) -> Case:
    drafted = case.model_copy(update={"draft": draft, "findings": ()})
    return drafted.model_copy(update={"findings": check(drafted)})


def _marked(case: Case, notes: tuple[str, ...], marks: dict[str, Any] | None = None) -> Case:
    """The case with more notes and provenance on its draft."""
    draft = case.draft
    assert draft is not None
    provenance = {**draft.provenance, **(marks or {}), "writer": draft.writer}
    changed = draft.model_copy(update={"notes": (*draft.notes, *notes), "provenance": provenance})
    return case.model_copy(update={"draft": changed})


def _why(found: tuple[Finding, ...]) -> str:
    return "; ".join(dict.fromkeys(one.detail for one in found[:4]))
