"""The brand's words: none that it never uses, its own where it has a preference, its sign-off where it signs."""

from __future__ import annotations

import re
from functools import lru_cache

from voz.brand import Brand
from voz.case import Case, Finding
from voz.checks.reading import finding, folded, lexicon, own_words, reply_of
from voz.sentences import split_sentences
from voz.text import stems

_WORD = re.compile(r"[^\W_]+")
_SIGNED = ("email", "web_form")
_MAX_FINDINGS = 20


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block a phrase of the never-list as it stands; warn of its inflections and of avoided words."""
    reply = reply_of(case)
    if not reply.strip():
        return ()
    found = [*_never(case, brand, reply), *_preferred(brand, reply), *_signoff(case, brand, reply)]
    return tuple(sorted(found[:_MAX_FINDINGS], key=lambda f: (f.start, f.end)))


def _never(case: Case, brand: Brand, reply: str) -> list[Finding]:
    own = own_words(reply)
    known = " ".join(_known_texts(case))
    found: list[Finding] = []
    for entry in brand.voice.never:
        exact = list(_exact(entry).finditer(folded(own))) if entry.strip() else []
        for match in exact:
            start, end = match.span()
            word = reply[start:end]
            excused = _is_name(own, start, end) or _from_document(entry, known)
            key = "never_excused" if excused else "never"
            found.append(finding("words", key, "warn" if excused else "block", start, end, word=word))
        taken = [m.span() for m in exact]
        for start, end in _inflected(entry, own):
            if not any(start < e and s < end for s, e in taken) and not _is_name(own, start, end):
                word = reply[start:end]
                found.append(finding("words", "never_form", "warn", start, end, word=word, entry=entry))
    return found


def _preferred(brand: Brand, reply: str) -> list[Finding]:
    own, found = own_words(reply), []
    for avoided, better in brand.voice.prefer.items():
        spans = [m.span() for m in _exact(avoided).finditer(folded(own))] if avoided.strip() else []
        for start, end in spans or _inflected(avoided, own):
            if _is_name(own, start, end) or _part_of(better, own, start, end):
                continue
            found.append(finding("words", "prefer", "warn", start, end, word=reply[start:end], better=better))
    return found


def _signoff(case: Case, brand: Brand, reply: str) -> list[Finding]:
    """Only whole letters are asked for a sign-off; most of its words in the last lines are enough."""
    signoff = brand.style(case.message.channel).signoff or brand.voice.signoff
    if not signoff or case.message.channel not in _SIGNED or len(list(split_sentences(reply))) < 3:
        return []
    plain = re.sub(r"\{\w+\}", " ", signoff)
    wanted = [w for w in _WORD.findall(folded(plain)) if len(w) > 2]
    tail = set(_WORD.findall(folded(reply[-max(200, 2 * len(signoff)) :])))
    if not wanted or 2 * sum(word in tail for word in wanted) >= len(wanted):
        return []
    # The company's name, with its capitals, signs too: «Equipo El Naranjo» for «Muebles El Naranjo».
    company = {w for w in _WORD.findall(brand.voice.company) if len(w) > 3 and w[0].isupper()}
    if tail.intersection(lexicon("words")["farewells"]) or company.intersection(_WORD.findall(reply[-100:])):
        return []
    return [finding("words", "signoff", "warn", len(reply), len(reply), signoff=signoff)]


@lru_cache(maxsize=2048)
def _exact(entry: str) -> re.Pattern[str]:
    """The phrase word by word, whatever blanks or hyphens stand between; case and accents do not count."""
    parts = [re.escape(word) for word in _WORD.findall(folded(entry))] or [re.escape(folded(entry).strip())]
    return re.compile(r"(?<!\w)" + r"[\s\-–,]{1,3}".join(parts) + r"(?!\w)")


def _inflected(entry: str, text: str) -> list[tuple[int, int]]:
    """Where the phrase stands inflected: by its stems («lamentamos la molestia»), or, for a single word,
    in another number or gender («vehículos», but not «abono» for «abonado»)."""
    wanted = _stems_of(entry)
    if len(wanted) < 2:
        wanted = tuple(_base(folded(word)) for word in _WORD.findall(entry))
        row = _based(text)
    else:
        row = _stemmed(text)
    if not wanted or len(wanted[0]) < 3:
        return []
    size, spans = len(wanted), []
    for at in range(len(row) - size + 1):
        if all(_same(row[at + i][0], wanted[i]) for i in range(size)):
            spans.append((row[at][1], row[at + size - 1][2]))
    return spans


@lru_cache(maxsize=2048)
def _stems_of(entry: str) -> tuple[str, ...]:
    return tuple(stem for stem in stems(entry) if stem[:1].isalpha())


@lru_cache(maxsize=16)
def _stemmed(text: str) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        ("".join(stems(match[0])[:1]), *match.span()) for match in _WORD.finditer(text) if match[0][0].isalpha()
    )


@lru_cache(maxsize=16)
def _based(text: str) -> tuple[tuple[str, int, int], ...]:
    return tuple((_base(match[0]), *match.span()) for match in _WORD.finditer(folded(text)))


def _base(word: str) -> str:
    """A folded word without its mark of plural and gender."""
    if len(word) < 5:
        return word
    for ending in ("es", "s"):
        if word.endswith(ending):
            word = word[: -len(ending)]
            break
    return word[:-1] if word[-1:] in "aeo" and len(word) > 4 else word


_ARTICLES = frozenset({"el", "la", "los", "las", "un", "una", "unos", "unas"})


def _same(one: str, other: str) -> bool:
    return one == other or (one in _ARTICLES and other in _ARTICLES)


def _known_texts(case: Case) -> list[str]:
    texts = [f" {p.title} {p.heading} {p.text} " for p in case.evidence.passages]
    return [folded(text[:20_000]) for text in texts]


def _from_document(entry: str, known: str) -> bool:
    """A single word that the documents themselves use («producto», «incidencia») may be a term of theirs."""
    return " " not in entry.strip() and bool(_exact(entry).search(known))


def _is_name(text: str, start: int, end: int) -> bool:
    """Inside a name: capital in mid-sentence, right beside another one («Precio Garantizado Plus»)."""
    if not text[start].isupper():
        return False
    before = text[max(0, start - 40) : start]
    bare = before.rstrip(" ")
    return bool(bare) and bare[-1] not in ".!?…\n:¿¡«" and not text[start:end].isupper()


def _part_of(better: str, text: str, start: int, end: int) -> bool:
    """Whether the avoided word stands inside the brand's own («bici» in «bici eléctrica»)."""
    around = folded(text[max(0, start - len(better)) : end + len(better)])
    return bool(_exact(better).search(around))
