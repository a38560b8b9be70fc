"""Logging in and out, and changing one's password: plain pages that need no script."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from itsdangerous import BadSignature, URLSafeTimedSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from voz.door.door import LANGUAGES, Door, address_of, is_this_machine, language_of, local_path
from voz.door.guard import Guard
from voz.errors import InputError, Refused
from voz.packaged import packaged
from voz.service import sessions, users
from voz.service.passwords import SHORTEST
from voz.store import access
from voz.store.rows import UserRow

if TYPE_CHECKING:
    from voz.door.oidc import SignIn

FORM_COOKIE = "voz_form"
FORM_AGE = 3_600
MOST_BYTES = 20_000
HERE = Path(str(files("voz") / "data" / "door"))


def open_door(app: Starlette, door: Door) -> None:
    """Guard the whole application and add the login pages: call it first, before other routes and middleware."""
    app.router.routes.extend(routes(door))
    app.add_middleware(Guard, door=door)


def routes(door: Door) -> list[Route]:
    pages = Pages(door)
    found = [
        Route("/login", pages.show, methods=["GET"]),
        Route("/login", pages.enter, methods=["POST"]),
        Route("/login/door.css", pages.css, methods=["GET"]),
        Route("/login/password", pages.ask_password, methods=["GET"]),
        Route("/login/password", pages.change_password, methods=["POST"]),
        Route("/logout", pages.ask_logout, methods=["GET"]),
        Route("/logout", pages.leave, methods=["POST"]),
    ]
    if door.sign_on:
        found += [
            Route("/oidc/start", pages.start, methods=["GET"]),
            Route("/oidc/callback", pages.callback, methods=["GET"]),
        ]
    return found


class Pages:
    def __init__(self, door: Door) -> None:
        self.door = door
        self.forms = URLSafeTimedSerializer(door.form_key, salt="voz.login")
        self.sign_in: SignIn | None = None
        if door.sign_on:
            from voz.door.oidc import SignIn

            self.sign_in = SignIn(door, door.sign_on)

    async def css(self, request: Request) -> Response:
        headers = {"cache-control": "max-age=3600"}
        return Response((HERE / "door.css").read_bytes(), media_type="text/css", headers=headers)

    async def show(self, request: Request) -> Response:
        wanted = local_path(request.query_params.get("next"))
        if not await run_in_threadpool(self.door.asks_who_it_is):
            if is_this_machine(request):
                return self._to(request, wanted)
            return self._login(request, 403, "nobody", wanted=wanted)
        if getattr(request.state, "actor", None) is not None:
            return self._to(request, wanted)
        note = "logged_out" if "out" in request.query_params else ""
        return self._login(request, note=note, wanted=wanted)

    async def enter(self, request: Request) -> Response:
        form = await form_fields(request)
        login, password, wanted = form.get("login", ""), form.get("password", ""), local_path(form.get("next"))
        if not self._is_ours(request, form.get("form", "")):
            return self._login(request, 400, "stale", login=login, wanted=wanted)
        if self.door.sign_on and not self.door.sign_on.passwords:
            return self._login(request, 403, wanted=wanted)
        if not login.strip() or not password:
            return self._login(request, 400, "empty", login=login, wanted=wanted)
        try:
            opened = await run_in_threadpool(self._enter, request, login, password)
        except users.LoginRefused as refused:
            return self._refused(request, refused, login, wanted)
        answer = self._to(request, wanted)
        answer.delete_cookie(FORM_COOKIE, path="/login", httponly=True, samesite="strict")
        self.door.keep(request, answer, opened.token)
        return answer

    def _enter(self, request: Request, login: str, password: str) -> sessions.Opened:
        door, now = self.door, self.door.now()
        user = users.authenticate(
            door.database, login, password, address=address_of(request), attempts=door.attempts, now=now
        )
        return sessions.open(
            door.database, user.id, replaces=door.token(request), lifetime=door.lifetime, now=now
        )  # fmt: skip

    async def ask_logout(self, request: Request) -> Response:
        live = await run_in_threadpool(self._live, request)
        if live is None:
            return self._to(request, "/login")
        return self._page(request, "logout.html", name=live.actor.name, form=live.csrf)

    async def leave(self, request: Request) -> Response:
        live, token = await run_in_threadpool(self._live, request), self.door.token(request)
        answer = self._to(request, f"/login?{urlencode({'out': 1, 'lang': self._language(request)})}")
        if live is None or token is None:
            return answer
        form = await form_fields(request)
        if not _same(form.get("form", ""), live.csrf):
            return self._page(request, "logout.html", 400, name=live.actor.name, form=live.csrf)
        await run_in_threadpool(sessions.close, self.door.database, token, now=self.door.now())
        self.door.drop(request, answer)
        return answer

    async def ask_password(self, request: Request) -> Response:
        live = await run_in_threadpool(self._live, request)
        if live is None:  # nobody has to log in yet
            return self._to(request, "/")
        return await run_in_threadpool(self._password_page, request, live)

    async def change_password(self, request: Request) -> Response:
        live, form = await run_in_threadpool(self._live, request), await form_fields(request)
        if live is None or not _same(form.get("form", ""), live.csrf):
            return self._to(request, "/login/password")
        if not _same(form.get("new", ""), form.get("again", "")):
            return await run_in_threadpool(self._password_page, request, live, "new_differs")
        try:
            opened = await run_in_threadpool(self._change_password, request, live, form)
        except InputError:
            return await run_in_threadpool(self._password_page, request, live, "new_unfit")
        except users.LoginRefused as refused:
            kind = "current_wrong" if refused.reason == "wrong" else "locked"
            return await run_in_threadpool(self._password_page, request, live, kind, refused.seconds)
        except Refused:
            return await run_in_threadpool(self._password_page, request, live, "current_wrong")
        answer = self._to(request, "/")
        self.door.keep(request, answer, opened.token)
        return answer

    def _change_password(self, request: Request, live: sessions.Live, form: dict[str, str]) -> sessions.Opened:
        """Guesses of the current password count as failed logins do; every session ends but the one that begins."""
        door, now, current = self.door, self.door.now(), form.get("current", "")
        login = self._user(live).login
        users.authenticate(
            door.database, login, current, address=address_of(request), attempts=door.attempts, now=now
        )  # fmt: skip
        users.set_password(door.database, live.actor, login, form.get("new", ""), current=current, now=now)
        return sessions.open(door.database, live.actor.id, lifetime=door.lifetime, now=now)

    async def start(self, request: Request) -> Response:
        return await self._signing_in(request, lambda sign_in: sign_in.start(request))

    async def callback(self, request: Request) -> Response:
        return await self._signing_in(request, lambda sign_in: sign_in.callback(request))

    async def _signing_in(self, request: Request, step: Callable[[SignIn], Awaitable[Response]]) -> Response:
        from voz.door.oidc import SignOnFailed

        assert self.sign_in is not None
        try:
            return await step(self.sign_in)
        except SignOnFailed as failed:
            return self._login(request, failed.status, failed.reason)

    def _live(self, request: Request) -> sessions.Live | None:
        token = self.door.token(request)
        if token is None:
            return None
        return sessions.live(self.door.database, token, lifetime=self.door.lifetime, now=self.door.now())

    def _user(self, live: sessions.Live) -> UserRow:
        with self.door.database.read() as tx:
            user = access.get(tx, UserRow, live.actor.id)
        assert user is not None
        return user

    def _password_page(self, request: Request, live: sessions.Live, error: str = "", seconds: int = 0) -> Response:
        user = self._user(live)
        if user.issuer is not None:
            return self._page(
                request, "password.html", error=self._told(request, "password_elsewhere"), form="", login=""
            )
        told = self._told(request, error, seconds) if error else ""
        status = 400 if error else 200
        return self._page(request, "password.html", status, error=told, form=live.csrf, login=user.login)

    def _refused(self, request: Request, refused: users.LoginRefused, login: str, wanted: str) -> Response:
        if refused.reason == "wrong":
            return self._login(request, 403, "wrong", login=login, wanted=wanted)
        answer = self._login(request, 429, "locked", login=login, wanted=wanted, seconds=refused.seconds)
        answer.headers["retry-after"] = str(refused.seconds)
        return answer

    def _login(
        self, request: Request, status: int = 200, error: str = "", *, note: str = "", login: str = "",
        wanted: str = "/", seconds: int = 0,
    ) -> Response:  # fmt: skip
        """The login page with a form that only this browser can send."""
        told, sign_on = packaged(f"door/{self._language(request)}"), self.door.sign_on
        mine = request.cookies.get(FORM_COOKIE, "")
        nonce = mine if 20 <= len(mine) <= 100 and mine.isascii() else secrets.token_urlsafe(24)
        answer = self._page(
            request, "login.html", status, error=self._told(request, error, seconds) if error else "",
            wrong=error == "wrong", note=told[note] if note else "", login=login[:200], wanted=wanted,
            form=self.forms.dumps(nonce), sign_on=sign_on is not None, provider=self._provider(request),
            passwords=error != "nobody" and (sign_on is None or sign_on.passwords),
        )  # fmt: skip
        secure = self.door.is_secure(request)
        answer.set_cookie(
            FORM_COOKIE, nonce, max_age=FORM_AGE, path="/login", secure=secure, httponly=True, samesite="strict"
        )
        return answer

    def _is_ours(self, request: Request, form: str) -> bool:
        """Whether the form was made for this browser, and not long ago."""
        try:
            nonce = self.forms.loads(form, max_age=FORM_AGE)
        except BadSignature:
            return False
        return isinstance(nonce, str) and _same(nonce, request.cookies.get(FORM_COOKIE, ""))

    def _page(
        self, request: Request, template: str, status: int = 200, *, wanted: str = "/", **values: Any
    ) -> HTMLResponse:
        language = self._language(request)
        names = [(code, packaged(f"door/{code}")["name"]) for code in LANGUAGES]
        html = templates().get_template(template).render(
            told=packaged(f"door/{language}"), language=language, languages=names, next=wanted,
            root=request.scope.get("root_path", ""), company=self.door.company, shortest=SHORTEST, **values,
        )  # fmt: skip
        headers = {"cache-control": "no-store", "vary": "accept-language", "content-language": language}
        return HTMLResponse(html, status, headers)

    def _told(self, request: Request, error: str, seconds: int = 0) -> str:
        key = "locked_one" if error == "locked" and seconds <= 60 else error
        told = str(packaged(f"door/{self._language(request)}")[key])
        line = told.format(minutes=-(-seconds // 60), provider=self._provider(request), shortest=SHORTEST)
        return line[:1].upper() + line[1:]

    def _provider(self, request: Request) -> str:
        named = self.door.sign_on.label if self.door.sign_on else ""
        return named or str(packaged(f"door/{self._language(request)}")["provider"])

    def _language(self, request: Request) -> str:
        return language_of(request, self.door.language)

    def _to(self, request: Request, path: str) -> RedirectResponse:
        answer = RedirectResponse(f"{request.scope.get('root_path', '')}{path}", 303)
        answer.headers["cache-control"] = "no-store"
        return answer


@cache
def templates() -> Environment:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a form that a browser sends without files; nothing of one that is too large."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            return {}
    try:
        fields = parse_qs(data.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="replace")
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
