"""Files of JSON lines: resuming, bad lines, and interruptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from voz.batch import Job, plan, run
from voz.errors import InputError
from voz.wire import input_hash, parse_message


class Shop:
    """Upper-cases messages, remembers which it was given, and can be told to stop or fail at one."""

    def __init__(self, stop_at: str = "", fail_at: str = "") -> None:
        self.seen: list[str] = []
        self.stop_at, self.fail_at = stop_at, fail_at

    def parse(self, raw: Any) -> tuple[str, str, Job]:
        message = parse_message(raw)

        def job() -> dict[str, Any]:
            if message.text == self.stop_at:
                raise KeyboardInterrupt
            if message.text == self.fail_at:
                raise ZeroDivisionError("a fault of voz")
            self.seen.append(message.text)
            return {"id": message.id, "reply": message.text.upper()}

        return message.id, input_hash(message), job


def write(path: Path, *messages: Any) -> Path:
    path.write_text("".join(json.dumps(m, ensure_ascii=False) + "\n" for m in messages), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def go(shop: Shop, source: Path, out: Path) -> Any:
    return run(plan(source, shop.parse), out, lambda tally: None)


def test_each_line_gets_its_own_and_a_bad_one_stops_nobody(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(
        b'{"id": "a", "text": "uno"}\n\nno es json\n{"id": "b", "text": ""}\n{"text": "\xff"}\n'
        b'{"id": "\\ud800x", "channel": "fax", "text": "t"}\n{"id": "c", "text": "tres"}\n{"id": "d", "text": "rota"}'
    )
    tally = go(Shop(fail_at="rota"), source, tmp_path / "out.jsonl")
    lines = read(tmp_path / "out.jsonl")
    assert [line["id"] for line in lines] == ["a", "line-3", "b", "line-5", "x", "c", "d"]
    assert [line.get("reply") for line in lines] == ["UNO", None, None, None, None, "TRES", None]
    assert set(lines[1]) == {"id", "error"}
    assert "line 4" in lines[2]["error"]
    assert "'text'" in lines[2]["error"]
    assert "ZeroDivisionError" in lines[6]["error"]
    assert (tally.done, tally.bad, tally.skipped) == (2, 5, 0)


def test_a_second_run_does_only_what_is_new_or_changed_and_keeps_the_order(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write(source, {"id": "a", "text": "uno"}, {"id": "b", "text": "dos"}, {"id": "c", "text": "tres"})
    go(Shop(), source, out)
    write(source, {"id": "n", "text": "cero"}, {"id": "a", "text": "uno"}, {"id": "b", "text": "DOS!"})
    shop = Shop()
    tally = go(shop, source, out)
    assert shop.seen == ["cero", "DOS!"]
    assert tally.skipped == 1
    assert [(line["id"], line["reply"]) for line in read(out)] == [
        ("n", "CERO"), ("a", "UNO"), ("b", "DOS!"), ("c", "TRES"),
    ]  # fmt: skip


def test_an_interruption_keeps_what_is_done_and_the_next_run_goes_on(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write(source, *({"id": str(n), "text": f"t{n}"} for n in range(5)))
    tally = go(Shop(stop_at="t3"), source, out)
    assert tally.interrupted
    assert [line["id"] for line in read(out)] == ["0", "1", "2"]
    shop = Shop()
    assert not go(shop, source, out).interrupted
    assert shop.seen == ["t3", "t4"]
    assert [line["id"] for line in read(out)] == ["0", "1", "2", "3", "4"]


def test_a_line_cut_by_a_crash_is_done_again(tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.jsonl", {"id": "a", "text": "uno"}, {"id": "b", "text": "dos"}), tmp_path / "o"
    go(Shop(), source, out)
    out.write_bytes(out.read_bytes()[:-9])
    shop = Shop()
    go(shop, source, out)
    assert shop.seen == ["dos"]
    assert [line["reply"] for line in read(out)] == ["UNO", "DOS"]


def test_a_bad_line_is_tried_again_and_told_once(tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.jsonl", {"id": "a", "text": "uno"}), tmp_path / "out.jsonl"
    go(Shop(fail_at="uno"), source, out)
    go(Shop(fail_at="uno"), source, out)
    assert len(read(out)) == 1
    tally = go(Shop(), source, out)
    assert (tally.done, tally.bad) == (1, 0)
    assert [line["reply"] for line in read(out)] == ["UNO"]


def test_the_same_line_twice_is_two_lines_in_every_run(tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.jsonl", {"text": "uno"}, {"text": "uno"}), tmp_path / "out.jsonl"
    assert go(Shop(), source, out).done == 2
    assert go(Shop(), source, out).skipped == 2
    assert len(read(out)) == 2


def test_a_file_of_somebody_else_is_never_touched(tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.jsonl", {"text": "uno"}), tmp_path / "out.jsonl"
    for content in ("mis notas\n", '{"id": "a", "text": "otra cosa"}\n', "[1]\n"):
        out.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match="did not write"):
            go(Shop(), source, out)
        assert out.read_text(encoding="utf-8") == content


def test_a_missing_input_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nada\.jsonl"):
        plan(tmp_path / "nada.jsonl", Shop().parse)
