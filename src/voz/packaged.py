"""The data files that ship inside the package: lexicons, patterns, words said to people."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def packaged(name: str) -> Any:
    """What `data/{name}.yaml` holds, read once; callers must not change it."""
    return yaml.safe_load((files("voz") / "data" / f"{name}.yaml").read_text(encoding="utf-8"))
