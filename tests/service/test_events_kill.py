"""A process killed with SIGKILL between an event and its delivery: nothing that was written is lost."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys

import pytest
from office import Office
from receiver import receiver

from voz.service import work
from voz.store import access
from voz.store.rows import EventRow

KILLED = """
import datetime as dt, os, signal, sys
from voz.service import endpoints, event_work, events, work
from voz.service.actor import OWNER
from voz.service.service import Service
from voz.store.database import open_database
from voz.store import access
from voz.store.rows import CaseRow
url, to, when = sys.argv[1:]
now = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
service = Service(open_database(url), desk=None, now=lambda: now, private_webhooks=True)
endpoints.add(service.database, OWNER, to, now=now, private=True)
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
with service.database.write() as tx:
    case = CaseRow("c1", "ABC", "api", "email", False, "x", "x", "x", now, now, now)
    access.add(tx, case)
    events.emit(tx, service, "case.received", case, {"case": events.shown(case)})
    if when == "before": die()
if when == "emitted": die()
post = event_work.post
def dies(*a, **k):
    if when == "sending": die()
    post(*a, **k)
    die()
event_work.post = dies
work.step(service, "w")
"""


@pytest.mark.parametrize(("when", "times"), [("before", 0), ("emitted", 1), ("sending", 1), ("sent", 2)])
def test_a_kill_loses_nothing(office: Office, url: str, when: str, times: int) -> None:
    """Killed before the commit there is nothing to tell; killed after the post the receiver knows the id again."""
    with receiver() as told:
        ran = subprocess.run([sys.executable, "-c", KILLED, url, told.url, when], env={**os.environ}, timeout=60)
        assert ran.returncode == -signal.SIGKILL
        service = dataclasses.replace(office.service, private_webhooks=True)
        office.clock.later(minutes=5)  # the dead worker's lease is over
        work.drain(service)
        assert len(told.got) == times
        assert len({got.headers["webhook-id"] for got in told.got}) <= 1
        with office.service.database.read() as tx:
            assert len(access.find(tx, EventRow)) == (0 if when == "before" else 1)
