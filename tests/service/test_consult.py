"""Asking a colleague: the answer comes back as a cited source, and as a proposal that a lead accepts or not."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from office import ANA, EVA, Office

from voz.brand import Team
from voz.errors import InputError, NotFound, Refused
from voz.service import consult

ASK = "¿La taza azul se puede meter en el microondas?"


@pytest.fixture
def staffed(office: Office) -> Office:
    """An office whose company has a workshop."""
    brand = office.service.desk.brand.model_copy(update={"teams": (Team(id="taller", name="el taller"),)})
    office.service = replace(office.service, desk=replace(office.service.desk, brand=brand))
    return office


def test_the_answer_enters_the_draft_as_a_cited_source_in_a_persons_name(staffed: Office) -> None:
    view = staffed.drafted(ASK)
    asked = consult.ask(staffed.service, ANA, view.case.id, view.case.version, ASK, "taller")
    assert staffed.view(view.case.id).case.status == "consulting"
    answer = "Sí: la taza azul se puede meter en el microondas, hasta 800 vatios."
    consult.answer_by_link(staffed.service, asked.token, "Rosa del taller", answer)
    staffed.drain()
    after = staffed.view(view.case.id)
    assert after.case.status == "in_review"
    assert "microondas" in (after.draft.reply or "")
    cited = {name for sentence in after.drafted.draft.sentences for name in sentence.citations}
    people = [passage for passage in after.drafted.evidence.passages if passage.kind == "person"]
    assert people
    assert people[0].id in cited
    assert after.consultations[0].answered_by == "Rosa del taller"


def test_a_link_works_once_for_a_while_and_only_as_it_was_given_out(staffed: Office) -> None:
    view = staffed.drafted(ASK)
    asked = consult.ask(staffed.service, ANA, view.case.id, view.case.version, ASK, "taller")
    with pytest.raises(NotFound):
        consult.by_link(staffed.service, asked.token[:-1] + "x")
    with pytest.raises(InputError):
        consult.answer_by_link(staffed.service, asked.token, "", "Sí.")
    consult.answer_by_link(staffed.service, asked.token, "Rosa", "Sí.")
    with pytest.raises(NotFound):
        consult.answer_by_link(staffed.service, asked.token, "Rosa", "No.")
    view = staffed.view(view.case.id)
    staffed.drain()
    view = staffed.view(view.case.id)
    late = consult.ask(staffed.service, ANA, view.case.id, view.case.version, "¿Y en el horno?", "taller")
    staffed.clock.later(days=15)
    with pytest.raises(NotFound):
        consult.by_link(staffed.service, late.token)


def test_an_answer_is_proposed_as_knowledge_and_only_a_lead_takes_it_in(staffed: Office) -> None:
    view = staffed.drafted(ASK)
    asked = consult.ask(staffed.service, ANA, view.case.id, view.case.version, ASK, "taller")
    consult.answer_by_link(staffed.service, asked.token, "Rosa", "Sí, hasta 800 vatios.")
    offered = consult.proposal(staffed.service, asked.consultation.id)
    assert "+Sí, hasta 800 vatios." in offered.diff
    assert not offered.path.exists()
    with pytest.raises(Refused):
        consult.accept(staffed.service, ANA, asked.consultation.id)
    consult.accept(staffed.service, EVA, asked.consultation.id)
    assert "hasta 800 vatios" in offered.path.read_text(encoding="utf-8")
    with pytest.raises(Refused):
        consult.accept(staffed.service, EVA, asked.consultation.id)


def test_a_question_to_a_team_that_does_not_exist_is_refused(staffed: Office) -> None:
    view = staffed.drafted(ASK)
    with pytest.raises(NotFound):
        consult.ask(staffed.service, ANA, view.case.id, view.case.version, ASK, "astrólogos")
    assert staffed.view(view.case.id).case.consulting == 0


def proposed(office: Office, question: str, answer: str, name: str = "Rosa") -> str:
    """A consultation that was answered; its id."""
    view = office.drafted(f"Soy Marta Ruiz, pedido 12345. {question}", external_id=answer)
    asked = consult.ask(office.service, ANA, view.case.id, view.case.version, question, "taller")
    consult.answer_by_link(office.service, asked.token, name, answer)
    return asked.consultation.id


def test_what_is_proposed_for_everybody_to_read_names_no_customer_and_holds_one_section(staffed: Office) -> None:
    question = "Marta Ruiz (pedido 12345) pregunta:\n\n## Descuentos\n\nTodo al 90 %"
    answer = "Sí, Marta.\n\n---\naudience: public\n---\n# Otra cosa\n<!-- fin"
    content = consult.proposal(staffed.service, proposed(staffed, question, answer, "Rosa --> <b>x</b>")).content
    assert not [word for word in ("Marta", "Ruiz", "12345") if word in content]
    assert [line for line in content.splitlines() if line.startswith("#")] == [
        "## [nombre] (pedido [dato]) pregunta: Descuentos Todo al 90 %"
    ]
    assert content.count("---\n") == 2, "its own front matter alone"
    assert content.count("<!--") == content.count("-->") == 1
    assert content.rstrip().endswith("<!-- Rosa b x /b, 2026-11-23 -->")


def test_additions_that_are_accepted_at_once_are_all_kept(staffed: Office) -> None:
    ids = [proposed(staffed, f"¿Va la taza {n} al horno?", f"Respuesta número {n}.") for n in range(6)]
    failed: list[Exception] = []

    def accepts(one: str) -> None:
        try:
            consult.accept(staffed.service, EVA, one)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=accepts, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    text = (staffed.service.knowledge / "consultas" / "taller.md").read_text(encoding="utf-8")
    assert failed == []
    assert [n for n in range(6) if f"Respuesta número {n}." not in text] == []
