"""Checks the reply of a case that was just opened, beside it: what is judged of its sentences is remembered.

So the first edit waits for the sentence that was changed alone, and not for all of them.
"""

from __future__ import annotations

import logging
import threading
from collections import deque

from voz.errors import VozError
from voz.service import review
from voz.service.service import Service
from voz.store.rows import DraftRow

log = logging.getLogger(__name__)
WAITING = 4
"""Who only looks through the queue opens more than can be read: of those that wait, the last are taken."""


class Ahead:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._waiting: deque[tuple[DraftRow, str]] = deque(maxlen=WAITING)
        self._something = threading.Condition()
        self._thread: threading.Thread | None = None

    def soon(self, draft: DraftRow | None, text: str) -> None:
        """Judge this text of the draft as soon as nothing else waits; nothing comes of it but that it is known."""
        if draft is None or draft.body is None or not text.strip():
            return
        with self._something:
            self._waiting.append((draft, text))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="voz-ahead", daemon=True)
                self._thread.start()
            self._something.notify()

    def _run(self) -> None:
        while True:
            with self._something:
                while not self._waiting:
                    self._something.wait()
                draft, text = self._waiting.pop()
            try:
                review.rehearse(self._service, draft, text)
            except VozError as error:
                log.warning("a reply could not be checked ahead: %s", error)
            except Exception:
                log.exception("a reply could not be checked ahead")
