"""What stands around a model's sentences: the brand's greeting and sign-off, the channel's paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from voz import channels
from voz.brand import Brand
from voz.case import Case, Sentence
from voz.text import fold

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


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
    return filled(greeting or "", case, brand) or None, filled(signoff or "", case, brand) or None


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
    fitting.sort(
        key=lambda line: (not line.channels, not line.kinds, not line.address, "{name}" not in line.text)
    )
    return fitting[0].text if fitting else None


def filled(text: str, case: Case, brand: Brand) -> str:
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


_TITLES = frozenset(
    {"sr", "sra", "srta", "don", "dona", "dr", "dra", "lic", "ing", "arq", "prof", "mr", "mrs", "ms"}
)


def first_name(author: str) -> str | None:
    """The name to greet with; None for handles, initials and anything that is not a name."""
    for word in author.strip().split()[:3]:
        bare = word.strip(".,")
        if fold(bare) in _TITLES:
            continue
        named = len(bare) > 1 and all(char.isalpha() or char in "-'’" for char in bare)
        return bare if named and bare[0].isupper() and not bare.isupper() else None
    return None


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
