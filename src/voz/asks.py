"""The separate things a message asks or complains of, in the customer's words, each fit to be searched for."""

from __future__ import annotations

from voz import lexicon
from voz.ask_query import SOFT, Context, Found, is_vague, leans_back, make_ask, openings, wants_remedy, without, worth
from voz.case import Ask
from voz.clauses import Clause, after_joints
from voz.injection import find_injection
from voz.lexicon import Hit
from voz.signs import Signs, read_signs

MAX_ASKS = 6


def complaint_ask(text: str, language: str) -> tuple[Ask, ...]:
    """The clause that tells most, as an ask, for a complaint in which no rule found one."""
    signs = read_signs(text)
    orders = _ordered(text, signs)
    told = [c for c in signs.clauses if c.sentence not in orders and not signs.within(signs.praise, c)]
    if not told:
        return ()
    clause = max(told, key=lambda c: (min(c.end - c.start, 200), -c.start))
    if clause.end - clause.start < 12:
        return ()
    topic = next((h.label for h in signs.trouble if h.label != "general"), "general")
    return (make_ask(signs, Found(clause, "complaint", topic), Context(signs), language),)


def split_asks(text: str, language: str) -> tuple[Ask, ...]:
    """At most six asks in the order they stand; greetings, stories, praise and orders to voz are none."""
    signs = read_signs(text)
    orders = _ordered(text, signs)
    found = _merged(signs, [f for c in signs.clauses if c.sentence not in orders for f in _classified(signs, c)])
    context = Context(signs)
    return tuple(make_ask(signs, item, context, language) for item in found[:MAX_ASKS])


def _ordered(text: str, signs: Signs) -> set[int]:
    """The sentences (by number) that hold an order to voz."""
    injection = find_injection(text)
    if not injection.found:
        return set()
    places = [(*signs.view.back(c.start, c.end), c.sentence) for c in signs.clauses]
    return {
        number for start, end, number in places
        if any(start < last and first < end for first, last in injection.spans[:50])
    }  # fmt: skip


def _classified(signs: Signs, clause: Clause) -> list[Found]:
    plain = signs.view.plain
    shapes = signs.within(signs.shapes, clause)
    bare = without(plain, clause, [h for h in shapes if h.label == "courtesy"])
    if not bare:
        return []
    trouble = signs.within(signs.trouble, clause)
    if clause.question:
        empty = without(plain, clause, [h for h in shapes if h.label in ("courtesy", "rhetorical")])
        if len(empty) > 1 or (len(empty) == 1 and len(bare) <= 2):
            return [Found(clause, "question")]
        return [Found(clause, "complaint", h.label) for h in trouble[:1]]
    reported = [h for h in shapes if h.label == "told"]
    shapes = lexicon.outside(shapes, reported)
    if any(h.label == "indirect" for h in shapes):
        return [Found(clause, "question")]
    if reported and not any(h.label == "request" for h in shapes):
        return [Found(clause, "complaint", topic) for topic in sorted({h.label for h in trouble}, key=worth)]
    if (
        clause.wish
        or any(h.label == "request" for h in shapes)
        or openings()["wants"].search(plain, clause.start, clause.end)
    ):
        return [Found(clause, "request")]
    if not trouble and (_asks_at_start(signs, clause, len(bare)) or _tagged(signs, clause, len(bare))):
        return [Found(clause, "question")]
    topics = sorted({h.label for h in trouble}, key=worth)
    return [Found(clause, "complaint", topic) for topic in topics]


def _tagged(signs: Signs, clause: Clause, count: int) -> bool:
    """«si no llego me la cobran o qué»: a question by its tail; «estamos tontos o qué» is none."""
    said = signs.view.plain[clause.start : clause.end].rstrip(" .!")
    tail = any(said.endswith(f" {tag}") for tag in lexicon.phrases(lexicon.data("grammar")["tags"]))
    return tail and count >= 5 and not any(h.label == "insult" for h in signs.within(signs.tones, clause))


