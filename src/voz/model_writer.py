"""The model writer: what a case asks of the model, and the model's sentences made into a `Draft`.

The model writes the body; greeting and sign-off are the brand's and are set here, so both writers open and close
alike. Passages go in as p1…pn and come back as ids; a citation of anything else is dropped, which leaves the
sentence to the checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, Field

from voz import channels
from voz.brand import Brand, Line
from voz.case import Case, Draft, Finding, Passage, Sentence, SentenceKind, Unanswered
from voz.errors import ModelError
from voz.llm import Answer, Client, ask
from voz.sentences import split_sentences
from voz.text import fold

MAX_PASSAGES = 8
MAX_PASSAGE_CHARS = 9_000
MAX_MESSAGE_CHARS = 6_000
MAX_ASKS = 12
MAX_LINES = 8

_REFERENCE = re.compile(r"\s*[\[(]\s*(?:p|a|fuente:? ?p)\d{1,3}(?:\s*[,;y]\s*[pa]\d{1,3})*\s*[\])]")
_MARKDOWN = re.compile(r"(?m)^\s*(?:[-*•]|#{1,6}|\d{1,2}[.)])\s+|\*\*|__")
_NUMBER = re.compile(r"\d+")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_FIGURE = re.compile(r"\d")


class WrittenSentence(BaseModel):
    text: str
    kind: Literal["courtesy", "fact", "commitment", "question"]
    sources: list[str]


class WrittenReply(BaseModel):
    """What the model is asked for; `unanswered` first, so that it decides before it writes."""

    unanswered: list[str]
    sentences: list[WrittenSentence] = Field(max_length=24)


def write(case: Case, brand: Brand, client: Client) -> tuple[Draft, WrittenReply]:
    """The model's draft and what it was made from. Raises ModelError or ModelUnavailable."""
    answer = ask("draft", WrittenReply, client, **prompt_values(case, brand))
    return _draft(case, brand, client, answer), answer.value


def rewrite(
    case: Case, brand: Brand, client: Client, former: WrittenReply, findings: Iterable[Finding]
) -> tuple[Draft, WrittenReply]:
    """The draft written again, knowing what blocks the one in `case`. Raises ModelError or ModelUnavailable."""
    reply = case.draft.reply if case.draft and case.draft.reply else ""
    problems = [{"where": _place(reply, found), "what": found.detail} for found in findings]
    values = prompt_values(case, brand)
    told = json.dumps(former.model_dump(), ensure_ascii=False)
    answer = ask("rewrite", WrittenReply, client, former=told, problems=problems, **values)
    return _draft(case, brand, client, answer), answer.value


def _place(reply: str, found: Finding) -> str:
    whole = found.start <= 0 and found.end >= len(reply)
    return "" if whole else reply[found.start : found.end]


def prompt_values(case: Case, brand: Brand) -> dict[str, Any]:
    """Everything that `draft.jinja` needs, and nothing that the customer may not know."""
    seen, message, style = case.triage, case.message, brand.style(case.message.channel)
    assert seen is not None, "a case is drafted after triage"
    voice, address = brand.voice, brand.address_for(message.channel, seen.country)
    greeting, signoff = frame(case, brand)
    return {
        "company": voice.company,
        "today": case.today.isoformat(),
        "channel": message.channel,
        "public": message.is_public,
        "language": seen.language,
        "address": address,
        "risks": seen.risks,
        "grants": brand.role(case.role).grants,
        "forbidden": [f.what for f in brand.forbidden if f.role in (None, case.role)],
        "never": voice.never,
        "prefer": voice.prefer,
        "emojis": 0 if seen.kind in voice.no_emojis_for else _first(style.emojis, voice.emojis),
        "exclamations": (
            0 if seen.kind in voice.no_exclamations_for else _first(style.exclamations, voice.exclamations)
        ),
        "sentences_max": style.max_sentences,
        "room": max(80, _room(case, brand) - len(greeting or "") - len(signoff or "")),
        "greeting": greeting,
        "name": first_name(message.author),
        "lines": _voice_lines(case, brand),
        "thread": [
            {"from_company": turn.from_company, "text": turn.text[:1500]} for turn in message.thread[-4:]
        ],
        "message": message.text[:MAX_MESSAGE_CHARS],
        "asks": [
            {"number": f"a{n}", "text": found.ask.text[:600], "weak": found.weak or not found.passages}
            for n, found in enumerate(case.evidence.asks[:MAX_ASKS], 1)
        ],
        "passages": [
            {
                "number": f"p{n}",
                "heading": passage.heading,
                "text": passage.text,
                "until": passage.valid_until.isoformat() if passage.valid_until else None,
                "wording": "\n".join(text for code, text in passage.wordings if code == seen.language),
            }
            for n, passage in enumerate(offered(case), 1)
        ],
    }


