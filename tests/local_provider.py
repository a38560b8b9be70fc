"""An OpenID provider of our own for tests, run as a process of its own: `python local_provider.py PORT`.

It is no product: it signs with a key made at its start and asks nobody for a password. But it does what RFC 6749,
RFC 7636 and OpenID Connect Core ask of a provider: PKCE S256, client authentication, codes that live for a minute and
work once, ID tokens signed with RS256, a JWKS, discovery. Tests tell it over `/_next` who logs in next, and which rule
it breaks in the next login.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import sys
import time
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "voz-desk", "a secret/with:odd+signs"
PEOPLE: dict[str, dict[str, Any]] = {
    "ana": {"sub": "s-ana", "preferred_username": "ana", "name": "Ana García", "email": "ana@tienda.example",
            "groups": ["voz-leads", "staff"], "locale": "pt-PT"},
    "bea": {"sub": "s-bea", "email": "ana@tienda.example", "name": "Bea", "groups": ["staff"]},
    "carla": {"sub": "s-carla", "name": "Carla", "realm_access": {"roles": ["voz-admins"]}},
}  # fmt: skip


class Provider:
    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.keys = [RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})]
        self.next: dict[str, Any] = {"person": "ana", "fault": ""}
        self.codes: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.log: list[str] = []

    async def discovery(self, request: Request) -> Response:
        self.log.append("discovery")
        fault = self.next["fault"]
        document = {
            "issuer": "http://127.0.0.1:1" if fault == "discovery issuer" else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": "http://localhost:1/token" if fault == "discovery host" else f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        }
        return JSONResponse(document)

    async def jwks(self, request: Request) -> Response:
        self.log.append("jwks")
        return JSONResponse(KeySet([*self.keys]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        right = (
            asked.get("client_id") == CLIENT
            and asked.get("response_type") == "code"
            and "openid" in asked.get("scope", "").split()
            and asked.get("code_challenge_method") == "S256"
            and asked.get("redirect_uri", "").endswith("/oidc/callback")
        )
        if not right or not asked.get("state") or not asked.get("nonce") or not asked.get("code_challenge"):
            return JSONResponse({"error": "invalid_request", "asked": asked}, 400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "until": time.time() + 60, **self.next}
        back = {"code": code, "state": asked["state"]}
        if self.next["fault"] == "denied":
            back = {"error": "access_denied", "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        self.log.append("token")
        sent = request.headers.get("authorization", "")
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if sent != f"Basic {expected}":
            return JSONResponse({"error": "invalid_client"}, 401)
        granted = self.codes.pop(str(form.get("code")), None)
        verifier = str(form.get("code_verifier", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if (
            granted is None
            or granted["until"] < time.time()
            or form.get("redirect_uri") != granted["redirect_uri"]
            or challenge != granted["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        self.tokens[access] = granted
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        if granted["fault"] != "no id token":
            answer["id_token"] = self.id_token(granted)
        return JSONResponse(answer)

    async def userinfo(self, request: Request) -> Response:
        self.log.append("userinfo")
        granted = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if granted is None:
            return JSONResponse({"error": "invalid_token"}, 401)
        person = dict(PEOPLE[granted["person"]])
        if granted["fault"] == "userinfo of another":
            person["sub"] = "s-another"
        return JSONResponse(person)

    def id_token(self, granted: dict[str, Any]) -> str:
        fault, now = granted["fault"], int(time.time())
        claims = {
            **PEOPLE[granted["person"]],
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": granted["nonce"],
        }  # fmt: skip
        if "userinfo" in fault:
            claims.pop("groups", None)
        broken: dict[str, dict[str, Any]] = {
            "nonce": {"nonce": "another"}, "audience": {"aud": "another"}, "issuer": {"iss": "https://evil.example"},
            "audience with azp": {"aud": "another", "azp": CLIENT},
            "many audiences": {"aud": [CLIENT, "another"]}, "azp": {"aud": [CLIENT, "another"], "azp": "another"},
            "expired": {"iat": now - 900, "exp": now - 600}, "future": {"nbf": now + 900},
            "no nonce": {"nonce": None}, "no subject": {"sub": None}, "empty subject": {"sub": ""},
            "no expiry": {"exp": None}, "at_hash": {"at_hash": "wrong"},
        }  # fmt: skip
        claims = {name: value for name, value in {**claims, **broken.get(fault, {})}.items() if value is not None}
        key, header = self.keys[-1], {"alg": "RS256", "kid": str(self.keys[-1].kid)}
        if fault == "unsigned":
            return ".".join(_segment(part) for part in ({"alg": "none"}, claims)) + "."
        if fault == "shared secret":
            public = self.keys[-1].as_pem(private=False)
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public), algorithms=["HS256"])
        if fault == "other key":
            key = RSAKey.generate_key(2048, {"kid": header["kid"]})
        if fault == "new key":
            key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})
            self.keys.append(key)
            header["kid"] = str(key.kid)
        token = jwt.encode(header, claims, key)
        return token[:-8] + "AAAAAAAA" if fault == "signature" else token

    async def set_next(self, request: Request) -> Response:
        self.next = {"person": "ana", "fault": "", **(await request.json())}
        self.log.clear()
        return JSONResponse({"keys": len(self.keys)})

    async def told(self, request: Request) -> Response:
        return JSONResponse(self.log)


def _segment(part: dict[str, Any]) -> str:
    import json

    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def main(port: int) -> None:
    provider = Provider(port)
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/jwks", provider.jwks),
            Route("/authorize", provider.authorize),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.userinfo),
            Route("/_next", provider.set_next, methods=["POST"]),
            Route("/_log", provider.told),
        ]
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
