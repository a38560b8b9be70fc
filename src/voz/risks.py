"""Risks that must not stay hidden in an ordinary queue: each with how grave it is and the words it rests on.

`grave` sends the message to a person above the queue; a risk that is only named, asked about or feared
keeps its flag and gets a draft.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from voz import lexicon
from voz.case import Risk
from voz.emergency import find_emergency, for_sale, told_along
from voz.lexicon import Hit, any_of, denial, outside, whole
from voz.signs import Signs, clause_of, read_signs, supposed

_ORDER: tuple[Risk, ...] = ("self_harm", "safety", "minors", "discrimination", "legal", "press")


@dataclass(frozen=True)
class FoundRisk:
    risk: Risk
    grave: bool
    words: tuple[str, ...]


def find_risks(signs: Signs) -> tuple[FoundRisk, ...]:
    """The risks of a message, gravest kinds first."""
    plain = signs.view.plain
    hits = lexicon.lexicon("risks").hits(plain)
    hits = tuple(h for h in outside(hits, (m for m in hits if m.label == "idioms")) if h.label != "idioms")
    by_label: dict[str, list[Hit]] = {}
    for hit in hits:
        by_label.setdefault(hit.label, []).append(hit)
    found = [
        _self_harm(by_label), _safety(signs, by_label), _minors(signs, by_label), _discrimination(signs, by_label),
        _legal(signs, by_label), _press(signs, by_label),
    ]  # fmt: skip
    kept = [f for f in found if f is not None]
    return tuple(
        FoundRisk(risk, grave, signs.words(words))
        for risk, grave, words in sorted(kept, key=lambda f: _ORDER.index(f[0]))
    )


def is_breach(text: str) -> bool:
    """Whether a message tells of other people's data shown, or its own spread."""
    signs = read_signs(text)
    by_label: dict[str, list[Hit]] = {}
    for hit in lexicon.lexicon("risks").hits(signs.view.plain):
        by_label.setdefault(hit.label, []).append(hit)
    return bool(_breach(signs, by_label))


_Found = tuple[Risk, bool, list[Hit]]


def _self_harm(by_label: dict[str, list[Hit]]) -> _Found | None:
    hits = by_label.get("self_harm.incident", [])
    return ("self_harm", True, hits) if hits else None


def _safety(signs: Signs, by_label: dict[str, list[Hit]]) -> _Found | None:
    plain = signs.view.plain
    happened, feared = [], [*by_label.get("safety.concern", []), *by_label.get("allergy", [])]
    feared += [] if not signs.trouble else [h for h in by_label.get("diet", []) if not _in_question(signs, h)]
    feared = [h for h in feared if not for_sale(plain, h)]
    happened += [*_ingested(signs, by_label), *find_emergency(signs)]
    for hit in by_label.get("safety.incident", []):
        if denial("denying", "averting").search(plain[max(0, hit.start - 35) : hit.start]):
            continue
        if for_sale(plain, hit) or told_along(signs, hit):
            continue
        clause = clause_of(signs.clauses, hit.start)
        if supposed(plain, hit, signs.clauses) or (
            clause and clause.question and _asks_whether(plain, hit, clause.start)
        ):
            feared.append(hit)
        else:
            happened.append(hit)
    if by_label.get("child"):
        near = [
            h for h in by_label.get("safety_child", []) if any(abs(h.start - c.start) < 200 for c in by_label["child"])
        ]
        feared += near
    if happened:
        return "safety", True, happened
    return ("safety", False, feared) if feared else None


def _ingested(signs: Signs, by_label: dict[str, list[Hit]]) -> list[Hit]:
    """«Acabo de comerme uno y soy celíaca»: what cannot wait; «¿y si como uno?» is only imagined."""
    diet = [*by_label.get("allergy", []), *by_label.get("diet", [])]
    eaten = [
        h
        for h in by_label.get("ingested", [])
        if not supposed(signs.view.plain, h, signs.clauses)
        and not denial("denying", "averting").search(signs.view.plain[max(0, h.start - 35) : h.start])
    ]
    # A meal without an own condition worries only who doubts what it held: «he comido uno, ¿lleva gluten?».
    doubted = by_label.get("allergy") or any(_in_question(signs, h) for h in diet)
    near = [(e, d) for e in eaten for d in diet if abs(e.start - d.start) < 200] if doubted else []
    return [near[0][0], near[0][1]] if near and not signs.praise else []


