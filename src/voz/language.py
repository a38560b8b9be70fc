"""Which language a message is written in, and how it addresses the company.

The language is a vote of py3langid, lingua (small models) and function words: the two models are weak on
a line of chat, the words are weak on a line without any. Spanish breaks a tie.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from typing import Any, Literal

from voz import lexicon
from voz.text import fold

KNOWN = ("es", "pt", "en", "ca", "gl")
CustomerAddress = Literal["tú", "usted", "vos", "vosotros"]

_LOOK = 2000
_WORD = re.compile(r"[^\W\d_]+")
_NOISE = re.compile(r"https?://\S{1,300}|www\.\S{1,300}|[@#]\w{1,60}|\S{1,80}@\S{1,80}")
_WEIGHTS = {"words": 1.0, "langid": 0.55, "lingua": 0.6}
_OTHERS_NEED = 0.75


def detect_language(text: str, hint: str | None = None) -> tuple[str, float]:
    """The ISO 639-1 code and a confidence from 0 to 1; `hint` decides only where the text does not."""
    sample = _NOISE.sub(" ", text[: 2 * _LOOK])[:_LOOK]
    hinted = (hint or "").lower()[:2]
    found = _WORD.findall(sample)
    if not found:
        return (hinted or "es"), 0.0
    votes: defaultdict[str, float] = defaultdict(float)
    scores, strength = _words_vote([w.casefold() for w in found])
    for code, share in scores.items():
        votes[code] += _WEIGHTS["words"] * share * strength
    for code, share in _langid_vote(sample).items():
        votes[code] += _WEIGHTS["langid"] * share
    if not any(votes[code] > 0.5 for code in ("fr", "it", "de")) or strength > 0.5:
        for code, share in _lingua_vote(sample).items():
            votes[code] += _WEIGHTS["lingua"] * share
    _galician_for_portuguese(votes, scores)
    if hinted in KNOWN:
        votes[hinted] += 0.12 if len(found) > 3 else 0.5
    votes["es"] += 0.55 if not scores and len(found) < 4 else 0.1 if len(found) > 4 else 0.35 - 0.04 * len(found)
    total = sum(votes.values())
    best = max(votes, key=lambda code: (votes[code], code == "es", code))
    if best not in KNOWN and not _foreign_enough(votes[best], scores.get(best, 0.0), len(found)):
        best = max(KNOWN, key=lambda code: (votes[code], code == "es"))
    return best, round(min(1.0, votes[best] / total), 3)


def _foreign_enough(votes: float, by_words: float, count: int) -> bool:
    """A language outside the five needs its own small words, or a model sure over some length."""
    return votes >= _OTHERS_NEED or by_words > 0.5 or (count >= 5 and votes >= 0.45)


def _galician_for_portuguese(votes: defaultdict[str, float], by_words: dict[str, float]) -> None:
    """lingua knows no Galician and calls it Portuguese or Spanish; the small words decide between them."""
    if by_words.get("gl", 0.0) > 1.15 * max(by_words.get("pt", 0.0), by_words.get("es", 0.0)):
        votes["gl"] += 0.8 * votes["pt"] + 0.3 * votes["es"]
        votes["pt"] *= 0.3


@cache
def _function_words() -> dict[str, tuple[tuple[str, float], ...]]:
    table: dict[str, dict[str, float]] = {}
    for code, groups in lexicon.data("languages").items():
        weights: Counter[str] = Counter()
        for word in lexicon.phrases(groups["words"]):
            weights[word] = 1
        for word in lexicon.phrases(groups["marks"]):
            weights[word] = 3
        for word, weight in weights.items():
            table.setdefault(word, {})[code] = weight
            plain = fold(word)
            if plain != word and plain not in weights:
                entry = table.setdefault(plain, {})
                entry[code] = max(entry.get(code, 0.0), 1.0)
    return {word: tuple(codes.items()) for word, codes in table.items()}


def _words_vote(found: list[str]) -> tuple[dict[str, float], float]:
    """Each language's share of the function words, and how much those words are to be trusted."""
    table = _function_words()
    scores: defaultdict[str, float] = defaultdict(float)
    for word in found[:300]:
        for code, weight in table.get(word, ()):
            scores[code] += weight
    for letter, codes in _LETTERS.items():
        if any(letter in word for word in found):
            for code in codes:
                scores[code] += 2
    total = sum(scores.values())
    if not total:
        return {}, 0.0
    top = max(scores.values())
    # Sharpened: a language with half the winner's words is a look-alike, not a rival.
    sharp = {code: (value / top) ** 3 for code, value in scores.items()}
    spread = sum(sharp.values())
    return {code: value / spread for code, value in sharp.items()}, min(1.0, 0.35 + top / 12)


