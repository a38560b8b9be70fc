"""What the guard and the login page share: the settings of the door, its cookies, and small judgements of requests."""

from __future__ import annotations

import datetime as dt
import ipaddress
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from voz.errors import Refused
from voz.service import users
from voz.service.actor import Actor
from voz.service.lockout import Attempts
from voz.service.service import utc_now
from voz.service.sessions import Lifetime
from voz.store.database import Database

if TYPE_CHECKING:
    from voz.door.oidc import SignOn

LANGUAGES = ("es", "en", "pt")
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "cf-connecting-ip")
"""Headers that tell that somebody else's request was passed on by a program on this machine."""


@dataclass(frozen=True)
class Door:
    database: Database
    sign_on: SignOn | None = None
    public_url: str | None = None
    """What people type to reach the desk, where something in front of it takes https and passes it on."""
    company: str = ""
    language: str = "es"
    """For browsers that ask for none that the page speaks."""
    lifetime: Lifetime = field(default_factory=Lifetime)
    now: Callable[[], dt.datetime] = utc_now
    attempts: Attempts = field(default_factory=Attempts)
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """Signs the login form; another one after every start, so that a form from before has to be sent again."""
    attended: threading.Event = field(default_factory=threading.Event)

    def asks_who_it_is(self) -> bool:
        """Whether a login is needed: since the first user, or where single sign-on is set."""
        if self.sign_on is None and not self.attended.is_set() and not users.exist(self.database):
            return False
        self.attended.set()  # users are disabled, never removed
        return True

    def is_secure(self, asked: HTTPConnection) -> bool:
        return asked.url.scheme in ("https", "wss") or (self.public_url or "").startswith("https://")

    def cookie(self, asked: HTTPConnection) -> str:
        """The session's cookie; under https, one that no neighbouring host can set."""
        return "__Host-voz" if self.is_secure(asked) else "voz"

    def token(self, asked: HTTPConnection) -> str | None:
        return asked.cookies.get(self.cookie(asked))

    def keep(self, asked: HTTPConnection, answer: Response, token: str) -> None:
        """Put the session into the browser."""
        age = int(self.lifetime.whole.total_seconds())
        answer.set_cookie(
            self.cookie(asked),
            token,
            max_age=age,
            path="/",
            secure=self.is_secure(asked),
            httponly=True,
            samesite="lax",
        )

    def drop(self, asked: HTTPConnection, answer: Response) -> None:
        answer.delete_cookie(
            self.cookie(asked), path="/", secure=self.is_secure(asked), httponly=True, samesite="lax"
        )  # fmt: skip

    def is_same_origin(self, asked: HTTPConnection) -> bool | None:
        """Whether a page of the desk itself asks; None where the program that asks does not say."""
        site = asked.headers.get("sec-fetch-site")
        if site is not None:
            return True if site == "same-origin" else None if site == "none" else False
        origin = asked.headers.get("origin")
        if origin is None:
            return None
        here = {asked.headers.get("host", "").lower(), urlsplit(self.public_url or "").netloc.lower()} - {""}
        return urlsplit(origin).netloc.lower() in here


def actor_of_request(request: Any) -> Actor:
    """Who asks, from a Starlette request or a gradio.Request. Raises Refused where no guard has let anybody in."""
    inner = getattr(request, "request", None) or request
    actor = getattr(getattr(inner, "state", None), "actor", None)
    if not isinstance(actor, Actor):
        raise Refused("Nobody is logged in.", stops=("login",))
    return actor


def home_of(asked: HTTPConnection, public_url: str | None) -> str:
    """Where voz is reached, without a page's own path: as it was set, else as this very browser does."""
    if public_url:
        return public_url.rstrip("/")
    root = asked.scope.get("app_root_path", asked.scope.get("root_path", ""))
    return f"{asked.url.scheme}://{asked.url.netloc}{root.rstrip('/')}"


def address_of(asked: HTTPConnection) -> str:
    return asked.client.host if asked.client else ""


def is_this_machine(asked: HTTPConnection) -> bool:
    """Whether the request began on this machine, as far as it can be told."""
    try:
        local = ipaddress.ip_address(address_of(asked)).is_loopback
    except ValueError:
        return False
    return local and not any(name in asked.headers for name in FORWARDED)


def local_path(wanted: str | None) -> str:
    """`wanted` if it is a path of this very host, else `/`: a login must not send anybody elsewhere."""
    path = wanted or ""
    plain = path.isascii() and path.isprintable() and "\\" not in path and len(path) <= 2_000
    if not plain or not path.startswith("/") or path.startswith("//"):
        return "/"
    if urlsplit(path).path.rstrip("/") in ("/login", "/logout"):
        return "/"
    return path


def language_of(asked: HTTPConnection, otherwise: str) -> str:
    """`?lang`, else the first language of the browser that the page speaks."""
    chosen = asked.query_params.get("lang", "")
    if chosen in LANGUAGES:
        return chosen
    ranked = []
    for place, part in enumerate(asked.headers.get("accept-language", "")[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), place, name.split("-")[0].lower()))
        except ValueError:
            continue
    spoken = [name for _, _, name in sorted(ranked) if name in LANGUAGES]
    return next(iter(spoken), otherwise if otherwise in LANGUAGES else LANGUAGES[0])
