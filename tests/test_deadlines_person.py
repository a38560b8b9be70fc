"""Who wants a person, in Spanish of several regions, Portuguese, English, Catalan and Galician."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from voz.case import Message
from voz.deadlines.person import person_words, wants_person

HERE = Path(__file__).parent
SAID = yaml.safe_load((HERE / "deadlines_messages.yaml").read_text(encoding="utf-8"))["person"]
MESSAGES = [*HERE.glob("companies/*/messages.jsonl"), HERE.parent / "examples" / "messages.jsonl"]


@pytest.mark.parametrize("text", SAID["wants"])
def test_a_person_is_wanted(text: str) -> None:
    assert wants_person(Message(text=text))


@pytest.mark.parametrize("text", SAID["not"])
def test_the_same_words_with_another_meaning(text: str) -> None:
    assert person_words(Message(text=text)) == ()


def test_no_message_of_the_companies_is_taken_for_one() -> None:
    lines = [line for file in MESSAGES for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 210
    assert [line for line in lines if wants_person(Message(**json.loads(line)))] == []


def test_the_words_are_those_of_the_customer() -> None:
    text = "Buenas. Llevo una hora aquí: QUIERO HABLAR con una persona, por favor. Gracias"
    assert any("HABLAR con una persona" in words for words in person_words(Message(text=text)))


@pytest.mark.parametrize("text", ["quiero hablar con " * 6000, "no " * 30000, "a" * 100_000, "¡" * 100_000])
def test_long_hostile_text_ends(text: str) -> None:
    wants_person(Message(text=text[:100_000]))


@given(st.text(min_size=1, max_size=300))
def test_any_text_gets_an_answer_and_always_the_same(text: str) -> None:
    message = Message(text=text + "x")
    assert wants_person(message) == bool(person_words(message))
