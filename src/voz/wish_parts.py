"""What the extractive writer does with a wish, on the parts of a reply before they are fitted to the channel.

Courtesies come and go as asked; an answer goes only when it is named, and a condition never goes alone.
"""

from __future__ import annotations

import re
from dataclasses import replace

from voz import channels
from voz.case import Channel, Wish
from voz.conversation import apologises
from voz.details import regex
from voz.letter import Part, render
from voz.passage_words import generic_terms, pattern, terms
from voz.quantities import quantities
from voz.sentences import split_sentences
from voz.text import fold, stems
from voz.writing_desk import Desk


def wished(desk: Desk, parts: list[Part]) -> list[Part]:
    """The parts as the reviewer wishes them, as far as they can be."""
    wish = desk.case.wish
    if wish is None:
        return parts
    parts = _apologetic(desk, wish, parts)
    parts = _warmed(desk, wish, parts)
    parts = _without(wish, parts)
    if wish.plain:
        parts = [replace(part, text=part.short) if part.short else part for part in parts]
    if desk.tone.emotion not in ("calm", "grateful") or FELT & desk.tone.topics:
        # who is in trouble is not told a rule and nothing else
        parts = [replace(part, drop=4) if part.place == "open" and part.drop == 8 else part for part in parts]
    return _shortened(wish, parts, desk.case.message.channel)


LIMITS = ("strong", "all_others")
FELT = frozenset({"bereavement", "hardship", "pain", "theft"})


def _after_greeting(parts: list[Part]) -> int:
    return next((n for n, part in enumerate(parts) if part.place != "greeting"), len(parts))


def _before_signoff(parts: list[Part]) -> int:
    return len(parts) - 1 if parts and parts[-1].place == "signoff" else len(parts)


# ── apologies and warmth ──


def _apologetic(desk: Desk, wish: Wish, parts: list[Part]) -> list[Part]:
    if wish.apology is None or (wish.apology and desk.crisis):
        return parts
    made = [part for part in parts if part.place == "open" and apologises(part.text)]
    if not wish.apology:
        return [part for part in parts if part not in made]
    line = made[0].text if made else desk.line("apology") or desk.line("apology", topic="wished")
    if not line:
        return parts
    kept = [part for part in parts if part not in made[:1]]
    at = _after_greeting(kept)
    return [*kept[:at], Part(line, "open", drop=3), *kept[at:]]


def _warmed(desk: Desk, wish: Wish, parts: list[Part]) -> list[Part]:
    troubled = desk.tone.kind in ("complaint", "mixed")
    if wish.warmth < 0:
        pleasing = (("next", 9), *(() if troubled else (("open", 8),)))
        return [part for part in parts if (part.place, part.drop) not in pleasing]
    if not wish.warmth or desk.crisis:
        return parts
    grave = "bereavement" in desk.tone.topics
    opening = [part for part in parts if part.place == "open"]
    kept = [replace(part, drop=4) if part.place == "open" and part.drop == 8 else part for part in parts]
    if (troubled or not opening) and (line := desk.line("acknowledge", topic="warm")):
        at = _after_greeting(kept) + len(opening)
        kept = [*kept[:at], Part(line, "open", drop=4), *kept[at:]]
    public_way = desk.case.message.is_public and any(part.place == "next" for part in kept)
    if not grave and not public_way and (line := desk.line("closing", topic="warm")):
        kept = [part for part in kept if not (part.place == "next" and part.drop == 9)]
        at = _before_signoff(kept)
        kept = [*kept[:at], Part(line, "next", drop=8), *kept[at:]]
    return _within_words(desk, parts, kept)


def _within_words(desk: Desk, parts: list[Part], warmer: list[Part]) -> list[Part]:
    """The warmer parts, less what would pass the brand's own number of words for the channel."""
    channel = desk.case.message.channel
    most = desk.brand.style(channel).max_words
    added = [part for part in warmer if part.text not in {one.text for one in parts}]
    while most and added and len(render(warmer, channel)[0].split()) > most:
        warmer = _without_one(warmer, added.pop())
    return warmer


# ── what is left out ──


def _without(wish: Wish, parts: list[Part]) -> list[Part]:
    for thing in wish.omit:
        parts = [left for part in parts if (left := _cut(part, thing)) is not None]
    return parts


def _cut(part: Part, thing: str) -> Part | None:
    """The part without the sentences that speak of a thing; None where nothing is left of it."""
    if part.place in ("greeting", "signoff", "missing") or not speaks_of(part.text, thing):
        return part
    if part.whole or part.kind == "courtesy":
        return None  # a courtesy's sentences lean on each other
    text = _cut_text(part.text, thing)
    if not text:
        return None
    short = _cut_text(part.short, thing) if part.short else ""
    return replace(part, text=text, short=short if len(short) < len(text) else "")


