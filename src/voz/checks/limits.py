"""The reply fits the channel, and keeps to the brand's budget of length, emojis and exclamations."""

from __future__ import annotations

import re

from voz.brand import Brand
from voz.case import Case, Finding
from voz.checks.reading import MAX_READ, finding, own_words

_PICTURE = (
    "[\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff\u2600-\u27bf\u2b00-\u2bff"
    "\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u25aa-\u25fe\u2934\u2935\u3030\u303d\u3297\u3299]"
)
EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|[0-9#*]\ufe0f?\u20e3"  # keycaps
    f"|{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?(?:\u200d{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?)*"
    "|[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa]\ufe0f"
)
# Signs of plain text that stand among the pictures: bullets, ticks, arrows.
_NOT_EMOJI = frozenset("✓✔✗✘★☆•▪▫◦●○■□►▶◄◀➔➜➤✦✧❖☐☑☒♦✱✽❧❦☎✉")
_EXCLAMATION = re.compile(r"!+")


def emojis(text: str) -> list[tuple[int, int]]:
    """Spans of the emojis; a family, a flag or a skin tone is one."""
    return [m.span() for m in EMOJI.finditer(text) if m[0] not in _NOT_EMOJI]


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block what the platform would refuse; warn of what the brand would not write."""
    reply = (case.draft.reply or "") if case.draft else ""
    if not reply:
        return ()
    return (*_platform(case, reply), *_length(case, brand, reply), *_marks(case, brand, reply[:MAX_READ]))


def _platform(case: Case, reply: str) -> list[Finding]:
    from voz.channels import length

    if len(reply) > MAX_READ:
        return [finding("limits", "too_long_to_read", "block", MAX_READ, len(reply), limit=MAX_READ)]
    used, limit, unit = length(reply, case.message.channel)
    if limit is None or used <= limit:
        return []
    values = {"used": used, "limit": limit, "unit": unit, "channel": case.message.channel}
    return [finding("limits", "platform", "block", 0, len(reply), **values)]


def _length(case: Case, brand: Brand, reply: str) -> list[Finding]:
    from voz.channels import count_sentences

    style, channel, found = brand.style(case.message.channel), case.message.channel, []
    most = style.max_chars
    if most is not None and len(reply) > most:
        values = {"used": len(reply), "limit": most, "channel": channel}
        found.append(finding("limits", "chars", "warn", most, len(reply), **values))
    words = reply[:MAX_READ].split()
    if style.max_words is not None and len(words) > style.max_words:
        values = {"used": len(words), "limit": style.max_words, "channel": channel}
        found.append(finding("limits", "words", "warn", 0, len(reply), **values))
    if style.max_sentences is not None and len(reply) <= MAX_READ:
        used = count_sentences(reply)
        if used > style.max_sentences:
            values = {"used": used, "limit": style.max_sentences, "channel": channel}
            found.append(finding("limits", "sentences", "warn", 0, len(reply), **values))
    return found


def _marks(case: Case, brand: Brand, reply: str) -> list[Finding]:
    style, voice, found = brand.style(case.message.channel), brand.voice, []
    own = own_words(reply)
    kind = case.triage.kind if case.triage else None
    for key, spans, most, none_for in (
        ("emojis", emojis(own), voice.emojis if style.emojis is None else style.emojis, voice.no_emojis_for),
        ("exclamations", [m.span() for m in _EXCLAMATION.finditer(own)],
         voice.exclamations if style.exclamations is None else style.exclamations, voice.no_exclamations_for),
    ):  # fmt: skip
        most = 0 if kind in none_for else most
        if len(spans) > most:
            start, end = spans[most][0], spans[-1][1]
            found.append(finding("limits", key, "warn", start, end, used=len(spans), limit=most))
    return found
