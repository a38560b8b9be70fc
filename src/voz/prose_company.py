"""Who the company is, read from all its documents: name, country, languages, public contacts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from voz.prose_read import Clause, Signs, cue, lexicon, plain

_WORD = r"[A-ZÁÉÍÓÚÑÇÂÊÔÃÕ][\w'’&-]{1,25}"
_NAME = re.compile(rf"{_WORD}(?: (?:(?:y|e|de|del|da|do|la|las|los|el|of|&) ){{0,2}}{_WORD}){{0,4}}")
_LEGAL = re.compile(
    rf"({_NAME.pattern}),? (?:S\. ?L\. ?U?|S\. ?A\.(?: ?S\.)?|S\. ?R\. ?L|SRL|Lda|Ltda|S\.? ?A\.? de C\.? ?V)"
)
_DOMAIN = re.compile(
    r"(?:@|www\.|(?<![\w@.-]))([a-z0-9][a-z0-9-]{2,40})\.(?:example|com|es|pt|mx|ar|net|org|co|cl|pe|uy|ec|eu|br|cat|shop|store)(?![\w-])"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,24}){1,3}")
_LINK = re.compile(
    r"(?<![\w@.-])(?:https?://|www\.)?[a-z0-9][a-z0-9-]{1,40}(?:\.[a-z]{2,10}){1,2}(?:/[\w./-]{1,80})?(?<![.])"
)
_PHONE = re.compile(
    r"(?<![\w.,/-])(?:\+\d{1,3}[ -]?)?(?:\(\d{1,4}\)[ -]?)?\d{2,4}(?:[ -]\d{2,4}){1,4}(?![\w/%€]|[.,-]\d)"
)
_PHONE_CUE = re.compile(r"(?<!\w)(?:tel|llam|whats|movil|movel|fono|telefon|linea|ligue|celular|sms)")
_NOT_PHONE = re.compile(r"^(?:19|20)\d\d[ -]\d\d|^\d{4} \d{2}$|^\d\d?[ -]\d\d?[ -](?:19|20)\d\d$")
_EMERGENCY = re.compile(r"(?<!\w)(?:emergencias?|telefono del consumidor|same|bomberos|policia)(?!\w)")
_GENERAL = (
    "hola",
    "info",
    "contacto",
    "atencion",
    "clientes",
    "ayuda",
    "ajuda",
    "soporte",
    "ola",
    "geral",
    "consultas",
    "hello",
)

_MAX_LINE = 2_000


@dataclass(frozen=True)
class Found:
    value: str
    clause: Clause


def is_internal(source: str, text: str) -> bool:
    """Whether a document says of itself, near its beginning or by its folder, that customers must not see it."""
    folder = plain(source.rsplit("/", 1)[0]) if "/" in source else ""
    return cue("internal").search(plain(text[:700])) is not None or "intern" in folder


def _squash(text: str) -> str:
    small = set(lexicon("words")["articles"])
    return "".join(word for word in re.findall(r"\w+", plain(text)) if word not in small)


def domains(texts: Iterable[str]) -> Counter[str]:
    """Second-level names of the addresses in the documents, once per document."""
    return Counter(label for text in texts for label in {m[1] for m in _DOMAIN.finditer(text.lower())})


def company_name(documents: Sequence[tuple[str, str]]) -> Found | None:
    """The name by which the company goes: the proper name that titles, domains and legal forms agree on.

    documents: (source, text), brand guides first.
    """
    own = domains(text for _, text in documents).most_common(1)
    domain = own[0][0].replace("-", "") if own else ""
    noise = set(lexicon("words")["company_noise"])
    scores: dict[str, float] = {}
    places: dict[str, Clause] = {}
    for source, text in documents:
        for raw, weight, line, sentence in _candidates(text):
            for name in _variants(raw):
                key = plain(name)
                if len(key) < 3 or key in noise:
                    continue
                scores[name] = scores.get(name, 0.0) + weight
                places.setdefault(name, Clause(source, line, sentence))
    best, best_score = None, 2.9
    for name, score in scores.items():
        squashed, words = _squash(name), len(name.split())
        if domain and squashed and (squashed == domain):
            score += 60
        elif domain and len(squashed) > 3 and (squashed in domain or domain in squashed):
            score += 15
        score += min(words, 3) * 0.2
        if score > best_score or (score == best_score and best and name < best):
            best, best_score = name, score
    return Found(best, places[best]) if best else None


def _candidates(text: str) -> Iterable[tuple[str, float, int, str]]:
    """(name, weight, line, sentence), each name once per document and kind of place."""
    seen: set[tuple[str, float]] = set()
    for number, line in enumerate(text[:60_000].split("\n"), start=1):
        stripped = line[:_MAX_LINE].strip("#*| \t")
        title = line.lstrip().startswith("#")
        for match in _LEGAL.finditer(stripped):
            if (match[1], 8.0) not in seen:
                seen.add((match[1], 8.0))
                yield match[1], 8.0, number, stripped
        for match in _NAME.finditer(stripped):
            before = stripped[: match.start()]
            weight = 1.0 if before and before[-2:-1] not in ".!?:" else 0.3
            if title and re.search(r"(?:en|de|em|da|do)\s+$", before):
                weight = 5.0
            elif title and match[0] == stripped and " " in stripped:
                weight = 2.5
            elif re.search(
                r"(?<!\w)(?:en|somos|equipo(?: de)?|em|equipa|equipe|«|[«“\"][\w ]{3,30},)\s?$", before, re.IGNORECASE
            ):
                weight = 2.0
            if (match[0], weight) not in seen:
                seen.add((match[0], weight))
                yield match[0], weight, number, stripped[:300]


def _variants(name: str) -> Iterable[str]:
    yield name
    words = name.split()
    if len(words) > 1 and plain(words[0]) in lexicon("words")["group_words"]:
        rest = words[1:]
        while rest and plain(rest[0]) in ("de", "del", "da", "do"):
            rest = rest[1:]
        if rest:
            yield " ".join(rest)


@cache
def _evidence() -> tuple[tuple[tuple[str, int], ...], Signs]:
    entries = [
        (country, int(weight), pattern)
        for country, entry in lexicon("countries").items()
        for weight, patterns in entry["evidence"].items()
        for pattern in patterns
    ]
    return tuple(entry[:2] for entry in entries), Signs(pattern for _, _, pattern in entries)


def country(documents: Sequence[tuple[str, str]]) -> tuple[str, Found | None]:
    """The country most of the evidence speaks for, and the strongest piece of it; Spain where none does."""
    scores: Counter[str] = Counter()
    proofs: dict[str, tuple[int, Found]] = {}
    labels, signs = _evidence()
    for source, text in documents:
        sample = plain(text[:20_000])
        for place, match in signs.first(sample):
            code, weight = labels[place]
            scores[code] += weight
            if weight > proofs.get(code, (0, None))[0]:
                line = sample.count("\n", 0, match.start())
                said = Clause(source, line + 1, text.split("\n")[line].strip()[:300])
                proofs[code] = (weight, Found(match[0].strip(), said))
    if not scores:
        return "ES", None
    best = max(scores, key=lambda code: (scores[code], code == "ES", code))
    return best, proofs[best][1]


def languages(documents: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Languages that the documents are written in, the most frequent first; none where it does not show."""
    tables = {code: frozenset(words) for code, words in lexicon("words")["function_words"].items()}
    counts: Counter[str] = Counter()
    for _, text in documents:
        found = Counter(re.findall(r"[^\W\d_]+", text[:4_000].lower()))
        scores = {code: sum(found[word] for word in words) for code, words in tables.items()}
        best = max(scores, key=lambda code: (scores[code], code == "es"))
        if scores[best] >= 3 and (scores[best] >= 8 or list(scores.values()).count(scores[best]) == 1):
            counts[best] += 1
    return tuple(code for code, _ in counts.most_common())