def offered(case: Case) -> tuple[Passage, ...]:
    """The passages that the model sees: the best of each ask in turn, none internal, none cut in two."""
    chosen: dict[str, Passage] = {}
    spent, depth = 0, max((len(found.passages) for found in case.evidence.asks), default=0)
    ranked = (found.passages[n] for n in range(depth) for found in case.evidence.asks if n < len(found.passages))
    for passage in ranked:
        if passage.id in chosen or passage.audience != "public":
            continue
        fits = spent + len(passage.text) <= MAX_PASSAGE_CHARS
        if len(chosen) < MAX_PASSAGES and (fits or not chosen):
            chosen[passage.id] = passage
            spent += len(passage.text)
    return tuple(chosen.values())


def _room(case: Case, brand: Brand) -> int:
    """Characters that the reply may take on the channel, whatever unit the platform counts in."""
    rule, style = channels.rule(case.message.channel), brand.style(case.message.channel)
    # Two segments of SMS hold 134 characters once one accent is among them.
    room = rule.comfort * 67 if rule.unit == "segments" else rule.comfort
    return min(room, style.max_chars) if style.max_chars and rule.limit else style.max_chars or room


def _voice_lines(case: Case, brand: Brand) -> list[str]:
    """The brand's own lines for such a message, the most specific first, as samples of its tone."""
    seen = case.triage
    assert seen is not None
    address = brand.address_for(case.message.channel, seen.country)

    def rank(line: Line) -> int | None:
        if line.language != seen.language or line.role in ("greeting", "signoff"):
            return None
        if line.address not in (None, address) and seen.language == "es":
            return None
        fields = (
            (line.kinds, (seen.kind,)),
            (line.emotions, (seen.emotion,)),
            (line.channels, (case.message.channel,)),
            (line.topics, seen.topics),
            (line.risks, seen.risks),
        )
        if any(wanted and not set(wanted) & set(have) for wanted, have in fields):
            return None
        return sum(bool(wanted) for wanted, _ in fields)

    ranked = [(rank(line), line) for line in brand.lines]
    chosen = sorted((-(r or 0), n, line) for n, (r, line) in enumerate(ranked) if r is not None)
    filled = (_filled(line.text, case, brand) for _, _, line in chosen)
    return list(dict.fromkeys(text for text in filled if text))[:MAX_LINES]


def frame(case: Case, brand: Brand) -> tuple[str | None, str | None]:
    """The greeting and the sign-off of this reply, where channel and brand want them."""
    seen, channel = case.triage, case.message.channel
    assert seen is not None
    style, rule = brand.style(channel), channels.rule(channel)
    native = seen.language in (brand.voice.languages[:1] or ("es",))
    greeting = _line(case, brand, "greeting") or (brand.voice.greeting if native else None)
    signoff = style.signoff
    if signoff is None and rule.signoff:
        signoff = _line(case, brand, "signoff") or brand.voice.signoff
    if style.greeting is False:
        greeting = None
    return _filled(greeting or "", case, brand) or None, _filled(signoff or "", case, brand) or None


def _line(case: Case, brand: Brand, role: str) -> str | None:
    seen = case.triage
    assert seen is not None
    address, channel = brand.address_for(case.message.channel, seen.country), case.message.channel
    named = first_name(case.message.author) is not None
    fitting = [
        line
        for line in brand.lines
        if line.role == role
        and line.language == seen.language
        and line.address in (None, address)
        and (not line.channels or channel in line.channels)
        and (not line.kinds or seen.kind in line.kinds)
        and (named or "{name}" not in line.text)
    ]
    fitting.sort(key=lambda line: (not line.channels, not line.kinds, not line.address, "{name}" not in line.text))
    return fitting[0].text if fitting else None


def _filled(text: str, case: Case, brand: Brand) -> str:
    """A brand's template filled in; '' where it needs something that is not known."""
    seen = case.triage
    team = brand.team(seen.team if seen else None)
    name = first_name(case.message.author)
    known = {"name": name, "company": brand.voice.company or None, "team": team.name if team else None}
    if not name:  # «Hola, {name}:» → «Hola:»
        text = re.sub(r",?\s*\{name\}", "", text)
    if any(known.get(slot) is None for slot in _PLACEHOLDER.findall(text)):
        return ""
    return _PLACEHOLDER.sub(lambda match: known[match[1]] or "", text).strip()


_TITLES = frozenset("sr sra srta don dona dr dra lic ing mr mrs ms senor senora arq prof".split())


