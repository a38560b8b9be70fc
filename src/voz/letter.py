"""Parts of a reply put together and fitted to the channel: the least important goes first, a condition never."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from voz import channels
from voz.brand import ChannelStyle
from voz.case import Channel, Sentence, SentenceKind
from voz.sentences import split_sentences

Place = Literal["greeting", "open", "answer", "missing", "next", "signoff"]
_MATTER: tuple[Place, ...] = ("answer", "missing", "next", "open")
_COMMITMENT = re.compile(r"\b(?:te|le|se l[oa]s?) \w+(?:amos|emos|imos)\b")


@dataclass(frozen=True)
class Part:
    """One piece of the reply. `drop`: the higher, the sooner it goes; 0 never goes."""

    text: str
    place: Place
    kind: SentenceKind = "courtesy"
    citations: tuple[str, ...] = ()
    short: str = ""
    ask: str = ""
    whole: bool = False
    drop: int = 0


def fit(
    parts: list[Part], channel: Channel, style: ChannelStyle, too_long: str
) -> tuple[str, tuple[Sentence, ...], list[Part]]:
    """The reply, its sentences with exact offsets, and the answers that did not fit."""
    fitted, dropped = _fit(parts, channel, style, too_long)
    facts = [part for part in parts if part.kind == "fact"]
    if facts and not any(part.kind == "fact" for part in fitted):
        # no clause fits: the courtesies that made way for them come back
        rest = [part for part in parts if part.kind != "fact"]
        reach = channels.rule(channel).reach
        if too_long and reach == "dm" and not any(part.place == "next" for part in rest):
            rest.insert(_before_signoff(rest), Part(too_long, "next", drop=1))
        fitted, _ = _fit(rest, channel, style, "")
        dropped = facts
    if not any(part.place in _MATTER for part in fitted):
        fitted = _least(parts, channel, style) or fitted
    text, sentences = render(fitted, channel)
    return text, sentences, dropped


def _least(parts: list[Part], channel: Channel, style: ChannelStyle) -> list[Part]:
    """Where nothing but a greeting would be left: the one courtesy that says most and fits alone."""
    order = sorted((p for p in parts if p.place in _MATTER and p.kind != "fact"), key=lambda p: _MATTER.index(p.place))
    return next(([part] for part in order if channels.fits(render([part], channel)[0], channel, style)), [])


def _fit(parts: list[Part], channel: Channel, style: ChannelStyle, too_long: str) -> tuple[list[Part], list[Part]]:
    dropped: list[Part] = []
    while not _settled(parts, channel, style):
        smaller = _reduce(parts, channel, style)
        if smaller is None:
            break
        kept = {(p.ask, p.citations) for p in smaller}
        lost = [part for part in parts if part.kind == "fact" and (part.ask, part.citations) not in kept]
        if lost and too_long and not any(p.place == "next" for p in smaller) and channels.rule(channel).reach == "dm":
            smaller.insert(_before_signoff(smaller), Part(too_long, "next", drop=1))
        dropped += lost
        parts = smaller
    return parts, dropped


def _settled(parts: list[Part], channel: Channel, style: ChannelStyle) -> bool:
    text, _ = render(parts, channel)
    if channels.comfortable(text, channel, style):
        return True
    optional = any(part.drop >= 5 or (part.short and part.short != part.text) for part in parts)
    return channels.fits(text, channel, style) and not optional


def _reduce(parts: list[Part], channel: Channel, style: ChannelStyle) -> list[Part] | None:
    """One step smaller: courtesies that only please, then the tight form of a clause, then the rest."""
    text, _ = render(parts, channel)
    fits = channels.fits(text, channel, style)
    droppable = [part for part in parts if part.drop >= 8] or [part for part in parts if part.drop == 6]
    if droppable:
        return _without(parts, max(droppable, key=lambda part: part.drop))
    beside = [part for part in parts if part.drop == 5]
    if beside:
        return _without(parts, beside[-1])
    loose = [part for part in parts if part.short and len(part.short) < len(part.text)]
    if loose:
        longest = max(loose, key=lambda part: len(part.text) - len(part.short))
        return [replace(part, text=part.short) if part is longest else part for part in parts]
    if fits:
        return [replace(part, drop=min(part.drop, 4)) for part in parts]
    left = [part for part in parts if part.drop > 0]
    if not left:
        return None
    worst = max(part.drop for part in left)
    return _without(parts, [part for part in left if part.drop == worst][-1])


def _without(parts: list[Part], gone: Part) -> list[Part]:
    return [part for part in parts if part is not gone]


def _before_signoff(parts: list[Part]) -> int:
    return len(parts) - 1 if parts and parts[-1].place == "signoff" else len(parts)


def render(parts: list[Part], channel: Channel) -> tuple[str, tuple[Sentence, ...]]:
    """Text and sentences; a paragraph per place and answer where the channel has room for paragraphs."""
    inline = channels.rule(channel).inline
    text = ""
    sentences: list[Sentence] = []
    previous: Part | None = None
    for part in parts:
        said = part.text.strip()
        if not said:
            continue
        if inline and part.place == "greeting" and len(parts) > 1:
            said = re.sub(r"[:,]$", ".", said)
        text += _gap(previous, part, inline)
        start = len(text)
        text += said
        sentences += _sentences(said, start, part)
        previous = part
    return text, tuple(sentences)


def _gap(previous: Part | None, part: Part, inline: bool) -> str:
    if previous is None:
        return ""
    if inline and part.place != "signoff":
        return " "
    if inline:
        return "\n"
    return " " if previous.place == part.place and part.place in ("open", "missing") else "\n\n"


def _sentences(said: str, start: int, part: Part) -> list[Sentence]:
    spans = [(0, len(said))] if part.whole else list(split_sentences(said)) or [(0, len(said))]
    made = []
    for first, last in spans:
        piece = said[first:last]
        kind: SentenceKind = part.kind
        if part.kind == "fact" and _COMMITMENT.search(piece):
            kind = "commitment"
        elif part.kind == "courtesy" and piece.rstrip().endswith("?"):
            kind = "question"
        made.append(Sentence(text=piece, kind=kind, citations=part.citations, start=start + first, end=start + last))
    return made