def _in_question(signs: Signs, hit: Hit) -> bool:
    clause = clause_of(signs.clauses, hit.start)
    return bool(clause and clause.question)


def _asks_whether(plain: str, hit: Hit, start: int) -> bool:
    """«¿es peligroso…?», «¿puede explotar…?»: asked about, not told."""
    before = plain[start : hit.start]
    return bool(whole("possible").search(before)) and not whole("happened").search(before)


@cache
def _shapes() -> dict[str, re.Pattern[str]]:
    return {
        "age": re.compile(
            rf"(?<![^\W_]){any_of('age_before')} (?:solo |apenas |only )?(?:1[0-7]|[6-9]) "
            rf"{any_of('age_after')}(?![^\W_])"
        ),
        "audience": re.compile(rf"(?<![^\W_])\d[\d.,]{{0,9}}\s?(?:k|mil|m|thousand)?\s?{any_of('audience')}(?![^\W_])"),
    }


def _minors(signs: Signs, by_label: dict[str, list[Hit]]) -> _Found | None:
    own = list(by_label.get("minors.incident", []))
    young = [Hit("minor_self", *m.span()) for m in _shapes()["age"].finditer(signs.view.plain)]
    young += by_label.get("minor_self", [])
    own += young if by_label.get("minor_harm") else []  # «tengo 15, ¿puedo entrar?» is a plain question
    children = by_label.get("child", [])
    own += _touched(by_label, children)
    danger = [
        h
        for name in ("safety.incident", "safety.concern", "allergy", "safety_child", "discrimination.incident")
        for h in by_label.get(name, [])
    ]
    near = [c for c in children if any(abs(c.start - d.start) < 250 for d in danger)]
    hurt = [c for c in near if any(d.label.endswith("incident") for d in danger)]
    if own or near:
        return "minors", bool(own or hurt), own or near
    return None


def _touched(by_label: dict[str, list[Hit]], children: list[Hit]) -> list[Hit]:
    """What somebody in charge did to a child: «un monitor le agarra del brazo», told near the child."""
    done = [
        t
        for t in by_label.get("minor_touch", [])
        if any(abs(t.start - w.start) < 120 for w in by_label.get("carer", []))
    ]
    return [t for t in done if any(abs(t.start - c.start) < 250 for c in children)]


def _discrimination(signs: Signs, by_label: dict[str, list[Hit]]) -> _Found | None:
    strong = by_label.get("discrimination.incident", [])
    if strong:
        return "discrimination", True, strong
    groups, unfair = by_label.get("group", []), by_label.get("unfair", [])
    close = [(g, u) for g in groups for u in unfair if abs(g.start - u.start) < 160]
    return ("discrimination", True, [close[0][0], close[0][1]]) if close else None


def _legal(signs: Signs, by_label: dict[str, list[Hit]]) -> _Found | None:
    formal, named = by_label.get("legal.incident", []), by_label.get("legal.concern", [])
    if breach := _breach(signs, by_label):
        return "legal", True, [*breach, *formal, *named]
    if formal:
        denied = all(
            denial("denying", "averting").search(signs.view.plain[max(0, h.start - 35) : h.start]) for h in formal
        )
        return "legal", not denied, [*formal, *named]
    return ("legal", False, named) if named else None


def _breach(signs: Signs, by_label: dict[str, list[Hit]]) -> list[Hit]:
    """Somebody else's data seen or received: «me salieron los estudios de otras personas»."""
    plain = signs.view.plain
    leaked = [h for h in by_label.get("legal.breach", []) if not supposed(plain, h, signs.clauses)]
    for other in by_label.get("others_data", [])[:100]:
        for seen in by_label.get("data_seen", [])[:100]:
            clause = clause_of(signs.clauses, seen.start)
            asked = clause and clause.question and whole("allowed").search(plain[clause.start : seen.end])
            if abs(seen.start - other.start) < 90 and not asked:
                leaked += [seen, other]
    return leaked


def _press(signs: Signs, by_label: dict[str, list[Hit]]) -> _Found | None:
    hits = list(by_label.get("press.incident", []))
    hits += [Hit("press.incident", *m.span()) for m in _shapes()["audience"].finditer(signs.view.plain)]
    offer = whole("collaboration").search(signs.view.plain)
    if offer and not signs.trouble:
        return None  # someone with an audience who offers to work together is no threat
    return ("press", True, hits) if hits else None
