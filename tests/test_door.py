"""The door: the guard before every path, the login pages, Gradio behind it, all over real HTTP or in a real browser."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from argon2 import PasswordHasher
from headless import CHROMIUM
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from voz.door.asking import with_actor
from voz.door.door import Door, actor_of_request, language_of, local_path
from voz.door.guard import LINK, OPEN, scope_for
from voz.door.login import open_door
from voz.errors import Refused
from voz.service import api_keys, passwords, sessions, users
from voz.service.actor import OWNER, Actor
from voz.shield import Shield
from voz.store.database import Database, open_database, sqlite_url

GOOD, OTHER = "un caballo correcto", "otra frase bien larga"
HERE = "http://127.0.0.1"
OWN = {"sec-fetch-site": "same-origin"}
PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """The real argon2id at a small cost."""
    before = passwords._HASHER
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords._nobody.cache_clear()
    yield
    passwords._HASHER = before
    passwords._nobody.cache_clear()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(sqlite_url(tmp_path))
    yield database
    database.close()


async def who(request: Request) -> JSONResponse:
    actor = request.state.actor
    return JSONResponse({"id": actor and actor.id, "role": actor and actor.role})


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.state.actor.id)
    await socket.close()


async def stream(request: Request) -> StreamingResponse:
    async def events() -> Any:
        yield "data: 1\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


def app_of(door: Door) -> Starlette:
    """A small application with a path of every kind, behind the door."""
    anything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette()
    open_door(app, door)
    app.add_middleware(Shield)
    app.router.routes.extend(
        [
            WebSocketRoute("/live", greet),
            Route("/events", stream),
            Route("/{rest:path}", who, methods=anything),
        ]
    )
    return app


def browser_of(
    door: Door, *, client: str = "127.0.0.1", base: str = HERE, headers: dict[str, str] | None = None
) -> TestClient:
    return TestClient(app_of(door), base_url=base, client=(client, 5000), headers=headers or {}, follow_redirects=False)


def form_of(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found, page
    return found[1]


def log_in(browser: TestClient, login: str = "ana", password: str = GOOD, wanted: str = "/") -> Any:
    page = browser.get("/login", params={"next": wanted})
    data = {"login": login, "password": password, "next": wanted, "form": form_of(page.text)}
    return browser.post("/login", data=data)


@pytest.fixture
def door(db: Database) -> Door:
    users.add(db, OWNER, "ana", "Ana <b>García</b>", "lead", password=GOOD)
    return Door(db)


# Before the first user


def test_nobody_yet_this_machine_only_as_owner(db: Database) -> None:
    door = Door(db)
    assert browser_of(door).get("/v1/cases").json() == {"id": "local", "role": "admin"}
    assert browser_of(door, client="::1").get("/").json()["id"] == "local"
    for other in ("192.168.1.20", "10.0.0.1", "2001:db8::1", "testclient"):
        refused = browser_of(door, client=other).get("/v1/cases")
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
    users.add(db, OWNER, "ana", password=GOOD)
    assert browser_of(door).get("/v1/cases").status_code == 401


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host"])
def test_nobody_yet_and_a_request_that_was_passed_on(db: Database, header: str) -> None:
    assert browser_of(Door(db)).get("/", headers={header: "1.2.3.4"}).status_code == 403


def test_nobody_yet_and_a_page_of_another_site(db: Database) -> None:
    browser = browser_of(Door(db))
    assert browser.post("/v1/messages").status_code == 200, "a program on this machine says no origin"
    assert browser.post("/v1/messages", headers=OWN).status_code == 200
    assert browser.post("/v1/messages", headers={"origin": HERE}).status_code == 200
    for foreign in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
    ):
        assert browser.post("/v1/messages", headers=foreign).status_code == 403, foreign


def test_nobody_yet_the_login_page_says_what_to_do(db: Database) -> None:
    far = browser_of(Door(db), client="10.0.0.1").get("/login")
    assert far.status_code == 403
    assert "voz users add" in far.text
    assert "<form" not in far.text
    assert browser_of(Door(db)).get("/login?next=/queue").headers["location"] == "/queue"


# The guard


PATHS = [
    "/", "/en/", "/pt", "/config", "/v1/cases", "/v1/openapi.json", "/gradio_api/queue/join", "/gradio_api/queue/data",
    "/gradio_api/heartbeat/x", "/theme.css", "/assets/index.js", "/static/x", "/file=/etc/passwd", "/monitoring",
    "/login/", "/login/x", "/login/password", "/logout/", "/LOGIN", "//login", "/c", "/c/", "/c/../v1/cases",
    "/c//v1", "/c/a/b/c", "/c/..", "/healthz/", "/healthz/../v1", "/oidc", "/oidc/other", "/login%2f..%2fv1",
    "/c/%2e%2e/v1", "/login;x", "/login\\", "/c/a%0a", "/events",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_guarded(door: Door, path: str) -> None:
    browser = browser_of(door)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        answer = browser.request(method, path)
        assert answer.status_code == 401, (method, path, answer.text)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["cache-control"] == "no-store"
    told = browser.get(path).json()
    assert (told["status"], told["type"]) == (401, "urn:voz:problem:login")


def test_the_few_open_paths(door: Door) -> None:
    browser = browser_of(door)
    assert {path for path in OPEN if browser.get(path).status_code == 401} == set()
    link = browser.get("/c/Zx3_-abc")
    assert link.json()["id"] is None
    assert browser.post("/c/Zx3_-abc/answer", data={"x": "1"}).status_code == 200


@given(st.text(max_size=60))
def test_open_paths_cannot_be_dressed_up(text: str) -> None:
    for path in (f"/{text}", f"/c/{text}", f"/login{text}"):
        if path in OPEN or LINK.fullmatch(path):
            assert re.fullmatch(r"[/A-Za-z0-9_.~-]+", path)
            assert not any(step in ("..", ".") for step in path.split("/"))


def test_a_path_below_a_root_is_judged_by_itself(door: Door) -> None:
    browser = TestClient(app_of(door), base_url=HERE, root_path="/desk", follow_redirects=False)
    assert browser.get("/desk/login").status_code == 200
    assert browser.get("/desk/v1/cases").status_code == 401
    assert browser.get("/desk/queue?a=1", headers=PAGE).headers["location"] == "/desk/login?next=%2Fqueue%3Fa%3D1"


def test_pages_are_sent_to_the_login_and_back(door: Door) -> None:
    browser = browser_of(door)
    sent = browser.get("/en/?case=c1&x=á", headers=PAGE)
    assert sent.status_code == 303
    login = browser.get(sent.headers["location"])
    entered = browser.post(
        "/login",
        data={"login": "ana", "password": GOOD, "form": form_of(login.text), "next": "/en/?case=c1&x=%C3%A1"},
    )
    assert (entered.status_code, entered.headers["location"]) == (303, "/en/?case=c1&x=%C3%A1")
    assert browser.get("/en/?case=c1").json()["role"] == "lead"
    assert browser.get("/v1/cases", headers=PAGE).status_code == 200
    assert browser_of(door).post("/en/", headers=PAGE).status_code == 401
    assert browser_of(door).get("/v1/cases", headers=PAGE).status_code == 401, "an API is never redirected"


def test_answers_of_the_desk_are_not_kept_by_the_browser(door: Door) -> None:
    browser = browser_of(door)
    log_in(browser)
    assert browser.get("/v1/cases").headers["cache-control"] == "no-store"
    assert browser.get("/login/door.css").headers["cache-control"] == "max-age=3600"


def test_websockets_are_guarded(door: Door) -> None:
    browser = browser_of(door)
    with pytest.raises(WebSocketDisconnect) as closed, browser.websocket_connect("ws://127.0.0.1/live"):
        pass
    assert closed.value.code == 1008
    log_in(browser)
    with browser.websocket_connect("ws://127.0.0.1/live", headers={"origin": HERE}) as socket:
        assert socket.receive_text().startswith("u")
    for foreign in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {}):
        with pytest.raises(WebSocketDisconnect), browser.websocket_connect("ws://127.0.0.1/live", headers=foreign):
            pass


def test_a_session_acts_only_from_pages_of_the_desk(door: Door) -> None:
    browser = browser_of(door)
    log_in(browser)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert browser.request(method, "/v1/cases", headers=OWN).status_code == 200
        assert browser.request(method, "/v1/cases", headers={"origin": HERE}).status_code == 200
        for foreign in (
            {},
            {"origin": "null"},
            {"origin": "http://evil.example"},
            {"origin": "http://127.0.0.1.evil.example"},
            {"origin": "http://127.0.0.1:8001"},
            {"sec-fetch-site": "cross-site", "origin": HERE},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "none"},
            {"referer": f"{HERE}/"},
        ):
            assert browser.request(method, "/v1/cases", headers=foreign).status_code == 403, (method, foreign)
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert browser.get("/", headers=link).status_code == 200, "a link in a mail may lead here"
    assert browser.get("/", headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}).status_code == 403


def test_the_public_address_is_the_desks_own(db: Database, door: Door) -> None:
    user = next(user for user in users.list_users(db) if user.login == "ana")
    token = sessions.open(db, user.id).token
    cookie = {"cookie": f"__Host-voz={token}"}
    plain = browser_of(Door(db, public_url="https://voz.example"))
    assert plain.post("/v1/cases", headers={**cookie, "origin": "https://voz.example"}).status_code == 200
    assert plain.post("/v1/cases", headers={**cookie, "origin": "https://voz.example.evil"}).status_code == 403


# API keys


def key_of(db: Database, *scopes: str) -> dict[str, str]:
    key, _ = api_keys.create(db, OWNER, "ana", "test", scopes)
    return {"authorization": f"Bearer {key}"}


def test_a_key_opens_the_api_alone_and_within_its_scopes(db: Database, door: Door) -> None:
    browser, reads = browser_of(door), key_of(db, "cases:read")
    assert browser.get("/v1/cases", headers=reads).json()["role"] == "lead"
    assert browser.get("/v1/openapi.json", headers=reads).status_code == 200
    for said in ("POST /v1/cases", "GET /v1/knowledge", "GET /v1/users", "GET /", "POST /gradio_api/queue/join"):
        method, path = said.split()
        assert browser.request(method, path, headers=reads).status_code == 403, path
    assert browser.post("/v1/cases/c1/approve", headers=key_of(db, "cases:write")).status_code == 200, (
        "no origin needed"
    )


def test_a_key_that_is_wrong_is_refused_even_beside_a_session(door: Door) -> None:
    browser = browser_of(door)
    log_in(browser)
    for value in ("Bearer nonsense", "bearer voz_a_b", "Bearer"):
        answer = browser.get("/v1/cases", headers={"authorization": value})
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert browser.get("/v1/cases", headers={"authorization": "Basic YTpi"}).status_code == 200


def test_scopes_of_paths() -> None:
    assert scope_for("GET", "/v1/cases/c1") == "cases:read"
    assert scope_for("POST", "/v1/messages") == "messages:write"
    assert scope_for("POST", "/v1/check") == "drafts"
    assert scope_for("GET", "/v1/casesx") == "admin"
    assert scope_for("DELETE", "/v1/knowledge") == "admin"
    assert scope_for("GET", "/v1/openapi.json") is None


# The login page


def test_a_login_sets_a_careful_cookie_and_rotates(db: Database, door: Door) -> None:
    browser = browser_of(door)
    first = log_in(browser)
    cookie = next(line for line in first.headers.get_list("set-cookie") if line.startswith("voz="))
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=86400"):
        assert part in cookie
    assert "Secure" not in cookie
    token = browser.cookies["voz"]
    browser.get("/login", headers={"cookie": ""})
    page = browser_of(door).get("/login")
    again = browser.post(
        "/login",
        data={"login": "ana", "password": GOOD, "form": form_of(page.text)},
        headers={"cookie": f"voz={token}; voz_form={page.cookies['voz_form']}"},
    )
    assert again.status_code == 303
    assert sessions.actor_of(db, token) is None, "the session of before the login ends"


def test_under_https_the_cookie_is_bound_to_the_host(door: Door) -> None:
    browser = browser_of(door, base="https://127.0.0.1")
    entered = log_in(browser)
    cookie = next(line for line in entered.headers.get_list("set-cookie") if line.startswith("__Host-voz="))
    assert "Secure" in cookie
    assert browser.get("/v1/cases").status_code == 200


def test_a_wrong_password_is_told_in_text_and_nothing_is_let_in(door: Door) -> None:
    browser = browser_of(door, headers={"accept-language": "es"})
    answer = log_in(browser, password="no es esta frase", wanted="/queue")
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    assert "no son correctos" in answer.text
    assert 'value="ana"' in answer.text
    assert "no es esta frase" not in answer.text
    assert 'name="next" value="/queue"' in answer.text
    assert browser.get("/v1/cases").status_code == 401
    unknown = log_in(browser, "nobody", "no es esta frase")
    assert unknown.text.replace('value="nobody"', 'value="ana"').split("<form")[0] == answer.text.split("<form")[0]


def test_the_lock_is_told_with_its_time(door: Door) -> None:
    browser = browser_of(door, headers={"accept-language": "en"})
    for _ in range(5):
        log_in(browser, password="no es esta frase")
    locked = log_in(browser)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= 31
    assert "Try again in a minute" in locked.text


def test_a_login_form_of_somebody_else_is_not_taken(door: Door) -> None:
    browser, other = browser_of(door), browser_of(door)
    theirs = form_of(other.get("/login").text)
    mine = form_of(browser.get("/login").text)
    for form in ("", "x", theirs, mine[:-1], mine + "x"):
        answer = browser.post("/login", data={"login": "ana", "password": GOOD, "form": form})
        assert answer.status_code == 400
        assert "voz" not in answer.cookies
    assert browser_of(door).post("/login", data={"login": "ana", "password": GOOD, "form": mine}).status_code == 400
    assert browser.post("/login", data={"login": "ana", "password": GOOD, "form": mine}).status_code == 303


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"&" * 30_000, b"a=1&" * 3_000, b'{"login": "ana"}', b"login=%ff%00&form=%zz"]
)
def test_bodies_that_are_no_form(door: Door, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser_of(door).post("/login", content=body, headers=headers).status_code == 400


ELSEWHERE = [
    "", "queue", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:alert(1)",
    "/\t/evil.example", "/\n/evil.example", " //evil.example", "///evil.example", "/\u2028", "http:/evil",
    "/%0d%0a\r\nx: y", "/login", "/login/?next=/x", "/logout", "/" + "a" * 3_000,
]  # fmt: skip


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_a_login_sends_nobody_elsewhere(door: Door, wanted: str) -> None:
    assert local_path(wanted) == "/"
    assert log_in(browser_of(door), wanted=wanted).headers["location"] == "/"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=50))
def test_local_paths_stay_local(text: str) -> None:
    from urllib.parse import urljoin, urlsplit

    for wanted in (text, "/" + text, "//" + text, "/\\" + text):
        landed = urlsplit(urljoin("http://here.example/login", local_path(wanted)))
        assert landed.netloc == "here.example"


def test_logging_out_takes_the_sessions_own_form(db: Database, door: Door) -> None:
    browser = browser_of(door)
    assert browser.get("/logout").headers["location"] == "/login"
    log_in(browser)
    token = browser.cookies["voz"]
    page = browser.get("/logout")
    assert "Ana &lt;b&gt;García&lt;/b&gt;" in page.text
    assert browser.post("/logout", data={"form": "x"}).status_code == 400
    assert sessions.actor_of(db, token)
    left = browser.post("/logout", data={"form": form_of(page.text)})
    assert left.status_code == 303
    assert sessions.actor_of(db, token) is None
    assert "voz" not in browser.cookies
    assert 'role="status"' in browser.get(left.headers["location"]).text


def test_changing_ones_password(db: Database, door: Door) -> None:
    browser = browser_of(door, headers={"accept-language": "en"})
    log_in(browser)
    elsewhere = sessions.open(db, users.list_users(db)[0].id).token
    form = form_of(browser.get("/login/password").text)

    def send(current: str, new: str, again: str, token: str = form) -> Any:
        return browser.post("/login/password", data={"current": current, "new": new, "again": again, "form": token})

    assert "not the same" in send(GOOD, OTHER, GOOD).text
    assert "will not do" in send(GOOD, "corta", "corta").text
    assert "current password is not right" in send("no es esta frase", OTHER, OTHER).text
    assert send(GOOD, OTHER, OTHER, "x").headers["location"] == "/login/password"
    assert sessions.actor_of(db, elsewhere)
    assert send(GOOD, OTHER, OTHER).headers["location"] == "/"
    assert sessions.actor_of(db, elsewhere) is None
    assert browser.get("/v1/cases").status_code == 200
    assert log_in(browser_of(door), password=GOOD).status_code == 403
    assert log_in(browser_of(door), password=OTHER).status_code == 303


def test_guesses_of_ones_own_password_are_counted(door: Door) -> None:
    browser = browser_of(door, headers={"accept-language": "en"})
    log_in(browser)
    form = form_of(browser.get("/login/password").text)
    for _ in range(6):
        told = browser.post("/login/password", data={"current": "x" * 12, "new": OTHER, "again": OTHER, "form": form})
    assert "Too many failed attempts" in told.text


def test_customer_text_in_the_pages_is_text(door: Door) -> None:
    browser = browser_of(Door(door.database, company="<script>x</script>"))
    page = log_in(browser, '"><img src=x onerror=alert(1)>', "no es esta frase", wanted='/"><script>')
    assert "<script" not in page.text
    assert "<img" not in page.text


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("es-MX,en;q=0.5", "es"), ("en-GB", "en"), ("pt-BR,pt;q=0.9", "pt"), ("de,fr;q=0.9,en;q=0.1", "en"),
        ("en;q=0.1,pt;q=0.9", "pt"), ("", "es"), ("de", "es"), ("en;q=x,pt", "pt"), ("," * 9_000, "es"),
    ],
)  # fmt: skip
def test_the_language_of_the_page(door: Door, asked: str, language: str) -> None:
    page = browser_of(door).get("/login", headers={"accept-language": asked})
    assert page.headers["content-language"] == language
    assert f'<html lang="{language}">' in page.text
    chosen = browser_of(door).get("/login?lang=en", headers={"accept-language": asked})
    assert '<html lang="en">' in chosen.text


def test_a_language_that_nobody_speaks() -> None:
    scope = {"type": "http", "headers": [], "query_string": b"lang=<x>"}
    assert language_of(HTTPConnection(scope), "pt") == "pt"
    assert language_of(HTTPConnection(scope), "ca") == "es"


def test_every_language_has_the_same_words_with_the_same_places_to_fill() -> None:
    folder = Path(str(__import__("voz.packaged", fromlist=["files"]).files("voz"))) / "data" / "door"
    tables = {name: yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in ("es", "en", "pt")}
    for table in tables.values():
        assert set(table) == set(tables["es"])
        for key, text in table.items():
            assert isinstance(text, str)
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", tables["es"][key])), key


# Gradio behind the door


@dataclass
class Served:
    url: str
    door: Door


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A tiny real Gradio page behind the guard, served by uvicorn."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

    from voz.serve import listen

    database = open_database(sqlite_url(tmp_path_factory.mktemp("served")))
    users.add(database, OWNER, "ana", "Ana García", "lead", password=GOOD)
    users.add(database, OWNER, "bea", "Bea", "agent", password=GOOD)
    door = Door(database, company="Pedales del Sur")
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    open_door(app, door)
    app.add_middleware(Shield)

    def told(actor: Actor, text: str) -> str:
        return f"{actor.name} ({actor.role}): {text}"

    def steps(actor: Actor) -> Iterator[str]:
        for step in range(3):
            yield f"{step} {actor.name}"

    async def later(actor: Actor, text: str) -> str:
        return f"later {actor.name}: {text}"

    async def later_steps(actor: Actor) -> Any:
        yield "first"
        yield f"last {actor.name}"

    with gr.Blocks(analytics_enabled=False) as page:
        names = ("Text", "Said", "Steps", "Later", "Later steps", "Loaded")
        text, said, stepped, late, late_steps, loaded = (gr.Textbox(label=name) for name in names)
        clicked = gr.Button("Go").click(with_actor(told), text, said).then(with_actor(steps), None, stepped)
        clicked.then(with_actor(later), text, late).then(with_actor(later_steps), None, late_steps)
        page.load(with_actor(lambda actor: f"load {actor.name}"), None, loaded)
    gr.mount_gradio_app(app, page, "/", ssr_mode=False, pwa=False, run_history=False, footer_links=[])
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", door)
    server.should_exit = True
    thread.join(5)
    listener.close()
    database.close()


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium")


@pytest.mark.browser
@needs_browser
def test_a_gradio_handler_knows_who_asks(served: Served, browser: Any) -> None:
    from playwright.sync_api import expect

    for login, told in (("ana", "Ana García (lead): hola"), ("bea", "Bea (agent): hola")):
        context = browser.new_context(locale="es-ES")
        tab = context.new_page()
        tab.goto(f"{served.url}/?x=1")
        assert "/login?next=" in tab.url
        tab.get_by_label("Usuario").fill(login)
        tab.get_by_label("Contraseña").fill(GOOD)
        tab.keyboard.press("Enter")
        tab.wait_for_url(f"{served.url}/?x=1")
        name = told.split(" (")[0]
        expect(tab.get_by_label("Loaded")).to_have_value(f"load {name}", timeout=15_000)
        tab.get_by_label("Text").fill("hola")
        tab.get_by_role("button", name="Go").click()
        expect(tab.get_by_label("Later steps")).to_have_value(f"last {name}", timeout=15_000)
        assert tab.get_by_label("Said").input_value() == told
        assert tab.get_by_label("Steps", exact=True).input_value() == f"2 {name}"
        assert tab.get_by_label("Later", exact=True).input_value() == f"later {name}: hola"
        context.close()


def test_gradios_own_paths_are_shut_without_a_session(served: Served) -> None:
    import httpx

    with httpx.Client(base_url=served.url, trust_env=False) as asking:
        for path in (
            "/config",
            "/gradio_api/info",
            "/gradio_api/queue/data?session_hash=x",
            "/theme.css",
            "/assets/x",
            "/monitoring",
        ):
            assert asking.get(path).status_code == 401
        joined = asking.post("/gradio_api/queue/join", json={"data": ["x"], "fn_index": 0, "session_hash": "x"})
        assert joined.status_code == 401
        assert asking.post("/gradio_api/call/told", json={"data": ["x"]}).status_code == 401


def test_nobody_is_an_actor_without_a_guard() -> None:
    import gradio as gr

    with pytest.raises(Refused):
        actor_of_request(Request({"type": "http", "headers": []}))
    with pytest.raises(Refused):
        actor_of_request(gr.Request(Request({"type": "http", "headers": []})))
    with pytest.raises(Refused):
        actor_of_request(gr.Request())
    with pytest.raises(Refused):
        actor_of_request(None)


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390), ("light", 390)])
def test_the_login_page_in_a_browser(served: Served, browser: Any, scheme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale="es-ES", java_script_enabled=False
    )
    tab = context.new_page()
    messages: list[str] = []
    tab.on("console", lambda message: messages.append(message.text))
    tab.goto(f"{served.url}/login?next=/queue")
    assert tab.title() == "Entrar · voz"
    tab.keyboard.type("ana")
    tab.keyboard.press("Tab")
    tab.keyboard.type("no es esta frase")
    tab.keyboard.press("Enter")
    assert tab.get_by_role("alert").inner_text() == "El usuario o la contraseña no son correctos."
    assert tab.title().startswith("Error")
    assert tab.get_by_label("Usuario").input_value() == "ana"
    box = tab.locator("main").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    shot = os.environ.get("VOZ_SHOTS")
    if shot:
        tab.screenshot(path=f"{shot}/login-{scheme}-{width}.png")
    assert [text for text in messages if "Security Policy" in text] == []
    context.close()


def test_the_lifespan_passes_the_guard(door: Door) -> None:
    with browser_of(door) as browser:
        assert browser.get("/healthz").status_code == 200
