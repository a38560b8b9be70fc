"""Planted regressions fail the gate, each in its dimension; a harmless rewording does not.

Those of prompts are drafted by a stand-in that does what it reads in the prompt it is sent (reading_model).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading_model import answer
from small_company import TODAY, write_company
from stub_model import serve

from voz import prompting
from voz.config import Settings
from voz.evaluate.cards import by_grader, load_cards, shut_out
from voz.evaluate.gate import GateResult, baseline_of, gate
from voz.evaluate.outcome import Outcome, Scored
from voz.evaluate.run import plan, run, source_hash
from voz.evaluate.score import score
from voz.evaluate.suite import EvalCase, Expected, Fact, Suite
from voz.pipeline import Desk, open_desk

CARDS = load_cards(Path(__file__).resolve().parents[2] / "evals" / "cards")
"""The shipped ones: what may not gate there does not gate here."""
DOCUMENTS = {
    "devoluciones.md": """# Devoluciones

En vigor desde el 1 de abril de 2026.

## Plazo

Tienes 60 días naturales desde la entrega para devolver cualquier teclado, sin usar y con su caja.

## Coste

La recogida a domicilio cuesta 6,50 € y se descuenta del reembolso.
""",
    "campana.md": """---
title: Devolver un teclado que no convence
valid_until: 2026-03-31
---
# Devolver un teclado que no convence

