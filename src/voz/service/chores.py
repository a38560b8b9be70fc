"""What is done by itself beside the jobs: messages that were put into the folder, and old cases erased at night."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from voz.errors import VozError
from voz.helpdesk.folder import take_in
from voz.service import erase, sweep
from voz.service.copies import Places
from voz.service.service import CannotTell, Service
from voz.service.taking_in import take
from voz.store import access
from voz.store.rows import MessageRow

if TYPE_CHECKING:
    from voz.config import Settings

EVERY = 2.0
"""Seconds between two looks into the folder."""
POLL = dt.timedelta(seconds=30)
SWEEP = dt.timedelta(minutes=5)
NIGHTLY = dt.timedelta(hours=24)
log = logging.getLogger(__name__)


def run(service: Service, settings: Settings, stop: threading.Event) -> None:
    """Until `stop` is set; a fault in one chore stops neither the others nor the next time."""
    chores: tuple[tuple[Callable[[], object], dt.timedelta], ...] = (
        (lambda: folder(service, settings), dt.timedelta(0)),
        (lambda: poll(service), POLL),
        (lambda: retain(service, settings), NIGHTLY),
        (lambda: sweep.sweep(service), SWEEP),
    )
    done: dict[int, dt.datetime] = {}
    while not stop.is_set():
        for place, (chore, every) in enumerate(chores):
            now = service.now()
            if place in done and now - done[place] < every:
                continue
            done[place] = now
            try:
                chore()
            except (VozError, OSError) as error:
                log.warning("a chore waits: %s", error)
        stop.wait(EVERY)


def folder(service: Service, settings: Settings) -> None:
    """Take in the messages that were put into the folder."""
    for path, reason in take_in(service, settings.home / "folder")[1]:
        log.warning("%s was not taken in: %s", path, reason)


def poll(service: Service) -> None:
    """Take in what waits in mailboxes and other places that do not tell of it by themselves."""

    def known(external_id: str) -> bool:
        with service.database.read() as tx:
            return access.first(tx, MessageRow, source=name, external_id=external_id) is not None

    for name, place in service.destinations.items():
        looks = getattr(place, "poll", None)
        if looks is None:
            continue
        try:
            for told in looks(known, service.now()):
                take(service, told)
        except (VozError, CannotTell, OSError) as error:
            log.warning("%s could not be read: %s", name, error)


def retain(service: Service, settings: Settings) -> None:
    """Erase what the retention setting says is old enough."""
    if settings.retention_days is None:
        return
    places = Places(home=settings.home, suites=service.suites)
    keep = dt.timedelta(days=settings.retention_days)
    done = erase.retain(service.database, service.now(), keep, places=places)
    if done.codes:
        log.info("%d cases were erased by retention, and %d files", len(done.codes), len(done.removed))
    for copy in done.left:
        log.warning("a copy of an erased case is left for a person to delete (%s): %s", copy.where, copy.what)
