"""What a message is and what it needs, read by rules that can be explained; no model, no network.

Every label leaves one Spanish sentence in `reasons` with the customer's words that it rests on.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from voz import lexicon
from voz.asks import complaint_ask, split_asks
from voz.brand import Brand, Team
from voz.case import Ask, Kind, Message, Route, Triage, Urgency
from voz.country import find_country
from voz.injection import find_injection
from voz.language import customer_address, detect_language
from voz.message_kind import find_kind
from voz.mood import find_emotion, find_urgency
from voz.risks import FoundRisk, find_risks
from voz.signs import Signs, is_blank, read_signs
from voz.text import stems

_TROUBLE = (
    "damaged",
    "defective",
    "late",
    "missing",
    "wrong_item",
    "refund_pending",
    "no_answer",
    "rude_staff",
    "billing",
)
_CALM_TOPICS = (
    "cancel",
    "warranty",
    "price",
    "stock",
    "privacy",
    "opening_hours",
    "accessibility",
    "subscription",
    "booking",
)
_SEVERITY: dict[Urgency, int] = {"low": 0, "normal": 1, "high": 2, "critical": 3}


def triage(message: Message, brand: Brand) -> Triage:
    """The whole triage of a message; the same message and brand always give the same answer."""
    signs = read_signs(message.text)
    language, sure = detect_language(message.text, message.language or _thread_language(message))
    asks = () if is_blank(message.text) else split_asks(message.text, language)
    risks = find_risks(signs)
    injection = find_injection(message.text)
    address, address_words = customer_address(message.text) if language == "es" else (None, ())
    country, country_words = find_country(signs.view, language, address, message.region)
    kind, kind_words = find_kind(signs, asks, risks)
    if kind in ("complaint", "mixed") and not asks:
        asks = complaint_ask(message.text, language)
    topics = _topics(signs, kind)
    emotion, intensity, tone = find_emotion(signs, kind, risks)
    urgency, hurry = find_urgency(signs, kind, risks, emotion, intensity)
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


def _topics(signs: Signs, kind: Kind) -> tuple[str, ...]:
    if kind in ("praise", "abuse", "spam"):
        return ()
    wrong = [t for t, _ in Counter(h.label for h in signs.trouble if h.label in _TROUBLE).most_common()]
    calm = [t for t, _ in Counter(h.label for h in signs.topics if h.label in _CALM_TOPICS).most_common()]
    if kind in ("complaint", "mixed") and wrong:
        calm = [t for t in calm if t in ("cancel", "warranty", "privacy", "accessibility", "subscription", "booking")]
    return tuple([*wrong, *calm][:5]) or ("other",)


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
    best: Team | None = None
    best_score, best_words = 0.0, tuple[str, ...]()
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
