"""A path is typed without its last slash as often as with it."""

from __future__ import annotations

import urllib.request

import pytest
from front import Site


@pytest.mark.parametrize("path", ["/desk", "/desk/pt", "/runs", "/commitments/en?__theme=dark"])
def test_a_page_is_found_without_its_last_slash(site: Site, path: str) -> None:
    with urllib.request.urlopen(f"{site.address}{path}", timeout=20) as answer:
        assert answer.status == 200
        assert answer.url == f"{site.address}{path.replace('?', '/?') if '?' in path else f'{path}/'}"
