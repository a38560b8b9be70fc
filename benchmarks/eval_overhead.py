"""Cases per second of `voz eval` beside inspect_ai, deepeval and promptfoo, on one endpoint that answers at once.

    python benchmarks/eval_overhead.py --inspect VENV --deepeval VENV --promptfoo FOLDER

Each makes the same 200 model calls at the same concurrency and holds each answer to one assertion: it has to hold
«30 días». Telemetry, update checks and caches of answers are off. Timed is the whole command, from start to exit, and
the same command with a single case: the difference is what each further case costs. A rival whose folder is not given
or not there is left out, and said to be. The endpoint is a process of its own that counts what it was asked.

What voz does for a case besides the call: triage, retrieval, the checks on the draft, the checks on the reply as a
stranger's, all graders, intervals, the run on disk. The others send the message and look for a string.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
WANTED = "30 días"
SAID = "Tienes 30 días naturales desde la entrega para devolver el pedido {number}."
QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "DEEPEVAL_UPDATE_WARNING_OPT_IN": "NO", "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1", "CI": "1", "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1", "OPENAI_API_KEY": "none", "PYTHONPATH": "",
}  # fmt: skip


class Timed(NamedTuple):
    """One tool: what ran, seconds of the whole command, seconds of it with one case, calls that the endpoint saw."""

    name: str
    seconds: float
    one: float
    calls: int
    note: str = ""


# --- the endpoint -------------------------------------------------------------------------------------


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """HTTP/1.1 with connections kept open; a chat completion for every POST, the count for GET."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            sent = await reader.readexactly(int(length[1])) if length else b""
            writer.write(_answer(head, sent))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


_asked = 0


def _answer(head: bytes, sent: bytes) -> bytes:
    global _asked
    if head.startswith(b"GET"):
        body = json.dumps({"asked": _asked}).encode()
    else:
        _asked += 1
        number = re.search(rb"pedido (\d+)", sent)
        text = SAID.format(number=number[1].decode() if number else "")  # no two alike, or caches would answer
        if b"response_format" in sent:
            sentence = {"text": text, "kind": "fact", "sources": ["p1"]}
            text = json.dumps({"unanswered": [], "sentences": [sentence]})
        message = {"role": "assistant", "content": text}
        body = json.dumps({
            "id": "x", "object": "chat.completion", "created": 0, "model": "instant",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
        }).encode()  # fmt: skip
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


async def _listen() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def endpoint() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.terminate()
        process.wait()


