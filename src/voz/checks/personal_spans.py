"""Finds personal data in a text: numbers, addresses and names, by their form and the words before them.

The lexicon is `data/checks/personal_data.yaml`. The check of the same name decides what may stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

from voz.checks.reading import folded, lexicon

DataKind = Literal["email", "iban", "card", "national_id", "phone", "address", "reference", "name", "birth"]

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}\s?@\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?!\w)")
_CARD = re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d])")
_PHONE = re.compile(r"(?<![\w.,$€+-])(?:\+|00)?\(?\d{1,5}\)?(?:[ .\-]{0,2}\(?\d{1,4}\)?){2,7}(?!\w)(?![.,]\d)")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{2})?|\d+[.,]\d{2}")
_DATE = re.compile(
    r"\d{4}[-.]\d{1,2}[-.]\d{1,2}|\d{1,2}[-. ]\d{1,2}[-. ](?:19|20)\d{2}|(?:19|20)\d{2}[- ](?:19|20)\d{2}"
)
_NUMBER = r"(?:n[uú]m(?:ero)?\.?|n\.?[ºo°]\.?|#|nr\.?|no\.)?\s?:?\s?#?"
NAME = r"[A-ZÁÉÍÓÚÑÇÀÈÒ][\w'’-]{1,24}"
_ANY_ID = re.compile(
    r"[A-Za-z]{0,4}[-/ ]?\d{1,10}(?:[ .\-/]?(?=[A-Za-z]{0,6}\d)[\dA-Za-z]{1,10}){0,4}(?:[ -]?[A-Za-z])?\b"
)
_QUANTITY = re.compile(r"\s?(?:€|\$|%|[.,]\d|EUR|USD|MXN|euros|pesos|d[ií]as|horas|h\b)")
_FLOOR = r"\d{1,4}|[A-Z]|\d{1,2}\s?[ºª°]\s?\w{0,3}|piso \d+|pta\.? \w+|puerta \w+|dpto\.? \w+|bajo|izq\.?|dcha\.?"
_STREET_AND_NUMBER = (
    r"\s?(?:[^\W\d_][\w.ºª'’-]{0,24}(?:, ?| )){1,7}?(?:n\.?[ºo°]\.? ?|núm\.? ?|# ?)?(?:\d{1,5}|s/n)"
    rf"(?![\d€%])(?! ?[€%])(?: ?# ?\d+-\d+)?(?:,? ?(?:{_FLOOR})(?!\w)){{0,3}}"
)
_ADDRESS, _BARE_ADDRESS = re.compile(_STREET_AND_NUMBER), re.compile(rf"[ :]{{1,3}}(?=[A-ZÁÉÍÓÚÑ]){_STREET_AND_NUMBER}")
_LINK = r"(?:[ \t](?:de|del|la|las|los|y|i|da|do|dos)){0,2}"
_FULL_NAME = re.compile(rf"{NAME}{_LINK}(?:[ \t]{NAME}){{0,3}}{_LINK}(?:[ \t]{NAME}){{0,2}}")
_BIRTH = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)?\d{2}|\d{1,2} de [a-zç]{4,10} (?:de |del )?(?:19|20)\d{2}")


class Span(NamedTuple):
    """A piece of personal data and where it stands."""

    start: int
    end: int
    kind: DataKind
    text: str


def find_personal_data(text: str, countries: tuple[str, ...] | list[str]) -> list[Span]:
    """Personal data of any kind in a text, in order, without overlaps; phones and ids of these countries.

    A company's own data look the same: who calls knows which are public. Runs in linear time.
    """
    found: list[Span] = []
    taken = bytearray(len(text))
    plain = folded(text)
    where = tuple(dict.fromkeys(country.upper() for country in countries))
    kinds: tuple[tuple[DataKind, Iterable[tuple[int, int]]], ...] = (
        ("email", _emails(text)),
        ("iban", _ibans(text)),
        ("birth", _after_words(plain, plain, "birth_before", _BIRTH, 40)),
        ("national_id", _national_ids(text, plain, where)),
        ("card", _cards(text)),
        ("reference", references(text, plain)),
        ("phone", _phones(text, plain, where)),
        ("address", _addresses(text, plain)),
        ("name", _names(text, plain)),
    )
    for kind, spans in kinds:
        for start, end in spans:
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Span(start, end, kind, text[start:end]))
    return sorted(found)


def _emails(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in EMAIL.finditer(text)] if "@" in text else []


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        for end in range(match.end(), match.start() + 14, -1):
            if text[end - 1].isalnum() and iban.is_valid(text[match.start() : end], check_country=False):
                yield match.start(), end
                break


def _cards(text: str) -> Iterator[tuple[int, int]]:
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if digits[0] in "23456" and len(set(digits)) > 1 and luhn.is_valid(digits):
            yield match.span()


def _national_ids(text: str, plain: str, countries: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for country in countries:
        for pattern, validator, context in _id_rules(country):
            for match in pattern.finditer(text):
                near = not context or context.search(plain, max(0, match.start() - 30), match.start())
                if near and (validator is None or validator(match[0])):
                    yield match.span()
    yield from _after_words(plain, text, "named_id", _ANY_ID, 14, 6)


@cache
def _id_rules(country: str) -> list[tuple[re.Pattern[str], Any, re.Pattern[str] | None]]:
    rules = []
    for spec in lexicon("personal_data")["national_ids"].get(country, ()):
        validator = import_module(f"stdnum.{spec['module']}").is_valid if spec["module"] else None
        context = _any_of(spec["context"]) if spec["context"] else None
        rules.append((re.compile(rf"(?<![\w.,$-])(?:{spec['pattern']})(?![\w]|[.,]\d)"), validator, context))
    return rules


@cache
def _any_word(name: str) -> re.Pattern[str]:
    return _any_of(lexicon("personal_data")[name])


def _any_of(entries: list[str]) -> re.Pattern[str]:
    """Any of the words; the longest first, so that «numero de serie» is read before «serie»."""
    ordered = sorted((folded(str(entry)) for entry in entries), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, ordered)) + r")(?!\w)")


def _after_words(
    plain: str, text: str, words: str, value: re.Pattern[str], gap: int, digits: int = 0
) -> Iterator[tuple[int, int]]:
    """Where `value` stands at most `gap` characters after one of the words, in the same sentence."""
    for word in _any_word(words).finditer(plain):
        match = value.search(text, word.end(), min(len(text), word.end() + gap + 40))
        if match is None or match.start() - word.end() > gap or "." in text[word.end() + 2 : match.start()]:
            continue
        if sum(c.isdigit() for c in match[0]) >= digits:
            yield match.span()


def _phones(text: str, plain: str, countries: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if not 7 <= len(digits) <= 15 or _AMOUNT.fullmatch(match[0]) or _DATE.search(match[0]):
            continue
        if digits.startswith(tuple(lexicon("personal_data")["company_prefixes"])):
            continue
        named = _any_word("phone_before").search(plain, max(0, match.start() - 25), match.start()) is not None
        if _is_phone(match[0], digits, countries, named):
            yield match.span()


def _is_phone(written: str, digits: str, countries: tuple[str, ...], named: bool) -> bool:
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type

    spaced = written.strip("()+") != digits or written.startswith(("+", "00"))
    iberian = {"ES", "PT"}.intersection(countries) and len(digits) == 9 and digits[0] in "679"
    if not (named or spaced or iberian):
        return False
    shared = {Type.TOLL_FREE, Type.SHARED_COST, Type.PREMIUM_RATE, Type.UAN}
    for country in countries or ("ES",):
        try:
            number = phonenumbers.parse(written, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.number_type(number) not in shared
        if named and len(digits) >= 8 and phonenumbers.is_possible_number(number):
            return True
    return False


def references(text: str, plain: str) -> Iterator[tuple[int, int]]:
    """«pedido nº A-10233»: four signs or more, three digits or more, neither a year nor an amount."""
    for match in _reference_pattern().finditer(text):
        code = match["code"]
        digits = sum(c.isdigit() for c in code)
        year = re.fullmatch(r"(?:19|20)\d\d", code) and not match["mark"].strip(" :")
        if digits >= 3 and len(code) >= 4 and not year and not _QUANTITY.match(text, match.end()):
            yield match.start("code"), match.end("code")


@cache
def _reference_pattern() -> re.Pattern[str]:
    words = _any_of(lexicon("personal_data")["reference"]).pattern
    accents = words.replace("o", "[oó]").replace("i", "[ií]").replace("u", "[uú]")
    code = r"(?P<code>#?[A-Za-z]{0,6}[-/]?\d[\w/-]{2,24})(?!\w)"
    return re.compile(rf"{accents}s?\s{{0,2}}(?P<mark>{_NUMBER})\s{{0,2}}{code}", re.IGNORECASE)


def _addresses(text: str, plain: str) -> Iterator[tuple[int, int]]:
    for word in _street().finditer(plain):
        match = _ADDRESS.match(text, word.end())
        if match and re.search(r"[A-ZÁÉÍÓÚÑ]", match[0]):
            yield word.start(), match.end()
    for word in _any_word("street_before").finditer(plain):
        match = _BARE_ADDRESS.match(text, word.end())
        if match:
            yield word.end() + len(match[0]) - len(match[0].lstrip(" :")), match.end()


@cache
def _street() -> re.Pattern[str]:
    ordered = sorted((folded(w) for w in lexicon("personal_data")["street"]), key=len, reverse=True)
    whole = [re.escape(w) + ("" if w.endswith(("/", ".")) else r"(?!\w)") for w in ordered]
    return re.compile(r"(?<!\w)(?:" + "|".join(whole) + ")")


def _names(text: str, plain: str) -> Iterator[tuple[int, int]]:
    """Full names after what announces one («a nombre de», «Dr.»); one word is enough after «Apellidos:»."""
    for word in _any_word("name_before").finditer(plain):
        gap = re.compile(r"[ \t]{0,4}[:.]?[ \t]{0,4}").match(text, word.end())
        match = _FULL_NAME.match(text, gap.end() if gap else word.end())
        labelled = gap is not None and ":" in gap[0]
        if match is None or _any_word("name_before").match(plain, match.start()):
            continue  # «Remitido por: Dr. …»: the name comes after the second word
        if labelled or re.search(r"[ \t]", match[0]):
            yield match.span()
