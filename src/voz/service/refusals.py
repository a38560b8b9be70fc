"""Why something was not done, as an error that every reader can be told in their own language.

The sentences stand in `data/desk/errors.<language>.yaml`; the error carries the English one, for the API and logs.
"""

from __future__ import annotations

from typing import Any, TypeVar

from voz.errors import InputError, NotFound, Refused, Unconfirmed, VozError
from voz.packaged import packaged
from voz.words import LANGUAGES

Told = TypeVar("Told", bound=VozError)


def refuse(name: str, /, *, stops: tuple[str, ...] = (), could: tuple[str, ...] = (), **values: Any) -> Refused:
    """This person may not do that, or not now."""
    return _named(Refused(_said(name, "en", values), stops, could), name, values)


def unfit(name: str, /, **values: Any) -> InputError:
    """What was given cannot be taken as it is."""
    return _named(InputError(_said(name, "en", values)), name, values)


def unsure(name: str, /, **values: Any) -> Unconfirmed:
    """It is done once the person, told this, asks for it again and says so."""
    return _named(Unconfirmed(_said(name, "en", values)), name, values)


def missing(name: str, /, **values: Any) -> NotFound:
    """There is no such thing."""
    return _named(NotFound(_said(name, "en", values)), name, values)


def told(error: VozError, language: str) -> str:
    """The error in the reader's language; its own words where it was not raised here."""
    named = getattr(error, "named", None)
    return _said(named[0], language, named[1]) if named else str(error)


def _named(error: Told, name: str, values: dict[str, Any]) -> Told:
    error.named = (name, values)  # type: ignore[attr-defined]
    return error


def _said(name: str, language: str, values: dict[str, Any]) -> str:
    words = packaged(f"desk/errors.{language if language in LANGUAGES else LANGUAGES[0]}")
    groups = {"status": words["statuses"], "role": words["roles"], "own": words["roles"]}
    shown = {key: groups.get(key, {}).get(value, value) for key, value in values.items()}
    return str(words[name]).format(**shown)
