"""The commands as people run them: in this process where that is the same, in their own where it is not."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import small_company

from voz import cli
from voz.commands.options import default_home, read_settings
from voz.commands.show import printable
from voz.errors import InputError
from voz.serve import listen


class Ended(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def voz(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs `voz …` on the small company."""
    monkeypatch.setenv("VOZ_KNOWLEDGE", str(small_company.settings().knowledge))
    monkeypatch.setenv("VOZ_HOME", str(small_company.settings().home))
    monkeypatch.setenv("VOZ_TODAY", "2026-11-23")
    monkeypatch.setenv("VOZ_WRITER", "extractive")
    monkeypatch.chdir(tmp_path)
    small_company.desk()

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["voz", *arguments])
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Ended(code, *capsys.readouterr())

    return run


def test_draft_shows_the_reply_and_its_source(voz) -> None:  # type: ignore[no-untyped-def]
    ended = voz("draft", "¿Cuántos días tengo para devolver un pedido?", "--author", "Nuria")
    assert ended.code == 0
    assert "30 días" in ended.out
    assert "devoluciones.md" in ended.out


def test_draft_as_json_is_only_json(voz) -> None:  # type: ignore[no-untyped-def]
    ended = voz("draft", "¿Cuánto cuesta el envío?", "--json", "--channel", "x", "--public")
    draft = json.loads(ended.out)
    assert set(draft) >= {
        "id", "reply", "sentences", "passages", "unanswered", "findings", "triage", "provenance",
    }  # fmt: skip
    assert draft["provenance"]["today"] == "2026-11-23"


def test_a_file_of_messages_resumes_and_tells_the_bad_one(voz, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "in.jsonl").write_text(
        '{"id": "a", "text": "¿Cuánto cuesta el envío?"}\n{"id": "b"}\n{"id": "c", "text": "Gracias por todo"}\n',
        encoding="utf-8",
    )
    first = voz("draft", "--file", "in.jsonl", "--out", "out.jsonl")
    assert first.code == 1
    assert "2 done, 1 bad" in first.err
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["a", "b", "c"]
    assert set(lines[1]) == {"id", "error"}
    assert "4,90" in lines[0]["reply"]
    assert "2 already there" in voz("draft", "--file", "in.jsonl", "--out", "out.jsonl").err
    other_day = voz("draft", "--file", "in.jsonl", "--out", "out.jsonl", "--today", "2026-11-24")
    assert "2 done" in other_day.err


def test_check_exits_with_one_where_a_finding_blocks(voz) -> None:  # type: ignore[no-untyped-def]
    message = ("--message", "¿Cuántos días tengo para devolver el pedido?")
    lie = voz("check", "Tienes 90 días naturales desde la entrega para devolver el pedido.", *message)
    assert lie.code == 1
    assert "90" in lie.out
    truth = voz("check", "Tienes 30 días naturales desde la entrega para devolver el pedido.", *message)
    assert truth.code == 0


