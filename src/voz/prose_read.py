"""Prose documents taken apart for reading a brand out of them.

A `Clause` is one sentence, list entry or table cell with the line it stands on and all that it hangs
from (headings, the lead of its list, its table's column, the question it answers).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from voz.sentences import split_sentences

MAX_CHARS = 200_000  # of one document; a brand guide is a few pages
MAX_SENTENCE = 1_500
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.{1,300})")
_ITEM = re.compile(r"^\s{0,8}(?:[-*+•–]|\d{1,3}[.)])\s+(.*)")
_SEPARATOR = re.compile(r"^\s*\|?[\s:|-]{3,}$")
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{1,300}\)")
_MARKS = re.compile(r"\*{1,3}|__|`|\\(?=[_*#|\[\]])|^>\s?|<br\s*/?>", re.IGNORECASE)
_BOLD_LEAD = re.compile(r"^\s*(?:\*\*|__)([^*_\n]{2,120})(?:\*\*|__)\s*:?\s*(.*)")
_EMPHASIS = re.compile(r"(?<![\w*_])(\*{1,2}|__?)(?=\S)([^*_\n]{2,80}?)(?<=\S)\1(?![\w*])")
_QA = re.compile(r"^(?:[PRQA]|Pregunta|Respuesta|Resposta|Pergunta)\s?[.:]\s+", re.IGNORECASE)
_QUOTES = re.compile(
    r"«([^«»\n]{1,200})»|“([^“”\n]{1,200})”|\"([^\"\n]{1,200})\"|‘([^‘’\n]{1,200})’"
    r"|(?<!\w)'([^'\n]{2,200})'(?!\w)"
)


@dataclass(frozen=True)
class Clause:
    source: str
    line: int
    text: str
    context: str = ""
    """Folded: headings, lead, column, question, joined by ' > '."""
    block: int = 0
    """Clauses of one paragraph or one list share it."""
    cells: tuple[tuple[str, str], ...] = ()
    """For the first cell of a table row: the whole row, as (folded header, cell)."""
    row_cell: bool = False
    item: bool = False
    head: str = ""
    """The emphasised words that open the entry it belongs to: «**Cobros** es Ana. Lleva…»."""
    title: str = ""
    """The heading it stands under, as written."""
    plain: str = field(default="", compare=False)
    """The text folded, character for character."""


# Latin letters with marks, to the letter alone: one character to one, also where lower() would make two.
_BARE = {
    code: unicodedata.normalize("NFD", chr(code))[0].lower() for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
}


def plain(text: str) -> str:
    """Lower case without accents, as long as the text, so that places in one are places in the other."""
    return text.lower() if text.isascii() else text.translate(_BARE).lower()


class Signs:
    """Patterns told apart quickly: one whose first letters are nowhere in the text is never tried."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._entries = [
            (_start(pattern), re.compile(pattern if pattern[:2] == r"\." else rf"(?<!\w)(?:{pattern})"))
            for pattern in patterns
        ]

    def first(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """(number of the pattern, its first match) for every pattern that is in the text."""
        for place, (start, pattern) in enumerate(self._entries):
            if start in text and (match := pattern.search(text)):
                yield place, match


def _start(pattern: str) -> str:
    """The letters that every match of a pattern begins with, as far as they are plain to see."""
    literal = re.match(r"(?:[a-z0-9$ ]|\\[.$+/])*", pattern.replace("\\b", "|"))
    found = literal[0] if literal else ""
    if literal and pattern[literal.end() : literal.end() + 1] in ("?", "*", "{"):
        found = re.sub(r"(?:\\.|.)$", "", found)
    return "" if "|" in _outside_groups(pattern) else found.replace("\\", "")


def _outside_groups(pattern: str) -> str:
    while (shorter := re.sub(r"\([^()]*\)|\[[^\]]*\]", "", pattern)) != pattern:
        pattern = shorter
    return pattern


@cache
def lexicon(name: str) -> dict[str, Any]:
    """The YAML file `data/brand/<name>.yaml`, every scalar a string."""
    path = resources.files("voz").joinpath("data", "brand", f"{name}.yaml")
    return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))


