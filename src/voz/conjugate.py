"""Spanish verbs of a closed list, in the forms that registers differ by.

Only what register rewriting needs: second person tú, vos and usted, the company's "we", and the
imperatives with their clitics. Regular verbs and stem changes are worked out, the rest are data.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any, Literal, NamedTuple

from voz.case import Address
from voz.packaged import packaged

Tense = Literal["present", "imperative", "subjunctive", "future", "conditional", "past"]
CLITICS = ("nos", "lo", "la", "los", "las", "le", "les", "me", "melo", "noslo", "nosla", "noslos", "noslas")
_STRESSED = str.maketrans("aeiou", "áéíóú")
_PLAIN = str.maketrans("áéíóú", "aeiou")


class Form(NamedTuple):
    """What a word form is: whose verb, which tense, and the clitic it carries."""

    verb: str
    tense: Tense
    clitic: str = ""


@cache
def data() -> dict[str, Any]:
    loaded: dict[str, Any] = packaged("rewrite_verbs")
    return loaded


@cache
def paradigms() -> dict[str, dict[str, list[str]]]:
    """Infinitive → tense → forms [tú, vos, usted] (present has "we" as a fourth)."""
    raw, table = data(), {}
    for verbs in raw["regular"].values():
        for verb in verbs:
            if not verb.endswith("_"):
                table[verb] = _conjugate(verb, None)
    for change, verbs in raw["change"].items():
        for verb in verbs:
            if not verb.endswith("_"):
                table[verb] = _conjugate(verb, change)
    for verb, given in raw["irregular"].items():
        table[verb] = _irregular(given)
    return table


def _irregular(given: dict[str, Any]) -> dict[str, list[str]]:
    forms: dict[str, list[str]] = {"present": given["present"]}
    if "imperative" in given:
        forms["imperative"] = given["imperative"]
    forms["subjunctive"] = [given["subjunctive"][0], given["subjunctive"][0], given["subjunctive"][1]]
    forms |= _future(given["future"])
    if "past" in given:
        forms["past"] = [given["past"][0], given["past"][0], given["past"][1]]
    return forms


def _future(stem: str) -> dict[str, list[str]]:
    return {
        "future": [stem + "ás", stem + "ás", stem + "á"],
        "conditional": [stem + "ías", stem + "ías", stem + "ía"],
    }


def _conjugate(verb: str, change: str | None) -> dict[str, list[str]]:
    stem, ending = verb[:-2], verb[-2:]
    strong = stem
    if change:
        old, new = change.split(">")
        at = stem.rfind(old)
        strong = stem[:at] + new + stem[at + 1 :]
    theme, other = ("a", "e") if ending == "ar" else ("e", "a")
    vos = {"ar": "á", "er": "é", "ir": "í"}[ending]
    we = {"ar": "amos", "er": "emos", "ir": "imos"}[ending]
    soft = _spell(strong, ending)
    weak = stem[: stem.rfind("e")] + "i" + stem[stem.rfind("e") + 1 :] if change == "e>i" else stem
    past_you, past_he = ("aste", "ó") if ending == "ar" else ("iste", "ió")
    return {
        "present": [strong + theme + "s", stem + vos + "s", strong + theme, stem + we],
        "imperative": [strong + theme, stem + vos, soft + other],
        "subjunctive": [soft + other + "s", soft + other + "s", soft + other],
        **_future(verb),
        "past": [stem + past_you, stem + past_you, weak + past_he],
    }


def _spell(stem: str, ending: str) -> str:
    """The stem before the opposite vowel: buscar → busqu(e), pagar → pagu(e), recoger → recoj(a)."""
    pairs = {"c": "qu", "g": "gu", "z": "c"} if ending == "ar" else {"g": "j"}
    return stem[:-1] + pairs[stem[-1]] if stem[-1] in pairs else stem


@cache
def lookup(address: Address) -> dict[str, tuple[Form, ...]]:
    """Every form that this address uses → what it may be, imperatives with clitics included."""
    index = ("tú", "vos", "usted").index(address)
    table: dict[str, tuple[Form, ...]] = {}
    for verb, tenses in paradigms().items():
        for tense, forms in tenses.items():
            _add(table, forms[index], Form(verb, tense))  # type: ignore[arg-type]
            if tense == "imperative":
                for clitic in CLITICS:
                    form = Form(verb, "imperative", clitic)
                    _add(table, with_clitic(forms[index], clitic, address), form)
                own = {"tú": "te", "vos": "te", "usted": "se"}[address]
                _add(table, with_clitic(forms[index], own, address), Form(verb, "imperative", "SELF"))
    return table


def _add(table: dict[str, tuple[Form, ...]], word: str, form: Form) -> None:
    if form not in table.get(word, ()):
        table[word] = (*table.get(word, ()), form)


def form_of(form: Form, address: Address) -> str | None:
    """The same verb and tense for another address; None where the verb has none."""
    forms = paradigms()[form.verb].get(form.tense)
    if forms is None:
        return None
    word = forms[("tú", "vos", "usted").index(address)]
    if not form.clitic:
        return word
    clitic = form.clitic
    if clitic == "SELF":
        clitic = "se" if address == "usted" else "te"
    return with_clitic(word, clitic, address)


def we_form(third_person: str) -> str | None:
    """'responde' → 'respondemos', for verbs of the list."""
    for form in lookup("usted").get(third_person, ()):
        if form.tense == "present":
            return paradigms()[form.verb]["present"][3]
    return None


@cache
def _finite() -> frozenset[str]:
    forms = {form for tenses in paradigms().values() for given in tenses.values() for form in given}
    return frozenset(forms | {form + "n" for form in forms if form[-1:] in "aeoáé"} | set(data()["finite"]))


def has_finite_verb(text: str) -> bool:
    """Whether any word is a verb form of the list, or «se» stands before a word as before a verb."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    known = _finite()
    nouns = frozenset(data()["determiners"])
    for i, word in enumerate(words):
        before = words[i - 1] if i else ""
        if word in known and before not in nouns:
            return True
        if before in ("se", "no", "nos", "le", "te", "les") and word[-1:] in "aeonás":
            return True
        if re.fullmatch(r"\w{3,}(?:amos|emos|imos|aron|ieron|arán|erán|irán|ará|erá|irá)", word):
            return True
    return False


