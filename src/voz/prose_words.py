"""The words of a company read from its guide: those it never uses, and those it prefers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from voz.prose_read import Clause, cue, lexicon, plain, quotes
from voz.prose_voice import Said, negative_before


def never_words(clauses: Iterable[Clause]) -> tuple[Said, ...]:
    """Words and phrases the company does not use; a condition («cuando podemos decir mesa») spares one."""
    found: dict[str, Said] = {}
    spoken = -1  # the block in which the guide tells the words it does use
    for clause in clauses:
        own = cue("never").search(clause.plain)
        if clause.cells or clause.row_cell:
            continue
        words: list[str] = []
        if cue("conditional").match(clause.plain):
            pass
        elif own:
            words += _never_in(clause, own.end(), spoken == clause.block)
        elif _under_never(clause):
            words += _never_in(clause, 0, True)
        words += _refused(clause)
        for word in words:
            key = plain(word)
            if key not in found and key not in lexicon("words")["common_words"]:
                found[key] = Said(word, clause)
        if cue("used").search(clause.plain):
            spoken = clause.block
    return tuple(found.values())


def _under_never(clause: Clause) -> bool:
    last = clause.context.split(" > ")[-1]
    return (
        cue("never").search(last) is not None
        and not cue("nobody").search(last)
        and not cue("used").search(clause.plain)
        and (clause.item or quotes_in(clause.text) or _is_list(clause.text))
    )


def _never_in(clause: Clause, after: int, on_words: bool) -> Iterator[str]:
    """The words a clause forbids; `on_words`: what stands around says that it is about words."""
    spots = list(quotes(clause.text))
    for start, end, inner in spots:
        if start >= after - 1 and (not after or negative_before(clause.plain, start) or ":" in clause.text[:start]):
            if re.match(r"\s*(?:cuando|si|quando|salvo|para)(?!\w)", clause.plain[end:]):
                continue
            swap = re.search(r",? (?:sino|decimos|mejor|preferimos)\b", clause.plain[after:start])
            if not swap and len(inner.split()) <= _LONGEST:
                yield from _gendered(inner.strip(" .,"))
    if spots and (not after or len(spots) > 1 or ":" not in clause.text):
        return
    listed, sure = clause.text, not after
    if after:
        colon = clause.text.find(":", after - 1)
        if cue("on_data").search(clause.plain[: max(colon, after)]):
            return
        near = 0 <= colon < after + 45
        sure = clause.item or near
        listed = clause.text[colon + 1 :] if near else clause.text[after:] if sure or _says(clause, after) else ""
        if not sure and (not _is_list(listed) or not (on_words or _about_words(clause) or len(_parts(listed)) > 3)):
            return
    for word in _parts(listed):
        if _is_word(word):
            yield from _gendered(word)


_LONGEST = 9  # words of a phrase that is never said; a longer one is an example of how not to write


def _refused(clause: Clause) -> Iterator[str]:
    """«sin «lamentablemente»», «no pedimos perdón por «las molestias»»: set phrases that a rule turns down."""
    if any(cue(name).search(clause.plain) for name in ("signoff", "nobody")) or cue("example").search(clause.context):
        return
    for start, _, inner in quotes(clause.text):
        if len(inner.split()) <= _LONGEST - 2 and not inner[:1].isupper() and _REFUSED.search(clause.plain[:start]):
            yield from _gendered(inner.strip(" .,"))


_REFUSED = re.compile(
    r"(?<!\w)(?:(?:sin|nada de)\s+|(?<!.)tampoco (?:\w{1,20}mos )?"
    r"|\w{2,20}mos\b[^«»“”.;]{1,80},? ni(?: con| de| por)?\s+"
    r"|(?:no|nunca|jamas|nao) (?:\w{1,20} )?\w{1,20}mos (?:\w{1,20} ){0,3})$"
)


def _says(clause: Clause, after: int) -> bool:
    """«No decimos»: what follows are words, as it need not be after «no usamos» or «nada de»."""
    return re.search(r"(?:dec\w+|dic\w+|dig\w+|diz\w+)$", clause.plain[:after]) is not None


def _about_words(clause: Clause) -> bool:
    return cue("on_words").search(" > ".join(clause.context.split(" > ")[-2:])) is not None


def _parts(listed: str) -> list[str]:
    listed = re.sub(r"\s*\([^()]{0,120}\)", "", listed)
    parts = re.split(r"[,;]|(?<=\w) (?:ni|o|y|e|nem|ou) (?=\w)", listed)
    words = (re.split(r"[(:]", part)[0].strip(" .«»“”\"'–-") for part in parts if not quotes_in(part))
    return [re.sub(r"^(?:ni|y|o|e|nem)\s+", "", word) for word in words if word]


def _is_list(listed: str) -> bool:
    """A list of words rather than a sentence: several short parts."""
    if re.search(r"\d", listed):
        return False
    parts = _parts(listed)
    short = [part for part in parts if len(part.split()) <= 7 and _is_word(part)]
    return len(short) >= max(3, len(parts) - 1)


def _is_word(word: str) -> bool:
    """A word or a fixed phrase, not a clause of a rule («si debe un recibo») nor a kind of word («diminutivos»)."""
    folded = plain(word)
    return (
        2 < len(word) <= 60
        and not re.search(r"\d|@", word)
        and len(word.split()) <= 8
        and not cue("no_word").match(folded)
        and not cue("kind_of_word").match(folded)
    )


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
            for bad, good in _sentence_pairs(clause.text, cue("says_words").match(clause.plain) is not None):
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
            loose = pattern is _PAIRS[-1]
            clumsy = loose and (_NOT_A_WORD.match(bad) or max(len(bad.split()), len(good.split())) > 4)
            if len(bad.split()) <= 6 and len(good.split()) <= 6 and not clumsy:
                yield bad, good
