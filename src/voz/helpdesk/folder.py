"""A folder of JSON files: messages are put into `in/`, approved replies appear in `out/`, one file each.

For trying voz out, for tests, and for whatever can read and write files. A reply's file is named after its delivery, so
that the same one can never be there twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from voz.errors import InputError
from voz.service.receive import Incoming, Receipt, receive
from voz.service.service import Service, Undelivered
from voz.store.rows import CaseRow, DeliveryRow
from voz.wire import load_json, parse_message

SOURCE = "folder"


class Folder:
    name = SOURCE
    mode = "reply"

    def __init__(self, root: Path) -> None:
        self.root = root

    def post(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any]:
        path = self._path(delivery)
        body = {
            "id": delivery.id, "case": case.id, "code": case.code, "thread": case.thread, "channel": case.channel,
            "part": delivery.part, "text": delivery.text,
        }  # fmt: skip
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            with part.open("w", encoding="utf-8") as file:
                json.dump(body, file, ensure_ascii=False, indent=2)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise Undelivered(f"{path} cannot be written: {error.strerror}") from error
        return {"file": str(path)}

    def find(self, delivery: DeliveryRow, case: CaseRow) -> dict[str, Any] | None:
        path = self._path(delivery)
        return {"file": str(path)} if path.is_file() else None

    def news(self, case: CaseRow, since: dt.datetime) -> str | None:
        return None  # whatever is written comes in as a file of its own

    def _path(self, delivery: DeliveryRow) -> Path:
        return self.root / "out" / f"{delivery.id}.json"


def take_in(service: Service, root: Path) -> tuple[list[Receipt], list[tuple[Path, str]]]:
    """Receive every file of `in/`; what was stored moves to `in/done/`, what cannot be read to `in/refused/`.

    A file that is taken in again after a crash, before it was moved, is known by its name and content; one of the same
    name with other words is another message.
    """
    received, refused = [], []
    for path in sorted((root / "in").glob("*.json")):
        key = path.stem
        try:
            data = path.read_bytes()
            key = f"{path.stem}-{hashlib.sha256(data).hexdigest()[:12]}"
            raw = load_json(data)
            message = parse_message(raw)
            more = raw if isinstance(raw, dict) else {}
            thread = more.get("thread_id")
            reach = more.get("reach", 0)
            if not isinstance(reach, int) or isinstance(reach, bool):
                raise InputError("field 'reach': must be a whole number")
        except (InputError, OSError) as error:
            refused.append((path, str(error)))
            _move(path, "refused", key)
            continue
        incoming = Incoming(message, SOURCE, external_id=key, thread=str(thread) if thread else None, reach=reach)
        received.append(receive(service, incoming))
        _move(path, "done", key)
    return received, refused


def _move(path: Path, to: str, key: str) -> None:
    """Out of the way, under a name that no other content has; voz.service.erase finds it there by its key."""
    folder = path.parent / to
    folder.mkdir(exist_ok=True)
    path.replace(folder / f"{key}.json")
