"""The jobs that tell endpoints of events, as Standard Webhooks lays down, and that look after the endpoints.

Each event reaches each endpoint at least once: whoever takes it knows it again by its `webhook-id`.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
from dataclasses import dataclass

from voz import __version__
from voz.errors import InputError
from voz.service import endpoints, events
from voz.service.outward import Answer, Forbidden, Unreached, post
from voz.service.pauses import asked
from voz.service.service import Service
from voz.store import access, jobs
from voz.store.rows import EndpointRow, EventRow, JobRow

PAUSES = tuple(dt.timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
"""Between one attempt and the next: with all of them, more than three days."""
ATTEMPTS = len(PAUSES) + 1
MOST_PAUSE = dt.timedelta(hours=24)
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt."""

    taken: bool
    told: str
    gone: bool = False
    retry_after: str = ""


def run(service: Service, job: JobRow) -> None:
    """Tell one endpoint of one event, now or later."""
    event_id, _, endpoint_id = job.ref.partition(":")
    with service.database.read() as tx:
        event, endpoint = access.get(tx, EventRow, event_id), access.get(tx, EndpointRow, endpoint_id)
    if event is None or endpoint is None or endpoint.disabled_at is not None:
        with service.database.write() as tx:
            jobs.give_up(tx, job, service.now(), "the endpoint is told nothing any more")
        return
    outcome = send(endpoint, event, service.now(), private=service.private_webhooks)
    now = service.now()
    with service.database.write() as tx:
        if outcome.taken:
            jobs.finish(tx, job, now)
            endpoints.answered(tx, endpoint, now=now)
            return
        if outcome.gone:
            endpoints.stop(tx, endpoint, outcome.told, now=now)
        else:
            endpoints.silent(tx, endpoint, now=now)
        if outcome.gone or job.attempts >= ATTEMPTS:
            jobs.give_up(tx, job, now, outcome.told)
        else:
            jobs.retry(tx, job, now + pause(job.attempts, outcome.retry_after, now), outcome.told)


def retire(service: Service, job: JobRow) -> None:
    """Forget a secret that was replaced a day ago; never the last one."""
    endpoint_id, _, mark = job.ref.partition(":")
    with service.database.write() as tx:
        row = access.get(tx, EndpointRow, endpoint_id, lock=True)
        jobs.finish(tx, job, service.now())
        if row is not None:
            kept = (row.secrets[0], *(one for one in row.secrets[1:] if endpoints.fingerprint(one) != mark))
            access.change(tx, EndpointRow, row.id, secrets=kept)


def failing(service: Service, job: JobRow) -> None:
    """Five days without one delivery taken: the endpoint is told nothing more until somebody enables it."""
    with service.database.write() as tx:
        row = access.get(tx, EndpointRow, job.ref, lock=True)
        jobs.finish(tx, job, service.now())
        if row is not None and row.disabled_at is None:
            endpoints.stop(tx, row, f"took nothing for {endpoints.FAILING.days} days", now=service.now())


def tried(endpoint: EndpointRow, now: dt.datetime, *, private: bool) -> Outcome:
    """One event without a case, sent now and only once, so that somebody sees whether it arrives."""
    event = EventRow(access.new_id("e", now), events.TEST, now, None, {"endpoint": endpoint.id})
    return send(endpoint, event, now, private=private)


def send(endpoint: EndpointRow, event: EventRow, now: dt.datetime, *, private: bool) -> Outcome:
    """Post an event to an endpoint, once."""
    body = json.dumps(events.payload(event), ensure_ascii=False, separators=(",", ":")).encode()
    headers = signed(endpoint.secrets, event.id, now, body)
    try:
        answer = post(endpoint.url, body, headers, private=private)
    except (Forbidden, Unreached, InputError) as error:
        return Outcome(False, str(error))
    return _outcome(answer)


def signed(secrets: tuple[str, ...], id: str, now: dt.datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery, with a signature for each secret."""
    at = str(int(now.timestamp()))
    return {
        "webhook-id": id, "webhook-timestamp": at, "content-type": "application/json",
        "webhook-signature": " ".join(signature(secret, id, at, body) for secret in secrets),
        "user-agent": f"voz/{__version__}",
    }  # fmt: skip


def signature(secret: str, id: str, at: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, hashlib.sha256)).decode("ascii")


def pause(attempts: int, retry_after: str, now: dt.datetime) -> dt.timedelta:
    """How long to wait after so many attempts: a little more or less each time, and as long as was asked for."""
    usual = PAUSES[min(attempts, len(PAUSES)) - 1] * random.uniform(0.9, 1.2)
    return max(usual, min(asked(retry_after, now), MOST_PAUSE))


def _outcome(answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return Outcome(True, f"answered {answer.status}")
    if answer.status == GONE:
        return Outcome(False, f"answered {GONE}: it wants nothing any more", gone=True)
    moved = " and redirects are not followed" if 300 <= answer.status < 400 else ""
    return Outcome(False, f"answered {answer.status}{moved}", retry_after=answer.retry_after)
