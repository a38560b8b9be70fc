"""Who may be the same person, and whose cases tell of them: for a person to decide on, never erased by itself."""

from __future__ import annotations

from collections.abc import Set

from voz.service.redaction import letters
from voz.store.database import Tx
from voz.store.search import authors, messages_with


def twins(tx: Tx, author: str, mine: Set[str]) -> tuple[str, ...]:
    """«Marta Ruíz (K7Q2-…)» for «Marta Ruiz»: authors of other cases with the same letters but for accents."""
    found: dict[str, list[str]] = {}
    for key, name, code in authors(tx):
        if key not in mine and letters(name) == letters(author):
            found.setdefault(name, []).append(code)
    return tuple(f"{name} ({', '.join(sorted(codes))})" for name, codes in sorted(found.items()))


def named_in(tx: Tx, author: str, mine: Set[str]) -> tuple[str, ...]:
    """Codes of other people's cases in which a message holds every word of the name, whole."""
    wanted = set(letters(author))
    if not wanted:
        return ()
    found = {
        code for key, code, name, text in messages_with(tx, author)
        if key not in mine and letters(name) != letters(author) and wanted <= set(letters(text))
    }  # fmt: skip
    return tuple(sorted(found))
