"""Personal data in a reply: none in public, nobody else's in private.

`find_personal_data` is the finder alone, for whoever else must not let such data through (logs, exports).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

from voz.brand import Brand
from voz.case import Case, Finding
from voz.checks.reading import finding, folded, lexicon, overlaps, reply_of

DataKind = Literal["email", "iban", "card", "national_id", "phone", "address", "reference", "name", "birth"]
_INTRINSIC = frozenset({"iban", "card", "national_id", "birth"})
_MAX_NUMBERS = 2000

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}\s?@\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?!\w)")
_CARD = re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d])")
_PHONE = re.compile(r"(?<![\w.,$€+-])(?:\+|00)?\(?\d{1,5}\)?(?:[ .\-]{0,2}\(?\d{1,4}\)?){2,7}(?!\w)(?![.,]\d)")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{2})?|\d+[.,]\d{2}")
_DATE = re.compile(r"\d{4}[-.]\d{1,2}[-.]\d{1,2}|\d{1,2}[-. ]\d{1,2}[-. ](?:19|20)\d{2}|(?:19|20)\d{2}[- ](?:19|20)\d{2}")
_NUMBER = r"(?:n[uú]m(?:ero)?\.?|n\.?[ºo°]\.?|#|nr\.?|no\.)?\s?:?\s?#?"
_NAME = r"[A-ZÁÉÍÓÚÑÇÀÈÒ][\w'’-]{1,24}"
_FULL_NAME = re.compile(rf"{_NAME}(?:[ \t](?:de|del|la|las|los|y|i|da|do|dos)){{0,2}}(?:[ \t]{_NAME}){{0,3}}(?:[ \t](?:de|del|la|las|los|da|do)){{0,2}}(?:[ \t]{_NAME}){{0,2}}")
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
    taken: list[tuple[int, int]] = []
    plain = folded(text)
    where = tuple(dict.fromkeys(country.upper() for country in countries))
    for kind, spans in (
        ("email", _emails(text)),
        ("iban", _ibans(text)),
        ("birth", _after_words(plain, plain, "birth_before", _BIRTH, 40)),
        ("national_id", _national_ids(text, plain, where)),
        ("card", _cards(text)),
        ("reference", _references(text, plain)),
        ("phone", _phones(text, plain, where)),
        ("address", _addresses(text, plain)),
        ("name", _names(text, plain)),
    ):
        kept = [s for s in spans if not overlaps(*s, taken)] if len(taken) < _MAX_NUMBERS else []
        taken.extend(kept)
        found.extend(Span(start, end, kind, text[start:end]) for start, end in kept)  # type: ignore[arg-type]
    return sorted(found)


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block personal data in a public reply and somebody else's in a private one; warn where it may be either."""
    reply = reply_of(case)
    if not reply.strip():
        return ()
    countries = _countries(case, brand)
    given = " ".join([case.message.text[:50_000], *(turn.text[:20_000] for turn in case.message.thread[-20:])])
    company = _Company(case, brand)
    found: list[Finding] = []
    for span in find_personal_data(reply, countries):
        theirs = _said_in(span, given)
        if company.has(span) and not (theirs and span.kind in _INTRINSIC):
            continue
        severity = _public(span, theirs) if case.message.is_public else _private(span, theirs)
        if severity:
            key: str = span.kind if case.message.is_public else "third_party"
            if span.kind == "birth":
                key = "repeated" if theirs else "third_party"
            found.append(finding("personal_data", key, severity, span.start, span.end, word=span.text))
    if case.message.is_public:
        found.extend(_repeated(case, reply, found))
    return tuple(sorted(found[:40], key=lambda f: f.start))


def _public(span: Span, theirs: bool) -> Literal["block", "warn"]:
    """What the person said, or what can only be a person's, is blocked; the rest may be the company's."""
    free = span.kind == "email" and _is_free_mail(span.text)
    return "block" if theirs or free or span.kind in _INTRINSIC else "warn"


def _private(span: Span, theirs: bool) -> Literal["block", "warn"] | None:
    if theirs or span.kind in ("address", "reference", "name", "birth", "phone"):
        return None  # their own, or nothing that says whose it is: `figures` looks at unsupported ones
    if span.kind in _INTRINSIC:
        return "block"
    return "warn" if _is_free_mail(span.text) else None


def _repeated(case: Case, reply: str, found: list[Finding]) -> Iterator[Finding]:
    """References that the person gave, wherever they turn up; and the person's full name."""
    message, taken = case.message.text[:50_000], [(f.start, f.end) for f in found]
    codes = {re.sub(r"^\W+", "", message[s:e]).split()[-1] for s, e in _references(message, folded(message))}
    for code in sorted(codes)[:200]:
        for match in re.finditer(rf"(?<!\w){re.escape(code)}(?!\w)", reply):
            if not overlaps(*match.span(), taken):
                yield finding("personal_data", "reference", "block", *match.span(), word=match[0])
    author = case.message.author.strip()
    if re.fullmatch(rf"{_NAME}(?: (?:de |del |la |y )*{_NAME}){{1,4}}", author):
        at = folded(reply).find(folded(author))
        if at >= 0 and not overlaps(at, at + len(author), taken):
            yield finding("personal_data", "name", "warn", at, at + len(author), word=author)


