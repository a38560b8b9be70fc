"""What schemathesis cannot know of voz: an idempotency key is the caller's own and is used for one call only.

Generated keys that are valid get a suffix of their own, or two calls with «0» would rightly be refused (422).
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import schemathesis

VALID = re.compile(r"[\x21-\x7e]{1,200}")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    headers = case.headers or {}
    for name in list(headers):
        value = headers[name]
        if name.lower() == "idempotency-key" and isinstance(value, str) and VALID.fullmatch(value):
            headers[name] = f"{value[:160]}-{uuid.uuid4()}"
