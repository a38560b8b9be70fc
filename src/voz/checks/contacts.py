"""An address, phone, handle or channel that neither the company's public documents nor the customer knows."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from voz.brand import Brand
from voz.case import Case, Finding
from voz.findings import found
from voz.packaged import packaged
from voz.quantities import fold_in_place

NAME = "contacts"
_PARTS = ("address", "phone", "handle")


@cache
def _lexicon() -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    raw = packaged("checks/contacts")
    exact = re.compile("|".join(f"(?:{raw[part]})" for part in _PARTS), re.IGNORECASE)
    return exact, {name: re.compile(source) for name, source in raw["channels"].items()}


def exact_contacts(text: str) -> list[tuple[int, int, str]]:
    """(start, end, normal form) of every address, phone and handle in a text."""
    return [(m.start(), m.end(), _normal(m[0])) for m in _lexicon()[0].finditer(text)]


def _normal(contact: str) -> str:
    plain = re.sub(r"[^a-z0-9@./]", "", contact.lower())
    return re.sub(r"^(?:https?:?//)?(?:www\.)?", "", plain).rstrip("./")


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block contacts that stand nowhere; `Case.known` is the public text of the company."""
    if case.draft is None or not case.draft.reply or not case.known:
        return ()
    reply = case.draft.reply
    told = "\n".join([*brand.voice.contacts, case.message.text, *(turn.text for turn in case.message.thread)])
    known = _known(case.known) | _known(told)
    made = [
        _finding(start, end, "unknown", reply)
        for start, end, normal in exact_contacts(reply)
        if not _stands(normal, known)
    ]
    folded = fold_in_place(reply)
    channels = _channels(case.known) | _channels(told)
    if any(sum(char.isdigit() for char in contact) >= 7 for contact in known):
        channels |= {"phone"}
    for name, pattern in _lexicon()[1].items():
        match = pattern.search(folded)
        if match and name not in channels and not _denied(folded, match.start()):
            made.append(_finding(match.start(), match.end(), "channel", reply))
    return tuple(made)


def _finding(start: int, end: int, why: str, reply: str) -> Finding:
    return found(NAME, "block", start, end, f"{NAME}.{why}", contact=reply[start:end])


_DENIAL = re.compile(r"\b(?:no|ni|sin|tampoco|nao|not|sense)\b")


def _denied(folded: str, at: int) -> bool:
    """«por WhatsApp no atendemos», «de una app no tenemos noticia»: named only to say that there is none."""
    start = max(folded.rfind(mark, 0, at) for mark in ".!?\n") + 1
    ends = [end for mark in ".!?\n" if (end := folded.find(mark, at)) >= 0]
    return bool(_DENIAL.search(folded[start : min(ends, default=len(folded))]))


@lru_cache(maxsize=64)
def _channels(text: str) -> frozenset[str]:
    """The kinds of channel that a text names."""
    folded = fold_in_place(text)
    return frozenset(name for name, pattern in _lexicon()[1].items() if pattern.search(folded))


@lru_cache(maxsize=64)
def _known(text: str) -> frozenset[str]:
    return frozenset(normal for _, _, normal in exact_contacts(text))


def _stands(normal: str, known: frozenset[str]) -> bool:
    """Whether the contact, its site, or a phone with or without its prefix is known."""
    if normal in known or any(other.startswith(normal + "/") or other.endswith("@" + normal) for other in known):
        return True
    digits = re.sub(r"\D", "", normal)
    if len(digits) >= 7 and "@" not in normal:
        return any(
            d.endswith(digits) or digits.endswith(d) for other in known if len(d := re.sub(r"\D", "", other)) >= 7
        )
    return False
