"""What to search for to answer an ask: its own words, what it leans on, and what happened.

Retrieval reads only the query, so «¿me lo devolvéis?» must say what, and that it was charged twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from voz import lexicon
from voz.case import Ask
from voz.clauses import Clause, after_joints
from voz.lexicon import Hit
from voz.signs import CONCRETE, Signs, clause_of

_WORDS = re.compile(r"[^\W_]+")
SOFT = ("general", "no_answer", "rude_staff")
_OWN_WORDS, _QUERY_WORDS = 12, 25


@dataclass(frozen=True)
class Found:
    clause: Clause
    sort: str  # question, request, complaint
    topic: str = ""


@cache
def openings() -> dict[str, re.Pattern[str]]:
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


def worth(topic: str) -> int:
    """Of several troubles in a clause, the one that the knowledge is likeliest to answer."""
    return CONCRETE.index(topic) if topic in CONCRETE else len(CONCRETE)


def without(plain: str, clause: Clause, hits: list[Hit]) -> list[str]:
    """The words of a clause that none of the hits cover."""
    words = []
    covered, ends = clause.start, sorted((h.start, h.end) for h in hits)
    for match in _WORDS.finditer(plain, clause.start, clause.end):
        while ends and ends[0][0] <= match.start():
            covered = max(covered, ends.pop(0)[1])
        if match.start() >= covered:
            words.append(match.group())
    return words


def leans_back(signs: Signs, clause: Clause) -> bool:
    return any(h.label == "elliptical" for h in signs.within(signs.shapes, clause))


def wants_remedy(signs: Signs, clause: Clause) -> bool:
    return any(h.label == "remedy" for h in signs.within(signs.shapes, clause))


def is_vague(signs: Signs, clause: Clause) -> bool:
    hits = [h for h in signs.within(signs.shapes, clause) if h.label == "vague"]
    return bool(hits) and len(without(signs.view.plain, clause, hits)) <= 4


class Context:
    """What an ask may lean on: the things named, the place, the time and the state of the thing."""

    def __init__(self, signs: Signs) -> None:
        self.signs = signs
        self.things = _things(signs)
        view = signs.view
        place = openings()["place"].search(view.text)
        self.place = place[1] if place and place[1][0].isupper() else ""
        when = openings()["when"].search(view.plain)
        self.when = view.original(*when.span()) if when else ""
        self.states = [(h.start, view.original(h.start, h.end)) for h in signs.shapes if h.label == "states"]

    def for_clause(self, clause: Clause, words: list[str]) -> list[str]:
        own = [t for t in self.things if clause.start <= t[0] < clause.end]
        leans = leans_back(self.signs, clause)
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


_CLITIC = re.compile(r"(?<!\w)(?:os|la|las|los|lo)\s\w{1,25}$")


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
        if noun in seen or words.endswith("ó") or (words.endswith("é") and _CLITIC.search(match.group())):
            # «la rompió», «os mandé» name nothing
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


def make_ask(signs: Signs, item: Found, context: Context, language: str) -> Ask:
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
    wrong = item.sort == "complaint" or is_vague(signs, clause) or _about_trouble(signs, item)
    if not wrong:
        return Ask(text=view.text[start:end], start=start, end=end, query=_joined([said, *own]))
    told, words = _complaint_words(signs, item, language)
    parts = [_first(_around(signs, item, said), _OWN_WORDS), *own[: 1 if told else 2], *told]
    return Ask(text=view.text[start:end], start=start, end=end, query=_joined(_fitting(parts, words)))


def _about_trouble(signs: Signs, item: Found) -> bool:
    """Whether a question or request asks for what went wrong to be put right."""
    wrong = any(h.label not in SOFT for h in signs.trouble)
    return wrong and (wants_remedy(signs, item.clause) or bool(signs.within(signs.trouble, item.clause)))


def _around(signs: Signs, item: Found, said: str) -> str:
    """Of a long complaint, the words from shortly before what went wrong."""
    hits = [h for h in signs.within(signs.trouble, item.clause) if not item.topic or h.label == item.topic]
    if item.sort != "complaint" or not hits or len(said.split()) <= _OWN_WORDS:
        return said
    before = signs.view.original(item.clause.start, hits[0].start).split()[-5:] if hits[0].start else []
    return " ".join([*before, *signs.view.original(hits[0].start, item.clause.end).split()]).strip(" ¿?¡!.,;:")


def _first(said: str, count: int) -> str:
    return " ".join(said.split()[:count])


def _complaint_words(signs: Signs, item: Found, language: str) -> tuple[list[str], list[str]]:
    """What happened in the customer's words, and the company's words for it by topic, also in Spanish."""
    topics = [item.topic] if item.topic else list(dict.fromkeys(h.label for h in signs.trouble))
    topics = sorted(topics, key=worth)[:1]
    if not topics and any(h.label == "safety.incident" for h in lexicon.lexicon("risks").hits(signs.view.plain)):
        topics = ["safety"]
    told = [] if item.topic else [_first(_from_trouble(signs, topics), 8)]
    return told, _words(topics, language)


def _words(topics: list[str], language: str) -> list[str]:
    """What documents call some topics, in a language and in Spanish."""
    queries = lexicon.data("queries")
    every = (queries.get(topic, {}).get(code, "") for topic in topics for code in (language, "es"))
    return [words for words in dict.fromkeys(every) if words]


def _from_trouble(signs: Signs, topics: list[str]) -> str:
    """«me cobrasteis DOS VECES la cafetera»: from the first words of trouble to the end of their clause."""
    hit = next((h for h in signs.trouble if h.label in topics), None)
    clause = clause_of(signs.clauses, hit.start) if hit else None
    if hit is None or clause is None:
        return ""
    before = signs.view.original(clause.start, hit.start).split()[-2:] if hit.start > clause.start else []
    return " ".join([*before, *signs.view.original(hit.start, clause.end).split()]).strip(" ¿?¡!.,;:")


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