Tienes 45 días para devolver un teclado que no te convence.
""",
    "envios.md": "# Envíos\n\nEl envío a la península cuesta 4,50 € y tarda 3 días laborables.\n",
    "garantia.md": "# Garantía\n\nTodos los teclados tienen 3 años de garantía.\n",
    "brand/voice.yaml": "company: Teclas\naddress: tú\nsignoff: Un saludo, Teclas\n",
    "brand/lines.yaml": "- {role: acknowledge, kinds: [complaint, mixed], text: Sentimos lo que cuentas.}\n",
}
EXPIRED = Fact(fact="45 días", any=("45 días",))
SUITE = Suite(
    suite="prueba",
    today=TODAY,
    cases=tuple(
        EvalCase.model_validate({"id": f"c{n}", "message": {"text": text, "channel": "email"}, "expect": expect})
        for n, (text, expect) in enumerate([
            ("¿Cuántos días tengo para devolver un teclado que no me convence?",
             Expected(state=(Fact(fact="60 días", any=("60 días",)),), never=(EXPIRED,))),
            ("¿Qué plazo hay para devolver un teclado?", Expected(never=(EXPIRED,))),
            ("¿Cuánto cuesta el envío a la península?", Expected(state=(Fact(fact="4,50 €", any=("4,50 €",)),))),
            ("¿Cuánto tarda el envío?", Expected(state=(Fact(fact="3 días", any=("3 días",)),))),
            ("El teclado llegó roto y nadie me contesta. ¿Cuánto dura la garantía?", Expected(kind="complaint")),
            ("Estoy muy enfadada, el teclado no funciona. ¿Tiene garantía?", Expected(kind="complaint")),
        ])
    ),
)  # fmt: skip


def _scored(folder: Path, **changed: str) -> tuple[tuple[Scored, ...], tuple[Outcome, ...]]:
    write_company(folder / "knowledge", {**DOCUMENTS, **{k.replace("__", "/"): v for k, v in changed.items()}})
    settings = Settings(knowledge=folder / "knowledge", home=folder / "home", today=TODAY, writer="extractive")
    desk = open_desk(settings)
    done = run(plan([SUITE], desk), desk, folder / "home", jobs=1)
    desk.library.close()
    return score([SUITE], done.outcomes, desk.brand, may_not_gate=shut_out(CARDS)), done.outcomes


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Scored, ...], tuple[Outcome, ...]]:
    return _scored(tmp_path_factory.mktemp("antes"))


def _gated(
    before: tuple[tuple[Scored, ...], tuple[Outcome, ...]], folder: Path, **changed: str
) -> tuple[GateResult, tuple[Scored, ...]]:
    scored, outcomes = _scored(folder, **changed)
    accepted = baseline_of(before[0], {"writer": "extractive"}, before[1])
    return gate(scored, accepted, [SUITE], by_grader(CARDS), outcomes=outcomes), scored


def _accused(scored: tuple[Scored, ...]) -> set[tuple[str, str]]:
    return {(g.dimension, g.grader) for one in scored for g in one.grades if g.gates and g.score == 0}


def test_the_unchanged_company_is_honest_and_passes_its_own_gate(
    before: tuple[tuple[Scored, ...], tuple[Outcome, ...]], tmp_path: Path
) -> None:
    assert all(one.honest for one in before[0]), _accused(before[0])
    result, _ = _gated(before, tmp_path)
    assert result.passed, result.reasons


def test_an_expired_policy_that_lost_its_date_fails_in_accuracy(
    before: tuple[tuple[Scored, ...], tuple[Outcome, ...]], tmp_path: Path
) -> None:
    text = DOCUMENTS["campana.md"].replace("valid_until: 2026-03-31\n", "")
    result, scored = _gated(before, tmp_path, **{"campana.md": text})
    assert not result.passed
    assert {dimension for dimension, _ in _accused(scored)} == {"accuracy"}


def test_a_warmer_but_false_line_of_the_brand_fails_in_accuracy(
    before: tuple[tuple[Scored, ...], tuple[Outcome, ...]], tmp_path: Path
) -> None:
    line = "Sentimos lo que cuentas y te garantizamos que te devolvemos 200 € hoy mismo, con todo nuestro cariño."
    text = f"- {{role: acknowledge, kinds: [complaint, mixed], text: '{line}'}}\n"
    result, scored = _gated(before, tmp_path, **{"brand__lines.yaml": text})
    assert not result.passed
    assert {dimension for dimension, _ in _accused(scored)} == {"accuracy"}


def test_a_harmless_rewording_passes(before: tuple[tuple[Scored, ...], tuple[Outcome, ...]], tmp_path: Path) -> None:
    text = "- {role: acknowledge, kinds: [complaint, mixed], text: Sentimos mucho lo que nos cuentas.}\n"
    result, _ = _gated(before, tmp_path, **{"brand__lines.yaml": text})
    assert result.passed, result.reasons


# --- prompts ----------------------------------------------------------------------------------------

ASKED = Suite(
    suite="modelo",
    today=TODAY,
    cases=tuple(
        EvalCase.model_validate({"id": f"m{n}", "message": {"text": text, "channel": "email"}, "expect": expect})
        for n, (text, expect) in enumerate([
            ("¿Qué plazo hay para devolver un teclado?", {"state": [{"fact": "60 días", "any": "60 días"}]}),
            ("¿Tengo 45 días para devolver un teclado?", {"never": [{"fact": "45 días", "any": "45 días"}]}),
            ("¿Cuánto cuesta el envío a la península?", {"state": [{"fact": "4,50 €", "any": "4,50 €"}]}),
            ("¿Cuánto tarda el envío a la península?", {"state": [{"fact": "3 días", "any": "3 días"}]}),
            ("¿Cuánto cuesta la recogida a domicilio?", {"state": [{"fact": "6,50 €", "any": "6,50 €"}]}),
            ("¿Los teclados tienen garantía?", {"state": [{"fact": "3 años", "any": "3 años"}]}),
            ("¿El teclado se devuelve con su caja?", {"state": [{"fact": "con su caja", "any": "con su caja"}]}),
            ("¿Cuántos años de garantía tienen los teclados?", {"state": [{"fact": "3 años", "any": "3 años"}]}),
            ("¿Hacéis descuento a estudiantes?", {"unanswered": "descuento a estudiantes"}),
            ("¿Reparáis pantallas en vuestra tienda?", {"unanswered": "reparar pantallas"}),
        ])
    ),
)  # fmt: skip
RULE = (
    '- Lo que ningún pasaje contesta no se adivina: pones su número (a1, a2…) en "unanswered" y en la respuesta dices '
    "con sencillez que aquí no lo sabemos y que se lo pasamos a quien lo sabe.\n"
)
REWORDED = (
    '- Si ningún pasaje contesta algo, no lo inventas: su número (a1, a2…) va en "unanswered", y dices sin rodeos que '
    "aquí no consta y que lo mirará quien lo sepa.\n"
)
PASSAGE = "{{ passage.text | quoted }}\n"
ADDRESS, ADDRESSED = "Le hablas de {{ address }}, siempre", "Te diriges siempre al cliente de {{ address }}"


Ran = tuple[tuple[Scored, ...], tuple[Outcome, ...]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all prompts, since nothing but them changes."""
    folder = tmp_path_factory.mktemp("modelo")
    write_company(folder / "knowledge", DOCUMENTS)
    with serve(reads=answer) as stub:
        settings = Settings(
            knowledge=folder / "knowledge", home=folder / "home", today=TODAY,
            writer="model", model="stand-in", model_url=stub.url,
        )  # fmt: skip
        yield open_desk(settings)


