"""What nobody needs any more goes; what is waited for stays however old it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from office import Office

from voz.service import sweep
from voz.store import access, jobs
from voz.store.rows import EventRow, JobRow


def rows(office: Office, kind: type[Any]) -> list[Any]:
    with office.service.database.read() as tx:
        return access.find(tx, kind)


def test_done_jobs_and_old_events_go_after_ninety_days(office: Office) -> None:
    office.drafted()
    with office.service.database.write() as tx:
        access.add(tx, EventRow("e-1", "case.drafted", office.clock(), None, {}))
        jobs.enqueue(tx, "event", now=office.clock(), ref="e-1:gone", run_at=office.clock() + dt.timedelta(days=400))
    assert sweep.sweep(office.service) == 0
    office.clock.later(days=89)
    assert sweep.sweep(office.service) == 0
    office.clock.later(days=2)
    before = [one.kind for one in rows(office, JobRow)]
    assert sweep.sweep(office.service) == before.count("draft") + 1
    assert [one.kind for one in rows(office, JobRow)] == [kind for kind in before if kind != "draft"]
    assert rows(office, EventRow) == []


def test_a_heap_of_old_rows_goes_bit_by_bit(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr(sweep, "AT_ONCE", 3)
    with office.service.database.write() as tx:
        for number in range(5):
            access.add(tx, EventRow(f"e-{number}", "case.drafted", office.clock(), None, {}))
    office.clock.later(days=91)
    assert [sweep.sweep(office.service) for _ in range(3)] == [3, 2, 0]
