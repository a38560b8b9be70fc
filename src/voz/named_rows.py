"""Rows of tables that the customer names: «la mastografía, ¿cuánto es?», and its price stands in that row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from voz.knowledge.branches import Branches
from voz.passage_words import FIGURES, AskType, answers_type, generic_terms, terms
from voz.quantities import quantities
from voz.statements import Clause

NAMED, LEAST = 5.0, 0.34
"""What it adds to the likeliness of a row that all of its name is said; and the share of it that must be."""
NAME_CELLS = 3
OPENING = terms("abrir horario horas")
"""Who asks so asks when a place is open."""
_CELL = re.compile(r"(?:^|; )[^:;]{1,60}: ")
_FIGURE = re.compile(r"[$€£%]|\d[.,:]\d|\d{3}")


class Named(NamedTuple):
    """What is not held to be a row's name: terms of products, which many have; and branches, unless asked when open."""

    products: frozenset[str]
    branches: Branches


def named(
    found: Sequence[Clause], ask: str, message: str, kinds: Sequence[AskType], known: Named
) -> npt.NDArray[np.float32]:
    """What to add to the logit of each clause: the rows best named, of those that hold the kind of figure asked for.

    An ask that names nothing («¿cuánto es?») is of what its message names.
    """
    figures = [kind for kind in kinds if kind in FIGURES]
    told = terms(ask) - generic_terms() - known.products or terms(message) - generic_terms() - known.products
    opening = asks_when_open(ask)
    shares = np.zeros(len(found), np.float32)
    for place, clause in enumerate(found if figures else ()):
        if _is_row(clause.said.text) and (opening or not known.branches.named_in(_cells(clause.said.text)[0])):
            shares[place] = _share(clause.said.text, told, figures)
    best = float(shares.max(initial=0.0))
    return np.asarray(np.where((shares >= LEAST) & (shares >= best - 0.01), NAMED * shares, 0.0), np.float32)


def asks_when_open(ask: str) -> bool:
    """On a usual day: what holds on a certain date («¿abrís el 26?») no table of usual hours says."""
    return bool(terms(ask) & OPENING) and not any(figure.kind == "date" for figure in quantities(ask))


def _is_row(text: str) -> bool:
    return "; " in text and bool(_CELL.match(text))


def _cells(text: str) -> list[str]:
    return [cell.strip("; ") for cell in _CELL.split(text)[1:]]


def _share(text: str, told: frozenset[str], figures: Sequence[AskType]) -> float:
    """The share of the row's name that is told: of its first cells without a figure, the one told best."""
    if not any(answers_type(text, kind) for kind in figures):
        return 0.0
    names = [terms(cell) - generic_terms() for cell in _cells(text)[:NAME_CELLS] if not _FIGURE.search(cell)]
    return max((len(name & told) / len(name) for name in names if name), default=0.0)
