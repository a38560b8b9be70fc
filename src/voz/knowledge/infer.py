"""What prose says about itself: for whom, from when to when, and where it applies.

Every inferred value carries the sentence it rests on. A sentence before the first heading binds the
document; under a heading, that section; a sentence about a voucher or a quote binds nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from voz.brand import Origin
from voz.case import Audience, Frozen
from voz.knowledge.audience import is_internal, names_staff, opens_internal_note
from voz.knowledge.dates import find_dates, find_ranges
from voz.knowledge.lexicon import pattern, phrases
from voz.knowledge.regions import clears_regions, regions_in, without_places
from voz.knowledge.sections import Chunk
from voz.text import fold

ENDED = dt.date(1970, 1, 1)
"""`valid_until` of what says that it ended without saying when."""
_TOP_CHARS = 700
_SPLIT = re.compile(r"(?<=[.!?])\s+(?=[\"«“¿¡(*A-ZÁÉÍÓÚÑ0-9])|\n+")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_MARKS = re.compile(r"[*_`#>|]+")
_FROM = re.compile(r"(?:desde|a partir|since|from|starting|as of|a contar|des de|des del|entra\w* en vigor|rige\w*)\W")
_UNTIL = re.compile(r"(?:hasta|until|through|till|ate|fins|by)\W")


class Inferred(Frozen):
    """What a document or a section says about itself; None or empty where it says nothing."""

    audience: Audience | None = None
    kind: str | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    dated: dt.date | None = None
    regions: tuple[str, ...] = ()
    not_regions: tuple[str, ...] = ()
    everywhere: bool = False
    """A section that leaves the regions of its document («resto del país»)."""
    governs: bool = False
    replaces: str | None = None
    old: bool = False
    origins: tuple[Origin, ...] = ()


def sentences(text: str) -> Iterator[str]:
    """Plain sentences, without Markdown marks; a list item is one, a table row is none."""
    prose = "\n".join(line for line in text.split("\n") if not line.startswith("|"))
    for part in _SPLIT.split(prose):
        plain = " ".join(_MARKS.sub(" ", part).split()).lstrip("- ")
        if plain:
            yield plain


def infer_document(source: str, title: str, chunks: Sequence[Chunk], margin: str = "") -> Inferred:
    """What the title, the path and the text before the first heading say of the whole document."""
    found = _Finder(source)
    intro = [chunk for chunk in chunks if not chunk.path]
    top = intro or chunks[:1]
    head = [(title, 1), *((line, chunk.line) for chunk in top for line in sentences(chunk.text[:_TOP_CHARS]))]
    end = [(line, chunk.line) for chunk in intro for line in sentences(chunk.text[_TOP_CHARS:])]
    end += [(line, 1) for line in sentences(margin)]
    folded_title = fold(title)
    _audience_of_document(found, source, title, head if intro else head[:1], chunks)
    year = _YEAR.search(folded_title) or _YEAR.search(source)
    for line, number in head[: None if intro else 1] + end:
        _validity(found, line, number, int(year[1]) if year else None, _is_promotion(folded_title))
    for line, number in head[:8]:
        _dated(found, line, number)
        _relations(found, line, number)
    _regions_of_document(found, title, head[1:6] if intro else [])
    _kind(found, title, source)
    _old(found, source, title)
    return found.result()


def infer_chunk(source: str, title: str, chunk: Chunk) -> Inferred:
    """What the headings above a chunk and its own sentences say of this chunk alone."""
    found = _Finder(source)
    lines = list(sentences(chunk.text[:6_000]))
    for heading in chunk.path:
        if is_internal(heading):
            found.add("audience", "internal", heading, chunk.line)
        _validity(found, heading, chunk.line, None, False, heading=True)
        if pattern("ended_headings").fullmatch(fold(heading)) and _is_promotion(fold(title)):
            found.add("valid_until", ENDED, heading, chunk.line, weak=True)
        if clears_regions(heading):
            found.add("everywhere", True, heading, chunk.line)
            found.drop("regions")
        elif places := regions_in(heading):
            found.drop("regions")
            found.add("regions", places, heading, chunk.line)
    if lines and (is_internal(lines[0]) or opens_internal_note(chunk.text)):
        found.add("audience", "internal", lines[0], chunk.line)
    if chunk.path:
        promotion = _is_promotion(fold(" ".join((title, *chunk.path))))
        alone = len(lines) <= 8 and not any(mark in chunk.text for mark in ("\n- ", "\n* ", "\n| "))
        year = _YEAR.search(fold(title)) or _YEAR.search(source)
        for line in lines if alone else lines[:1]:
            _validity(found, line, chunk.line, int(year[1]) if year else None, promotion)
    return found.result()


class _Finder:
    """Collects values; the first that is found of each stands, unless it was a weak one."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._values: dict[str, object] = {}
        self._origins: dict[str, Origin] = {}
        self._weak: set[str] = set()

    def add(self, name: str, value: object, sentence: str, line: int, weak: bool = False) -> None:
        if name in self._values and name not in self._weak:
            return
        if name in self._values and weak:
            return
        self._weak.discard(name)
        if weak:
            self._weak.add(name)
        self._values[name] = value
        said = "; ".join(value) if isinstance(value, tuple) else str(value)
        self._origins[name] = Origin(field=name, value=said, source=self._source, line=line, sentence=sentence[:400])

    def drop(self, name: str) -> None:
        self._values.pop(name, None)
        self._origins.pop(name, None)

    def has(self, name: str) -> bool:
        return name in self._values

    def result(self) -> Inferred:
        return Inferred.model_validate({**self._values, "origins": tuple(self._origins.values())})


