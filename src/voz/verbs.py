"""How Spanish verbs speak to «tú», «vos», «usted», «vosotros» and «ustedes»: a table of forms by rule.

Each form says which forms of address it may belong to, and by which kind of form. A form that is also a
plain third person («llama», «puede») is marked `third`: whether it speaks to the customer is for the reader
of the sentence to decide. The lexicon is `data/register/verbs.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

from voz.packaged import packaged

Speaks = Literal["tú", "vos", "usted", "vosotros", "ustedes"]
FormKind = Literal["finite", "subjunctive", "imperative", "enclitic", "third", "infinitive"]
_TO_TU, _TO_VOS, _TO_BOTH = frozenset({"tú"}), frozenset({"vos"}), frozenset({"tú", "vos"})
_TO_USTED, _TO_OS, _TO_USTEDES = frozenset({"usted"}), frozenset({"vosotros"}), frozenset({"ustedes"})
_ACUTE = dict(zip("aeiou", "áéíóú", strict=True))
_PLAIN = str.maketrans("áéíóú", "aeiou")
_WITH_ME = ("me", "nos", "lo", "la", "los", "las", "le", "les")
_PAIRS = ("melo", "mela", "noslo", "nosla")


class Form(NamedTuple):
    """One written form: whom it may speak to, and what kind of form."""

    speaks: frozenset[str]
    kind: FormKind


@cache
def address_forms() -> dict[str, Form]:
    """Every form of the lexicon that speaks to someone, lower case, with its accents.

    Where two readings share a spelling the form may belong to either («escribís»: vos or vosotros).
    A spelling without its accent is kept where it is no other word («tenes», «escribenos»).
    """
    table: dict[str, Form] = {}
    for verb, spec in _verbs():
        for form, speaks, kind in _conjugated(verb, spec):
            _add(table, form, speaks, kind)
    infinitives = {verb for verb, _ in _verbs()}
    for form, entry in list(table.items()):
        plain = form.translate(_PLAIN)
        free = plain != form and plain not in table and plain not in infinitives
        if free and (entry.kind == "enclitic" or (entry.speaks == _TO_VOS and entry.kind == "finite")):
            table[plain] = entry
    return table


def _add(table: dict[str, Form], form: str, speaks: frozenset[str], kind: FormKind) -> None:
    old = table.get(form)
    if old is None:
        table[form] = _form(speaks, kind)
        return
    # What is also a third person, a subjunctive or an imperative is only as certain as the weaker reading.
    weaker = {"third": 0, "subjunctive": 1, "imperative": 1}
    table[form] = _form(old.speaks | speaks, min((old.kind, kind), key=lambda k: weaker.get(k, 2)))


@cache
def _form(speaks: frozenset[str], kind: FormKind) -> Form:
    """One object per kind of form, not one per verb: the table stays small."""
    return Form(speaks, kind)


@cache
def _verbs() -> tuple[tuple[str, dict[str, Any]], ...]:
    """(infinitive, what is irregular about it); a verb of a later class overrides `regular`."""
    data = packaged("register/verbs")
    found: dict[str, dict[str, Any]] = {}
    for group in ("regular", "ie", "ue", "i", "accent", "zc", "y", "duj"):
        for verb in data[group].split():
            if not verb.endswith("_"):  # a mark in the list: conjugated elsewhere
                found[verb] = {"class": group}
    for verb, spec in data["irregular"].items():
        for prefix in ("", *spec.get("also", ())):
            found[prefix + verb] = {**spec, "prefix": prefix}
    return tuple(found.items())


def _conjugated(verb: str, spec: dict[str, Any]) -> Iterator[tuple[str, frozenset[str], FormKind]]:
    stem, kind = verb[:-2], verb[-2:].replace("í", "i")
    prefix = spec.get("prefix", "")
    strong, raised = _strong(stem, spec.get("class", "")), _raised(stem, spec.get("class", ""), kind)
    theme = "a" if kind == "ar" else "e"
    vowel = {"ar": "á", "er": "é", "ir": "í"}[kind]
    given = {key: prefix + value for key, value in spec.items() if isinstance(value, str) and value}

    yield given.get("t", strong + theme + "s"), _TO_TU, "finite"
    yield given.get("v", stem + vowel + "s"), _TO_VOS, "finite"
    yield given.get("o", stem + {"ar": "áis", "er": "éis", "ir": "ís"}[kind]), _TO_OS, "finite"
    third = given.get("third", strong + theme)
    yield third, _TO_USTED, "third"
    yield from _past_and_future(verb, spec, stem, raised, kind, given)
    yield from _commands(verb, spec, stem, strong, raised, kind, given, third)
    infinitive = given.get("inf", verb)
    for clitic, speaks in (("te", _TO_BOTH), ("telo", _TO_BOTH), ("tela", _TO_BOTH), ("telos", _TO_BOTH),
                           ("telas", _TO_BOTH), ("os", _TO_OS), ("oslo", _TO_OS)):  # fmt: skip
        yield _attach(infinitive, clitic), speaks, "infinitive"
    gerund = given.get("inf", verb)[:-2] + ("ando" if kind == "ar" else "iendo")
    if spec.get("class") in (None, "regular", "accent") and not spec.get("y"):
        yield _attach(gerund, "te"), _TO_BOTH, "infinitive"
        yield _attach(gerund, "os"), _TO_OS, "infinitive"


def _past_and_future(
    verb: str, spec: dict[str, Any], stem: str, raised: str, kind: str, given: dict[str, str]
) -> Iterator[tuple[str, frozenset[str], FormKind]]:
    past, ar = given.get("p"), kind == "ar"
    if spec.get("class") == "duj":
        past = stem[:-1] + "j"
    if past:
        two, all_of_you = past + "iste", past + "isteis"
        rare = past + ("eras" if past[-1] == "j" or past.endswith("fu") else "ieras")
    elif spec.get("y"):
        two, all_of_you, rare = stem + "íste", stem + "ísteis", stem + "yeras"
    elif spec.get("class") == "y":
        two, all_of_you, rare = stem + "iste", stem + "isteis", stem + "yeras"
    else:
        two, all_of_you = stem + ("aste" if ar else "iste"), stem + ("asteis" if ar else "isteis")
        rare = stem + "aras" if ar else raised + "ieras"
    yield from ((two, _TO_BOTH, "finite"), (all_of_you, _TO_OS, "finite"), (rare, _TO_BOTH, "finite"))
    imperfect = given.get("b", stem + ("abas" if ar else "ías"))
    yield imperfect, _TO_BOTH, "finite"
    yield imperfect[:-2] + "ais", _TO_OS, "finite"
    future = given.get("f", given.get("inf", verb))
    for ending, speaks in (("ás", _TO_BOTH), ("éis", _TO_OS), ("ías", _TO_BOTH), ("íais", _TO_OS)):
        yield future + ending, speaks, "finite"
    yield future + "á", _TO_USTED, "third"


def _commands(
    verb: str, spec: dict[str, Any], stem: str, strong: str, raised: str, kind: str, given: dict[str, str], third: str
) -> Iterator[tuple[str, frozenset[str], FormKind]]:
    """Subjunctives and imperatives, alone and with the pronouns that hang on them."""
    theme = "e" if kind == "ar" else "a"
    if "subj" in spec:
        tu, os, usted, ustedes = spec["subj"]
        vos_subj = ""
    else:
        one = given.get("s") or _subjunctive(strong, stem, spec.get("class", ""), kind)
        weak = given.get("w") or given.get("s") or _subjunctive(raised, stem, spec.get("class", ""), kind)
        tu, usted, ustedes = one + theme + "s", one + theme, one + theme + "n"
        os, vos_subj = weak + ("éis" if theme == "e" else "áis"), weak + ("és" if theme == "e" else "ás")
    yield tu, _TO_BOTH, "subjunctive" if len(tu) < 4 else "finite"
    if vos_subj and vos_subj != tu:
        yield vos_subj, _TO_VOS, "finite"
    yield os, _TO_OS, "finite"
    yield usted, _TO_USTED, "subjunctive"
    yield ustedes, _TO_USTEDES, "subjunctive"
    orders = {
        "it": given.get("it", third) if spec.get("it", third) else "",
        "iv": given.get("iv", stem + {"ar": "á", "er": "é", "ir": "í"}[kind]) if spec.get("iv", stem) else "",
        "io": given.get("io", stem + kind[0] + "d") if spec.get("io", stem) else "",
    }
    speaks_of = {"it": _TO_TU, "iv": _TO_VOS, "io": _TO_OS}
    for key, order in orders.items():
        if not order:
            continue
        if key != "it" or order != third:
            yield order, speaks_of[key], "imperative" if key != "io" else "finite"
        for clitic in (*_WITH_ME, *_PAIRS, *(("te", "telo", "tela") if key != "io" else ())):
            yield _attach(order, clitic), speaks_of[key], "enclitic"
    if orders["io"]:
        yield orders["io"][:-2] + {"a": "a", "e": "e", "i": "í"}[kind[0]] + "os", _TO_OS, "enclitic"
    for order, who in ((usted, _TO_USTED), (ustedes, _TO_USTEDES)):
        for clitic in (*_WITH_ME, *_PAIRS, "se", "selo", "sela"):
            yield _attach(order, clitic), who, "enclitic"


def _strong(stem: str, group: str) -> str:
    """The stem when the stress falls on it: piens-, cuent-, pid-, enví-."""
    if group == "ie":
        return _last(stem, "e", "ie") if stem != "adquir" else "adquier"
    if group == "ue":
        return _last(stem, "o", "ue") if stem != "jug" else "jueg"
    if group == "i":
        return _last(stem, "e", "i")
    if group == "accent":
        return stem[:-1] + {"i": "í", "u": "ú"}[stem[-1]]
    return stem + "y" if group == "y" else stem


def _raised(stem: str, group: str, kind: str) -> str:
    """The stem of «sintáis», «durmáis», «pidieras»: only -ir verbs raise their vowel."""
    if kind == "ir" and group in ("ie", "i"):
        return _last(stem, "e", "i")
    return _last(stem, "o", "u") if kind == "ir" and group == "ue" else stem


def _last(stem: str, old: str, new: str) -> str:
    at = stem.rfind(old)
    if at == 0 and new == "ue":
        new = "hue"
    changed = stem[:at] + new + stem[at + 1 :]
    return changed.replace("gue", "güe", 1) if new == "ue" and stem[at - 1 : at] == "g" else changed


def _subjunctive(strong: str, stem: str, group: str, kind: str) -> str:
    """The stem before the other vowel: pag-ue, busc→busqu-e, cruz→cruc-e, eleg→elij-a, conoc→conozc-a."""
    if kind == "ar":
        for old, new in (("gu", "gü"), ("c", "qu"), ("g", "gu"), ("z", "c")):
            if strong.endswith(old):
                return strong[: -len(old)] + new
        return strong
    if group in ("zc", "duj"):
        return strong[:-1] + "zc"
    if group == "y":
        return strong if strong.endswith("y") else strong + "y"
    if strong.endswith("gu"):
        return strong[:-1]
    return strong[:-1] + "j" if strong.endswith("g") else strong


def _attach(order: str, clitics: str) -> str:
    """«escriba» + «nos» → «escríbanos»; «escribí» + «nos» → «escribinos»; «di» + «melo» → «dímelo»."""
    stressed = _stress(order)
    if order[-1:] not in "áéíóú" and any(c in "áéíóú" for c in order):
        return order + clitics  # «envía» + «nos»: the accent is there already
    plain = order.translate(_PLAIN)
    whole = plain + clitics
    if stressed not in _nuclei(whole):
        return order + clitics  # «oí» + «me»: the accent breaks the diphthong
    after = len(_nuclei(whole)) - 1 - _nuclei(whole).index(stressed)
    needs = after >= 2 or (after == 1 and whole[-1] not in "aeiouns") or (after == 0 and whole[-1] in "aeiouns")
    if not needs:
        return whole
    return whole[:stressed] + _ACUTE[plain[stressed]] + whole[stressed + 1 :]


def _stress(word: str) -> int:
    """Where the stressed vowel stands."""
    for at, char in enumerate(word):
        if char in "áéíóú":
            return at
    nuclei = _nuclei(word)
    return nuclei[-1] if len(nuclei) < 2 or word[-1] not in "aeiouns" else nuclei[-2]


def _nuclei(word: str) -> list[int]:
    """Index of the vowel that carries each syllable."""
    found: list[int] = []
    at = 0
    while at < len(word):
        if word[at] not in "aeiouáéíóúü":
            at += 1
            continue
        end = at
        while end < len(word) and word[end] in "aeiouáéíóúü":
            end += 1
        strong = [i for i in range(at, end) if word[i] in "aeoáéíóú"]
        found.extend(strong or [end - 1])
        at = end
    return found
