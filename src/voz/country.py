"""The country a message shows it comes from, where its words leave little doubt."""

from __future__ import annotations

import re

from voz import lexicon
from voz.lexicon import Folded, Hit

_ISO = re.compile(r"[A-Za-z]{2}")
_SPANISH = frozenset({"AR", "UY", "MX", "ES", "CL", "CO", "PE"})


def find_country(
    view: Folded, language: str, address: str | None, region: str | None
) -> tuple[str | None, tuple[str, ...]]:
    """ISO 3166 code and the words that show it; an ISO code given as region only fills a gap."""
    fits = {"es": _SPANISH, "pt": {"BR", "PT"}, "ca": {"ES"}, "gl": {"ES"}}.get(language, frozenset())
    sure: dict[str, list[Hit]] = {}
    cues: dict[str, list[Hit]] = {}
    for hit in lexicon.lexicon("country").hits(view.plain):
        country, _, level = hit.label.partition(".")
        if country in fits:
            (sure if level == "sure" else cues).setdefault(country, []).append(hit)
    scores = {c: 2.0 * len(_kinds(view, hits)) for c, hits in sure.items()}
    for country, hits in cues.items():
        scores[country] = scores.get(country, 0.0) + 0.8 * len(_kinds(view, hits))
    if address == "vosotros":
        scores["ES"] = scores.get("ES", 0.0) + 2.5
    if address == "vos" and not any(c in sure for c in ("CO", "CL", "UY")):
        scores["AR"] = scores.get("AR", 0.0) + 1.2
    if address == "vos" and "UY" in sure:
        scores["UY"] += 1.5
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    if ranked and ranked[0][1] >= 1.6 and (len(ranked) == 1 or ranked[0][1] > ranked[1][1] + 0.5):
        best = ranked[0][0]
        hits = sure.get(best, []) + cues.get(best, [])
        words = tuple(dict.fromkeys(view.original(h.start, h.end) for h in hits))[:3]
        return best, words or (str(address),)
    if region and _ISO.fullmatch(region.strip()):
        return region.strip().upper(), ()
    return None, ()


def _kinds(view: Folded, hits: list[Hit]) -> set[str]:
    return {view.plain[h.start : h.end] for h in hits}
