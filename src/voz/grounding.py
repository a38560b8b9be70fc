"""Finds, for each sentence of a reply, the clauses that speak of the same thing, whether they apply or not."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from voz.case import Case, Draft, FilterReason, Sentence, Support
from voz.colleague import is_person
from voz.comparison import Compared, compare
from voz.kinds import sentence_kind
from voz.matching import closer
from voz.quantities import Quantity
from voz.sentences import split_sentences
from voz.statements import Clause, Statement, clauses, content_stems, statement

if TYPE_CHECKING:
    from voz.embedding import Embedder
    from voz.entailment import EntailmentJudge
    from voz.knowledge.library import Library

Floats = npt.NDArray[np.float32]
CONTEXT_CHARS = 200
LEXICAL = 0.10
MESSAGE_LEXICAL = 0.05
RULING, SAYS = frozenset({"permit", "-permit", "free", "paid"}), 4
"""Signs of a rule in a sentence that sounds like a courtesy, and how many telling words it must have."""
CITED = 4
PEOPLE = 400
"""A colleague's answers stand at the end (see voz.colleague), of at most so many clauses."""


def _no_judge() -> None:
    return None


@dataclass(frozen=True)
class Grounding:
    """Every clause of the library with its vector, ready to be compared with sentences."""

    clauses: tuple[Clause, ...] = ()
    vectors: Floats = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    postings: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    library: Library | None = None
    judge: Callable[[], EntailmentJudge | None] = _no_judge
    """Opens the judge when it is first needed: it takes half a second and 60 MB."""
    _known: dict[frozenset[str], str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, library: Library, embedder: Embedder, home: Path, judge: Callable[[], EntailmentJudge | None] = _no_judge
    ) -> Grounding:
        """Take the library's passages apart; vectors of clauses seen before come from `home`."""
        found = tuple(clause for passage in library.passages for clause in clauses(passage))
        return replace(cls.build(found, _vectors(found, embedder, home), library), judge=judge)

    @classmethod
    def build(cls, found: tuple[Clause, ...], vectors: Floats, library: Library) -> Grounding:
        frequency = Counter(stem for clause in found for stem in clause.scope)
        postings: dict[str, list[int]] = {}
        for i, clause in enumerate(found):
            for stem in clause.scope:
                postings.setdefault(stem, []).append(i)
        return cls(
            clauses=found,
            vectors=vectors,
            postings={stem: np.array(rows) for stem, rows in postings.items()},
            weights={stem: math.log(1 + len(found) / (1 + n)) for stem, n in frequency.items()},
            library=library,
        )

    @cached_property
    def public_texts(self) -> tuple[tuple[str, str], ...]:
        """(passage id, its text and wordings) of every passage once."""
        passages = {clause.passage.id: clause.passage for clause in self.clauses}
        return tuple((p.id, "\n".join([p.heading, p.text, *(w for _, w in p.wordings)])) for p in passages.values())

    @cached_property
    def term_weights(self) -> dict[str, float]:
        """How telling each term (see voz.passage_words) is: 1 for one that a single clause holds, near 0 for common."""
        from voz.passage_words import terms

        counts = Counter(term for clause in self.clauses for term in terms(f"{clause.context} {clause.said.text}"))
        most = math.log(1 + len(self.clauses) / 2)
        return {term: math.log(1 + len(self.clauses) / (1 + n)) / most for term, n in counts.items()}

    @cached_property
    def matched(self) -> Floats:
        """The vectors moved to where the messages are that each clause answers (see voz.matching)."""
        return closer(self.vectors, self.library.embedder.name) if self.library else self.vectors

    @cached_property
    def sections(self) -> dict[str, Floats]:
        """Passage id → its vector, moved likewise."""
        assert self.library is not None
        ids = list(dict.fromkeys(clause.passage.id for clause in self.clauses))
        rows = np.array([self.library.vector(one) for one in ids], np.float32)
        return dict(zip(ids, closer(rows, self.library.embedder.name), strict=True))

    def asked(self, texts: Sequence[str]) -> Floats:
        """One row per text of a customer, moved likewise."""
        assert self.library is not None
        return closer(self.library.embedder.query(texts), self.library.embedder.name)

    def known(self, applicable: frozenset[str]) -> str:
        """All text of the passages that apply; the same string each time, so that checks can cache on it."""
        found = self._known.get(applicable)
        if found is None:
            found = "\n".join(text for passage, text in self.public_texts if passage in applicable)
            self._known.clear()
            self._known[applicable] = found
        return found

    def reasons(self, case: Case) -> dict[str, FilterReason | None]:
        """Why a passage does not apply to the case, None where it does."""
        from voz.retrieve import why_not

        assert self.library is not None
        found = why_not(case.message, self.library, today=case.today, region=case.message.region)
        own = {clause.passage.id for clause in self.clauses[-PEOPLE:] if is_person(clause.passage)}
        return {**dict.fromkeys(own), **found}

    def weight(self, stem: str) -> float:
        return self.weights.get(stem, math.log(1 + len(self.clauses)))

    def shared(self, stems: frozenset[str]) -> Floats:
        """Per clause, the share of the stems' weight that it (or its heading) also has."""
        shares = np.zeros(len(self.clauses), np.float32)
        total = sum(self.weight(stem) for stem in stems)
        for stem in stems:
            if stem in self.postings:
                shares[self.postings[stem]] += self.weights[stem] / total
        return shares

    def embed(self, sentences: Sequence[str], message: str) -> Floats:
        """One row per sentence, each read together with the end of the message that it answers."""
        assert self.library is not None
        return self.library.embedder.query([f"{message[-CONTEXT_CHARS:]} {sentence}" for sentence in sentences])

    def scores(self, query: Floats, said: Statement, message: str) -> tuple[Floats, Floats]:
        """(score, lexical share) of every clause for a sentence, embedded as `query`, in answer to a message."""
        lexical = self.shared(said.stems)
        asked = self.shared(content_stems(message))
        return self.vectors @ query + LEXICAL * lexical + MESSAGE_LEXICAL * asked, lexical


