"""How a Spanish clause speaks to or of the customer: tú, usted, vos, or as «el cliente»."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from voz.case import Address
from voz.conjugate import Form, data, lookup

Source = Literal["none", "shared", "tú", "vos", "usted", "third", "mixed"]

# Addresses, links and figures with letters are opaque; so are words in capitals (DNI) except at a start.
TOKEN = re.compile(r"\S{0,80}[@/]\S{0,80}|\S{1,80}\.\w{2,40}\S{0,80}|\w+|\s+|[^\w\s]")
_PRONOUNS = {"te", "tu", "tus", "ti", "contigo", "tuyo", "tuya", "tuyos", "tuyas"}

ENCLITIC = re.compile(r"^(\w+?)([aeiáéí]r|ndo)(te)(l[oa]s?)?$")


@cache
def word_set(key: str) -> frozenset[str]:
    return frozenset(data()[key])


@cache
def subject() -> re.Pattern[str]:
    subjects = sorted(data()["customer"]["subjects"], key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, subjects))})\b", re.IGNORECASE)


@cache
def oblique() -> re.Pattern[str]:
    """«al cliente», «del comprador»: the customer spoken of, but not as the subject."""
    subjects = (subject.split(" ", 1) for subject in data()["customer"]["subjects"])
    heads = sorted(re.escape(head) for article, head in subjects if article == "el" and head != "consumidor")
    return re.compile(rf"\b(?:[Aa]l|[Dd]el)\s+(?:{'|'.join(heads)})\b")  # not «Defensa del Consumidor»


def register_of(text: str) -> Source:
    """How a clause speaks to or of the customer. 'shared': by te/tu only, as tú and vos both do."""
    found: set[str] = set()
    tokens = TOKEN.findall(text)
    for i, token in enumerate(tokens):
        word = token.lower()
        if word in ("usted", "ustedes"):
            found.add("usted")
        elif word == "vos":
            found.add("vos")
        elif word == "tú":
            found.add("tú")
        elif word in _PRONOUNS or (ENCLITIC.match(word) and not known_noun(word)):
            found.add("shared")
        elif word.isalpha():
            found |= _marks(tokens, i, word)
    if subject().search(text) or oblique().search(text):
        found.add("third")
    if found >= {"shared"} and found - {"shared"}:
        found.discard("shared")
    return found.pop() if len(found) == 1 else ("mixed" if found else "none")  # type: ignore[return-value]


def known_noun(word: str) -> bool:
    return word in {"arte", "parte", "suerte", "fuerte", "muerte", "transporte", "deporte", "corte", "norte", "importe",
                    "reporte", "soporte", "aparte", "pasaporte", "resorte", "corriente"}  # fmt: skip


def _marks(tokens: list[str], i: int, word: str) -> set[str]:
    """Which addresses this verb form can only belong to."""
    marks = set()
    if any(counts(tokens, i, form, "tú") for form in lookup("tú").get(word, ())):
        marks.add("tú")
    if any(counts(tokens, i, form, "vos") for form in lookup("vos").get(word, ())):
        marks.add("vos")
    if marks == {"tú", "vos"}:
        return {"shared"}
    if not marks and any(counts(tokens, i, form, "usted") for form in lookup("usted").get(word, ())):
        marks.add("usted")
    return marks


def counts(tokens: list[str], i: int, form: Form, address: Address) -> bool:
    """Whether the form, at this place, is a verb spoken to the customer and not a noun or a third person."""
    word = tokens[i].lower()
    if form.clitic:
        return True
    before = word_before(tokens, i)
    if form.tense == "imperative":
        if address == "vos":
            accented = word[-1:] in "áéí" and form.verb != "estar"
            return accented and (before not in word_set("determiners"))
        if form.verb not in word_set("directive"):
            return False
        return opens(tokens, i)
    if address == "usted":
        return False
    if word in word_set("also_nouns") and before not in word_set("verb_before"):
        return False
    return before not in word_set("determiners") and not (form.tense == "present" and word in ("vas", "das"))


def word_before(tokens: list[str], i: int) -> str:
    """The word before, or the punctuation mark where one stands between."""
    for token in reversed(tokens[:i]):
        if not token.isspace():
            return token.lower()
    return ""


def opens(tokens: list[str], i: int) -> bool:
    """At the start of a sentence or clause, or joined by y/o to a directive that stands there."""
    before = word_before(tokens, i)
    if before in ("", ".", ":", ";", "!", "?", "¡", "(", ")", "»", "«"):
        return True
    if before in ("y", "o", "e", "u", ",", "no"):
        for j in range(i - 1, -1, -1):
            earlier = [f for a in ("tú", "usted") for f in lookup(a).get(tokens[j].lower(), ())]
            if any(f.tense == "imperative" and f.verb in word_set("directive") for f in earlier):
                return opens(tokens, j) or any(f.clitic for f in earlier)
            if tokens[j] == ".":
                return before in ("no",)
        return before == "no" and word_before(tokens, i - 1) in ("", ".")
    return False