# --- audience -------------------------------------------------------------------------------------


def _audience_of_document(
    found: _Finder, source: str, title: str, head: Sequence[tuple[str, int]], chunks: Sequence[Chunk]
) -> None:
    for line, number in head[:6]:
        before_colon, colon, rest = line.partition(":")
        note_on_one_block = colon and line != title and len(rest.split()) > 8 and is_internal(before_colon)
        if is_internal(line) and not note_on_one_block:
            found.add("audience", "internal", line, number)
    folders = [fold(part) for part in source.split("/")]
    inside = set(map(fold, phrases("internal_paths")))
    if any(part in inside for part in folders[:-1]):
        found.add("audience", "internal", f"path {source}", 1)
    stem = set(re.split(r"[-_. ]+", folders[-1].rsplit(".", 1)[0]))
    if stem & set(map(fold, phrases("internal_names"))):
        found.add("audience", "internal", f"file name {folders[-1]}", 1)
    for line, number in head[1:4]:
        if names_staff(line):
            found.add("audience", "internal", line, number)
    memo = pattern("memo_titles").search(fold(title))
    for line, number in head[1:6]:
        if memo and pattern("memo_recipients").match(fold(line)):
            found.add("audience", "internal", line, number)
    _guide(found, source, title, chunks)


def _guide(found: _Finder, source: str, title: str, chunks: Sequence[Chunk]) -> None:
    """Guides on voice and authority are for those who write, not for those who read the replies."""
    text = fold("\n".join(" ".join((*chunk.path, chunk.text)) for chunk in chunks)[:40_000])
    signs = {match.group() for match in pattern("guide_words").finditer(text)}
    file_name = re.sub(r"[-_. ]+", " ", fold(source).rsplit("/", 1)[-1].rsplit(".", 1)[0])
    named = pattern("guide_titles").search(fold(title)) or pattern("guide_titles").search(file_name)
    maybe = pattern("guide_titles_weak").search(fold(title)) and len(signs) >= 2
    if named or maybe or len(signs) >= int(phrases("guide_words_needed")):
        sentence = title if named or maybe else f"speaks of: {', '.join(sorted(signs)[:6])}"
        found.add("audience", "internal", sentence, 1)
        found.add("kind", "brand", sentence, 1)


# --- validity -------------------------------------------------------------------------------------


def _validity(found: _Finder, line: str, number: int, year: int | None, promotion: bool, heading: bool = False) -> None:
    folded = fold(line)
    if pattern("no_longer").search(folded) and not pattern("held_things").search(folded):
        found.add("valid_until", ENDED, line, number, weak=True)
    dates = find_dates(folded, year)
    if not dates:
        return
    ranges = find_ranges(folded, dates)
    first, last = (ranges[0].start, ranges[0].stop) if ranges else (dates[0].start, dates[0].stop)
    before = folded[:first]
    if ended := pattern("ended_words").search(before):
        # «Terminó el 30/09/2026», «Promoción terminada el 17 de noviembre de 2025»
        if promotion or _about_itself(before[: ended.start()], before) or len(before.split()) <= 4:
            found.add("valid_until", dates[0].last, line, number)
        return
    if not _binds(folded, before, folded[last:], bool(ranges), promotion, heading):
        return
    if ranges:
        found.add("valid_from", ranges[0].first, line, number)
        found.add("valid_until", ranges[0].last, line, number)
        return
    for index, date in enumerate(dates):
        lead = folded[dates[index - 1].stop if index else 0 : date.start]
        if _UNTIL.search(lead[-30:]) or pattern("until_words").search(lead):
            found.add("valid_until", date.last, line, number)
        elif _FROM.search(lead[-45:]) or (index == 0 and pattern("valid_words").search(lead)):
            found.add("valid_from", date.first, line, number)


