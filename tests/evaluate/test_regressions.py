"""Planted regressions fail the gate, each in its dimension; a harmless rewording does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_company import TODAY, write_company

from voz.config import Settings
from voz.evaluate.gate import GateResult, baseline_of, gate
from voz.evaluate.outcome import Outcome, Scored
from voz.evaluate.run import plan, run
from voz.evaluate.score import score
from voz.evaluate.suite import EvalCase, Expected, Fact, Suite
from voz.pipeline import open_desk

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
    return score([SUITE], done.outcomes, desk.brand), done.outcomes


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Scored, ...], tuple[Outcome, ...]]:
    return _scored(tmp_path_factory.mktemp("antes"))


def _gated(
    before: tuple[tuple[Scored, ...], tuple[Outcome, ...]], folder: Path, **changed: str
) -> tuple[GateResult, tuple[Scored, ...]]:
    scored, outcomes = _scored(folder, **changed)
    return gate(scored, baseline_of(before[0], {"writer": "extractive"}, before[1]), [SUITE], outcomes=outcomes), scored


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
