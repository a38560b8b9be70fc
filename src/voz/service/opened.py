"""The service put together from settings, and its workers started and stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from voz.helpdesk.folder import Folder
from voz.service import chores, work
from voz.service.service import Service
from voz.store.database import open_database, sqlite_url

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.helpdesk.contract import Helpdesk
    from voz.pipeline import Desk

READERS = 2
"""Threads that take in what helpdesks delivered: while one waits for a slow helpdesk the other goes on."""
WORKERS = 2
"""Threads that draft and deliver beside the desk: so many cores are kept busy by one model-less writer."""


def open_service(settings: Settings, desk: Desk, helpdesks: Mapping[str, Helpdesk] | None = None) -> Service:
    """The service over the database that the settings name. Raises StoreError."""
    url = settings.database or sqlite_url(settings.home)
    return Service(
        database=open_database(url),
        desk=desk,
        destinations={Folder.name: Folder(settings.home / "folder"), **(helpdesks or {})},
        home=settings.home,
        knowledge=settings.knowledge,
        private_webhooks=settings.allow_private_webhooks,
        suites=settings.suites,
    )


@contextmanager
def working(service: Service, threads: int = WORKERS, settings: Settings | None = None) -> Iterator[None]:
    """Workers beside whatever is done inside; what they have begun is finished, or taken up again later.

    With `settings`, the chores too: the folder's messages are taken in, and what is old enough is erased.
    """
    stop = threading.Event()
    workers = [
        threading.Thread(
            target=work.run, args=(service, stop), kwargs={"kinds": work.CASES}, daemon=True, name=f"voz-worker-{n}"
        )
        for n in range(threads)
    ]
    workers += [
        threading.Thread(
            target=work.run, args=(service, stop), kwargs={"kinds": work.ARRIVALS}, daemon=True, name=f"voz-inbox-{n}"
        )
        for n in range(READERS)
    ]
    workers.append(
        threading.Thread(
            target=work.run,
            args=(service, stop),
            kwargs={"kinds": work.EVENTS, "idle": 1.0},
            daemon=True,
            name="voz-events",
        )
    )
    if settings is not None:
        workers.append(threading.Thread(target=chores.run, args=(service, settings, stop), daemon=True))
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        for worker in workers:
            worker.join(timeout=5)