class _Company:
    """What is known to be the company's own and public."""

    def __init__(self, case: Case, brand: Brand) -> None:
        public = [p.text[:20_000] for p in case.evidence.passages if p.audience == "public"]
        voice = brand.voice
        self.text = " \n ".join([*voice.contacts, voice.signoff or "", voice.greeting or "", voice.company, *public])
        self.plain, self.digits = folded(self.text), re.sub(r"[^\d\n]", "", self.text)
        self.domains = {m.rpartition("@")[2] for m in _EMAIL.findall(self.plain) if not _is_free_mail(m)}

    def has(self, span: Span) -> bool:
        plain = folded(span.text)
        if span.kind == "email":
            return plain in self.plain or plain.rpartition("@")[2].strip() in self.domains
        if span.kind in ("phone", "iban", "reference", "card"):
            digits = re.sub(r"\D", "", span.text)
            return len(digits) > 3 and (digits in self.digits or digits[-9:] in self.digits) and len(digits[-9:]) > 5
        if span.kind == "address":
            words = [w for w in re.findall(r"\w+", plain) if len(w) > 3 or w.isdigit()]
            return bool(words) and all(word in self.plain for word in words)
        return plain in self.plain


def _said_in(span: Span, given: str) -> bool:
    if span.kind in ("address", "name", "email"):
        plain = folded(given)
        words = [w for w in re.findall(r"\w+", folded(span.text)) if len(w) > 2 or w.isdigit()]
        return bool(words) and all(word in plain for word in words)
    clean = re.sub(r"[^0-9a-z]", "", folded(span.text))
    digits = re.sub(r"\D", "", clean)
    return len(digits) > 3 and digits in re.sub(r"\D", "", given)


def _is_free_mail(address: str) -> bool:
    domain = folded(address).rpartition("@")[2].strip()
    return domain.split(".")[0] in lexicon("personal_data")["free_mail"]


def _countries(case: Case, brand: Brand) -> tuple[str, ...]:
    rules = [rule.country for rule in brand.voice.registers if rule.country]
    shown = [case.triage.country] if case.triage and case.triage.country else []
    return tuple(dict.fromkeys([brand.voice.country, *rules, *shown]))


def _emails(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _EMAIL.finditer(text)] if "@" in text else []


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
        if digits[0] in "23456" and len(set(digits)) > 2 and luhn.is_valid(digits):
            yield match.span()


def _national_ids(text: str, plain: str, countries: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    for country in countries:
        for pattern, validator, context in _id_rules(country):
            for match in pattern.finditer(text):
                near = not context or context.search(plain, max(0, match.start() - 30), match.start())
                if near and (validator is None or validator(match[0])):
                    yield match.span()
    yield from _after_words(
        plain, text, "named_id", re.compile(r"[A-Za-z]{0,4}[-/ ]?\d[\dA-Za-z](?:[ .\-/]?[\dA-Za-z]{1,10}){1,4}\b"), 14, 6
    )


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
    for count, match in enumerate(_PHONE.finditer(text)):
        digits = re.sub(r"\D", "", match[0])
        if count > _MAX_NUMBERS or not 7 <= len(digits) <= 15 or _AMOUNT.fullmatch(match[0]) or _DATE.search(match[0]):
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


def _references(text: str, plain: str) -> Iterator[tuple[int, int]]:
    """«pedido nº A-10233»: four signs or more, three digits or more, neither a year nor an amount."""
    for match in _reference_pattern().finditer(text):
        code = match["code"]
        digits = sum(c.isdigit() for c in code)
        if digits >= 3 and len(code) >= 4 and (match["mark"].strip(" :") or not re.fullmatch(r"(?:19|20)\d\d", code)):
            if not re.match(r"\s?(?:€|\$|%|[.,]\d|EUR|USD|MXN|euros|pesos|d[ií]as|horas|h\b)", text[match.end() : match.end() + 8]):
                yield match.start("code"), match.end("code")


@cache
def _reference_pattern() -> re.Pattern[str]:
    words = _any_of(lexicon("personal_data")["reference"]).pattern
    accents = words.replace("o", "[oó]").replace("i", "[ií]").replace("u", "[uú]")
    return re.compile(rf"{accents}s?\s{{0,2}}(?P<mark>{_NUMBER})\s{{0,2}}(?P<code>#?[A-Za-z]{{0,6}}[-/]?\d[\w/-]{{2,24}})(?!\w)", re.IGNORECASE)


def _addresses(text: str, plain: str) -> Iterator[tuple[int, int]]:
    tail = r"(?:,? ?(?:\d{1,4}|[A-Z]|\d{1,2}\s?[ºª°]\s?\w{0,3}|piso \d+|pta\.? \w+|puerta \w+|dpto\.? \w+|bajo|izq\.?|dcha\.?)(?!\w)){0,3}"
    body = re.compile(rf"\s?(?:[^\W\d_][\w.ºª'’-]{{0,24}}(?:, ?| )){{1,7}}?(?:n\.?[ºo°]\.? ?|núm\.? ?|# ?)?(?:\d{{1,5}}|s/n)(?![\d€%])(?! ?[€%])(?: ?# ?\d+-\d+)?{tail}")
    for word in _street().finditer(plain):
        match = body.match(text, word.end())
        if match and re.search(r"[A-ZÁÉÍÓÚÑ]", match[0]):
            yield word.start(), match.end()
    for word in _any_word("street_before").finditer(plain):
        match = re.compile(rf"[ :]{{1,3}}(?=[A-ZÁÉÍÓÚÑ]){body.pattern}").match(text, word.end())
        if match:
            yield word.end() + len(match[0]) - len(match[0].lstrip(" :")), match.end()


@cache
def _street() -> re.Pattern[str]:
    ordered = sorted((folded(w) for w in lexicon("personal_data")["street"]), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(w) + ("" if w.endswith(("/", ".")) else r"(?!\w)") for w in ordered) + ")")


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