def _asked(desk: Desk, folder: Path, *changes: tuple[str, str]) -> Ran:
    """The suite drafted with the shipped prompts, the draft's changed in some places."""
    with pytest.MonkeyPatch.context() as patch:
        shutil.copytree(prompting.prompts_folder(), folder / "prompts")
        file = folder / "prompts" / "draft.jinja"
        text = file.read_text("utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"the prompt no longer holds {old!r}"
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        patch.setattr(prompting, "prompts_folder", lambda: folder / "prompts")
        _forget()
        done = run(plan([ASKED], desk), desk, folder, jobs=1)
    _forget()
    assert not [outcome.error for outcome in done.outcomes if outcome.error]
    return score([ASKED], done.outcomes, desk.brand, may_not_gate=shut_out(CARDS)), done.outcomes


def _forget() -> None:
    """What voz keeps of the prompts, which never change under it."""
    for kept in (prompting._environment, prompting.prompt_hashes, source_hash):
        kept.cache_clear()


@pytest.fixture(scope="module")
def shipped(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return _asked(desk, tmp_path_factory.mktemp("prompts"))


def _held(shipped: Ran, after: Ran) -> tuple[GateResult, dict[str, str]]:
    """The gate of a prompt against the shipped one, and its verdict on each measure."""
    accepted = baseline_of(shipped[0], {"writer": "model"}, shipped[1])
    result = gate(after[0], accepted, [ASKED], by_grader(CARDS), outcomes=after[1])
    return result, {found.measure: found.verdict for found in result.comparison.overall}


def test_with_the_shipped_prompt_what_the_model_writes_stands(shipped: Ran) -> None:
    assert {outcome.draft["writer"] for outcome in shipped[1]} == {"model"}
    assert {outcome.blocked for outcome in shipped[1]} == {()}
    assert all(one.honest for one in shipped[0]), _accused(shipped[0])


def test_a_prompt_that_loses_the_passages_fails_in_accuracy(desk: Desk, shipped: Ran, tmp_path: Path) -> None:
    result, verdicts = _held(shipped, _asked(desk, tmp_path, (PASSAGE, "")))
    assert not result.passed
    assert verdicts["accuracy"] == "worse", result.reasons


def test_a_prompt_that_lets_the_model_guess_fails_in_accuracy(desk: Desk, shipped: Ran, tmp_path: Path) -> None:
    after = _asked(desk, tmp_path, (PASSAGE, ""), (RULE, ""))
    result, verdicts = _held(shipped, after)
    assert not result.passed
    assert verdicts["accuracy"] == "worse", result.reasons
    guessed = [outcome.blocked for outcome in after[1] if {"figures", "support"} & set(outcome.blocked)]
    assert len(guessed) >= len(after[1]) / 2, "the checks caught what was made up, and the score still shows it"


def test_a_prompt_that_names_no_register_fails_in_tone_only(desk: Desk, shipped: Ran, tmp_path: Path) -> None:
    after = _asked(desk, tmp_path, (ADDRESS, ""))
    result, verdicts = _held(shipped, after)
    assert not result.passed
    assert verdicts["tone"] == "worse", result.reasons
    assert verdicts["accuracy"] == "tied"
    assert all(one.honest for one in after[0])


def test_a_prompt_that_says_the_same_in_other_words_passes(desk: Desk, shipped: Ran, tmp_path: Path) -> None:
    changes = ((RULE, REWORDED), ("Empiezas por lo que le pasó", "Lo primero, lo que le pasó"), (ADDRESS, ADDRESSED))
    after = _asked(desk, tmp_path, *changes)
    result, _ = _held(shipped, after)
    assert result.passed, result.reasons
