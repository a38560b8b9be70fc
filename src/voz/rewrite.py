"""A clause turned to the register that the customer is spoken to in: tú, usted or vos.

Careful before clever: only a closed list of verbs and patterns is turned, and a clause with anything
outside it gives None, so that the writer quotes it as it stands. Never half changed.
"""

from __future__ import annotations

import re
from typing import Literal

from voz.address_marks import (
    ENCLITIC,
    TOKEN,
    counts,
    known_noun,
    oblique,
    register_of,
    subject,
    word_before,
    word_set,
)
from voz.case import Address
from voz.conjugate import data, form_of, lookup, paradigms, we_form

_USTED_PRONOUNS = {
    "te": "le", "tu": "su", "tus": "sus", "ti": "usted", "tú": "usted", "contigo": "con usted",
    "tuyo": "suyo", "tuya": "suya", "tuyos": "suyos", "tuyas": "suyas",
}  # fmt: skip
_DIRECT = {"lo", "la", "los", "las"}


_BARE = re.compile(r"(?:^|[.;:]\s+)(?:No\s+)?(?:tiene|puede|dispone|podrá|tendrá)\b|\b(?:su|sus)\b", re.IGNORECASE)


def _bare_usted(text: str) -> bool:
    return bool(_BARE.search(text))


def to_register(text: str, address: Address, company: str = "", around: str = "") -> str | None:
    """The clause as it may be said to the customer, or None where it must be quoted as it stands.

    An impersonal clause comes back unchanged; so does one that already speaks to the customer so.
    `around` is the passage it stands in: where that says usted, a bare «Tiene 15 días» does too.
    """
    if company:
        text = _as_we(text, company)
    source = register_of(text)
    if source == "none" and address != "usted" and _bare_usted(text):
        source = "usted" if around and register_of(around) == "usted" else source
    if source in ("none", address) or (source == "shared" and address != "usted"):
        return text
    if source == "mixed":
        return None
    if source == "third":
        turned = _from_third(text, address)
        return _named_usted(text) if turned is None and address == "usted" else turned
    if source == "usted":
        return _from_usted(text, address)
    return _from_second(text, "vos" if source == "vos" else "tú", address)


def _from_second(text: str, source: Address, address: Address) -> str | None:
    """tú ↔ vos, and either → usted: their forms can be told from every other."""
    tokens = TOKEN.findall(text)
    out: list[str] = []
    for i, token in enumerate(tokens):
        word = token.lower()
        new: str | None = token
        if word in _USTED_PRONOUNS or word == "vos":
            new = _pronoun(tokens, i, word, address)
        elif address == "usted" and ENCLITIC.match(word) and not known_noun(word):
            new = _enclitic(word)
        elif forms := [f for f in lookup(source).get(word, ()) if counts(tokens, i, f, source)]:
            new = form_of(forms[0], address)
        elif _looks_second(tokens, i, word):
            return None
        if new is None:
            return None
        out.append(_cased(token, new))
    return "".join(out)


def _pronoun(tokens: list[str], i: int, word: str, address: Address) -> str | None:
    before = word_before(tokens, i)
    if word == "vos":
        if before == "con":
            return None if address == "tú" else "usted"
        if address == "usted":
            return "usted"
        return "ti" if before in ("a", "para", "de", "por", "sin", "en", "sobre") else "tú"
    if address == "vos":
        return {"ti": "vos", "tú": "vos", "contigo": "con vos"}.get(word, word)
    if address == "tú":
        return word
    if word == "te":
        following = [t.lower() for t in tokens[i + 1 : i + 4] if not t.isspace()]
        if following and following[0] in _DIRECT:
            return "se"
        if following and any(f for a in ("tú", "vos") for f in lookup(a).get(following[0], ())):
            return "se" if not we_or_third(following[0]) else "le"
    return _USTED_PRONOUNS[word]


def we_or_third(word: str) -> bool:
    """Whether a form is also a third person present, as 'envía' (te envía: le envía)."""
    return any(form.tense == "present" for form in lookup("usted").get(word, ()))


def _enclitic(word: str) -> str | None:
    match = ENCLITIC.match(word)
    assert match is not None
    stem, ending, direct = match[1], match[2], match[4]
    verb = stem + ending.translate(str.maketrans("áéí", "aei"))
    if direct:
        return stem + ending + "se" + direct
    if ending == "ndo":
        return None
    return stem + ending + ("se" if verb in word_set("reflexive") else "le")


