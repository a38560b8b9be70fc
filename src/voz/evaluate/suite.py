"""A suite: messages with what a good reply to each must and must not do, as `evals/*.yaml` holds them.

Types only; `loading` reads the files and `schema` publishes them. Everything is frozen.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from voz.case import Address, Kind, Message, Risk, Route

Dimension = Literal["accuracy", "tone", "empathy"]
DIMENSIONS: tuple[Dimension, ...] = ("accuracy", "tone", "empathy")
Behaviour = Literal[
    "names_situation", "validates", "owns", "next_step",
    "no_dismissal", "no_blame", "no_over_apology", "fits_intensity",
]  # fmt: skip
"""What an empathetic reply observably does: says what happened to this customer in particular; takes the feeling
seriously without parroting it; answers for its part without admitting what it may not; says what comes next; does not
play down, blame or grovel; is neither colder nor more dramatic than the message."""


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Fact(Strict):
    """Something a reply must state, or must never state."""

    fact: str = Field(min_length=1, description="what is stated, in a few words, for the report")
    any: Texts = Field(
        min_length=1,
        description="wordings, one of which the reply must hold: words in this order, small gaps allowed, inflection "
        "and accents apart; figures by value («14 días» = «catorce días» = «2 semanas»)",
    )
    source: str | None = Field(default=None, description="document that says it, relative to the knowledge folder")


class Expected(Strict):
    """What the reply and its triage must be like. What is left out is not judged."""

    state: tuple[Fact, ...] = ()
    never: tuple[Fact, ...] = ()
    unanswered: Texts = Field(default=(), description="words of each ask that must be left to a colleague")
    answerable: bool | None = Field(default=None, description="whether the knowledge answers anything asked")
    no_reply: bool = Field(default=False, description="nothing must be sent")
    route: Route | None = None
    kind: Kind | None = None
    risks: tuple[Risk, ...] | None = None
    address: Address | None = Field(default=None, alias="register", description="tú, usted or vos in the reply")
    language: str | None = Field(default=None, description="ISO 639-1 code of the reply")
    most_characters: int | None = Field(default=None, gt=0)
    empathy: tuple[Behaviour, ...] | None = Field(
        default=None, description="behaviours wanted; none given: those that fit the kind of message"
    )
    rubric: str | None = Field(default=None, description="free text, judged by a model only")


class EvalCase(Strict):
    """One message with what is expected of its reply."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    message: Message
    today: dt.date | None = Field(default=None, description="day of the knowledge; none: the suite's")
    tags: Texts = ()
    conversation: str | None = Field(
        default=None, description="cases of one conversation share it; they are not independent"
    )
    weight: float = Field(default=1.0, gt=0)
    expect: Expected = Expected()


def _some(cases: tuple[EvalCase, ...]) -> tuple[EvalCase, ...]:
    """Not `min_length`, which would say that there are too few where each has a mistake of its own."""
    if not cases:
        raise ValueError("there is no case")
    return cases


class Suite(Strict):
    """Cases that are run, scored and gated together."""

    suite: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    description: str = ""
    today: dt.date | None = None
    weights: dict[Dimension, float] = Field(default={"accuracy": 3.0, "tone": 1.0, "empathy": 1.0})
    thresholds: dict[Dimension, float] = Field(default={}, description="least mean that passes, 0 to 1")
    repeats: int = Field(default=1, ge=1, le=50)
    cases: Annotated[tuple[EvalCase, ...], AfterValidator(_some)] = Field(json_schema_extra={"minItems": 1})
