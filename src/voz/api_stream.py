"""The progress of a draft as server-sent events: `stage` as each stage begins, then `draft` (or `problem`), the end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from fastapi import Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from voz.api_body import done

if TYPE_CHECKING:
    from voz.pipeline import Stage, Tell

MEDIA = "text/event-stream"
QUIET_SECONDS = 15.0
"""After so long without an event a comment is sent, so that nothing on the way takes the answer for dead."""


def streamed(draft: Callable[[Tell], dict[str, Any]]) -> Response:
    """An answer that tells of the stages while `draft` works in a thread."""
    return StreamingResponse(
        _events(draft), media_type=MEDIA, headers={"cache-control": "no-store", "x-accel-buffering": "no"}
    )


async def _events(draft: Callable[[Tell], dict[str, Any]]) -> AsyncIterator[str]:
    loop, told, begun = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any] | None](), time.monotonic()

    def tell(stage: Stage) -> None:
        event = {"stage": stage, "ms": round((time.monotonic() - begun) * 1000)}
        loop.call_soon_threadsafe(told.put_nowait, event)

    work = asyncio.create_task(run_in_threadpool(done, lambda: draft(tell)))
    work.add_done_callback(lambda _: told.put_nowait(None))
    while True:
        try:
            event = await asyncio.wait_for(told.get(), QUIET_SECONDS)
        except TimeoutError:
            yield ": still at it\n\n"
            continue
        if event is None:
            break
        yield f"event: stage\ndata: {json.dumps(event)}\n\n"
    answer, found = work.result()
    yield f"event: {'problem' if found is None else 'draft'}\ndata: {bytes(answer.body).decode()}\n\n"
