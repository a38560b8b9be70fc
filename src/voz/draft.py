"""Which writer drafts a reply: the model where there is one, the extractive writer where there is none or it fails.

With a model: its draft, completed; one rewrite with the findings that block it; then `voz.mending`. Whatever
happens the case ends with a draft, and its provenance says whose. A model never decides that nothing is sent, and
never words an escalation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from voz.brand import Brand
from voz.case import Case, Finding
from voz.errors import ModelError
from voz.mending import Check, blocks, checked, completed, marked, mended
from voz.notes import note

if TYPE_CHECKING:
    from voz.llm import Client

__all__ = ["blocks", "write_draft"]


def write_draft(
    case: Case, brand: Brand, *, client: Client | None, check: Check, examples: Sequence[str] = ()
) -> Case:  # fmt: skip
    """The case with a draft and its findings. Never raises for what a model does. `examples`: of style, for a model."""
    from voz import extractive

    assert case.triage is not None, "a case is drafted after triage"
    if client is None or case.triage.route in ("ignore", "escalate"):
        notes = (note("escalation"),) if client and case.triage.route == "escalate" else ()
        return marked(checked(case, extractive.write(case, brand), check), notes)
    return _by_model(case, brand, client, check, examples)


def _by_model(case: Case, brand: Brand, client: Client, check: Check, examples: Sequence[str]) -> Case:
    from voz import extractive, model_writer
    from voz.llm import spent

    try:
        written = model_writer.write(case, brand, client, examples)
    except ModelError as error:
        fallen = checked(case, extractive.write(case, brand), check)
        marks = {"model": client.model, "fallback": str(error), **spent(error).model_dump()}
        return marked(fallen, (note("failed", error=str(error)),), marks)
    first = checked(case, completed(case, brand, written.draft), check)
    if not blocks(first):
        return marked(first)
    best, usage, told = first, written.usage, "used"
    try:
        again = model_writer.rewrite(first, brand, client, written.said, blocks(first), examples)
    except ModelError as error:
        usage, told = usage + spent(error), f"failed: {error}"
    else:
        usage += again.usage
        second = checked(case, completed(case, brand, again.draft), check)
        if len(blocks(second)) <= len(blocks(first)):
            best = second
        else:
            told = "worse"
    notes = (note("rewritten", why=_why(blocks(first))),) if told == "used" else ()
    best = marked(best, notes, {"rewrite": told, **usage.model_dump()})
    return best if not blocks(best) else mended(best, brand, check)


def _why(found: tuple[Finding, ...]) -> str:
    return "; ".join(dict.fromkeys(one.detail for one in found[:4]))
