"""Who may do what on the pages: nobody without a login, observers and agents only what their role allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from front import LATE, Front, add_user, open_front, served
from headless import CHROMIUM

from voz.pages.topic_words import topic_words
from voz.service import sessions
from voz.store import access
from voz.store.rows import CandidateRow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM FOUND: the page was NOT tested"),
]
PROMISE = "Hola, Marta: te llamamos mañana por la tarde para decirte dónde está. Un saludo."
Enter = Callable[[str], Any]


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Front, str]]:
    front = open_front(tmp_path_factory.mktemp("staffed"))
    front.answered(LATE, PROMISE)
    for login, role in (("olga", "observer"), ("ana", "agent"), ("eva", "lead")):
        add_user(front, login, role, ("envios",))
    with served(front) as address:
        yield front, address


@pytest.fixture
def enter(browser: Any, staffed: tuple[Front, str]) -> Iterator[Enter]:
    """A browser in which a user is logged in."""
    front, address = staffed
    opened = []

    def open_as(login: str) -> Any:
        from voz.service import users

        user = next(one for one in users.list_users(front.service.database) if one.login == login)
        token = sessions.open(front.service.database, user.id, now=front.clock.now).token
        context = browser.new_context()
        context.add_cookies([{"name": "voz", "value": token, "url": address}])
        opened.append(context)
        return context.new_page()

    yield open_as
    for context in opened:
        context.close()


def test_nobody_sees_a_page_or_a_file_without_a_login(browser: Any, staffed: tuple[Front, str]) -> None:
    page = browser.new_page()
    for path in ("/commitments/", "/figures/", "/runs/en/", "/learn/", "/figures.csv", "/unanswered.csv"):
        answer = page.request.get(staffed[1] + path, max_redirects=0, headers={"accept": "text/html"})
        assert answer.status == 303, path
        assert answer.headers["location"].startswith("/login")
        assert page.request.get(staffed[1] + path, headers={"accept": "application/json"}).status == 401
    page.close()


def test_an_observer_cannot_mark_a_commitment_as_kept(enter: Enter, staffed: tuple[Front, str]) -> None:
    told = topic_words("page_commitments")
    page = enter("olga")
    page.goto(f"{staffed[1]}/commitments/")
    page.locator(".voz-cards label").click()
    button = page.get_by_role("button", name=told("keep"))
    button.wait_for()
    page.get_by_label(told("text")).wait_for()
    assert button.is_disabled()


def test_an_agent_sees_the_examples_and_a_lead_decides_on_them(enter: Enter, staffed: tuple[Front, str]) -> None:
    told = topic_words("page_learn")
    page = enter("ana")
    page.goto(f"{staffed[1]}/learn/")
    page.get_by_text(told("may_not")).wait_for()
    page.locator(".voz-cards:visible label").click()
    accept = page.get_by_role("button", name=told("examples.style"))
    accept.wait_for()
    assert accept.is_disabled()
    page = enter("eva")
    page.goto(f"{staffed[1]}/learn/")
    page.locator(".voz-cards:visible label").click()
    page.get_by_role("button", name=told("examples.style")).click()
    page.get_by_text(told("examples.done.style")).wait_for()
    with staffed[0].service.database.read() as tx:
        rows = access.find(tx, CandidateRow)
    assert [(row.state, row.use) for row in rows] == [("accepted", "style")]


def test_the_commitments_of_ones_teams_are_a_view(enter: Enter, staffed: tuple[Front, str]) -> None:
    page = enter("ana")
    page.goto(f"{staffed[1]}/commitments/?view=team")
    page.locator(".voz-cards label", has_text="el equipo de envíos").wait_for()
