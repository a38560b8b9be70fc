"""Files → parsed documents → passages: every clause with all that decides whether it applies."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from voz.brand import Origin
from voz.case import Frozen, Passage
from voz.errors import DocumentError
from voz.knowledge.infer import Inferred, infer_chunk, infer_document
from voz.knowledge.metadata import (
    DEFAULTS_FILE,
    METADATA_FILE,
    Meta,
    folder_meta,
    parse_meta,
    split_front_matter,
)
from voz.knowledge.products import product_names, products_in
from voz.knowledge.read import SUFFIXES, read_source
from voz.knowledge.regions import rest_of
from voz.knowledge.sections import Chunk, chunk_sections, read_sections
from voz.knowledge.titles import supersessions

LANGUAGES = ("es", "pt", "en", "ca", "gl")
SHORTEST_TOLD = 40
"""Characters that a text needs for its language to be told; a shorter one has its folder's."""
_TITLE_TAIL = re.compile(r"\s+[|·–—-]\s+.*$")


class Parsed(Frozen):
    """One document, read; all that can be known from the file alone."""

    source: str
    title: str
    meta: Meta
    inferred: Inferred
    chunks: tuple[Chunk, ...]
    chunk_inferred: tuple[Inferred, ...]
    language: str


class Indexed(Frozen):
    """A passage with what its vector is made of."""

    passage: Passage
    embed: str


def document_paths(root: Path) -> list[Path]:
    """The files that are documents: known formats, not the brand, not hidden, not metadata."""
    found = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if not path.is_file() or path.suffix.lower() not in SUFFIXES:
            continue
        if any(part.startswith((".", "~$")) for part in parts) or parts[-1] in (METADATA_FILE, DEFAULTS_FILE):
            continue
        if parts[-1].upper().startswith("README"):
            continue
        found.append(path)
    return found


def parse_document(root: Path, path: Path, data: bytes) -> Parsed:
    """Raises DocumentError with the reason."""
    source = path.relative_to(root).as_posix()
    read = read_source(path, data)
    text, taken = read.markdown, 0
    values: dict[str, Any] = dict(read.meta)
    if path.suffix.lower() in (".md", ".markdown", ".txt"):
        front, text, taken = split_front_matter(text)
        values |= front
    meta = parse_meta(values, "front matter")
    heading, sections = read_sections(text, taken + 1)
    table_file = path.suffix.lower() in (".csv", ".tsv", ".xlsx")
    chunks = chunk_sections(sections, table_file)
    if not chunks:
        raise DocumentError("there is no text in it")
    title = meta.title or heading or _TITLE_TAIL.sub("", read.title or "") or _title_of_file(path)
    inferred = infer_document(source, heading or title, chunks, read.margin)
    return Parsed(
        source=source,
        title=title,
        meta=meta,
        inferred=inferred,
        chunks=tuple(chunks),
        chunk_inferred=tuple(infer_chunk(source, title, chunk) for chunk in chunks),
        language=meta.language or detect_language("\n".join(chunk.text for chunk in chunks)),
    )


def _title_of_file(path: Path) -> str:
    words = re.sub(r"[-_ ]+", " ", path.stem).strip()
    return words[:1].upper() + words[1:] if words else path.name


def detect_language(text: str) -> str:
    """The likeliest of the languages that voz answers in; "" where there is too little text to tell."""
    plain = " ".join(re.sub(r"https?://\S+|[|*#>_\d]", " ", text[:6_000]).split())
    return str(_identifier().classify(plain)[0]) if len(plain) >= SHORTEST_TOLD else ""


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_modelpath(str(MODEL_DIR / MODEL_FILE))
    identifier.set_languages(list(LANGUAGES))
    return identifier


