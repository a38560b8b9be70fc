"""The words of the desk: every language says the same things, with the same places to fill."""

from __future__ import annotations

import re
import string
from importlib.resources import files
from typing import Any

import pytest

from voz.packaged import packaged

LANGUAGES = ("es", "en", "pt")
LEXICONS = {"authority", "commitments", "lines"}
"""How each language promises, gives or greets: there is nothing to hold side by side."""
FOLDER = files("voz") / "data" / "desk"
TOPICS = sorted(
    {found.name.removesuffix(".es.yaml") for found in FOLDER.iterdir() if found.name.endswith(".es.yaml")} - LEXICONS
)


def leaves(table: Any, path: str = "") -> dict[str, str]:
    if isinstance(table, dict):
        return {k: v for name, inner in table.items() for k, v in leaves(inner, f"{path}.{name}").items()}
    return {path: table}


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_the_words_of_every_page_are_here() -> None:
    assert {"page", "page_commitments", "page_figures", "page_learn", "page_runs"} <= set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_language_has_the_same_words_with_the_same_places_to_fill(topic: str) -> None:
    spanish = leaves(packaged(f"desk/{topic}.es"))
    for language in LANGUAGES[1:]:
        table = leaves(packaged(f"desk/{topic}.{language}"))
        assert set(table) == set(spanish), language
        for key, text in table.items():
            assert isinstance(text, str), f"{language}{key} is {text!r}"
            assert places(text) == places(spanish[key]), f"{language}{key}"
            assert bool(text) == bool(spanish[key]), f"{language}{key}"


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_the_pages_are_translated(language: str) -> None:
    """A copy of the Spanish would pass as a translation of most keys; here it does not."""
    for topic in (name for name in TOPICS if name.startswith("page")):
        spanish, table = leaves(packaged(f"desk/{topic}.es")), leaves(packaged(f"desk/{topic}.{language}"))
        long = [key for key, text in spanish.items() if len(re.sub(r"\{[^}]*\}", "", text)) > 20]
        assert [key for key in long if table[key] == spanish[key]] == [], topic
