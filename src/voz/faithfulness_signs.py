"""What tells a sentence that its context does not carry from one that it does: one number a sign, nothing learned.

Every sign is named after what it shows; `signs` holds one sentence against a context taken apart.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from voz.faithfulness_ground import TOKEN, Ground, Taken, lexicon, nearest, stem_of, take, weigh
from voz.faithfulness_units import parts
from voz.figures import derived, stands_in
from voz.text import fold

TOP = 3
DENYING = frozenset({"negation", "restriction", "failure"})
PART_GROUPS = (
    "negation",
    "restriction",
    "failure",
    "contrast",
    "all",
    "part",
    "may",
    "more",
    "less",
    "before",
    "after",
)
LONG_AGO = dt.date(2000, 1, 1)
_NAME = re.compile(r"(?<![.!?:\n\"“(]\s)(?<!^)\b[A-ZÁÉÍÓÚÑ][\w&'’-]+")


def signs(said: Taken, on: Ground, language: str) -> dict[str, float]:
    """All lexical signs of one sentence."""
    near = nearest(said, on, TOP)
    found = _coverage(said, on, near)
    found |= _order_signs(said, on, near)
    found |= _figure_signs(said, on)
    found |= _name_signs(said, on)
    found |= _turn_signs(said, on, near)
    found |= _swap_signs(said, on, near)
    found |= _speaker_signs(said, on, language)
    found |= _part_signs(said, on, language)
    return found


def _coverage(said: Taken, on: Ground, near: Sequence[int]) -> dict[str, float]:
    total = weigh(said.stems, on) or 1.0
    novel = said.stems - on.whole.stems
    union = frozenset[str]().union(*(on.taken[i].stems for i in near))
    best = max((weigh(said.stems & on.taken[i].stems, on) for i in near), default=0.0)
    return {
        "novel": weigh(novel, on) / total,
        "novel_tokens": len(said.tokens - on.whole.tokens) / max(1, len(said.tokens)),
        "novel_count": math.log1p(len(novel)),
        "uncovered_best": 1 - best / total,
        "uncovered_top": 1 - weigh(said.stems & union, on) / total,
        "length": math.log1p(len(said.tokens)),
    }


def _order_signs(said: Taken, on: Ground, near: Sequence[int]) -> dict[str, float]:
    """Known words in an order or in a company that the context does not have."""
    pairs = list(zip(said.order, said.order[1:], strict=False))
    known = [(a, b) for a, b in pairs if a in on.whole.stems and b in on.whole.stems]
    apart = sum(not any(a in one.stems and b in one.stems for one in on.taken) for a, b in known)
    turned = run = 0
    for i in near:
        place = {stem: at for at, stem in reversed(list(enumerate(on.taken[i].order)))}
        mine = [(place[a], place[b]) for a, b in known if a in place and b in place and a != b]
        run, turned = run + len(mine), turned + sum(a > b for a, b in mine)
    triples = list(zip(said.order, said.order[1:], said.order[2:], strict=False))
    split = sum((a, b) not in on.bigrams or (b, c) not in on.bigrams for a, b, c in triples)
    return {
        "bigrams_new": sum(pair not in on.bigrams for pair in pairs) / max(1, len(pairs)),
        "trigrams_new": split / max(1, len(triples)),
        "pairs_apart": apart / max(1, len(known)),
        "pairs_turned": turned / max(1, run),
    }


def _figure_signs(said: Taken, on: Ground) -> dict[str, float]:
    unknown = [q for q in said.figures if not stands_in(q, on.whole.figures)]
    # A figure that is not read as one on both sides («3-star», «11:0») may still stand there in digits.
    unknown = [q for q in unknown if not _in_digits(said.text[q.start : q.end], on)]
    loose = [q for q in unknown if not derived(q, on.whole.figures, on.whole.figures, LONG_AGO)]
    return {
        "figures": math.log1p(len(said.figures)),
        "figures_unknown": math.log1p(len(unknown)),
        "figures_loose": math.log1p(len(loose)),
    }


def _in_digits(text: str, on: Ground) -> bool:
    digits = re.findall(r"\d+(?:[.,:/]\d+)*", text)
    return bool(digits) and all(d in on.whole.tokens for d in digits)


def _name_signs(said: Taken, on: Ground) -> dict[str, float]:
    names = [fold(name) for name in _NAME.findall(said.text)]
    new = [
        n
        for n in names
        if n not in on.names
        and _plain(n) not in on.names
        and n not in on.whole.tokens
        and stem_of(n, "en") not in on.whole.stems
    ]
    return {"names_new": math.log1p(len(new)), "names_new_share": len(new) / max(1, len(names))}


def _plain(name: str) -> str:
    return name.removesuffix("'s").removesuffix("’s")


def _turn_signs(said: Taken, on: Ground, near: Sequence[int]) -> dict[str, float]:
    """Words that turn a claim (not, only, all, may …) which its evidence does not have, and the other way round."""
    there = frozenset[str]().union(*(on.taken[i].groups for i in near))
    found: dict[str, float] = {}
    for name in lexicon()["groups"]:
        here = name in said.groups
        found[f"{name}_added"] = float(here and name not in there)
    found["negation_dropped"] = float(
        bool(near) and "negation" in on.taken[near[0]].groups and "negation" not in said.groups
    )
    found["restriction_dropped"] = float(
        bool(near) and "restriction" in on.taken[near[0]].groups and "restriction" not in said.groups
    )
    group_of = lexicon()["group_of"]
    turning = [t for t in said.tokens if group_of.get(t, frozenset()) & DENYING]
    found["turning"] = math.log1p(len(turning))
    found["turning_new"] = math.log1p(
        sum(stem_of(t, "en") not in on.whole.stems and t not in on.whole.tokens for t in turning)
    )
    theirs = frozenset[str]().union(*(on.taken[i].stance for i in near[:2]))
    clash = [
        s
        for s in said.stance
        if (f"-{s}" in theirs and s not in theirs) or (s.startswith("-") and s[1:] in theirs and s not in theirs)
    ]
    found["stance_clash"] = float(bool(clash))
    return found


def _swap_signs(said: Taken, on: Ground, near: Sequence[int]) -> dict[str, float]:
    """An opposite of a word of the evidence; one word put in another's place in a frame that stays."""
    union = frozenset[str]().union(*(on.taken[i].stems for i in near))
    opposite = lexicon()["opposite"]
    clash = sum(any(o in union for o in opposite.get(stem, ())) for stem in said.stems - union)
    denied = sum(
        any(stem.startswith(p) and stem[len(p) :] in union for p in lexicon()["prefixes"])
        for stem in said.stems - union
        if len(stem) > 4
    )
    swaps = framed = 0.0
    for i in near[:2]:
        matcher = SequenceMatcher(None, on.taken[i].order, said.order, autojunk=False)
        ops = matcher.get_opcodes()
        for (before, *_), (tag, a, b, c, d), (after, *_) in zip(ops, ops[1:], ops[2:], strict=False):
            if tag == "replace" and before == after == "equal" and b - a <= 2 and d - c <= 2:
                swaps += sum(s not in on.whole.stems for s in said.order[c:d])
                framed += 1
    return {
        "opposites": float(clash),
        "prefix_denied": float(denied),
        "swaps": math.log1p(swaps),
        "framed": math.log1p(framed),
    }


