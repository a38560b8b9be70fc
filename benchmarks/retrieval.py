"""How well and how fast the right passage is found: dense, BM25, fused, and LangChain over plain Chroma.

    python benchmarks/retrieval.py [--data ../shared/data] [--cache .voz/bench]

The folder holds `NAME_passages.jsonl` with `NAME_questions.jsonl` (one gold passage a question, with
an English twin), and `NAME_docs.jsonl` with `NAME_queries.jsonl` (several gold documents a brief).
Embeddings are kept in the cache folder, so that a second run takes seconds; the time per query
includes embedding the query, measured apart on a sample, as a customer's message would meet it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from voz.config import Settings
from voz.embedding import Embedder, Vectors, open_embedder
from voz.knowledge.lexical import Bm25, Scores
from voz.knowledge.library import fuse
from voz.knowledge.sections import chunk_sections, read_sections

Rank = Callable[[str, Vectors], Sequence[int]]
"""A query and its vector → places of the documents, best first."""
SAMPLE = 40


@dataclass(frozen=True)
class Task:
    """Documents, and queries with the places of the documents that answer them."""

    name: str
    chunks: list[str]
    document_of: list[int]
    queries: list[str]
    gold: list[set[int]]
    language: str


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def tasks(data: Path) -> list[Task]:
    found: list[Task] = []
    for path in sorted(data.glob("*_passages.jsonl")):
        name = path.name.removesuffix("_passages.jsonl")
        passages, questions = read_lines(path), read_lines(data / f"{name}_questions.jsonl")
        place = {row["id"]: number for number, row in enumerate(passages)}
        gold = [{place[row["gold_passage"]]} for row in questions]
        texts = [row["text"] for row in passages]
        for key, label in (("question", "es"), ("question_en", "en")):
            queries = [row[key] for row in questions]
            found.append(Task(f"{name}, {label} questions", texts, list(range(len(texts))), queries, gold, "es"))
    for path in sorted(data.glob("*_docs.jsonl")):
        queries_path = data / path.name.replace("_docs.jsonl", "_queries.jsonl")
        if queries_path.is_file():
            found.append(_documents_task(path, queries_path))
    return found


def _documents_task(path: Path, queries_path: Path) -> Task:
    """Long documents are cut as voz cuts them; a document is as good as its best chunk."""
    docs, briefs = read_lines(path), read_lines(queries_path)
    chunks: list[str] = []
    document_of: list[int] = []
    for number, doc in enumerate(docs):
        _, sections = read_sections(doc["text"])
        for chunk in chunk_sections(sections):
            chunks.append(" › ".join((doc["title"], *chunk.path)) + "\n" + chunk.text)
            document_of.append(number)
    place = {row["id"]: number for number, row in enumerate(docs)}
    gold = [{place[one] for one in row["gold_docs"] if one in place} for row in briefs]
    queries = [row["customer_brief"] for row in briefs]
    return Task(path.name.removesuffix("_docs.jsonl"), chunks, document_of, queries, gold, "en")


def cached(embedder: Embedder, folder: Path, kind: str, texts: list[str]) -> Vectors:
    key = hashlib.sha256("\x00".join([embedder.name, embedder.version, kind, *texts]).encode()).hexdigest()[:24]
    path = folder / f"{key}.npy"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"  embedding {len(texts)} texts ...", file=sys.stderr)
        np.save(path, embedder.query(texts) if kind == "query" else embedder.passages(texts))
    return np.asarray(np.load(path), dtype=np.float32)


class Arms:
    """The ways to search, over one set of chunks. The dense and fused arms are those of `Library`."""

    def __init__(self, task: Task, vectors: Vectors) -> None:
        self._vectors, self._document_of = vectors, np.array(task.document_of)
        self._bm25 = Bm25(task.chunks, [task.language] * len(task.chunks))

    def dense(self, query: str, vector: Vectors) -> Sequence[int]:
        return self._documents(self._vectors @ vector)

    def lexical(self, query: str, vector: Vectors) -> Sequence[int]:
        return self._documents(self._bm25.scores(query)[0])

    def fused(self, query: str, vector: Vectors) -> Sequence[int]:
        return self._documents(fuse(self._vectors @ vector, *self._bm25.scores(query)))

    def _documents(self, scores: Scores) -> Sequence[int]:
        order = self._document_of[np.argsort(-scores, kind="stable")]
        return list(dict.fromkeys(int(number) for number in order))


def chroma_retriever(task: Task, vectors: Vectors, folder: str) -> Any:
    """The peer: LangChain's retriever over plain Chroma, same vectors.

    `langchain_chroma` is not among the locked packages, so its `Chroma` store is stood in for by the
    least VectorStore that does what it does (one `collection.query`, cosine space), searched through
    langchain_core's own `as_retriever().invoke`.
    """
    import chromadb
    from chromadb.config import Settings as ChromaSettings
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import VectorStore

    client = chromadb.PersistentClient(path=folder, settings=ChromaSettings(anonymized_telemetry=False))
    collection: Any = client.create_collection(
        "peer", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    for start in range(0, len(task.chunks), 5000):
        stop = min(start + 5000, len(task.chunks))
        collection.add(
            ids=[str(number) for number in range(start, stop)],
            embeddings=vectors[start:stop],
            documents=task.chunks[start:stop],
            metadatas=[{"document": task.document_of[number]} for number in range(start, stop)],
        )

    class PlainChroma(VectorStore):
        def __init__(self, embedding: Embeddings) -> None:
            self._embedding = embedding

        def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
            answer = collection.query(query_embeddings=[self._embedding.embed_query(query)], n_results=k)
            rows = zip(answer["documents"][0], answer["metadatas"][0], strict=True)
            return [Document(page_content=text, metadata=meta) for text, meta in rows]

        @classmethod
        def from_texts(cls, texts: Any, embedding: Embeddings, metadatas: Any = None, **kwargs: Any) -> Any:
            raise NotImplementedError("the benchmark fills the collection itself")

    return PlainChroma


def peer_arm(task: Task, vectors: Vectors, folder: str, known: dict[str, Vectors]) -> Rank:
    from langchain_core.embeddings import Embeddings

    class Known(Embeddings):
        def embed_query(self, text: str) -> list[float]:
            return [float(number) for number in known[text]]

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            raise NotImplementedError

    store = chroma_retriever(task, vectors, folder)(Known())
    retriever = store.as_retriever(search_kwargs={"k": min(40, len(task.chunks))})

    def rank(query: str, vector: Vectors) -> Sequence[int]:
        return list(dict.fromkeys(int(document.metadata["document"]) for document in retriever.invoke(query)))

    return rank


def figures(task: Task, ranked: list[Sequence[int]]) -> str:
    if all(len(gold) == 1 for gold in task.gold):
        places = [
            list(order).index(next(iter(gold))) if next(iter(gold)) in order else 10**6
            for order, gold in zip(ranked, task.gold, strict=True)
        ]
        first, five = np.mean([p < 1 for p in places]), np.mean([p < 5 for p in places])
        mrr = np.mean([1 / (p + 1) if p < 10 else 0.0 for p in places])
        return f"R@1 {100 * first:5.1f}  R@5 {100 * five:5.1f}  MRR@10 {100 * mrr:5.1f}"
    shares = [
        len(gold & set(list(order)[:10])) / len(gold) for order, gold in zip(ranked, task.gold, strict=True) if gold
    ]
    return f"recall@10 of gold documents {100 * np.mean(shares):5.1f} ({len(shares)} briefs)"


def brief_parts(brief: str) -> list[str]:
    """A long brief as separate asks: its sentences, as triage would part a message."""
    parts = re.split(r"(?<=[.!?])\s+|\n+", brief)
    return [part.strip() for part in parts if len(part.split()) >= 5][:60]


def by_parts(
    task: Task, embedder: Embedder, cache: Path, rank_scores: Callable[[str, Vectors], Scores]
) -> list[Sequence[int]]:
    """Each sentence of a brief searched by itself; a document gets its best sentence's score."""
    parts = [brief_parts(query) or [query] for query in task.queries]
    flat = [part for group in parts for part in group]
    vectors = dict(zip(flat, cached(embedder, cache, "query", flat), strict=True))
    documents = np.array(task.document_of)
    ranked: list[Sequence[int]] = []
    for group in parts:
        best = np.max([rank_scores(part, vectors[part]) for part in group], axis=0)
        ranked.append(list(dict.fromkeys(int(number) for number in documents[np.argsort(-best, kind="stable")])))
    return ranked


