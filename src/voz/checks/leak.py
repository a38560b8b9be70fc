"""Nothing from behind the counter: no internal notes, no prompt or template text, no order from the message obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from voz.brand import Brand
from voz.case import Case, Finding, Passage, Severity
from voz.checks.reading import finding, folded, lexicon, overlaps, reply_of, without_quotes
from voz.lexicon import Lexicon
from voz.lexicon import folded as view_of
from voz.sentences import split_sentences
from voz.text import stems

_RUN, _SHORT_RUN = 6, 4
_NEWS, _NEWS_SHARE = 2, 0.4
_TOLD_IN = 10_000  # characters of the reply whose news are weighed; figures are slow to read
_LINE = re.compile(r"\n+")
_MAX_FINDINGS = 20
_WORD = re.compile(r"[^\W_]+(?:[.,:/]\d+)*")
_CODE = re.compile(r"(?<![\w.-])(?=[\w-]{0,12}[A-Za-z])(?=[\w-]{0,12}\d)[A-Z]{1,6}[-]?\d[\w-]{1,12}(?!\w)")
_PROPER = re.compile(r"(?<=[a-záéíóúñü,;] )[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{3,}(?!\w)")
_BASE64 = re.compile(
    r"(?<![\w+/=])(?=[A-Za-z0-9+/]{0,60}[0-9+/])(?=[A-Za-z0-9+/]{0,60}[A-Z])[A-Za-z0-9+/]{24,2000}={0,2}(?![\w+/])"
)
_NEGATED = re.compile(r"\b(?:no|not|ni|sin|nao)\s(?:[^\W\d_]{1,10}\s){0,2}$")
_QUOTED = re.compile(r"[\"“«'‘`]([^\"”»'’`\n]{2,160})[\"”»'’`]")
_SHOUT = re.compile(r"(?<!\w)[A-Z][A-Z0-9_!]{3,30}(?!\w)")


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block what is certainly leaked or obeyed; warn of names that only internal notes have."""
    reply = reply_of(case)
    if not reply.strip():
        return ()
    found: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for each in (*_marks(case, reply), *_machine(reply), *_obeyed(case, reply), *_internal(case, brand, reply)):
        if not overlaps(each.start, each.end, taken):
            taken.append((each.start, each.end))
            found.append(each)
    return tuple(sorted(found, key=lambda f: f.start)[:_MAX_FINDINGS])


def _marks(case: Case, reply: str) -> Iterator[Finding]:
    """Placeholders, template braces, citations, passage ids."""
    for pattern in _mark_patterns():
        for match in pattern.finditer(reply):
            yield finding("leak", "mark", "block", *match.span(), word=match[0])
    for passage in (*case.evidence.passages, *(f.passage for f in case.evidence.filtered)):
        at = reply.find(passage.id) if len(passage.id) >= 6 and not passage.id.isalpha() else -1
        if at >= 0:
            yield finding("leak", "passage_id", "block", at, at + len(passage.id), word=passage.id)


@cache
def _mark_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in lexicon("leak")["marks"])


def _machine(reply: str) -> Iterator[Finding]:
    view = view_of(without_quotes(reply))
    for hit in _phrases("machine").hits(view.plain):
        start, end = view.back(hit.start, hit.end)
        yield finding("leak", "machine", "block", start, end, word=reply[start:end])


@cache
def _phrases(name: str) -> Lexicon:
    return Lexicon({name: lexicon("leak")[name]})


def _obeyed(case: Case, reply: str) -> Iterator[Finding]:
    """What the message ordered to say, said; encoded text; a confirmation in writing that it asked for."""
    message = case.message.text[:20_000]
    injected = _is_injected(case)
    for match in _BASE64.finditer(reply):
        if match[0] not in message or injected:
            yield finding("leak", "encoded", "block", *match.span(), word=match[0])
    if not injected:
        return
    plain = folded(reply)
    public = folded(" ".join(p.text for p in case.evidence.passages if p.audience == "public"))
    for payload in _payloads(message):
        needle = folded(payload)
        at = plain.find(needle)
        if at >= 0 and needle not in public:
            yield finding("leak", "payload", "block", at, at + len(needle), word=reply[at : at + len(needle)])
    view = view_of(reply)
    for hit in _phrases("obeyed").hits(view.plain):
        start, end = view.back(hit.start, hit.end)
        if not _NEGATED.search(folded(reply[max(0, start - 30) : start])):
            yield finding("leak", "obeyed", "block", start, end, word=reply[start:end])


def _is_injected(case: Case) -> bool:
    if case.triage and case.triage.injection:
        return True
    return re.search(lexicon("leak")["injection"], folded(case.message.text[:20_000])) is not None


def _payloads(message: str) -> Iterator[str]:
    """What an order in the message tells to say: the quoted words after it, or a shouted word."""
    plain = folded(message)
    for order in _order_words().finditer(plain):
        after = message[order.end() : order.end() + 200]
        quoted = _QUOTED.search(after[:120])
        if quoted and _distinct(quoted[1]):
            yield quoted[1].strip()
        for shout in _SHOUT.findall(after[:60]):
            if not message.isupper():
                yield shout
        colon = re.match(r"\s{0,2}(?:[a-zé]{1,12}\s){0,3}:\s?([^\n.]{12,160})", after)
        if colon and len(colon[1].split()) >= 3:
            yield colon[1].strip(" \"'«»“”")