def asked(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(json.load(answer)["asked"])


# --- the tools ----------------------------------------------------------------------------------------


def messages(count: int) -> list[str]:
    return [f"Hola, soy el cliente {n}: ¿cuántos días tengo para devolver el pedido {4100 + n}?" for n in range(count)]


def run(command: list[str], folder: Path, more: Mapping[str, str]) -> float:
    """Seconds of the command. Exits with what it said where it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env={**os.environ, **QUIET, **more}, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return seconds


def voz(folder: Path, url: str, jobs: int, count: int) -> list[Timed]:
    """The whole of `voz eval run`, the index made beforehand; then the same replies scored again."""
    sys.path.insert(0, str(ROOT / "tests"))
    from small_company import write_company

    write_company(folder / "knowledge")
    expect = {"state": [{"fact": WANTED, "any": [WANTED]}]}
    env = {"VOZ_MODEL": "instant", "VOZ_MODEL_URL": url, "VOZ_WRITER": "model", "VOZ_TODAY": "2026-11-23"}
    seconds = {}
    calls = 0
    for n in (1, count):
        cases = [
            {"id": f"c{i}", "message": {"text": text, "channel": "chat"}, "expect": expect}
            for i, text in enumerate(messages(n))
        ]
        (folder / f"s{n}.yaml").write_text(json.dumps({"suite": f"s{n}", "cases": cases}), encoding="utf-8")
        where = ["--knowledge", str(folder / "knowledge"), "--home", str(folder / f"home{n}")]
        python = [sys.executable, "-m", "voz.cli"]
        source = {**env, "PYTHONPATH": str(ROOT / "src")}
        run([*python, "index", *where], folder, source)
        before = asked(url)
        made = run([*python, "eval", "run", f"s{n}.yaml", *where, "--jobs", str(jobs)], folder, source)
        calls = asked(url) - before
        seconds["run", n] = made
        seconds["score", n] = run([*python, "eval", "score", "last", *where], folder, source)
    return [
        Timed("voz eval run", seconds["run", count], seconds["run", 1], calls, "whole pipeline and all graders"),
        Timed("voz eval score", seconds["score", count], seconds["score", 1], 0, "given replies, all graders, no call"),
    ]


INSPECT = """
import sys
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate
sys.path.insert(0, {benchmarks!r})
from eval_overhead import WANTED, messages
url, jobs, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = get_model("openai/instant", base_url=url, api_key="none", responses_api=False)
samples = [Sample(input=text, target=WANTED) for text in messages(count)]
task = Task(dataset=samples, solver=generate(), scorer=includes())
(log,) = eval(task, model=model, max_connections=jobs, max_samples=jobs, display="none", log_dir="logs")
assert log.status == "success" and log.results.scores[0].metrics["accuracy"].value == 1, log.error
"""
DEEPEVAL = """
import sys
from concurrent.futures import ThreadPoolExecutor
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import PatternMatchMetric
from deepeval.test_case import LLMTestCase
from openai import OpenAI
sys.path.insert(0, {benchmarks!r})
from eval_overhead import WANTED, messages
url, jobs, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = OpenAI(base_url=url, api_key="none")
def ask(text):
    turns = [{{"role": "user", "content": text}}]
    return client.chat.completions.create(model="instant", messages=turns).choices[0].message.content
texts = messages(count)
with ThreadPoolExecutor(jobs) as pool:
    replies = list(pool.map(ask, texts))
cases = [LLMTestCase(input=text, actual_output=reply) for text, reply in zip(texts, replies)]
found = evaluate(
    cases, [PatternMatchMetric(pattern=f".*{{WANTED}}.*")],
    async_config=AsyncConfig(max_concurrent=jobs, throttle_value=0),
    cache_config=CacheConfig(use_cache=False, write_cache=False),
    display_config=DisplayConfig(show_indicator=False, print_results=False),
)
assert all(one.success for one in found.test_results)
"""


def by_python(name: str, program: str, venv: Path, folder: Path, url: str, jobs: int, count: int) -> Timed:
    """A rival that is a library: a program as its documentation has it, in its own environment."""
    file = folder / f"with_{name}.py"
    file.write_text(program.format(benchmarks=str(ROOT / "benchmarks")), encoding="utf-8")
    python = str(venv / "bin" / "python")
    one = run([python, str(file), url, str(jobs), "1"], folder, {})
    before = asked(url)
    whole = run([python, str(file), url, str(jobs), str(count)], folder, {})
    return Timed(f"{name} {_version(venv, name)}", whole, one, asked(url) - before)


def promptfoo(home: Path, folder: Path, url: str, jobs: int, count: int) -> Timed:
    seconds, calls = {}, 0
    command = [
        str(home / "node_modules" / ".bin" / "promptfoo"),
        "eval",
        "--no-cache",
        "--no-progress-bar",
        "--no-table",
    ]
    for n in (1, count):
        config = {
            "prompts": ["{{text}}"],
            "providers": [{"id": "openai:chat:instant", "config": {"apiBaseUrl": url, "apiKey": "none"}}],
            "tests": [
                {"vars": {"text": text}, "assert": [{"type": "contains", "value": WANTED}]} for text in messages(n)
            ],
        }
        (folder / f"p{n}.json").write_text(json.dumps(config), encoding="utf-8")
        before = asked(url)
        asking = [*command, "-j", str(jobs), "-c", f"p{n}.json", "-o", f"out{n}.json"]
        seconds[n] = run(asking, folder, {"PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo")})
        calls = asked(url) - before
        passed = json.loads((folder / f"out{n}.json").read_text("utf-8"))["results"]["stats"]["successes"]
        assert passed == n, f"promptfoo: {passed} of {n} passed"
    version = json.loads((home / "node_modules" / "promptfoo" / "package.json").read_text("utf-8"))["version"]
    return Timed(f"promptfoo {version}", seconds[count], seconds[1], calls)


def _version(venv: Path, name: str) -> str:
    found = next(venv.glob(f"lib/python*/site-packages/{name}-*.dist-info"), None)
    return found.name.removeprefix(f"{name}-").removesuffix(".dist-info") if found else "?"


def table(found: list[Timed], count: int) -> str:
    ours = found[0]
    rows = [
        "| tool | 200 cases, s | cases/s | one case, s | each further, ms | voz eval run is … as fast | calls |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        each, own = (one.seconds - one.one) / (count - 1), (ours.seconds - ours.one) / (count - 1)
        ratio = f"{one.seconds / ours.seconds:.2f} × whole, {each / own:.2f} × each" if one is not ours else "–"
        rows.append(
            f"| {one.name}{f' ({one.note})' if one.note else ''} | {one.seconds:.1f} | {count / one.seconds:.1f} | "
            f"{one.one:.1f} | {1e3 * each:.1f} | {ratio} | {one.calls} |"
        )
    return "\n".join(rows).replace("200 cases", f"{count} cases")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--inspect", type=Path, help="environment with inspect_ai and openai")
    parser.add_argument("--deepeval", type=Path, help="environment with deepeval and openai")
    parser.add_argument("--promptfoo", type=Path, help="folder that promptfoo was installed into by npm")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=4)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(_listen())
        return
    found: list[Timed] = []
    with endpoint() as url, tempfile.TemporaryDirectory(prefix="voz-overhead-") as name:
        folder, size = Path(name), (given.jobs, given.cases)
        found += voz(folder, url, *size)
        for tool, program, venv in (("inspect_ai", INSPECT, given.inspect), ("deepeval", DEEPEVAL, given.deepeval)):
            if venv and venv.is_dir():
                found.append(by_python(tool, program, venv.absolute(), folder, url, *size))
            else:
                print(f"{tool}: left out, no environment of it was given")
        if given.promptfoo and given.promptfoo.is_dir():
            found.append(promptfoo(given.promptfoo.absolute(), folder, url, *size))
        else:
            print("promptfoo: left out, no folder of it was given")
    print(f"{given.cases} cases, {given.jobs} at once, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(table(found, given.cases))


if __name__ == "__main__":
    main()
