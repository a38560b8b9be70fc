"""The documents are true: their commands run, their output is what comes out, their links lead somewhere.

Blocks of `sh` and `python` run in the order of each document, in one folder as a reader would have it: with a part of
the sample company (embedding all of it would take minutes) and the examples. A `text` block stands for what the block
before it printed: each line must be there in that order, and `…` leaves lines out. `# exits with N` after a command is
its exit code. `make` is only asked whether it knows the target; `voz serve` runs on a free port until the end of its
document; a model's address is a stand-in's, which answers nonsense.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from stub_model import Say  # noqa: E402
from stub_model import serve as serve_stub  # noqa: E402

DOCUMENTS = sorted(
    [ROOT / name for name in ("README.md", "README.es.md", "CHANGELOG.md")] + [*(ROOT / "docs").rglob("*.md")]
)
RUN = [path for path in DOCUMENTS if path.parent.name in (ROOT.name, "docs", "how-to")]
PART = ("politicas/devoluciones.md", "politicas/envios.md", "interno/que-no-decir.md")
TODAY = "2026-11-23"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
_EXIT = re.compile(r"\s+# exits with (\d+)$")
_MODEL_URL = re.compile(r"(?<=VOZ_MODEL_URL=)\S+")


class Block(NamedTuple):
    kind: str
    text: str


def blocks(path: Path) -> list[Block]:
    return [Block(*found) for found in _BLOCK.findall(path.read_text(encoding="utf-8"))]


def runs(path: Path) -> bool:
    return any(block.kind in ("sh", "python") for block in blocks(path))


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a fresh clone, with a part of the sample company."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "knowledge" / "brand", folder / "knowledge" / "brand")
    for name in PART:
        (folder / "knowledge" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "knowledge" / name, folder / "knowledge" / name)
    return folder


class Reader:
    """Somebody who types what a document says."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model = folder, model
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOZ_", "OPENAI_"))}
        path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
        self.env = {**kept, "PATH": path, "VOZ_TODAY": TODAY, "PYTHONIOENCODING": "utf-8"}
        self.port = 0
        self.server: subprocess.Popen[bytes] | None = None

    def sh(self, text: str) -> str:
        script = [line for line in text.splitlines() if not self._serves(line)]
        return self._run("bash", "-c", "set -eu\n" + "\n".join(map(self._told, script)), stdin="")

    def python(self, text: str) -> str:
        return self._run(sys.executable, "-c", self._here(text), stdin="")

    def close(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(20)
        for file in self.folder.glob(".voz/**/cases.db*"):  # the next document begins without users and cases
            file.unlink()

    def _told(self, line: str) -> str:
        """The command, so that bash stops unless it ends with the code that the document says."""
        line = self._here(line)
        if line.startswith("make "):
            return f"make -n -C {shlex.quote(str(ROOT))} {line.removeprefix('make ')} > /dev/null"
        if found := _EXIT.search(line):
            return f"code=0; {line[: found.start()]} || code=$?; test $code -eq {found[1]}"
        return line

    def _here(self, text: str) -> str:
        return _MODEL_URL.sub(self.model, text).replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")

    def _serves(self, line: str) -> bool:
        if line.strip() != "voz serve":
            return False
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        log = (self.folder / "serve.log").open("wb")
        command = ["voz", "serve", "--port", str(self.port)]
        self.server = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=log, stderr=log)
        for _ in range(240):
            assert self.server.poll() is None, (self.folder / "serve.log").read_text(encoding="utf-8")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
                return True
            except OSError:
                time.sleep(0.5)
        raise AssertionError("voz serve did not come up in two minutes")

    def _run(self, *command: str, stdin: str) -> str:
        ended = subprocess.run(
            command, cwd=self.folder, env=self.env, input=stdin, capture_output=True, text=True, timeout=600
        )
        said = ended.stdout + ended.stderr
        assert ended.returncode == 0, f"{command[-1]}\nended with {ended.returncode}:\n{said[-3000:]}"
        return said


@pytest.fixture
def reader(checkout: Path) -> Iterator[Reader]:
    with serve_stub(Say("{}")) as stub:
        someone = Reader(checkout, stub.url)
        yield someone
        someone.close()


@pytest.mark.parametrize("path", [path for path in RUN if runs(path)], ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_run_and_say_what_the_document_shows(path: Path, reader: Reader) -> None:
    if path.name == "README.es.md":
        pytest.skip("its commands are those of README.md, as another test holds")
    said = ""
    for block in blocks(path):
        if block.kind == "sh":
            said = reader.sh(block.text)
        elif block.kind == "python":
            said = reader.python(block.text)
        elif block.kind == "text":
            assert_shown(block.text, said)


def assert_shown(shown: str, said: str) -> None:
    at = 0
    for line in shown.splitlines():
        if line.strip() != "…":
            found = said.find(line.strip(), at)
            assert found >= 0, f"not said (or not in this order): {line!r}\nin:\n{said}"
            at = found + len(line.strip())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere_and_data_is_data(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for found in _LINK.findall(_BLOCK.sub("", text)):
        target = found[0] or found[1]
        if not target.startswith(("http://", "https://", "mailto:")):
            file, _, anchor = target.partition("#")
            there = (path.parent / file) if file else path
            assert there.exists(), f"{target} leads nowhere"
            assert not anchor or anchor in anchors(there), f"{target}: there is no such heading"
    for block in blocks(path):
        if block.kind == "json":
            json.loads(block.text)
        elif block.kind == "yaml":
            yaml.safe_load(block.text)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_readme_and_its_spanish_twin_say_the_same() -> None:
    english, spanish = ROOT / "README.md", ROOT / "README.es.md"
    assert [b for b in blocks(english) if b.kind == "sh"] == [b for b in blocks(spanish) if b.kind == "sh"]
    heads = [re.findall(r"^(#+) ", path.read_text(encoding="utf-8"), re.MULTILINE) for path in (english, spanish)]
    assert heads[0] == heads[1]


def test_every_example_has_its_drafts() -> None:
    page = (ROOT / "docs" / "drafts.md").read_text(encoding="utf-8")
    lines = (ROOT / "examples" / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = [json.loads(line)["id"] for line in lines if line.strip()]
    assert re.findall(r"^## (\S+) ·", page, re.MULTILINE) == wanted
    for name in ("README.md", "README.es.md"):
        shown = re.search(r"<!-- draft -->\n(.*?)<!-- /draft -->", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
        assert shown is not None
        quoted = [line for line in shown[1].splitlines() if line.startswith("> ") and line in page]
        assert len(quoted) > 3, f"the draft in {name} is not that of docs/drafts.md: run scripts/drafts_page.py"


def test_what_a_document_shows_must_have_been_said() -> None:
    assert_shown("one\n…\nthree", "one\ntwo\nthree\n")
    with pytest.raises(AssertionError, match="not said"):
        assert_shown("three\none", "one\ntwo\nthree\n")
