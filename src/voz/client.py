"""A client for the HTTP API: `with Voz("http://127.0.0.1:8000", key) as voz: voz.receive("¿Dónde está mi pedido?")`.

Whatever changes something carries an Idempotency-Key, so a call whose answer was lost is made again without doing it
twice. A call is made again when nothing answered, when voz is busy, and when it asks to wait (Retry-After).
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, NotRequired, TypedDict, cast
from urllib.parse import quote

import httpx

from voz.errors import VozError

AGAIN = frozenset({429, 502, 503, 504})
IN_FLIGHT = "urn:voz:problem:idempotency-in-flight"
LONGEST_WAIT = 60.0


class Received(TypedDict):
    case: str
    code: str
    message: str
    new_case: bool
    new_message: bool


class Finding(TypedDict):
    check: str
    severity: str
    start: int
    end: int
    detail: str


class Passage(TypedDict):
    id: str
    source: str
    heading: str
    text: str
    score: float
    valid_from: str | None
    valid_until: str | None
    audience: str


class Draft(TypedDict):
    id: str
    reply: str | None
    sentences: list[dict[str, Any]]
    passages: list[Passage]
    findings: list[Finding]
    unanswered: list[dict[str, Any]]
    triage: dict[str, Any]
    notes: list[str]
    number: NotRequired[int]


class Found(TypedDict):
    q: str
    on: str
    passages: list[Passage]
    filtered: list[dict[str, Any]]
    weak: bool


class Case(TypedDict):
    """What a case holds, the parts that are asked for most; the rest of the JSON is there too."""

    id: str
    code: str
    version: int
    status: str
    channel: str
    author: str
    subject: str
    source: str
    thread: str | None
    team: str | None
    draft_id: str | None
    due_at: str | None


class CaseFile(TypedDict):
    case: Case
    messages: list[dict[str, Any]]
    draft: Draft | None
    decision: dict[str, Any] | None
    deliveries: list[dict[str, Any]]
    consultations: list[dict[str, Any]]
    commitments: list[dict[str, Any]]


class Problem(VozError):
    """voz answered with a problem (RFC 9457)."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        self.type = str(body.get("type", "about:blank"))
        self.instance = body.get("instance")
        super().__init__(str(body.get("detail") or f"voz answered {status}"))


class Unreachable(VozError):
    """Nothing answered, however often it was asked."""


