"""Which document takes the place of which: same title, newer date."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from voz.brand import Origin
from voz.knowledge.lexicon import pattern, phrases
from voz.knowledge.metadata import Meta
from voz.text import fold, stems, words

if TYPE_CHECKING:
    from voz.knowledge.documents import Parsed

_YEAR = re.compile(r"^20\d\d$|^\d{2,4}[-/.]\d{2,4}$|^v\d+$|^\d+$")


def title_words(title: str) -> frozenset[str]:
    """The stems that say what a document is about: no years, no «antigua», no articles."""
    fillers = set(map(fold, phrases("fillers")))
    plain = pattern("old_titles").sub(" ", " ".join(words(title)))
    kept = [word for word in words(plain) if not _YEAR.match(word) and word not in fillers]
    return frozenset(stems(" ".join(kept), "es"))


def supersessions(parsed: Sequence[Parsed], metas: Mapping[str, Meta]) -> dict[str, tuple[str, Origin]]:
    """Older document → the one that takes its place, where two have one title and show their age."""
    found: dict[str, tuple[str, Origin]] = {}
    groups: dict[tuple[object, ...], list[Parsed]] = {}
    for doc in parsed:
        if about := title_words(doc.title):
            groups.setdefault((about, *_scope(doc, metas[doc.source])), []).append(doc)
    for group in groups.values():
        for doc in group:
            newer = [(other, why) for other in group if (why := _why_newer(other, doc, metas))]
            if newer:
                other, why = max(newer, key=lambda pair: (_age(pair[0], metas) or dt.date.min, pair[0].source))
                found[doc.source] = (other.source, _origin(doc, other, why))
    for doc in parsed:
        if doc.inferred.replaces and (old := _named(doc, parsed)) and old.source not in found:
            sentence = next(o.sentence for o in doc.inferred.origins if o.field == "replaces")
            found[old.source] = (doc.source, _origin(old, doc, sentence))
    return found


def _scope(doc: Parsed, meta: Meta) -> tuple[object, ...]:
    """Two documents for different people do not replace each other."""
    regions = meta.region if meta.region is not None else doc.inferred.regions
    audience = meta.audience or doc.inferred.audience or "public"
    return doc.language, regions, audience, meta.product or ()


def _age(doc: Parsed, metas: Mapping[str, Meta]) -> dt.date | None:
    meta = metas[doc.source]
    stated = meta.valid_from or doc.inferred.valid_from
    if stated:
        return stated
    years = re.findall(r"(?<!\d)20\d\d(?!\d)", f"{doc.title} {doc.source}")
    return dt.date(int(max(years)), 1, 1) if years else doc.inferred.dated


def _why_newer(other: Parsed, doc: Parsed, metas: Mapping[str, Meta]) -> str | None:
    if other.source == doc.source:
        return None
    if doc.inferred.old != other.inferred.old:
        return f"marked as old, same title as {other.source}" if doc.inferred.old else None
    mine, theirs = _age(doc, metas), _age(other, metas)
    if mine and theirs and theirs > mine:
        return f"same title as {other.source}, which is newer ({theirs.isoformat()} after {mine.isoformat()})"
    return None


def _named(doc: Parsed, parsed: Sequence[Parsed]) -> Parsed | None:
    """The document that «sustituye a …» names, by title or file name."""
    said = title_words(doc.inferred.replaces or "")
    for other in parsed:
        stem = other.source.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if other.source != doc.source and stem in (doc.inferred.replaces or ""):
            return other
    best = [o for o in parsed if o.source != doc.source and title_words(o.title) and title_words(o.title) <= said]
    years = set(re.findall(r"20\d\d", doc.inferred.replaces or ""))
    best = [o for o in best if not years or years & set(re.findall(r"20\d\d", f"{o.title} {o.source}"))]
    return best[0] if len(best) == 1 else None


def _origin(doc: Parsed, other: Parsed, why: str) -> Origin:
    return Origin(field="superseded_by", value=other.source, source=doc.source, line=1, sentence=why)
