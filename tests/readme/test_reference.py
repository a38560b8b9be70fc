"""docs/reference is made from the code: nobody may change one without the other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import reference  # noqa: E402


def test_the_reference_is_what_the_code_says() -> None:
    assert reference.stale() == [], "run python scripts/reference.py"


def test_a_page_that_was_edited_by_hand_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in reference.pages().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "cli.md").write_text("edited", encoding="utf-8")
    monkeypatch.setattr(reference, "OUT", tmp_path)
    assert reference.stale() == ["cli.md"]
