"""The types that travel through the pipeline, all frozen.

A `Case` is what is known about one message so far; each stage returns a fuller one.
Offsets (`start`, `end`) count Python characters, end excluded.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Channel = Literal[
    "email", "x", "instagram", "facebook", "google_review", "tripadvisor", "play_store",
    "app_store", "whatsapp", "sms", "chat", "web_form",
]  # fmt: skip
PUBLIC_CHANNELS = frozenset({"x", "instagram", "facebook", "google_review", "tripadvisor", "play_store", "app_store"})
Address = Literal["tú", "usted", "vos"]
Kind = Literal["complaint", "question", "praise", "suggestion", "mixed", "spam", "abuse"]
Route = Literal["draft", "draft_and_consult", "escalate", "ignore"]
Emotion = Literal["calm", "grateful", "worried", "disappointed", "frustrated", "angry", "sad"]
Urgency = Literal["low", "normal", "high", "critical"]
Risk = Literal["legal", "safety", "press", "discrimination", "minors", "self_harm"]
SentenceKind = Literal["courtesy", "fact", "commitment", "question"]
Audience = Literal["public", "internal"]
FilterReason = Literal["expired", "not_yet", "internal", "region", "superseded", "governed"]
Severity = Literal["block", "warn"]

MAX_MESSAGE_CHARS = 100_000
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_text(value: Any) -> Any:
    """Text without NULs, control characters or lone surrogates, which no store or embedder takes."""
    return _UNSAFE.sub("", value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(clean_text)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ThreadMessage(Frozen):
    """One earlier turn of the conversation."""

    author: Text = ""
    text: Text
    from_company: bool = False


class Message(Frozen):
    """What a customer wrote, as any door of voz takes it."""

    id: Text = ""
    channel: Channel = "email"
    public: bool | None = Field(default=None, description="None: as the channel usually is")
    author: Text = ""
    text: Annotated[Text, Field(min_length=1, max_length=MAX_MESSAGE_CHARS)]
    language: Text | None = None
    region: Text | None = Field(default=None, description="where the customer is, if known")
    thread: tuple[ThreadMessage, ...] = ()
    received_at: dt.datetime | None = None

    @property
    def is_public(self) -> bool:
        return self.channel in PUBLIC_CHANNELS if self.public is None else self.public


class Ask(Frozen):
    """One separate thing that the customer asks or claims, in the customer's own words."""

    text: str
    start: int
    end: int
    query: str = Field(description="what to search for: the ask made self-contained")


class Triage(Frozen):
    kind: Kind
    route: Route
    language: str = Field(description="ISO 639-1: es, pt, en, ca, gl, or another as detected")
    address: Literal["tú", "usted", "vos", "vosotros"] | None = Field(
        default=None, description="how the customer addresses the company, where it shows"
    )
    country: str | None = Field(default=None, description="ISO 3166 code, where the text shows it")
    emotion: Emotion = "calm"
    intensity: int = Field(default=0, ge=0, le=3)
    urgency: Urgency = "normal"
    risks: tuple[Risk, ...] = ()
    asks: tuple[Ask, ...] = ()
    team: str | None = None
    injection: bool = Field(default=False, description="the text tries to give voz orders")
    topics: tuple[str, ...] = Field(default=(), description="what happened: damaged, late, …")
    reasons: tuple[str, ...] = Field(default=(), description="one per label: what it rests on")


class Passage(Frozen):
    """A chunk of a document of the company, with all that decides whether it applies."""

    id: str
    source: str = Field(description="path relative to the knowledge folder, with /")
    heading: str = Field(description="heading path, ' › ' between levels; starts with the title")
    text: str = Field(description="the clause as it stands, Markdown, without approved wordings")
    score: float = 0.0
    title: str = ""
    kind: str = "policy"
    audience: Audience = "public"
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    regions: tuple[str, ...] = Field(default=(), description="empty: everywhere")
    products: tuple[str, ...] = ()
    team: str | None = None
    governs: tuple[str, ...] = ()
    superseded_by: str | None = None
    language: str = "es"
    wordings: tuple[tuple[str, str], ...] = Field(
        default=(), description="(language, approved customer wording) that stand by the clause"
    )
    line: int = 1


class Filtered(Frozen):
    """A passage that was found but does not apply, and why."""

    passage: Passage
    reason: FilterReason


class ClauseHit(Frozen):
    """One clause (sentence, list item, table row) of a passage that may answer an ask."""

    passage_id: str
    text: str
    context: str = Field(default="", description="its heading path and lead-in")
    score: float = Field(default=0.0, description="how likely it answers, 0 to 1; see voz.clause_rank")
    local: bool = Field(default=False, description="said for the customer's region, and not where all are served")