def _speaker_signs(said: Taken, on: Ground, language: str) -> dict[str, float]:
    """Whether what is said of one speaker stands in the other's turns."""
    role_of = lexicon()["role_of"]
    roles = [next((role_of[w] for w in fold(unit.speaker).split() if w in role_of), "") for unit in on.units]
    if len(set(roles) - {""}) < 2:
        return {"speaker_other": 0.0}
    worst = 0.0
    for part in parts(said.text):
        tokens = TOKEN.findall(fold(part))
        subject = next((role_of[t] for t in tokens[:5] if t in role_of), "")
        if not subject:
            continue
        stems_ = take(part, language).stems
        by_role = {
            r: max(
                (weigh(stems_ & one.stems, on) for one, who in zip(on.taken, roles, strict=True) if who == r),
                default=0.0,
            )
            for r in set(roles)
        }
        other = max((score for r, score in by_role.items() if r not in ("", subject)), default=0.0)
        worst = max(worst, (other - by_role.get(subject, 0.0)) / (weigh(stems_, on) or 1.0))
    return {"speaker_other": worst}


def _part_signs(said: Taken, on: Ground, language: str) -> dict[str, float]:
    """The worst-carried clause of the sentence."""
    pieces = [take(part, language) for part in parts(said.text)]
    pieces = [piece for piece in pieces if len(piece.stems) >= 2] or [said]
    bare, turned, opposed = [], Counter[str](), 0
    for piece in pieces:
        near = nearest(piece, on, 2)
        total = weigh(piece.stems, on) or 1.0
        bare.append(1 - (weigh(piece.stems & on.taken[near[0]].stems, on) if near else 0.0) / total)
        there = frozenset[str]().union(*(on.taken[i].groups for i in near))
        turned.update(piece.groups - there)
        known = frozenset[str]().union(*(on.taken[i].stems for i in near))
        opposed += sum(any(o in known for o in lexicon()["opposite"].get(stem, ())) for stem in piece.stems - known)
    new = [weigh(p.stems - on.whole.stems, on) / (weigh(p.stems, on) or 1.0) for p in pieces]
    found = {"part_uncovered": max(bare), "part_novel": max(new), "parts": math.log1p(len(pieces))}
    found |= {f"part_{name}": math.log1p(turned[name]) for name in PART_GROUPS}
    return found | {"part_opposites": math.log1p(opposed), "part_turned": math.log1p(sum(turned[n] for n in DENYING))}
