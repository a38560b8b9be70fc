"""Words that voz says to people, from data files."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def words_of(name: str) -> dict[str, Any]:
    """The texts of `data/texts/{name}.yaml`."""
    return dict(yaml.safe_load((files("voz") / "data" / "texts" / f"{name}.yaml").read_text(encoding="utf-8")))
