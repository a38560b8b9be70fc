"""Column types that mean the same on SQLite and on PostgreSQL, and a number that rises with time."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import threading
import time
import zlib
from typing import Any

from sqlalchemy import JSON, DateTime, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_last = 0
_one_at_a_time = threading.Lock()


def rising_number() -> int:
    """A number that is higher than all this process gave before, and that no other process gives."""
    global _last
    with _one_at_a_time:
        _last = max(_last + 1, (time.time_ns() // 1_000_000 << 20) + secrets.randbits(20))
        return _last


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Instant(TypeDecorator[dt.datetime]):
    """A moment, always aware and in UTC; SQLite keeps it as text that sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        utc = value.astimezone(dt.UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Packed(TypeDecorator[Any]):
    """A large JSON value, deflated: a drafted case with its evidence shrinks to about a sixth."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return zlib.compress(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), 6)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(zlib.decompress(value))
