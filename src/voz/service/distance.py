"""How much of a draft a person changed."""

from __future__ import annotations

from difflib import SequenceMatcher


def word_distance(before: str, after: str) -> float:
    """Share of the words that differ, 0 (the same) to 1 (nothing kept)."""
    old, new = before.split(), after.split()
    if not old and not new:
        return 0.0
    kept = sum(block.size for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks())
    return round(1 - 2 * kept / (len(old) + len(new)), 4)