def _looks_second(tokens: list[str], i: int, word: str) -> bool:
    """A word that may be a second-person verb outside the list: the clause is then not safe to turn."""
    before = word_before(tokens, i)
    if before in ("", ".") and re.fullmatch(r"\w{2,}[aei](?:lo|la|los|las|nos)", word):
        return True
    if not re.fullmatch(r"\w{2,}(?:[aeá]s|és|ís|ste)", word) or word in word_set("not_verbs"):
        return False
    return before in {"si", "cuando", "que", "no", "te", "donde", "aunque", "mientras", "porque", "ya", "lo", "como"}


def _from_usted(text: str, address: Address) -> str | None:
    """usted → tú/vos, only where each third person that changes can be told from one that must not."""
    tokens = TOKEN.findall(text)
    out: list[str] = []
    for i, token in enumerate(tokens):
        word = token.lower()
        forms = lookup("usted").get(word, ()) if word.isalpha() else ()
        before, after = word_before(tokens, i), _after(tokens, i)
        if word == "usted":
            if before in ("a", "para", "de", "con", "por") or after in ("mismo", "misma"):
                return None
            token = ""
        elif word in ("su", "sus"):
            if not _owned(after):
                return None
            token = _cased(token, word.replace("s", "t", 1))
        elif word in ("le", "les", "se") and _we(after):
            token = _cased(token, "te")
        elif spoken := [f for f in forms if counts(tokens, i, f, "usted")]:
            new = form_of(spoken[0], address)
            if new is None:
                return None
            token = _cased(token, new)
        elif forms and ("usted" in (before, after) or _elided(tokens, i)):
            finite = [f for f in forms if f.tense != "imperative"]
            if after in ("ser", "estar", "haber") or not finite:
                return None
            token = _cased(token, form_of(finite[0], address) or token)
        elif forms and before in ("y", "o", ","):
            return None
        out.append(token)
    return _tidy("".join(out))


def _after(tokens: list[str], i: int) -> str:
    return next((t.lower() for t in tokens[i + 1 :] if not t.isspace()), "")


def _we(word: str) -> bool:
    return word.endswith(("amos", "emos", "imos")) or word in ("lo", "la", "los", "las")


def _owned(noun: str) -> bool:
    owned = word_set("owned")
    return noun in owned or noun.removesuffix("s") in owned or noun.removesuffix("es") in owned


def _elided(tokens: list[str], i: int) -> bool:
    """A finite verb straight after a subordinator or at the start, so with no subject of its own."""
    j = i
    while j > 0 and (
        tokens[j - 1].isspace() or tokens[j - 1].lower() in ("no", "lo", "la", "los", "las", "ya", "nos", "me", "le")
    ):
        j -= 1
    head = "".join(tokens[max(0, j - 8) : j]).lower().rstrip()
    if head == "" or head.endswith((".", ":", ";")):
        return tokens[i].lower() in ("tiene", "puede", "dispone", "podrá", "tendrá")
    return any(re.search(rf"(?:^|\W){re.escape(s)}$", head) for s in data()["subordinators"])


def _from_third(text: str, address: Address) -> str | None:
    """«el cliente dispone de…» → «tienes…»: the subject dropped and each verb that is its own turned."""
    text = _possessives(text, address)
    if oblique().search(text):
        return None
    matches = list(subject().finditer(text))
    if any(re.search(r"\b(?:al|del|a|de|por|para|con)\s$", text[: m.start()], re.IGNORECASE) for m in matches):
        return None
    for match in reversed(matches):
        turned = _drop_subject(text, match, address)
        if turned is None:
            return None
        text = turned
    return _turn_rest(text, address)


def _named_usted(text: str) -> str | None:
    """«lo cubre el cliente» → «lo cubre usted»: its verbs are usted's own, wherever it stands."""
    heads = "|".join(sorted({s.split(" ", 1)[1] for s in data()["customer"]["subjects"] if s.startswith("el ")}))
    turned = re.sub(rf"\b([Aa])l (?:{heads})\b", r"\1 usted", text)
    turned = re.sub(rf"\b([Dd])el (?:{heads})\b", r"\1e usted", turned)
    turned = re.sub(rf"\b([Ee])l (?:{heads})\b(?! que\b)", lambda m: "Usted" if m[1] == "E" else "usted", turned)
    return turned if register_of(turned) == "usted" else None


