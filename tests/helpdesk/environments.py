"""Helpdesks and mail servers that the tests run live in environments of their own, never in voz's.

They are made once with uv (or venv and pip) under the folder for temporary files, from PyPI, and kept there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


def environment(name: str, *requirements: str) -> Path:
    """The interpreter of an environment with these packages; the test is skipped, and says why, without a network."""
    folder = Path(os.environ.get("VOZ_TEST_ENVIRONMENTS", Path(tempfile.gettempdir()) / "voz-test-environments"))
    home = folder / f"{name}-{sys.version_info[0]}.{sys.version_info[1]}"
    python, ready = home / "bin" / "python", home / ".ready"
    if ready.is_file() and ready.read_text() == "\n".join(requirements):
        return python
    uv = shutil.which("uv")
    make = [[uv, "venv", "-q", "--clear", "-p", sys.executable, str(home)],
            [uv, "pip", "install", "-q", "-p", str(python), *requirements]] if uv else [
            [sys.executable, "-m", "venv", "--clear", str(home)],
            [str(python), "-m", "pip", "install", "-q", *requirements]]  # fmt: skip
    for command in make:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"LOUD: {' '.join(requirements)} cannot be installed: {done.stderr.strip()[-300:]}")
    ready.write_text("\n".join(requirements))
    return python
