"""What the reviewer is told about how a draft came to be, from `data/draft_notes.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml


def note(name: str, **values: str) -> str:
    """One note, filled in. Raises KeyError for a name or a value that is not there."""
    return _notes()[name].format(**values)


@cache
def _notes() -> dict[str, str]:
    text = (files("voz") / "data" / "draft_notes.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))
