"""Whether a reply states a fact: one of its wordings, word by word, with inflection forgiven and figures by value.

A wording is found inside one sentence: its words in order, at most two other words between one and the next (articles,
prepositions and the like do not count, and may be missing on either side). Words meet by their stem, or as forms of
one verb («puedes», «podés», «puede»); figures by value («14 días», «catorce días», «2 semanas»).

Denials. «No se admite» never states «se admite»: a wording is not stated where a denial stands inside it, or right
before it with nothing but light words between. For facts that must never be stated (`asserted=True`) more is forgiven,
because a good reply has to be able to take a falsehood up in order to deny it: not asserted is what stands in a
question, anywhere behind a denial in the same breath («no te cobramos los 60 €», but not «no puedes pasados los 60
días», where the denial is of the verb and the sixty days are a limit), what is taken back («en lugar de», «ya no») or
told as the customer's words («el 50 % que pides»).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import get_args

from voz.case import Address
from voz.checks.reading import MAX_READ
from voz.evaluate.suite import Fact
from voz.figures import equal
from voz.lexicon import Lexicon, phrases
from voz.lexicon import folded as view_of
from voz.packaged import packaged
from voz.quantities import Quantity, fold_in_place, lexicon, quantities
from voz.sentences import split_sentences
from voz.text import stems

MAX_GAP, MAX_GAP_ANY = 2, 6
"""Other words between two words of a wording: those that mean something, and all."""
_DENIAL = "¬"
_NEAR, _FAR, _CLOSE, _FAR_CHARS = 8, 6, 2, 120
_WORD = re.compile(r"[^\W\d_]+(?:['’]t(?!\w))?|\d+(?:[.,:/]\d+)*")
_PHONE = re.compile(r"(?<!\w)\+?\d[\d ().-]{6,24}\d(?!\w)")
_BREAK = re.compile(r"[,;:()—–…]")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """One word or figure of a text. `breath` counts the pauses before it in its sentence."""

    start: int
    end: int
    keys: frozenset[str]
    figure: Quantity | None
    light: bool
    breath: int


@dataclass(frozen=True, slots=True)
class _Tables:
    light: frozenset[str]
    negation: frozenset[str]
    breaks: frozenset[str]
    limits: frozenset[str]
    masks: Lexicon
    before: Lexicon
    after: Lexicon


@cache
def _tables(language: str) -> _Tables:
    raw = packaged("evaluate/wording")

    def of(name: str) -> str:
        return str(raw[name].get(language, raw[name]["es"]))

    light, negation, breaks, limits = (frozenset(of(n).split()) for n in ("light", "negation", "breaks", "limits"))
    masks, before, after = (Lexicon({n: phrases(of(n))}) for n in ("not_negation", "turned_before", "turned_after"))
    return _Tables(light, negation, breaks, limits, masks, before, after)


def states(reply: str, fact: Fact, language: str = "es", *, asserted: bool = False) -> Span | None:
    """Where the reply states one of the fact's wordings. `asserted`: only what it says in earnest; see the module."""
    text = reply[:MAX_READ]
    for wording in fact.any:
        found = finds(text, wording, language, asserted=asserted)
        if found:
            return found
    return None


def finds(text: str, wording: str, language: str = "es", *, asserted: bool = False) -> Span | None:
    """Where a text holds one wording, by the rules of this module."""
    wanted = _essential(wording, language)
    if not wanted:
        return None
    for (start, end), units in _sentences(text, language):
        for first, last in _matches(wanted, units):
            if not _turned(units, first, asserted, language) and not (
                asserted and _taken_back(text[start:end], units[first].start - start, units[last].end - start, language)
            ):
                return units[first].start, units[last].end
    return None


@lru_cache(maxsize=4096)
def _essential(wording: str, language: str) -> tuple[Unit, ...]:
    """The units of a wording without its light words, unless it has no other."""
    units = tuple(_units(wording, 0, language))
    return tuple(u for u in units if not u.light) or units


