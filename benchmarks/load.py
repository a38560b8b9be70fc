"""Load on POST /v1/messages, against a bare FastAPI handler that inserts one row: `load.py [--seconds 10]`.

Each is served by uvicorn in a process of its own, with SQLite on the disk (WAL, synchronous FULL); this process sends
messages over open connections, each as soon as the one before was answered. voz is measured three times: alone; as
`voz serve` runs, with a worker process that drafts what comes in meanwhile; and with drafting threads of its own
(VOZ_WORKERS=0). Afterwards every message that was answered 202 must be in the database, once. The runs follow each
other on the same machine; the sender takes its share of the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("bare", "voz", "voz-worker", "voz-threads")
TEXT = "Llevo tres semanas esperando el pedido {n} y la cafetera ha llegado rota. ¿Me la cambiáis?"


@dataclass(frozen=True)
class Run:
    name: str
    sent: int
    refused: int
    lost: int
    rate: float
    p50: float
    p99: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--serve", nargs=3, metavar=("KIND", "PORT", "HOME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve[0], int(options.serve[1]), Path(options.serve[2]))
        return
    runs = [measured(kind, options.seconds, options.connections) for kind in KINDS]
    print(f"{options.connections} connections, {options.seconds:g} s each, {os.cpu_count()} cores, load "
          f"{os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"{'':12} {'answered':>9} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8} {'refused':>8} {'lost':>5}")
    for run in runs:
        print(f"{run.name:12} {run.sent:9} {run.rate:9.0f} {run.p50:8.1f} {run.p99:8.1f} {run.refused:8} {run.lost:5}")
    print(f"voz takes {runs[1].rate / runs[0].rate:.0%} of the messages a bare handler inserts")
    if any(run.lost or run.refused for run in runs):
        sys.exit("messages were lost or refused")


def measured(kind: str, seconds: float, connections: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="voz-load-") as folder:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, __file__, "--serve", kind, str(port), folder])
        try:
            wait_for(port, server)
            took, answers = asyncio.run(load(port, seconds, connections))
        finally:
            server.terminate()
            server.wait(30)
        good = [found for status, found, _ in answers if status == 202]
        times = sorted(ms for _, _, ms in answers)
        return Run(
            kind, len(good), len(answers) - len(good), missing(kind, Path(folder), good), len(good) / took,
            times[len(times) // 2], times[int(len(times) * 0.99)],
        )  # fmt: skip


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            sys.exit("the server did not start")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit("the server did not answer")


async def load(port: int, seconds: float, connections: int) -> tuple[float, list[tuple[int, str, float]]]:
    """(status, id of the message, milliseconds) of each request, and how long all took."""
    answers: list[tuple[int, str, float]] = []
    await asyncio.gather(*(one(port, 0.5, f"warm-{n}", []) for n in range(2)))
    await asyncio.sleep(8)  # for the worker to have come up, and for what loads beside the start
    begun = time.monotonic()
    await asyncio.gather(*(one(port, seconds, f"c{n}", answers) for n in range(connections)))
    return time.monotonic() - begun, answers


async def one(port: int, seconds: float, name: str, answers: list[tuple[int, str, float]]) -> None:
    """One connection: requests one after the other, written by hand, as a client library would take the most time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    until, n = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        key, n = f"{name}-{n}", n + 1
        body = json.dumps({"id": key, "author": name, "channel": "email", "text": TEXT.format(n=key)}).encode()
        head = f"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        head += f"idempotency-key: {key}\r\ncontent-length: {len(body)}\r\n\r\n"
        at = time.perf_counter()
        writer.write(head.encode() + body)
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            header, _, value = line.partition(b":")
            length = int(value) if header.lower() == b"content-length" else length
        found = json.loads(await reader.readexactly(length))
        answers.append((status, str(found.get("message", "")), (time.perf_counter() - at) * 1000))
    writer.close()


def missing(kind: str, folder: Path, good: list[str]) -> int:
    """How many of the acknowledged messages are not in the database, or are there under one id."""
    with sqlite3.connect(folder / ("bare.db" if kind == "bare" else "cases.db")) as database:
        stored = {str(row[0]) for row in database.execute("SELECT id FROM messages")}
    return len(good) - len(set(good) & stored)


def serve(kind: str, port: int, home: Path) -> None:
    import uvicorn

    if kind == "bare":
        uvicorn.run(bare(home), host="127.0.0.1", port=port, log_level="error")
        return
    from voz.api import create_app
    from voz.config import Settings
    from voz.pipeline import open_desk
    from voz.serve import SWITCH, work_apart
    from voz.service.opened import open_service, working
    from voz.service.processes import Crew

    knowledge = home / "knowledge"
    shutil.copytree(ROOT / "knowledge" / "brand", knowledge / "brand")
    for name in ("devoluciones.md", "envios.md"):
        shutil.copy(ROOT / "knowledge" / "politicas" / name, knowledge)
    settings = Settings(knowledge=knowledge, home=home, writer="extractive", workers=int(kind == "voz-worker"))
    desk = open_desk(settings)
    service = open_service(settings, desk)
    sys.setswitchinterval(SWITCH)
    with Crew(settings, work_apart), working(service) if kind == "voz-threads" else nullcontext():
        uvicorn.run(create_app(desk, service=service, page=False), host="127.0.0.1", port=port, log_level="error")


def bare(home: Path) -> Any:
    """The least that a service can do that loses nothing: one row, on the disk, before the answer."""
    from fastapi import FastAPI

    app = FastAPI()
    database = sqlite3.connect(home / "bare.db", check_same_thread=False, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, author TEXT, text TEXT)")

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/v1/messages", status_code=202)
    async def messages(message: dict[str, Any]) -> dict[str, Any]:
        made = database.execute(
            "INSERT INTO messages (author, text) VALUES (?, ?)", (message["author"], message["text"])
        )  # fmt: skip
        return {"message": str(made.lastrowid)}

    return app


if __name__ == "__main__":
    main()
