"""Workers in processes of their own: started again when they die, gone when the serving process is, and they draft."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_company import write_company

from voz.config import Settings
from voz.service import processes
from voz.service.processes import Crew


def note_and_wait(settings: Settings, number: int, stop: threading.Event) -> None:
    """Leaves its pid in the home; the first one of all dies at once, as if the machine had killed it."""
    others = list(settings.home.glob("*.pid"))
    (settings.home / f"{os.getpid()}.pid").write_text(str(number))
    if not others:
        os._exit(3)
    stop.wait()
    (settings.home / f"{os.getpid()}.ended").write_text("")


def wait_until(true: Callable[[], Any], seconds: float = 90) -> Any:
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)
    return found


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_that_dies_is_started_again_and_ends_with_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PAUSES", (3.0,))
    with Crew(Settings(home=tmp_path, workers=1), note_and_wait) as crew:
        wait_until(lambda: crew.state() != "ok")
        assert crew.state() == "worker 0 ended with 3"
        wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
        assert crew.state() == "ok"
        pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert not any(alive(pid) for pid in pids)
    assert len(list(tmp_path.glob("*.ended"))) == 1, "the second one was told to stop, not killed"


def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    (tmp_path / "0.pid").write_text("so that the first one lives")
    script = """
        import time
        from pathlib import Path
        from test_processes import note_and_wait
        from voz.config import Settings
        from voz.service.processes import Crew
        if __name__ == "__main__":
            with Crew(Settings(home=Path("."), workers=2), note_and_wait):
                time.sleep(600)
    """
    (tmp_path / "parent.py").write_text(textwrap.dedent(script))
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    parent = subprocess.Popen([sys.executable, "parent.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths})
    wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == 3)
    parent.kill()
    parent.wait()
    wait_until(lambda: len(list(tmp_path.glob("*.ended"))) == 2)
    wait_until(lambda: not any(alive(int(path.stem)) for path in tmp_path.glob("*.ended")))


class Server:
    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        write_company(folder / "knowledge")
        env = {**os.environ, "VOZ_KNOWLEDGE": str(folder / "knowledge"), "VOZ_HOME": str(folder / "home")}
        command = [sys.executable, "-m", "voz.cli", "serve", "--port", self.url.rpartition(":")[2]]
        self.log = folder / "serve.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        wait_until(self.ready)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return bool(self.ask("/readyz")["status"] == "ready")
        except OSError:
            return False

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    def received(self, text: str) -> str:
        return str(self.ask("/v1/messages", {"channel": "email", "author": "Ana", "text": text})["case"])

    def drafted(self, case: str) -> bool:
        return bool(self.ask(f"/v1/cases/{case}")["case"]["status"] == "in_review")

    def workers(self) -> list[int]:
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", "spawn_main"], capture_output=True)
        return [int(pid) for pid in found.stdout.split()]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    opened = Server(tmp_path)
    yield opened
    opened.process.kill()
    opened.process.wait()


def test_voz_serve_drafts_in_another_process_and_survives_its_death(server: Server) -> None:
    first = server.received("La taza ha llegado rota. ¿Me la cambiáis?")
    wait_until(lambda: server.drafted(first))
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    second = server.received("¿Cuánto cuesta el envío a la península?")
    wait_until(lambda: server.drafted(second))
    assert server.workers() != [worker]
    assert "worker 0 ended with -9" in server.log.read_text()


def test_ctrl_c_ends_the_workers_too(server: Server) -> None:
    wait_until(lambda: server.workers())
    (worker,) = server.workers()
    server.process.send_signal(signal.SIGINT)
    server.process.wait(30)
    assert not alive(worker)
