"""What voz adds to one model call: the bare `openai` client against the whole path, in the same run.

    python benchmarks/overhead.py [--messages evals/messages.jsonl] [--calls 40] [--delay 0.5]

Both ask the same stand-in endpoint on this machine, which takes `--delay` seconds and has no model in it. The bare
client sends the very prompt that voz sends. voz's side is all of `prepare`: triage, retrieval, prompt, LangChain,
the answer read, every check. Messages that need two model calls (a rewrite) or none (escalations) are left out and
counted: the question is what is added to one call.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from stub_model import Say, Stub, serve

from voz import extractive
from voz.case import Case, Message
from voz.config import Settings
from voz.framing import body_of, desk_of
from voz.model_prompt import offered, prompt_values
from voz.pipeline import Desk, open_desk, prepare, understand
from voz.prompting import render
from voz.wire import parse_message

AIM_MS = 50


def main() -> None:
    given = _arguments()
    settings = Settings(knowledge=given.knowledge, home=given.home, today=given.today, writer="model")
    with serve(Say("{}")) as stub:
        model = {"model": "stand-in", "model_url": stub.url, "model_timeout": 30.0}
        desk = open_desk(settings.model_copy(update=model))
        lines = given.messages.read_text(encoding="utf-8").splitlines()
        messages = [parse_message(json.loads(line)) for line in lines[: 3 * given.calls]]
        usable = [(m, answer) for m in messages if (answer := _one_call(m, desk, stub)) is not None]
        if not usable:
            sys.exit("No message of the file is answered with one model call.")
        bare, whole, own = _measure(usable, desk, stub, given.calls, given.delay)
    added = statistics.median(whole) - statistics.median(bare)
    print(f"messages {len(messages)}, answered with exactly one model call {len(usable)}, calls each {given.calls}")
    for name, values in (("bare openai client", bare), ("voz, all of prepare", whole), ("of it triage+retrieve", own)):
        print(f"{name:24} p50 {1e3 * statistics.median(values):7.1f} ms   p95 {1e3 * _p95(values):7.1f} ms")
    verdict = "met" if 1e3 * added < AIM_MS else "NOT met"
    print(f"added by voz at p50: {1e3 * added:.1f} ms (aim under {AIM_MS} ms: {verdict})")


def _one_call(message: Message, desk: Desk, stub: Stub) -> str | None:
    """What the stand-in will say to this message, where one call is all it takes; None elsewhere."""
    case = understand(message, desk)
    if case.triage is None or case.triage.route in ("ignore", "escalate"):
        return None
    answer = _honest(case, desk)
    stub.script[:] = [Say(answer)]
    drafted = prepare(message, desk).draft
    return answer if drafted and drafted.writer == "model" and drafted.provenance["calls"] == 1 else None


def _honest(case: Case, desk: Desk) -> str:
    """An answer as a good model would give it: the extractive writer's sentences in the model's format."""
    safe = extractive.write(case, desk.brand)
    numbers = {passage.id: f"p{n}" for n, passage in enumerate(offered(case), 1)}
    rows = [
        {
            "text": safe.sentences[n].text,
            "kind": safe.sentences[n].kind,
            "sources": [numbers[c] for c in safe.sentences[n].citations if c in numbers],
        }
        for n in body_of(desk_of(case, desk.brand), safe.sentences)
    ]
    asks = {found.ask.text: f"a{n}" for n, found in enumerate(case.evidence.asks, 1)}
    left = [asks[item.ask] for item in safe.unanswered if item.ask in asks]
    return json.dumps({"unanswered": left, "sentences": rows}, ensure_ascii=False)


def _measure(
    usable: list[tuple[Message, str]], desk: Desk, stub: Stub, calls: int, delay: float
) -> tuple[list[float], list[float], list[float]]:
    """Seconds of the bare client, of voz, and of voz before the model; taken in turns, so that load hits both."""
    from openai import OpenAI

    client = OpenAI(base_url=stub.url, api_key="none", max_retries=0)
    bare, whole, own = list[float](), list[float](), list[float]()
    for n in range(-2, calls):  # two rounds to warm up
        message, answer = usable[n % len(usable)]
        stub.script[:] = [Say(answer, delay=delay)]
        turns = render("draft", **prompt_values(desk_of(understand(message, desk), desk.brand)))
        told = [{"role": turn.role, "content": turn.text} for turn in turns]
        started = time.perf_counter()
        client.chat.completions.create(model="stand-in", messages=told)  # type: ignore[arg-type]
        _forget(desk)
        asked = time.perf_counter()
        drafted = prepare(message, desk)
        done = time.perf_counter()
        _forget(desk)
        again = time.perf_counter()
        understand(message, desk)
        if n >= 0 and drafted.draft and drafted.draft.writer == "model":
            bare.append(asked - started)
            whole.append(done - asked)
            own.append(time.perf_counter() - again)
    return bare, whole, own


def _forget(desk: Desk) -> None:
    """What was embedded and judged before is as new: every message of a working day is."""
    desk.embedder._seen.clear()  # type: ignore[attr-defined]
    judge = desk.grounding.judge()
    if judge is not None:
        judge._score.cache_clear()


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What voz adds to one model call.")
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    parser.add_argument("--home", type=Path, default=Path(".voz"))
    parser.add_argument("--messages", type=Path, default=Path("evals/messages.jsonl"))
    parser.add_argument("--today", default="2026-11-23")
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--delay", type=float, default=0.5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
