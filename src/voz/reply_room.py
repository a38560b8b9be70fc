"""How much of a reply its answers may take, and each of them."""

from __future__ import annotations

from dataclasses import dataclass

from voz import channels
from voz.brand import ChannelStyle
from voz.case import Channel
from voz.sentences import split_sentences

MOST = 5
"""Sentences for one ask where it is the only one."""
COURTESY, LEAST, ENOUGH_CHARS = 140, 130, 620
"""Characters that courtesies take of a reply, and the least and most that one ask may take."""


@dataclass(frozen=True)
class Room:
    """How much may still be said to one ask."""

    sentences: int
    chars: int

    def less(self, text: str) -> Room:
        return Room(self.sentences - len(list(split_sentences(text))), self.chars - len(text))


def room_for(channel: Channel, style: ChannelStyle) -> int:
    """The characters that answers may take of a reply on this channel, courtesies apart."""
    rule = channels.rule(channel)
    limit = style.max_chars or {"segments": 300, "bytes": rule.comfort}.get(rule.unit, rule.comfort)
    return limit - COURTESY


def share_of(left: int, asks: int) -> Room:
    """What one ask may take of what is left, when so many asks are still to be answered."""
    return Room(MOST if asks < 2 else MOST - 1, max(LEAST, min(ENOUGH_CHARS, left // max(1, min(3, asks)))))
