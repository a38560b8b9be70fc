"""What a reviewer's first edit waits for: `recheck.py [--home DIR]`.

Every second message's draft is checked ahead, as the desk does when its case is opened; then each reply is edited (one
more sentence) and checked, and edited again. Prints, from one run, the milliseconds of each kind.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from drafting import ROOT, TODAY, read

from voz.authority.needs import needs
from voz.authority.verdict import findings_as
from voz.case import Case
from voz.config import Settings
from voz.pipeline import Desk, examined, open_desk, prepare
from voz.service.cases import restored, stored

EDITS = ("Te lo confirmamos en 48 horas.", "Te lo confirmamos en 3 días.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="an index that is there already; otherwise one is made from nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        settings = Settings(knowledge=ROOT / "knowledge", home=home, today=TODAY, writer="extractive")
        desk = open_desk(settings)
        times: dict[str, list[float]] = {"not checked ahead": [], "checked ahead": [], "second edit": []}
        for number, message in enumerate(read(ROOT / "evals" / "messages.jsonl")):
            case = prepare(message, desk)
            if case.draft is None or not case.draft.reply:
                continue
            body, reply = stored(case), case.draft.reply
            if number % 2:
                examined(restored(body), reply, desk)
            times["checked ahead" if number % 2 else "not checked ahead"].append(
                checked(body, f"{reply}\n{EDITS[0]}", desk)
            )
            times["second edit"].append(checked(body, f"{reply}\n{EDITS[1]}", desk))
        desk.library.close()
    print("| first check of an edited reply | p50 ms | p95 ms |\n|---|---|---|")
    for name, found in times.items():
        print(f"| {name} | {np.percentile(found, 50):.0f} | {np.percentile(found, 95):.0f} |")
    print(f"| load of the machine (1 min) | {os.getloadavg()[0]:.1f} | |")


def checked(body: dict[str, object], text: str, desk: Desk) -> float:
    """Milliseconds of what the desk does at an edit (voz.service.review.judged), but for the database."""
    started = time.perf_counter()
    case: Case = examined(restored(body), text, desk)
    findings_as(case, desk.brand, "agent")
    needs(case, desk.brand)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
