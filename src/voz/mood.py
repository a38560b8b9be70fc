"""How the customer feels, how strongly, and how soon an answer is needed."""

from __future__ import annotations

import re

from voz import lexicon
from voz.case import Emotion, Kind, Urgency
from voz.risks import FoundRisk
from voz.signs import Signs

_CAPS = re.compile(r"[A-ZÁÉÍÓÚÑÇÃÕÊÂÀ]{4,}")
_SHOUT = re.compile(r"!{2,}|\?{3,}|[!?]{4,}|😡|🤬|😤|👎|💩")


def find_emotion(signs: Signs, kind: Kind, risks: tuple[FoundRisk, ...]) -> tuple[Emotion, int, tuple[str, ...]]:
    by_tone: dict[str, list[lexicon.Hit]] = {}
    for hit in signs.tones:
        by_tone.setdefault(hit.label, []).append(hit)
    text = signs.view.text
    words = re.findall(r"[^\W\d_]{4,}", text)
    caps = sum(bool(_CAPS.fullmatch(w)) for w in words)
    shouting = caps >= 3 or (caps and caps >= 0.5 * len(words) and len(words) > 1)
    marks = len(_SHOUT.findall(text))
    loud = int(bool(shouting)) + int(marks > 0)
    said: dict[Emotion, list[lexicon.Hit]] = {}
    if kind in ("complaint", "mixed", "abuse"):
        said["angry"] = by_tone.get("insult", []) + by_tone.get("angry", []) + list(signs.sarcasm)
        said["frustrated"] = by_tone.get("frustrated", []) + [
            h for h in signs.trouble if h.label in ("no_answer", "late")
        ]
        said["disappointed"] = by_tone.get("disappointed", [])
    if kind not in ("spam", "praise", "suggestion"):
        said["worried"] = by_tone.get("worried", [])
        said["sad"] = by_tone.get("sad", [])
    if kind in ("praise", "suggestion", "mixed", "question"):
        said["grateful"] = list(signs.praise) + (by_tone.get("grateful", []) if kind == "praise" else [])
    emotion = _strongest(said, kind, loud, risks)
    hits = said.get(emotion, [])
    if emotion == "calm":
        return ("frustrated", min(3, 1 + loud), ()) if loud and kind == "complaint" else ("calm", 0, ())
    extra = (len(hits) >= 3) + bool(emotion == "angry" and by_tone.get("insult")) + bool(by_tone.get("repetition"))
    return emotion, min(3, 1 + loud + extra), signs.words(hits)


def _strongest(said: dict[Emotion, list[lexicon.Hit]], kind: Kind, loud: int, risks: tuple[FoundRisk, ...]) -> Emotion:
    if any(r.risk == "self_harm" for r in risks):
        return "sad"
    order: tuple[Emotion, ...] = ("angry", "sad", "worried", "disappointed", "frustrated", "grateful")
    weights = {e: len(said.get(e, ())) * (1.5 if e in ("sad", "worried", "disappointed") else 1.0) for e in order}
    if said.get("angry"):
        weights["angry"] += 0.6 + loud
    if kind in ("complaint", "abuse"):
        weights["grateful"] = 0
    best = max(order, key=lambda e: (weights[e], -order.index(e)))
    if weights[best] == 0:
        return "grateful" if kind == "praise" else "calm"
    return best


def find_urgency(
    signs: Signs, kind: Kind, risks: tuple[FoundRisk, ...], emotion: Emotion, intensity: int
) -> tuple[Urgency, tuple[str, ...]]:
    grave = [r for r in risks if r.grave]
    critical = [r for r in grave if r.risk in ("self_harm", "safety", "minors")]
    if critical:
        return "critical", critical[0].words
    hurry = [h for h in signs.tones if h.label == "urgent"]
    if risks:
        return "high", risks[0].words
    if kind in ("praise", "spam", "suggestion"):
        return "low", ()
    if hurry and (kind in ("complaint", "mixed") or len(hurry) > 1 or "urg" in signs.view.plain):
        return "high", signs.words(hurry)
    if emotion == "angry" and intensity == 3:
        return "high", signs.words([h for h in signs.tones if h.label in ("insult", "angry")])
    return "normal", ()
