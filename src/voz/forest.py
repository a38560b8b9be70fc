"""Averaged decision trees, walked in a few lines; scikit-learn is needed only where they are fitted (`scripts/`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Trees:
    """Trees in flat arrays. A node's left child is the next node; a leaf has feature -1.

    `number` is an inner node's threshold, and a leaf's share of texts that were not carried.
    """

    names: tuple[str, ...]
    feature: tuple[tuple[int, ...], ...]
    number: tuple[tuple[float, ...], ...]
    right: tuple[tuple[int, ...], ...]

    def doubt(self, found: Mapping[str, float]) -> float:
        """From 0 (carried) to 1 (not). Raises KeyError for a sign that is not there."""
        row = [found[name] for name in self.names]
        return sum(self._leaf(tree, row) for tree in range(len(self.feature))) / len(self.feature)

    def _leaf(self, tree: int, row: Sequence[float]) -> float:
        feature, number, right, at = self.feature[tree], self.number[tree], self.right[tree], 0
        while feature[at] >= 0:
            at = at + 1 if row[feature[at]] <= number[at] else right[at]
        return number[at]


def trees_of(raw: Mapping[str, Any]) -> Trees:
    """The trees as a data file holds them."""
    columns = {name: tuple(tuple(tree) for tree in raw[name]) for name in ("feature", "number", "right")}
    return Trees(names=tuple(raw["names"]), **columns)
