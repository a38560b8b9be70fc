"""A message in a conversation: not greeted anew, not told twice, and read with what was said before."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path

import pytest
from small_company import DOCUMENTS, TODAY, desk, write_company
from stub_model import Say, serve

from voz.case import Ask, Case, Channel, Message, ThreadMessage
from voz.config import Settings
from voz.conversation import apologised, gave_what_we_asked, goes_on, in_view
from voz.llm import open_client
from voz.pipeline import open_desk, prepare

SHIPPING = "Hola, Nuria. El envío estándar a la península cuesta 4,90 € y tarda de 2 a 4 días laborables."


def turns(*texts: tuple[str, bool]) -> tuple[ThreadMessage, ...]:
    return tuple(ThreadMessage(text=text, from_company=ours) for text, ours in texts)


def follow(text: str, *thread: tuple[str, bool], channel: Channel = "whatsapp") -> Case:
    return prepare(Message(text=text, channel=channel, author="Nuria Pons", thread=turns(*thread)), desk())


def reply(case: Case) -> str:
    assert case.draft is not None
    assert case.draft.reply is not None
    return case.draft.reply


ASKED = ("¿Cuánto cuesta el envío a la península?", False)


@pytest.mark.parametrize("channel", ["whatsapp", "chat", "instagram", "x"])
def test_a_chat_that_goes_on_is_not_greeted_again(channel: Channel) -> None:
    assert reply(follow("¿y el plazo de devolución?", channel=channel)).startswith("Hola")
    assert "Hola" not in reply(follow("¿y el plazo de devolución?", ASKED, (SHIPPING, True), channel=channel))


def test_a_letter_that_goes_on_says_so() -> None:
    again = reply(follow("¿Y qué plazo tengo para devolver el pedido?", ASKED, (SHIPPING, True), channel="email"))
    assert again.startswith("Hola de nuevo, Nuria:")
    only_theirs = reply(follow("¿Y qué plazo tengo para devolver el pedido?", ASKED, channel="email"))
    assert only_theirs.startswith("Hola, Nuria:")


def test_a_short_question_is_searched_with_what_came_before() -> None:
    asks = (Ask(text="y eso cuánto tarda?", start=0, end=19, query="eso cuánto tarda"),)
    thread = turns(ASKED, (SHIPPING, True))
    whole = in_view(asks, Message(text="y eso cuánto tarda?", thread=thread))
    assert "envío" in whole[0].query
    assert whole[0].query.endswith("eso cuánto tarda")
    assert whole[0].text == asks[0].text
    assert in_view(asks, Message(text="y eso cuánto tarda?")) == asks


def test_a_question_that_leans_on_the_one_before_is_answered() -> None:
    answered = follow("y eso cuánto tarda?", ASKED, ("El envío estándar a la península cuesta 4,90 €.", True))
    assert "2 a 4 días" in reply(answered)
    assert answered.draft is not None
    assert answered.draft.unanswered == ()


def test_what_was_told_is_told_again_only_when_it_is_asked_again() -> None:
    assert "2 a 4 días" in reply(follow("perdona, ¿cuánto tardaba el envío?", ASKED, (SHIPPING, True)))
    other = follow("¿y a Canarias el envío lo hacéis con frío?", ASKED, (SHIPPING, True))
    assert "4,90" not in reply(other)
    assert other.draft is not None
    assert other.draft.unanswered


def test_the_next_row_of_what_was_told_answers_a_question_of_three_words() -> None:
    table = """---
title: Alquiler
---
# Alquiler

| Bici | Precio por día | Fianza | Edad mínima |
|---|---|---|---|
| Urbana | 18 € | 100 € | 14 años |
| Eléctrica | 32 € | 250 € | 18 años |
| Infantil | 9 € | 40 € | 4 años |
"""
    folder = Path(tempfile.mkdtemp(prefix="voz-tests-"))
    knowledge = write_company(folder / "Rueda" / "knowledge", {**DOCUMENTS, "alquiler.md": table})
    there = open_desk(Settings(knowledge=knowledge, home=folder / "home", today=TODAY, writer="extractive"))
    first = Message(text="¿Cuánto cuesta alquilar una bici urbana?", channel="chat")
    told = reply(prepare(first, there))
    assert "18 €" in told
    thread = turns((first.text, False), (told, True))
    then = reply(prepare(Message(text="¿y si es eléctrica?", channel="chat", thread=thread), there))
    assert "32 €" in then
    assert "18 €" not in then


def test_a_complaint_that_goes_on_does_not_hear_the_same_rule_twice() -> None:
    text = "El pedido llegó roto y me habéis ignorado toda la semana, es una vergüenza"
    rule = "Tienes 30 días naturales desde la entrega para devolver el pedido."
    choice = "Si el producto llega dañado, puedes elegir entre otro igual o el reembolso íntegro."
    once = reply(follow(text))
    twice = reply(follow(text, ("Me llegó roto", False), (f"{rule} {choice}", True)))
    assert "30 días" in once or "reembolso" in once
    assert "30 días" not in twice
    assert "reembolso" not in twice


def test_an_apology_is_not_made_twice_nor_a_line_said_twice() -> None:
    text = "El pedido me llegó roto y sigo esperando, ¿qué plazo tengo para devolverlo?"
    first = reply(follow(text, channel="email"))
    assert "disculpas" in first or "Sentimos" in first
    second = reply(follow(text, (text, False), (first, True), channel="email"))
    assert "disculpas" not in second
    assert "Sentimos que llegara" not in second
    assert first.split("\n\n")[1].split(". ")[0] not in second


def test_what_we_asked_for_and_were_given_is_not_asked_for_again() -> None:
    asked = ("¿Nos dices tu número de pedido? Con eso lo miramos.", True)
    given = follow("Es el 48213-B. El pedido llegó roto y estoy harta de esperar.", ("Llegó roto", False), asked)
    assert "¿Nos dices" not in reply(given)
    assert "Pásanos" not in reply(given)
    assert gave_what_we_asked(given.message)
    assert not gave_what_we_asked(given.message.model_copy(update={"text": "¿Y entonces?"}))


def test_a_first_contact_has_nothing_to_go_on_with() -> None:
    message = Message(text="Hola")
    assert not goes_on(message)
    assert not apologised(message)
    assert not gave_what_we_asked(message)


def test_the_model_is_told_that_the_conversation_goes_on() -> None:
    row = {"text": "Tarda de 2 a 4 días laborables.", "kind": "fact", "sources": ["p1"]}
    with serve(Say(json.dumps({"unanswered": [], "sentences": [row]}))) as stub:
        client = open_client(Settings(model="m", model_url=stub.url, model_timeout=5.0))
        message = Message(text="y eso cuánto tarda?", channel="chat", thread=turns(ASKED, (SHIPPING, True)))
        prepare(message, dataclasses.replace(desk(), client=client))
    assert "no repites lo que la empresa ya ha dicho" in stub.prompt(0)
    assert "ANTES, LA EMPRESA\n| Hola, Nuria." in stub.prompt(0)


def test_a_hostile_thread_is_read_in_time() -> None:
    long = "¿eso? " * 15_000
    assert follow("¿y eso?", (long, False), (long, True)).draft is not None