@cache
def cue(name: str) -> re.Pattern[str]:
    """The alternatives of `cues.yaml`'s entry as one pattern over plain text, each from a word's start."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(lexicon('cues')[name])})")


def read_clauses(source: str, text: str) -> tuple[Clause, ...]:
    """All clauses of a Markdown document, in order."""
    return tuple(replace(clause, plain=plain(clause.text)) for clause in _Reader(source).read(text[:MAX_CHARS]))


def is_example(clause: Clause) -> bool:
    """A reply that shows how the company sounds, or does not: it sets no rule and no word by itself."""
    if not cue("example").search(clause.context.split(" > ")[-1]) or clause.cells:
        return False
    return clause.item or clause.text[:1] in '«“"‘—>' or clause.text[-1:] in '»”"’'


def quotes(text: str) -> Iterator[tuple[int, int, str]]:
    """Every quoted phrase with its span, marks included."""
    for match in _QUOTES.finditer(text):
        inner = next(group for group in match.groups() if group)
        if inner.strip():
            yield match.start(), match.end(), inner.strip()


def _clean(text: str) -> str:
    return re.sub(r"[ \t]{2,}", " ", _MARKS.sub("", _LINK.sub(r"\1", text))).strip()


_Lines = list[str]  # inside the class, `list` is a method
_Outer = list[tuple[int, str]]  # (indent, text) of the entries that a nested one hangs from


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.headings: list[tuple[int, str]] = []
        self.lead = ""
        self.block = 0

    def context(self, *more: str) -> str:
        parts = [*(title for _, title in self.headings), self.lead, *more]
        return plain(" > ".join(part for part in parts if part))

    def read(self, text: str) -> Iterator[Clause]:
        lines = text.split("\n")
        at = _after_front_matter(lines)
        while at < len(lines):
            line = lines[at]
            if not line.strip():
                at += 1
            elif match := _HEADING.match(line):
                self.open_heading(len(match[1]), _clean(match[2].rstrip("# ")))
                at += 1
            elif "|" in line and at + 1 < len(lines) and _SEPARATOR.match(lines[at + 1]) and "-" in lines[at + 1]:
                at = yield from self.table(lines, at)
            elif _ITEM.match(line):
                at = yield from self.list(lines, at)
            else:
                at = yield from self.paragraph(lines, at)

    def open_heading(self, level: int, title: str) -> None:
        self.headings = [(depth, t) for depth, t in self.headings if depth < level] + [(level, title)]
        self.lead = ""
        self.block += 1

    def table(self, lines: _Lines, at: int) -> Generator[Clause, None, int]:
        header = _cells(lines[at])
        start, at = at, at + 2
        self.block += 1
        while at < len(lines) and "|" in lines[at]:
            row = _cells(lines[at])
            pairs = tuple((plain(h), c) for h, c in zip(header, row, strict=False))
            if len(pairs) > 1:
                yield Clause(
                    self.source, at + 1, " | ".join(row)[:MAX_SENTENCE], self.context(*header), self.block, cells=pairs
                )
                for title, cell in zip(header[1:], row[1:], strict=False):
                    if cell:
                        yield Clause(
                            self.source, at + 1, f"{row[0]}: {cell}", self.context(title), self.block,
                            row_cell=True,
                        )  # fmt: skip
            at += 1
        self.lead = ""
        return max(at, start + 2)

    def list(self, lines: _Lines, at: int) -> Generator[Clause, None, int]:
        self.block += 1
        outer: _Outer = []
        while at < len(lines):
            match = _ITEM.match(lines[at])
            if not match:
                if lines[at].strip():
                    break
                following = next((x for x in lines[at : at + 3] if x.strip()), "")
                if not _ITEM.match(following):
                    break
                at += 1
                continue
            start, body, depth = at, match[1], len(lines[at]) - len(lines[at].lstrip())
            outer = [(d, text) for d, text in outer if d < depth]
            at += 1
            while at < len(lines) and lines[at].strip() and lines[at][:1] in " \t" and not _ITEM.match(lines[at]):
                body += " " + lines[at].strip()
                at += 1
            yield from self.sentences([(start, body)], item=True, outer=outer)
            outer.append((depth, _clean(body)[:120]))
        self.lead = ""
        return at

    def paragraph(self, lines: _Lines, at: int) -> Generator[Clause, None, int]:
        start, parts = at, []
        while at < len(lines) and lines[at].strip() and not _HEADING.match(lines[at]):
            if at > start and (_ITEM.match(lines[at]) or re.match(r"^\s{0,3}(?:={3,}|-{3,})\s*$", lines[at])):
                break
            parts.append((at, lines[at].strip()))
            at += 1
        if at < len(lines) and re.match(r"^\s{0,3}(?:={3,}|-{3,})\s*$", lines[at]) and len(parts) == 1:
            self.open_heading(1 if "=" in lines[at] else 2, _clean(parts[0][1]))
            return at + 1
        head, bold = "", _BOLD_LEAD.match(parts[0][1])
        if bold and not bold[2] and len(parts) == 1 and not bold[1].endswith((":", "?")):
            self.open_heading(6, _clean(bold[1]).rstrip(" ."))
            return at
        if bold and not bold[2]:
            self.lead = _clean(bold[1])
            parts = parts[1:]
        elif bold and (bold[1].endswith((".", ":", "?")) or parts[0][1][len(bold[1]) + 2 :].startswith("**:")):
            self.lead = _clean(bold[1])
            if bold[1].endswith(".") and len(bold[1].split()) > 2:
                yield from self.sentences([(parts[0][0], bold[1])])
            parts[0], head = (parts[0][0], bold[2]), self.lead
        elif not self.lead.endswith(("?", ":")):
            self.lead = ""
        only = _clean(parts[0][1]) if len(parts) == 1 else ""
        if only and len(only) <= 70 and only[-1] not in '.!…;,:»"”' and not bold and _stands_alone(lines, at):
            if only.endswith("?"):
                self.lead = _QA.sub("", only)
            else:
                self.open_heading(6, only)
            return at
        self.block += 1
        yield from self.sentences(parts, head=head)
        joined = _clean(" ".join(part for _, part in parts))
        self.lead = joined[-120:] if joined.endswith(":") else self.lead if not parts else ""
        return at

    def sentences(
        self, parts: Sequence[tuple[int, str]], item: bool = False, head: str = "", outer: _Outer | None = None
    ) -> Iterator[Clause]:
        """One clause a sentence; the line is that on which it begins."""
        text, starts = "", []
        heads = {_clean(match[2]).rstrip(" :") for _, part in parts for match in _EMPHASIS.finditer(part)}
        head, title = head.rstrip(" .:"), self.headings[-1][1] if self.headings else ""
        for line, part in parts:
            starts.append((len(text), line))
            text += _QA.sub("", _clean(part)) + " "
        question = ""
        for start, end in split_sentences(text):
            line = max(line for offset, line in starts if offset <= start)
            sentence = text[start : min(end, start + MAX_SENTENCE)]
            head = max((h for h in heads if sentence.startswith(h)), key=len, default=head)
            context = self.context(*(text for _, text in outer or ()), question)
            yield Clause(self.source, line + 1, sentence, context, self.block, item=item, head=head, title=title)
            if sentence.endswith("?"):
                question = sentence


def _stands_alone(lines: list[str], at: int) -> bool:
    """Whether something follows that a heading could stand over."""
    return any(line.strip() for line in lines[at : at + 3])


def _cells(line: str) -> list[str]:
    return [_clean(cell) for cell in re.split(r"(?<!\\)\|", line[:20_000].strip().strip("|"))[:20]]


def _after_front_matter(lines: list[str]) -> int:
    if lines and lines[0].strip() == "---":
        for place, line in enumerate(lines[1:60], start=1):
            if line.strip() == "---":
                return place + 1
    return 0
