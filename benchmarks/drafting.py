"""What a draft costs: `drafting.py [--knowledge DIR] [--messages FILE]`.

Prints, from one run: seconds to index from nothing and again without a change, and warm milliseconds per draft with the
extractive writer (p50, p95), with the memory that the process holds at the end.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from voz.case import Message
from voz.config import Settings
from voz.pipeline import open_desk, prepare

ROOT = Path(__file__).resolve().parent.parent
TODAY = dt.date(2026, 11, 23)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--knowledge", type=Path, default=ROOT / "knowledge")
    parser.add_argument("--messages", type=Path, default=ROOT / "evals" / "messages.jsonl")
    parser.add_argument("--warm", type=Path, default=ROOT / "tests" / "companies" / "pedales" / "messages.jsonl")
    parser.add_argument("--home", type=Path, help="an index that is there already; otherwise one is made from nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        settings = Settings(knowledge=options.knowledge, home=home, today=TODAY, writer="extractive")
        first = seconds(lambda: open_desk(settings).library.close())
        started = time.perf_counter()
        desk = open_desk(settings)
        again = time.perf_counter() - started
        for message in read(options.warm):  # another company's: what is measured has never been seen
            prepare(message, desk)
        wall, cpu = [], []
        for message in read(options.messages):
            started, worked = time.perf_counter(), time.process_time()
            prepare(message, desk)
            wall.append(1000 * (time.perf_counter() - started))
            cpu.append(1000 * (time.process_time() - worked))
        desk.library.close()
    passages = desk.library.passages
    print(f"{len({p.source for p in passages})} documents, {len(passages)} passages")
    print(f"| open from nothing | {first:.1f} s |\n| open again, no change | {again:.2f} s |")
    print(f"| draft, wall p50 / p95 | {np.percentile(wall, 50):.0f} / {np.percentile(wall, 95):.0f} ms |")
    print(f"| draft, CPU p50 / p95 | {np.percentile(cpu, 50):.0f} / {np.percentile(cpu, 95):.0f} ms |")
    print(f"| memory, now / peak | {resident():.0f} / {peak():.0f} MB |")
    print(f"| load of the machine (1 min) | {os.getloadavg()[0]:.1f} |")


def read(path: Path) -> list[Message]:
    return [Message.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]


def seconds(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
