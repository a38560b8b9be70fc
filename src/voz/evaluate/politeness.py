"""How polite a text reads: by the words it uses, and by what it means as far as the embedder can tell.

Words («gracias», «¿podrías…?», «exijo») are weighed in `tone`; they are sure where they stand and silent elsewhere.
The vector of the text tells a plain answer from a cold or sneering one that uses none of them. Weights of both come of
a ridge regression on human ratings (`scripts/train_politeness_meaning.py`); where another embedder is in use than the
one that was fitted, words alone judge. What it reaches is on the grader's card in `evals/cards`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voz.errors import EmbeddingError

if TYPE_CHECKING:
    from voz.embedding import Embedder

SHORT = 10


@dataclass(frozen=True)
class Meaning:
    """The fitted direction. `seen` are short hashes of the texts that it was fitted on."""

    embedder: str
    version: str
    characters: int
    words: float
    bias: float
    slope: float
    weights: NDArray[np.float32]
    seen: frozenset[str]


@cache
def meaning() -> Meaning:
    """The committed weights."""
    raw = json.loads((files("voz") / "data" / "evaluate" / "politeness.json").read_text(encoding="utf-8"))
    weights = np.array(raw.pop("weights"), dtype=np.float32)
    return Meaning(**{**raw, "weights": weights, "seen": frozenset(raw["seen"])})


def with_meaning(words: float, text: str) -> float:
    """The politeness that words alone give, corrected by what the text means: 0 rough … 0.5 plain … 1 polite."""
    row = _vector(text[: meaning().characters]) if text.strip() else None
    if row is None:
        return words
    odds = math.log(max(words, 1e-4) / max(1 - words, 1e-4))
    total = meaning().words * odds + float(row @ meaning().weights) + meaning().bias
    return round(1 / (1 + math.exp(-meaning().slope * total)), 4)


def read_ahead(texts: Sequence[str]) -> None:
    """Have the embedder read them all at once, on all processors; it remembers some two thousand texts."""
    from voz.config import Settings

    embedder = _fitted_embedder(Settings().embedder)
    if embedder:
        with suppress(EmbeddingError):  # each is asked for again, and fails by itself
            embedder.query([text[: meaning().characters] for text in texts if text.strip()])


def short_hash(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "replace")).hexdigest()[:SHORT]


def _vector(text: str) -> NDArray[np.float32] | None:
    from voz.config import Settings

    embedder = _fitted_embedder(Settings().embedder)
    try:
        return embedder.query([text])[0] if embedder else None
    except EmbeddingError:
        return None


@cache
def _fitted_embedder(choice: str) -> Embedder | None:
    """None where the embedder chosen is not the one that was fitted, or cannot run. Asked once: it may be far away."""
    from voz.config import Settings
    from voz.embedding import open_embedder

    try:
        embedder = open_embedder(Settings(embedder=choice))
    except EmbeddingError:
        return None
    return embedder if (embedder.name, embedder.version) == (meaning().embedder, meaning().version) else None