def _possessives(text: str, address: Address) -> str:
    own = "su" if address == "usted" else "tu"
    for phrase in data()["fixed"]:
        preposition, noun = phrase.split()
        text = re.sub(rf"\b({preposition}) {noun} (?:del cliente|del comprador|de la persona \w+)\b",
                      rf"\1 {own} {noun}", text, flags=re.IGNORECASE)  # fmt: skip
    return text


_VERB_AFTER = re.compile(r"\s+((?:no\s+)?(?:(?:se|lo|la|los|las|le)\s+)?)(\w+)\b")


def _drop_subject(text: str, match: re.Match[str], address: Address) -> str | None:
    verb = _VERB_AFTER.match(text, match.end())
    if verb is None or "se " in verb[1].lower():
        return None
    word = verb[2]
    if word.lower() == "dispone" and re.match(r"\s+de\s", text[verb.end() :]):
        new, rest = _form("tener", "present", address), re.sub(r"^\s+de\s", " ", text[verb.end() :], count=1)
    elif word.lower() == "dispondrá" and re.match(r"\s+de\s", text[verb.end() :]):
        new, rest = _form("tener", "future", address), re.sub(r"^\s+de\s", " ", text[verb.end() :], count=1)
    else:
        finite = [f for f in lookup("usted").get(word.lower(), ()) if f.tense != "imperative"]
        if not finite:
            return None
        new, rest = form_of(finite[0], address) or "", text[verb.end() :]
    start = verb[1] + new
    head = text[: match.start()]
    if not head.strip() or head.rstrip().endswith((".", ":")):
        start = start[:1].upper() + start[1:] if text[match.start()].isupper() else start
    return head + start + rest


def _form(verb: str, tense: Literal["present", "future"], address: Address) -> str:
    return paradigms()[verb][tense][("tú", "vos", "usted").index(address)]


def _turn_rest(text: str, address: Address) -> str | None:
    """The other verbs and possessives of a sentence whose dropped subject was the customer."""
    if address == "usted":
        return text
    tokens = TOKEN.findall(text)
    out: list[str] = []
    for i, token in enumerate(tokens):
        word, before = token.lower(), word_before(tokens, i)
        forms = [f for f in lookup("usted").get(word, ()) if f.tense != "imperative" and not f.clitic]
        if word in ("su", "sus"):
            if not _owned(_after(tokens, i)):
                return None
            token = _cased(token, word.replace("s", "t", 1))
        elif word in ("le", "les"):
            token = _cased(token, "te")
        elif word in ("usted", "consigo", "suyo", "suya"):
            return None
        elif forms and before not in word_set("determiners") and before != "se":
            verb = forms[0].verb
            if before == "que" and not _elided(tokens, i):
                if verb in word_set("personal"):
                    token = _cased(token, form_of(forms[0], address) or token)
            elif _elided(tokens, i):
                if verb == "estar":
                    return None
                if verb not in word_set("impersonal"):
                    token = _cased(token, form_of(forms[0], address) or token)
            elif before in ("y", "o", ",", "e", "u"):
                return None
        out.append(token)
    return "".join(out)


def _as_we(text: str, company: str) -> str:
    """«Empresa responde…» → «Respondemos…»: the company speaks of itself as we."""

    def turn(match: re.Match[str]) -> str:
        we = we_form(match[2].lower())
        if we is None:
            return match[0]
        start = (match[1] or "") + we
        return start[:1].upper() + start[1:] if match.start() == 0 else start

    turned = re.sub(rf"(?<![\w«]){re.escape(company)}\s+((?:no|solo|también)\s+)?(\w+)\b", turn, text)
    return turned.replace(f"corre a cargo de {company}", "corre por nuestra cuenta").replace(
        f"a cargo de {company}", "a nuestro cargo"
    )


def _cased(old: str, new: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _tidy(text: str) -> str:
    text = re.sub(r" {2,}", " ", text)
    text = re.sub(r" ([,.;:])", r"\1", text).strip()
    return text[:1].upper() + text[1:]
