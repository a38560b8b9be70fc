"""Risks that must not stay hidden in an ordinary queue: each with how grave it is and the words it rests on.

`grave` sends the message to a person above the queue; a risk that is only named, asked about or feared
keeps its flag and gets a draft.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from voz import lexicon
from voz.case import Risk
from voz.lexicon import Hit, outside
from voz.signs import Signs, supposed

_ORDER: tuple[Risk, ...] = ("self_harm", "safety", "minors", "discrimination", "legal", "press")
_MINOR_AGE = re.compile(
    r"(?<![^\W_])(?:tengo|tenho|tinc|teno|i am|i m|im) (?:solo |apenas |only )?(?P<age>1[0-7]|[6-9]) (?:anos|anys|years|y o)"
)
_DEADLINE = re.compile(r"(?<!\d)(?:24|48|72|\d{1,2})\s?(?:hs?|horas|hours|dias (?:habiles|naturales|corridos)|dias)(?![^\W_])")
_NOT_DONE = re.compile(
    r"(?<![^\W_])(?:no|nunca|jamas|sin|tampoco|never|not|nao|sem|non|sense|afortunadamente no|evitar|antes de que|"
    r"para que no|didn|doesn|won|isn|don)(?:[\s,']{1,3}[^\W_]{1,14}){0,2}[\s,']{1,3}$"
)
_FOLLOWERS = re.compile(r"(?<![^\W_])\d[\d.,]{0,9}\s?(?:k|mil|m|thousand)?\s?(?:seguidores|followers|seguidors|suscriptores|subs)(?![^\W_])")


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


type_ = tuple[Risk, bool, list[Hit]]


def _self_harm(by_label: dict[str, list[Hit]]) -> type_ | None:
    hits = by_label.get("self_harm.incident", [])
    return ("self_harm", True, hits) if hits else None


def _safety(signs: Signs, by_label: dict[str, list[Hit]]) -> type_ | None:
    plain = signs.view.plain
    happened, feared = [], list(by_label.get("safety.concern", []))
    for hit in by_label.get("safety.incident", []):
        if _NOT_DONE.search(plain[max(0, hit.start - 35) : hit.start]):
            continue
        clause = next((c for c in signs.clauses if c.start <= hit.start < c.end), None)
        if supposed(plain, hit, signs.clauses) or (clause and clause.question and _asks_whether(plain, hit, clause.start)):
            feared.append(hit)
        else:
            happened.append(hit)
    if happened:
        return "safety", True, happened
    return ("safety", False, feared) if feared else None


def _asks_whether(plain: str, hit: Hit, start: int) -> bool:
    """«¿es peligroso…?», «¿puede explotar…?»: asked about, not told."""
    before = plain[start : hit.start]
    return bool(re.search(r"(?<![^\W_])(?:es|son|puede|pueden|podria|hay|e|pode|is|are|can|could|may|pot|seria|existe)(?![^\W_])", before)) and not re.search(
        r"(?<![^\W_])(?:ha|han|me|se me|he|was|has|had|vuestro|vuestra)(?![^\W_])", before
    )


def _minors(signs: Signs, by_label: dict[str, list[Hit]]) -> type_ | None:
    own = list(by_label.get("minors.incident", []))
    for match in _MINOR_AGE.finditer(signs.view.plain):
        if not match.group().startswith(("tinc", "im")) or match["age"]:
            own.append(Hit("minors.incident", match.start(), match.end()))
    children = by_label.get("child", [])
    danger = by_label.get("safety.incident", []) + by_label.get("safety.concern", []) + by_label.get("discrimination.incident", [])
    near = [c for c in children if any(abs(c.start - d.start) < 250 for d in danger)]
    hurt = [c for c in near if any(d.label.endswith("incident") for d in danger)]
    if own or near:
        return "minors", bool(own or hurt), own or near
    return None


def _discrimination(signs: Signs, by_label: dict[str, list[Hit]]) -> type_ | None:
    strong = by_label.get("discrimination.incident", [])
    if strong:
        return "discrimination", True, strong
    groups, unfair = by_label.get("group", []), by_label.get("unfair", [])
    close = [(g, u) for g in groups for u in unfair if abs(g.start - u.start) < 160]
    return ("discrimination", True, [close[0][0], close[0][1]]) if close else None


def _legal(signs: Signs, by_label: dict[str, list[Hit]]) -> type_ | None:
    formal, named = by_label.get("legal.incident", []), by_label.get("legal.concern", [])
    if formal:
        denied = all(_NOT_DONE.search(signs.view.plain[max(0, h.start - 35) : h.start]) for h in formal)
        return "legal", not denied, [*formal, *named]
    return ("legal", False, named) if named else None


def _press(signs: Signs, by_label: dict[str, list[Hit]]) -> type_ | None:
    hits = list(by_label.get("press.incident", []))
    hits += [Hit("press.incident", *m.span()) for m in _FOLLOWERS.finditer(signs.view.plain)]
    return ("press", True, hits) if hits else None