class Voz:
    """A connection to one voz. Raises Problem and Unreachable."""

    def __init__(
        self, url: str, key: str | None = None, *, tries: int = 5, timeout: float = 60.0,
        http: httpx.Client | None = None, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._http = http or httpx.Client(base_url=url, timeout=timeout)
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._tries, self._sleep = tries, sleep

    def __enter__(self) -> Voz:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def receive(self, text: str, *, once: str | None = None, **message: Any) -> Received:
        """Hand a customer's message over. `once`: the Idempotency-Key, where you keep one across restarts."""
        return cast(Received, self._post("/v1/messages", {"text": text, **message}, once))

    def draft(self, text: str, **message: Any) -> Draft:
        return cast(Draft, self._post("/v1/drafts", {"text": text, **message}))

    def progress(self, text: str, **message: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """(`stage`, …) as each stage of a draft begins, then (`draft`, the draft)."""
        headers = {**self._headers, "accept": "text/event-stream"}
        asked = self._http.stream("POST", "/v1/drafts", json={"text": text, **message}, headers=headers)
        with asked as answer:
            if answer.status_code != 200:
                answer.read()
                raise Problem(answer.status_code, _json(answer))
            name = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    told = json.loads(line.removeprefix("data: "))
                    if name == "problem":
                        raise Problem(int(told["status"]), told)
                    yield name, told

    def check(self, message: str | dict[str, Any], reply: str) -> Draft:
        return cast(Draft, self._post("/v1/check", {"message": message, "reply": reply}))

    def search(self, query: str, *, on: dt.date | None = None, region: str | None = None, limit: int = 6) -> Found:
        asked = {"q": query, "on": on, "region": region, "limit": limit}
        return cast(Found, self._get("/v1/knowledge", asked))

    def cases(self, **wanted: Any) -> Iterator[Case]:
        """Every case that is wanted, most pressing first, page after page."""
        after = None
        while True:
            page = self._get("/v1/cases", {**wanted, "after": after})
            yield from page["cases"]
            after = page["next"]
            if not after:
                return

    def case(self, case_id: str) -> CaseFile:
        return cast(CaseFile, self._get(f"/v1/cases/{quote(case_id, safe='')}"))

    def decide(self, case: Case, action: str, *, once: str | None = None, **said: Any) -> Case:
        """Decide on a case as you have it: approve, rewrite, close, assign …; raises Problem if it has changed."""
        body = {"action": action, "version": case["version"], **said}
        return cast(Case, self._post(f"/v1/cases/{quote(case['id'], safe='')}/decisions", body, once)["case"])

    def approve(self, case: Case, reply: str, **said: Any) -> Case:
        return self.decide(case, "approve", reply=reply, **said)

    def commitments(self) -> list[dict[str, Any]]:
        return cast(list[dict[str, Any]], self._get("/v1/commitments")["commitments"])

    def kept(self, commitment_id: str, note: str = "") -> dict[str, Any]:
        said = {"kept": True, "note": note}
        return cast(dict[str, Any], self._post(f"/v1/commitments/{quote(commitment_id, safe='')}", said)["commitment"])

    def consultations(self, **wanted: Any) -> list[dict[str, Any]]:
        return cast(list[dict[str, Any]], self._get("/v1/consultations", wanted)["consultations"])

    def answer(self, consultation_id: str, answer: str, name: str | None = None) -> Case:
        said = {"answer": answer, "name": name}
        return cast(Case, self._post(f"/v1/consultations/{quote(consultation_id, safe='')}", said)["case"])

    def inbox(self) -> list[dict[str, Any]]:
        return cast(list[dict[str, Any]], self._get("/v1/inbox")["inbox"])

    def retry_delivery(self, delivery_id: str) -> None:
        self._post(f"/v1/inbox/{quote(delivery_id, safe='')}", {"action": "retry"})

    def drop_delivery(self, delivery_id: str) -> None:
        self._post(f"/v1/inbox/{quote(delivery_id, safe='')}", {"action": "drop"})

    def figures(self, first: dt.date | None = None, last: dt.date | None = None) -> dict[str, Any]:
        return self._get("/v1/figures", {"from": first, "to": last})

    def ready(self) -> bool:
        return self._http.get("/readyz").status_code == 200

    def _get(self, path: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
        params = {name: _plain(value) for name, value in (asked or {}).items() if value is not None}
        return self._asked("GET", path, params=params)

    def _post(self, path: str, body: dict[str, Any], once: str | None = None) -> dict[str, Any]:
        return self._asked("POST", path, json=body, headers={"idempotency-key": once or str(uuid.uuid4())})

    def _asked(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        """One call, made again while that may help; a fault of the connection counts as no answer."""
        for left in range(self._tries - 1, -1, -1):
            tried = self._tries - 1 - left
            try:
                answer = self._http.request(method, path, headers={**self._headers, **(headers or {})}, **more)
            except httpx.TransportError as error:
                if not left:
                    raise Unreachable(f"{method} {path}: {error or type(error).__name__}") from error
                self._sleep(_pause(tried))
                continue
            if answer.is_success:
                return _json(answer)
            problem = Problem(answer.status_code, _json(answer))
            if not left or not (answer.status_code in AGAIN or problem.type == IN_FLIGHT):
                raise problem
            asked = retry_after(answer.headers.get("retry-after"))
            self._sleep(_pause(tried) if asked is None else min(asked, LONGEST_WAIT))
        raise AssertionError("tries is at least one")


def retry_after(value: str | None, now: dt.datetime | None = None) -> float | None:
    """Seconds to wait, from either form of Retry-After; None where it says nothing that can be read."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0.0, (at - (now or dt.datetime.now(dt.UTC))).total_seconds())


def _pause(tried: int) -> float:
    return min(LONGEST_WAIT, 0.25 * 2.0**tried) * random.uniform(0.8, 1.2)


def _plain(value: Any) -> str | int:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else value if isinstance(value, int) else str(value)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {"detail": answer.text[:500]}
    return found if isinstance(found, dict) else {"detail": str(found)[:500]}
