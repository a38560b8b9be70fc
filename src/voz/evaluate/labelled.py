"""Texts that people judged, in one shape: JSON lines or CSV in, frozen items out.

Any file with a column `text` (or `reply`) and one of `label` (1 good, 0 bad) or `score` (a rating) is read; `message`,
`context`, `language`, `group` and `id` where it has them. Files of some public sets are known by their columns:
`context` and `hallucinated` (RAGTruth, SummEdits, AttributionBench), `score` and `binary` (TyDiP), `conversation`,
`dimension` and `expert_median` (ratings of supportive conversations).
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from voz.errors import SuiteError, VozError
from voz.evaluate.suite import Strict
from voz.typed_yaml import located
from voz.wire import load_json

Row = Mapping[str, Any]
TEXT, LANGUAGE = ("text", "reply", "response"), ("language", "lang")
GROUP = ("group", "conversation_id", "conversation")
YES, NO = ("1", "1.0", "true", "yes", "sí", "si", "good"), ("0", "0.0", "false", "no", "bad")


class LabelledItem(Strict):
    """One text with what people said of it. A higher `score` is better; `good` is their verdict."""

    id: str
    text: str = Field(description="what is judged")
    message: str = Field(default="", description="what it answers")
    context: str = Field(default="", description="what it must rest on")
    language: str | None = None
    good: bool | None = Field(default=None, description="None: in neither class, and then it counts nowhere")
    score: float | None = Field(default=None, description="people's rating, as it stands in the data")
    group: str = Field(description="items of one document or conversation share it; they are not independent")
    ratings: dict[str, float] = Field(default={}, description="who gave which rating")
    turns: tuple[tuple[str, str], ...] = Field(default=(), description="of a conversation: what was said, and answered")


class Labelled(Strict):
    """A set of labelled items."""

    name: str
    good: str = Field(description="what the good ones are, in a few words")
    items: tuple[LabelledItem, ...]
    cut: float | None = Field(default=None, description="rating from which an item is good; None: labels were given")
    low_is_good: bool = Field(default=False, description="good are the ratings below the cut")


def read_labelled(
    path: Path, *, language: str | None = None, dimension: str | None = None, low_is_good: bool = False
) -> Labelled:
    """The labelled items of a file, of one language or rated dimension if given.

    Ratings without labels are split where they divide most evenly; `low_is_good` says that a low one is the good one.
    Raises SuiteError, naming file, line and field.
    """
    try:
        rows = list(_csv(path) if path.suffix == ".csv" else _json(path))
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}.") from error
    if not rows:
        raise located(SuiteError, path, 1, "", "there is nothing in it")
    rated = {str(row["dimension"]) for _, row in rows if row.get("dimension")}
    if dimension is None and len(rated) > 1:
        raise located(SuiteError, path, 1, "dimension", f"say which one is meant: {', '.join(sorted(rated))}")
    wanted = [
        (line, row) for line, row in rows
        if (not language or _first(row, LANGUAGE) == language)
        and (not dimension or row.get("dimension", dimension) == dimension) and row.get("conversation", "") is not None
    ]  # fmt: skip
    if not wanted:
        asked = " and ".join(repr(one) for one in (language, dimension) if one)
        raise located(SuiteError, path, 1, "", f"no row with a text of {asked or 'any kind'}")
    name = "-".join(part for part in (path.stem, dimension, language) if part)
    return _split(name, [_item(path, line, row) for line, row in wanted], wanted[0][1], low_is_good)


def _split(name: str, items: Sequence[LabelledItem], row: Row, low_is_good: bool) -> Labelled:
    """With labels as they are; else by the rating that parts the items most evenly, and says so."""
    if any(item.good is not None for item in items) or all(item.score is None for item in items):
        good = "supported by the context" if "hallucinated" in row else "in the top quarter" if "binary" in row else "1"
        return Labelled(name=name, good=good, items=tuple(items))
    cut = even_cut([item.score for item in items if item.score is not None])
    rated = [(item, item.score >= cut) for item in items if item.score is not None]
    split = (item.model_copy(update={"good": high != low_is_good}) for item, high in rated)
    side = "below" if low_is_good else "at least"
    return Labelled(name=name, good=f"rated {side} {cut:g}", items=tuple(split), cut=cut, low_is_good=low_is_good)


def even_cut(ratings: Sequence[float]) -> float:
    """The rating from which on an item is in the upper class, so that both classes are as even as can be."""
    count, above, best, cut = Counter(ratings), len(ratings), math.inf, max(ratings, default=0.0)
    for value in sorted(count)[:-1]:
        above -= count[value]
        if abs(2 * above - len(ratings)) < best:
            best, cut = abs(2 * above - len(ratings)), min(other for other in count if other > value)
    return cut


def _item(path: Path, line: int, row: Row) -> LabelledItem:
    turns = _talk(row["conversation"]) if "expert_median" in row else ()
    text = "\n".join(reply for _, reply in turns) if turns else _first(row, TEXT)
    message = "\n".join(asked for asked, _ in turns) if turns else str(row.get("message") or "")
    if not isinstance(text, str) or not text.strip():
        raise located(SuiteError, path, line, "text", "missing: a text (or reply) that was judged")
    context = str(row.get("context") or "")
    good, score = _verdict(path, line, row)
    raters = row.get("ratings")
    known = {str(name): _number(path, line, "ratings", value) for name, value in dict(raters or {}).items()}
    return LabelledItem(
        id=str(row.get("id") or f"row-{line}"), text=text, message=message, context=context,
        language=_first(row, LANGUAGE), good=good, score=score, ratings=known, turns=turns,
        group=_group(row, context, line),
    )  # fmt: skip


def _verdict(path: Path, line: int, row: Row) -> tuple[bool | None, float | None]:
    score = next((row[name] for name in ("expert_median", "score") if row.get(name) not in (None, "")), None)
    rating = None if score is None else _number(path, line, "score", score)
    for name in ("hallucinated", "binary", "label"):
        if name in row:
            given = str(row[name]).strip().lower()
            if given in ("none", ""):
                return None, rating
            if given not in (*YES, *NO):
                raise located(SuiteError, path, line, name, f"'{row[name]}' is neither 1 nor 0")
            return (given in YES) != (name == "hallucinated"), rating
    if rating is None:
        raise located(SuiteError, path, line, "label", "missing: a label (1 good, 0 bad) or a score")
    return None, rating


def _number(path: Path, line: int, field: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise located(SuiteError, path, line, field, f"'{value}' is no number")
    return number


def _group(row: Row, context: str, line: int) -> str:
    """Rows about one document, or of one conversation, hang together; others stand alone."""
    given = _first(row, GROUP)
    if given:
        return str(given)
    return hashlib.sha1(context.encode("utf-8", "replace")).hexdigest() if context else f"row-{line}"


def _talk(conversation: str) -> tuple[tuple[str, str], ...]:
    """What the one who seeks help says, and each time what the one who helps answers."""
    turns: list[tuple[list[str], list[str]]] = [([], [])]
    helping = False
    for line in conversation.replace("_comma_", ",").splitlines():
        name, colon, rest = line.strip().partition(":")
        if colon and name in ("Seeker", "Supporter"):
            if helping and name == "Seeker":
                turns.append(([], []))
            helping, line = name == "Supporter", rest
        turns[-1][helping].append(line.strip())
    joined = ((" ".join(asked).strip(), " ".join(reply).strip()) for asked, reply in turns)
    return tuple((asked, reply) for asked, reply in joined if reply)


def _first(row: Row, names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _json(path: Path) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                row = load_json(line)
            except VozError as error:
                raise located(SuiteError, path, number, "", str(error)) from error
            if not isinstance(row, dict):
                raise located(SuiteError, path, number, "", "a row is an object with a text and a label")
            yield number, row


def _csv(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise located(SuiteError, path, 1, "", "the file is not in UTF-8; save it as UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield reader.line_num, {key: value for key, value in row.items() if key}
    except csv.Error as error:
        raise located(SuiteError, path, reader.line_num, "", f"not readable as CSV: {error}") from error
