"""The stages in a row: a message in, a case with a checked draft out. No storage.

`prepare` drafts a reply; `examine` judges a reply that somebody else wrote. Both end in the same checks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from voz import __version__, checks, triage
from voz.brand import Brand
from voz.case import Case, Draft, Message, Unanswered
from voz.checks.contacts import exact_contacts
from voz.clause_rank import likely_clauses, unasked
from voz.grounding import Grounding, find_evidence, support
from voz.retrieve import retrieve

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.embedding import Embedder
    from voz.knowledge.library import Library
    from voz.llm import Client


@dataclass(frozen=True)
class Desk:
    """Everything a message is answered with: the brand, the library, the model if there is one."""

    brand: Brand
    library: Library
    embedder: Embedder
    today: dt.date | None = None
    role: str = "agent"
    client: Client | None = None
    grounding: Grounding = field(default_factory=Grounding)

    def day(self) -> dt.date:
        return self.today or dt.date.today()


def open_desk(settings: Settings, progress: Callable[[str, int, int], None] | None = None) -> Desk:
    """Index the knowledge folder if it changed, load the brand, connect the model if one is configured.

    Raises KnowledgeError, BrandError, IndexBusy or IndexMismatch.
    """
    from voz.embedding import open_embedder
    from voz.entailment import open_judge
    from voz.knowledge.documents import texts_of
    from voz.knowledge.index import index_folder, open_library
    from voz.prose_brand import load_brand

    embedder = open_embedder(settings)
    index_folder(settings.knowledge, settings.home, embedder, progress)
    library = open_library(settings.knowledge, settings.home, embedder)
    brand = _with_guide_contacts(load_brand(settings.knowledge, texts_of(library.passages)), library)
    return Desk(
        brand=brand,
        library=library,
        embedder=embedder,
        today=settings.today,
        role=settings.role,
        client=_client(settings),
        grounding=Grounding.of(library, embedder, Path(settings.home), open_judge),
    )


def _with_guide_contacts(brand: Brand, library: Library) -> Brand:
    """Addresses and phones in the brand guide are there to be given out, though the guide itself is internal."""
    guide = "\n".join(p.text for p in library.passages if p.kind == "brand")
    own = (*brand.voice.contacts, *(guide[start:end] for start, end, _ in exact_contacts(guide)))
    return brand.model_copy(update={"voice": brand.voice.model_copy(update={"contacts": tuple(dict.fromkeys(own))})})


def _client(settings: Settings) -> Client | None:
    if settings.writer == "extractive" or not (settings.model or settings.model_url):
        return None
    from voz.llm import open_client

    return open_client(settings)


def prepare(message: Message, desk: Desk, *, today: dt.date | None = None) -> Case:
    """Draft a reply to the message and check it."""
    from voz.draft import write_draft

    case = understand(message, desk, today=today)
    assert case.triage is not None
    if case.triage.route == "ignore":
        return _signed(case.model_copy(update={"draft": Draft(reply=None)}), desk)
    drafted = write_draft(case, desk.brand, client=desk.client, check=lambda c: judge(c, desk))
    return _routed(_signed(drafted, desk))


def _signed(case: Case, desk: Desk) -> Case:
    """The case with what its draft rests on: voz, index, embedder, brand and day."""
    assert case.draft is not None
    rests = {
        "voz": __version__,
        "index": desk.library.fingerprint,
        "embedder": f"{desk.library.embedder.name} {desk.library.embedder.version}",
        "brand": hashlib.sha256(desk.brand.model_dump_json().encode()).hexdigest()[:12],
        "today": case.today.isoformat(),
        "role": case.role,
    }
    draft = case.draft.model_copy(update={"provenance": {**rests, **case.draft.provenance}})
    return case.model_copy(update={"draft": draft})


def examine(message: Message, reply: str, desk: Desk, *, today: dt.date | None = None) -> Case:
    """Judge any reply: cut it into sentences, find the evidence for each, run every check."""
    return examined(understand(message, desk, today=today), reply, desk)


def examined(case: Case, reply: str, desk: Desk) -> Case:
    """`examine`, of a message that is already understood; what its case knows of a draft does not count."""
    return judge(find_evidence(case, reply, desk.grounding), desk, grounded=True)


def judge(case: Case, desk: Desk, *, grounded: bool = False) -> Case:
    """The case with the evidence for each sentence of its draft and every finding on it."""
    found = case if grounded else support(case, desk.grounding)
    return found.model_copy(update={"findings": checks.run(found, desk.brand)})


def understand(message: Message, desk: Desk, *, today: dt.date | None = None) -> Case:
    """Triage the message and retrieve what the knowledge says about each thing asked."""
    day = today or desk.day()
    seen = triage.triage(message, desk.brand)
    evidence = retrieve(message, seen.asks or unasked(message, seen), desk.library, today=day, region=message.region)
    case = Case(message=message, today=day, role=desk.role, triage=seen, evidence=evidence)
    return case.model_copy(update={"evidence": likely_clauses(case, desk.grounding)})


def _routed(case: Case) -> Case:
    """A draft that leaves an ask unanswered needs a colleague."""
    assert case.triage is not None
    assert case.draft is not None
    if case.triage.route == "draft" and case.draft.unanswered:
        waiting: tuple[Unanswered, ...] = case.draft.unanswered
        reason = "consultar: " + "; ".join(item.ask for item in waiting)
        seen = case.triage.model_copy(update={"route": "draft_and_consult", "reasons": (*case.triage.reasons, reason)})
        return case.model_copy(update={"triage": seen})
    return case
