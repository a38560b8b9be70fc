"""Whether a message tries to give voz orders, and where.

Words are only part of it: «olvidé mi contraseña» and «ignorad mi correo anterior» are a customer's words.
What counts is an order that names the assistant's own instructions, secrets, role or output; weaker signs
must come together. Simple disguises (spaced letters, digits for letters, base64) are undone first.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from voz import lexicon

THRESHOLD = 1.0
_LOOK = 20_000
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]{1,2}){5,60}[^\W\d_](?!\w)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,2000}={0,2}(?![A-Za-z0-9+/=])")
_HEX = re.compile(r"(?:\b[0-9a-fA-F]{2}\s?){12,2000}\b")
_MORSE = re.compile(r"(?:[.\-]{1,5}[ /]{1,3}){8,200}")
_LEET = str.maketrans("013457@$", "oieastas")
_LEET_WORD = re.compile(r"\b(?=[^\W\d_]*[013457@$])(?=[013457@$]*[^\W\d_])[\w@$]{4,20}\b")
_MARKUP = re.compile(
    r"<\|?\s?(?:im_start|im_end|system|endoftext|assistant|user)\s?\|?>|\[/?(?:INST|SYS)\]|<</?SYS>>"
    r"|^\s{0,4}(?:#{2,4}\s{0,2})?(?:system|assistant|sistema|asistente)\s{0,2}:\s|\{\{.{1,80}\}\}"
    r"|^[\s>]{0,4}#{2,4} ?(?:instructions?|system|instrucciones)\b",
    re.IGNORECASE | re.MULTILINE,
)
_DIALOGUE = re.compile(r"(?:^|[\s.?!])(?:Q|P|D)\s?:\s.{3,600}?[\s.?!](?:A|R)\s?:\s", re.DOTALL)
_PERSON = re.compile(r"[{\[][A-Z][a-z]{2,12} [A-Z][a-z]{2,12}[}\]]")


@dataclass(frozen=True)
class Injection:
    """How much a message looks like orders to voz (flagged from 1 on), and the words it rests on."""

    score: float
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def found(self) -> bool:
        return self.score >= THRESHOLD


@cache
def _rules() -> tuple[lexicon.Lexicon, dict[str, float]]:
    groups = lexicon.data("injection")
    weights = {label: float(weight) for label, weight in groups["weights"].items()}
    return lexicon.Lexicon({k: lexicon.phrases(v) for k, v in groups.items() if k != "weights"}), weights


@lru_cache(maxsize=16)
def find_injection(text: str) -> Injection:
    """Scores the orders in a message; pure, deterministic, linear in the text (first 20,000 characters)."""
    sample = text[:_LOOK]
    view = lexicon.folded(sample)
    rules, weights = _rules()
    best: dict[str, int] = {}
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    for hit in rules.hits(view.plain):
        best[hit.label] = best.get(hit.label, 0) + 1
        words.append(view.original(hit.start, hit.end))
        spans.append(view.back(hit.start, hit.end))
    # A second sign of the same kind adds little: the groups are what is independent.
    score = sum(weights[label] * (1 + 0.2 * (min(count, 3) - 1)) for label, count in best.items())
    for pattern, worth, label in ((_MARKUP, 1.0, ""), (_PERSON, 0.5, ""), (_DIALOGUE, 0.6, "")):
        match = pattern.search(sample)
        if match:
            score += worth
            words.append(label or match[0].strip()[:40])
            spans.append(match.span())
    for start, end, plain in _disguised(sample):
        hidden = rules.hits(lexicon.folded(plain).plain)
        worth = max((weights[hit.label] for hit in hidden), default=0.0)
        if worth:
            score += worth + 0.5
            words.append(sample[start:end][:40])
            spans.append((start, end))
    if _MORSE.search(sample):
        score += 0.5
    return Injection(round(score, 3), tuple(dict.fromkeys(words))[:6], tuple(sorted(spans)))


def _disguised(sample: str) -> list[tuple[int, int, str]]:
    """Parts of the text that spell something else, and what they spell."""
    found: list[tuple[int, int, str]] = []
    for match in _SPACED.finditer(sample):
        found.append((*match.span(), _unspaced(match[0]) + " / " + _unspaced(match[0])[:-1]))
    leet = [m for m in _LEET_WORD.finditer(sample) if re.search(r"[013457@$]", m[0])]
    if leet:
        start, end = max(0, leet[0].start() - 60), leet[-1].end() + 60
        found.append((leet[0].start(), leet[-1].end(), sample[start:end].translate(_LEET)))
    for match in _BASE64.finditer(sample):
        found.extend((*match.span(), plain) for plain in _decoded(match[0]))
    for match in _HEX.finditer(sample):
        digits = re.sub(r"\s", "", match[0])
        plain = bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "ignore")
        if plain.isprintable():
            found.append((*match.span(), plain))
    return found


def _unspaced(text: str) -> str:
    """«i g n o r a  t u s» → words where a wider gap shows one, else the letters run together."""
    parts = re.split(r"[ .\-_*]{2}", text)
    return " ".join(re.sub(r"[ .\-_*]", "", part) for part in parts)


def _decoded(text: str) -> list[str]:
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return []
    return [plain] if plain.isprintable() else []
