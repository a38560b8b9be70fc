"""What OpenAPI says of the routes beyond what FastAPI finds out: bodies, answers, problems, examples, who may call."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from voz.api_answers import Problem
from voz.api_idempotency import HEADER, MOST_CHARS
from voz.door.guard import scope_for
from voz.packaged import packaged
from voz.problems import PREFIX, TITLES

REF = "#/components/schemas/"
STATUSES = {
    "unreadable": 400, "idempotency-key": 400, "login": 401, "refused": 403, "not-found": 404, "not-allowed": 405,
    "conflict": 409, "idempotency-in-flight": 409, "too-large": 413, "invalid": 422, "idempotency-mismatch": 422,
    "rate-limited": 429, "internal": 500, "busy": 503, "not-ready": 503,
}  # fmt: skip
ANYWHERE = ("login", "refused", "rate-limited", "internal", "busy")
"""Problems that every address under /v1 may answer with."""
SENT = ("unreadable", "too-large", "invalid")
ONCE = ("idempotency-key", "idempotency-in-flight", "idempotency-mismatch")


def told(
    answer: type[BaseModel], *, body: type[BaseModel] | None = None, status: int = 200, once: bool = False,
    problems: tuple[str, ...] = (), anywhere: bool = True, tag: str = "",
) -> dict[str, Any]:  # fmt: skip
    """What a route's decorator is given: `once` for calls that take an idempotency key."""
    own = (*problems, *(SENT if body else ()), *(ONCE if once else ()), *(ANYWHERE if anywhere else ()))
    good: dict[str, Any] = {"model": answer, "description": _doc(answer)}
    extra: dict[str, Any] = {}
    if body:
        extra = {"requestBody": _body(body)}
        _BODIES[body.__name__] = body
    if once:
        extra["parameters"] = [_KEY]
    return {
        "response_class": JSONResponse, "status_code": status, "openapi_extra": extra, "tags": [tag] if tag else None,
        "responses": {status: good, **_problems(own)},
    }  # fmt: skip


_BODIES: dict[str, type[BaseModel]] = {}
_KEY = {
    "name": HEADER.title(), "in": "header", "required": False, "schema": {
        "type": "string", "minLength": 1, "maxLength": MOST_CHARS, "pattern": "^[\\x21-\\x7e]+$",
    },
    "description": "The same key, call and body: the first answer again, with `idempotency-replayed: true`, for 24 h.",
    "example": "5f0c8d5e-3c1b-4a54-9d1e-0e6f1f7f9d52",
}  # fmt: skip


def document(app: FastAPI) -> None:
    """Make the application's schema whole; it is put together when it is first asked for."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]


def _made(app: FastAPI) -> dict[str, Any]:
    words = packaged("api/words")
    found = get_openapi(
        title="voz", version=app.version, routes=app.routes, summary=words["summary"], description=words["description"],
        tags=[{"name": name, "description": said} for name, said in words["tags"].items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    parts = found.setdefault("components", {}).setdefault("schemas", {})
    models = [(model, "validation") for model in (*_BODIES.values(), Problem)]
    _, schemas = models_json_schema(models, ref_template=REF + "{model}")  # type: ignore[arg-type]
    parts.update(schemas["$defs"])
    parts["DecisionIn"] = parts["DecisionIn"]["properties"]["decision"]  # the model only carries the union
    for gone in ("HTTPValidationError", "ValidationError"):
        parts.pop(gone, None)
    found["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": words["key"]},
    }
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/v1/"):
                scope = scope_for(method.upper(), path)
                operation["security"] = [{"key": [scope] if scope else []}]
                operation["responses"] = _problems(ANYWHERE) | operation["responses"]
            if "HTTPValidationError" in str(operation["responses"].get("422")):  # FastAPI's own, which voz never sends
                operation["responses"]["422"] = _problem(422, ["invalid"])
            operation["responses"] = dict(sorted(operation["responses"].items(), key=lambda item: str(item[0])))
            for answer in operation["responses"].values():
                answer.setdefault("headers", {})["x-request-id"] = _ID
                _exemplified(answer.get("content", {}).get("application/json", {}))
    return found


def _exemplified(media: dict[str, Any]) -> None:
    """Put the example of the type beside it; here, as FastAPI drops every null on its way."""
    name = media.get("schema", {}).get("$ref", "").removeprefix(REF)
    if name in _examples():
        media["example"] = _examples()[name]


_ID = {"description": "The id of this request, as in the log of voz.", "schema": {"type": "string"}}
_WAIT = {"description": "Seconds to wait before the next try.", "schema": {"type": "integer"}}


def _problems(names: tuple[str, ...]) -> dict[str, Any]:
    by_status: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_status.setdefault(str(STATUSES[name]), []).append(name)
    return {status: _problem(int(status), found) for status, found in by_status.items()}


def _problem(status: int, names: list[str]) -> dict[str, Any]:
    words = packaged("api/words")["problems"]
    shown = {
        name: {
            "summary": TITLES[name],
            "value": {"type": PREFIX + name, "title": TITLES[name], "status": status, "detail": words[name],
                      "instance": "urn:voz:request:9f0c2d4e8a61b7d35c90e1f2"},
        }
        for name in names
    }  # fmt: skip
    found: dict[str, Any] = {
        "description": "; ".join(f"`{PREFIX}{name}`: {TITLES[name]}" for name in names),
        "content": {"application/problem+json": {"schema": {"$ref": REF + "Problem"}, "examples": shown}},
    }
    if status in (429, 503):
        found["headers"] = {"retry-after": _WAIT}
    return found


def _body(model: type[BaseModel]) -> dict[str, Any]:
    name = model.__name__
    content: dict[str, Any] = {"schema": {"$ref": REF + name}}
    examples = _examples().get(name)
    if examples:
        content["examples"] = {key: {"value": value} for key, value in examples.items()}
    return {"required": True, "content": {"application/json": content}}


def _examples() -> dict[str, Any]:
    found: dict[str, Any] = packaged("api/examples")
    return found


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split()) or "Done."