def test_pairs_are_checked_from_a_file(voz, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    pairs = [
        {"id": "p1", "message": {"text": "¿plazo de devolución?"}, "reply": "Tienes 90 días para devolver el pedido."},
        {"id": "p2", "message": "¿plazo de devolución?", "reply": "Tienes 30 días naturales desde la entrega."},
        {"id": "p3", "message": "¿plazo?"},
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(p) + "\n" for p in pairs), encoding="utf-8")
    assert voz("check", "--file", "pairs.jsonl", "--out", "found.jsonl").code == 1
    found = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in found] == ["p1", "p2", "p3"]
    assert set(found[0]) == {"id", "sentences", "passages", "findings", "input"}
    assert any(f["severity"] == "block" for f in found[0]["findings"])
    assert "reply" in found[2]["error"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("draft", "hola", "--channel", "fax"), "channel"),
        (("draft", ""), "text"),
        (("draft", "hola", "--today", "mañana"), "--today"),
        (("draft", "hola", "--writer", "poeta"), "VOZ_WRITER"),
        (("draft", "hola", "--knowledge", "no/existe"), "no/existe"),
        (("draft", "--file", "no-hay.jsonl"), "no-hay.jsonl"),
        (("index", "no-hay"), "no-hay"),
        (("init", "no-hay"), "no-hay"),
        (("serve", "--host", "0.0.0.0"), "--insecure-bind"),
        (("serve", "--port", "99999"), "99999"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_one(voz, arguments: tuple[str, ...], told: str) -> None:  # type: ignore[no-untyped-def]
    ended = voz(*arguments)
    assert ended.code == 1
    assert ended.err.startswith("voz: ")
    assert told in ended.err
    assert ended.err.strip().count("\n") == 0


def test_index_names_a_broken_file_and_takes_the_rest(voz, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = small_company.write_company(tmp_path / "otra", {"bueno.md": "# Horario\n\nAbrimos de 9 a 14 h.\n"})
    (folder / "roto.pdf").write_bytes(b"%PDF-1.4 esto no es un pdf")
    ended = voz("index", str(folder), "--home", str(tmp_path / "home"))
    assert ended.code == 1
    assert "roto.pdf: " in ended.err
    assert "1 documents" in ended.out or "1 document" in ended.out


def test_init_writes_what_a_person_can_correct(voz, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = small_company.write_company(
        tmp_path / "prosa", {"estilo.md": "# Guía de estilo\n\nHablamos de usted a los clientes.\n"}
    )
    shown = voz("init", str(folder), "--print")
    assert shown.code == 0
    assert not (folder / "brand").exists()
    assert "# estilo.md:3: Hablamos de usted a los clientes." in shown.out
    assert "address: usted" in shown.out
    assert voz("init", str(folder)).code == 0
    assert (folder / "brand" / "voice.yaml").is_file()


def test_doctor_tells_what_is_there(voz) -> None:  # type: ignore[no-untyped-def]
    signs = {sign["name"]: sign for sign in json.loads(voz("doctor", "--json").out)}
    assert signs["index"]["ok"]
    assert "extractive" in signs["writer"]["detail"]
    assert voz("doctor", "--home", "vacia").code == 1


def test_two_companies_never_share_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOZ_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    names = ("a/knowledge", "b/knowledge", "c", "d/c")
    homes = {default_home(tmp_path / name) for name in names}
    assert len(homes) == len(names)
    assert default_home(Path("c")) == default_home(tmp_path / "c") == default_home(tmp_path / "x" / ".." / "c")
    assert read_settings(Path("c")).home == default_home(tmp_path / "c")
    assert read_settings(Path("c"), Path("mine")).home == Path("mine")
    monkeypatch.setenv("VOZ_HOME", "theirs")
    assert read_settings(Path("c")).home == Path("theirs")


def test_a_taken_port_is_said_before_any_work() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"Port {port} on 127.0.0.1 is taken"):
            listen("127.0.0.1", port)


def test_other_machines_are_kept_out_unless_it_is_asked_for() -> None:
    for host in ("0.0.0.0", "192.168.1.20", "example.com"):
        with pytest.raises(InputError, match="--insecure-bind"):
            listen(host, 0)
    listen("0.0.0.0", 0, insecure_bind=True).close()


def test_nothing_that_a_stranger_wrote_drives_the_terminal() -> None:
    assert printable("a\x1b[2Jb\x9bc\u202ed\ne") == "a[2Jbcd\ne"


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, voz.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "chromadb",
        "langchain_core",
        "onnxruntime",
        "gradio",
        "fastapi",
        "openai",
        "pandas",
        "sqlalchemy",
        "numpy",
    }
    assert "typer" in loaded
    assert not heavy & set(loaded)


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    small_company.desk()
    lines = [json.dumps({"id": str(n), "text": f"¿Cuánto cuesta el envío número {n}?"}) for n in range(3_000)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out.jsonl"
    given = small_company.settings()
    process = subprocess.Popen(
        [sys.executable, "-m", "voz.cli", "draft", "--file", str(tmp_path / "in.jsonl"), "--out", str(out),
         "--knowledge", str(given.knowledge), "--home", str(given.home), "--today", "2026-11-23"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "VOZ_WRITER": "extractive"},
    )  # fmt: skip
    for _ in range(300):
        if process.poll() is not None or (out.exists() and out.stat().st_size > 20_000):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "interrupted" in err
    kept = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in kept] == [str(n) for n in range(len(kept))]
    assert len(kept) > 1
