"""Inside a passage: the sentences, list items and table rows that answer an ask, with their conditions.

A clause never travels without what limits it: a sentence that leans on the one before takes it along,
and the conditions and exceptions that follow stay.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from voz.case import Passage
from voz.quantities import quantities
from voz.sentences import split_sentences
from voz.text import fold, stems

AskType = Literal["how_much", "when", "where", "how", "may"]
ClauseKind = Literal["sentence", "item", "row"]

_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_ROW = re.compile(r"^\s*\|")
_RULE = re.compile(r"^\s*\|[\s:|-]+\|?\s*$")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+|^>\s?|(?<!\w)[*_](?=\w)|(?<=[\w.])[*_](?!\w)", re.MULTILINE)
_REFERENCE = re.compile(
    r"\s*\((?:v[ée]a(?:se|n)?|ver|cf\.?|consult[ae]|see|mira)\b[^()]{0,120}\)"
    r"|,?\s*(?:v[ée]ase|tal como se indica en|seg[úu]n (?:lo previsto en|el apartado|la cl[áa]usula))\s+[^.,;]{0,80}(?=[.,;])",
    re.IGNORECASE,
)
_RUN_IN = re.compile(r"^\*\*([^*\n]{2,70}?)(?:[.:]\*\*|\*\*[.:])\s+(?=\S)")


@cache
def lexicon() -> dict[str, Any]:
    text = (files("voz") / "data" / "rewrite_clauses.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def pattern(name: str) -> re.Pattern[str]:
    return re.compile(lexicon()[name])


@dataclass(frozen=True)
class Clause:
    """What could be said of a passage: `text` in full, `tight` the least that is still true."""

    passage: Passage
    text: str
    tight: str
    kind: ClauseKind
    label: str
    focus: str
    """The sentence that was matched, within `text`."""
    score: float = 0.0
    overlap: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        return self.passage.id, self.focus


# ── words ──


@cache
def _stop() -> frozenset[str]:
    return frozenset(stem for word in lexicon()["stopwords"].split() for stem in (fold(word), *stems(word, "es")))


@cache
def _meanings() -> dict[str, str]:
    """Stem → the name of its line of synonyms."""
    table: dict[str, str] = {}
    for line in lexicon()["synonyms"]:
        for word in line:
            for stem in (fold(word), *stems(word, "es")):
                table.setdefault(stem, f"={line[0]}")
    return table


@lru_cache(maxsize=4096)
def terms(text: str) -> frozenset[str]:
    """What a text speaks of: stems without the empty words, synonyms as one."""
    found = set()
    for stem in stems(text, "es"):
        if stem in _stop() or (len(stem) < 2 and not stem.isdigit()):
            continue
        found.add(_meanings().get(stem, stem))
    return frozenset(found)


def ask_types(text: str) -> tuple[AskType, ...]:
    folded = fold(text)
    return tuple(name for name, regex in lexicon()["ask_types"].items() if re.search(regex, folded))


@lru_cache(maxsize=4096)
def answers_type(text: str, kind: AskType) -> bool:
    """Whether a clause holds what this kind of question asks for."""
    folded = fold(text)
    if kind in ("may", "how"):
        return True
    if kind == "where":
        return bool(pattern("place_words").search(folded))
    kinds = {quantity.kind for quantity in quantities(text)}
    if kind == "how_much":
        return bool(kinds & {"money", "percent"}) or bool(pattern("free_words").search(folded))
    return bool(kinds & {"duration", "date", "time", "weekday"}) or bool(pattern("time_words").search(folded))


# ── passages to clauses ──


def plain(text: str) -> str:
    """Text without Markdown marks and references to other places of the document."""
    return re.sub(r"[ \t]+", " ", _REFERENCE.sub("", _MARKS.sub("", text))).strip()


@lru_cache(maxsize=1024)
def clauses(passage: Passage) -> tuple[Clause, ...]:
    """Every sentence, item and row of a passage, each with what must go with it."""
    label = passage.heading.split(" › ")[-1].strip() if passage.heading else passage.title
    found: list[Clause] = []
    lead = ""
    for block in re.split(r"\n\s*\n", passage.text.strip()):
        lines = [line for line in block.splitlines() if line.strip() and not re.match(r"^\s*(?:#{1,6}\s|<!--|---+\s*$)", line)]
        if not lines:
            continue
        if _ROW.match(lines[0]):
            found += _rows(passage, lines, label)
        elif _ITEM.match(lines[0]) or (len(lines) > 1 and _ITEM.match(lines[1])):
            if not _ITEM.match(lines[0]):
                lead = plain(lines.pop(0))
            found += _items(passage, lines, lead, label)
        else:
            text = " ".join(lines)
            run_in = _RUN_IN.match(text)
            own = run_in[1].strip() if run_in else label
            text = plain(text[run_in.end() :] if run_in else text)
            found += _sentences(passage, text, own)
            lead = text if text.endswith(":") else ""
    return tuple(found)


def _sentences(passage: Passage, text: str, label: str) -> list[Clause]:
    parts = [text[start:end] for start, end in split_sentences(text)]
    if parts and parts[-1].endswith(":"):
        parts = parts[:-1]
    folded = [fold(part) for part in parts]
    made = []
    for i, part in enumerate(parts):
        first = i
        while first > 0 and pattern("anaphora").match(folded[first]):
            first -= 1
        last = i
        while last + 1 < len(parts) and pattern("qualifier").match(folded[last + 1]):
            last += 1
        strong = [j for j in range(last + 1, len(parts)) if pattern("strong").search(folded[j])]
        tight = " ".join([*parts[first : last + 1], *(parts[j] for j in strong)])
        whole = " ".join(parts) if len(parts) <= 5 and sum(map(len, parts)) <= 520 else tight
        made.append(Clause(passage, whole, tight, "sentence", label, part))
    return made


def _items(passage: Passage, lines: list[str], lead: str, label: str) -> list[Clause]:
    items: list[str] = []
    numbered = bool(re.match(r"^\s*\d", lines[0]))
    for line in lines:
        if _ITEM.match(line):
            items.append(plain(_ITEM.sub("", line)))
        elif items:
            items[-1] += " " + plain(line)
    head = lead.rstrip(": ") or ("" if _is_question(label) else label)
    if numbered and len(items) <= 6:
        body = " ".join(f"{n}) {lower_first(item.rstrip('.;'))};" for n, item in enumerate(items, 1)).rstrip(";") + "."
        text = f"{head}: {body}" if head else body
        return [Clause(passage, text, text, "item", label, text)]
    made = []
    for item in items:
        body = lower_first(item.replace(": ", ", ", 1))
        text = f"{head}: {body.rstrip('.;,')}." if head else f"{item.rstrip('.;,')}."
        made.append(Clause(passage, text, text, "item", label, text))
    return made


def _rows(passage: Passage, lines: list[str], label: str) -> list[Clause]:
    cells = [[plain(cell) for cell in line.strip().strip("|").split("|")] for line in lines if not _RULE.match(line)]
    if len(cells) < 2:
        return []
    header, body = cells[0], cells[1:]
    made = []
    for row in body:
        text = row_sentence(header, row, None)
        if text:
            made.append(Clause(passage, text, text, "row", label, " | ".join([*header, *row])))
    return made


def row_sentence(header: list[str], row: list[str], wanted: frozenset[str] | None, types: tuple[AskType, ...] = ()) -> str:
    """«Pinchazo: bici urbana, 12 €; plazo, en el día; cámara incluida.»

    With `wanted`, only the columns that it speaks of, and always notes and limits.
    """
    pairs = [(head.replace("_", " "), cell) for head, cell in zip(header, row, strict=False)]
    key = _key(pairs, wanted)
    rest = [(i, head, cell) for i, (head, cell) in enumerate(pairs) if i != key and cell]
    if wanted is not None:
        chosen = [p for p in rest if terms(p[1]) & wanted or any(t in ("how_much", "when", "where") and answers_type(p[2], t) for t in types)]
        if chosen:
            notes = [p for p in rest if fold(p[1]) in lexicon()["note_headers"] or pattern("scope_headers").search(fold(p[1]))]
            rest = [p for p in rest if p in chosen or p in notes]
    if not rest or key is None:
        return ""
    said = []
    for _, head, cell in rest:
        value = lower_first(cell.rstrip(". "))
        said.append(value if fold(head) in lexicon()["note_headers"] else f"{lower_first(head)}, {value}")
    return f"{pairs[key][1]}: {'; '.join(said)}."


def _key(pairs: list[tuple[str, str]], wanted: frozenset[str] | None) -> int | None:
    """The column that says what the row is about: the cell asked for, else the first."""
    if wanted:
        best = max(range(len(pairs)), key=lambda i: (len(terms(pairs[i][1]) & wanted), -i))
        if terms(pairs[best][1]) & wanted:
            return best
    return next((i for i, (_, cell) in enumerate(pairs) if cell), None)


def _is_question(label: str) -> bool:
    return label.rstrip().endswith("?")


def lower_first(text: str) -> str:
    """The first letter small, unless the word looks like a name, an acronym or a figure."""
    words = text.split()
    if not words or len(words) == 1 or not words[0][:1].isupper() or not words[0][1:].islower() and len(words[0]) > 1:
        return text
    if words[1][:1].isupper() or re.match(r"(?:Calle|Avenida|Carrer|Av|San|Santa|Plaza)\b", text):
        return text
    return text[:1].lower() + text[1:]


# ── which clause answers ──


@dataclass(frozen=True)
class Question:
    """An ask as it is searched for inside the passages."""

    wanted: frozenset[str]
    types: tuple[AskType, ...]
    products: frozenset[str] = frozenset()


def rank(question: Question, passages: tuple[Passage, ...]) -> list[Clause]:
    """All clauses of the passages, the one that answers best first; ties keep the order of the passages."""
    everything = [(place, clause) for place, passage in enumerate(passages) for clause in clauses(passage)]
    weights = _weights(tuple(clause.focus for _, clause in everything))
    total = sum(weights(term) for term in question.wanted) or 1.0
    scored = []
    for place, clause in everything:
        own, head = terms(clause.focus), terms(clause.passage.heading)
        hit = sum(weights(t) for t in question.wanted & own)
        near = sum(weights(t) for t in (question.wanted & head) - own)
        around = sum(weights(t) for t in (question.wanted & terms(clause.text)) - own - head)
        overlap = (hit + 0.6 * near + 0.3 * around) / total
        score = overlap + 0.45 / (1 + place) + _type_score(clause, question)
        score -= 0.6 * _other_product(clause, question)
        scored.append(Clause(**{**clause.__dict__, "score": score, "overlap": overlap}))
    return sorted(scored, key=lambda clause: -clause.score)


def _type_score(clause: Clause, question: Question) -> float:
    figures = [kind for kind in question.types if kind in ("how_much", "when", "where")]
    if not figures:
        return 0.0
    return sum(0.25 if answers_type(clause.focus, kind) else -0.15 for kind in figures) / len(figures)


def _other_product(clause: Clause, question: Question) -> bool:
    """The clause is about another product than the one that the customer names."""
    if not question.products or not clause.passage.products:
        return False
    return not question.products & {fold(product) for product in clause.passage.products}


def _weights(texts: tuple[str, ...]) -> Any:
    counts = Counter(term for text in texts for term in terms(text))
    size = len(texts)
    return lambda term: math.log(1 + (size + 1) / (counts[term] + 0.5))
