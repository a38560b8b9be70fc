"""What a message is and what it needs, read by rules that can be explained; no model, no network.

Every label leaves one Spanish sentence in `reasons` with the customer's words that it rests on.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from voz import lexicon
from voz.asks import split_asks
from voz.brand import Brand
from voz.case import Ask, Emotion, Kind, Message, Route, Triage, Urgency
from voz.country import find_country
from voz.injection import find_injection
from voz.language import customer_address, detect_language
from voz.risks import FoundRisk, find_risks
from voz.signs import Signs, read_signs
from voz.text import stems

_TROUBLE = ("damaged", "defective", "late", "missing", "wrong_item", "refund_pending", "no_answer", "rude_staff", "billing")
_CALM_TOPICS = ("cancel", "warranty", "price", "stock", "privacy", "opening_hours", "accessibility", "subscription", "booking")
_LINK = re.compile(r"https?://|www\.|(?<!\w)(?:bit\.ly|t\.me|wa\.me|[a-z0-9-]{2,40}\.(?:xyz|top|biz|info|click|online|shop|site|store|win))(?![\w])", re.IGNORECASE)
_CAPS = re.compile(r"[A-ZÁÉÍÓÚÑÇÃÕÊÂÀ]{4,}")
_SHOUT = re.compile(r"!{2,}|\?{3,}|[!?]{4,}|😡|🤬|😤|👎|💩")
_LOVE = re.compile(r"[😍🥰😘❤💖💕👏🙌⭐🌟👍🤩😊🎉💯]|❤️|(?<!\d)[45]\s?(?:/|de)\s?5(?!\d)")
_SEVERITY: dict[Urgency, int] = {"low": 0, "normal": 1, "high": 2, "critical": 3}


def triage(message: Message, brand: Brand) -> Triage:
    """The whole triage of a message; the same message and brand always give the same answer."""
    signs = read_signs(message.text)
    language, sure = detect_language(message.text, message.language or _thread_language(message))
    asks = split_asks(message.text, language)
    risks = find_risks(signs)
    injection = find_injection(message.text)
    address, address_words = customer_address(message.text) if language == "es" else (None, ())
    country, country_words = find_country(signs.view, language, address, message.region)
    kind, kind_words = _kind(signs, asks, risks)
    topics = _topics(signs, kind)
    emotion, intensity, tone = _emotion(signs, kind, risks)
    urgency, hurry = _urgency(signs, kind, risks, emotion, intensity)
    route: Route = "ignore" if kind == "spam" else "escalate" if any(r.grave for r in risks) else "draft"
    if kind == "spam":
        asks, risks, topics = (), tuple(r for r in risks if r.risk == "self_harm"), ()
    team, team_words = _team(message.text, language, brand, asks, topics, risks, signs)
    reasons = [
        _say("kind", kind, kind_words),
        *([_say("sarcasm", None, signs.words(signs.sarcasm))] if signs.sarcasm and kind != "praise" else []),
        _fill("language", language=language, detail=round(100 * sure)),
        _fill("address", address=address, words=_quoted(address_words)) if address else "",
        _fill("country", country=country, words=_quoted(country_words)) if country and country_words else "",
        _fill("country_region", country=country) if country and not country_words else "",
        _say("emotion", emotion, tone),
        _say("urgency", urgency, hurry),
        *(_say("risks", found.risk, found.words) for found in risks),
        _say("injection", None, injection.words) if injection.found else "",
        _topic_reason(signs, topics),
        team_words,
        _fill_route(route, risks),
    ]
    return Triage(
        kind=kind, route=route, language=language, address=address, country=country, emotion=emotion,
        intensity=intensity, urgency=urgency, risks=tuple(r.risk for r in risks), asks=asks, team=team,
        injection=injection.found, topics=topics, reasons=tuple(dict.fromkeys(r for r in reasons if r)),
    )  # fmt: skip


def merge_model_triage(base: Triage, model: Triage) -> Triage:
    """What a model adds to the rules: it may add risks and raise urgency or route, never lower them.

    Spam that the rules did not see stays in the queue: only a person drops a message on a model's word.
    """
    risks = tuple(dict.fromkeys((*base.risks, *model.risks)))
    added = [risk for risk in model.risks if risk not in base.risks]
    route = base.route
    if base.route != "ignore" and (model.route == "escalate" or added):
        route = "escalate"
    elif base.route == "draft" and model.route == "draft_and_consult":
        route = "draft_and_consult"
    if base.route == "ignore" and added:
        route = "escalate"
    kind = model.kind if model.kind != "spam" and base.kind != "spam" else base.kind
    note = _fill("model", words=", ".join(dict.fromkeys([kind, model.emotion, *added])))
    return base.model_copy(
        update={
            "kind": kind, "route": route, "risks": risks, "emotion": model.emotion,
            "intensity": max(base.intensity, model.intensity),
            "urgency": max(base.urgency, model.urgency, key=_SEVERITY.__getitem__),
            "asks": base.asks or model.asks, "team": base.team or model.team,
            "injection": base.injection or model.injection,
            "topics": tuple(dict.fromkeys((*(t for t in base.topics if t != "other"), *model.topics))) or base.topics,
            "reasons": tuple(dict.fromkeys((*base.reasons, *model.reasons, note))),
        }
    )  # fmt: skip


def _thread_language(message: Message) -> str | None:
    """The language of the customer's last longer turn, for «ok» and «sí, el lunes»."""
    if len(message.text) > 40:
        return None
    turns = [t.text for t in message.thread if not t.from_company and len(t.text) > 15]
    return detect_language(turns[-1])[0] if turns else None


