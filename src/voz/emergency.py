"""An emergency under way, and whether harm told in a message is the company's matter or life told along.

Recall first: what may be an emergency counts as one, unless its own words say it is over, imagined or for sale.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from voz import lexicon
from voz.lexicon import Hit, denial, folded, outside
from voz.signs import Signs, clause_of, read_signs

_NEAR = 160
_MOST = 200
_STATES = ("acute", "danger", "symptom")


@cache
def _words() -> lexicon.Lexicon:
    rules = lexicon.data("emergency")
    names = ("acute", "danger", "symptom", "now", "past", "cause", "errand", "life", "not", "anybody")
    return lexicon.Lexicon({name: lexicon.phrases(rules[name]) for name in names})


def emergency_kind(text: str) -> str:
    """What help a message calls for now: "health", "danger" (a fire, an attack, a lost child), or none."""
    found = find_emergency(read_signs(text))
    if not found:
        return ""
    return "danger" if all(h.label == "danger" for h in found) else "health"


def find_emergency(signs: Signs) -> list[Hit]:
    """The words of an emergency under way; empty where there is none."""
    by_label = _found(signs.view.plain)
    said = [*by_label.get("acute", []), *by_label.get("danger", [])]
    acute = [h for h in said if not _elsewhere(signs, h, by_label)]
    if acute:
        return acute
    worse = [
        h for h in by_label.get("symptom", [])
        if not _elsewhere(signs, h, by_label) and any(abs(n.start - h.start) < _NEAR for n in by_label.get("now", []))
    ]  # fmt: skip
    kinds = {signs.view.plain[h.start : h.end] for h in worse}
    return worse if len(kinds) >= 2 and not signs.praise else []


def told_along(signs: Signs, hit: Hit) -> bool:
    """Whether harm is life told as the reason for something else, with no word of what the company did."""
    by_label = _found(signs.view.plain)
    if not any(h.start <= hit.start and hit.end <= h.end + 12 for h in by_label.get("life", [])):
        return False
    if any(abs(c.start - hit.start) < _NEAR or abs(c.end - hit.start) < _NEAR for c in by_label.get("cause", [])):
        return False
    asked = any(c.question for c in signs.clauses) or any(h.label in ("request", "indirect") for h in signs.shapes)
    return bool(by_label.get("errand")) or (asked and not signs.trouble)


def for_sale(plain: str, hit: Hit) -> bool:
    """«Crema para quemaduras», «estudio de intolerancia»: what is sold or done about it, not that it happened."""
    return bool(_wares().search(plain[max(0, hit.start - 60) : hit.start]))


@cache
def _wares() -> re.Pattern[str]:
    """A word for what is sold, at most four small words before the place where the text ends."""
    rules = lexicon.data("emergency")
    heads, links = (
        "|".join(sorted({re.escape(folded(w).plain) for w in lexicon.phrases(rules[name])}, key=len, reverse=True))
        for name in ("wares", "wares_links")
    )
    return re.compile(rf"(?<![^\W_])(?:{heads})(?:[\s,]{{1,2}}(?:{links})){{1,4}}\s{{1,2}}$")


@lru_cache(maxsize=8)
def _found(plain: str) -> dict[str, list[Hit]]:
    """What the emergency words find, the first of each; sayings are none."""
    hits = _words().hits(plain)
    masks = [h for h in (*lexicon.lexicon("risks").hits(plain), *hits) if h.label in ("idioms", "not")]
    kept = outside((h for h in hits if h.label in _STATES), masks)
    by_label: dict[str, list[Hit]] = {}
    for hit in (*kept, *(h for h in hits if h.label not in (*_STATES, "not"))):
        if len(said := by_label.setdefault(hit.label, [])) < _MOST:
            said.append(hit)
    return by_label


def _elsewhere(signs: Signs, hit: Hit, by_label: dict[str, list[Hit]]) -> bool:
    """Denied, imagined, over, or for sale: no emergency now."""
    plain = signs.view.plain
    negative = plain[hit.start : hit.end].startswith(("no ", "nao ", "non ", "not ", "can t ", "won t ", "cannot "))
    if for_sale(plain, hit) or _imagined(signs, hit, by_label):
        return True
    if not negative and denial("denying", "averting").search(plain[max(0, hit.start - 25) : hit.start]):
        return True
    clause = clause_of(signs.clauses, hit.start)
    if clause and clause.question and lexicon.whole("possible").search(plain[clause.start : hit.start]):
        return not by_label.get("now")
    sentence = clause.sentence if clause else -1
    return any((c := clause_of(signs.clauses, p.start)) and c.sentence == sentence for p in by_label.get("past", []))


def _imagined(signs: Signs, hit: Hit, by_label: dict[str, list[Hit]]) -> bool:
    """«¿Qué hago si a un pasajero le da…?»: asked of nobody in particular, or of what is not there yet."""
    clause = clause_of(signs.clauses, hit.start)
    before = signs.view.plain[clause.start : hit.start] if clause else ""
    if not lexicon.whole("imagining").search(before):
        return False
    return bool(by_label.get("anybody")) or not (by_label.get("now") or signs.trouble)
