"""Markdown → chunks that follow headings, with the approved customer wordings set apart.

A chunk never mixes two headings. Tables and lists stay whole with the sentence that leads into
them; a clause with an approved wording is a chunk of its own, so that the wording is the clause's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from voz.case import Frozen
from voz.knowledge.audience import opens_internal_note
from voz.knowledge.lexicon import phrases
from voz.knowledge.tables import split_table

TARGET_CHARS = 900
WHOLE_CHARS = 1_500
"""A table or list up to this long is not split."""
TABLE_FILE_CHARS = 300
"""Rows of a CSV or a sheet are grouped up to this size: with 600, a question on one row missed it more."""

_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,500}\)")
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\((?:mailto:|tel:)?([^)\s]{1,500})\)")
_RUN_IN = re.compile(r"^\*\*([^*\n]{2,70}?)(?:[.:]\*\*|\*\*[.:])\s+(?=\S)")
_FALSE_HEADING = re.compile(r"^\*\*([^*\n]{2,80}?):?\*\*$")
_SENTENCE = re.compile(r"(?<=[.!?…;])\s+(?=[\"«“¿¡A-ZÁÉÍÓÚÑ0-9*])")
_ITEM = re.compile(r"^(?:[-*+]|\d{1,3}[.)])\s")


class Chunk(Frozen):
    """A piece of one document as it is indexed, without the document's own metadata."""

    path: tuple[str, ...] = ()
    """Headings above it, without the title of the document."""
    text: str
    wordings: tuple[tuple[str, str], ...] = ()
    line: int = 1


@dataclass
class Section:
    """A heading with what stands directly under it."""

    path: tuple[str, ...]
    line: int
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    line: int
    wordings: tuple[tuple[str, str], ...] = ()


def read_sections(markdown: str, first_line: int = 1) -> tuple[str | None, list[Section]]:
    """The first top heading (or None), and the sections in order; that heading is in no path."""
    markdown = _LINK.sub(_plain_link, _IMAGE.sub(r"\1", _without_comments(markdown)))
    title: str | None = None
    levels: list[tuple[int, str]] = []
    sections = [Section((), first_line)]
    for kind, level, text, line in _blocks(markdown):
        if kind == "paragraph" and (false := _FALSE_HEADING.match(text)):
            kind, level, text = "heading", 7, false.group(1)
        if kind != "heading":
            sections[-1].blocks.append(Block(kind, text, line + first_line))
            continue
        if title is None and level == 1 and not any(section.blocks for section in sections):
            title = text
            continue
        levels = [(above, name) for above, name in levels if above < level] + [(level, text)]
        sections.append(Section(tuple(name for _, name in levels), line + first_line))
    return title, [section for section in sections if section.blocks]


def _without_comments(markdown: str) -> str:
    """Without `<!-- … -->`, lines kept in number; what is never closed is no comment."""
    kept, start = list[str](), 0
    while (opened := markdown.find("<!--", start)) >= 0:
        closed = markdown.find("-->", opened)
        if closed < 0:
            break
        kept += [markdown[start:opened], "\n" * markdown.count("\n", opened, closed)]
        start = closed + 3
    return "".join([*kept, markdown[start:]])


def _plain_link(match: re.Match[str]) -> str:
    label, target = match.group(1), match.group(2)
    if label == target or target.startswith(("#", "/")) or label in target:
        return label
    return f"{label} ({target})" if target.startswith("http") or "@" in target else label


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("table")


def _blocks(markdown: str) -> Iterator[tuple[str, int, str, int]]:
    """(kind, heading level, source text, line from 0) of each block at the top of the document."""
    lines = markdown.split("\n")
    tokens = _parser().parse(markdown)
    for index, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.type == "hr" or token.nesting < 0:
            continue
        start, end = token.map
        kind = token.type.removesuffix("_open")
        if kind == "heading":
            yield kind, int(token.tag[1]), _bare(tokens[index + 1].content), start
            continue
        source = "\n".join(lines[start:end]).strip()
        if kind in ("bullet_list", "ordered_list"):
            kind = "list"
        if source.strip():
            yield kind, 0, source, start


def _bare(heading: str) -> str:
    return " ".join(heading.replace("**", "").replace("`", "").split()).strip("# ")


def chunk_sections(sections: Sequence[Section], table_file: bool = False) -> list[Chunk]:
    """Chunks in the order of the document."""
    return [chunk for section in sections for chunk in _chunk_section(section, table_file)]