def _distinct(payload: str) -> bool:
    return len(payload.split()) >= 2 or len(payload) >= 5


@cache
def _order_words() -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(sorted(set(lexicon("leak")["order_words"]))) + r")(?!\w)")


def _internal(case: Case, brand: Brand, reply: str) -> Iterator[Finding]:
    """Words, codes and names that only the internal notes hold."""
    internal = [f.passage for f in case.evidence.filtered if f.reason == "internal"]
    internal += [p for p in case.evidence.passages if p.audience == "internal"]
    internal = [p for p in internal if p.kind != "brand"]  # the guide says how to speak, and what to say
    if not internal:
        return
    public = [p.text for p in case.evidence.passages if p.audience == "public"]
    public += [f.passage.text for f in case.evidence.filtered if f.passage.audience == "public"]
    said = " ".join([case.message.text[:20_000], *(t.text for t in case.message.thread[-20:])])
    known = " ".join([*public, said, *_brand_words(brand)])
    yield from _runs(reply, internal, known)
    yield from _told(reply, internal, known)
    plain_known = folded(known)
    kinds: tuple[tuple[str, re.Pattern[str], Severity], ...] = (
        ("internal_code", _CODE, "block"), ("internal_name", _PROPER, "warn"),
    )  # fmt: skip
    for key, pattern, severity in kinds:
        for match in pattern.finditer(reply):
            word = re.compile(rf"(?<!\w){re.escape(match[0])}(?!\w)")
            source = next((p for p in internal if word.search(p.text)), None)
            if source is None or re.search(rf"(?<!\w){re.escape(folded(match[0]))}(?!\w)", plain_known):
                continue
            if key == "internal_code" or _named_in(match[0], source.text):
                yield finding("leak", key, severity, *match.span(), word=match[0], source=source.source)


def _runs(reply: str, internal: list[Passage], known: str) -> Iterator[Finding]:
    """Six content words in a row as an internal note has them and no public text does; four, a warning."""
    row = [(stem, s, e) for stem, s, e in _content(reply)]
    public = _grams([w for w, _, _ in _content(known)], _SHORT_RUN)
    for passage in internal:
        grams = _grams([w for w, _, _ in _content(passage.text[:20_000])], _SHORT_RUN)
        at = 0
        while at + _SHORT_RUN <= len(row):
            size = 0
            while at + size + _SHORT_RUN <= len(row):
                gram = tuple(w for w, _, _ in row[at + size : at + size + _SHORT_RUN])
                if gram not in grams or gram in public:
                    break
                size += 1
            if size:
                words = size + _SHORT_RUN - 1
                start, end = row[at][1], row[at + words - 1][2]
                severe = words >= _RUN
                values = {"word": reply[start:end], "source": passage.source}
                yield finding("leak", "internal", "block" if severe else "warn", start, end, **values)
            at += max(1, size + _SHORT_RUN - 1 if size else 1)


def _told(reply: str, internal: list[Passage], known: str) -> Iterator[Finding]:
    """A sentence whose news, what neither the customer nor a public text says, is in an internal note."""
    heard = _news(known)
    notes = [(_news(line), p.source) for p in internal for line in _LINE.split(p.text[:20_000])]
    for start, end in list(split_sentences(without_quotes(reply[:_TOLD_IN])))[:100]:
        news = _news(reply[start:end]) - heard
        shared, source = max(((news & words, name) for words, name in notes), key=lambda found: len(found[0]))
        if len(shared) >= _NEWS and len(shared) >= _NEWS_SHARE * len(news):
            severe = len(shared) > _NEWS
            values = {"word": reply[start:end], "source": source}
            yield finding("leak", "told", "block" if severe else "warn", start, end, **values)


def _news(text: str) -> set[str]:
    """What a text tells: its content words, and its figures whether in digits or in letters."""
    from voz.quantities import quantities

    figures = quantities(text)
    words = {word for word, _, _ in _content(text) if not word[0].isdigit()}
    return words | {f"{q.kind} {q.unit} {q.value:g}" for q in figures}


def _content(text: str) -> list[tuple[str, int, int]]:
    stop = _stopwords()
    found = []
    for match in _WORD.finditer(text):
        word = folded(match[0])
        if word not in stop and (len(word) > 2 or word.isdigit()):
            found.append(("".join(stems(word)[:1]) or word, *match.span()))
    return found


@cache
def _stopwords() -> frozenset[str]:
    from importlib.resources import files

    import yaml

    text = files("voz").joinpath("data/claims/stopwords.yaml").read_text(encoding="utf-8")
    loaded = yaml.load(text, Loader=yaml.BaseLoader)
    groups = loaded.values() if isinstance(loaded, dict) else [loaded]
    return frozenset(folded(w) for g in groups for w in (g.split() if isinstance(g, str) else g))


def _grams(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


def _named_in(word: str, text: str) -> bool:
    """Whether the note uses it as a name: always with a capital, and in mid-sentence."""
    return word.lower() not in text and bool(re.search(rf"(?<=[a-záéíóúñ,;(] ){re.escape(word)}(?!\w)", text))


def _brand_words(brand: Brand) -> list[str]:
    voice = brand.voice
    names = [team.name for team in brand.teams]
    lines = [line.text for line in brand.lines]
    return [voice.company, voice.signoff or "", voice.greeting or "", *voice.contacts, *names, *lines]
