"""The stages in a row: a message in, a case with a checked draft out. No storage.

`prepare` drafts a reply, `redraft` drafts it again as a reviewer wishes, `pair` drafts a public and a private one;
`examine` judges a reply that somebody else wrote. All end in the same checks.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from voz import __version__, checks, triage
from voz.brand import Brand
from voz.case import Case, Draft, Message, Unanswered, Wish
from voz.checks.contacts import exact_contacts
from voz.clause_rank import likely_clauses, unasked
from voz.colleague import ColleagueAnswer, kept_answers, people_in, with_answers, with_people
from voz.conversation import in_view
from voz.grounding import Grounding, find_evidence, support
from voz.pair import Pair, private_case, public_case
from voz.retrieve import retrieve
from voz.style_examples import StyleExamples, accepted
from voz.wish_additions import with_additions, without_lost
from voz.wish_form import as_wished, joined
from voz.wish_notes import could_not, nothing_to_redraft

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.embedding import Embedder
    from voz.knowledge.library import Library
    from voz.llm import Client

Stage = Literal["triage", "retrieve", "draft", "check"]
Tell = Callable[[Stage], None]


def _nobody(stage: Stage) -> None:
    """Where nobody wants to hear of the stages."""


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
    style: StyleExamples = field(default_factory=StyleExamples)
    """What a model is shown of how the brand speaks, beside its lines."""

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
        style=StyleExamples(accepted(settings.suites, "style")),
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


def prepare(
    message: Message, desk: Desk, *, today: dt.date | None = None, answers: Sequence[ColleagueAnswer] = (),
    code: str = "", tell: Tell = _nobody,
) -> Case:  # fmt: skip
    """Draft a reply to the message and check it. `answers`: what colleagues said to asks that were left open;
    `code`: the tracking code that the customer is given.

    `tell` hears of each stage as it begins: triage, retrieve, draft, and check for each draft that is judged.
    """
    case = understand(message, desk, today=today, tell=tell).model_copy(update={"code": code})
    return _drafted(with_answers(case, answers, desk.brand), desk, tell)


def _drafted(case: Case, desk: Desk, tell: Tell = _nobody) -> Case:
    from voz.draft import write_draft

    def check(drafted: Case) -> Case:
        tell("check")
        return judge(drafted, desk)

    assert case.triage is not None
    if case.triage.route == "ignore":
        return _signed(case.model_copy(update={"draft": Draft(reply=None)}), desk)
    tell("draft")
    examples = desk.style.fit(case) if desk.client else ()
    drafted = write_draft(case, desk.brand, client=desk.client, check=check, examples=examples)
    return _routed(_signed(drafted, desk))


def redraft(case: Case, wish: Wish, desk: Desk, *, answers: Sequence[ColleagueAnswer] = ()) -> Case:
    """The same message of the same day with another draft, as the reviewer wishes and as far as that can be.

    Wishes add up over redrafts. What could not be done stands in the draft's notes, in the reviewer's language.
    A wish is about how a thing is said: what it wants added goes in only where a clause in force says so.
    """
    if case.draft is None or case.draft.reply is None:
        return nothing_to_redraft(case, wish)
    whole = joined(case.wish, wish, case)
    fresh = with_answers(_still_understood(case, desk), answers, desk.brand)
    fresh = fresh.model_copy(update={"wish": whole, "role": case.role, "code": case.code, "draft": case.draft})
    fresh, additions = with_additions(fresh, case.wish, desk.brand, desk.library)
    after = _drafted(fresh, desk)
    fitting, additions = without_lost(after, additions)
    if fitting is not after.evidence:
        after = _drafted(fresh.model_copy(update={"evidence": fitting}), desk)
    assert after.draft is not None
    notes = (*could_not(case, after, desk.brand, additions), *after.draft.notes)
    draft = after.draft.model_copy(update={"notes": tuple(dict.fromkeys(notes))})
    return after.model_copy(update={"draft": draft})


def _still_understood(case: Case, desk: Desk) -> Case:
    """The case as it was understood, or again where the knowledge has changed since."""
    assert case.draft is not None
    same = case.draft.provenance.get("index") == desk.library.fingerprint
    if same and case.triage is not None:
        return case.model_copy(update={"supports": (), "findings": ()})
    return kept_answers(case, understand(case.message, desk, today=case.today))


def pair(case: Case, desk: Desk) -> Pair | None:
    """A short public reply that asks to go on in private, and the full private one; None where one reply will do.

    That is: for a public complaint, or a public question, that only the customer's own data can settle. The public
    one is the extractive writer's, the private one that of whichever writer drafts here.
    """
    public = public_case(case, desk.brand)
    if public is None:
        return None
    private = _drafted(private_case(case, desk.brand), desk)
    if private.draft is None or private.draft.reply is None:
        return None
    shown = judge(public, desk)
    if any(found.check == "personal_data" and found.severity == "block" for found in shown.findings):
        bare = public_case(case, desk.brand, bare=True)
        shown = judge(bare, desk) if bare else shown
    return Pair(public=_signed(shown, desk), private=private)


def _signed(case: Case, desk: Desk) -> Case:
    """The case with what its draft rests on: voz, index, embedder, brand and day."""
    assert case.draft is not None
    people = [{"source": one.source, "team": one.team} for one in people_in(case)]
    rests = {
        "voz": __version__,
        "index": desk.library.fingerprint,
        "embedder": f"{desk.library.embedder.name} {desk.library.embedder.version}",
        "brand": hashlib.sha256(desk.brand.model_dump_json().encode()).hexdigest()[:12],
        "today": case.today.isoformat(),
        "role": case.role,
        **({"answers": people} if people else {}),
        **({"wish": case.wish.text} if case.wish and case.wish.text else {}),
    }
    draft = case.draft.model_copy(update={"provenance": {**rests, **case.draft.provenance}})
    return case.model_copy(update={"draft": draft})


def examine(message: Message, reply: str, desk: Desk, *, today: dt.date | None = None) -> Case:
    """Judge any reply: cut it into sentences, find the evidence for each, run every check."""
    return examined(understand(message, desk, today=today), reply, desk)


def examined(case: Case, reply: str, desk: Desk) -> Case:
    """`examine`, of a message that is already understood; what its case knows of a draft does not count."""
    return judge(find_evidence(case, reply, with_people(case, desk.grounding)), desk, grounded=True)


def judge(case: Case, desk: Desk, *, grounded: bool = False) -> Case:
    """The case with the evidence for each sentence of its draft and every finding on it."""
    found = case if grounded else support(case, with_people(case, desk.grounding))
    return found.model_copy(update={"findings": checks.run(*as_wished(found, desk.brand))})


def understand(message: Message, desk: Desk, *, today: dt.date | None = None, tell: Tell = _nobody) -> Case:
    """Triage the message and retrieve what the knowledge says about each thing asked."""
    day = today or desk.day()
    tell("triage")
    seen = triage.triage(message, desk.brand)
    tell("retrieve")
    asks = in_view(seen.asks or unasked(message, seen), message)
    evidence = retrieve(message, asks, desk.library, today=day, region=message.region)
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
