"""Ctrl-C heard wherever it lands."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def asked_to_stop() -> Iterator[list[bool]]:
    """Not empty once Ctrl-C came: what is begun is finished. The second Ctrl-C is a KeyboardInterrupt.

    An exception alone is not enough: raised inside a callback of some library it is printed and forgotten. Outside the
    main thread nothing can be heard, and nothing is changed.
    """
    asked: list[bool] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def first(number: int, frame: object) -> None:
        asked.append(True)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, first)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
