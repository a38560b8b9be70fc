"""A colleague's answer: a person-sourced passage that closes its ask, for this case and no other."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import tempfile
from functools import cache
from pathlib import Path

import pytest
import small_company
from small_company import DOCUMENTS, TODAY, write_company
from stub_model import Say, serve

from voz.case import Case, Message
from voz.colleague import ColleagueAnswer, is_person, passage_of, with_people
from voz.config import Settings
from voz.llm import open_client
from voz.pipeline import Desk, examined, open_desk, prepare, redraft
from voz.wishes import read_wish

MORE = {
    "tiendas.md": "# Tiendas\n\nAbrimos de lunes a sábado de 10:00 a 20:30. Los domingos cerramos.\n",
    "regalo.md": "# Tarjetas regalo\n\nLa tarjeta regalo vale 12 meses y no se cambia por dinero.\n",
    "queso.md": "# Quesos\n\nEl queso curado se envía al vacío y se conserva 60 días en la nevera.\n",
    "pagos.md": "# Formas de pago\n\nSe puede pagar con tarjeta, Bizum o transferencia.\n",
    "facturas.md": "# Facturas\n\nLa factura se descarga desde la cuenta del cliente durante 5 años.\n",
    "privacidad.md": "# Privacidad\n\nLos datos se borran 3 años después de la última compra.\n",
}
OPEN = "¿Tendréis turrón sin azúcar en diciembre?"
MESSAGE = Message(text=f"Hola. {OPEN}", channel="chat", author="Nuria Pons")
ANSWER = ColleagueAnswer(
    id="c-7",
    ask=OPEN,
    answer="El cliente puede reservar turrón sin azúcar desde el 1 de diciembre a 12,50 €.",
    team="compras",
    person="Luis Ferrer",
    answered_at=dt.datetime(2026, 11, 23, 9, 0),
)


@cache
def desk() -> Desk:
    """A shop with a few more documents, none of which speaks of nougat."""
    folder = Path(tempfile.mkdtemp(prefix="voz-tests-"))
    knowledge = write_company(folder / "Ultramarinos Faro" / "knowledge", {**DOCUMENTS, **MORE})
    return open_desk(Settings(knowledge=knowledge, home=folder / "home", today=TODAY, writer="extractive"))


def answered(*answers: ColleagueAnswer, message: Message = MESSAGE) -> Case:
    return prepare(message, desk(), answers=answers)


def test_without_it_the_ask_is_open() -> None:
    before = answered()
    assert before.draft is not None
    assert [item.ask for item in before.draft.unanswered] == [OPEN]
    assert before.triage is not None
    assert before.triage.route == "draft_and_consult"


def test_the_answer_is_said_to_the_customer_cited_and_closes_the_ask() -> None:
    case = answered(ANSWER)
    assert case.draft is not None
    assert case.triage is not None
    assert "Puedes reservar turrón sin azúcar desde el 1 de diciembre a 12,50 €." in (case.draft.reply or "")
    sentence = next(s for s in case.draft.sentences if "turrón" in s.text)
    passage = next(p for p in case.evidence.passages if p.id == sentence.citations[0])
    assert is_person(passage)
    assert (passage.kind, passage.source, passage.audience) == ("person", "person:c-7", "public")
    assert case.draft.unanswered == ()
    assert case.triage.route == "draft"
    assert not [found for found in case.findings if found.severity == "block"]
    assert case.draft.provenance["answers"] == [{"source": "person:c-7", "team": "compras"}]
    assert "Luis" not in (case.draft.reply or "")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Dile que sí, desde el 1 de diciembre", "Sí, desde el 1 de diciembre."),
        ("Puedes decirle que no lo tendremos", "No lo tendremos."),
        ("No, este año no", "No, este año no."),
    ],
)
def test_what_is_written_to_the_desk_is_said_to_the_customer(said: str, shown: str) -> None:
    case = answered(ANSWER.model_copy(update={"answer": said}))
    assert case.draft is not None
    assert shown in (case.draft.reply or "")


def test_an_ask_in_other_words_is_found_and_a_new_one_is_added() -> None:
    near = answered(ANSWER.model_copy(update={"ask": "turrón sin azúcar en diciembre"}))
    assert near.draft is not None
    assert near.draft.unanswered == ()
    assert len(near.evidence.asks) == len(answered().evidence.asks)
    other = answered(ANSWER.model_copy(update={"ask": "¿Envolvéis para regalo?", "answer": "Envolvemos gratis."}))
    assert other.draft is not None
    assert "Envolvemos gratis." in (other.draft.reply or "")
    assert [item.ask for item in other.draft.unanswered] == [OPEN]


def test_a_later_answer_to_the_same_ask_wins() -> None:
    later = ANSWER.model_copy(update={"id": "c-8", "answer": "No llegará este año."})
    case = answered(ANSWER, later)
    assert case.draft is not None
    assert "No llegará este año." in (case.draft.reply or "")
    assert "12,50" not in (case.draft.reply or "")


def test_a_reply_typed_by_hand_may_rest_on_it_and_not_on_more() -> None:
    case = answered(ANSWER)
    good = examined(
        case, "Hola, Nuria. Puedes reservar el turrón sin azúcar desde el 1 de diciembre a 12,50 €.", desk()
    )
    assert not [found for found in good.findings if found.severity == "block"]
    assert good.draft is not None
    assert any(one.startswith("person-") for s in good.draft.sentences for one in s.citations)
    false = examined(
        case, "Hola, Nuria. Puedes reservar el turrón sin azúcar desde el 1 de diciembre a 9,80 €.", desk()
    )
    assert [found for found in false.findings if found.severity == "block"]
    unknown = examined(answered(), "Puedes reservar el turrón sin azúcar a 12,50 €.", desk())
    assert [found for found in unknown.findings if found.severity == "block"]


def test_it_counts_for_its_own_case_only() -> None:
    answered(ANSWER)
    assert not any(is_person(passage) for passage in desk().library.passages)
    assert with_people(answered(), desk().grounding) is desk().grounding
    assert [item.ask for item in answered().draft.unanswered] == [OPEN]  # type: ignore[union-attr]


def test_a_redraft_keeps_it_and_may_bring_one() -> None:
    kept = redraft(answered(ANSWER), read_wish("de usted"), desk())
    assert kept.draft is not None
    assert "Puede reservar turrón sin azúcar" in (kept.draft.reply or "")
    brought = redraft(answered(), read_wish(""), desk(), answers=(ANSWER,))
    assert brought.draft is not None
    assert "12,50 €" in (brought.draft.reply or "")
    stale = answered(ANSWER)
    assert stale.draft is not None
    old = stale.draft.model_copy(update={"provenance": {**stale.draft.provenance, "index": "another"}})
    again = redraft(stale.model_copy(update={"draft": old}), read_wish(""), desk())
    assert again.draft is not None
    assert "12,50 €" in (again.draft.reply or "")


def test_an_answer_in_another_language_is_quoted() -> None:
    message = Message(text="Will you have sugar-free nougat in December?", channel="chat")
    before = prepare(message, desk())
    assert before.draft is not None
    ask = before.draft.unanswered[0].ask
    case = prepare(message, desk(), answers=(ANSWER.model_copy(update={"ask": ask}),))
    assert case.draft is not None
    assert "“El cliente puede reservar turrón" in (case.draft.reply or "")


def test_the_passage_changes_its_id_with_its_words() -> None:
    other = ANSWER.model_copy(update={"answer": "No."})
    assert passage_of(ANSWER, desk().brand).id != passage_of(other, desk().brand).id


def test_the_model_may_cite_it() -> None:
    row = {"text": "El turrón sin azúcar se puede reservar desde el 1 de diciembre a 12,50 €.", "kind": "fact"}
    with serve(Say("{}")) as stub:
        client = open_client(Settings(model="m", model_url=stub.url, model_timeout=5.0))
        there = dataclasses.replace(desk(), client=client)
        stub.script[:] = [Say(json.dumps({"unanswered": [], "sentences": [{**row, "sources": ["p1"]}]}))]
        case = prepare(MESSAGE, there, answers=(ANSWER,))
        told = stub.prompt(0)
    assert ANSWER.answer in told
    assert "Luis" not in told
    assert case.draft is not None
    assert case.draft.writer == "model"
    assert "12,50 €" in (case.draft.reply or "")
    assert [s.citations[0][:7] for s in case.draft.sentences if s.citations] == ["person-"]
    assert case.draft.unanswered == ()
    assert not [found for found in case.findings if found.severity == "block"]


def test_a_second_ask_of_which_nothing_is_known_is_left_open_and_not_taken_for_answered() -> None:
    text = "¿Cuántos días tengo para devolver el pedido? ¿Y tenéis aparcamiento?"
    draft = prepare(Message(text=text), small_company.desk()).draft
    assert draft is not None
    assert "30 días" in (draft.reply or "")
    assert [one.ask for one in draft.unanswered] == ["tenéis aparcamiento?"]


def test_an_ask_in_another_language_than_the_documents_is_not_taken_for_unknown_by_its_words() -> None:
    text = "My cup arrived broken. Do I get my money back? And may I choose another one?"
    draft = prepare(Message(text=text), small_company.desk()).draft
    assert draft is not None
    assert "reembolso" in (draft.reply or "")
    assert not draft.unanswered