_LETTERS = {
    "ñ": ("es", "gl"), "ã": ("pt",), "õ": ("pt",), "ê": ("pt",), "ç": ("pt", "ca"), "ß": ("de",),
    "l·l": ("ca",), "è": ("ca", "fr", "it"), "ò": ("ca", "it"), "ä": ("de",), "lh": ("pt",), "nh": ("pt",),
}  # fmt: skip


def _langid_vote(sample: str) -> dict[str, float]:
    ranked: list[tuple[str, float]] = _langid().rank(sample)[:4]
    return {code: score for code, score in ranked if score > 0.05}


def _lingua_vote(sample: str) -> dict[str, float]:
    values = _lingua().compute_language_confidence_values(sample)
    return {v.language.iso_code_639_1.name.lower(): v.value for v in values}


@cache
def _langid() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def _lingua() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    # The small models take 12 MB where the large take 140, and are quicker; the vote makes up for them.
    return (
        LanguageDetectorBuilder.from_languages(
            Language.SPANISH, Language.PORTUGUESE, Language.ENGLISH, Language.CATALAN
        )
        .with_low_accuracy_mode()
        .with_preloaded_language_models()
        .build()
    )


def customer_address(text: str) -> tuple[CustomerAddress | None, tuple[str, ...]]:
    """How a message in Spanish addresses the company, and the words that show it; None where none do.

    «Ustedes» alone says nothing (it is everyone's plural in Latin America); a dead heat says nothing.
    """
    sample = text[:20_000]
    rules = _address_rules()
    found: dict[str, list[str]] = {}
    for code, pattern in rules["accented"].items():
        for match in pattern.finditer(sample):
            if fold(match[0]) not in rules["not"]:
                found.setdefault(code, []).append(match[0])
    view = lexicon.folded(sample)
    for hit in rules["lexicon"].hits(view.plain):
        words = view.original(hit.start, hit.end)
        if words not in found.get(hit.label, ()):
            found.setdefault(hit.label, []).append(words)
    for match in rules["endings"].finditer(view.plain):
        words = view.original(*match.span())
        if match[0] not in rules["not"] and words not in found.get("vosotros", ()):
            found.setdefault("vosotros", []).append(words)
    if not found:
        return None, ()
    # «podés» also hides in Castilian without accents, so the tú/vos forms must not outvote clear vosotros.
    order = sorted(found, key=lambda code: (-len(found[code]), code != "vosotros"))
    if len(order) > 1 and len(found[order[0]]) == len(found[order[1]]) and order[0] != "vosotros":
        ranked = {"vos": 0, "usted": 1, "tú": 2, "vosotros": 3}
        order.sort(key=lambda code: (-len(found[code]), ranked[code]))
    best: Any = order[0]
    return best, tuple(dict.fromkeys(found[best]))[:4]


@cache
def _address_rules() -> dict[str, Any]:
    rules = lexicon.data("address")
    return {
        "not": frozenset(fold(word) for word in lexicon.phrases(rules["not_verbs"])),
        "accented": {c: re.compile(rf"(?<!\w)(?:{p})(?!\w)", re.IGNORECASE) for c, p in rules["accented"].items()},
        "endings": re.compile(rules["vosotros_endings"]),
        "lexicon": lexicon.Lexicon({code: lexicon.phrases(part) for code, part in rules["phrases"].items()}),
    }
