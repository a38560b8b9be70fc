"""The model writer: one question to the model, and its sentences made into a `Draft`.

The model writes the body; greeting and sign-off are the brand's and are set around it. Passages go in as
p1…pn and come back as ids; a citation of anything else is dropped, which leaves the sentence to the checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from voz.brand import Brand
from voz.case import Case, Draft, Finding, Sentence, SentenceKind, Unanswered
from voz.compose import is_line
from voz.errors import ModelError
from voz.framing import compose, desk_of, left_open
from voz.kinds import own_figures, sentence_kind
from voz.llm import Answer, Client, Usage, ask, with_usage
from voz.model_prompt import MAX_ASKS, MAX_MESSAGE_CHARS, offered, prompt_values
from voz.notes import note
from voz.sentences import split_sentences
from voz.statements import content_stems, statement
from voz.text import fold
from voz.writing_desk import Desk

_REFERENCE = re.compile(r"\s?[\[(]\s?(?:fuente:? ?)?[pa]\d{1,3}(?:\s?[,;y]\s?[pa]\d{1,3}){0,9}\s?[\])]")
_MARKDOWN = re.compile(r"(?m)^[ \t]{0,8}(?:[-*•]|#{1,6}|\d{1,2}[.)])[ \t]+|\*\*|__")
_NUMBER = re.compile(r"\d{1,4}")


class WrittenSentence(BaseModel):
    text: str
    kind: Literal["courtesy", "fact", "commitment", "question"]
    sources: list[str]


class WrittenReply(BaseModel):
    """What the model is asked for; `unanswered` first, so that it decides before it writes."""

    unanswered: list[str]
    sentences: list[WrittenSentence] = Field(max_length=24)


class Written(NamedTuple):
    draft: Draft
    said: WrittenReply
    usage: Usage


def write(case: Case, brand: Brand, client: Client, examples: Sequence[str] = ()) -> Written:
    """The model's draft. Raises ModelError or ModelUnavailable; `spent(error)` says what that cost."""
    desk = desk_of(case, brand)
    return _written(desk, client, ask("draft", WrittenReply, client, **prompt_values(desk, examples)))


def rewrite(
    case: Case, brand: Brand, client: Client, former: WrittenReply, findings: Iterable[Finding],
    examples: Sequence[str] = (),
) -> Written:  # fmt: skip
    """The draft written again, knowing what blocks the one in `case`. Raises as `write` does."""
    reply = case.draft.reply if case.draft and case.draft.reply else ""
    problems = [{"where": _place(reply, found), "what": found.detail} for found in findings]
    told = json.dumps(former.model_dump(), ensure_ascii=False)
    desk = desk_of(case, brand)
    answer = ask("rewrite", WrittenReply, client, former=told, problems=problems, **prompt_values(desk, examples))
    return _written(desk, client, answer)


def _place(reply: str, found: Finding) -> str:
    whole = found.start <= 0 and found.end >= len(reply)
    return "" if whole else reply[found.start : found.end]


def _written(desk: Desk, client: Client, answer: Answer[WrittenReply]) -> Written:
    return Written(_draft(desk, client, answer), answer.value, answer.usage)


def _draft(desk: Desk, client: Client, answer: Answer[WrittenReply]) -> Draft:
    body = _sentences(desk, answer.value)
    if not any(re.search(r"[^\W\d_]{2}", sentence.text) for sentence in body):
        raise with_usage(ModelError(f"{client.model} wrote no sentence."), answer.usage)
    reply, sentences = compose(desk, body)
    return Draft(
        reply=reply,
        sentences=sentences,
        unanswered=_unanswered(desk, answer.value),
        writer="model",
        notes=_limits(desk.case),
        provenance={
            "model": answer.model,
            "endpoint": client.endpoint,
            "prompts": answer.prompts,
            "repaired": answer.repaired,
            **answer.usage.model_dump(),
        },
    )


def _limits(case: Case) -> tuple[str, ...]:
    """A note where the model did not see the whole message."""
    return (note("truncated", seen=str(MAX_MESSAGE_CHARS)),) if len(case.message.text) > MAX_MESSAGE_CHARS else ()


def _sentences(desk: Desk, written: WrittenReply) -> list[Sentence]:
    """The model's sentences cut into single ones, each once, without marks that do not belong in a reply."""
    ids = [passage.id for passage in offered(desk.case)]
    made: list[Sentence] = []
    said: set[str] = set()
    for item in written.sentences:
        cited = dict.fromkeys(
            ids[int(match[0]) - 1]
            for source in item.sources
            if (match := _NUMBER.search(source)) and 0 < int(match[0]) <= len(ids)
        )
        text = _MARKDOWN.sub("", _REFERENCE.sub("", item.text))
        text = " ".join(text.split())
        for start, end in split_sentences(text):
            piece = text[start:end]
            if fold(piece) not in said:
                said.add(fold(piece))
                kind = _kind(item.kind, piece, desk, bool(cited))
                made.append(Sentence(text=piece, kind=kind, citations=() if kind == "courtesy" else tuple(cited)))
    return made


def _kind(said: SentenceKind, text: str, desk: Desk, cited: bool) -> SentenceKind:
    """The stricter of what the model calls it and what it reads like: a label must not excuse a claim."""
    if is_line(text, desk.brand, desk.tone.address):
        return "courtesy"
    case = desk.case
    read = sentence_kind(text, case.message.text)
    if read == "fact" and said in ("courtesy", "question"):
        return "fact" if _claims(text, case) else said
    if said in ("courtesy", "question") or read == "commitment":
        return "commitment" if read == "commitment" else said
    return read if read in ("courtesy", "question") and not cited else said


def _claims(text: str, case: Case) -> bool:
    """Whether a sentence that is called a courtesy says more than the customer told: a figure, a rule, news."""
    language = case.triage.language if case.triage else "es"
    meant = statement(text, language)
    told = content_stems(case.message.text, language)
    news = len(meant.stems - told)
    return bool(meant.stance) or bool(own_figures(text, case.message.text)) or 2 * news > len(meant.stems)


def _unanswered(desk: Desk, written: WrittenReply) -> tuple[Unanswered, ...]:
    """The asks that the model says it left open, by number; a text of its own stands as it is."""
    asks = desk.case.evidence.asks[:MAX_ASKS]
    found: dict[str, Unanswered] = {}
    for item in written.unanswered:
        match = re.fullmatch(r"\s*a?\s*(\d{1,3})\s*", item)
        if match and 0 < int(match[1]) <= len(asks):
            text = asks[int(match[1]) - 1].ask.text
            found.setdefault(text, left_open(desk, text))
    return tuple(found.values())
