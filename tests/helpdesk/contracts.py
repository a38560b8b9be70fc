"""Vendors' own OpenAPI files, served by Prism (npm), which says of every call whether it keeps to them.

The files are not part of the project: `VOZ_SPECS` names their folder (default: ../shared/specs beside the project).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

VERSION = "5.16.0"
ROOT = Path(__file__).parents[2]


def spec(name: str) -> Path:
    found = Path(os.environ.get("VOZ_SPECS", ROOT.parent / "shared" / "specs")) / name
    if not found.is_file():
        pytest.skip(f"LOUD: {found} is not there: the vendor's own contract was NOT checked (set VOZ_SPECS)")
    return found


def _prism() -> Path:
    home = (
        Path(os.environ.get("VOZ_TEST_ENVIRONMENTS", Path(tempfile.gettempdir()) / "voz-test-environments")) / "prism"
    )
    command = home / "node_modules" / ".bin" / "prism"
    if command.exists():
        return command
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("LOUD: no npm here: the vendor's own contract was NOT checked")
    home.mkdir(parents=True, exist_ok=True)
    wanted = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", f"@stoplight/prism-cli@{VERSION}"]
    done = subprocess.run(wanted, cwd=home, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"LOUD: Prism cannot be installed, the contract was NOT checked: {done.stderr[-200:]}")
    return command


class Contract:
    """A client whose every call has to keep to the contract; `calls` counts them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[str] = []
        self.client = httpx.Client(event_hooks={"response": [self._judged]})

    def _judged(self, answer: httpx.Response) -> None:
        answer.read()
        self.calls.append(f"{answer.request.method} {answer.request.url.path}")
        violations = answer.headers.get("sl-violations", "")
        asked = [one for one in violations.split("},{") if '"request"' in one]
        assert not asked, f"{answer.request.method} {answer.request.url}: {violations}"
        assert answer.status_code < 400, (
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        )


@contextmanager
def contract(name: str) -> Iterator[Contract]:
    described, command = spec(name), _prism()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [str(command), "mock", "--host", "127.0.0.1", "--port", str(port), str(described)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(600):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "Prism ended"
            time.sleep(0.1)
        held = Contract(f"http://127.0.0.1:{port}")
        with held.client:
            yield held
    finally:
        process.kill()
        process.wait()
