"""Personal data in a reply: none in public, nobody else's in private.

`find_personal_data` is the finder alone, for whoever else must not let such data through (logs, exports).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from voz.brand import Brand
from voz.case import Case, Finding
from voz.checks.personal_spans import EMAIL, NAME, Span, find_personal_data, references
from voz.checks.reading import finding, folded, lexicon, overlaps, reply_of

__all__ = ["Span", "check", "find_personal_data"]

_INTRINSIC = frozenset({"iban", "card", "national_id", "birth"})


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
    codes = {re.sub(r"^\W+", "", message[s:e]).split()[-1] for s, e in references(message, folded(message))}
    for code in sorted(codes)[:200]:
        for match in re.finditer(rf"(?<!\w){re.escape(code)}(?!\w)", reply):
            if not overlaps(*match.span(), taken):
                yield finding("personal_data", "reference", "block", *match.span(), word=match[0])
    author = case.message.author.strip()
    if re.fullmatch(rf"{NAME}(?: (?:de |del |la |y )*{NAME}){{1,4}}", author):
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
        self.domains = {m.rpartition("@")[2] for m in EMAIL.findall(self.plain) if not _is_free_mail(m)}

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
    if span.kind == "phone":
        digits = digits[-9:]  # with or without the country's code
    return len(digits) > 3 and digits in re.sub(r"\D", "", given)


def _is_free_mail(address: str) -> bool:
    domain = folded(address).rpartition("@")[2].strip()
    return domain.split(".")[0] in lexicon("personal_data")["free_mail"]


def _countries(case: Case, brand: Brand) -> tuple[str, ...]:
    rules = [rule.country for rule in brand.voice.registers if rule.country]
    shown = [case.triage.country] if case.triage and case.triage.country else []
    return tuple(dict.fromkeys([brand.voice.country, *rules, *shown]))