def _chunk_section(section: Section, table_file: bool) -> Iterator[Chunk]:
    run_ins = sum(bool(_RUN_IN.match(block.text)) for block in section.blocks if block.kind == "paragraph")
    parts: list[tuple[tuple[str, ...], list[Block]]] = [(section.path, [])]
    for block in section.blocks:
        lead = _RUN_IN.match(block.text) if block.kind == "paragraph" and run_ins >= 2 else None
        if lead:
            parts.append(((*section.path, lead.group(1).strip()), []))
        parts[-1][1].append(block)
    for path, blocks in parts:
        for unit in _pack(_tie(blocks), TABLE_FILE_CHARS if table_file else TARGET_CHARS, table_file):
            text = "\n\n".join(block.text for block in unit if block.text)
            wordings = tuple(wording for block in unit for wording in block.wordings)
            if text or wordings:
                yield Chunk(path=path, text=text, wordings=wordings, line=unit[0].line)


def _tie(blocks: list[Block]) -> list[Block]:
    """Blocks with their wordings, and a lead-in sentence joined to its list or table."""
    done: list[Block] = []
    for block in blocks:
        text, wordings = split_wordings(block.text)
        last = done[-1] if done else None
        if wordings and not text and last is not None:
            done[-1] = Block(last.kind, last.text, last.line, last.wordings + wordings)
            continue
        block = Block(block.kind, text, block.line, wordings)
        leads_in = last is not None and last.kind == "paragraph" and last.text.rstrip("*_ ").endswith(":")
        if last is not None and leads_in and not last.wordings and block.kind in ("list", "table", "paragraph"):
            done[-1] = Block(block.kind, f"{last.text}\n\n{text}", last.line, wordings)
        else:
            done.append(block)
    return done


def _pack(blocks: list[Block], limit: int, table_file: bool) -> Iterator[list[Block]]:
    """Groups of blocks of at most `limit` characters; a block with wordings, or a note for staff, stands alone."""
    group: list[Block] = []
    size = 0
    for block in (piece for whole in blocks for piece in _cut(whole, limit, table_file)):
        alone = bool(block.wordings) or opens_internal_note(block.text)
        if group and (size + len(block.text) > limit or alone):
            yield group
            group, size = [], 0
        group.append(block)
        size += len(block.text)
        if alone:
            yield group
            group, size = [], 0
    if group:
        yield group


def _cut(block: Block, limit: int, table_file: bool) -> Iterator[Block]:
    whole = limit if table_file or block.kind not in ("table", "list") else WHOLE_CHARS
    if len(block.text) <= whole or block.wordings:
        yield block
        return
    lead, _, body = block.text.rpartition(":\n\n") if block.kind in ("table", "list") else ("", "", block.text)
    lead = f"{lead}:\n\n" if lead else ""
    line = block.line + lead.count("\n")
    for piece in _cut_body(block.kind, body, limit):
        yield Block(block.kind, lead + piece, line)
        line += piece.count("\n") + 1 if block.kind == "list" else 0


def _cut_body(kind: str, body: str, limit: int) -> list[str]:
    if kind == "table":
        return ["\n".join(group) for group in split_table(body.split("\n"), limit)]
    if kind == "list":
        pieces = list[str]()
        for line in body.split("\n"):
            if _ITEM.match(line) or not pieces:
                pieces.append(line)
            else:
                pieces[-1] += f"\n{line}"
        return _gather(pieces, "\n", limit)
    return _gather(_SENTENCE.split(body), " ", limit)


def _gather(pieces: list[str], glue: str, limit: int) -> list[str]:
    """Pieces joined up to `limit`; one that is longer by itself is cut at the limit."""
    gathered = [""]
    for piece in pieces:
        for start in range(0, max(1, len(piece)), limit * 2):
            part = piece[start : start + limit * 2]
            if gathered[-1] and len(gathered[-1]) + len(part) > limit:
                gathered.append("")
            gathered[-1] += (glue if gathered[-1] else "") + part
    return [piece for piece in gathered if piece.strip()]


def split_wordings(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text without its approved customer wordings, and those as (language, wording)."""
    kept, wordings = list[str](), list[tuple[str, str]]()
    for line in text.split("\n"):
        bare = line.lstrip("> \t").strip()
        match = _wording_line().match(bare) if len(bare) < 3_000 else None
        if match:
            language = (match["language"] or _wording_languages()[match["label"].casefold()]).lower()
            wordings.append((language, match["text"].strip().strip("*_").strip()))
        elif wordings and not kept and line.lstrip().startswith(">") and bare:
            language, before = wordings[-1]
            wordings[-1] = (language, f"{before} {bare}")
        else:
            kept.append(line)
    return "\n".join(kept).strip("\n"), tuple(wordings)


@cache
def _wording_languages() -> dict[str, str]:
    labels = phrases("wording_labels")
    return {label.casefold(): language for language, names in labels.items() for label in names}


@cache
def _wording_line() -> re.Pattern[str]:
    labels = "|".join(map(re.escape, sorted(_wording_languages(), key=len, reverse=True)))
    return re.compile(
        rf"^[*_]{{0,2}}(?P<label>{labels})\s*(?:\((?P<language>[A-Za-z]{{2}})\))?\s*:[*_]{{0,2}}\s*(?P<text>\S.*)$",
        re.IGNORECASE,
    )