def first_name(author: str) -> str | None:
    """The name to greet with; None for handles, initials and anything that is not a name."""
    for word in author.strip().split()[:3]:
        bare = word.strip(".,")
        if fold(bare) in _TITLES:
            continue
        named = len(bare) > 1 and all(char.isalpha() or char in "-'’" for char in bare)
        return bare if named and bare[0].isupper() and not bare.isupper() else None
    return None


def _first(*values: int | None) -> int:
    return next((value for value in values if value is not None), 0)


def _draft(case: Case, brand: Brand, client: Client, answer: Answer[WrittenReply]) -> Draft:
    body = _sentences(case, answer.value)
    if not any(re.search(r"[^\W\d_]{2}", sentence.text) for sentence in body):
        raise ModelError(f"{client.model} wrote no sentence.")
    reply, sentences = compose(case, brand, body)
    usage = answer.usage
    return Draft(
        reply=reply,
        sentences=sentences,
        unanswered=_unanswered(case, answer.value),
        writer="model",
        provenance={
            "model": answer.model,
            "endpoint": client.endpoint,
            "prompts": answer.prompts,
            "repaired": answer.repaired,
            **usage.model_dump(),
        },
    )


def _sentences(case: Case, written: WrittenReply) -> list[Sentence]:
    """The model's sentences cut into single ones, without the marks that do not belong in a reply, each once."""
    ids = [passage.id for passage in offered(case)]
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
                made.append(Sentence(text=piece, kind=_kind(item.kind, piece), citations=tuple(cited)))
    return made


def _kind(said: SentenceKind, text: str) -> SentenceKind:
    """The model's word for it, except that a sentence with a figure in it is no mere courtesy."""
    return "fact" if said == "courtesy" and _FIGURE.search(text) else said


def compose(case: Case, brand: Brand, body: Iterable[Sentence]) -> tuple[str, tuple[Sentence, ...]]:
    """Greeting, body and sign-off as one text, each sentence with its exact offsets."""
    greeting, signoff = frame(case, brand)
    sentences = _without_frame(list(body), greeting, signoff)
    inline = channels.rule(case.message.channel).inline
    parts: list[tuple[str, Sentence]] = []
    for n, sentence in enumerate(sentences):
        turn = n > 0 and not inline and _new_paragraph(sentences, n)
        parts.append(("\n\n" if turn else " ", sentence))
    if greeting:
        if parts:
            parts[0] = (" " if inline else "\n\n", parts[0][1])
        parts.insert(0, ("", Sentence(text=greeting, kind="courtesy")))
    if signoff:
        parts.append((" " if inline else "\n\n", Sentence(text=signoff, kind="courtesy")))
    text, placed = "", list[Sentence]()
    for gap, sentence in parts:
        text += gap if text else ""
        start, end = len(text), len(text) + len(sentence.text)
        placed.append(sentence.model_copy(update={"start": start, "end": end}))
        text += sentence.text
    return text, tuple(placed)


def _new_paragraph(sentences: list[Sentence], n: int) -> bool:
    """A letter breathes where the courtesy gives way to the facts, and before what closes it."""
    if len(sentences) < 4:
        return False
    heavy = [bool(sentence.citations) for sentence in sentences]
    return (heavy[n] and not any(heavy[:n])) or (heavy[n - 1] and not any(heavy[n:]))


def _without_frame(body: list[Sentence], greeting: str | None, signoff: str | None) -> list[Sentence]:
    """The body without a greeting or signature that the model wrote all the same."""
    start, end = 0, len(body)
    if greeting and body and _alike(body[0].text, greeting):
        start = 1
    while end - 1 > start and signoff and _alike(body[end - 1].text, signoff):
        end -= 1
    return body[start:end]


def _alike(text: str, line: str) -> bool:
    one, other = set(_words(text)), set(_words(line))
    return bool(one) and len(one) <= len(other) + 2 and len(one & other) * 2 >= len(one)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))


def _unanswered(case: Case, written: WrittenReply) -> tuple[Unanswered, ...]:
    """The asks that the model says it left open, by number; a text of its own stands as it is."""
    asks = case.evidence.asks[:MAX_ASKS]
    team = case.triage.team if case.triage else None
    found: dict[str, Unanswered] = {}
    for item in written.unanswered:
        match = re.fullmatch(r"\s*a?\s*(\d{1,3})\s*", item)
        if match and 0 < int(match[1]) <= len(asks):
            text = asks[int(match[1]) - 1].ask.text
            found.setdefault(text, Unanswered(ask=text, team=team))
    return tuple(found.values())
