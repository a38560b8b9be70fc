"""How much a reply may hold, read from prose: length per channel, emojis, exclamation marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

from voz.case import Channel, Kind
from voz.prose_numbers import spelled
from voz.prose_read import Clause, cue, lexicon
from voz.prose_scope import Scope, pair, scopes

Limit = Literal["max_chars", "max_words", "max_sentences", "emojis", "exclamations"]
_LINE_CHARS = 75
_WORD_CHARS = 6.5
_LEAST_ALONE = 20  # a smaller number in words is a length only with its unit: «dos frases»
_LEAST_FOR_ALL = 30
_EVERYWHERE = 99  # as special as a mention of no channel at all
_NUMBER = re.compile(
    r"(?<![\w$€.,])(?:\d{1,3}(?:\.\d{3})+|\d{1,5})(?![\w%€]|[.,]\d| ?(?:€|euros|eur\b|h\b|horas|dias))"
)


@dataclass(frozen=True)
class ChannelLimit:
    channel: Channel
    limit: Limit
    value: int
    special: int
    """How many channels the mention named; the smallest wins."""
    clause: Clause


@dataclass(frozen=True)
class Budget:
    """How many emojis (or exclamation marks): in general, per channel, and for which kinds none."""

    default: tuple[int, Clause] | None = None
    channels: tuple[ChannelLimit, ...] = ()
    none_for: tuple[Kind, ...] = ()
    none_clause: Clause | None = None


@cache
def _units() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = lexicon("words")["units"]
    return tuple((unit, re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")) for unit, words in table.items())


def lengths(clauses: Iterable[Clause]) -> tuple[ChannelLimit, ...]:
    """Every length that a guide sets for a channel; later and more special mentions come last."""
    found: list[ChannelLimit] = []
    carried: tuple[int, str | None] = (-1, None)
    opened: tuple[int, tuple[Scope, ...]] = (-1, ())
    for clause in clauses:
        if clause.cells:
            continue
        groups = tuple(g for g in scopes(clause.plain) if g.channels)
        if groups:
            opened = (clause.block, groups[-1:])
        measures = list(_measures(clause.plain))
        unit = next((u for _, _, u in measures if u), None) or _unit_in(clause.context.split(" > ")[-1])
        in_context = cue("length_context").search(clause.context) is not None
        goes_on = in_context or (groups and cue("at_most").search(clause.plain) and _all_large(measures))
        if unit is None and goes_on and carried[1] and carried[0] == clause.block:
            unit = carried[1]
        if unit is None or not measures or not (goes_on or any(u for _, _, u in measures)):
            continue
        carried = (clause.block, unit)
        if groups:
            found += _of_groups(clause, groups, measures, unit)
        elif cue("at_most").search(clause.plain) or in_context or clause.row_cell:
            beside = opened[1] if opened[0] == clause.block else ()
            found += _of_place(clause, beside, measures, unit)
    return tuple(found)


def _all_large(measures: _Measures) -> bool:
    """«En Instagram, sesenta como mucho», after a sentence on words: as large as a length."""
    return all(number >= _LEAST_ALONE for _, number, _ in measures)


_Measures = Sequence[tuple[tuple[int, int], int, str | None]]


def _of_groups(clause: Clause, groups: Sequence[Scope], measures: _Measures, unit: str) -> Iterator[ChannelLimit]:
    """«En X, 280 caracteres; en correo, 900»: to each group of channels its number."""
    units = [_unit_after(measures, place) or unit for place in range(len(measures))]
    for group, content in pair(groups, [span for span, _, _ in measures]).items():
        last = content
        while last + 1 < len(measures) and _range(clause.plain, measures[last][0][1], measures[last + 1][0][0]):
            last += 1
        number = max(measures[i][1] for i in range(content, last + 1))
        limit, value = _limit(units[last], number)
        if value > 0:
            yield from (ChannelLimit(c, limit, value, special, clause) for c, special in groups[group].channels)


def _of_place(clause: Clause, beside: Sequence[Scope], measures: _Measures, unit: str) -> Iterator[ChannelLimit]:
    """A length whose channel stands before it: in the sentence before, in the heading; or one for every reply."""
    headings = (scopes(part) for part in reversed(clause.context.split(" > ")[-3:]))
    groups = beside or next((found for found in headings if any(g.channels for g in found)), ())
    channels = [pair for group in groups for pair in group.channels]
    if not channels and cue("any_reply").search(clause.plain) and cue("at_most").search(clause.plain):
        channels = [(channel, _EVERYWHERE) for channel in get_args(Channel)]
    last = 0
    while last + 1 < len(measures) and _range(clause.plain, measures[last][0][1], measures[last + 1][0][0]):
        last += 1
    limit, value = _limit(_unit_after(measures, 0) or unit, measures[last][1])
    general = bool(channels) and channels[0][1] == _EVERYWHERE
    if value > 0 and not (general and value < _LEAST_FOR_ALL):  # «no más de dos frases» is of a paragraph, an apology
        yield from (ChannelLimit(channel, limit, value, special, clause) for channel, special in channels)


def _range(plain: str, end: int, start: int) -> bool:
    return re.fullmatch(r"\s*(?:-|–|a|o|y|ou|e)\s*", plain[end:start]) is not None


def _unit_after(measures: _Measures, place: int) -> str | None:
    return next((unit for _, _, unit in measures[place:] if unit), None)


def _measures(plain: str) -> Iterator[tuple[tuple[int, int], int, str | None]]:
    """Numbers that may be lengths, with the unit that follows them, if any."""
    spots = [(m.span(), int(m[0].replace(".", ""))) for m in _NUMBER.finditer(plain)]
    for start, end, number in spelled(plain):
        if number >= _LEAST_ALONE or _unit_in(plain[end : end + 22]):
            spots.append(((start, end), number))
    for (start, end), number in sorted(spots):
        following = re.match(r"\s*(?:(?:o|a|y|-|–|ou) \w+ )?(\w+)", plain[end : end + 30])
        yield (start, end), number, _unit_in(following[1]) if following else None


def _unit_in(text: str) -> str | None:
    return next((unit for unit, words in _units() if words.search(text)), None)


def _limit(unit: str, number: int) -> tuple[Limit, int]:
    if unit == "words":
        return "max_words", number
    if unit == "sentences":
        return "max_sentences", number
    return "max_chars", number * _LINE_CHARS if unit == "lines" else number


def chars_for_words(words: int) -> int:
    """The characters that so many words take at most, for whoever counts characters."""
    return round(words * _WORD_CHARS)


_ZERO = re.compile(
    r"(?<!\w)(?:ningun[oa]?|nenhuma?|nunca|jamas|cero|zero|prohibid\w+|ni uno|ni una"
    r"|(?:sin|sem|nada de)(?= (?:emoji|emotic|carita|sign|sina|exclama|admira|ell[oa]s|eles))"
    r"|n(?:o|ao) (?:se |los |as |os )?(?:us|pon|lleva|hay|permit|va|cab|escrib|emple|ha)\w*)(?!\w)"
)
_ONE = re.compile(
    r"(?<!\w)(un|uno|una|um|uma|dos|dois|duas|tres)(?= (?:sol[oa]|unic[oa]|emoji|emoticon|sign|sina|exclama|frase"
    r"|por|como|no max|maximo|a lo sumo|al|en|es suficiente|basta|si|cuando|quando|em|de estos|o ninguno)|\s*[,.;:)]|$)"
)


def budget(clauses: Iterable[Clause], noun: Literal["emoji", "exclamation"]) -> Budget:
    """How many of `noun` a guide allows: in general, per channel, and for which kinds of message none."""
    other = "exclamation" if noun == "emoji" else "emoji"
    result, carried = Budget(), (-1, False)
    for clause in clauses:
        if clause.cells:
            continue
        column = clause.context.split(" > ")[-1]
        here = f"{column} {clause.plain.split(':')[0]}" if clause.row_cell else clause.plain
        named, rival = cue(noun).search(here), cue(other).search(here)
        if not named and rival:
            carried = (clause.block, False)
            continue
        topic = cue(noun).search(clause.context) and not cue(other).search(clause.context)
        if not named and not topic and not (carried[0] == clause.block and carried[1]):
            continue
        if named:
            carried = (clause.block, True)
        for part in _parts(clause, noun):
            result = _with_clause(result, part, noun)
    return result


def _parts(clause: Clause, noun: str) -> Iterator[Clause]:
    """«Una, como máximo; en quejas, ninguna»: each part by itself, where each has its count."""
    parts = clause.plain.split(";")
    if len(parts) > 1 and all(_counts(part, noun) for part in parts):
        yield from (replace(clause, plain=part) for part in parts)
    else:
        yield clause


def _with_clause(result: Budget, clause: Clause, noun: Literal["emoji", "exclamation"]) -> Budget:
    counts = _counts(clause.plain, noun)
    groups = scopes(clause.plain)
    chosen = pair(groups, [(start, end) for start, end, _ in counts])
    default, limits = result.default, list(result.channels)
    none_for, none_clause = list(result.none_for), result.none_clause
    limit: Limit = "emojis" if noun == "emoji" else "exclamations"
    for place, content in chosen.items():
        group, value = groups[place], counts[content][2]
        limits += [ChannelLimit(c, limit, value, special, clause) for c, special in group.channels]
        if group.kinds and value == 0:
            none_for += [kind for kind in group.kinds if kind not in none_for]
            none_clause = none_clause or clause
        if group.channels and value and default is None:
            default = (0, clause) if noun == "emoji" else None
        if group.rest:
            default = (value, clause)
        if not group.channels and value and _only_when_glad(group):
            none_for += [k for k in ("complaint", "mixed", "abuse") if k not in none_for]
            none_clause = none_clause or clause
            default = default if default else (value, clause)
    for place, (_, _, value) in enumerate(counts):
        if place not in chosen.values() and (default is None or value > default[0] or not groups):
            default = (value, clause)
    return Budget(default, tuple(limits), tuple(none_for), none_clause)


def _only_when_glad(group: Scope) -> bool:
    return bool(group.kinds) and "complaint" not in group.kinds and "abuse" not in group.kinds


def _counts(plain: str, noun: str) -> list[tuple[int, int, int]]:
    """(start, end, how many) for every count in a sentence about emojis or exclamation marks."""
    numbers = lexicon("words")["numbers"]
    found = [(m.start(), m.end(), 0) for m in _ZERO.finditer(plain)]
    found += [(m.start(1), m.end(1), int(numbers[m[1]])) for m in _ONE.finditer(plain)]
    found += [(m.start(), m.end(), int(m[0])) for m in re.finditer(r"(?<![\w.,])\d(?![\w.,%]\d?)", plain)]
    kept: list[tuple[int, int, int]] = []
    for count in sorted(found):
        if kept and count[0] < kept[-1][1]:
            continue
        kept.append(count)
    return kept