def with_clitic(word: str, clitic: str, address: Address) -> str:
    """Imperative and clitic in one word, with the accent where Spanish writes it."""
    plain = word.translate(_PLAIN)
    vowels = _nuclei(plain)
    if not vowels:
        return word + clitic
    if address == "vos" or any(char in "áéíóú" for char in word[-1:]) or len(vowels) == 1:
        stressed, joined = vowels[-1], plain + clitic
    else:
        stressed, joined = vowels[-2], plain + clitic
    marked = next((i for i, char in enumerate(word) if char in "áéíóú"), None)
    if marked is not None:
        stressed = marked
    after = len([i for i in _nuclei(joined) if i > stressed])
    if after >= 2 or (after == 1 and joined[-1] not in "aeiouns"):
        joined = joined[:stressed] + joined[stressed].translate(_STRESSED) + joined[stressed + 1 :]
    return unicodedata.normalize("NFC", joined)


def _nuclei(word: str) -> list[int]:
    """Where the stress may fall: one index per syllable, the strong vowel of a diphthong."""
    found: list[int] = []
    i = 0
    while i < len(word):
        if word[i] == "u" and i and word[i - 1] in "qg" and i + 1 < len(word) and word[i + 1] in "ei":
            i += 1
            continue
        if word[i] in "aeiou":
            pair = word[i : i + 2]
            if len(pair) == 2 and pair[0] in "iu" and pair[1] in "aeo":
                found.append(i + 1)
                i += 2
                continue
            if len(pair) == 2 and pair[0] in "aeo" and pair[1] in "iu":
                found.append(i)
                i += 2
                continue
            found.append(i)
        i += 1
    return found
