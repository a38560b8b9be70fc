"""Single sign-on against an OpenID provider that runs as a process of its own (tests/local_provider.py, ours)."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from local_provider import CLIENT, SECRET
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from voz.door.door import Door
from voz.door.login import open_door
from voz.door.oidc import SignOn
from voz.errors import InputError
from voz.service import users
from voz.service.actor import OWNER
from voz.store.database import Database, open_database, sqlite_url
from voz.store.rows import UserRow

HERE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Local:
    """The provider's process, told over HTTP what to do in the next login."""

    issuer: str

    def next(self, person: str = "ana", fault: str = "") -> None:
        httpx.post(f"{self.issuer}/_next", json={"person": person, "fault": fault}, trust_env=False).raise_for_status()

    def asked(self) -> list[str]:
        return list(httpx.get(f"{self.issuer}/_log", trust_env=False).json())


@pytest.fixture(scope="module")
def local() -> Iterator[Local]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("local_provider.py")), str(port)])
    provider = Local(f"http://127.0.0.1:{port}")
    try:
        for _ in range(200):
            try:
                provider.asked()
                break
            except httpx.ConnectError:
                assert process.poll() is None, "the provider did not start"
                time.sleep(0.1)
        yield provider
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(sqlite_url(tmp_path))
    yield database
    database.close()


@pytest.fixture
def settings(local: Local) -> SignOn:
    roles: dict[str, Any] = {"voz-leads": "lead", "staff": "observer", "voz-admins": "admin"}
    local.next()
    return SignOn(local.issuer, CLIENT, SECRET, roles, label="Entrada")


def browser_of(db: Database, settings: SignOn, **door: Any) -> TestClient:
    async def who(request: Request) -> JSONResponse:
        actor = request.state.actor
        return JSONResponse({"id": actor.id, "name": actor.name, "role": actor.role, "language": actor.language})

    app = Starlette()
    open_door(app, Door(db, sign_on=settings, **door))
    app.router.routes.append(Route("/{rest:path}", who))
    return TestClient(app, base_url=HERE, client=("127.0.0.1", 5000), follow_redirects=False)


def to_provider(browser: TestClient, wanted: str = "/") -> str:
    """Begin a login; the address at the provider that the browser is sent to."""
    sent = browser.get("/oidc/start", params={"next": wanted})
    assert sent.status_code == 302, sent.text
    return str(sent.headers["location"])


