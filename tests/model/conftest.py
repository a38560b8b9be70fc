"""These tests run a real model: only where they are asked for by path, as `make test-model` does."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    here = Path(__file__).parent.resolve()
    asked = (Path(str(arg).partition("::")[0]).resolve() for arg in config.invocation_params.args)
    return None if any(path == here or here in path.parents for path in asked) else True
