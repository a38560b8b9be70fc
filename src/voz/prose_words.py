"""The words of a company read from its guide: those it never uses, and those it prefers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from voz.prose_read import Clause, cue, lexicon, plain, quotes
from voz.prose_voice import Said, negative_before


def never_words(clauses: Iterable[Clause]) -> tuple[Said, ...]:
    """Words and phrases the company does not use; a condition («cuando podemos decir mesa») spares one."""
    found: dict[str, Said] = {}
    for clause in clauses:
        own = cue("never").search(clause.plain)
        if clause.cells or clause.row_cell:
            continue
        if cue("conditional").match(clause.plain) or not (own or _under_never(clause)):
            continue
        for word in _never_in(clause, own.end() if own else 0):
            key = plain(word)
            if key not in found and key not in lexicon("words")["common_words"]:
                found[key] = Said(word, clause)
    return tuple(found.values())


def _under_never(clause: Clause) -> bool:
    last = clause.context.split(" > ")[-1]
    return (
        (clause.item or quotes_in(clause.text))
        and cue("never").search(last) is not None
        and not cue("nobody").search(last)
    )


def _never_in(clause: Clause, after: int) -> Iterator[str]:
    spots = list(quotes(clause.text))
    for start, end, inner in spots:
        if start >= after - 1 and (not after or negative_before(clause.plain, start) or ":" in clause.text[:start]):
            if re.match(r"\s*(?:cuando|si|quando|salvo|para)(?!\w)", clause.plain[end:]):
                continue
            swap = re.search(r",? (?:sino|decimos|mejor|preferimos)\b", clause.plain[after:start])
            if not swap:
                yield from _gendered(inner.strip(" .,"))
    if spots and (not after or len(spots) > 1 or ":" not in clause.text):
        return
    listed = clause.text
    if after:
        colon = clause.text.find(":", after - 1)
        listed = clause.text[colon + 1 :] if 0 <= colon < after + 45 else "" if not clause.item else listed[after:]
    for part in re.split(r"[,;]|(?<=\w) (?:ni|o|y|e|nem|ou) (?=\w)", listed):
        word = re.split(r"[(:]", part)[0].strip(" .«»“”\"'–-")
        word = re.sub(r"^(?:ni|y|o|e|nem)\s+", "", word)
        if 2 < len(word) <= 60 and len(word.split()) <= 8 and not quotes_in(part):
            yield from _gendered(word)


def quotes_in(text: str) -> bool:
    return next(quotes(text), None) is not None


def _gendered(word: str) -> Iterator[str]:
    """«Estimado/a» stands for both."""
    match = re.fullmatch(r"(.*\w)o(?:/a|\(a\)|@)(.*)", word)
    if match:
        yield f"{match[1]}o{match[2]}"
        yield f"{match[1]}a{match[2]}"
    elif word:
        yield word


def preferred(clauses: Sequence[Clause]) -> tuple[tuple[str, Said], ...]:
    """(avoided, preferred) pairs: «decimos bici, no vehículo», «X en vez de Y», or a two-column table."""
    found: dict[str, Said] = {}
    for clause in clauses:
        if clause.cells:
            for bad, good in _table_pair(clause):
                found.setdefault(bad, Said(good, clause))
        elif cue("used").search(clause.plain) or cue("used").search(clause.context) or quotes_in(clause.text):
            for bad, good in _sentence_pairs(clause.text, cue("used").search(clause.plain) is not None):
                found.setdefault(bad, Said(good, clause))
    return tuple(found.items())


def _table_pair(clause: Clause) -> Iterator[tuple[str, str]]:
    bad = next((c for h, c in clause.cells if cue("swap_head_bad").match(h)), None)
    good = next((c for h, c in clause.cells if cue("swap_head_good").match(h)), None)
    if bad and good:
        for word in re.split(r"[,/]", bad):
            yield word.strip(' «»"“”.'), good.split(",")[0].strip(' «»"“”.')


_RATHER = r",? (?:y )?(?:no|nunca|nao|não|en vez de|en lugar de|em vez de|mejor que) "
_PAIRS = (
    re.compile(rf"«([^«»]{{2,60}})»{_RATHER}«([^«»]{{2,60}})»"),
    re.compile(rf'"([^"]{{2,60}})"{_RATHER}"([^"]{{2,60}})"'),
    re.compile(rf"“([^“”]{{2,60}})”{_RATHER}“([^“”]{{2,60}})”"),
    re.compile(rf"(?:[Dd]ecimos|[Dd]izemos|[Uu]samos|[;:,]) ?([\w ]{{3,40}}?){_RATHER}([\w ]{{3,40}}?)(?=[,.;)]|$)"),
)
_NOT_A_WORD = re.compile(r"(?:se|lo|la|nos|es|hay|ha|vamos|puede)\b")


def _sentence_pairs(text: str, unquoted: bool) -> Iterator[tuple[str, str]]:
    for pattern in _PAIRS if unquoted else _PAIRS[:-1]:
        for match in pattern.finditer(text):
            bad, good = match[2].strip(), match[1].strip()
            clumsy = pattern is _PAIRS[-1] and _NOT_A_WORD.match(bad)
            if len(bad.split()) <= 6 and len(good.split()) <= 6 and not clumsy:
                yield bad, good
