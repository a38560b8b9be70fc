"""Messages that are put into the folder as files: each is a case once, none is lost, a broken one stops no other."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest
from office import ANA, COMPLAINT, Office

from voz.case import Message
from voz.config import Settings
from voz.helpdesk.folder import take_in
from voz.service import chores, review
from voz.store import access
from voz.store.rows import CaseRow


def put(root: Path, name: str, text: str) -> Path:
    path = root / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"text": text, "author": "Marta"}), encoding="utf-8")
    return path


def subjects(office: Office) -> list[str]:
    with office.service.database.read() as tx:
        return sorted(case.subject for case in access.find(tx, CaseRow))


def test_another_message_in_a_file_of_the_same_name_is_another_message(office: Office, tmp_path: Path) -> None:
    for text in ("¿Cuánto cuesta el envío?", "La taza ha llegado rota."):
        put(tmp_path, "mensaje.json", text)
        take_in(office.service, tmp_path)
        office.clock.later(hours=1)
    assert subjects(office) == ["La taza ha llegado rota.", "¿Cuánto cuesta el envío?"]
    assert len(list((tmp_path / "in" / "done").iterdir())) == 2


def test_the_same_file_again_after_a_crash_is_the_same_message(office: Office, tmp_path: Path) -> None:
    path = put(tmp_path, "mensaje.json", "¿Cuánto cuesta el envío?")
    data = path.read_bytes()
    take_in(office.service, tmp_path)
    office.clock.later(days=2)
    path.write_bytes(data)  # it was stored, and the process died before it moved the file
    receipts, _ = take_in(office.service, tmp_path)
    assert [receipt.new_message for receipt in receipts] == [False]
    assert len(subjects(office)) == 1


def test_a_broken_file_is_set_aside_with_its_reason_and_stops_no_other(office: Office, tmp_path: Path) -> None:
    for content in (b"{", b'{"text": 7}'):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "a.json").write_bytes(content)
        put(tmp_path, "b.json", f"Hola, {len(content)}")
        received, refused = take_in(office.service, tmp_path)
        assert len(received) == 1
        assert [path.name for path, _ in refused] == ["a.json"]
    assert len(list((tmp_path / "in" / "refused").iterdir())) == 2, "the second one did not take the place of the first"


def test_a_fault_in_one_chore_keeps_none_of_the_others_from_being_done(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    stop = threading.Event()

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    def retain(*_: object) -> None:
        done.append("retain")
        stop.set()

    monkeypatch.setattr(chores, "take_in", broken)
    monkeypatch.setattr(chores, "poll", lambda _: done.append("poll"))
    monkeypatch.setattr(chores, "retain", retain)
    chores.run(office.service, Settings(home=tmp_path), stop)
    assert done == ["poll", "retain"]


def test_the_page_on_the_folder_says_what_goes_in_and_what_comes_out(office: Office, tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "helpdesks" / "folder.md"
    given, made = (json.loads(found) for found in re.findall(r"```json\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
    root = tmp_path / "folder"  # where the office's own folder is
    (root / "in").mkdir(parents=True)
    (root / "in" / "mensaje.json").write_text(json.dumps(given), encoding="utf-8")
    ((receipt,), _) = take_in(office.service, root)
    assert [path.name.split("-")[0] for path in (root / "in" / "done").iterdir()] == ["mensaje"]
    office.drain()
    view = office.view(receipt.case_id)
    assert view.draft is not None
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply or "")
    office.drain()
    (out,) = (root / "out").iterdir()
    told = json.loads(out.read_text(encoding="utf-8"))
    assert list(told) == list(made)
    assert (told["thread"], told["text"]) == (given["thread_id"], view.draft.reply)
    fields = set(re.findall(r"^\| (`.*?`) \|", page.read_text("utf-8"), re.MULTILINE))
    named = {name for row in fields for name in re.findall(r"`(\w+)`", row)}
    assert named - {"thread_id", "reach"} <= set(Message.model_fields)


def test_the_nightly_erasure_takes_the_files_and_tells_of_what_is_left(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path
    (home / "folder" / "in").mkdir(parents=True)
    message = {"id": "m1", "text": COMPLAINT, "author": "Marta Ruiz", "channel": "email"}
    (home / "folder" / "in" / "m1.json").write_text(json.dumps(message), encoding="utf-8")
    take_in(office.service, home / "folder")
    office.drain()
    with office.service.database.read() as tx:
        (case,) = access.find(tx, CaseRow)
    view = office.view(case.id)
    review.approve(office.service, ANA, case.id, view.case.version, view.draft.reply or "")
    office.drain()
    helpdesk = office.drafted(author="Marta Ruiz", thread="hilo-9").case
    review.close(office.service, ANA, helpdesk.id, helpdesk.version, "no_answer_needed")
    assert len(list((home / "folder").rglob("*.json"))) == 2
    office.clock.later(days=400)
    with caplog.at_level("INFO"):
        chores.retain(office.service, Settings(home=home, retention_days=30))
    assert list((home / "folder").rglob("*.json")) == []
    assert "hilo-9" in caplog.text
