"""The reply addresses the customer in one register, the brand's: tú, usted or vos (vosotros for several, in Spain).

Evidence is gathered word by word. A form that can only speak to someone («tienes», «escríbanos», «os») is
certain; «puede» or «su» speak to «usted» only where nobody else can be meant, and weigh less. Words between
quotation marks are somebody else's.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple, cast

from voz.brand import Brand
from voz.case import Case, Finding, Severity
from voz.checks.language import language_of
from voz.checks.reading import Token, finding, lexicon, own_words, reply_of, tokens
from voz.verbs import address_forms

CERTAIN, MEDIUM, WEAK = 3, 2, 1
_MAX_FINDINGS = 6
# Endings that only speak to someone, for verbs outside the lexicon.
_FUTURE_TWO = re.compile(r"[^\W\d_]{3,20}[aei]rás$")
_ALL_OF_YOU = re.compile(r"[^\W\d_]{3,20}(?:[aei]réis|[aei]ríais|asteis|isteis|abais|[^qg]uáis|[^\W\d_aeiou]áis)$")
_CLAUSE_END = re.compile(r"[.!?…;:\n,()]")
_GIVEN_NAME = re.compile(r"\b(?:a|al) (?!la brevedad|su |sus |partir|través|cambio|domicilio|tiempo)[^\W\d_]+", re.I)


class Evidence(NamedTuple):
    """A word that shows whom the reply speaks to."""

    start: int
    end: int
    speaks: frozenset[str]
    weight: int


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block what certainly speaks in another register than the brand's, warn where it only may."""
    reply = reply_of(case)
    if not reply.strip() or language_of(reply)[0] != "es":
        return ()
    country = case.triage.country if case.triage else None
    expected = brand.address_for(case.message.channel, country)
    plural = _speaks_for_several(case.message.text)
    spain = (country or brand.voice.country).upper() == "ES"
    seen = evidence(reply)
    against = [_softened(e, expected, spain) for e in seen if not _agrees(e, expected, plural, spain)]
    certain, doubtful = _weighed(against, alone=len(against) == len(seen))
    found = []
    for group, key, severity in ((certain, "certain", "block"), (doubtful, "weak", "warn")):
        for e in group[:_MAX_FINDINGS]:
            words = {"word": reply[e.start : e.end], "found": _named(e.speaks), "expected": expected}
            found.append(finding("register", key, cast(Severity, severity), e.start, e.end, **words))
    return tuple(found)


def _weighed(against: list[Evidence], alone: bool) -> tuple[list[Evidence], list[Evidence]]:
    """(certain, doubtful) evidence. Weak signs count only where nothing speaks for the brand's register."""
    certain = [e for e in against if e.weight == CERTAIN]
    doubtful = [e for e in against if e.weight == MEDIUM]
    weak = [e for e in against if e.weight == WEAK] if alone else []
    if len(doubtful) >= 2 or (certain and doubtful) or (alone and 2 * len(doubtful) + len(weak) >= 4):
        return sorted(certain + doubtful + weak), []
    if not doubtful and len(weak) < 2:
        weak = []
    return certain, sorted(doubtful + weak)


def evidence(text: str) -> list[Evidence]:
    """Every word of a Spanish text that speaks to the reader, with the registers it may belong to."""
    plain = own_words(text)
    found = []
    row = tokens(plain)
    for at, token in enumerate(row):
        if token.capital and not token.initial and not _shouted(plain, token):
            continue  # a name: «plan Disfrutas», «Te Verde»
        seen = _pronoun(token) or _verb(row, at, plain) or _third_person(row, at, plain)
        if seen:
            found.append(Evidence(token.start, token.end, *seen))
    return found


Seen = tuple[frozenset[str], int]


@cache
def _words(name: str) -> frozenset[str]:
    value = lexicon("register")[name]
    return frozenset(value.split() if isinstance(value, str) else value)


@cache
def _pronouns() -> dict[str, frozenset[str]]:
    groups = lexicon("register")["pronouns"]
    return {word: frozenset(speaks.split()) for speaks, members in groups.items() for word in members}


def _pronoun(token: Token) -> Seen | None:
    speaks = _pronouns().get(token.text)
    return (speaks, CERTAIN) if speaks else None


def _verb(row: tuple[Token, ...], at: int, plain: str) -> Seen | None:
    """A second person by its form: alone, as an order, or with a pronoun hanging on it."""
    token, before = row[at], row[at - 1].text if at else ""
    form = address_forms().get(token.text)
    if form is None:
        return _by_ending(token.text)
    if token.text in _words("not_address") or form.kind == "third" or before in _words("counted_before"):
        return None
    if token.text in _words("homographs"):
        follows = not token.initial and before in _words("verb_after")
        return (form.speaks, CERTAIN) if follows else None
    if form.kind == "subjunctive":
        return _usted_order(row, at, plain) if "usted" in form.speaks or "ustedes" in form.speaks else None
    if form.kind == "imperative":
        if token.text[-1] == "í" or token.text in ("ven", "sal", "di"):
            return (form.speaks, MEDIUM) if token.initial else None
        return form.speaks, CERTAIN
    return form.speaks, CERTAIN


def _by_ending(word: str) -> Seen | None:
    if _FUTURE_TWO.match(word):
        return frozenset({"tú", "vos"}), CERTAIN
    return (frozenset({"vosotros"}), CERTAIN) if _ALL_OF_YOU.match(word) else None


