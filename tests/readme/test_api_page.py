"""docs/api.md is made from the OpenAPI description: nobody may change one without the other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import api_page  # noqa: E402


def test_the_page_is_what_the_code_says() -> None:
    assert not api_page.stale(), "run python scripts/api_page.py"


def test_a_page_that_was_edited_by_hand_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = tmp_path / "api.md"
    edited.write_text(api_page.page() + "edited", encoding="utf-8")
    monkeypatch.setattr(api_page, "PAGE", edited)
    assert api_page.stale()
