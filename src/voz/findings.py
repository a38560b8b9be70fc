"""What a finding says to the reader of any language: the sentences of `data/findings/<language>.yaml`.

A finding keeps the name of its sentence and what fills it, so that whoever reads it later is told in their own
language; `detail` is the Spanish one, for the JSON contract and for what was stored before findings had a name.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from typing import Any

from voz.case import Finding, Severity
from voz.packaged import packaged

LANGUAGES = ("es", "en", "pt")


class _Sentences(string.Formatter):
    """Fills `{name}` with a value, and `{name:group}` with the label that the value has in that group."""

    def __init__(self, labels: Mapping[str, Any]) -> None:
        self.labels = labels

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "either":
            return str(self.labels["or"]).join(value.split())
        if format_spec == "number":
            return str(value).replace(".", self.labels["decimal"])
        return str(self.labels[format_spec].get(value, value) if format_spec else value)


def found(check: str, severity: Severity, start: int, end: int, key: str, **values: object) -> Finding:
    """A finding that says the sentence `key`, as `leak.mark`. Raises KeyError where there is no such sentence."""
    filled = {name: str(value) for name, value in values.items()}
    return Finding(
        check=check, severity=severity, start=start, end=end, detail=sentence(key, **filled), key=key,
        values=tuple(filled.items()),
    )  # fmt: skip


def told(finding: Finding, language: str) -> str:
    """What it says in the reader's language; its `detail` where that is all there is."""
    try:
        return sentence(finding.key, language, **dict(finding.values))
    except KeyError:  # from before findings had keys, or from a version with other sentences
        return finding.detail


def sentence(key: str, language: str = LANGUAGES[0], /, **values: str) -> str:
    """The sentence of that name with its values, in Spanish where the language has none. Raises KeyError."""
    table, sentences = _table(language if language in LANGUAGES else LANGUAGES[0])
    check, _, name = key.partition(".")
    return sentences.vformat(table[check][name], (), values)


@cache
def _table(language: str) -> tuple[Mapping[str, Mapping[str, str]], _Sentences]:
    table = packaged(f"findings/{language}")
    return table, _Sentences(table["labels"])