def contacts(documents: Sequence[tuple[str, str]]) -> tuple[Found, ...]:
    """The company's own e-mails, phones and links in public documents, the most general address first."""
    own = domains(text for _, text in documents).most_common(1)
    domain = own[0][0] if own else ""
    found: dict[str, tuple[int, int, Found]] = {}
    counts: Counter[str] = Counter()
    for source, text in documents:
        for number, line in enumerate(text[:60_000].split("\n"), start=1):
            for value, kind in _contacts_in(line[:_MAX_LINE], domain):
                counts[value] += 1
                found.setdefault(value, (kind, number, Found(value, Clause(source, number, line.strip()[:300]))))

    def rank(value: str) -> tuple[int, int, int, str]:
        general = value.split("@")[0] in _GENERAL if "@" in value else True
        return (found[value][0], 0 if general else 1, -counts[value], value)

    return tuple(found[value][2] for value in sorted(found, key=rank))


def _contacts_in(line: str, domain: str) -> Iterable[tuple[str, int]]:
    """(value, 0 e-mail | 1 phone | 2 link) of the company's own in one line."""
    rest = line
    for match in _MAIL.finditer(line):
        rest = rest.replace(match[0], " ")
        if not domain or f"@{domain}." in match[0].lower():
            yield match[0].rstrip("."), 0
    if domain:
        for match in _LINK.finditer(rest):
            if re.search(rf"(?:^|[./]){re.escape(domain)}\.", match[0]):
                yield match[0].rstrip("./"), 2
    if _PHONE_CUE.search(plain(line)) or "|" in line:
        for match in _PHONE.finditer(line):
            digits = re.sub(r"\D", "", match[0])
            part = re.split(r"[.;]\s", plain(line[max(0, match.start() - 60) : match.start()]))[-1]
            if 7 <= len(digits) <= 13 and not _NOT_PHONE.match(match[0]) and not _someone_else(part):
                yield match[0].strip(), 1


def _someone_else(before: str) -> bool:
    """Whether the words before a phone name an authority or an emergency service."""
    labels, signs = _evidence()
    return _EMERGENCY.search(before) is not None or any(labels[i][1] == 3 for i, _ in signs.first(before))