def _usted_order(row: tuple[Token, ...], at: int, plain: str) -> Seen | None:
    """«Escriba a…», «No tire…»: orders to usted when they open a sentence."""
    token = row[at]
    form = address_forms()[token.text]
    first = at - 1 if at and row[at - 1].text == "no" else at
    if not row[first].initial:
        orders = _new_clause(row, first, plain) and token.text not in _words("not_usted_order")
        return (form.speaks, CERTAIN) if orders else None
    if token.text in _words("not_usted_order"):
        follows = row[at + 1].text if at + 1 < len(row) else ""
        ways = _words("interjection_before" if token.text in _words("interjections") else "order_before")
        return (form.speaks, MEDIUM) if follows in ways else None
    return form.speaks, CERTAIN


def _new_clause(row: tuple[Token, ...], at: int, plain: str) -> bool:
    """Whether an order may stand here: after a comma, «y», «así que» or «por favor», and no «que» rules it."""
    before = [t.text for t in row[max(0, at - 12) : at]]
    opens = "," in plain[row[at - 1].end : row[at].start] or before[-1:] == ["y"]
    opens = opens or before[-2:] in (["por", "favor"], ["así", "que"])
    if before[-2:] == ["así", "que"]:
        before = before[:-1]
    return opens and not _words("subordinators").intersection(before)


def _third_person(row: tuple[Token, ...], at: int, plain: str) -> Seen | None:
    """«Si desea», «¿Puede…?», «le rogamos», «su pedido»; and «Responde a…», an order to tú."""
    token = row[at]
    word = token.text
    before, after = row[at - 1].text if at else "", row[at + 1].text if at + 1 < len(row) else ""
    asked_nicely = [row[i].text for i in range(max(0, at - 2), at)] == ["por", "favor"]
    if (token.initial or asked_nicely) and word in _words("tu_orders"):
        return (frozenset({"tú"}), MEDIUM) if after in _words("order_before") | {"tu", "tus"} else None
    usted = frozenset({"usted"})
    if word in ("su", "sus"):
        if _someone_else(row, at):
            return None
        return usted, MEDIUM if after in _words("customer_things") else WEAK
    if word == "le":
        return _polite_le(row, at, plain)
    if word in _words("usted_wish") and not _someone_else(row, at):
        steps = [row[i].text for i in range(max(0, at - 2), at)]
        if before in ("si", "cuando") or (before in ("lo", "la", "así") and steps[:1] in (["si"], ["cuando"])):
            return usted, CERTAIN
    asked = plain[max(0, token.start - 12) : token.start].rpartition("¿")
    if asked[1] and asked[2].strip().casefold() in ("", "nos", "me", "le") and word in _words("usted_question"):
        return None if after in _words("thing_verbs") else (usted, MEDIUM)
    if asked[1] and asked[2].strip().casefold() in ("nos", "me") and _is_third(word):
        return usted, MEDIUM
    if token.initial and not asked[1] and word in _words("usted_subject"):
        return _subject(word, after, plain[token.end : token.end + 24], usted)
    return None


def _subject(word: str, after: str, rest: str, usted: frozenset[str]) -> Seen | None:
    """«Puede devolver…», «Tiene razón», «Tiene 30 días para…» at the start of a sentence."""
    if word in ("tiene", "tendrá"):
        mine = after in ("razón", "derecho", "toda") or re.match(r"\s+(?:hasta )?\d{1,3} (?:días|noches|horas)\b", rest)
        return (usted, MEDIUM) if mine else None
    if re.fullmatch(r"[^\W\d_]+[aei]r(?:lo|la|los|las|nos|se)?", after) and after not in _words("thing_verbs"):
        return usted, MEDIUM
    return None


def _polite_le(row: tuple[Token, ...], at: int, plain: str) -> Seen | None:
    """«Le rogamos», «le enviamos» with nobody else to be «le»."""
    verb = row[at + 1] if at + 1 < len(row) else None
    if verb is None or _someone_else(row, at):
        return None
    stop = _CLAUSE_END.search(plain, verb.end, verb.end + 120)
    clause = plain[verb.end : stop.start() if stop else verb.end + 120]
    if _GIVEN_NAME.search(clause):
        return None  # «le avisamos a Logística»
    return frozenset({"usted"}), MEDIUM if verb.text in _words("polite_le") else WEAK


def _is_third(word: str) -> bool:
    form = address_forms().get(word)
    return form is not None and form.kind == "third"


def _someone_else(row: tuple[Token, ...], at: int) -> bool:
    """Whether the sentence, up to here, speaks about some third person."""
    for i in range(at - 1, max(-1, at - 25), -1):
        if row[i + 1].initial:
            return False
        if row[i].text in _words("third_persons") or (row[i].capital and not row[i].initial):
            return True
    return False


def _shouted(plain: str, token: Token) -> bool:
    """Whether capitals run through the words around it, so that they say nothing about names."""
    around = plain[max(0, token.start - 20) : token.end + 20]
    letters = [c for c in around if c.isalpha()]
    return len(letters) > 12 and sum(c.isupper() for c in letters) > 0.8 * len(letters)


def _speaks_for_several(message: str) -> bool:
    row = tokens(own_words(message[:20_000]))
    return any(t.text in _words("plural_customer") or t.text.endswith("mos") for t in row)


def _agrees(e: Evidence, expected: str, plural: bool, spain: bool) -> bool:
    if expected in e.speaks or (expected == "usted" and "ustedes" in e.speaks):
        return True
    if "ustedes" in e.speaks:
        return not spain
    return expected == "tú" and spain and plural and "vosotros" in e.speaks


def _softened(e: Evidence, expected: str, spain: bool) -> Evidence:
    """In Spain «os» may be the customer and theirs even when the message speaks of nobody else."""
    family = spain and expected == "tú" and e.speaks & {"vosotros", "ustedes"}
    return e._replace(weight=MEDIUM) if family else e


def _named(speaks: frozenset[str]) -> str:
    return " ".join(sorted(speaks))
