"""Passwords: argon2id with the library's own cost, and the same work for people who do not exist."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from voz.errors import InputError

SHORTEST, LONGEST = 12, 1_000
_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
"""A verification takes tens of megabytes: a flood of guesses must wait, not fill the memory."""


def hashed(password: str, login: str = "") -> str:
    """The hash to store. Raises InputError for a password that is too short, too long or the login itself."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise InputError(
            f"The password has {len(plain)} characters; it takes {SHORTEST} or more. A sentence does well."
        )
    if len(plain) > LONGEST:
        raise InputError(f"The password has {len(plain)} characters; the most is {LONGEST}.")
    if login and plain.casefold() == login.casefold():
        raise InputError("The password is the login itself; choose another.")
    if len(set(plain)) < 4:
        raise InputError("The password repeats so few characters that it is guessed at once; choose another.")
    with _AT_ONCE:
        return _HASHER.hash(plain)


def renewed(password: str) -> str:
    """A new hash for a password that was accepted before, whatever is asked of new ones."""
    with _AT_ONCE:
        return _HASHER.hash(_normal(password))


def verified(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; without a stored one it is not, and that takes as long to say."""
    nobody = _nobody()
    plain = _normal(password)
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or nobody, plain[:LONGEST]) and stored is not None and len(plain) <= LONGEST
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether the library's cost has changed since this was hashed."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


def _normal(password: str) -> str:
    """The same letters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())
