"""For each ask, the clause that answers it, said as it may be said to this customer; or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from voz import details
from voz.address_marks import register_of
from voz.brand import Brand
from voz.case import AskEvidence, Case, Passage
from voz.colleague import is_person
from voz.compose import Tone, capital, choose, note
from voz.conjugate import has_finite_verb
from voz.follow_up import chosen_in_view
from voz.names import team_of
from voz.passage_choice import CLEAR
from voz.passage_clauses import Clause, is_question, lower_first, plain
from voz.passage_rank import choose as choose_clauses
from voz.passage_rank import is_borrowed
from voz.passage_words import generic_terms, lexicon, pattern, terms
from voz.reply_room import room_for, share_of
from voz.rewrite import to_register
from voz.sentences import split_sentences
from voz.text import fold

MAX_CLAIMS = 2
MAX_ASK = 2_000


@dataclass(frozen=True)
class Answer:
    ask: str
    passage: Passage
    text: str
    tight: str
    quoted: bool = False
    """Quoted as it stands, so one sentence whatever full stops it holds."""
    said: str = ""
    """The clause before it was turned: what it holds is not said again."""


@dataclass(frozen=True)
class Missing:
    ask: str
    passages: tuple[Passage, ...]
    asked: bool
    """A question, which the reply must own up to; a claim is for the reviewer."""
    about: str = ""
    personal: bool = False


@dataclass(frozen=True)
class Found:
    answers: tuple[Answer, ...] = ()
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()


def is_order(text: str) -> bool:
    """An instruction to voz, not an ask of a customer."""
    return bool(pattern("injection").search(fold(text)))


def is_demand(text: str) -> bool:
    """«O me dais 50 % u os denuncio»: neither granted nor argued."""
    return bool(pattern("demand").search(fold(text)))


def is_asked(text: str) -> bool:
    """A question, with or without its marks."""
    return "?" in text or bool(pattern("asks_plainly").search(fold(text)))


def find(
    case: Case,
    brand: Brand,
    tone: Tone,
    only_asked: bool = False,
    told: frozenset[tuple[str, str]] = frozenset(),
) -> Found:
    """Answers in the order of the asks; a clause is said once, and one of `told` only if it is asked for again."""
    answers: list[Answer] = []
    missing: list[Missing] = []
    notes: list[str] = []
    claims = 0
    said: set[tuple[str, str]] = set()
    channel = case.message.channel
    left = room_for(channel, brand.style(channel))
    for place, evidence in enumerate(case.evidence.asks):
        text = evidence.ask.text[:MAX_ASK]
        shown = _shown(text)
        if is_order(text):
            notes.append(note("order", ask=shown))
            continue
        person = next((passage for passage in evidence.passages if is_person(passage)), None)
        if person is not None:
            answers.append(_from_person(text, person, brand, tone))
            continue
        if is_demand(text):
            notes.append(note("demand", ask=shown))
            missing.append(Missing(text, evidence.passages, asked=False, personal=True))
            continue
        asked = is_asked(text)
        if only_asked and "?" not in text:
            continue
        if (
            not evidence.clauses
            and answers
            and is_borrowed(evidence, case)
            and terms(evidence.ask.query) & terms(answers[-1].text)
        ):
            notes.append(note("covered", ask=shown))
            continue
        if evidence.clauses:
            room = share_of(left, len(case.evidence.asks) - place)
            choice = chosen_in_view(evidence, case, asked, frozenset(said), told, room)
            if choice.covered:
                if asked and _unheard_of(evidence, tone.language):
                    missing.append(_missing(evidence, asked, case, tone))
                else:
                    notes.append(note("covered", ask=shown))
                continue
            chosen = list(choice.clauses)
            said |= choice.keys
            left -= sum(len(clause.text) for clause in chosen)
        else:
            chosen = [] if evidence.weak else choose_clauses(evidence, case, asked)
        claims += not asked and bool(chosen)
        if not chosen or (not asked and claims > MAX_CLAIMS):
            missing.append(_missing(evidence, asked, case, tone))
            continue
        for clause in chosen:
            if all(other.passage.id != clause.passage.id or clause.focus not in other.said for other in answers):
                quoted = any(other.quoted for other in answers)
                turned = say(text, clause, brand, tone, notes, len(case.evidence.asks) == 1, quoted)
                answers.append(replace(turned, said=f"{clause.text}\n{clause.focus}"))
    kept = [miss for miss in missing if not _said_elsewhere(miss, case, answers, tone)]
    notes += [note("covered", ask=_shown(miss.ask)) for miss in missing if miss not in kept]
    return Found(tuple(_once(answers)), tuple(kept), tuple(dict.fromkeys(notes)))


def _shown(ask: str) -> str:
    """The beginning of an ask on one line, for a note."""
    return re.sub(r"\s+", " ", ask).strip()[:80]


def _missing(evidence: AskEvidence, asked: bool, case: Case, tone: Tone) -> Missing:
    text = evidence.ask.text[:MAX_ASK]
    return Missing(text, evidence.passages, asked, _about(text, case, tone), _personal(text))


def _said_elsewhere(miss: Missing, case: Case, answers: list[Answer], tone: Tone) -> bool:
    """What would answer it best, though not surely enough to be said for it alone, is said for another ask."""
    evidence = next((found for found in case.evidence.asks if found.ask.text[:MAX_ASK] == miss.ask), None)
    if not miss.asked or evidence is None or not evidence.clauses or _unheard_of(evidence, tone.language):
        return False
    best, own = evidence.clauses[0], terms(miss.ask) - generic_terms()
    return best.score >= CLEAR and any(
        answer.passage.id == best.passage_id
        and best.text in f"{answer.said}\n{answer.text}"
        and own & terms(f"{answer.text} {answer.passage.heading}")
        for answer in answers
    )


def _unheard_of(evidence: AskEvidence, language: str) -> bool:
    """Whether nothing found speaks of any word of the ask: then what is said already cannot answer it either.

    Only where both are in one language: «devolver» and «returns» share no word.
    """
    if any(passage.language != language for passage in evidence.passages):
        return False
    own = terms(evidence.ask.text) - generic_terms()
    found = terms(" ".join(f"{passage.heading} {passage.text}" for passage in evidence.passages))
    return bool(own) and not own & found


def _once(answers: list[Answer]) -> list[Answer]:
    """Without what another answer already says whole."""
    kept: list[Answer] = []
    for answer in answers:
        if any(answer.tight in other.text for other in kept):
            continue
        kept = [other for other in kept if other.text not in answer.text]
        kept.append(_without(answer, " ".join(other.text for other in kept)))
    return kept


def _without(answer: Answer, said: str) -> Answer:
    """The answer without the sentences at its end that stand in another one already."""
    if answer.quoted:
        return answer
    text = answer.text
    while len(spans := list(split_sentences(text))) > 1 and text[slice(*spans[-1])] in said:
        text = text[: spans[-1][0]].rstrip()
    if text == answer.text:
        return answer
    return replace(answer, text=text, tight=answer.tight if answer.tight in text else text)


# ── how it is said ──


def say(
    ask: str, clause: Clause, brand: Brand, tone: Tone, notes: list[str], alone: bool = True, more: bool = False
) -> Answer:
    passage = clause.passage
    wording = _wording(passage, tone)
    if wording:
        return Answer(ask, passage, wording, wording)
    if passage.language != tone.language:
        notes.append(note("foreign_clause", source=passage.source, language=passage.language, reply=tone.language))
        return _quote(ask, clause, brand, tone, "quoted_more" if more else "other_language")
    tight = _registered(clause.tight, clause, brand, tone)
    full = _registered(clause.text, clause, brand, tone) or (tight and _sayable(clause, brand, tone))
    if full is None or tight is None:
        return _quote(ask, clause, brand, tone, "quoted_more" if more else "quoted_clause")
    return Answer(ask, passage, _led(full, clause, ask, tone, alone), _led(tight, clause, ask, tone, alone))


def _from_person(ask: str, passage: Passage, brand: Brand, tone: Tone) -> Answer:
    """A colleague's answer in our own voice; quoted where it cannot be turned to the customer."""
    text = capital(plain(passage.text).strip())
    text = text if text.endswith((".", "!", "?", "…", "»")) else f"{text}."
    said = to_register(text, tone.address, brand.voice.company) if tone.language == "es" else text
    if passage.language == tone.language and said is not None:
        return Answer(ask, passage, said, said)
    slots = {
        "quote": text.replace("«", "“").replace("»", "”"),
        "team": team_of(brand, passage.team, tone.language),
    }
    quoted = choose(brand, tone, "offer", slots, "quoted_person", salt=text) or text
    return Answer(ask, passage, quoted, quoted, quoted=True)


