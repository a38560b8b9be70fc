"""The signs of trouble, praise and courtesy in a message, found once and read by asks and triage alike."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache

from voz import lexicon
from voz.clauses import LOOK, Clause, clauses
from voz.lexicon import Folded, Hit, any_of, denial, folded, outside, phrases, whole

MOCKERY = re.compile(r"👏|🙄|😂|🤡|\.{3}\s*$")
CONCRETE = (
    "damaged",
    "defective",
    "missing",
    "refund_pending",
    "late",
    "billing",
    "wrong_item",
    "no_answer",
    "rude_staff",
)


def _place(item: Hit | Clause) -> int:
    return item.start


@dataclass(frozen=True)
class Signs:
    """What was found in a message; hits stand in `view.plain`."""

    view: Folded
    clauses: tuple[Clause, ...]
    trouble: tuple[Hit, ...]
    praise: tuple[Hit, ...]
    sarcasm: tuple[Hit, ...]
    tones: tuple[Hit, ...]
    topics: tuple[Hit, ...]
    kinds: tuple[Hit, ...]
    shapes: tuple[Hit, ...]
    helped: tuple[Hit, ...] = ()

    def words(self, hits: tuple[Hit, ...] | list[Hit], limit: int = 3) -> tuple[str, ...]:
        """The customer's own words under some hits, each once; what touches is one piece."""
        spans: list[tuple[int, int]] = []
        for hit in hits:
            near = next((i for i, (a, b) in enumerate(spans) if hit.start <= b + 1 and a <= hit.end + 1), None)
            if near is None:
                spans.append((hit.start, hit.end))
            else:
                spans[near] = min(spans[near][0], hit.start), max(spans[near][1], hit.end)
            if len(spans) > 8:
                break
        said = (" ".join(self.view.original(start, end).split()) for start, end in spans)
        return tuple(dict.fromkeys(said))[:limit]

    def within(self, hits: tuple[Hit, ...], clause: Clause) -> tuple[Hit, ...]:
        """The hits of a clause; `hits` must be in order of place, as the lexicons give them."""
        first = bisect_left(hits, clause.start, key=_place)
        last = bisect_left(hits, clause.end, lo=first, key=_place)
        return tuple(h for h in hits[first:last] if h.end <= clause.end)


@lru_cache(maxsize=16)
def read_signs(text: str) -> Signs:
    """Reads the first 20,000 characters of a message."""
    view = folded(text[:LOOK])
    plain = view.plain
    parts = tuple(clauses(view))
    tones = lexicon.lexicon("sentiment").hits(plain)
    masks = tuple(h for h in tones if h.label == "praise_masks")
    trouble = lexicon.lexicon("trouble").hits(plain)
    idioms = tuple(h for h in _idioms().hits(plain) if h.label == "idioms")
    trouble_masks = tuple(h for h in trouble if h.label == "masks")
    trouble = tuple(
        h
        for h in outside(outside(trouble, trouble_masks), idioms)
        if not supposed(plain, h, parts) and not _denied(plain, h)
    )
    wrong = trouble or MOCKERY.search(text[:LOOK]) or any(h.label == "insult" for h in tones)
    sarcasm = tuple(h for h in tones if h.label == "sarcasm" or (wrong and h.label == "sarcasm_weak"))
    praise = tuple(
        h for h in outside(outside(tuple(t for t in tones if t.label == "praise"), masks), sarcasm)
        if not denial("denying").search(_breath(plain[max(0, h.start - 40) : h.start]))
    )  # fmt: skip
    # «qué vergüenza de atención excelente»: praise inside a phrase of trouble is not praise.
    praise = outside(praise, (h for h in trouble if h.end - h.start > 12))
    return Signs(
        view, parts, trouble, praise, sarcasm,
        tuple(h for h in tones if h.label not in _HANDLED and not h.label.startswith("helped")),
        lexicon.lexicon("topics").hits(plain), lexicon.lexicon("kinds").hits(plain), _shapes().hits(plain),
        _helped(view, tones) if not trouble and not sarcasm else (),
    )  # fmt: skip


