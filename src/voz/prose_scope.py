"""Which channels, kinds of message and moods a sentence of a brand guide is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from voz.case import Channel, Kind, Risk
from voz.prose_read import lexicon


@dataclass(frozen=True)
class Scope:
    """A list of channels or kinds named together, where it stands, and how special each mention is."""

    start: int
    end: int
    channels: tuple[tuple[Channel, int], ...] = ()
    """(channel, number of channels its mention named): the fewer, the more it says."""
    kinds: tuple[Kind, ...] = ()
    rest: bool = False


@cache
def _channel_words() -> tuple[tuple[re.Pattern[str], tuple[Channel, ...]], ...]:
    return tuple(
        (re.compile(rf"(?<![\w@.])(?:{entry['say']})(?![\w@])"), tuple(entry["mean"]))
        for entry in lexicon("channels")["mentions"]
    )


@cache
def _label_words(group: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = lexicon("kinds")[group]
    return tuple((label, re.compile(rf"(?<!\w)(?:{'|'.join(words)})")) for label, words in table.items())


@cache
def _glue() -> re.Pattern[str]:
    return re.compile(lexicon("channels")["glue"])


@cache
def _rest() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(lexicon('cues')['rest'])})")


def kinds_in(plain: str) -> tuple[Kind, ...]:
    found = [(m.start(), label) for label, words in _label_words("kinds") if (m := words.search(plain))]
    return tuple(cast(Kind, label) for _, label in sorted(found))


def risks_in(plain: str) -> tuple[Risk, ...]:
    return tuple(cast(Risk, label) for label, words in _label_words("risks") if words.search(plain))


def channels_in(plain: str) -> tuple[Channel, ...]:
    named = [channel for scope in scopes(plain) for channel, _ in scope.channels]
    return tuple(dict.fromkeys(named))


def scopes(plain: str) -> tuple[Scope, ...]:
    """The groups of channels and kinds of a sentence, in order; mentions of one list make one group."""
    spots: list[Scope] = []
    for words, channels in _channel_words():
        for match in words.finditer(plain):
            if not any(spot.start < match.end() and match.start() < spot.end for spot in spots):
                spots.append(Scope(match.start(), match.end(), tuple((c, len(channels)) for c in channels)))
    for label, pattern in _label_words("kinds"):
        for match in pattern.finditer(plain):
            if not any(spot.start < match.end() and match.start() < spot.end for spot in spots):
                spots.append(Scope(match.start(), match.end(), kinds=(cast(Kind, label),)))
    spots += [Scope(m.start(), m.end(), rest=True) for m in _rest().finditer(plain)]
    joined: list[Scope] = []
    for spot in sorted(spots, key=lambda s: s.start):
        between = plain[joined[-1].end : spot.start] if joined else "."
        alike = joined and bool(joined[-1].rest) == spot.rest
        if alike and (_glue().fullmatch(between) or _bridge(joined[-1], spot, between)):
            last = joined[-1]
            joined[-1] = Scope(last.start, spot.end, last.channels + spot.channels, last.kinds + spot.kinds, last.rest)
        else:
            joined.append(spot)
    return tuple(joined)


def _bridge(last: Scope, spot: Scope, between: str) -> bool:
    """Whether both are items of one list with other things between: «quejas, accidentes, garantías»."""
    if not (last.kinds and (spot.channels or spot.kinds)) and not (last.channels and spot.kinds):
        return False
    return len(between) < 40 and re.fullmatch(r"[\s,]*(?:(?:[\w]+,? )?(?:y|e|o|por|en|em|a)\s)?", between) is not None


def pair(groups: Sequence[Scope], contents: Sequence[tuple[int, int]]) -> dict[int, int]:
    """For each group, the content (a number, a phrase) that it goes with, by how the sentence is built.

    «En X, 280; en correo, 900» names the scope first; «un emoji en chat, ninguno en X» the content.
    """
    if not groups or not contents:
        return {}
    content_first = contents[0][0] < groups[0].start
    chosen: dict[int, int] = {}
    for place, group in enumerate(groups):
        before = [i for i, (_, end) in enumerate(contents) if end <= group.start]
        limit = groups[place + 1].start if place + 1 < len(groups) else 1 << 30
        after = [i for i, (start, _) in enumerate(contents) if group.end <= start < limit]
        order = (before[-1:], after[:1]) if content_first else (after[:1], before[-1:])
        found = order[0] or order[1]
        if found:
            chosen[place] = found[0]
    return chosen
