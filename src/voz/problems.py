"""Errors over HTTP: application/problem+json (RFC 9457) with types that stay the same."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from voz.api_request import current_request
from voz.errors import (
    Conflict,
    IndexBusy,
    InputError,
    ModelUnavailable,
    NotFound,
    Refused,
    StoreError,
    VozError,
)  # fmt: skip
from voz.wire import FieldError

PREFIX = "urn:voz:problem:"
REQUEST = "urn:voz:request:"
BUSY_SECONDS = 5
TITLES = {
    "unreadable": "The body is not JSON that can be read",
    "invalid": "A field is missing or wrong",
    "too-large": "The body is too large",
    "login": "Nobody is logged in",
    "not-found": "There is nothing here",
    "not-allowed": "This address does not take that method",
    "busy": "Not now",
    "not-ready": "voz cannot work yet",
    "conflict": "Somebody else changed it meanwhile",
    "refused": "This person may not do that",
    "unverified": "The signature is missing or wrong",
    "rate-limited": "Too many requests",
    "idempotency-key": "The idempotency key cannot be used",
    "idempotency-mismatch": "The idempotency key belongs to another call",
    "idempotency-in-flight": "The first call with this idempotency key is still being answered",
    "internal": "A fault of voz",
}


def problem(status: int, name: str, detail: str, *, retry_after: int | None = None, **more: Any) -> JSONResponse:
    """A problem response; `more` are members of its own, as RFC 9457 allows. `instance` is the request's id."""
    request = current_request()
    body = {
        "type": PREFIX + name, "title": TITLES[name], "status": status, "detail": detail,
        **({"instance": REQUEST + request} if request else {}), **more,
    }  # fmt: skip
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def problem_of(error: Exception) -> JSONResponse:
    """The problem that an error makes; one that voz did not raise on purpose tells nothing of itself."""
    if isinstance(error, FieldError):
        named = [{"field": error.field, "reason": error.reason}]
        return problem(422, "invalid", str(error), field=error.field, reason=error.reason, errors=named)
    if isinstance(error, InputError):
        return problem(422, "invalid", str(error))
    if isinstance(error, NotFound):
        return problem(404, "not-found", str(error))
    if isinstance(error, Conflict):
        return problem(409, "conflict", str(error), changes=list(error.changes))
    if isinstance(error, Refused):
        return problem(403, "refused", str(error), stops=list(error.stops), could=list(error.could))
    if isinstance(error, (IndexBusy, ModelUnavailable, StoreError)):
        return problem(503, "busy", str(error), retry_after=BUSY_SECONDS)
    if isinstance(error, VozError):
        return problem(500, "internal", str(error))
    return problem(500, "internal", f"voz failed on this input ({type(error).__name__}); its log says where.")