def _breath(before: str) -> str:
    """What stands before, from the last «y» on: «sin gluten y está buenísimo» denies nothing good."""
    return before.rpartition(" y ")[2]


_HANDLED = ("praise", "praise_masks", "sarcasm", "sarcasm_weak")
_NAMED = re.compile(r"(?<!\w)[A-ZÁÉÍÓÚÑ][a-záéíóúñüç]{2,14}\s(?:(?:no|nos|me|le|les|se|lo|la|también)\s)?$")


def _helped(view: Folded, tones: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """A story of kindness: one clear deed, two small ones, or one by a person named; told without a «but»."""
    good = [h for h in tones if h.label == "helped.good"]
    kind = [h for h in tones if h.label == "helped.kind"]
    found = sorted([*good, *kind], key=_place)
    if not found or any(h.label in ("helped_not", "disappointed", "angry") for h in tones):
        return ()
    turns = (h for h in lexicon.lexicon("kinds").hits(view.plain) if h.label == "contrast" and h.end - h.start > 2)
    if any(h.start > found[0].start and view.plain[h.start : h.end] not in ("solo", "mas", "only") for h in turns):
        return ()
    found = [
        h for h in found
        if view.plain[h.start :].startswith(("no ", "ni ", "nunca ", "jamas ", "never ", "sin "))
        or not denial("denying").search(view.plain[max(0, h.start - 25) : h.start])
    ]  # fmt: skip
    named = any(_NAMED.search(view.text[max(0, at - 40) : at]) for at in (view.back(h.start, h.end)[0] for h in found))
    score = sum(2 if h.label == "helped.good" else 1 for h in found) + named
    return tuple(found) if found and score >= 2 else ()


@cache
def _shapes() -> lexicon.Lexicon:
    rules = lexicon.data("asks")
    names = (
        "interrogative",
        "indirect",
        "request",
        "courtesy",
        "rhetorical",
        "vague",
        "elliptical",
        "states",
        "remedy",
        "their_wish",
        "kin",
        "told",
    )
    return lexicon.Lexicon({name: lexicon.phrases(rules[name]) for name in names})


@cache
def _idioms() -> lexicon.Lexicon:
    return lexicon.Lexicon({"idioms": lexicon.phrases(lexicon.data("risks")["idioms"])})


def is_blank(text: str) -> bool:
    """«hola info porfa», «tengo una duda»: a greeting or a wish for help, with nothing named to answer."""
    words = re.findall(r"[^\W_]+", folded(text[:200]).plain)
    return len(text) < 80 and 0 < len(words) <= 10 and set(words) <= _blank_words()


@cache
def _blank_words() -> frozenset[str]:
    return frozenset(phrases(lexicon.data("grammar")["blank"]))


def clause_of(parts: tuple[Clause, ...], place: int) -> Clause | None:
    """The clause in which a place lies."""
    at = bisect_right(parts, place, key=_place) - 1
    return parts[at] if at >= 0 and place < parts[at].end else None


def supposed(plain: str, hit: Hit, parts: tuple[Clause, ...]) -> bool:
    """Whether a thing is only imagined: «¿y si llega roto?», «if it breaks, what happens?»."""
    clause = clause_of(parts, hit.start)
    if clause is None:
        return False
    before = plain[max(clause.start, hit.start - 45) : hit.start]
    if not whole("supposing").search(before):
        return False
    said = plain[hit.start : hit.end]
    return not (re.search(any_of("arrived"), said) if clause.question else whole("past").search(before + said))


_DENIABLE = frozenset({"general", "damaged", "rude_staff", "billing", "wrong_item"})


def _denied(plain: str, hit: Hit) -> bool:
    """«No es una queja», «nunca tuve un problema»: only for words that are not themselves negative."""
    first = plain[hit.start : hit.end].split(" ", 1)[0]
    if hit.label not in _DENIABLE or first in phrases(lexicon.data("grammar")["negative_starts"]):
        return False
    return bool(denial("denying").search(plain[max(0, hit.start - 30) : hit.start]))