def _kind(signs: Signs, asks: tuple[Ask, ...], risks: tuple[FoundRisk, ...]) -> tuple[Kind, tuple[str, ...]]:
    spam = _spam(signs)
    suggestion = [h for h in signs.kinds if h.label == "suggestion"]
    insults = [h for h in signs.tones if h.label == "insult"]
    trouble, praise = list(signs.trouble), list(signs.praise)
    concrete = [h for h in trouble if h.label != "general"]
    hurt = [r for r in risks if r.grave and r.risk != "press"]
    if spam and not concrete and not hurt:
        return "spam", spam
    if signs.sarcasm and (trouble or insults or not praise):
        return "complaint", signs.words([*signs.sarcasm, *trouble])
    if insults and not asks and not concrete and not hurt and not praise:
        return "abuse", signs.words(insults)
    if praise and _weight(trouble, insults) and not _brief_thanks(signs, trouble):
        return "mixed", signs.words([praise[0], *trouble[:1]])
    if trouble or insults or hurt:
        aside = _other_question(signs, asks)
        if aside and concrete:
            return "mixed", (*signs.words(trouble, 1), aside)
        if suggestion and not concrete:
            return "suggestion", signs.words(suggestion)
        return "complaint", signs.words([*trouble, *insults]) or tuple(w for r in hurt for w in r.words)
    if suggestion:
        return "suggestion", signs.words(suggestion)
    open_asks = tuple(a.text[:80] for a in asks[:2])
    if praise and not asks:
        return "praise", signs.words(praise)
    if asks:
        return "question", open_asks
    return ("praise", ("👍",)) if _LOVE.search(signs.view.text) or _only_thanks(signs) else ("question", ())


def _weight(trouble: list[lexicon.Hit], insults: list[lexicon.Hit]) -> bool:
    return bool(trouble or insults)


def _brief_thanks(signs: Signs, trouble: list[lexicon.Hit]) -> bool:
    """One word of praise against several complaints, in the same breath, is politeness."""
    return len(signs.praise) == 1 and len(trouble) >= 3


def _only_thanks(signs: Signs) -> bool:
    return any(h.label == "grateful" for h in signs.tones) and len(signs.view.plain) < 200


def _other_question(signs: Signs, asks: tuple[Ask, ...]) -> str:
    """A question about something else than what went wrong: «por cierto, ¿abrís el domingo?»."""
    asides = [h for h in signs.kinds if h.label == "aside"]
    info = {"price", "stock", "opening_hours", "booking", "accessibility", "gift", "warehouse_shop"}
    for clause in signs.clauses:
        if not any(a.start < signs.view.back(clause.start, clause.end)[1] and signs.view.back(clause.start, clause.end)[0] < a.end for a in asks):
            continue
        about = {h.label for h in signs.topics if clause.start <= h.start < clause.end}
        near = any(clause.start - 40 <= h.start < clause.end for h in asides)
        asked = clause.question or near
        if asked and not signs.within(signs.trouble, clause) and (near or about & info):
            return signs.view.original(clause.start, clause.end)[:80]
    return ""


