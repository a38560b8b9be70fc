"""The words that people see, from `data/ui/<language>.yaml`; Spanish where a language has no file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any

from voz.case import Passage
from voz.packaged import packaged

LANGUAGES = ("es", "en", "pt")


@dataclass(frozen=True)
class Words:
    """`words("page.draft")` gives a text; `words.label("kind", "spam")` a label, or the value itself."""

    language: str
    table: dict[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        return str(self._at(key)).format(**values) if values else str(self._at(key))

    def list(self, key: str) -> list[str]:
        return [str(item) for item in self._at(key)]

    def label(self, group: str, value: str) -> str:
        return str(self.table[group].get(value, value))

    def problem(self, field: str, otherwise: str) -> str:
        """What to do about a field that is missing or wrong, by the last step of its path."""
        return str(self.table["problem"].get(field.rsplit(".", 1)[-1], otherwise))

    def validity(self, passage: Passage) -> str:
        start, end = self.day(passage.valid_from), self.day(passage.valid_until)
        if start and end:
            return self("validity.between", start=start, end=end)
        if start or end:
            return self("validity.since", start=start) if start else self("validity.until", end=end)
        return self("validity.always")

    def day(self, day: dt.date | None) -> str:
        return day.strftime(self("validity.day")) if day else ""

    def _at(self, key: str) -> Any:
        found: Any = self.table
        for step in key.split("."):
            found = found[step]
        return found


@cache
def words(language: str = "es") -> Words:
    name = language if language in LANGUAGES else LANGUAGES[0]
    return Words(name, packaged(f"ui/{name}"))
