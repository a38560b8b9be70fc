"""What a sentence says, taken apart: stems, figures, stance (allows, charges, demands), conditions.

A passage is cut into clauses (sentence, list item, table row) that keep the heading and lead-in they stand under;
a reply's sentence is taken apart the same way, so that the two can be compared point by point.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from voz.case import Passage
from voz.packaged import packaged
from voz.quantities import Quantity, fold_in_place, quantities
from voz.sentences import split_sentences
from voz.text import stems, words

_MARKUP = re.compile(r"[*_`#>|]+|\[([^\]]*)\]\([^)]*\)")
_RUN_IN = re.compile(r"\*\*([^*\n]{2,70}?)(?:\.\*\*|\*\*\.)\s+(?=\S)")
"""«**Retenedores.** No van incluidos…»: a heading on the line of its text; with a colon it is part of its sentence."""
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
_STOP_AT = re.compile(r"[,;:.()—–!?]| y (?=se|te|le|no|la|el|los|las)\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or clause, taken apart. `stance` holds signs such as `permit`, `-permit`, `free`, `paid`."""

    text: str
    stems: frozenset[str]
    figures: tuple[Quantity, ...]
    stance: frozenset[str]
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """A statement of a passage; `context` is its heading path and lead-in."""

    passage: Passage
    context: str
    said: Statement
    scope: frozenset[str]
    approved: bool = False

    @property
    def is_row(self) -> bool:
        """A row of a table, each cell after its heading."""
        return "; " in self.said.text and ": " in self.said.text.split("; ", 1)[0]


@lru_cache(maxsize=20_000)
def name_stems(row: Clause) -> frozenset[str]:
    """What a row is about: the words of its first cells that hold no figure."""
    cells = [cell.partition(": ")[2] for cell in row.said.text.split("; ")[:3]]
    named = [cell for cell in cells if not any(char in cell for char in "$€£%")]
    return content_stems(" ".join(named), row.passage.language)


@cache
def pattern(name: str) -> re.Pattern[str]:
    """A stance pattern from data/claims/stance.yaml, for folded text."""
    return re.compile(packaged("claims/stance")[name])


@cache
def _stop_stems() -> frozenset[str]:
    loaded = packaged("claims/stopwords")
    return frozenset(stem for language, line in loaded.items() for stem in stems(line, language)) | frozenset(
        word for line in loaded.values() for word in words(line)
    )


def content_stems(text: str, language: str = "es") -> frozenset[str]:
    """Stems that carry meaning: no function words, no figures."""
    return frozenset(s for s in stems(text, language) if len(s) > 1 and not s[0].isdigit()) - _stop_stems()


@lru_cache(maxsize=20_000)
def statement(text: str, language: str = "es") -> Statement:
    """A sentence taken apart."""
    folded = fold_in_place(text)
    return Statement(text, content_stems(text, language), quantities(text), stance(folded), conditions(folded))


def stance(folded: str) -> frozenset[str]:
    """The signs that a folded sentence shows: `permit`/`-permit`, `must`/`-must`, `free`, `paid`, `max`, `min`."""
    signs: set[str] = set()
    free = [m.span() for m in pattern("free").finditer(folded)]
    if free:
        signs.add("free")
    for name in ("permit", "must"):
        for match in pattern(name).finditer(folded):
            signs.add(f"-{name}" if _negated(folded, match.start()) else name)
    if pattern("negative_word").search(folded):
        signs.add("-permit")
    if any(not _within(m.span(), free) for m in pattern("paid").finditer(folded)):
        signs.add("paid")
    for name in ("max", "min"):
        if pattern(name).search(folded):
            signs.add(name)
    return frozenset(signs)


def _within(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _negated(folded: str, at: int) -> bool:
    """Whether a negation stands within four words before, in the same part of the sentence."""
    before = re.split(r"[,;:.()¿?¡!]|\b(?:pero|sino|but|mas|aunque)\b", folded[max(0, at - 60) : at])[-1]
    near = " ".join(before.split()[-5:])
    hits = [m[0] for m in pattern("negation").finditer(near) if not re.match(r"sin|sem|without|sense", m[0])]
    return len(hits) % 2 == 1


def conditions(folded: str) -> tuple[str, ...]:
    """The conditions and exceptions in a folded sentence, each from its opening word to the next pause."""
    found: list[str] = []
    end = -1
    for match in pattern("condition").finditer(folded):
        if match.start() < end:
            continue
        stop = _STOP_AT.search(folded, match.end())
        end = stop.start() if stop else len(folded)
        if end - match.start() > 6:
            found.append(folded[match.start() : end].strip())
    return tuple(found)


@lru_cache(maxsize=20_000)
def clauses(passage: Passage) -> tuple[Clause, ...]:
    """The clauses of a passage, its approved wordings among them."""
    made: list[Clause] = []
    heading = passage.heading
    for context, text in _pieces(passage.text):
        known = not context or heading.endswith(context.rstrip(".:"))
        full = heading if known else f"{heading} › {context}"
        made.append(_clause(passage, full, text))
    for language, wording in passage.wordings:
        said = statement(wording, language)
        made.append(Clause(passage, heading, said, said.stems | content_stems(heading, language), approved=True))
    return tuple(made)


def _clause(passage: Passage, context: str, text: str) -> Clause:
    said = statement(text, passage.language)
    return Clause(passage, context, said, said.stems | content_stems(context, passage.language))


def _pieces(text: str) -> list[tuple[str, str]]:
    """(lead-in, clause) pairs of a Markdown text: sentences, list items with their lead-in, table rows with header."""
    pieces: list[tuple[str, str]] = []
    lead, header, paragraph = "", [], []  # type: ignore[var-annotated]

    def flush() -> str:
        nonlocal paragraph
        joined, paragraph = " ".join(paragraph), []
        label, plain = _run_in(joined)
        last = ""
        for start, end in split_sentences(plain):
            last = plain[start:end]
            pieces.append((label, last))
        return last

    for line in text.splitlines():
        if line.lstrip().startswith("|") or line.count("|") >= 2:
            last = flush()
            lead = last or lead
            cells = [plain_text(cell) for cell in line.strip().strip("|").split("|")]
            if _TABLE_RULE.match(line):
                continue
            if not header:
                header = [plain_text(cell.replace("_", " ")) for cell in line.strip().strip("|").split("|")]
                continue
            pairs = [f"{name}: {cell}" if name else cell for name, cell in zip(header, cells, strict=False) if cell]
            pieces.append((lead, "; ".join(pairs)))
            continue
        header = []
        item = _LIST_ITEM.match(line)
        if item:
            last = flush()
            lead = last or lead
            label, body = _run_in(line[item.end() :])
            above = f"{lead} {label}".strip()
            pieces.extend((above, body[start:end]) for start, end in split_sentences(body))
        elif not line.strip():
            lead = flush() or lead
            if not lead.endswith(":"):
                lead = ""
        elif not line.startswith("#"):
            paragraph.append(line.strip())
    flush()
    return [(c, t) for c, t in pieces if t.strip()]


def _run_in(markdown: str) -> tuple[str, str]:
    """(label, text) of a paragraph or item that begins with its own heading in bold; the label may be empty."""
    found = _RUN_IN.match(markdown)
    return (plain_text(found[1]), plain_text(markdown[found.end() :])) if found else ("", plain_text(markdown))


def plain_text(markdown: str) -> str:
    """Markdown without its marks; a link keeps its words."""
    return " ".join(_MARKUP.sub(lambda m: m[1] or "", markdown).split())
