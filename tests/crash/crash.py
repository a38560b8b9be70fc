"""Kills voz, again and again, at every step and in the middle of steps, and counts what was lost or sent twice.

`python tests/crash/crash.py [--random N] [--seed S]` prints the counts; `make crash` runs it. The helpdesk is one of
our own, in this process: it appends every post that reaches it, however often, and takes its time before and after.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SERVER = Path(__file__).with_name("server.py")
TEXTS = (
    "La taza ha llegado rota. ¿Me la cambiáis?",
    "¿Cuánto cuesta el envío a la península?",
    "Quiero devolver el pedido, ¿qué plazo tengo?",
)


class Helpdesk:
    """Threads of posts; answering is slow now and then, so that a kill falls between the post and its receipt."""

    def __init__(self, dice: random.Random) -> None:
        self.threads: dict[str, list[dict[str, Any]]] = defaultdict(list)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                time.sleep(dice.uniform(0, 0.03))
                posts = outer.threads[self.path]
                posts.append({"number": len(posts) + 1, **body})
                time.sleep(dice.uniform(0, 0.03))
                self._say(posts[-1])

            def do_GET(self) -> None:
                self._say(list(outer.threads[self.path]))

            def _say(self, value: Any) -> None:
                data = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                with suppress(OSError):  # the one who asked may have been killed meanwhile
                    self.wfile.write(data)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@dataclass
class Counts:
    kills: int = 0
    cases: int = 0
    lost: int = 0
    doubled: int = 0
    undelivered: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"kills {self.kills} · cases {self.cases} · lost: {self.lost} · doubled: {self.doubled} · "
            f"not delivered: {self.undelivered}"
        )


class Voz:
    """The process under test, on a home of its own."""

    def __init__(self, home: Path, helpdesk: Helpdesk) -> None:
        self.home, self.helpdesk, self.process = home, helpdesk, None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self, kill: str = "") -> None:
        command = [sys.executable, str(SERVER), str(self.home), str(self.port), self.helpdesk.url, kill]
        self.process = subprocess.Popen([part for part in command if part])

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON; status 0 where nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except (OSError, ValueError, http.client.HTTPException):  # killed in the middle of its answer
            return 0, None


def drive(voz: Voz, number: int, seen: dict[int, str]) -> bool:
    """Push one message a step on through its life, as a helpdesk and a reviewer would; True once it is answered."""
    status, told = voz.ask("/v1/messages", {
        "id": f"m{number}", "source": "crash", "thread_id": f"t{number}", "text": TEXTS[number % len(TEXTS)],
        "author": f"Cliente {number}",
    })  # fmt: skip
    if status != 202:
        return False
    seen.setdefault(number, told["case"])  # acknowledged: from here on it must never be lost
    status, view = voz.ask(f"/v1/cases/{told['case']}")
    if status != 200:
        return False
    case = view["case"]
    if case["status"] == "in_review" and view["draft"]:
        voz.ask(f"/v1/cases/{case['id']}/decisions", {
            "action": "approve", "version": case["version"], "reply": view["draft"]["reply"],
        })  # fmt: skip
    return bool(case["status"] == "delivered")


def checked(voz: Voz, numbers: range, seen: dict[int, str], counts: Counts) -> None:
    """Count what was lost or sent twice, once everything should be answered."""
    for number in numbers:
        status, told = voz.ask("/v1/messages", {
            "id": f"m{number}", "source": "crash", "thread_id": f"t{number}", "text": "otra vez", "author": "x",
        })  # fmt: skip
        posts = voz.helpdesk.threads[f"/t{number}"]
        counts.cases += 1
        if number in seen and (status != 202 or told["new_message"] or told["case"] != seen[number]):
            counts.lost += 1
            counts.faults.append(f"message {number}: {seen[number]} became {told}")
        if len(posts) > 1:
            counts.doubled += 1
            counts.faults.append(f"message {number}: {len(posts)} posts")
        if not posts:
            counts.undelivered += 1
            counts.faults.append(f"message {number}: no post; {voz.ask('/v1/cases/' + seen.get(number, '-'))[1]}")


def until(voz: Voz, numbers: range, seen: dict[int, str], seconds: float, stop_when_dead: bool) -> bool:
    """Drive all messages until they are answered (True), the process is dead, or the time is up."""
    end, left = time.monotonic() + seconds, set(numbers)
    while left and time.monotonic() < end:
        left -= {number for number in sorted(left) if drive(voz, number, seen)}
        if stop_when_dead and not voz.alive():
            return False
        time.sleep(0.05)
    return not left


def at_every_step(home: Path, helpdesk: Helpdesk, counts: Counts, steps: int) -> None:
    """One message for each boundary: voz dies there, starts again, and must finish."""
    voz, number, seen = Voz(home, helpdesk), 0, dict[int, str]()
    points = [f"{when}:{n}" for n in range(1, steps + 1) for when in ("before", "after")]
    for point in ["post:before:1", "post:after:1", *points]:
        voz.start(point)
        mine = range(number, number + 1)
        number += 1
        finished = until(voz, mine, seen, 60, stop_when_dead=True)
        if voz.alive():
            if finished:  # its life has fewer commits than that
                voz.kill()
                continue
            voz.kill()
        counts.kills += 1
        voz.start()
        until(voz, mine, seen, 150, stop_when_dead=False)
        checked(voz, mine, seen, counts)
        voz.kill()
        print(f"  {point}: {counts}", flush=True)


def at_random(home: Path, helpdesk: Helpdesk, counts: Counts, kills: int, dice: random.Random) -> None:
    """Several messages at once, and SIGKILL out of nowhere."""
    voz, seen, mine = Voz(home, helpdesk), dict[int, str](), range(1000, 1000 + 2 * kills)
    for turn in range(kills):
        voz.start()
        while voz.alive() and voz.ask("/healthz")[0] != 200:
            time.sleep(0.05)
        some = range(mine.start, mine.start + 2 * turn + 2)
        timer = threading.Timer(dice.uniform(0.02, 1.2), voz.kill)
        timer.start()
        while voz.alive():
            for number in some[-6:]:
                drive(voz, number, seen)
        timer.join()
        counts.kills += 1
    voz.start()
    until(voz, mine, seen, 300, stop_when_dead=False)
    checked(voz, mine, seen, counts)
    voz.kill()
    print(f"  at random: {counts}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10, help="commits of one life, each died before and after")
    parser.add_argument("--random", type=int, default=25, help="kills out of nowhere")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    dice, counts = random.Random(options.seed), Counts()
    helpdesk = Helpdesk(dice)
    with tempfile.TemporaryDirectory(prefix="voz-crash-") as folder:
        at_every_step(Path(folder), helpdesk, counts, options.steps)
        if options.random:
            at_random(Path(folder), helpdesk, counts, options.random, dice)
    for fault in counts.faults:
        print(f"  {fault}")
    print(counts)
    return 1 if counts.lost or counts.doubled or counts.undelivered else 0


if __name__ == "__main__":
    sys.exit(main())
