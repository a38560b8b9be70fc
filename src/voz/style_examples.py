"""Replies that a person accepted as examples of style, as the model is shown them: how it was said, not what.

Sentences with a figure, a contact or an offer are left out, for they are the facts of another day; what is left is told
to be no fact either, and the checks hold the draft to the knowledge as they do any.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from voz.case import Case
from voz.kinds import sentence_kind
from voz.sentences import split_sentences
from voz.statements import statement

MOST, MOST_CHARS = 2, 600
_CONTACT = re.compile(r"[\d@\[\]]|https?:|www\.")


def accepted(suites: Path, use: str) -> Path:
    """The folder of the replies that people accepted for a use: `style`, or `suite` as cases of an evaluation."""
    return suites / "candidates" / use


@dataclass(frozen=True)
class StyleExamples:
    """The examples in a folder of `voz.service.learn`'s files; none where there is no such folder."""

    folder: Path | None = None

    def fit(self, case: Case) -> tuple[str, ...]:
        """The newest ones in the language of the reply, those of the same channel first."""
        if self.folder is None or case.triage is None:
            return ()
        paths = sorted(self.folder.glob("*.json"), reverse=True)
        read = [_example(path) for path in paths]
        own = [one for one in read if one and one.language == case.triage.language]
        message = case.message
        own.sort(key=lambda one: (one.public != message.is_public) * 2 + (one.channel != message.channel))
        return tuple(one.manner for one in own[:MOST])


@dataclass(frozen=True)
class _Example:
    language: str
    channel: str
    public: bool
    manner: str


def _example(path: Path) -> _Example | None:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return None  # erased since the folder was listed


@lru_cache(maxsize=2048)
def _read(path: Path, changed: int) -> _Example | None:
    """What a file holds, read once until it changes; None where it is no example."""
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
        message = raw["message"]
        manner = _manner(str(raw["reply"]), str(message["text"]))
        found = _Example(str(message["language"]), str(message["channel"]), bool(message["public"]), manner)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if manner else None


def _manner(reply: str, asked: str) -> str:
    """The sentences that tell how the brand speaks and hold nothing to be taken for a fact of this case."""
    said = [reply[start:end].strip() for start, end in split_sentences(reply)]
    kept = [
        one for one in said
        if not _CONTACT.search(one) and not statement(one).figures and sentence_kind(one, asked) != "commitment"
    ]  # fmt: skip
    whole = " ".join(kept)
    return whole if len(whole) <= MOST_CHARS else whole[:MOST_CHARS].rsplit(" ", 1)[0] + " …"