def run(task: Task, embedder: Embedder, cache: Path) -> None:
    print(f"\n{task.name}: {len(task.queries)} queries, {len(set(task.document_of))} documents")
    vectors = cached(embedder, cache, "passage", task.chunks)
    queries = cached(embedder, cache, "query", task.queries)
    known = dict(zip(task.queries, queries, strict=True))
    arms = Arms(task, vectors)
    started = time.perf_counter()
    for query in task.queries[:SAMPLE]:
        embedder.query([query + " "])
        embedder.query([f"{query}?"])
    embedding = (time.perf_counter() - started) / (2 * min(SAMPLE, len(task.queries))) * 1000
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, tuple[Rank, bool]] = {
            "dense": (arms.dense, True),
            "BM25": (arms.lexical, False),
            "fused": (arms.fused, True),
            "LangChain over Chroma": (peer_arm(task, vectors, folder, known), True),
        }
        for name, (rank, embeds) in ways.items():
            started = time.perf_counter()
            ranked = [rank(query, known[query]) for query in task.queries]
            spent = (time.perf_counter() - started) / len(task.queries) * 1000
            total = spent + (embedding if embeds else 0.0)
            print(f"  {name:<22} {figures(task, ranked)}   {total:6.2f} ms/query ({spent:.2f} without embedding)")
    if any(len(gold) > 1 for gold in task.gold):
        lexical = Bm25(task.chunks, [task.language] * len(task.chunks))
        split = by_parts(task, embedder, cache, lambda q, v: fuse(vectors @ v, *lexical.scores(q)))
        print(f"  {'fused, by sentence':<22} {figures(task, split)}")


def main() -> None:
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--cache", type=Path, default=root / ".voz" / "bench")
    chosen = parser.parse_args()
    found = tasks(chosen.data) if chosen.data.is_dir() else []
    if not found:
        sys.exit(f"No *_passages.jsonl or *_docs.jsonl in {chosen.data}: give their folder with --data.")
    embedder = open_embedder(Settings())
    print(f"embedder {embedder.name} {embedder.version}")
    for task in found:
        run(task, embedder, chosen.cache)


if __name__ == "__main__":
    main()