def resolve(parsed: Sequence[Parsed], folder: Mapping[str, Meta]) -> tuple[list[Indexed], list[Origin]]:
    """All documents together → passages, and where each inferred value comes from."""
    metas = {doc.source: doc.meta.over(folder_meta(doc.source, folder)) for doc in parsed}
    usual = Counter(doc.language for doc in parsed if doc.language).most_common(1)
    parsed = [
        doc.model_copy(
            update={
                "title": metas[doc.source].title or doc.title,
                "language": metas[doc.source].language or doc.language or (usual[0][0] if usual else "es"),
            }
        )
        for doc in parsed
    ]
    names = product_names(parsed, metas)
    older = supersessions(parsed, metas)
    regions = sorted({r for doc in parsed for r in (metas[doc.source].region or doc.inferred.regions)})
    named = frozenset(regions) | {r for doc in parsed for found in doc.chunk_inferred for r in found.regions}
    indexed: list[Indexed] = []
    origins: list[Origin] = []
    seen: dict[str, int] = {}
    for doc in parsed:
        meta = metas[doc.source]
        whole = _document_regions(doc, regions)
        rest = rest_of(named)
        used = [o for o in doc.inferred.origins if getattr(meta, _META.get(o.field, o.field), None) is None]
        origins += used + [o for found in doc.chunk_inferred for o in found.origins]
        if doc.source in older and meta.superseded_by is None:
            origins.append(older[doc.source][1])
        for chunk, found in zip(doc.chunks, doc.chunk_inferred, strict=True):
            if found.everywhere and (whole or meta.region):
                found = found.model_copy(update={"regions": rest})
            passage = _passage(doc, meta, chunk, found, whole, names)
            replaced = meta.superseded_by or (older[doc.source][0] if doc.source in older else None)
            passage = passage.model_copy(update={"superseded_by": replaced})
            indexed.append(_identified(passage, chunk, seen))
    return indexed, origins


_META = {"regions": "region"}


def _document_regions(doc: Parsed, all_regions: list[str]) -> tuple[str, ...]:
    """Its regions; «no vale en X» means the other regions that the company's documents name."""
    if doc.inferred.regions or not doc.inferred.not_regions:
        return doc.inferred.regions
    return tuple(region for region in all_regions if region not in doc.inferred.not_regions)


def _passage(
    doc: Parsed, meta: Meta, chunk: Chunk, found: Inferred, whole: tuple[str, ...], names: tuple[str, ...]
) -> Passage:
    inferred = doc.inferred
    regions = meta.region if meta.region is not None else whole
    if found.regions and (meta.region is None or (meta.region and set(found.regions) <= set(meta.region))):
        regions = found.regions
    internal = "internal" in (found.audience, inferred.audience)
    audience = meta.audience or ("internal" if internal else "public")
    if found.audience == "internal" and chunk.path:
        audience = "internal"
    valid_from = _later(meta.valid_from or inferred.valid_from, found.valid_from)
    valid_until = _earlier(meta.valid_until or inferred.valid_until, found.valid_until)
    heading = " › ".join((doc.title, *chunk.path))
    governs = meta.governs or (("*",) if inferred.governs or found.governs else ())
    return Passage(
        id="",
        source=doc.source,
        heading=heading,
        text=chunk.text,
        title=doc.title,
        kind=meta.kind or inferred.kind or "policy",
        audience=audience,
        valid_from=valid_from,
        valid_until=valid_until,
        regions=regions,
        products=products_in((doc.title, *chunk.path), names, meta.product),
        team=meta.team,
        governs=governs,
        language=doc.language,
        wordings=chunk.wordings,
        line=chunk.line,
    )


def _identified(passage: Passage, chunk: Chunk, seen: dict[str, int]) -> Indexed:
    """With an id from source, heading and text; a repeated clause gets a number."""
    key = "\x00".join((passage.source, *chunk.path, passage.text or str(passage.wordings)))
    seen[key] = seen.get(key, 0) + 1
    digest = hashlib.sha256(f"{key}\x00{seen[key]}".encode("utf-8", "replace")).hexdigest()[:12]
    approved = "\n".join(text for _, text in passage.wordings)
    embed = "\n".join(part for part in (passage.heading, passage.text, approved) if part)
    return Indexed(passage=passage.model_copy(update={"id": digest}), embed=embed)


def _later(first: dt.date | None, second: dt.date | None) -> dt.date | None:
    return max((day for day in (first, second) if day), default=None)


def _earlier(first: dt.date | None, second: dt.date | None) -> dt.date | None:
    return min((day for day in (first, second) if day), default=None)


def read_texts(root: Path) -> list[tuple[str, str]]:
    """(path in the folder, Markdown) of every document that can be read; the index names the ones that cannot."""
    texts = []
    for path in document_paths(root):
        try:
            texts.append((path.relative_to(root).as_posix(), read_source(path, path.read_bytes()).markdown))
        except (DocumentError, OSError):
            continue
    return texts


def texts_of(passages: Sequence[Passage]) -> list[tuple[str, str]]:
    """The same from passages already indexed, without converting anything: headings and texts, by document."""
    documents: dict[str, list[str]] = {}
    for passage in passages:
        told = ["audience: internal"] if passage.audience == "internal" else []
        lines = documents.setdefault(passage.source, told)
        for level, heading in enumerate(passage.heading.split(" › "), 1):
            mark = f"{'#' * level} {heading}"
            if mark not in lines:
                lines.append(mark)
        lines.append(passage.text)
    return [(source, "\n\n".join(lines)) for source, lines in documents.items()]
