"""What kind of message it is: complaint, question, praise, suggestion, a mixture, spam or mere abuse."""

from __future__ import annotations

import re

from voz import lexicon
from voz.case import Ask, Kind
from voz.injection import find_injection
from voz.risks import FoundRisk
from voz.signs import MOCKERY, Signs

_LINK = re.compile(
    r"https?://|www\.|(?<!\w)(?:bit\.ly|t\.me|wa\.me|"
    r"[a-z0-9-]{2,40}\.(?:xyz|top|biz|info|click|online|shop|site|store|win))(?![\w])",
    re.IGNORECASE,
)
_LOVE = re.compile(r"[😍🥰😘❤💖💕👏🙌⭐🌟👍🤩😊🎉💯]|❤️|(?<!\d)[45]\s?(?:/|de)\s?5(?!\d)")


Found = tuple[Kind, tuple[str, ...]]


def find_kind(signs: Signs, asks: tuple[Ask, ...], risks: tuple[FoundRisk, ...]) -> Found:
    """The kind and the words it rests on: what went wrong weighs more than what was asked or praised."""
    media = any(h.label == "journalist" for h in lexicon.lexicon("risks").hits(signs.view.plain))
    asked_law = _asked_about_law(signs)
    spared = {"press"} if media else {"legal"} if asks and asked_law else set()
    hurt = [r for r in risks if (r.grave and r.risk not in spared) or (r.risk == "legal" and not asked_law)]
    concrete = any(h.label != "general" for h in signs.trouble)
    spam = _spam(signs)
    if spam and not concrete and not any(r.grave for r in hurt):
        return "spam", spam
    found = _mockery_or_abuse(signs, asks, concrete or any(r.grave for r in hurt))
    if found is None and signs.praise and _went_wrong(signs) and not _brief_thanks(signs):
        found = "mixed", signs.words([signs.praise[0], *_went_wrong(signs)[:1]])
    if found is None and media and asks:
        found = _questions(asks)
    if found is None and (_went_wrong(signs) or hurt):
        found = _complaint(signs, asks, concrete, hurt)
    return found or _nothing_wrong(signs, asks)


def _went_wrong(signs: Signs) -> list[lexicon.Hit]:
    return [*signs.trouble, *(h for h in signs.tones if h.label == "insult")]


def _questions(asks: tuple[Ask, ...]) -> Found:
    return "question", tuple(a.text[:80] for a in asks[:2])


def _mockery_or_abuse(signs: Signs, asks: tuple[Ask, ...], substance: bool) -> Found | None:
    winks = bool(MOCKERY.search(signs.view.text))
    wrong = _went_wrong(signs)
    mocking = [h for h in signs.sarcasm if h.end - h.start > 12 or signs.trouble or winks]
    if mocking and (wrong or len(signs.praise) < 2 or winks):
        return "complaint", signs.words([*mocking, *signs.trouble])
    insults = [h for h in wrong if h.label == "insult"]
    if insults and not asks and not substance and not signs.praise:
        return "abuse", signs.words(insults)
    return None


def _complaint(signs: Signs, asks: tuple[Ask, ...], concrete: bool, hurt: list[FoundRisk]) -> Found:
    aside = _other_question(signs, asks, concrete)
    if aside and signs.trouble:
        return "mixed", (*signs.words(signs.trouble, 1), aside)
    suggestion = [h for h in signs.kinds if h.label == "suggestion"]
    if suggestion and not concrete and not hurt:
        return "suggestion", signs.words(suggestion)
    return "complaint", signs.words(_went_wrong(signs)) or tuple(w for r in hurt for w in r.words)


