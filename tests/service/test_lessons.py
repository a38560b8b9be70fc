"""What a person accepted to learn from: style reaches the model's prompt as style, a suite's case no writer at all."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from office import ANA, COMPLAINT, EVA, Office
from pydantic import SecretStr
from stub_model import Say, serve

from voz.case import Message
from voz.config import Settings
from voz.embedding import open_embedder
from voz.evaluate.loading import find_suites, load_suite
from voz.knowledge.index import index_folder, open_library
from voz.llm import open_client
from voz.pipeline import prepare
from voz.service import learn, review
from voz.store import access
from voz.store.rows import CandidateRow
from voz.style_examples import StyleExamples

MANNER = "Qué rabia que te llegara así, con las ganas que le tenías."
FIGURES = "El envío estándar a la península cuesta 4,90 €."
WRITTEN = json.dumps({"unanswered": [], "sentences": [{"text": "Vaya.", "kind": "courtesy", "sources": []}]})


def accepted(office: Office, use: str) -> CandidateRow:
    """A candidate of an answered complaint, accepted for this use."""
    view = office.drafted()
    said = f"Hola, Marta:\n\n{MANNER} {FIGURES} Te llamamos el jueves para contarte cómo sigue."
    review.approve(office.service, EVA, view.case.id, view.case.version, said, override="Así hablamos.")
    office.drain()
    with office.service.database.read() as tx:
        (waiting,) = access.find(tx, CandidateRow, state="waiting")
    return learn.decide(office.service, EVA, waiting.id, use)


def prompted(office: Office, text: str) -> str:
    """What a model would be told, drafting for this message."""
    style = StyleExamples(office.service.suites / "candidates" / "style")
    with serve(Say(WRITTEN)) as stub:
        client = open_client(Settings(model="m", model_url=stub.url, api_key=SecretStr("k"), model_timeout=5.0))
        desk = dataclasses.replace(office.service.desk, client=client, style=style)
        prepare(Message(text=text, channel="email"), desk)
    return stub.prompt(0)


def test_an_accepted_example_of_style_is_shown_to_the_model_without_its_facts(office: Office) -> None:
    question = "¿Hacéis descuento a estudiantes? Llevo días dándole vueltas."
    assert MANNER not in prompted(office, question)
    accepted(office, "style")
    told = prompted(office, question)
    assert MANNER in told
    assert "nada de eso es cierto" in told
    assert "4,90" not in told.split(MANNER)[0]
    assert "Te llamamos el jueves para contarte cómo sigue" not in told


def test_an_example_in_another_language_is_not_shown(office: Office) -> None:
    accepted(office, "style")
    assert MANNER not in prompted(office, "Do you offer a student discount? I have been thinking about it for days.")


def test_a_case_accepted_into_a_suite_is_run_and_never_retrieved(office: Office, tmp_path: Path) -> None:
    row = accepted(office, "suite")
    (path,) = find_suites([], office.service.suites)
    suite = load_suite(path)
    assert (suite.suite, [case.id for case in suite.cases]) == ("accepted", [row.id])
    assert suite.cases[0].message.text == COMPLAINT
    assert find_suites(["accepted"], office.service.suites) == [path]
    told = prompted(office, COMPLAINT)
    assert MANNER not in told
    assert "Trozos de respuestas" not in told
    knowledge = office.service.knowledge
    knowledge.mkdir(exist_ok=True)
    (knowledge / "envios.md").write_text("# Envíos\n\nEl envío cuesta 4,90 €.\n", encoding="utf-8")
    settings = Settings(knowledge=knowledge, home=tmp_path / "home")
    assert settings.suites == office.service.suites
    embedder = open_embedder(settings)
    for folder in (knowledge, knowledge.parent):  # also where somebody takes the whole for the knowledge
        home = tmp_path / f"index-{folder.name}"
        index_folder(folder, home, embedder, None)
        texts = [passage.text for passage in open_library(folder, home, embedder).passages]
        assert texts
        assert not [text for text in texts if MANNER in text or COMPLAINT in text]


def test_an_agent_accepts_nothing(office: Office) -> None:
    from voz.errors import Refused

    view = office.drafted()
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    with office.service.database.read() as tx:
        (waiting,) = access.find(tx, CandidateRow)
    with pytest.raises(Refused):
        learn.decide(office.service, ANA, waiting.id, "style")
