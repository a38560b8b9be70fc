"""Courtesy lines chosen and filled: the brand's own first, the packaged ones where it has none.

The choice is by fit (topic, risk, emotion, country, slots filled) and, among lines that fit alike,
by a hash of the message, so that replies do not sound alike and the same message gives the same reply.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from voz.brand import Brand, Line, LineRole
from voz.case import Address, Channel, Emotion, Frozen, Kind, Risk
from voz.details import say
from voz.packaged import packaged
from voz.sentences import split_sentences
from voz.text import words

LANGUAGES = ("es", "pt", "en", "ca")
_SLOT = re.compile(r"\{(\w+)\}")
_HOLE = "holehole"
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\ufe0f]")
_CONTRACTIONS = {
    "es": ((r"\b([Aa]) el (?=\w)", r"\1l "), (r"\b([Dd])e el (?=\w)", r"\1el ")),
    "pt": ((r"\ba a (?=\w)", "à "), (r"\ba o (?=\w)", "ao "), (r"\bde a (?=\w)", "da ")),
    "ca": ((r"\ba el (?=\w)", "al "), (r"\bde el (?=\w)", "del ")),
}
_WEIGHT = {
    "event": 4,
    "wait": 3,
    "staff": 3,
    "mail": 3,
    "idea": 3,
    "person": 2,
    "occasion": 2,
    "thing": 2,
    "praise": 2,
    "about": 2,
    "detail": 2,
}


class PackedLine(Frozen):
    """A packaged line: as a brand's `Line`, with more slots, and limited by country or to one address."""

    role: LineRole
    text: str
    language: str = "es"
    kinds: tuple[Kind, ...] = ()
    emotions: tuple[Emotion, ...] = ()
    channels: tuple[Channel, ...] = ()
    topics: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()
    countries: tuple[str, ...] = ()
    only: Address | None = None


@dataclass(frozen=True)
class Tone:
    """All that decides which line fits."""

    language: str
    address: Address
    country: str
    channel: Channel
    kind: Kind
    emotion: Emotion
    topics: frozenset[str]
    risks: tuple[Risk, ...]
    seed: str
    crisis: bool = False
    """Only lines written for the risk may hand the case over or ask for a way to talk."""
    never: tuple[str, ...] = ()
    exclamations: int = 0
    emojis: int = 0


@cache
def lines_for(language: str, role: LineRole) -> tuple[PackedLine, ...]:
    return tuple(line for line in packed_lines(language) if line.role == role)


@cache
def packed_lines(language: str) -> tuple[PackedLine, ...]:
    lines = []
    for group in (*packaged(f"lines/{language}"), *packaged(f"desk/lines.{language}")):
        shared = {key: value for key, value in group.items() if key != "any"}
        lines += [PackedLine(text=text, language=language, **shared) for text in group["any"]]
    return tuple(lines)


def note(name: str, **values: str) -> str:
    """What the reviewer is told, filled in; braces in the values stay as they are."""
    return _SLOT.sub(lambda match: values[match[1]], packaged("rewrite_notes")[name])


def choose(
    brand: Brand, tone: Tone, role: LineRole, slots: Mapping[str, str], topic: str = "", salt: str = ""
) -> str | None:
    """The line for a role, filled; None where no line fits. `topic` asks for a joint of that topic only."""
    own = tuple(line for line in brand.lines if line.role == role and line.address in (None, tone.address))
    packed = lines_for(tone.language if tone.language in LANGUAGES else "es", role)
    for lines in (own, packed):
        scored = [(score, line) for line in lines if (score := _score(line, tone, role, slots, topic)) is not None]
        if scored:
            best = max(score for score, _ in scored)
            fitting = [line for score, line in scored if score == best]
            return fill(fitting[_pick(tone.seed + role + topic + salt, len(fitting))].text, tone, slots)
    return None


def is_line(text: str, brand: Brand, address: Address) -> bool:
    """Whether a sentence is a line of the brand's or a packaged one, whatever it was filled with but a figure."""
    return _all_lines(brand.lines, address).fullmatch(" ".join(words(text))) is not None


