"""What the findings say: the same in every language, told to each reader in theirs, whenever they were made."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.case import Finding
from voz.findings import LANGUAGES, found, sentence, told
from voz.packaged import packaged


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for name, below in tree.items():
            yield from leaves(below, f"{path}.{name}")
    else:
        yield path, str(tree)


def braces(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


def sentences(language: str) -> dict[str, str]:
    table = packaged(f"findings/{language}")
    return {path[1:]: text for path, text in leaves(table) if not path.startswith(".labels.")}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_the_same_keys_and_braces(language: str) -> None:
    spanish, other = packaged("findings/es"), packaged(f"findings/{language}")
    assert [path for path, _ in leaves(other)] == [path for path, _ in leaves(spanish)]
    differ = {key for key, text in sentences("es").items() if braces(text) != braces(sentences(language)[key])}
    assert differ == set()
    same = {key for key, text in sentences("es").items() if text == sentences(language)[key]}
    assert same <= {"unanswered.missing"}, "left in Spanish"  # «[falta: …]» is Portuguese, too


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_brace_can_be_filled(language: str) -> None:
    for key, text in sentences(language).items():
        values = {name: "usted vos" if spec == "either" else "1.5" for name, spec in braces(text)}
        said = sentence(key, language, **values)
        assert "{" not in said, key
        assert said[-1] in ".»”])", said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stops_of_the_authority_file_have_the_same_keys_and_braces(language: str) -> None:
    parts = ("actions", "desk", "stops", "could", "note", "money")
    tables = [{part: packaged(f"desk/authority.{one}")[part] for part in parts} for one in ("es", language)]
    spanish, other = (dict(leaves(table)) for table in tables)
    assert list(other) == list(spanish)
    assert [key for key in spanish if braces(spanish[key]) != braces(other[key])] == []


def test_each_reader_is_told_in_their_own_language() -> None:
    made = found("language", "block", 0, 9, "language.other", found="pt", expected="en")
    assert made.detail == "La respuesta está en portugués y la persona escribió en inglés: escríbela en inglés."
    assert told(made, "en") == "The reply is in Portuguese and the customer wrote in English: write it in English."
    assert told(made, "pt") == "A resposta está em português e a pessoa escreveu em inglês: escreva-a em inglês."
    assert told(made, "de") == told(made, "es") == made.detail
    mixed = found("register", "block", 0, 5, "register.certain", word="Tienes", found="tú vos", expected="usted")
    assert "tú o vos" in mixed.detail
    assert "tú or vos" in told(mixed, "en")
    assert "20.5" in told(found("authority", "block", 0, 1, "authority.limit", amount="20.5", limit="10"), "en")
    assert "20,5" in found("authority", "block", 0, 1, "authority.limit", amount="20.5", limit="10").detail


def test_what_was_stored_before_says_what_it_said() -> None:
    raw = {"check": "figures", "severity": "block", "start": 0, "end": 4, "detail": "La cifra no consta."}
    old = Finding.model_validate(raw)
    assert [told(old, language) for language in LANGUAGES] == ["La cifra no consta."] * 3
    assert old.model_dump(mode="json") == raw
    other_version = old.model_copy(update={"key": "figures.gone", "values": (("clause", "x"),)})
    assert told(other_version, "en") == "La cifra no consta."
    fewer_values = old.model_copy(update={"key": "support.novel"})
    assert told(fewer_values, "en") == "La cifra no consta."


def test_the_contract_has_the_five_fields_and_a_stored_one_is_told_again() -> None:
    made = found("leak", "warn", 2, 5, "leak.mark", word="[x]")
    assert set(made.contract()) == {"check", "severity", "start", "end", "detail"}
    again = Finding.model_validate_json(made.model_dump_json())
    assert again == made
    assert told(again, "pt").startswith("«[x]» é uma marca")


@given(st.text(max_size=60))
def test_what_the_reply_says_is_never_a_template(word: str) -> None:
    for evil in (word, "{word}", "{0.__class__}", f"{{{word}}}"):
        made = found("leak", "block", 0, 1, "leak.machine", word=evil)
        assert made.detail == f"«{evil}» es texto de la máquina y no de la empresa: bórralo."
        assert told(made, "en") == f"“{evil}” is the machine talking, not the company: delete it."
