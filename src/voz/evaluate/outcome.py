"""What a run keeps of each case, and what graders make of it. Types only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from voz.evaluate.suite import Dimension, Strict


class Outcome(Strict):
    """One case drafted once. `draft` and `examined` are the one JSON of `voz.wire`."""

    suite: str
    case: str
    repeat: int = 0
    key: str = Field(description="hash of everything that the draft depends on")
    draft: dict[str, Any] = Field(description="as `voz draft` gives it")
    examined: dict[str, Any] = Field(
        default_factory=dict, description="the same reply as `voz check` judges it, knowing nothing of its writer"
    )
    blocked: tuple[str, ...] = Field(default=(), description="checks that kept words of the model out of the reply")
    seconds: float = 0.0
    error: str | None = Field(default=None, description="why there is no draft")

    @property
    def reply(self) -> str | None:
        reply = self.draft.get("reply")
        return reply if isinstance(reply, str) else None


class Grade(Strict):
    """One grader's verdict on one outcome."""

    dimension: Dimension
    grader: str
    score: float | None = Field(ge=0, le=1, description="1 good, 0 bad, None: could not be judged; never counted as 0")
    reason: str = ""
    span: tuple[int, int] | None = Field(default=None, description="where in the reply")
    judge: str = Field(default="rules", description="«rules», or the model that judged")
    gates: bool = Field(default=False, description="a 0 here makes the reply dishonest, and its total 0")


class Scored(Strict):
    """One outcome with all its grades and what they come to."""

    suite: str
    case: str
    repeat: int = 0
    conversation: str
    weight: float = 1.0
    slices: dict[str, str] = Field(default_factory=dict, description="kind, channel, language, region → value")
    grades: tuple[Grade, ...] = ()
    dimensions: dict[Dimension, float] = Field(default_factory=dict, description="mean of the grades that were scored")
    honest: bool = True
    total: float | None = Field(default=None, description="weighted mean of the dimensions; 0 if not honest")


class Interval(Strict):
    """A figure with the range that holds it in 95 of 100 repetitions."""

    value: float
    low: float
    high: float
    n: int
    method: Literal["wilson", "bootstrap"] = "bootstrap"