@lru_cache(maxsize=8)
def _all_lines(own: tuple[Line, ...], address: Address) -> re.Pattern[str]:
    packed = [line.text for language in LANGUAGES for line in packed_lines(language)]
    whole = [say(_SLOT.sub(_HOLE, text), address) for text in (*(line.text for line in own), *packed)]
    told = {" ".join(words(text[start:end])) for text in whole for start, end in split_sentences(text)} - {_HOLE, ""}
    joined = "|".join(re.sub(rf"\b(de|a) {_HOLE}", rf"\1l? {_HOLE}", one) for one in sorted(told))
    return re.compile(joined.replace(_HOLE, r"[^\d]{1,60}?"))


def _pick(seed: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode("utf-8", "replace")).digest()[:8], "big") % size


def _score(line: Line | PackedLine, tone: Tone, role: LineRole, slots: Mapping[str, str], topic: str) -> float | None:
    if line.role != role or line.language != tone.language:
        return None
    needed = _slots(line.text)
    if any(not slots.get(slot) for slot in needed):
        return None
    if line.topics and "event" in needed and slots.get("event_topic", "") not in ("", *line.topics):
        return None  # «al abrir la caja» is said of what came in it, not of a silence
    if tone.crisis and role in ("consult", "private") and not line.risks:
        return None
    topics = frozenset({topic}) if topic else tone.topics
    if topic and topic not in line.topics:
        return None
    if line.topics and not topics & set(line.topics):
        return None
    for allowed, value in ((line.kinds, tone.kind), (line.emotions, tone.emotion), (line.channels, tone.channel)):
        if allowed and value not in allowed:
            return None
    if line.risks and not set(line.risks) & set(tone.risks):
        return None
    score = (
        3.0 * bool(line.topics)
        + 6.0 * bool(line.risks)
        + bool(line.emotions)
        + sum(_WEIGHT.get(slot, 1) for slot in needed)
    )
    if isinstance(line, PackedLine):
        if line.countries and tone.country not in line.countries:
            return None
        if line.only and line.only != tone.address:
            return None
        score += 1.5 * bool(line.countries)
    if _forbidden(line.text, tone) or _echoes(line.text, needed, slots):
        return None
    return score


def _echoes(text: str, needed: tuple[str, ...], slots: Mapping[str, str]) -> bool:
    """Whether a telling word of the line would stand twice: «con la caja rota no es … al abrir la caja»."""
    own = {word for word in words(_SLOT.sub(" ", text)) if len(word) > 3}
    return any(own & set(words(slots[slot])) for slot in needed)


@cache
def _slots(text: str) -> tuple[str, ...]:
    return tuple(_SLOT.findall(text))


def _forbidden(text: str, tone: Tone) -> bool:
    folded = f" {_bare(text, tone.address)} "
    return any(f" {_bare(word, tone.address)} " in folded for word in tone.never)


@lru_cache(maxsize=4096)
def _bare(text: str, address: Address) -> str:
    """Folded words with single blanks, so that phrases are found whole."""
    return " ".join(words(say(text, address)))


def fill(text: str, tone: Tone, slots: Mapping[str, str]) -> str:
    """The line as it is said: register, slots, capitals, contractions, the brand's budget of marks."""
    said = _SLOT.sub(lambda match: slots.get(match[1], ""), say(text, tone.address))
    for pattern, joined in _CONTRACTIONS.get(tone.language, ()):
        said = re.sub(pattern, joined, said)
    if tone.exclamations <= 0:
        said = re.sub(r"¡([^!]*)!", r"\1.", said).replace("!", ".").replace("..", ".")
    if tone.emojis <= 0:
        said = _EMOJI.sub("", said)
    return capital(re.sub(r" {2,}", " ", said).strip())


def capital(text: str) -> str:
    """Capital at the start of each sentence; what a slot began in small letters included."""
    text = re.sub(r"^([¿¡«“]?)([a-záéíóúñ])", lambda m: m[1] + m[2].upper(), text)
    return re.sub(r"([.!?]\s+[¿¡]?)([a-záéíóúñ])", lambda m: m[1] + m[2].upper(), text)