def _sayable(clause: Clause, brand: Brand, tone: Tone) -> str:
    """The sentences that can be turned, where what limits the answer is among them; else the least that is true."""
    spans = split_sentences(clause.text)
    turned = [(text := clause.text[a:b], _registered(text, clause, brand, tone)) for a, b in spans]
    lost = [text for text, said in turned if said is None]
    if any(text in clause.tight or pattern("qualifier").match(fold(text)) for text in lost):
        return _registered(clause.tight, clause, brand, tone) or ""
    return " ".join(said for _, said in turned if said)


def _registered(text: str, clause: Clause, brand: Brand, tone: Tone) -> str | None:
    if clause.passage.language != "es":
        return text
    return to_register(text, tone.address, brand.voice.company, around=clause.passage.text)


def _wording(passage: Passage, tone: Tone) -> str | None:
    """The approved wording in the customer's language, if it speaks as this customer is spoken to."""
    for language, text in passage.wordings:
        if language == tone.language:
            said = to_register(plain(text), tone.address) if language == "es" else plain(text)
            if said:
                return said
    return None


def _quote(ask: str, clause: Clause, brand: Brand, tone: Tone, topic: str) -> Answer:
    if topic == "other_language" and (tone.language == "es" or clause.passage.language != "es"):
        topic = "quoted_clause"
    said = []
    for text in (clause.text, clause.tight):
        inner = text.replace("«", "“").replace("»", "”").rstrip()
        said.append(choose(brand, tone, "offer", {"quote": inner}, topic, salt=clause.focus) or text)
    return Answer(ask, clause.passage, said[0], said[1], quoted=True)


