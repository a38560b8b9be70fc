"""axe-core finds no serious or critical fault on any page, light and dark, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from headless import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: the pages were NOT tested"),
]
Visit = Callable[..., Any]


def faults(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["commitments", "figures", "runs", "learn"])
def test_a_page_has_no_serious_fault_and_fits(visit: Visit, name: str, scheme: str, width: int) -> None:
    page = visit(f"/{name}/", width=width, scheme=scheme)
    tabs = {"figures": 2, "learn": 2}.get(name, 1)
    for tab in range(tabs):
        if tabs > 1:
            page.get_by_role("tab").nth(tab).click()
        if name == "figures":
            page.locator(".voz-tiles, .voz-verdict").locator("visible=true").first.wait_for()
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        else:
            page.locator(".voz-cards label").locator("visible=true").first.click()
            page.locator(".voz-detail textarea").locator("visible=true").first.wait_for()
        page.wait_for_timeout(300)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
