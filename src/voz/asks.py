"""The separate things a message asks or complains of, in the customer's words, each fit to be searched for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from voz import lexicon
from voz.case import Ask
from voz.clauses import Clause, after_joints
from voz.injection import find_injection
from voz.lexicon import Hit
from voz.signs import CONCRETE, Signs, clause_of, read_signs

MAX_ASKS = 6
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class _Found:
    clause: Clause
    sort: str  # question, request, complaint
    topic: str = ""


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
    return (_ask(signs, _Found(clause, "complaint", topic), _Context(signs), language),)


@cache
def _openings() -> dict[str, re.Pattern[str]]:
    """What shows a wish («quisiera anular…»), a story («cuando llegó…») or where the customer is."""
    any_of, name = lexicon.any_of, r"[A-ZÁÉÍÓÚÑ]\w{2,20}"
    return {
        "wants": re.compile(
            rf"(?<![^\W_]){any_of('wanting')} (?!{any_of('not_wanted')})[^\W_]{{2,14}}(?:ar|er|ir)"
            r"(?:me|te|se|lo|la|los|las|le|les|nos|ho|melo|mela)?(?![^\W_])"
        ),
        "when": re.compile(
            rf"(?<![^\W_])(?:{any_of('ago_before')} (?:(?:{any_of('few')}|\d{{1,3}}) ){{1,2}}{any_of('spans')}"
            rf"|(?:{any_of('few')}|\d{{1,3}}) {any_of('spans')} ago)(?![^\W_])"
        ),
        "story": re.compile(rf"{any_of('story_starts')}(?![^\W_])"),
        "place": re.compile(
            rf"(?i:{any_of('place_before')})\s{{1,2}}((?:la |el |las |los )?{name}(?:[ -](?:de )?{name})?)"
        ),
    }


def split_asks(text: str, language: str) -> tuple[Ask, ...]:
    """At most six asks in the order they stand; greetings, stories, praise and orders to voz are none."""
    signs = read_signs(text)
    orders = _ordered(text, signs)
    found = _merged(signs, [f for c in signs.clauses if c.sentence not in orders for f in _classified(signs, c)])
    context = _Context(signs)
    return tuple(_ask(signs, item, context, language) for item in found[:MAX_ASKS])


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


def _classified(signs: Signs, clause: Clause) -> list[_Found]:
    plain = signs.view.plain
    shapes = signs.within(signs.shapes, clause)
    bare = _without(plain, clause, [h for h in shapes if h.label == "courtesy"])
    if not bare:
        return []
    trouble = signs.within(signs.trouble, clause)
    if clause.question:
        empty = _without(plain, clause, [h for h in shapes if h.label in ("courtesy", "rhetorical")])
        if len(empty) > 1 or (len(empty) == 1 and len(bare) <= 2):
            return [_Found(clause, "question")]
        return [_Found(clause, "complaint", h.label) for h in trouble[:1]]
    if any(h.label == "indirect" for h in shapes):
        return [_Found(clause, "question")]
    if (
        clause.wish
        or any(h.label == "request" for h in shapes)
        or _openings()["wants"].search(plain, clause.start, clause.end)
    ):
        return [_Found(clause, "request")]
    if not trouble and _asks_at_start(signs, clause, len(bare)):
        return [_Found(clause, "question")]
    topics = sorted({h.label for h in trouble}, key=_worth)
    return [_Found(clause, "complaint", topic) for topic in topics]


def _worth(topic: str) -> int:
    """Of several troubles in a clause, the one that the knowledge is likeliest to answer."""
    return CONCRETE.index(topic) if topic in CONCRETE else len(CONCRETE)


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
    opens = any(h.label == "interrogative" and h.start == place for h in signs.within(signs.shapes, clause))
    said = signs.view.plain[place : clause.end]
    if said.startswith("porque "):
        return False  # «porque ya me da igual» gives a reason
    if _openings()["story"].match(said) and ("," in said or lexicon.whole("past").search(said)):
        return False  # «cuando le pregunté por qué, me dijo…»
    praised = signs.within(signs.praise, clause) or signs.within(signs.sarcasm, clause) or signs.within(signs.helped, clause)
    return opens and not praised and 1 < count <= 14


def _without(plain: str, clause: Clause, hits: list[Hit]) -> list[str]:
    """The words of a clause that none of the hits cover."""
    words = []
    covered, ends = clause.start, sorted((h.start, h.end) for h in hits)
    for match in _WORDS.finditer(plain, clause.start, clause.end):
        while ends and ends[0][0] <= match.start():
            covered = max(covered, ends.pop(0)[1])
        if match.start() >= covered:
            words.append(match.group())
    return words


def _merged(signs: Signs, found: list[_Found]) -> list[_Found]:
    """One ask for each thing: complaints that a question or request already carries do not count twice."""
    asked = [f for f in found if f.sort != "complaint" and not _their_wish(signs, f)]
    if not (asked or signs.praise or signs.helped):
        asked = [f for f in found if f.sort != "complaint"]  # for someone else, and nothing else is asked
    vague = [f for f in asked if _vague(signs, f.clause)]
    if vague and len(asked) > len(vague):
        asked = [f for f in asked if f not in vague]
    carried = _carried(signs, found)
    complaints: list[_Found] = []
    seen: set[str] = set()
    concrete = any(f.sort == "complaint" and f.topic not in _SOFT for f in found)
    for item in found:
        if item.sort != "complaint" or item.topic in seen:
            continue
        if item.topic in _SOFT and (concrete or asked or complaints):
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


def _carried(signs: Signs, found: list[_Found]) -> str:
    """The topic that a demand with a pronoun for what happened already tells of."""
    topics = {f.topic for f in found if f.sort == "complaint" and f.topic not in _SOFT}
    leaning = any(f.sort != "complaint" and _remedy(signs, f.clause) and _leans(signs, f.clause) for f in found)
    return topics.pop() if leaning and len(topics) == 1 else ""


def _leans(signs: Signs, clause: Clause) -> bool:
    return any(h.label == "elliptical" for h in signs.within(signs.shapes, clause))


def _remedy(signs: Signs, clause: Clause) -> bool:
    return any(h.label == "remedy" for h in signs.within(signs.shapes, clause))


def _their_wish(signs: Signs, item: _Found) -> bool:
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


_SOFT = ("general", "no_answer", "rude_staff")


def _vague(signs: Signs, clause: Clause) -> bool:
    hits = [h for h in signs.within(signs.shapes, clause) if h.label == "vague"]
    return bool(hits) and len(_without(signs.view.plain, clause, hits)) <= 4


class _Context:
    """What an ask may lean on: the things named, the place, the time and the state of the thing."""

    def __init__(self, signs: Signs) -> None:
        self.signs = signs
        self.things = _things(signs)
        view = signs.view
        place = _openings()["place"].search(view.text)
        self.place = place[1] if place and place[1][0].isupper() else ""
        when = _openings()["when"].search(view.plain)
        self.when = view.original(*when.span()) if when else ""
        self.states = [(h.start, view.original(h.start, h.end)) for h in signs.shapes if h.label == "states"]

    def for_clause(self, clause: Clause, words: list[str]) -> list[str]:
        own = [t for t in self.things if clause.start <= t[0] < clause.end]
        leans = _leans(self.signs, clause)
        added: list[str] = []
        if not own or leans or len(words) < 4:
            before = [t for t in self.things if not clause.start <= t[0] < clause.end]
            before.sort(key=lambda t: (-t[2], abs(clause.start - t[0])))
            before = [t for t in before if t[2]] or before
            added += [t[1] for t in before[:2]]
        added += [state for at, state in self.states[:4] if self._elsewhere(at, clause)][:2]
        topics = {h.label for h in self.signs.topics if clause.start <= h.start < clause.end}
        if self.when and topics & {"return", "warranty", "refund", "cancel"}:
            added.append(self.when)
        if self.place:
            added.append(self.place)
        return added


    def _elsewhere(self, at: int, clause: Clause) -> bool:
        """Told outside this ask, and not within a later question, which is about something else."""
        there = clause_of(self.signs.clauses, at)
        return not clause.start <= at < clause.end and (at < clause.start or there is None or not there.question)


@cache
def _thing_rules() -> tuple[re.Pattern[str], frozenset[str], frozenset[str]]:
    rules = lexicon.data("asks")
    verbs = "|".join(sorted(map(re.escape, lexicon.phrases(rules["thing_verbs"])), key=len, reverse=True))
    dets = "|".join(sorted(map(re.escape, lexicon.phrases(rules["determiners"])), key=len, reverse=True))
    pattern = re.compile(
        rf"(?<![^\W_])(?:(?P<verb>{verbs})[\s']{{1,2}})?(?:(?:{dets})[\s']{{1,2}}){{1,2}}(?P<noun>[^\W\d_][^\W_]{{2,24}})"
    )
    openers = set(lexicon.phrases(rules["determiners"])) | set(lexicon.phrases(rules["not_things"]))
    stop = frozenset(lexicon.folded(word).plain for word in openers)
    small = frozenset(w for code in ("es", "pt", "en", "ca", "gl") for w in _small_words(code))
    return pattern, stop, small


def _small_words(code: str) -> set[str]:
    return {lexicon.folded(w).plain for w in lexicon.phrases(lexicon.data("languages")[code]["words"])}


def _things(signs: Signs) -> list[tuple[int, str, int]]:
    """(place, words, weight) of the things a message names, the bought ones heavier."""
    pattern, stop, small = _thing_rules()
    view, found, seen = signs.view, [], set()
    for match in pattern.finditer(view.plain):
        noun = match["noun"]
        if noun in stop or noun in small:
            continue
        end = _noun_end(view.plain, view, match.end("noun"))
        words = view.original(match.start("noun"), end)
        if noun in seen or words.endswith("ó"):  # «la rompió» names nothing
            continue
        seen.add(noun)
        named = end > match.end("noun") or words[:1].isupper()
        hurt = (c := clause_of(signs.clauses, match.start())) is not None and bool(signs.within(signs.trouble, c))
        found.append((match.start("noun"), words, 2 * bool(match["verb"]) + named + hurt))
        if len(found) > 40:
            break
    return found


def _noun_end(plain: str, view: lexicon.Folded, end: int) -> int:
    """Past a model name («Alba 2») or «de cuero» that belongs to the noun."""
    for _ in range(3):
        match = re.compile(r"[ ]((?:de|d|em|of) )?([^\W_]{1,20})").match(plain, end)
        if not match:
            break
        word = view.original(*match.span(2))
        model = word[:1].isupper() or any(c.isdigit() for c in word)
        _, stop, small = _thing_rules()
        if not (model or (match[1] and len(word) > 3 and match[2] not in stop and match[2] not in small)):
            break
        end = match.end()
    return end


def _ask(signs: Signs, item: _Found, context: _Context, language: str) -> Ask:
    view, clause = signs.view, item.clause
    first = after_joints(view.plain, clause.start, clause.end)
    courtesy = [h for h in signs.within(signs.shapes, clause) if h.label == "courtesy"]
    for hit in courtesy:
        if hit.start <= first + 2 and hit.end < clause.end:
            first = after_joints(view.plain, hit.end, clause.end)
    while first > clause.start and view.plain[first - 1] == "¿":
        first -= 1
    if first >= clause.end:
        first = clause.start
    start, end = view.back(first, clause.end)
    said = " ".join(view.text[start:end].split()).strip(" ¿?¡!.,;:")[:400]
    own = context.for_clause(clause, _WORDS.findall(view.plain, first, clause.end))
    wrong = item.sort == "complaint" or _vague(signs, clause) or _about_trouble(signs, item)
    if not wrong:
        return Ask(text=view.text[start:end], start=start, end=end, query=_joined([said, *own]))
    told, words = _complaint_words(signs, item, language)
    parts = [_first(_around(signs, item, said), _OWN_WORDS), *own[:2], *told]
    return Ask(text=view.text[start:end], start=start, end=end, query=_joined(_fitting(parts, words)))


_OWN_WORDS, _QUERY_WORDS = 12, 25


def _about_trouble(signs: Signs, item: _Found) -> bool:
    """Whether a question or request asks for what went wrong to be put right."""
    wrong = any(h.label not in _SOFT for h in signs.trouble)
    return wrong and (_remedy(signs, item.clause) or bool(signs.within(signs.trouble, item.clause)))


def _around(signs: Signs, item: _Found, said: str) -> str:
    """Of a long complaint, the words from shortly before what went wrong."""
    hits = [h for h in signs.within(signs.trouble, item.clause) if not item.topic or h.label == item.topic]
    if item.sort != "complaint" or not hits or len(said.split()) <= _OWN_WORDS:
        return said
    before = signs.view.original(item.clause.start, hits[0].start).split()[-5:] if hits[0].start else []
    return " ".join([*before, *signs.view.original(hits[0].start, item.clause.end).split()]).strip(" ¿?¡!.,;:")


def _first(said: str, count: int) -> str:
    return " ".join(said.split()[:count])


def _complaint_words(signs: Signs, item: _Found, language: str) -> tuple[list[str], list[str]]:
    """What happened in the customer's words, and the company's words for it by topic, also in Spanish."""
    topics = [item.topic] if item.topic else list(dict.fromkeys(h.label for h in signs.trouble))
    topics = sorted(topics, key=_worth)[:1]
    told = [] if item.topic else [_first(_from_trouble(signs, topics), 6)]
    queries = lexicon.data("queries")
    words = []
    for by_language in (queries.get(topic, {}) for topic in topics):
        words += [by_language.get(language, ""), by_language.get("es", "")]
    return told, list(dict.fromkeys(words))


def _from_trouble(signs: Signs, topics: list[str]) -> str:
    """«me cobrasteis DOS VECES la cafetera»: from the first words of trouble to the end of their clause."""
    hit = next((h for h in signs.trouble if h.label in topics), None)
    clause = clause_of(signs.clauses, hit.start) if hit else None
    return signs.view.original(hit.start, clause.end).strip(" ¿?¡!.,;:") if hit and clause else ""


def _fitting(parts: list[str], words: list[str]) -> list[str]:
    """The parts and as many of the topic's words as fit into a short query; Spanish goes first if both do not."""
    room = _QUERY_WORDS - sum(len(_WORDS.findall(part)) for part in parts)
    kept: list[str] = []
    for phrase in reversed(words):
        said = " ".join(phrase.split()[: max(room, 0)])
        room -= len(_WORDS.findall(said))
        kept.insert(0, said.rstrip(" ,"))
    return [*parts, *kept]


def _joined(parts: list[str]) -> str:
    kept: list[str] = []
    for part in parts:
        plain = lexicon.folded(part).plain
        if part and not any(plain in lexicon.folded(other).plain for other in kept):
            kept.append(part)
    return " · ".join(kept)