def from_provider(address: str) -> str:
    """What the provider sends the browser back to."""
    answer = httpx.get(address, trust_env=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def sign_in(browser: TestClient, wanted: str = "/") -> Any:
    return browser.get(from_provider(to_provider(browser, wanted)))


def people(db: Database) -> list[UserRow]:
    return users.list_users(db)


def refused(browser: TestClient, answer: Any, db: Database) -> bool:
    """Nobody was let in, nobody was made a user, and the page says so in text."""
    told = 'role="alert"' in answer.text and answer.status_code in (400, 403, 502)
    return bool(told and browser.get("/queue").status_code == 401 and not people(db))


def test_a_first_login_makes_a_user_with_the_role_of_the_groups(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, settings)
    entered = sign_in(browser, "/queue?case=c1")
    assert (entered.status_code, entered.headers["location"]) == (303, "/queue?case=c1")
    [user] = people(db)
    assert (user.login, user.name, user.role, user.language) == ("ana", "Ana García", "lead", "pt")
    assert (user.issuer, user.subject, user.password_hash) == (settings.issuer, "s-ana", None)
    assert browser.get("/queue").json() == {"id": user.id, "name": "Ana García", "role": "lead", "language": "pt"}
    cookie = next(line for line in entered.headers.get_list("set-cookie") if line.startswith("voz="))
    assert "HttpOnly" in cookie


def test_the_request_carries_pkce_state_and_nonce(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, settings)
    first, second = (parse_qs(urlsplit(to_provider(browser)).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [f"{HERE}/oidc/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 20
        assert first[name] != second[name]
    assert SECRET not in str(first)


def test_the_public_address_is_where_the_provider_sends_back(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, settings, public_url="https://voz.example/")
    asked = parse_qs(urlsplit(to_provider(browser)).query)
    assert asked["redirect_uri"] == ["https://voz.example/oidc/callback"]


def test_the_same_subject_is_the_same_user_and_an_address_is_nobody(
    db: Database, settings: SignOn, local: Local
) -> None:
    users.add(db, OWNER, "ana@tienda.example", "Local Ana", "admin")
    sign_in(browser_of(db, settings))
    sign_in(browser_of(db, settings))
    local.next("bea")
    sign_in(browser_of(db, settings))
    found = {user.login: (user.role, user.subject) for user in people(db)}
    assert found == {
        "ana": ("lead", "s-ana"),
        "ana@tienda.example": ("admin", None),
        "ana@tienda.example-2": ("observer", "s-bea"),
    }


def test_a_role_follows_the_groups_at_the_next_login(db: Database, settings: SignOn) -> None:
    sign_in(browser_of(db, settings))
    browser = browser_of(db, replace(settings, roles={"voz-leads": "agent"}))
    sign_in(browser)
    assert browser.get("/").json()["role"] == "agent"


def test_who_is_in_no_group_is_not_let_in_unless_there_is_a_default(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, replace(settings, roles={"others": "admin"}))
    answer = sign_in(browser)
    assert refused(browser, answer, db)
    assert "tu grupo no tiene acceso" in answer.text
    open_to_all = browser_of(db, replace(settings, roles={"others": "admin"}, default_role="observer"))
    sign_in(open_to_all)
    assert open_to_all.get("/").json()["role"] == "observer"


def test_groups_at_the_end_of_a_path(db: Database, settings: SignOn, local: Local) -> None:
    local.next("carla")
    browser = browser_of(db, replace(settings, groups_claim="realm_access.roles"))
    sign_in(browser)
    assert browser.get("/").json()["role"] == "admin"
    assert people(db)[0].login == "s-carla"


def test_groups_from_userinfo_only_of_the_same_subject(db: Database, settings: SignOn, local: Local) -> None:
    local.next(fault="userinfo of another")
    browser = browser_of(db, settings)
    assert refused(browser, sign_in(browser), db)
    local.next(fault="userinfo")
    sign_in(browser)
    assert browser.get("/").json()["role"] == "lead"
    assert "userinfo" in local.asked()


def test_a_disabled_user_is_not_let_in(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, settings)
    sign_in(browser)
    users.disable(db, OWNER, "ana")
    assert browser.get("/").status_code == 401
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "desactivado" in answer.text
    assert browser.get("/").status_code == 401


FAULTS = [
    "nonce", "no nonce", "audience", "audience with azp", "many audiences", "azp", "issuer", "expired", "no expiry",
    "future", "no subject", "empty subject", "unsigned", "shared secret", "other key", "signature", "no id token",
    "at_hash", "denied",
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_provider_says_wrongly_lets_nobody_in(db: Database, settings: SignOn, local: Local, fault: str) -> None:
    local.next(fault=fault)
    browser = browser_of(db, settings)
    assert refused(browser, sign_in(browser), db)
    local.next()
    assert sign_in(browser).status_code == 303, "the next login works again"


def test_a_key_that_the_provider_has_changed_is_fetched(db: Database, settings: SignOn, local: Local) -> None:
    browser = browser_of(db, settings)
    sign_in(browser)
    local.next(fault="new key")
    assert sign_in(browser).status_code == 303
    assert local.asked().count("jwks") == 1


def test_a_callback_works_once(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, settings)
    address = to_provider(browser)
    ticket = browser.cookies["voz_oidc"]
    back = from_provider(address)
    assert browser.get(back).status_code == 303
    browser.cookies.clear()
    assert browser.get(back, headers={"cookie": f"voz_oidc={ticket}"}).status_code == 400
    assert browser.get("/").status_code == 401


def test_a_code_that_was_used_is_refused_by_the_provider(db: Database, settings: SignOn, local: Local) -> None:
    browser = browser_of(db, settings)
    used = parse_qs(urlsplit(from_provider(to_provider(browser))).query)
    basic = (CLIENT, SECRET)
    form = {"grant_type": "authorization_code", "code": used["code"][0], "redirect_uri": f"{HERE}/oidc/callback"}
    stolen = httpx.post(f"{local.issuer}/token", data=form, auth=basic, trust_env=False)
    assert stolen.json() == {"error": "invalid_grant"}, "without the verifier a stolen code is worth nothing"
    answer = browser.get("/oidc/callback", params={"code": used["code"][0], "state": used["state"][0]})
    assert refused(browser, answer, db)


def test_another_browser_cannot_finish_a_login(db: Database, settings: SignOn) -> None:
    mine, theirs = browser_of(db, settings), browser_of(db, settings)
    back = from_provider(to_provider(theirs))
    assert refused(mine, mine.get(back), db)
    to_provider(mine)
    assert refused(mine, mine.get(back), db), "the state is of another login"


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied", "?iss=https%3A%2F%2Fevil.example"]
)
def test_callbacks_that_nobody_asked_for(db: Database, settings: SignOn, query: str) -> None:
    browser = browser_of(db, settings)
    assert refused(browser, browser.get(f"/oidc/callback{query}"), db)
    to_provider(browser)
    assert refused(browser, browser.get(f"/oidc/callback{query}"), db)


def test_the_issuer_in_the_answer_must_be_the_issuer(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, settings)
    back = from_provider(to_provider(browser))
    assert refused(browser, browser.get(f"{back}&iss=https%3A%2F%2Fevil.example"), db)


@pytest.mark.parametrize("fault", ["discovery issuer", "discovery host"])
def test_discovery_that_names_others_is_not_followed(db: Database, settings: SignOn, local: Local, fault: str) -> None:
    local.next(fault=fault)
    browser = browser_of(db, settings)
    answer = browser.get("/oidc/start")
    assert refused(browser, answer, db)
    local.next()
    assert sign_in(browser).status_code == 303


def test_a_provider_that_does_not_answer(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, replace(settings, issuer="http://127.0.0.1:9"))
    answer = browser.get("/oidc/start?lang=en")
    assert answer.status_code == 502
    assert "Entrada does not answer now" in answer.text


def test_a_wrong_client_secret(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, replace(settings, client_secret="wrong"))
    assert refused(browser, sign_in(browser), db)


def test_sign_on_is_asked_for_before_the_first_user(db: Database, settings: SignOn) -> None:
    browser = browser_of(db, settings)
    assert browser.get("/queue").status_code == 401
    page = browser.get("/login?next=/queue")
    assert "Entrar con Entrada" in page.text
    assert 'name="password"' in page.text
    only = browser_of(db, replace(settings, passwords=False)).get("/login")
    assert 'name="password"' not in only.text


def test_passwords_that_are_not_offered_are_not_taken(db: Database, settings: SignOn) -> None:
    users.add(db, OWNER, "root", password="un caballo correcto")
    offering = browser_of(db, settings, form_key="same")
    page = offering.get("/login")
    form = page.text.split('name="form" value="')[1].split('"')[0]
    headers = {"cookie": f"voz_form={page.cookies['voz_form']}"}
    data = {"login": "root", "password": "un caballo correcto", "form": form}
    shut = browser_of(db, replace(settings, passwords=False), form_key="same")
    assert shut.post("/login", data=data, headers=headers).status_code == 403
    assert shut.get("/").status_code == 401
    assert offering.post("/login", data=data, headers=headers).status_code == 303


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_sign_in_sends_nobody_elsewhere(db: Database, settings: SignOn, wanted: str) -> None:
    assert sign_in(browser_of(db, settings), wanted).headers["location"] == "/"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://id.example"}, {"issuer": "id.example"}, {"issuer": ""}, {"client_id": ""},
        {"client_secret": ""}, {"roles": {"x": "boss"}}, {"roles": {}}, {"scope": "profile"},
        {"default_role": "boss"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work(settings: SignOn, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(settings, **wrong)


def test_the_secret_is_not_shown(settings: SignOn) -> None:
    assert SECRET not in repr(settings)
