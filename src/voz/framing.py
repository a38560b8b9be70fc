"""What stands around a model's sentences: the brand's greeting and sign-off, the channel's room, its lines.

All of it is the extractive writer's own, so that both writers open, sound and close alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from voz import extractive, letter
from voz.brand import Brand, LineRole
from voz.case import Case, Sentence, Unanswered
from voz.letter import Part
from voz.names import team_of
from voz.text import fold
from voz.writing_desk import Desk, lay_desk

ROLES: dict[str, tuple[LineRole, ...]] = {
    "complaint": ("acknowledge", "apology"),
    "mixed": ("thanks", "acknowledge", "apology"),
    "question": ("acknowledge",),
    "praise": ("thanks", "closing"),
    "suggestion": ("thanks",),
    "abuse": ("calm",),
}
MAX_LINES = 8


def desk_of(case: Case, brand: Brand) -> Desk:
    """The desk that a case is drafted at; laid once for a draft, it takes a millisecond."""
    assert case.triage is not None, "a case is drafted after triage"
    return lay_desk(case, brand, case.triage)


def frame(desk: Desk) -> tuple[list[Part], list[Part]]:
    """The greeting and the sign-off of this reply, where channel and brand want them."""
    return extractive._greeting(desk), extractive._signoff(desk)


def voice_lines(desk: Desk) -> list[str]:
    """The brand's lines for such a message, filled in, as samples of its tone; the same every time."""
    roles = (*ROLES.get(desk.triage.kind, ()), "unanswered", *(("private",) if desk.case.message.is_public else ()))
    lines = (desk.line(role, salt=salt) for salt in ("", "again") for role in roles)
    return list(dict.fromkeys(line for line in lines if line))[:MAX_LINES]


def left_open(desk: Desk, ask: str) -> Unanswered:
    """An ask that stays unanswered, with the team that knows."""
    passages = next((found.passages for found in desk.case.evidence.asks if found.ask.text == ask), ())
    return Unanswered(ask=ask, team=extractive._team_for(desk, ask, passages))


def open_line(desk: Desk, item: Unanswered) -> list[Sentence]:
    """The brand's way to say that something cannot be answered here, and who will; empty where it has none."""
    line = desk.line("unanswered", team=team_of(desk.brand, item.team, desk.tone.language))
    return [Sentence(text=line, kind="courtesy")] if line else []


def compose(desk: Desk, body: Iterable[Sentence]) -> tuple[str, tuple[Sentence, ...]]:
    """Greeting, body and sign-off as one text, each sentence with its exact offsets.

    Courtesies give way where the channel has no room; a fact never does, so that a check can say it is too long.
    """
    greeting, signoff = frame(desk)
    sentences = _without_frame(list(body), [*greeting, *signoff])
    cited = [n for n, sentence in enumerate(sentences) if sentence.kind in ("fact", "commitment")]
    first, last = (cited[0], cited[-1]) if cited else (len(sentences), len(sentences))
    parts = [
        Part(
            sentence.text,
            "missing" if first <= n <= last else "open",
            kind=sentence.kind,
            citations=sentence.citations,
            drop=_drop(sentence, n),
        )
        for n, sentence in enumerate(sentences)
    ]
    channel = desk.case.message.channel
    reply, placed, _ = letter.fit([*greeting, *parts, *signoff], channel, desk.brand.style(channel), "")
    return reply, placed


def _drop(sentence: Sentence, n: int) -> int:
    if sentence.kind in ("fact", "commitment"):
        return 0
    return 3 if n == 0 else 4 if sentence.kind == "question" else 6


def body_of(desk: Desk, sentences: Sequence[Sentence]) -> list[int]:
    """Which sentences of a reply are neither its greeting nor its sign-off."""
    greeting, signoff = frame(desk)
    framed = [_plain(part.text) for part in (*greeting, *signoff)]
    return [n for n, one in enumerate(sentences) if not any(_plain(one.text) in line for line in framed)]


def _without_frame(body: list[Sentence], parts: list[Part]) -> list[Sentence]:
    """The body without a greeting or signature that the model wrote all the same."""
    framed = [set(_plain(part.text).split()) for part in parts]

    def alike(sentence: Sentence) -> bool:
        said = set(_plain(sentence.text).split())
        few = sentence.kind == "courtesy" and len(said) <= 7
        return few and any(len(said & line) * 2 >= max(1, len(said)) for line in framed)

    start = 1 if body and alike(body[0]) else 0
    end = len(body)
    while end - 1 > start and alike(body[end - 1]):
        end -= 1
    return body[start:end]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", fold(text)))