def _binds(folded: str, before: str, after: str, is_range: bool, promotion: bool, heading: bool) -> bool:
    """Whether a sentence with a date says when the text itself applies."""
    if pattern("held_things").search(before) and not _starts_with_self(folded):
        return False
    if heading:
        return bool(_FROM.search(before[-45:]) or _UNTIL.search(before[-30:]) or (is_range and promotion))
    if pattern("valid_words").search(before):
        return _about_itself(before, before)
    if pattern("until_words").search(before) and promotion:
        return True
    words = len(before.split()) + len(after.split())
    if is_range and words <= 3:
        return True  # a line that is nothing but a range: «Del 13 al 17 de noviembre de 2025.»
    return promotion and is_range and words <= 45


def _starts_with_self(folded: str) -> bool:
    return bool(pattern("self_names").search(" ".join(folded.split()[:4])))


def _about_itself(subject: str, before: str) -> bool:
    """«Vigente desde», «Esta política rige desde», not «La batería vale desde»."""
    match = pattern("valid_words").search(subject) or pattern("ended_words").search(before)
    lead = subject[: match.start()] if match and match.start() < len(subject) else subject
    return len(lead.split()) <= 1 or bool(pattern("self_names").search(lead))


def _is_promotion(folded: str) -> bool:
    return bool(pattern("promotion_words").search(folded))


def _dated(found: _Finder, line: str, number: int) -> None:
    folded = fold(line)
    dates = find_dates(folded)
    if dates and (pattern("dated_words").search(folded[: dates[0].start]) or len(folded.split()) <= 8):
        found.add("dated", dates[0].last, line, number)


# --- places, relations, kind ----------------------------------------------------------------------


def _regions_of_document(found: _Finder, title: str, head: Sequence[tuple[str, int]]) -> None:
    if not pattern("store_words").search(fold(title)) and (places := regions_in(title)):
        found.add("regions", places, title, 1)
    for line, number in head:
        folded = fold(line)
        match = pattern("only_there").search(folded)
        if match is None:
            if len(without_places(folded)) <= 1 and (places := regions_in(line)):
                found.add("regions", places, line, number)  # «Argentina.» under the title
            continue
        places = regions_in(line[match.end() :].split(";")[0])
        lead = folded[: match.start()].rpartition(";")[2]
        if not places:
            continue
        if re.search(r"\b(?:no|ningun\w*|nao|nenhum\w*|not|none)\b", lead[-25:]):
            found.add("not_regions", places, line, number)
        elif len(lead.split()) <= 1 or pattern("self_names").search(lead) or pattern("this_words").search(lead):
            found.add("regions", places, line, number)


def _relations(found: _Finder, line: str, number: int) -> None:
    folded = fold(line)
    if pattern("governs_phrases").search(folded) and len(folded.split()) <= 60:
        found.add("governs", True, line, number)
    if match := pattern("replaces").search(folded):
        found.add("replaces", line[match.end() :].strip(' :.«»"')[:200], line, number)


def _kind(found: _Finder, title: str, source: str) -> None:
    folded = fold(f"{title} {source.rsplit('/', 1)[-1].replace('-', ' ').replace('_', ' ')}")
    for kind, names in phrases("kinds").items():
        for name in names:
            if re.search(rf"(?<!\w){re.escape(fold(name))}(?!\w)", folded):
                found.add("kind", kind, title, 1)


def _old(found: _Finder, source: str, title: str) -> None:
    parts = re.split(r"[-_. /]+", fold(source.rsplit(".", 1)[0]))
    if set(parts) & set(map(fold, phrases("old_paths"))):
        found.add("old", True, f"path {source}", 1)
    elif pattern("old_titles").search(fold(title)):
        found.add("old", True, title, 1)
