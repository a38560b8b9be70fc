"""What each channel holds and how it counts: characters, bytes, X's weighted characters, SMS segments.

The figures are data (`data/channels.yaml`); the brand's own `ChannelStyle` can only narrow them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache
from typing import Literal, NamedTuple

from voz.brand import ChannelStyle
from voz.case import Channel, Frozen
from voz.packaged import packaged

Unit = Literal["characters", "bytes", "weighted", "segments"]

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE = frozenset("^{}\\[~]|€\f")
# A full stop, question or exclamation mark that closes a sentence, not one inside "12.90" or "S.L.".
_SENTENCE_END = re.compile(r"(?<![A-ZÁÉÍÓÚÑ])[.!?…]+(?=\s|$)")

# What X may weigh other than one: characters outside its light ranges, and anything like a link.
_HEAVY = re.compile("[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]|\\w\\.\\w")


class ChannelRule(Frozen):
    """One row of `data/channels.yaml`; its comments say what each field means."""

    limit: int | None
    unit: Unit
    comfort: int
    inline: bool
    signoff: bool
    reach: Literal["dm", "contact", "account", "here"]


class Length(NamedTuple):
    used: int
    limit: int | None
    unit: Unit


@cache
def _rules() -> dict[str, ChannelRule]:
    raw = packaged("channels")
    return {name: ChannelRule.model_validate(row) for name, row in raw.items()}


def rule(channel: Channel) -> ChannelRule:
    """The platform's rule for a channel."""
    return _rules()[channel]


def length(text: str, channel: Channel) -> Length:
    """How much of the channel's own limit a text uses, in the unit that the platform counts in."""
    found = rule(channel)
    return Length(_count(text, found.unit), found.limit, found.unit)


def fits(text: str, channel: Channel, style: ChannelStyle | None = None) -> bool:
    """Whether the platform takes the text and the brand's style for the channel allows it."""
    used, limit, _ = length(text, channel)
    if limit is not None and used > limit:
        return False
    if style is None:
        return True
    if style.max_chars is not None and len(text) > style.max_chars:
        return False
    return style.max_sentences is None or count_sentences(text) <= style.max_sentences


def comfortable(text: str, channel: Channel, style: ChannelStyle | None = None) -> bool:
    """Whether the text also reads at ease there; a brand's own length overrides the packaged one."""
    found = rule(channel)
    if not fits(text, channel, style):
        return False
    own = style is not None and style.max_chars is not None
    return own or _count(text, found.unit) <= found.comfort


def count_sentences(text: str) -> int:
    """Sentences as a reader counts them; a line without a closing mark (a sign-off) is one too."""
    count = 0
    for line in text.splitlines():
        stripped = line.strip()
        if stripped:
            ends = len(_SENTENCE_END.findall(stripped))
            count += ends + (not stripped.endswith((".", "!", "?", "…")))
    return count


def sms_segments(text: str) -> int:
    """SMS segments: GSM-7 holds 160 (153 each when several), any other character makes it UCS-2: 70 (67)."""
    if all(char in _GSM7 or char in _GSM7_TWICE for char in text):
        units = sum(2 if char in _GSM7_TWICE else 1 for char in text)
        single, several = 160, 153
    else:
        units = len(text.encode("utf-16-be", "surrogatepass")) // 2
        single, several = 70, 67
    return 1 if units <= single else math.ceil(units / several)


def _count(text: str, unit: Unit) -> int:
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    if unit == "weighted":
        return _weighted(text)
    return sms_segments(text) if unit == "segments" else len(text)


def _weighted(text: str) -> int:
    if len(text) > 20_000:  # the parser is slow on huge texts, and those never fit anyway
        return len(text)
    if not _HEAVY.search(text):  # no link, emoji or wide character: each counts one, in composed form
        return len(unicodedata.normalize("NFC", text))
    from twitter_text import parse_tweet

    return int(parse_tweet(text).weightedLength)
