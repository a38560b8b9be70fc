"""Single sign-on: OpenID Connect, authorization code with PKCE, state and nonce, through Authlib.

A login that has begun is kept in this process's memory for ten minutes and can be finished once, by the browser that
began it. Nothing is asked of any host but the issuer's own and those named in `SignOn.hosts`.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from voz.door.door import LANGUAGES, Door, address_of, home_of, language_of, local_path
from voz.errors import InputError, Refused
from voz.service import identities, sessions
from voz.service.actor import ROLES, Role

if TYPE_CHECKING:
    from voz.store.rows import UserRow

COOKIE = "voz_oidc"
BEGUN_FOR = 600
LEEWAY = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Only the issuer can sign with these; `none` and those with a shared secret are never taken."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SignOn:
    """An OpenID provider, and what its groups may. Raises InputError on settings that cannot work."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Role by group; of several the highest."""
    default_role: Role | None = None
    """For those in none of the groups; None: they are not let in."""
    groups_claim: str = "groups"
    """A claim, or a path to one: `realm_access.roles`."""
    label: str = ""
    """What the button calls the provider."""
    hosts: tuple[str, ...] = ()
    """Hosts beside the issuer's that its endpoints are on."""
    passwords: bool = True
    """Whether the login page offers passwords too."""
    scope: str = "openid profile email"

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not loopback):
            raise InputError(f"The OpenID issuer is {self.issuer!r}; it must be an https:// address.")
        if not self.client_id or not self.client_secret:
            raise InputError("Single sign-on needs a client id and a client secret.")
        unknown = [role for role in (*self.roles.values(), self.default_role or "agent") if role not in ROLES]
        if unknown:
            raise InputError(f"Single sign-on gives the role {unknown[0]!r}; there are {', '.join(ROLES)}.")
        if not self.roles and self.default_role is None:
            raise InputError("Single sign-on lets nobody in: name groups and their roles, or a default role.")
        if "openid" not in self.scope.split():
            raise InputError("The scope of single sign-on must contain openid.")

    def reaches(self, url: str) -> bool:
        """Whether an address is the issuer's, or on one of the hosts that were named."""
        there, home = urlsplit(url), urlsplit(self.issuer)
        if (there.scheme, there.netloc.lower()) == (home.scheme, home.netloc.lower()):
            return True
        return there.scheme == "https" and there.netloc.lower() in {host.lower() for host in self.hosts}

    def role_of(self, groups: list[str]) -> Role | None:
        given = [self.roles[group] for group in groups if group in self.roles]
        return max(given, key=ROLES.index) if given else self.default_role


class SignOnFailed(Exception):
    """`reason` is a word of the login page: sso_failed, sso_down, sso_not_allowed, stale or disabled."""

    def __init__(self, reason: str, status: int = 403) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


@dataclass(frozen=True)
class Begun:
    """What Authlib must remember of a login (state, nonce, code verifier), and where it was going."""

    session: dict[str, Any]
    wanted: str
    until: float