def _asks_at_start(signs: Signs, clause: Clause, count: int) -> bool:
    """An opener without a question mark: «cuanto tarda el envio»; a long sentence with one is a story."""
    start = after_joints(signs.view.plain, clause.start, clause.end)
    place = start
    for hit in signs.within(signs.shapes, clause):
        if hit.label == "courtesy" and start <= hit.start <= place + 2:
            place = after_joints(signs.view.plain, hit.end, clause.end)
    whether = lexicon.whole("whether").match(signs.view.plain, place)
    if whether and not clause.question:
        place = after_joints(signs.view.plain, whether.end(), clause.end)
    if count > 14:  # «por cierto», «otra cosa» and greetings before it are not part of it
        count = len(signs.view.plain[place : clause.end].split())
    opens = any(h.label == "interrogative" and h.start == place for h in signs.within(signs.shapes, clause))
    said = signs.view.plain[place : clause.end]
    if said.startswith("porque "):
        return False  # «porque ya me da igual» gives a reason
    if openings()["story"].match(said) and ("," in said or lexicon.whole("past").search(said)):
        return False  # «cuando le pregunté por qué, me dijo…»
    praised = (
        signs.within(signs.praise, clause) or signs.within(signs.sarcasm, clause) or signs.within(signs.helped, clause)
    )
    return opens and not praised and 1 < count <= 14


def _merged(signs: Signs, found: list[Found]) -> list[Found]:
    """One ask for each thing: complaints that a question or request already carries do not count twice."""
    asked = [f for f in found if f.sort != "complaint" and not _their_wish(signs, f)]
    if not (asked or signs.praise or signs.helped):
        asked = [f for f in found if f.sort != "complaint"]  # for someone else, and nothing else is asked
    vague = [f for f in asked if is_vague(signs, f.clause)]
    if vague and len(asked) > len(vague):
        asked = [f for f in asked if f not in vague]
    carried = _carried(signs, found)
    complaints: list[Found] = []
    seen: set[str] = set()
    concrete = any(f.sort == "complaint" and f.topic not in SOFT for f in found)
    for item in found:
        if item.sort != "complaint" or item.topic in seen:
            continue
        if item.topic in SOFT and (concrete or asked or complaints):
            continue
        if vague and len(asked) == len(vague):
            continue  # «llegó rota, ¿qué hago?» is one ask
        if item.topic == carried:
            continue  # «me cobrasteis dos veces, ¿me lo devolvéis?» is one ask
        if item.topic == "refund_pending" and any(f.sort == "request" for f in asked):
            continue
        if any(c.clause == item.clause for c in complaints):
            continue
        seen.add(item.topic)
        complaints.append(item)
    return sorted([*asked, *complaints[:3]], key=lambda f: f.clause.start)


def _carried(signs: Signs, found: list[Found]) -> str:
    """The topic that a demand with a pronoun for what happened already tells of."""
    topics = {f.topic for f in found if f.sort == "complaint" and f.topic not in SOFT}
    leaning = any(
        f.sort != "complaint" and wants_remedy(signs, f.clause) and leans_back(signs, f.clause) for f in found
    )
    return topics.pop() if leaning and len(topics) == 1 else ""


def _their_wish(signs: Signs, item: Found) -> bool:
    """«Mi madre, que solo quería una cafetera…»: told of someone else, asked of nobody."""
    if item.sort != "request" or item.clause.question:
        return False
    hits = signs.within(signs.shapes, item.clause)
    wishes = [h.start for h in hits if h.label == "their_wish"]
    plain = signs.view.plain
    return any(
        kin.label == "kin" and kin.end < wish and
        (" que " in (between := plain[kin.end : wish]) or not (" y " in between or _beside(plain, kin)))
        for wish in wishes for kin in hits
    )  # fmt: skip


def _beside(plain: str, kin: Hit) -> bool:
    """«Para mi madre», «con él»: named beside the one who writes, who goes on as the subject."""
    return bool(lexicon.whole("beside").search(plain[max(0, kin.start - 12) : kin.start]))
