"""What is asked of every helpdesk alike: signatures made by OpenSSL, hostile bodies, and what each failure means."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import Any, get_args

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire import Answer

from voz.errors import VozError
from voz.helpdesk.contract import Parsed, whole
from voz.service.service import CannotTell, Undelivered
from voz.store.rows import CaseRow, DeliveryRow

MEANINGS = get_args(Parsed)
CLIENT = httpx.Client()
"""One for all: each costs the reading of all certificates."""


def openssl(algorithm: str, key: bytes, data: bytes) -> bytes:
    """The HMAC as the openssl command makes it, which shares no code with voz."""
    command = ["openssl", "dgst", f"-{algorithm}", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


_DEEP: Any = []
for _ in range(300):
    _DEEP = [_DEEP]
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**70, 1.5, 1e300, "", " ", "\x00\x00", "\ud800", "a" * 1_000_000, "<" * 100_000,
    "<!--" * 50_000, "&#" * 100_000, "{{" * 1000, "../../etc", [], [None], [[]], [{}], {}, {"id": None}, {"\ud800": 1},
    _DEEP,
)  # fmt: skip


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from _paths(value[key], (*path, key))
    if isinstance(value, list):
        for place in range(len(value)):
            yield from _paths(value[place], (*path, place))


def _with(sample: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(sample)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def never_crashes(parse: Callable[[bytes], Any], sample: dict[str, Any]) -> None:
    """Whatever stands in the body, parse gives a meaning or says in one sentence what is wrong with it; so does what
    has to be read for it."""

    def clear(body: bytes) -> None:
        said = "-"
        try:
            assert isinstance(whole(parse(body)), MEANINGS)
        except (VozError, CannotTell) as error:
            said = str(error)
        assert 0 < len(said) < 1000

    paths = list(_paths(sample))
    for path in paths:
        for value in HOSTILE[:12]:
            clear(json.dumps(_with(sample, path, value)).encode())

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def changed(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(paths))
        clear(json.dumps(_with(sample, path, data.draw(st.sampled_from(HOSTILE)))).encode())

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=200))
    def any_bytes(body: bytes) -> None:
        clear(body)

    changed()
    any_bytes()
    odd = b"", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"null", b"NaN", b'{"event": 1e999}', b"1" * 10_000
    for body in odd:
        clear(body)


def failures(fake: Any, desk: Any, unreachable: Any, delivery: DeliveryRow, case: CaseRow, for_good: set[int]) -> None:
    """A fake helpdesk's `fail` answers its next writes; `unreachable` is the same helpdesk where nobody listens."""
    for status in (401, 403, 404, 422):
        fake.fail = Answer(status, {"error": "no\x00 way"})
        if status in for_good:
            with pytest.raises(Undelivered) as refused:
                desk.post(delivery, case)
            assert refused.value.for_good
            assert str(status) in str(refused.value)
            assert "\x00" not in str(refused.value)
    fake.fail = Answer(429, {}, (("Retry-After", "7"),))
    with pytest.raises(Undelivered, match="wait 7 s") as busy:
        desk.post(delivery, case)
    assert not busy.value.for_good
    assert busy.value.retry_after.total_seconds() == 7
    for broken in (Answer(500, {}), Answer(302, {}, (("Location", "http://127.0.0.1:1/"),)), Answer(503, {})):
        fake.fail = broken
        with pytest.raises(Exception, match="not known") as unclear:
            desk.post(delivery, case)
        assert not isinstance(unclear.value, Undelivered)
    fake.fail = None
    assert fake.writes() == 0
    with pytest.raises(Undelivered) as away:
        unreachable.post(delivery, case)
    assert not away.value.for_good
    for call in (lambda: unreachable.find(delivery, case), lambda: unreachable.news(case, delivery.created_at)):
        with pytest.raises(CannotTell):
            call()


def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