class SignIn:
    def __init__(self, door: Door, settings: SignOn) -> None:
        self.door, self.settings = door, settings
        self._client: Any = None
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        self._lock = threading.Lock()

    async def start(self, request: Request) -> Response:
        """Send the browser to the provider. Raises SignOnFailed."""
        try:
            client = await self._known()
            session: dict[str, Any] = {}
            request.scope["session"] = session
            answer: RedirectResponse = await client.authorize_redirect(request, self._callback(request))
        except SignOnFailed:
            raise
        except Exception as error:
            log.warning("the OpenID provider was not reached: %s: %.300r", type(error).__name__, str(error))
            raise SignOnFailed("sso_down", 502) from error
        ticket = self._keep(session, local_path(request.query_params.get("next")))
        secure = self.door.is_secure(request)
        answer.set_cookie(COOKIE, ticket, max_age=BEGUN_FOR, path="/oidc", secure=secure, httponly=True, samesite="lax")
        answer.headers["cache-control"] = "no-store"
        return answer

    async def callback(self, request: Request) -> Response:
        """Finish a login that this browser began: verify what the provider says, then open a session.

        Raises SignOnFailed.
        """
        begun = self._take(request.cookies.get(COOKIE, ""))
        if begun is None:
            raise SignOnFailed("stale", 400)
        claims = await self._claims(request, begun)
        opened = await run_in_threadpool(self._enter, request, claims)
        answer = RedirectResponse(f"{request.scope.get('root_path', '')}{begun.wanted}", 303)
        answer.delete_cookie(COOKIE, path="/oidc", httponly=True, samesite="lax")
        answer.headers["cache-control"] = "no-store"
        self.door.keep(request, answer, opened.token)
        return answer

    async def _claims(self, request: Request, begun: Begun) -> dict[str, Any]:
        """Who it is, as the provider signed it, with the groups."""
        if request.query_params.get("iss", self.settings.issuer) != self.settings.issuer:
            raise SignOnFailed("sso_failed")
        request.scope["session"] = begun.session
        try:
            client = await self._known()
            # Authlib by itself checks the issuer against what discovery said, and takes another audience with our azp.
            token = await client.authorize_access_token(
                request, leeway=LEEWAY,
                claims_options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                },
            )  # fmt: skip
            claims = dict(token.get("userinfo") or {})  # what stood in the ID token; none was sent, nobody is known
            if not isinstance(claims.get("sub"), str) or not claims["sub"]:
                raise SignOnFailed("sso_failed")
            if _at(claims, self.settings.groups_claim) is None and await self._has_userinfo(client):
                more = dict(await client.userinfo(token=token))
                if more.get("sub") == claims["sub"]:
                    claims = {**more, **claims}
        except SignOnFailed:
            raise
        except Exception as error:  # whatever a provider sends that is not as it must be lets nobody in
            log.warning("the OpenID login failed: %s: %.300r", type(error).__name__, str(error))
            raise SignOnFailed("sso_failed") from error
        return claims

    def _enter(self, request: Request, claims: dict[str, Any]) -> sessions.Opened:
        role = self.settings.role_of(_strings(_at(claims, self.settings.groups_claim)))
        if role is None:
            raise SignOnFailed("sso_not_allowed")
        login = next((str(claims[name]) for name in ("preferred_username", "email") if claims.get(name)), "")
        language = str(claims.get("locale") or "")[:2].lower()
        who = identities.Identity(
            self.settings.issuer, claims["sub"], login, str(claims.get("name") or login),
            language if language in LANGUAGES else language_of(request, self.door.language),
        )  # fmt: skip
        door, now = self.door, self.door.now()
        try:
            user: UserRow = identities.of_identity(door.database, who, role, address=address_of(request), now=now)
        except Refused as error:
            raise SignOnFailed("disabled") from error
        return sessions.open(door.database, user.id, replaces=door.token(request), lifetime=door.lifetime, now=now)

    async def _known(self) -> Any:
        """Authlib's client, once the provider's discovery document has shown that it is the issuer's own."""
        if self._client is not None:
            return self._client
        client = self._new_client()
        try:
            metadata = await client.load_server_metadata()
        except Exception as error:
            log.warning("the OpenID provider was not reached: %s: %.300r", type(error).__name__, str(error))
            raise SignOnFailed("sso_down", 502) from error
        endpoints = [metadata.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        if metadata.get("issuer") != self.settings.issuer or not all(
            isinstance(url, str) and self.settings.reaches(url) for url in endpoints
        ):
            log.warning("the OpenID provider says it is %.300r, with %.600r", metadata.get("issuer"), endpoints)
            raise SignOnFailed("sso_failed")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in ALGORITHMS] or [
            "RS256"
        ]
        self._client = client
        return client

    def _new_client(self) -> Any:
        from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped, unused-ignore]

        async def stay_there(request: Any) -> None:
            if not self.settings.reaches(str(request.url)):
                raise SignOnFailed("sso_failed")

        return OAuth().register(
            "voz", client_id=self.settings.client_id, client_secret=self.settings.client_secret,
            server_metadata_url=self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": self.settings.scope, "code_challenge_method": "S256", "timeout": 10,
                "event_hooks": {"request": [stay_there]},
            },
        )  # fmt: skip

    async def _has_userinfo(self, client: Any) -> bool:
        return bool((await client.load_server_metadata()).get("userinfo_endpoint"))

    def _callback(self, request: Request) -> str:
        return f"{home_of(request, self.door.public_url)}/oidc/callback"

    def _keep(self, session: dict[str, Any], wanted: str) -> str:
        ticket, now = secrets.token_urlsafe(32), time.monotonic()
        with self._lock:
            self._begun[_hash(ticket)] = Begun(session, wanted, now + BEGUN_FOR)
            while len(self._begun) > 2_000:
                self._begun.popitem(last=False)
        return ticket

    def _take(self, ticket: str) -> Begun | None:
        with self._lock:
            begun = self._begun.pop(_hash(ticket), None)
        return begun if begun and begun.until > time.monotonic() else None


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this very name, else the one at the end of the path."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
