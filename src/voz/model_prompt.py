"""What the model is told about a case: only what the customer may know, and not more than it can read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voz import channels
from voz.brand import Brand
from voz.case import Case, Passage
from voz.framing import frame, voice_lines
from voz.writing_desk import Desk

MAX_PASSAGES = 8
MAX_PASSAGE_CHARS = 9_000
MAX_MESSAGE_CHARS = 6_000
MAX_ASKS = 12
MAX_CURRENT_CHARS = 4_000


def prompt_values(desk: Desk, examples: Sequence[str] = ()) -> dict[str, Any]:
    """Everything that `draft.jinja` needs, and nothing that the customer may not know."""
    case, brand, seen = desk.case, desk.brand, desk.triage
    message, style, wish = case.message, brand.style(case.message.channel), case.wish
    voice, address = brand.voice, brand.address_for(message.channel, seen.country)
    greeting, signoff = frame(desk)
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
        "sentences_max": wish.max_sentences if wish and wish.max_sentences else style.max_sentences,
        "room": max(80, _wished_room(case, brand) - sum(len(part.text) + 2 for part in (*greeting, *signoff))),
        "greeting": greeting[0].text if greeting else None,
        "name": desk.slots["name"],
        "lines": voice_lines(desk),
        "examples": examples,
        "wish": wish.text if wish else "",
        "current": (case.draft.reply or "")[:MAX_CURRENT_CHARS] if wish and case.draft else "",
        "goes_on": desk.goes_on,
        "thread": [{"from_company": turn.from_company, "text": turn.text[:1500]} for turn in message.thread[-4:]],
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


def _wished_room(case: Case, brand: Brand) -> int:
    wish = case.wish
    wished = [n for n in (wish.aim, wish.max_chars) if n] if wish else []
    return min([_room(case, brand), *wished])


def _first(*values: int | None) -> int:
    return next((value for value in values if value is not None), 0)
