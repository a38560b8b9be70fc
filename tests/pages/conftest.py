"""One busy desk for all files of this folder: what one test changes, no other looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import evaluated
import pytest
from front import Site, busy, open_front, served


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    front = busy(open_front(tmp_path_factory.mktemp("home")))
    evaluated.make_runs(front.home, tmp_path_factory.mktemp("evaluated"))
    with served(front) as address:
        yield Site(front, address)


@pytest.fixture
def visit(browser: Any, site: Site) -> Iterator[Any]:
    """Opens a page; at the end no script may have failed, and nothing been asked of another machine."""
    opened: list[Any] = []
    asked: list[str] = []
    wrong: list[str] = []

    def go(path: str, *, width: int = 1280, scheme: str = "light") -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{site.address}{path}")
        page.locator("h1").wait_for()
        opened.append(page)
        return page

    yield go
    titles = [page.title() for page in opened]
    for page in opened:
        page.close()
    assert [url for url in asked if not url.startswith((site.address, "data:", "blob:"))] == []
    assert wrong == []
    assert "hacked" not in titles