def _cut_text(text: str, thing: str) -> str:
    """A text without its sentences on a thing; one that limits what is left, or that the rest leans on, stays."""
    pieces = [text[start:end] for start, end in split_sentences(text)]
    gone = [speaks_of(piece, thing) for piece in pieces]
    if all(gone):
        return ""
    for n, piece in enumerate(pieces):
        plain = fold(piece)
        limits = pattern("qualifier").match(plain) or any(pattern(name).search(plain) for name in LIMITS)
        held = n + 1 < len(pieces) and not gone[n + 1] and pattern("anaphora").match(fold(pieces[n + 1]))
        if gone[n] and (limits or held):
            gone[n] = False
    return " ".join(piece for piece, out in zip(pieces, gone, strict=True) if not out)


def speaks_of(text: str, thing: str) -> bool:
    """Whether a text holds the words named, or all that they speak of."""
    plain, named = fold(text), fold(thing).strip(" .,;:!?¡¿")
    if len(named) > 2 and re.search(rf"(?<!\w){re.escape(named)}(?!\w)", plain):
        return True
    wanted = frozenset(stems(thing, "es")) - frozenset(stem for stem in stems(thing, "es") if not terms(stem))
    said = (frozenset(stems(text[start:end], "es")) for start, end in split_sentences(text))
    return bool(wanted) and any(wanted <= one for one in said)


# ── how long ──


def _shortened(wish: Wish, parts: list[Part], channel: Channel) -> list[Part]:
    """Smaller step by step until it is as short as wished.

    «Más breve» costs pleasantries and sentences that state no figure, limit or contact. Where a number is named,
    or it was asked twice, asides and the acknowledgement go too, and a clause takes its tightest true form. The
    answer itself, or an honest «no lo sabemos», never goes.
    """
    while _too_long(wish, parts, channel):
        smaller = _step(parts, wish)
        if smaller is None:
            break
        parts = smaller
    return parts


def _too_long(wish: Wish, parts: list[Part], channel: Channel) -> bool:
    used = len(render(parts, channel)[0])
    if any(limit and used > limit for limit in (wish.aim, wish.max_chars)):
        return True
    return bool(wish.max_sentences) and body_sentences(parts) > (wish.max_sentences or 0)


def body_sentences(parts: list[Part]) -> int:
    """Sentences as a reader counts them, greeting and sign-off apart."""
    return sum(channels.count_sentences(p.text) for p in parts if p.place not in ("greeting", "signoff"))


def _step(parts: list[Part], wish: Wish) -> list[Part] | None:
    body = [part for part in parts if part.place not in ("greeting", "signoff")]
    named = bool(wish.max_chars or wish.max_sentences)
    for drop in (9, 8, 6):
        if found := [part for part in body if part.drop == drop and part.kind == "courtesy"]:
            return _without_one(parts, found[-1])
    for part in body:
        if part.kind == "fact" and not part.whole and len(bare := _bare(part)) < len(part.text):
            return [replace(one, text=bare) if one is part else one for one in parts]
    if not named:
        return None
    if asides := [part for part in body if part.drop == 5]:
        return _without_one(parts, asides[-1])
    loose = [part for part in body if part.short and len(part.short) < len(part.text)]
    if loose:
        longest = max(loose, key=lambda part: len(part.text) - len(part.short))
        return [replace(part, text=part.short) if part is longest else part for part in parts]
    going = [part for part in body if part.kind == "courtesy" and part.place in ("open", "next") and part.drop >= 3]
    if wish.apology:
        going = [part for part in going if part.drop > 3]
    return _without_one(parts, going[0]) if going and len(body) > 1 else None


def _without_one(parts: list[Part], gone: Part) -> list[Part]:
    return [part for part in parts if part is not gone]


def _bare(part: Part) -> str:
    """An answer without the sentences that state no figure, limit or contact and do not speak of what was asked."""
    pieces = [part.text[start:end] for start, end in split_sentences(part.text)]
    asked = terms(part.ask) - generic_terms()
    kept = [n == 0 or _tells(piece) or bool(asked & terms(piece)) for n, piece in enumerate(pieces)]
    for n in range(len(pieces) - 1, 0, -1):
        if kept[n] and pattern("anaphora").match(fold(pieces[n])):
            kept[n - 1] = True
    return " ".join(piece for piece, keep in zip(pieces, kept, strict=True) if keep)


def _tells(piece: str) -> bool:
    plain = fold(piece)
    limits = any(pattern(name).search(plain) for name in ("negation", "strong", "all_others"))
    return bool(limits or pattern("qualifier").match(plain) or quantities(piece) or regex("reach").search(piece))
