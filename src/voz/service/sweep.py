"""What nobody needs any more is removed: first answers after a day, done jobs and told events after ninety, the ids
of deliveries that were taken in after seven, and what came in early and never found its case after fourteen.

The audit trail tells for ever what they did; `voz export` shows a case's jobs and events for as long as they are kept.
"""

from __future__ import annotations

import datetime as dt

from voz.service import answers, early, inbox
from voz.service.service import Service
from voz.store import access, schema
from voz.store.rows import AnswerRow, EarlyRow, EventRow, InboxEntry, JobRow

TOLD_KEPT = dt.timedelta(days=90)
"""Much longer than the days for which an event is tried."""
AT_ONCE = 500
"""Rows in one transaction: nobody waits long for it."""


def sweep(service: Service) -> int:
    """Remove some of what was kept long enough; how many rows."""
    now = service.now()
    old = (
        (AnswerRow, schema.answers.c.begun_at <= now - answers.KEPT),
        (EarlyRow, schema.early.c.stored_at <= now - early.KEPT),
        (InboxEntry, schema.inbox.c.done_at <= now - inbox.KEPT),
        (JobRow, schema.jobs.c.done_at <= now - TOLD_KEPT),
        (EventRow, schema.events.c.at <= now - TOLD_KEPT),
    )
    removed = 0
    for kind, where in old:
        with service.database.read() as tx:
            if access.first(tx, kind, where) is None:
                continue
        with service.database.write() as tx:
            rows = access.find(tx, kind, where, limit=AT_ONCE, lock=True)
            for row in rows:
                access.remove(tx, row)
        removed += len(rows)
    return removed