def _spam(signs: Signs) -> tuple[str, ...]:
    strong = [h for h in signs.kinds if h.label == "spam.strong"]
    weak = [h for h in signs.kinds if h.label == "spam.weak"]
    kinds_of = len({signs.view.plain[h.start : h.end] for h in strong})
    weak_of = len({signs.view.plain[h.start : h.end] for h in weak})
    score = 1.0 * kinds_of + 0.4 * min(weak_of, 4) + 0.6 * bool(_LINK.search(signs.view.text))
    return signs.words([*strong, *weak]) if score >= 1.4 else ()


def _topics(signs: Signs, kind: Kind) -> tuple[str, ...]:
    if kind in ("praise", "abuse", "spam"):
        return ()
    wrong = [t for t, _ in Counter(h.label for h in signs.trouble if h.label in _TROUBLE).most_common()]
    calm = [t for t, _ in Counter(h.label for h in signs.topics if h.label in _CALM_TOPICS).most_common()]
    if kind in ("complaint", "mixed") and wrong:
        calm = [t for t in calm if t in ("cancel", "warranty", "privacy", "accessibility", "subscription", "booking")]
    return tuple([*wrong, *calm][:5]) or ("other",)


def _emotion(signs: Signs, kind: Kind, risks: tuple[FoundRisk, ...]) -> tuple[Emotion, int, tuple[str, ...]]:
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
        said["frustrated"] = by_tone.get("frustrated", []) + [h for h in signs.trouble if h.label in ("no_answer", "late")]
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


def _urgency(
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


@lru_cache(maxsize=64)
def _team_stems(knows: tuple[str, ...]) -> frozenset[str]:
    return frozenset(stem for phrase in knows for stem in stems(phrase, "es") if len(stem) > 2)


def _team(
    text: str, language: str, brand: Brand, asks: tuple[Ask, ...], topics: tuple[str, ...],
    risks: tuple[FoundRisk, ...], signs: Signs,
) -> tuple[str | None, str]:  # fmt: skip
    """The team that owns the message: by its risks first, then by the words it knows."""
    for found in sorted(risks, key=lambda r: not r.grave):
        for team in brand.teams:
            if found.risk in team.risks:
                return team.id, _fill("team_risk", team=team.name, words=found.risk)
    data = lexicon.data("reasons")["team_words"]
    about = Counter({h.label for h in signs.topics if h.label not in _CALM_TOPICS} | set(topics))
    asked = Counter(stem for ask in asks for stem in stems(ask.text, language))
    said = Counter(stems(text[:4000], language)) if language != "es" else Counter(stems(text[:4000], "es"))
    implied = {stem: topic for topic in about for stem in stems(data.get(topic, ""), "es")}
    best, best_score, best_words = None, 0.0, ()
    for team in brand.teams:
        known = _team_stems(team.knows)
        direct = known & said.keys()
        score = sum(1.0 + (stem in asked) for stem in direct)
        score += sum(0.8 for stem in known & implied.keys() - direct)
        score += sum(1.5 for topic in about if topic in team.knows)
        if score > best_score:
            words = [w for w in team.knows if _team_stems((w,)) & (direct | implied.keys())] or list(about)
            best, best_score, best_words = team, score, tuple(words[:3])
    return (best.id, _fill("team", team=best.name, words=_quoted(best_words))) if best else (None, "")


def _topic_reason(signs: Signs, topics: tuple[str, ...]) -> str:
    if not topics or topics == ("other",):
        return ""
    names = lexicon.data("reasons")["topic_names"]
    hits = [h for h in (*signs.trouble, *signs.topics) if h.label in topics]
    return _fill("topics", topics=", ".join(names[t] for t in topics), words=_quoted(signs.words(hits)))


def _fill_route(route: Route, risks: tuple[FoundRisk, ...]) -> str:
    names = lexicon.data("reasons")["risks"]
    grave = ", ".join(names[r.risk].split(":")[0] for r in risks if r.grave)
    return str(lexicon.data("reasons")["route"][route]).format(words=grave)


def _say(group: str, label: str | None, words: tuple[str, ...]) -> str:
    template = lexicon.data("reasons")[group]
    sentence = str(template if label is None else template[label])
    if "{words}" in sentence and not words:
        return f"{sentence.split(':')[0]}: {lexicon.data('reasons')['no_words']}"
    return sentence.format(words=_quoted(words))


def _fill(name: str, **values: object) -> str:
    return str(lexicon.data("reasons")[name]).format(**values)


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"«{w[:80]}»" for w in words)