def _nothing_wrong(signs: Signs, asks: tuple[Ask, ...]) -> Found:
    suggestion = [h for h in signs.kinds if h.label == "suggestion"]
    if suggestion:
        return "suggestion", signs.words(suggestion)
    let_down = [h for h in signs.tones if h.label == "disappointed"]
    if let_down and not asks:
        return ("mixed" if signs.praise else "complaint"), signs.words([*signs.praise[:1], *let_down])
    if signs.praise and asks and any(not _in_ask(signs, h, asks) for h in signs.praise):
        return "mixed", (*signs.words(signs.praise, 1), asks[0].text[:80])
    if asks:
        return _questions(asks)
    if signs.praise:
        but = _but(signs)
        return ("mixed", (*signs.words(signs.praise, 1), but)) if but else ("praise", signs.words(signs.praise))
    if signs.helped:
        return "praise", signs.words(signs.helped)
    if story := _story(signs):
        return "complaint", (story,)
    loved = _LOVE.search(signs.view.text) if len(signs.view.plain) < 60 else None
    thanks = (loved[0],) if loved else _only_thanks(signs)
    return ("praise", thanks) if thanks else ("question", ())


def _but(signs: Signs) -> str:
    """What comes after praise with a «but»: «muy buena la película, pero las butacas…»."""
    last = max(h.end for h in signs.praise)
    turn = next((h for h in signs.kinds if h.label == "contrast" and h.start >= last), None)
    rest = signs.view.plain[turn.end :] if turn else ""
    return signs.view.original(turn.start, len(signs.view.plain))[:80] if turn and len(rest.split()) >= 4 else ""


def _story(signs: Signs) -> str:
    """Who tells a company what happened, asks nothing and praises nothing, is complaining."""
    if find_injection(signs.view.text).found:
        return ""  # orders to voz are no story
    courtesy = [h for h in signs.shapes if h.label == "courtesy"]
    thanked = any(h.label == "grateful" for h in signs.tones) or _LOVE.search(signs.view.text)
    for clause in signs.clauses:
        said = signs.view.plain[clause.start : clause.end]
        polite = any(clause.start <= h.start < clause.end for h in courtesy)
        if not thanked and not polite and len(said.split()) >= 5 and len(lexicon.whole("told").findall(said)) >= 2:
            return signs.view.original(clause.start, clause.end)[:80]
    return ""


def _in_ask(signs: Signs, hit: lexicon.Hit, asks: tuple[Ask, ...]) -> bool:
    place = signs.view.back(hit.start, hit.end)[0]
    return any(a.start <= place < a.end for a in asks)


def _asked_about_law(signs: Signs) -> bool:
    """«¿Dónde están las hojas de reclamaciones?», «what are my rights?»: asking is not threatening."""
    return any(c.question for c in signs.clauses) and not signs.trouble


def _brief_thanks(signs: Signs) -> bool:
    """One word of praise against several complaints, in the same breath, is politeness."""
    return len(signs.praise) == 1 and len(signs.trouble) >= 3


def _only_thanks(signs: Signs) -> tuple[str, ...]:
    return signs.words([h for h in signs.tones if h.label == "grateful"]) if len(signs.view.plain) < 200 else ()


_ELSEWHERE = frozenset({"price", "stock", "opening_hours", "booking", "accessibility", "gift", "warehouse_shop"})


def _other_question(signs: Signs, asks: tuple[Ask, ...], concrete: bool) -> str:
    """A question about something else than what went wrong: «por cierto, ¿abrís el domingo?»."""
    asides = [h for h in signs.kinds if h.label == "aside"]
    info = _ELSEWHERE if concrete else _ELSEWHERE | {"warranty", "repair", "subscription", "payment", "invoice"}
    for clause in signs.clauses:
        start, end = signs.view.back(clause.start, clause.end)
        if not any(a.start < end and start < a.end for a in asks) or signs.within(signs.trouble, clause):
            continue
        about = {h.label for h in signs.topics if clause.start <= h.start < clause.end}
        near = any(clause.start - 40 <= h.start < clause.end for h in asides)
        if near or (clause.question and about & info):
            return signs.view.original(clause.start, clause.end)[:80]
    return ""


def _spam(signs: Signs) -> tuple[str, ...]:
    strong = [h for h in signs.kinds if h.label == "spam.strong"]
    weak = [h for h in signs.kinds if h.label == "spam.weak"]
    kinds_of = len({signs.view.plain[h.start : h.end] for h in strong})
    weak_of = len({signs.view.plain[h.start : h.end] for h in weak})
    score = 1.0 * kinds_of + 0.4 * min(weak_of, 4) + 0.6 * bool(_LINK.search(signs.view.text))
    return signs.words([*strong, *weak]) if score >= 1.4 else ()
