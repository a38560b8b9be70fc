"""Hostile input must end: a test stops, and fails, when what it runs is still going long after anything linear is done.

This is no measure of speed (benchmarks/ has those): the sizes are chosen so that what grows with the square of the
input takes minutes, and what grows with the input a second or so, on a machine however busy.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ends(seconds: float = 60.0) -> Iterator[None]:
    """Raise AssertionError out of the body when it still runs after that many seconds (main thread only)."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still running after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
