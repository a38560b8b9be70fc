"""Workers in processes of their own, so that drafting never keeps a message from being acknowledged.

Python runs one thread at a time: threads that draft inside the serving process hold each of its requests up. A worker
that dies is started again; when the serving process is gone, however it went, its workers stop by themselves.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from voz.config import Settings

    Work = Callable[[Settings, int, threading.Event], None]
    """What the worker of a number does until the event is set; a function of a module, as it is found by its name."""

log = logging.getLogger(__name__)
PAUSES = (1.0, 5.0, 30.0)
"""Seconds before a worker that died is started again: the first time, the second, and from then on."""
STEADY = 60.0
"""Seconds after which a worker counts as well, and its next death as the first."""
GRACE = 6.0
"""Seconds to finish what was begun when voz is stopped."""


class Crew:
    """`settings.workers` processes that do `work` inside the `with` block."""

    def __init__(self, settings: Settings, work: Work) -> None:
        self._settings, self._work = settings, work
        self._stop = threading.Event()
        self._down: dict[int, str] = {}
        self._keepers: list[threading.Thread] = []

    def state(self) -> str:
        """`ok`, or which worker is down and how it ended."""
        return "; ".join(dict(self._down).values()) or "ok"

    def __enter__(self) -> Self:
        for number in range(self._settings.workers):
            keeper = threading.Thread(target=self._keep, args=(number,), name=f"voz-keeper-{number}", daemon=True)
            keeper.start()
            self._keepers.append(keeper)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for keeper in self._keepers:
            keeper.join(GRACE + 2)

    def _keep(self, number: int) -> None:
        deaths = 0
        while not self._stop.is_set():
            begun = time.monotonic()
            code = self._until_it_ends(number)
            if self._stop.is_set():
                return
            deaths = 0 if time.monotonic() - begun > STEADY else deaths
            pause = PAUSES[min(deaths, len(PAUSES) - 1)]
            deaths += 1
            self._down[number] = f"worker {number} ended with {code}"
            log.error("worker %d ended with %s; another starts in %g s", number, code, pause)
            self._stop.wait(pause)

    def _until_it_ends(self, number: int) -> int | None:
        context = multiprocessing.get_context("spawn")  # a fork would copy locks that threads of this process hold
        ours, theirs = context.Pipe()
        process = context.Process(target=_worker, args=(self._settings, self._work, number, theirs), daemon=True)
        process.start()
        theirs.close()
        self._down.pop(number, None)
        while process.is_alive() and not self._stop.is_set():
            process.join(0.2)
        ours.close()  # the worker hears it, finishes what it has begun, and ends
        process.join(GRACE)
        if process.is_alive():
            process.kill()  # its lease runs out, and somebody else takes the job over
            process.join()
        return process.exitcode


def _worker(settings: Settings, work: Work, number: int, parent: Connection) -> None:
    """The worker process: stops when it is told to, and when whoever started it is gone."""
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the serving process, which says when to stop
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def listen() -> None:
        try:
            parent.recv()
        except (EOFError, OSError):
            stop.set()

    threading.Thread(target=listen, name="voz-parent", daemon=True).start()
    work(settings, number, stop)
