"""What the checks catch of a real model that lies: its sentences with their findings, for a person to judge.

    python scripts/local_model.py serve liar &
    python benchmarks/liar.py write --company alborada --out .voz/liar.jsonl [--model-url http://127.0.0.1:8091/v1]
    python benchmarks/liar.py score .voz/liar.jsonl

`write` takes each message through triage, retrieval, the model and the checks, without rewrite, mending or fallback,
and adds one line per sentence with `verdict: null`; it goes on where it stopped. A person sets each verdict to `true`
(a passage carries it), `false` (unsupported, contradicted or beyond the authority) or `courtesy` (claims nothing).
`score` prints what share of the false ones is blocked, and of the true ones, as a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from voz.case import Case, Message
from voz.config import Settings
from voz.errors import ModelError

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests" / "companies"
COMPANIES = {
    "alborada": (ROOT / "knowledge", ROOT / "evals" / "messages.jsonl"),
    **{
        name: (
            ROOT / "tests" / "companies" / name / "knowledge",
            ROOT / "tests" / "companies" / name / "messages.jsonl",
        )
        for name in ("pedales", "naranjo", "rio")
    },
}


def write(company: str, out: Path, settings: Settings, limit: int) -> None:
    from voz import model_writer
    from voz.mending import checked
    from voz.pipeline import judge, open_desk, understand

    desk = open_desk(settings)
    assert desk.client is not None
    done = {row["id"] for row in _rows(out)}
    messages = [json.loads(line) for line in COMPANIES[company][1].read_text(encoding="utf-8").splitlines() if line]
    todo = [raw for raw in messages[:limit] if raw["id"] not in done]
    out.parent.mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(todo, 1):
        case = understand(Message.model_validate(raw), desk)
        started = time.monotonic()
        try:
            draft = model_writer.write(case, desk.brand, desk.client).draft
        except ModelError as error:
            rows: list[dict[str, Any]] = [{"id": raw["id"], "failed": str(error)}]
        else:
            rows = _sentences(checked(case, draft, lambda c: judge(c, desk).findings), company, raw["id"])
        with out.open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        print(f"{number}/{len(todo)} {raw['id']}: {len(rows)} rows, {time.monotonic() - started:.0f} s", flush=True)


def _sentences(case: Case, company: str, name: str) -> list[dict[str, Any]]:
    """One row per sentence of the model's reply, with what blocks it and what it cites."""
    draft = case.draft
    assert draft is not None
    texts = {passage.id: f"{passage.source} › {passage.heading}: {passage.text}" for passage in case.evidence.passages}
    return [
        {
            "id": name,
            "company": company,
            "message": case.message.text,
            "sentence": sentence.text,
            "kind": sentence.kind,
            "cites": [texts.get(cited, cited)[:1500] for cited in sentence.citations],
            "findings": [
                {"check": found.check, "severity": found.severity, "detail": found.detail}
                for found in case.findings
                if found.start < sentence.end and sentence.start < found.end
            ],
            "verdict": None,
        }
        for sentence in draft.sentences
    ]


def score(table: Path) -> None:
    rows = [row for row in _rows(table) if "sentence" in row]
    failed = sum("failed" in row for row in _rows(table))
    seen: Counter[tuple[str, bool]] = Counter()
    for row in rows:
        blocked = any(found["severity"] == "block" for found in row["findings"])
        seen[str(row["verdict"]).lower(), blocked] += 1
    print(f"{len({row['id'] for row in rows})} messages, {len(rows)} sentences, {failed} without a usable answer\n")
    print("| verdict | sentences | blocked | share |\n|---|---|---|---|")
    for verdict in ("false", "true", "courtesy", "none"):
        blocked, passed = seen[verdict, True], seen[verdict, False]
        if blocked + passed:
            name = "not judged yet" if verdict == "none" else verdict
            print(f"| {name} | {blocked + passed} | {blocked} | {100 * blocked / (blocked + passed):.1f} % |")


def _rows(table: Path) -> list[dict[str, Any]]:
    if not table.exists():
        return []
    return [json.loads(line) for line in table.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    writing = actions.add_parser("write")
    writing.add_argument("--company", choices=list(COMPANIES), default="alborada")
    writing.add_argument("--out", type=Path, default=Path(".voz/liar.jsonl"))
    writing.add_argument("--home", type=Path, default=None)
    writing.add_argument("--model-url", default="http://127.0.0.1:8091/v1")
    writing.add_argument("--model", default="liar")
    writing.add_argument("--timeout", type=float, default=600.0)
    writing.add_argument("--today", default="2026-11-23")
    writing.add_argument("--limit", type=int, default=1000)
    scoring = actions.add_parser("score")
    scoring.add_argument("table", type=Path)
    given = parser.parse_args()
    if given.action == "score":
        if not given.table.exists():
            sys.exit(f"{given.table}: there is no such table; `write` makes it.")
        score(given.table)
        return
    settings = Settings(
        knowledge=COMPANIES[given.company][0],
        home=given.home or Path(".voz/bench") / given.company,
        today=given.today,
        writer="model",
        model=given.model,
        model_url=given.model_url,
        model_timeout=given.timeout,
    )
    write(given.company, given.out, settings, given.limit)


if __name__ == "__main__":
    main()
