"""The worker: takes due jobs one after the other and does them, until it is told to stop.

Any number of workers may run, in threads and in processes; each job is leased to one of them. What a step does is
written in the transaction that finishes its job, so a worker that dies in the middle leaves nothing half done.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from voz.errors import VozError
from voz.service import by_hand, deliver, draft_work, endpoints, event_work, events, inbox, remind
from voz.service.actor import SYSTEM
from voz.service.cases import save
from voz.service.pauses import growing
from voz.service.service import CannotTell, Service
from voz.store import access, jobs
from voz.store.jobs import LostLease
from voz.store.rows import CaseRow, JobRow

log = logging.getLogger(__name__)
STEPS: dict[str, Callable[[Service, JobRow], None]] = {
    "draft": draft_work.run,
    "deliver": deliver.run,
    "wake": remind.wake,
    "commitment": remind.commitment,
    inbox.KIND: inbox.run,
    events.KIND: event_work.run,
    endpoints.RETIRE: event_work.retire,
    endpoints.GIVE_UP: event_work.failing,
}
EVENTS = (events.KIND,)
"""Posts to strangers' servers: a worker of their own does them, so that a slow one keeps no customer waiting."""
ARRIVALS = (inbox.KIND,)
"""May wait for a helpdesk's server: workers of their own, so that neither keeps the other waiting."""
CASES = tuple(kind for kind in STEPS if kind not in EVENTS + ARRIVALS)
ATTEMPTS = {events.KIND: event_work.ATTEMPTS, jobs.APPROVED: deliver.ATTEMPTS, inbox.KIND: deliver.ATTEMPTS}
"""How often a job of a kind is tried; Service.limits for the others."""
IDLE_SECONDS = 0.25


def run(service: Service, stop: threading.Event, *, idle: float = IDLE_SECONDS, kinds: Sequence[str] = ()) -> None:
    """Work until `stop` is set, on jobs of some kinds or of all; a fault in one job never stops the others."""
    owner = f"{os.getpid()}-{threading.get_ident():x}-{secrets.token_hex(3)}"
    while not stop.is_set():
        try:
            worked = step(service, owner, kinds)
        except VozError as error:  # the database is busy or gone: what is due stays due
            log.warning("a worker waits: %s", error)
            worked = False
        if not worked:
            stop.wait(idle)


def drain(service: Service, limit: int = 10_000) -> int:
    """Do everything that is due now; how many jobs were done. For the command line and for tests."""
    owner = f"drain-{secrets.token_hex(4)}"
    done = 0
    while done < limit and step(service, owner):
        done += 1
    return done


def step(service: Service, owner: str, kinds: Sequence[str] = ()) -> bool:
    """Do one job, if one is due. An error is told to the case and tried again later, with growing pauses."""
    with service.database.read() as tx:
        if not jobs.due(tx, service.now(), kinds):
            return False  # to look takes no lock: whoever has nothing to do keeps nobody waiting
    with service.database.write() as tx:
        job = jobs.lease(tx, owner, service.now(), service.limits.lease, kinds)
    if job is None:
        return False
    try:
        with _kept(service, job):
            STEPS[job.kind](service, job)
    except LostLease as error:
        log.warning("%s", error)
    except Exception as error:
        expected = isinstance(error, CannotTell)
        log.error("job %s (%s) failed: %s", job.id, job.kind, error, exc_info=None if expected else error)
        _failed(service, job, error)
    return True


@contextmanager
def _kept(service: Service, job: JobRow) -> Iterator[None]:
    """The lease is renewed beside the work, as long as this process lives: a slow model loses no lease."""
    over = threading.Event()
    every = service.limits.lease.total_seconds() / 3

    def renew() -> None:
        while not over.wait(every):
            try:
                with service.database.write() as tx:
                    jobs.renew(tx, job, service.now() + service.limits.lease)
            except LostLease:
                return
            except VozError as error:
                log.warning("a lease could not be renewed: %s", error)

    keeper = threading.Thread(target=renew, daemon=True, name=f"voz-lease-{job.id}")
    keeper.start()
    try:
        yield
    finally:
        over.set()


def _failed(service: Service, job: JobRow, error: Exception) -> None:
    """Try again later; after the last attempt the case is marked as failed, with the reason and the step."""
    told = str(error) if isinstance(error, VozError | CannotTell) else f"{type(error).__name__}: {error}"
    now, limits = service.now(), service.limits
    again = job.attempts < ATTEMPTS.get(job.kind, limits.attempts)
    try:
        empty = by_hand.blank(service, job.case_id) if job.kind == "draft" and job.case_id and not again else None
        with service.database.write() as tx:
            if again:
                pause = max(growing(job.attempts, limits.backoff, limits.most_pause), deliver.asked_for(error))
                jobs.retry(tx, job, now + pause, told)
                return
            case = access.get(tx, CaseRow, job.case_id, lock=True) if job.case_id else None
            jobs.give_up(tx, job, now, told)
            if job.kind == jobs.APPROVED:
                deliver.given_up(tx, service, job, told)
            elif job.kind == inbox.KIND:
                inbox.given_up(tx, service, job, told)
            elif case is not None:
                failure = {"failed_step": job.kind, "failure": told, "drafting_since": None}
                failure |= by_hand.kept(tx, service, case, empty) if empty else {}
                save(tx, service, SYSTEM, case, "failed", subject=job.kind, after={"reason": told}, **failure)
    except VozError as lost:
        log.warning("job %s: %s", job.id, lost)