@lru_cache(maxsize=256)
def _sentences(text: str, language: str) -> tuple[tuple[Span, tuple[Unit, ...]], ...]:
    return tuple(((s, e), tuple(_units(text[s:e], s, language))) for s, e in split_sentences(text))


def _units(text: str, offset: int, language: str) -> Iterator[Unit]:
    """The words and figures of a sentence, in order; those of a figure's own unit are part of it."""
    tables = _tables(language)
    folded = fold_in_place(text).replace("’", "'")
    figures = quantities(text)
    masked, taken = _marks(len(text), _masked(text, language)), _marks(len(text), [(q.start, q.end) for q in figures])
    phones = [m.span() for m in _PHONE.finditer(text) if not any(taken[m.start() : m.end()])]
    tokens: list[tuple[int, int, Quantity | None]] = [(q.start, q.end, q) for q in figures]
    tokens += [(s, e, None) for s, e in phones]
    busy = _marks(len(text), [*((q.start, q.end) for q in figures), *phones])
    tokens += [(*m.span(), None) for m in _WORD.finditer(folded) if not any(busy[m.start() : m.end()])]
    breath, last, money = 0, 0, False
    for start, end, figure in sorted(tokens, key=lambda t: (t[0], t[1])):
        word = folded[start:end]
        if _BREAK.search(folded[last:start]) or (figure is None and word in tables.breaks):
            breath += 1
        last = max(last, end)
        if figure is None and _part_of_figure(word, money):
            continue
        money = figure is not None and figure.kind == "money"
        keys = frozenset() if figure else _keys(text[start:end], language, denies=not masked[start])
        yield Unit(start + offset, end + offset, keys, figure, not figure and word in tables.light, breath)


def _part_of_figure(word: str, money: bool) -> bool:
    """«hábiles» of «14 días hábiles», which the figure knows; «MXN» after an amount."""
    table = lexicon()
    return word in table["working"] or word in table["calendar"] or (money and word in table["currency"])


def _masked(text: str, language: str) -> list[Span]:
    view = view_of(text)
    return [view.back(h.start, h.end) for h in _tables(language).masks.hits(view.plain)]


def _marks(size: int, spans: list[Span]) -> bytearray:
    """One byte a character: whether any of the spans covers it."""
    covered = bytearray(size)
    for start, end in spans:
        covered[start:end] = b"\1" * (end - start)
    return covered


def _keys(word: str, language: str, *, denies: bool) -> frozenset[str]:
    """All that a word may meet another by."""
    plain = fold_in_place(word).replace("’", "'")
    if denies and (plain in _tables(language).negation or plain.endswith("n't")):
        return frozenset({_DENIAL})
    if plain[:1].isdigit() or plain.startswith("+"):
        return frozenset({re.sub(r"\D", "", plain)})
    found = set(stems(word, "pt" if language == "gl" else language)) or {plain}
    if language == "es":
        found |= {_regular(stem) for stem in found} | {f"={verb}" for verb in _verbs().get(plain, ())}
    return frozenset(found)


def _regular(stem: str) -> str:
    """A Spanish stem as its infinitive spells it: «descuent» → «descont», «recoj» → «recog», «toqu» → «toc»."""
    if len(stem) < 4:
        return stem
    for ending, plain in (("qu", "c"), ("gu", "g"), ("j", "g"), ("zc", "c")):
        if stem.endswith(ending):
            stem = stem[: -len(ending)] + plain
            break
    return re.sub(r"ue", "o", re.sub(r"(?<=[^\W\d_])ie", "e", stem)) if len(stem) > 4 else stem


@cache
def _verbs() -> dict[str, frozenset[str]]:
    """Folded form → infinitives of the project's verbs: tú, vos, usted, nosotros and the plural."""
    from voz.conjugate import lookup, paradigms

    table: dict[str, set[str]] = {}
    for verb, tenses in paradigms().items():
        forms = {verb, *(form for given in tenses.values() for form in given)}
        for form in forms | {form + "n" for form in forms if form[-1:] in "aeoáé"}:
            table.setdefault(fold_in_place(form), set()).add(verb)
    for address in get_args(Address):
        for form, meanings in lookup(address).items():
            table.setdefault(fold_in_place(form), set()).update(m.verb for m in meanings)
    return {form: frozenset(verbs) for form, verbs in table.items()}


