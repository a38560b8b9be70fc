"""Inside a passage: the sentences, list items and table rows that answer an ask, with their conditions.

A clause never travels without what limits it: a sentence that leans on the one before takes it along,
and the conditions and exceptions that follow stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from voz.case import Passage
from voz.knowledge.audience import is_instruction
from voz.knowledge.regions import applies_in, regions_in, spelled
from voz.passage_words import FIGURES, AskType, answers_type, lexicon, pattern, terms
from voz.sentences import split_sentences
from voz.text import fold

ClauseKind = Literal["sentence", "item", "row"]

_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_ROW = re.compile(r"^\s*\|")
_RULE = re.compile(r"^\s*\|[\s:|-]+\|?\s*$")
_SKIP = re.compile(r"^\s*(?:#{1,6}\s|<!--|---+\s*$)")
_MARKS = re.compile(r"\*\*|__|`|^#{1,6}\s+|^>\s?|(?<!\w)[*_](?=\w)|(?<=[\w.])[*_](?!\w)", re.MULTILINE)
_REFERENCE = re.compile(
    r"\s*\((?:v[ée]a(?:se|n)?|ver|cf\.?|consult[ae]|see|mira)\b[^()]{0,120}\)"
    r"|,?\s*(?:seg[úu]n|de|en) (?:la|el) (?:lista|tabla|cuadro|apartado|secci[óo]n|punto) "
    r"(?:de (?:arriba|abajo)|anterior|siguiente|\d+(?:\.\d+)*)"
    r"|,?\s*(?:v[ée]ase|tal como se indica en|seg[úu]n (?:lo previsto en|el apartado|la cl[áa]usula))"
    r"\s+[^.,;]{0,80}(?=[.,;])",
    re.IGNORECASE,
)
_RUN_IN = re.compile(r"^\*\*([^*\n]{2,70}?)(?:[.:]\*\*|\*\*[.:])\s+(?=\S)")
WHOLE_SENTENCES, WHOLE_CHARS = 5, 520
"""A section up to this long may be said whole."""


@dataclass(frozen=True)
class Clause:
    """What could be said of a passage: `text` in full, `tight` the least that is still true."""

    passage: Passage
    text: str
    tight: str
    kind: ClauseKind
    label: str
    focus: str
    """The sentence that was matched, within `text`; for a row its header and cells."""
    score: float = 0.0
    overlap: float = 0.0

    @property
    def said(self) -> str:
        """The words that are the clause's own: of a row its cells, without the header."""
        if self.kind != "row":
            return self.focus
        cells = self.focus.split(" | ")
        return " | ".join(cells[len(cells) // 2 :])

    @property
    def names(self) -> tuple[str, ...]:
        """What a row or an item is about: its first cells, or what stands before its colon."""
        if self.kind == "row":
            return tuple(self.said.split(" | ")[:3])
        return (self.focus.split(":")[0],) if self.kind == "item" and ":" in self.focus else ()

    @property
    def key(self) -> tuple[str, str]:
        return self.passage.id, self.focus


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
    for block in re.split(r"\n[ \t]*\n", passage.text.strip()):
        lines = [line for line in block.splitlines() if line.strip() and not _SKIP.match(line)]
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
    parts = [part for part in parts if not is_instruction(part)]
    if parts and parts[-1].endswith(":"):
        parts = parts[:-1]
    folded = [fold(part) for part in parts]
    whole = " ".join(parts)
    short = len(parts) <= WHOLE_SENTENCES and len(whole) <= WHOLE_CHARS
    made = []
    for i, part in enumerate(parts):
        if pattern("note").match(folded[i]):
            continue
        first = i
        while first > 0 and pattern("anaphora").match(folded[first]):
            first -= 1
        last = i
        while last + 1 < len(parts) and pattern("qualifier").match(folded[last + 1]):
            last += 1
        strong = [j for j in range(last + 1, len(parts)) if pattern("strong").search(folded[j])]
        tight = " ".join([*parts[first : last + 1], *(parts[j] for j in strong)])
        made.append(Clause(passage, whole if short else tight, tight, "sentence", label, part))
    return made


def _items(passage: Passage, lines: list[str], lead: str, label: str) -> list[Clause]:
    items: list[str] = []
    numbered = bool(re.match(r"^\s*\d", lines[0]))
    for line in lines:
        if _ITEM.match(line):
            items.append(_with_label(_ITEM.sub("", line)))
        elif items:
            items[-1] += " " + plain(line)
    head = _lead(lead) or ("" if is_question(label) else label)
    if numbered and len(items) <= 6:
        steps = [f"{n}) {lower_first(item.rstrip('.;'))}" for n, item in enumerate(items, 1)]
        text = (f"{head}: " if head else "") + "; ".join(steps) + "."
        return [Clause(passage, text, text, "item", label, text)]
    if _conditions(items):
        body = "; ".join(lower_first(item.rstrip(".;,")) for item in items)
        text = f"{head}: {body}." if head else capitalised(f"{body}.")
        return [Clause(passage, text, text, "item", label, text)]
    made = []
    for item in items:
        text = _under(head, item, bool(lead)) if head else f"{lower_first(item).rstrip('.;,')}."
        made.append(Clause(passage, text, text, "item", label, item))
    return made


def _under(head: str, item: str, led: bool) -> str:
    """«Gastos: península, 4,95 €.» under a line that leads to it; under a title «Plan Rojo, baja: sin coste.»."""
    name, colon, rest = lower_first(item).rstrip(".;,").partition(": ")
    if not colon:
        return f"{head}: {name}."
    return f"{head}: {name}, {rest}." if led or "," in head else f"{head}, {name}: {lower_first(rest)}."


def _with_label(item: str) -> str:
    """An item with its label in bold as one sentence: «Si se cae una pieza, la reponemos», «Costo: 20 €»."""
    label = _RUN_IN.match(item)
    if label is None:
        return plain(item)
    rest = plain(item[label.end() :])
    joint = "," if fold(label[1]).startswith(("si ", "cuando ")) else ":"
    return f"{plain(label[1])}{joint} {lower_first(rest)}"


def _conditions(items: list[str]) -> bool:
    """Items that only make sense together: «con 7 días o más…; con menos…»."""
    depends = sum(bool(pattern("condition_item").match(fold(item))) for item in items)
    return 2 <= len(items) <= 5 and depends >= len(items) - 1 and sum(map(len, items)) <= WHOLE_CHARS


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lead(lead: str) -> str:
    """What a list hangs on: its last sentence, with those before it only where they limit it."""
    spans = list(split_sentences(lead))
    return lead[spans[-1][0] :].rstrip(": ") if spans else lead.rstrip(": ")


def _rows(passage: Passage, lines: list[str], label: str) -> list[Clause]:
    cells = [[plain(cell) for cell in line.strip().strip("|").split("|")] for line in lines if not _RULE.match(line)]
    made = []
    for row in cells[1:]:
        text = row_sentence(cells[0], row)
        if text:
            focus = " | ".join([*cells[0], *row])
            made.append(Clause(passage, text, text, "row", label, focus))
    return made


def narrowed(clause: Clause, wanted: frozenset[str], types: tuple[AskType, ...], where: tuple[str, ...] = ()) -> Clause:
    """A row with only the columns asked for, and of regions only where the customer is; any other clause as it is."""
    if clause.kind != "row":
        return clause
    cells = clause.focus.split(" | ")
    half = len(cells) // 2
    said = row_sentence(cells[:half], cells[half:], wanted, types, where) or clause.text
    return replace(clause, text=said, tight=said)


_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_FIGURE = re.compile(r"[\d$€£]|[A-Z]{2,3}\$")


def row_sentence(
    header: list[str], row: list[str], wanted: frozenset[str] = frozenset(), types: tuple[AskType, ...] = (),
    where: tuple[str, ...] = (),
) -> str:  # fmt: skip
    """«Pinchazo: bici urbana 12 €; plazo: en el día; cámara incluida.»

    With `wanted`, only the columns that it speaks of, and always notes and limits.
    """
    pairs = [(head.replace("_", " "), cell) for head, cell in zip(header, row, strict=False)]
    keys = _keys(pairs, wanted)
    if not keys:
        return ""
    whole = " ".join(f"({pairs[key][1]})" if key != keys[0] else pairs[key][1] for key in keys)
    name = fold(whole)
    rest = [(head, cell) for i, (head, cell) in enumerate(pairs) if i not in keys and cell and fold(cell) not in name]
    rest = _columns(_there(rest, where), wanted, [kind for kind in types if kind in FIGURES])
    name, said = whole, []
    for head, cell in rest:
        value = _ISO.sub(r"\3/\2/\1", lower_first(cell.rstrip(". ")))
        if pattern("place_headers").search(fold(head)) and fold(value) not in fold(name):
            name = f"{name} ({value})"
        elif fold(head) in lexicon()["note_headers"]:
            said.append(value)
        else:
            said.append(f"{_header(head)}{' ' if _FIGURE.match(value) else ': '}{value}")
    return f"{name}: {'; '.join(said)}." if said else ""


def _columns(pairs: list[tuple[str, str]], wanted: frozenset[str], figures: list[AskType]) -> list[tuple[str, str]]:
    """The columns asked for with those that limit them; of those that hold the figure, the ones asked for by name."""
    held = [p for p in pairs if any(answers_type(p[1], kind) for kind in figures)]
    hits = [len(terms(p[0]) & wanted) for p in held]
    held = [p for p, hit in zip(held, hits, strict=True) if hit == max(hits)]
    asked = held or [p for p in pairs if terms(p[0]) & wanted]
    return [p for p in pairs if p in asked or _limits(p[0])] if asked else pairs


def _there(pairs: list[tuple[str, str]], where: tuple[str, ...]) -> list[tuple[str, str]]:
    """Without the columns of other regions than the customer's, where one is of the customer's."""
    regional = {head: found for head, _ in pairs if (found := regions_in(head))}
    fitting = [head for head, found in regional.items() if where and applies_in(found, where)]
    return [p for p in pairs if p[0] not in regional or p[0] in fitting] if fitting else pairs


def _header(head: str) -> str:
    """«Plazo» → «plazo»; «merida» → «en Mérida»."""
    if regions_in(head) and fold(head) not in lexicon()["header_nouns"]:
        return f"en {spelled(head)}"
    said = head.lower() if fold(head) in lexicon()["header_nouns"] else lower_first(head)
    return " ".join(lexicon()["header_accents"].get(word, word) for word in said.split())


def _limits(header: str) -> bool:
    """Whether a column says when the others hold."""
    return fold(header) in lexicon()["note_headers"] or bool(pattern("scope_headers").search(fold(header)))


def _keys(pairs: list[tuple[str, str]], wanted: frozenset[str]) -> list[int]:
    """The columns that say what the row is about: the cell asked for, with another that also holds words of the ask
    («Junta de grupo» and «Alba Pro»); else the first."""
    hits = [terms(cell) & wanted if not _limits(head) else frozenset() for head, cell in pairs[:3]]
    most = max(range(len(hits)), key=lambda i: (len(hits[i]), -i), default=None)
    if most is None or not hits[most]:
        filled = [i for i, (_, cell) in enumerate(pairs) if cell]
        return [i for i in filled if not pattern("code_headers").fullmatch(fold(pairs[i][0]))][:1] or filled[:1]
    more = next((i for i in range(len(hits)) if i != most and hits[i] - hits[most]), None)
    return sorted([most] if more is None else [most, more])


def is_question(label: str) -> bool:
    return label.rstrip().endswith("?")


_PLACE_NAME = re.compile(r"(?:Calle|Avenida|Carrer|Av|San|Santa|Plaza|Paseo|Rua)\b")


def lower_first(text: str, around: str = "") -> str:
    """The first letter small, unless the word looks like a name, an acronym or a figure.

    `around` is the passage: a word that stands there with a capital inside a sentence is a name.
    """
    words = text.split()
    if len(words) < 2 or not re.match(r"[A-ZÁÉÍÓÚÑ][a-záéíóúñü]*,?$", words[0]):
        return text
    if words[1][:1].isupper() or _PLACE_NAME.match(text) or regions_in(words[0]):
        return text
    if around and re.search(rf"[a-záéíóúñ,;(] {re.escape(words[0])}\b", around):
        return text
    return text[:1].lower() + text[1:]
