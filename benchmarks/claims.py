"""How many lies the checks block, and how many honest replies they block wrongly, company by company.

`claims.py [--signs FILE]` runs every labelled reply of the sample company and of the test companies through
`voz.pipeline.examine`, exactly as `voz check` does, and prints a Markdown table per kind of lie. The shipped weights
were fitted on these replies: what they reach on a company left out, `scripts/train_support.py` prints. With --signs it
also keeps what that script fits on.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import pickle
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voz.case import Case, Message
from voz.config import Settings
from voz.pipeline import examine, open_desk

ROOT = Path(__file__).resolve().parent.parent
COMPANIES = {
    "alborada": (ROOT / "knowledge", ROOT / "evals" / "claims.jsonl"),
    **{
        name: (ROOT / "tests" / "companies" / name / "knowledge", ROOT / "tests" / "companies" / name / "claims.jsonl")
        for name in ("pedales", "naranjo", "rio", "solana", "clara")
    },
}
TODAY = dt.date(2026, 11, 23)


def judged(name: str, cache: Path) -> Iterator[tuple[dict[str, Any], Case]]:
    """Each labelled reply of a company with the case that the checks made of it."""
    folder = Path(name)
    knowledge, claims = COMPANIES.get(name, (folder / "knowledge", folder / "claims.jsonl"))
    desk = open_desk(Settings(knowledge=knowledge, home=cache / folder.name, today=TODAY, writer="extractive"))
    for line in claims.read_text(encoding="utf-8").splitlines():
        claim = json.loads(line)
        yield claim, examine(Message.model_validate(claim["message"]), claim["reply"], desk)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=ROOT / ".voz" / "bench")
    parser.add_argument("--signs", type=Path)
    parser.add_argument("--show", action="store_true", help="print every honest reply that was blocked")
    parser.add_argument(
        "companies", nargs="*", default=list(COMPANIES), help="these, or folders with knowledge/ and claims.jsonl"
    )
    options = parser.parse_args()
    blocked: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    by_check: Counter[tuple[str, str]] = Counter()
    kept: list[tuple[str, dict[str, Any], Case]] = []
    for name in options.companies:
        started = time.perf_counter()
        for claim, case in judged(name, options.cache):
            kind = claim["type"] if claim["label"] == "lie" else "honest"
            blocks = [f for f in case.findings if f.severity == "block"]
            total[name, kind] += 1
            blocked[name, kind] += bool(blocks)
            for check in {f.check for f in blocks}:
                by_check[check, "honest" if kind == "honest" else "lie"] += 1
            kept.append((name, claim, case))
            if options.show and kind == "honest" and blocks:
                shown = [(f.check, claim["reply"][f.start : f.end], f.detail) for f in blocks]
                print(name, claim["id"], claim["reply"], *shown, sep="\n    ")
        seconds = time.perf_counter() - started
        print(f"{name}: {sum(n for (c, _), n in total.items() if c == name)} replies in {seconds:.0f} s", flush=True)
    print_table(options.companies, blocked, total)
    print("\n| check | lies blocked | honest blocked |\n|---|---|---|")
    for check in sorted({check for check, _ in by_check}):
        print(f"| {check} | {by_check[check, 'lie']} | {by_check[check, 'honest']} |")
    if options.signs:
        options.signs.write_bytes(pickle.dumps(kept))


def print_table(companies: list[str], blocked: Counter[tuple[str, str]], total: Counter[tuple[str, str]]) -> None:
    kinds = sorted({kind for _, kind in total if kind != "honest"})
    print(f"\n| kind of reply | {' | '.join(companies)} | all |\n|---|{'---|' * (len(companies) + 1)}")
    for label, chosen in [(kind, [kind]) for kind in kinds] + [
        ("**all lies**", kinds),
        ("**honest, wrongly**", ["honest"]),
    ]:
        cells = []
        for group in [[c] for c in companies] + [companies]:
            hits = sum(blocked[c, k] for c in group for k in chosen)
            n = sum(total[c, k] for c in group for k in chosen)
            cells.append(f"{hits}/{n} ({hits / n:.0%})" if n else "–")
        print(f"| {label} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
