"""What the reviewer is told about how a draft came to be, from `data/draft_notes.yaml`."""

from __future__ import annotations

from voz.packaged import packaged


def note(name: str, **values: str) -> str:
    """One note, filled in. Raises KeyError for a name or a value that is not there."""
    text: str = packaged("draft_notes")[name]
    return text.format(**values)