def _vectors(found: Sequence[Clause], embedder: Embedder, home: Path) -> Floats:
    """Clause vectors, embedding only clauses that the file in `home` does not hold yet."""
    texts = [f"{clause.context}: {clause.said.text}" for clause in found]
    keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
    path = home / f"clauses-{embedder.name.replace(':', '-').replace('/', '-')}-{embedder.version}.npz"
    known = _load(path)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        made = embedder.passages(list(missing.values()))
        known.update(zip(missing, made, strict=True))
    if missing or len(known) > len(set(keys)):
        kept = {key: known[key] for key in dict.fromkeys(keys)}
        _save(path, kept)
        known = kept
    return np.array([known[key] for key in keys], np.float32).reshape(len(keys), embedder.dim)


def _load(path: Path) -> dict[str, Floats]:
    try:
        with np.load(path) as stored:
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}  # absent or cut short by a crash: it is only a cache


def _save(path: Path, vectors: dict[str, Floats]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new.npz")
    np.savez(fresh, keys=np.array(list(vectors)), vectors=np.array(list(vectors.values()), np.float32))
    fresh.replace(path)


def find_evidence(case: Case, reply: str, grounding: Grounding) -> Case:
    """The case with any reply cut into sentences, each with what the knowledge says about it."""
    spans = list(split_sentences(reply))
    sentences = [
        Sentence(text=reply[a:b], kind=sentence_kind(reply[a:b], case.message.text), start=a, end=b) for a, b in spans
    ]
    draft = Draft(reply=reply, sentences=tuple(sentences), writer="person")
    return support(case.model_copy(update={"draft": draft}), grounding)


def support(case: Case, grounding: Grounding) -> Case:
    """The case with a `Support` for each sentence that states or promises something.

    A sentence without citations gets those of the clauses that carry it.
    """
    if case.draft is None or not grounding.clauses:
        return case
    supports = []
    sentences = list(case.draft.sentences)
    read = [s.model_copy(update={"text": s.text.replace(case.code, "")}) if case.code else s for s in sentences]
    reasons = grounding.reasons(case)
    apply = np.array([reasons[clause.passage.id] is None for clause in grounding.clauses])
    stating = _stating(read)  # a tracking code is no figure that a document could hold
    found = {i: near for i in stating if (near := _carried(read[i], case))}
    compared = [i for i in stating if i not in found]
    rows = grounding.embed([read[i].text for i in compared], case.message.text)
    pairs = [_compared(read[i], row, case, grounding, apply) for i, row in zip(compared, rows, strict=True)]
    texts = [read[i].text for i in compared]
    found.update(zip(compared, _supports(_read_together(texts, pairs, case, grounding)), strict=True))
    for i in sorted(found):
        supports.append(found[i].model_copy(update={"sentence": i}))
        if not sentences[i].citations and sentences[i].kind in ("fact", "commitment"):
            sentences[i] = sentences[i].model_copy(update={"citations": found[i].passages[:1]})
    draft = case.draft.model_copy(update={"sentences": tuple(sentences)})
    known = grounding.known(frozenset(passage for passage, reason in reasons.items() if reason is None))
    return case.model_copy(update={"draft": draft, "supports": tuple(supports), "known": known})


def _stating(sentences: Sequence[Sentence]) -> list[int]:
    """The sentences that state or promise something, hold a figure, or allow, refuse, charge or give away."""
    return [i for i, s in enumerate(sentences) if s.kind not in ("courtesy", "question") or _rules(statement(s.text))]


def _rules(said: Statement) -> bool:
    return bool(said.figures) or (bool(said.stance & RULING) and len(said.stems) >= SAYS)


def _carried(sentence: Sentence, case: Case) -> Support | None:
    """A cited clause that holds every figure and nearly every word of the sentence needs no more comparing."""
    said = statement(sentence.text)
    cited = [passage for passage in case.evidence.passages if passage.id in sentence.citations]
    for passage in cited:
        for clause in clauses(passage):
            if _holds(clause.said.figures, clause.scope, said) and said.stance <= clause.said.stance:
                return Support(sentence=0, passages=(passage.id,), clause=clause.said.text, signs={"carried": 1.0})
    if cited and case.draft is not None and case.draft.writer == "extractive":  # quotes clauses, a few at a time
        said = statement(quoted(sentence.text) or sentence.text)
        found = [clause for passage in cited for clause in clauses(passage)]
        scope = frozenset[str]().union(*(clause.scope for clause in found))
        if _holds(tuple(q for clause in found for q in clause.said.figures), scope, said):
            ids = tuple(passage.id for passage in cited)
            return Support(sentence=0, passages=ids, clause=found[0].said.text, signs={"carried": 1.0})
    return None


def quoted(text: str) -> str:
    """What stands between quotation marks in a sentence that does little else than quote; else nothing."""
    for opening, closing in ("“”", "«»"):
        start, end = text.find(opening), text.rfind(closing)
        if start >= 0 and end - start > len(text) / 2:
            return text[start + 1 : end]
    return ""


def _holds(figures: Sequence[Quantity], scope: frozenset[str], said: Statement) -> bool:
    """Whether every figure and four words of five stand there."""
    if not all(any(q.same(o) for o in figures) for q in said.figures):
        return False
    return bool(said.stems) and len(said.stems & scope) >= 0.8 * len(said.stems)


def _compared(
    sentence: Sentence, query: Floats, case: Case, grounding: Grounding, apply: npt.NDArray[np.bool_]
) -> Compared:
    said = statement(sentence.text)
    scores, lexical = grounding.scores(query, said, case.message.text)
    return compare(said, case, grounding, scores, lexical, apply)


def _read_together(
    sentences: Sequence[str], found: Sequence[Compared], case: Case, grounding: Grounding
) -> list[Compared]:
    """What was found for each sentence, with what the judge makes of it and the nearest clause read together."""
    read = [i for i, one in enumerate(found) if one.nearest >= 0]
    judge = grounding.judge() if read else None
    if judge is None:
        return list(found)
    verdicts = judge.verdicts([
        (_read_as(grounding.clauses[found[i].nearest]), case.message.text, sentences[i]) for i in read
    ])  # fmt: skip
    judged = list(found)
    for i, carries, denies in zip(read, verdicts.carries.tolist(), verdicts.denies.tolist(), strict=True):
        signs = {
            "judge_carries": carries,
            "judge_denies": denies,
            "judge_lean": denies - carries,
            "judge_bears": (carries + denies) ** 2,
        }
        against = found[i].clause if denies > carries else found[i].against
        judged[i] = replace(found[i], signs={**found[i].signs, **signs}, against=against)
    return judged


def _read_as(clause: Clause) -> str:
    return f"{clause.context}: {clause.said.text}" if clause.context else clause.said.text


def _supports(found: Sequence[Compared]) -> list[Support]:
    return [
        Support(sentence=0, passages=one.passages[:CITED], clause=one.clause, against=one.against, signs=one.signs)
        for one in found
    ]