def _meet(wanted: Unit, said: Unit) -> bool:
    if wanted.figure and said.figure:
        return same_figure(wanted.figure, said.figure)
    return not wanted.figure and not said.figure and not wanted.keys.isdisjoint(said.keys)


def same_figure(wanted: Quantity, said: Quantity) -> bool:
    """Whether both are the same figure; «60 unidades» is no «60 €», though a bare «60» may be."""
    if wanted.same(said):
        return True
    if {wanted.kind, said.kind} == {"duration", "time"}:  # «en 24 h», «24 horas»
        return wanted.value == said.value and "month" not in (wanted.unit, said.unit)
    if (wanted.kind == "count") != (said.kind == "count"):
        bare = wanted if wanted.kind == "count" else said
        noun = bare.noun and bare.noun not in _tables("es").light | _tables("pt").light | _tables("en").light
        return not noun and equal(wanted, said)
    if wanted.day_kind and said.day_kind and wanted.day_kind != said.day_kind:
        return False
    return equal(wanted, said)


def _matches(wanted: tuple[Unit, ...], units: tuple[Unit, ...]) -> list[Span]:
    """(first, last) unit of every way the wanted units stand in order, the closest for each last one."""
    starts: dict[int, int] = {i: i for i, unit in enumerate(units) if _meet(wanted[0], unit)}
    for want in wanted[1:]:
        reached: dict[int, int] = {}
        for at, start in starts.items():
            meaning = 0
            for i in range(at + 1, min(len(units), at + MAX_GAP_ANY + 2)):
                if _meet(want, units[i]):
                    reached[i] = max(start, reached.get(i, -1))
                meaning += not units[i].light
                if meaning > MAX_GAP or _DENIAL in units[i].keys:
                    break
        starts = reached
    return sorted((start, last) for last, start in starts.items())


def _turned(units: tuple[Unit, ...], first: int, asserted: bool, language: str) -> bool:
    """Whether a denial stands before in the same breath: right before, or for what is asserted anywhere near."""
    for steps, i in enumerate(range(first - 1, -1, -1)):
        unit = units[i]
        if unit.breath != units[first].breath or steps >= _NEAR:
            return False
        if _DENIAL in unit.keys:
            return True
        if (asserted and not unit.keys.isdisjoint(_limits(language))) or (not asserted and not unit.light):
            return False
    return False


@cache
def _limits(language: str) -> frozenset[str]:
    """The limit words as units know them: by their stems."""
    return frozenset().union(*(_keys(word, language, denies=False) for word in _tables(language).limits))


def _taken_back(sentence: str, start: int, end: int, language: str) -> bool:
    """Whether the sentence asks, or takes back what stands in it from `start` to `end`."""
    if sentence.rstrip(" \"'»”)*_").endswith("?"):
        return True
    tables, view = _tables(language), view_of(sentence)
    spans = [view.back(hit.start, hit.end) for hit in tables.before.hits(view.plain)]
    if any(stop <= start and _one_breath(sentence[stop:start], tables, _FAR) for _, stop in spans):
        return True
    spans = [view.back(hit.start, hit.end) for hit in tables.after.hits(view.plain)]
    return any(end <= begin and _one_breath(sentence[end:begin], tables, _CLOSE) for begin, _ in spans)


def _one_breath(between: str, tables: _Tables, most: int) -> bool:
    """Whether a few words stand between, with no pause and no word that opens another clause."""
    if _BREAK.search(between) or len(between) > _FAR_CHARS:
        return False
    found = _WORD.findall(fold_in_place(between))
    return len(found) <= most and tables.breaks.isdisjoint(found)
