"""The jobs that wait for a moment: a case set aside comes back, a commitment falls due."""

from __future__ import annotations

from voz.service import events
from voz.service.actor import SYSTEM
from voz.service.cases import case_of, save
from voz.service.service import Service
from voz.service.status import REOPENED
from voz.store import access, jobs
from voz.store.rows import CommitmentRow, JobRow


def wake(service: Service, job: JobRow) -> None:
    """A case that was set aside is in the queue again."""
    assert job.case_id is not None
    with service.database.write() as tx:
        case = case_of(tx, job.case_id, lock=True)
        jobs.finish(tx, job, service.now())
        if case.snoozed_until and case.snoozed_until <= service.now():
            save(tx, service, SYSTEM, case, "woke", snoozed_until=None)


def commitment(service: Service, job: JobRow) -> None:
    """What was promised has fallen due and nobody said that it was done: the case waits for a person again.

    Also one that was closed meanwhile: «no answer needed» to a thank-you does not keep what the answer promised.
    """
    assert job.case_id is not None
    with service.database.write() as tx:
        case = case_of(tx, job.case_id, lock=True)
        jobs.finish(tx, job, service.now())
        promise = access.get(tx, CommitmentRow, job.ref, lock=True)
        if promise is None or promise.done_at or promise.reminded_at:
            return
        access.change(tx, CommitmentRow, promise.id, reminded_at=service.now())
        if case.erased_at:
            return
        case = save(
            tx, service, SYSTEM, case, "commitment_due", subject=promise.id, reopened_for=f"commitment:{promise.id}",
            **REOPENED,
        )  # fmt: skip
        events.overdue(tx, service, case, promise)
