"""Places: which regions a text names, and whether what applies in one applies in another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from voz.knowledge.lexicon import places, words_pattern
from voz.text import fold

_PREPOSITION = re.compile(r"(?:^|\b(?:en|a|de|desde|para|hasta|in|to|from|em|y|e|o)\s+)$")
_REST = re.compile(
    r"\b(?:resto d|demas\b|otras? (?:zonas|provincias|regiones|ciudades|islas)|rest of|"
    r"other (?:regions|countries)|foraneos)"
)


@cache
def _names() -> tuple[dict[str, str], frozenset[str], re.Pattern[str]]:
    """Folded name → region, the weak names, and one pattern that prefers the longest name."""
    region_of: dict[str, str] = {}
    weak: set[str] = set()
    for region, entry in places().items():
        for name in (region, *entry.get("names", ())):
            region_of.setdefault(fold(name), region)
        for name in entry.get("weak", ()):
            plain = fold(name)
            region_of.setdefault(plain, region)
            weak.add(plain)
    for region in places():
        region_of[fold(region)] = region
    return region_of, frozenset(weak), words_pattern(tuple(region_of))


def regions_in(text: str) -> tuple[str, ...]:
    """The regions that a text names, in order; a weak name counts after a preposition or alone."""
    region_of = _names()[0]
    return tuple(dict.fromkeys(region_of[name] for name in _named(text)))


@lru_cache(maxsize=4096)
def towns_in(text: str) -> frozenset[str]:
    """The towns that a text names, folded: places inside a region, not the region itself."""
    return frozenset(_named(text)) - {fold(region) for region in places()}


def _named(text: str) -> Iterator[str]:
    """The names of places in a text, folded, in order; a weak one only after a preposition or alone."""
    folded = fold(text)
    _, weak, finder = _names()
    for match in finder.finditer(folded):
        name = " ".join(match.group().split())
        if name not in weak or _PREPOSITION.search(folded[: match.start()]):
            yield name


def spelled(text: str) -> str:
    """A text with the places in it written as names: «cdmx y queretaro» → «CDMX y Querétaro»."""
    return _names()[2].sub(lambda match: _spellings().get(match[0], match[0]), fold(text))


@cache
def _spellings() -> dict[str, str]:
    names = [
        name for region, entry in places().items() for name in (region, *entry.get("names", ()), *entry.get("weak", ()))
    ]
    small = {"de", "del", "y", "la", "las", "los", "el", "da", "do", "e", "of", "the"}

    def capital(name: str) -> str:
        if len(name) <= 4 and not set(fold(name)) & set("eiou"):
            return name.upper()  # cdmx, gba
        said = [word if word in small and n else word.capitalize() for n, word in enumerate(name.split())]
        return " ".join(said)

    found: dict[str, str] = {}
    for name in names:  # of two spellings the one with its accents
        if fold(name) not in found or name != fold(name):
            found[fold(name)] = capital(name)
    return found


def without_places(folded: str) -> list[str]:
    """The words of a folded text that name no place."""
    return _names()[2].sub(" ", folded).replace(".", " ").replace(",", " ").split()


def region_keys(values: tuple[str, ...]) -> tuple[str, ...]:
    """Regions as metadata or a caller names them → as voz names them; unknown ones stay, folded."""
    keys: dict[str, None] = {}
    region_of, _, _ = _names()
    for value in values:
        plain = " ".join(fold(value).replace("_", " ").split())
        if len(plain) == 2 and plain.isalpha() and (country := _by_country(plain.upper())):
            keys[country] = None
        elif plain in region_of:
            keys[region_of[plain]] = None
        else:
            for key in regions_in(value) or (plain,):
                keys[key] = None
    return tuple(key for key in keys if key)


@cache
def _by_country(code: str) -> str | None:
    """The region that is the whole country of an ISO 3166 code."""
    return next((r for r, entry in places().items() if entry.get("country") == code and not entry.get("in")), None)


def clears_regions(heading: str) -> bool:
    """«Resto del país»: the section is about what the other headings leave out."""
    return bool(_REST.search(fold(heading)))


def rest_of(named: frozenset[str]) -> tuple[str, ...]:
    """The regions of the same country that overlap with none of those named: «resto del país»."""
    known = places()
    countries = {known[region].get("country") for region in named if region in known} - {None}
    inside = [r for r, entry in known.items() if entry.get("country") in countries and entry.get("in")]
    return tuple(
        region
        for region in inside
        if not any(n == region or n in _around(region, known) or region in _around(n, known) for n in named)
    )


@lru_cache(maxsize=4_096)
def applies_in(regions: tuple[str, ...], where: tuple[str, ...]) -> bool | None:
    """Whether what is said for `regions` holds for someone in any of `where`.

    None: not known (nothing is known of where, or only the country around it is).
    """
    if not regions:
        return True
    known = places()
    there = [place for place in where if place in known or place in regions]
    if not there:
        return None
    answers = [_applies(regions, place, known) for place in there]
    return True if True in answers else None if None in answers else False


def _applies(regions: tuple[str, ...], place: str, known: dict[str, dict[str, object]]) -> bool | None:
    around = [place, *_around(place, known)]
    if any(region in around for region in regions):
        return True
    if any(place in _around(region, known) for region in regions):
        return None
    return False


def _around(place: str, known: dict[str, dict[str, object]]) -> list[str]:
    parents = known.get(place, {}).get("in", [])
    found = list(parents) if isinstance(parents, list) else []
    for parent in list(found):
        found += [above for above in _around(parent, known) if above not in found]
    return found
