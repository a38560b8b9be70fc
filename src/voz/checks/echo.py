"""Words that are not the company's to say: the customer's own, a document's heading, a summary of the case.

What a model writes when it has nothing to say. A sentence that the company's documents also have is the company's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import pairwise

from voz.brand import Brand
from voz.case import Case, Finding
from voz.checks.reading import WORD, finding, folded, lexicon, reply_of, without_quotes
from voz.lexicon import Lexicon
from voz.lexicon import folded as view_of
from voz.sentences import split_sentences

_LEAST, _LONG = 4, 7
_SAME, _SAME_LONG = 0.9, 0.75
"""Share of a sentence's words, in their order, that one sentence of the customer has: of a short one, of a long one."""
_READ, _SENTENCES = 20_000, 100
_PATH = re.compile(r"[^\n›]{3,200}\s›\s[^\n›]{3,200}")


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """Block them; a question handed back is a warning where a person wrote it, who may answer it in the next line."""
    reply = reply_of(case)
    if not reply.strip() or case.draft is None:
        return ()
    own = without_quotes(reply)
    spans = [(sentence.start, sentence.end) for sentence in case.draft.sentences[:_SENTENCES]]
    found = [*_headings(own), *_spoken_of(case, own, spans), *_repeated(case, own, spans)]
    return tuple(sorted(found, key=lambda f: f.start))


def _headings(reply: str) -> Iterator[Finding]:
    for match in _PATH.finditer(reply):
        yield finding("echo", "heading", "block", *match.span(), word=match[0])


def _spoken_of(case: Case, reply: str, spans: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Policies speak of «el cliente» too: what stands there is no summary of this case."""
    view = view_of(reply)
    for hit in _patterns().hits(view.plain):
        start, end = view.back(hit.start, hit.end)
        whole = next(((a, b) for a, b in spans if a <= start < b), (start, end))
        if not _stands(reply[slice(*whole)], case.known):
            yield finding("echo", "spoken_of", "block", start, end, word=reply[start:end])


@cache
def _patterns() -> Lexicon:
    return Lexicon({"spoken_of": [line for lines in lexicon("echo")["spoken_of"].values() for line in lines]})


def _repeated(case: Case, reply: str, spans: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    said = [case.message.text, *(turn.text for turn in case.message.thread if not turn.from_company)]
    theirs = [_words(text[a:b]) for text in said for a, b in split_sentences(text[:_READ])][-_SENTENCES * 3 :]
    both = [*theirs, *(a + b for a, b in pairwise(theirs))]
    by_model = case.draft is not None and case.draft.writer == "model"
    for start, end in spans:
        text = reply[start:end]
        words = _words(text)
        asks = text.rstrip().endswith("?")
        if len(words) < _LEAST - asks or words[0] in _shared() or not any(_same(words, one) for one in both):
            continue
        if asks:
            yield finding("echo", "question", "block" if by_model else "warn", start, end, word=text)
        elif not _stands(text, case.known):
            yield finding("echo", "own", "block", start, end, word=text)


def _same(words: Sequence[str], sentence: Sequence[str]) -> bool:
    share, different = _SAME_LONG if len(words) >= _LONG else _SAME, set(words)
    if len(different & set(sentence)) < share * len(different):
        return False  # what follows is slow
    blocks = SequenceMatcher(None, words, sentence, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= share * len(words)


def _words(text: str) -> list[str]:
    return [match[0] for match in WORD.finditer(folded(text))]


def _stands(sentence: str, known: str) -> bool:
    """Whether the company's documents have it, word for word."""
    return bool(words := " ".join(_words(sentence))) and words in _known(known)


@lru_cache(maxsize=8)
def _known(known: str) -> str:
    return " ".join(_words(known))


@cache
def _shared() -> frozenset[str]:
    return frozenset(lexicon("echo")["shared"])
