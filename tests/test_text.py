"""Folding and stems, also from many threads at once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from voz.text import _stem, fold, stems, words


def test_fold_words_and_stems() -> None:
    assert fold("Devolución, ¡Ñandú!") == "devolucion, ¡nandu!"
    assert words("Son 12,90 € el 31/12/2025.") == ["son", "12,90", "el", "31/12/2025"]
    assert stems("garantía") == stems("garantias")


def test_stems_are_the_same_from_many_threads() -> None:
    """Snowball's stemmers hold the word they work on; shared between threads they fail or mix words up."""
    texts = [
        f"devolveríamos{a}ciones reembolsándonos{b} garantizadas{a}{b}mente" for a in "abcdefgh" for b in "stuvwxyz"
    ]
    alone = [stems(text) for text in texts]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            _stem.cache_clear()
            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(stems, texts)) == alone
    finally:
        sys.setswitchinterval(before)