@cache
def _no_noun() -> re.Pattern[str]:
    return re.compile(lexicon()["clausal_label"])


def _led(text: str, clause: Clause, ask: str, tone: Tone, alone: bool) -> str:
    """The heading before a clause whose subject stands there: «Recogida en tienda: es gratis…»."""
    scope = _scope(text, clause, tone)
    if clause.kind != "sentence":
        return f"{scope}: {lower_first(text, clause.passage.text)}" if scope else capital(text)
    label = clause.label.rstrip(" .:")
    if scope and not is_question(label):
        fitting = terms(label) and not _no_noun().match(fold(label)) and not set(terms(label)) <= terms(text)
        plain_label = fitting and fold(label) not in lexicon()["generic_labels"] and fold(label) != fold(scope)
        lead = f"{capital(label)} ({scope})" if plain_label else scope
        return f"{lead}: {lower_first(text, clause.passage.text)}"
    if terms(label) and _needs_lead(text, label):
        return f"{capital(label)}: {lower_first(text, clause.passage.text)}"
    if is_question(label):
        bare = pattern("bare_answer").match(fold(text)) and terms(label) and not text.startswith("Si ")
        shared = len(terms(label) & (terms(ask) | terms(tone.seed[:3_000])))
        closed = pattern("yes_no").match(text.lower())
        same = shared > 1 and (not closed or (alone and len(terms(ask) - terms(label)) < 2))
        return f"{label} {capital(text)}" if bare and not same else capital(text)
    leans = _bare(text, clause)
    if not (pattern("bare_verb").match(fold(text)) or leans) or fold(label) in lexicon()["generic_labels"]:
        return capital(text)
    if not terms(label) or terms(label) & terms(text) or _no_noun().match(fold(label)):
        title = clause.passage.title
        named = not terms(title) or terms(title) & (terms(text) | terms(tone.seed[:3_000]))
        if not leans or named or _no_noun().match(fold(title)):
            return capital(text)
        return f"{title}: {lower_first(text, clause.passage.text)}"
    return f"{capital(label)}: {lower_first(text, clause.passage.text)}"


def _bare(text: str, clause: Clause) -> bool:
    """It opens with its verb, and is not where its section opens: what it speaks of was said before."""
    first = re.match(r"(?:[Nn]o )?(?:[Ss]e )?(\w+)", text)
    if first is None or clause.kind != "sentence" or text[:30] != clause.text[:30]:
        return False
    if plain(clause.passage.text).startswith(text[:30]):
        return False
    return first[1].lower().endswith(("n", "a", "e")) and has_finite_verb(first[0]) and register_of(text) == "none"


def _needs_lead(text: str, label: str) -> bool:
    """Without a verb it says nothing («Tres años.») or the contrary (a list under «Lo que no cubre»)."""
    if is_question(label) or fold(label) in lexicon()["generic_labels"]:
        return False
    return not has_finite_verb(re.split(r"(?<=[.;]) ", text, maxsplit=1)[0])


def _scope(text: str, clause: Clause, tone: Tone) -> str:
    """The product that a clause holds for, where neither the customer nor the clause names it."""
    products = clause.passage.products
    said = fold(f"{tone.seed} {text}")
    if not products or len(products) > 2 or any(fold(product) in said for product in products):
        return ""
    return " y ".join(products)


def _about(text: str, case: Case, tone: Tone) -> str:
    """The thing that an unanswered ask is about; never the customer's own sentence."""
    if tone.language != "es":
        return ""
    return details.details(text, case.evidence.passages, tone.address, "es").get("thing", "")


def _personal(text: str) -> bool:
    return bool(re.search(r"\b(?:mi|mis|me|my|meu|minha|meva)\b", fold(text)))
