"""What each direct dependency weighs, measured in this environment, into docs/decisions/dependencies.md.

*Itself* is what its own files take on disk; *brings alone* adds whatever is here for its sake only, that is, what
would go if it went. Files are counted as pip recorded them.
"""

from __future__ import annotations

import importlib.metadata as metadata
import os
import re
import tomllib
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "decisions" / "dependencies.md"
BLOCK = re.compile(r"(<!-- sizes -->\n).*?(<!-- /sizes -->)", re.DOTALL)


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = {canonicalize_name(r.name): r for line in project["dependencies"] if here(r := Requirement(line))}
    reached = {name: closure(name, tuple(sorted(wanted.extras))) for name, wanted in direct.items()}
    rows = []
    for name in direct:
        others = frozenset().union(*(reached[other] for other in direct if other != name))
        rows.append((name, size(name), sum(size(one) for one in reached[name] - others)))
    everything = frozenset().union(*reached.values())
    text = "| package | version | licence | itself, MB | brings alone, MB |\n|---|---|---|--:|--:|\n"
    for name, own, alone in sorted(rows, key=lambda row: -row[2]):
        text += f"| {name} | {metadata.version(name)} | {licence(name)} | {mb(own)} | {mb(alone)} |\n"
    total = sum(size(name) for name in everything)
    text += f"\nTogether {len(everything)} packages, {mb(total)} MB; the test tools come on top.\n"
    PAGE.write_text(BLOCK.sub(lambda m: m[1] + text + m[2], PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def here(wanted: Requirement, extras: tuple[str, ...] = ("",)) -> bool:
    """Whether the requirement holds on this machine, and is installed."""
    if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
        return False
    try:
        metadata.distribution(wanted.name)
    except metadata.PackageNotFoundError:
        return False
    return True


def closure(name: str, extras: tuple[str, ...]) -> frozenset[str]:
    """The package and everything that it needs, in turn."""
    found: set[str] = set()
    waiting = [(name, extras)]
    seen = set(waiting)
    while waiting:
        one, wanted_extras = waiting.pop()
        found.add(one)
        for line in metadata.requires(one) or []:
            wanted = Requirement(line)
            step = (canonicalize_name(wanted.name), tuple(sorted(wanted.extras)))
            if step not in seen and here(wanted, ("", *wanted_extras)):
                seen.add(step)
                waiting.append(step)
    return frozenset(found)


@cache
def size(name: str) -> int:
    total = 0
    for file in metadata.files(name) or []:
        try:
            total += os.stat(file.locate()).st_blocks * 512
        except OSError:
            continue
    return total


def licence(name: str) -> str:
    told = metadata.metadata(name)
    said = told.get_all("License-Expression", [])
    kinds = [line.split(" :: ")[-1] for line in told.get_all("Classifier", []) if line.startswith("License ::")]
    return ", ".join(said or kinds) or str(told.get_all("License", ["not said"])[0]).split("\n")[0][:40]


def mb(size_in_bytes: int) -> str:
    return f"{size_in_bytes / 1e6:.0f}" if size_in_bytes >= 1e6 else "<1"


if __name__ == "__main__":
    main()