class AskEvidence(Frozen):
    ask: Ask
    passages: tuple[Passage, ...] = Field(default=(), description="best first")
    weak: bool = Field(default=False, description="nothing found that plausibly answers the ask")
    clauses: tuple[ClauseHit, ...] = Field(default=(), description="the clauses likeliest to answer, best first")
    where: tuple[str, ...] = Field(default=(), description="the regions that the customer is in or asks about")


class Evidence(Frozen):
    """What the knowledge says about the asks, and what was kept out."""

    asks: tuple[AskEvidence, ...] = ()
    filtered: tuple[Filtered, ...] = ()

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Every applicable passage once, best score first."""
        best: dict[str, Passage] = {}
        for found in self.asks:
            for passage in found.passages:
                if passage.id not in best or passage.score > best[passage.id].score:
                    best[passage.id] = passage
        return tuple(sorted(best.values(), key=lambda p: (-p.score, p.id)))


class Sentence(Frozen):
    text: str
    kind: SentenceKind
    citations: tuple[str, ...] = Field(default=(), description="passage ids")
    start: int = 0
    end: int = 0


class Support(Frozen):
    """What the knowledge has to say for or against one sentence of a reply."""

    sentence: int = Field(description="index into Draft.sentences")
    passages: tuple[str, ...] = Field(default=(), description="ids of the passages found, best first")
    clause: str = Field(default="", description="the clause that comes nearest")
    against: str = Field(default="", description="the clause that says otherwise, if any")
    signs: dict[str, float] = Field(default_factory=dict, description="see voz.comparison")


class Unanswered(Frozen):
    ask: str
    team: str | None = None


class Draft(Frozen):
    reply: str | None = Field(description="None only when nothing should be sent")
    sentences: tuple[Sentence, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    writer: Literal["extractive", "model", "person"] = "extractive"
    notes: tuple[str, ...] = Field(default=(), description="for the reviewer, never for the customer")
    provenance: dict[str, Any] = Field(default_factory=dict)


def _empty(value: object) -> bool:
    return not value


class Finding(Frozen):
    check: str = Field(description="name of the check, as the file in checks/ is called, or finer")
    severity: Severity
    start: int
    end: int
    detail: str = Field(description="for a person: what is wrong and what would mend it")
    key: str = Field(
        default="", exclude_if=_empty, description="names its sentence, for voz.findings; empty: only `detail` says it"
    )
    values: tuple[tuple[str, str], ...] = Field(
        default=(), exclude_if=_empty, description="what fills that sentence, by name"
    )

    def contract(self) -> dict[str, Any]:
        """The JSON that voz gives: without what the sentence is told again from."""
        return self.model_dump(mode="json", exclude={"key", "values"})


class Wish(Frozen):
    """What a reviewer asks of the next draft; `voz.wishes` reads it. An empty field asks for nothing."""

    text: Text = Field(default="", description="as the reviewer put it")
    reader: str = Field(default="es", description="the language in which the reviewer is told what could not be done")
    address: Address | None = None
    formal: bool | None = Field(default=None, description="False: closer than the brand usually speaks")
    language: str | None = Field(default=None, description="ISO 639-1")
    warmth: int = Field(default=0, ge=-1, le=1)
    length: Literal["shorter", "longer"] | None = Field(default=None, description="compared with the current text")
    aim: int | None = Field(default=None, gt=0, description="`shorter` as characters, once the current text is known")
    max_chars: int | None = Field(default=None, gt=0)
    max_sentences: int | None = Field(default=None, gt=0, description="greeting and sign-off apart")
    plain: bool = False
    apology: bool | None = Field(default=None, description="True: it opens the reply")
    emojis: bool | None = None
    exclamations: bool | None = None
    greeting: bool | None = None
    signoff: bool | None = None
    omit: tuple[str, ...] = Field(default=(), description="topics, or whole sentences, to leave out")
    omit_places: tuple[int, ...] = Field(default=(), description="sentences of the current text: 1 first, -1 last")
    add: tuple[str, ...] = Field(default=(), description="statements to add, where a clause in force carries them")
    unread: tuple[str, ...] = Field(default=(), description="what could not be read as any of these")


class Case(Frozen):
    """One message on its way to a reply."""

    message: Message
    today: dt.date
    role: str = "agent"
    triage: Triage | None = None
    evidence: Evidence = Evidence()
    draft: Draft | None = None
    supports: tuple[Support, ...] = ()
    known: str = Field(default="", repr=False, description="all public text in force, for what must stand somewhere")
    findings: tuple[Finding, ...] = ()
    wish: Wish | None = Field(default=None, description="what a reviewer asked of this draft")
    code: str = Field(default="", description="tracking code that the law wants the customer to have; empty: none")
