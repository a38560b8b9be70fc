"""Who asks, for the handlers of a Gradio page behind the guard."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from voz.door.door import actor_of_request


def with_actor(work: Callable[..., Any]) -> Callable[..., Any]:
    """`work(actor, *values)` as a Gradio handler of `values`; it may also be a generator, a coroutine, or both.

    Gradio only passes the request to a parameter whose annotation it can resolve, and silently passes nothing where
    gradio was imported inside a function: here the annotation is the class itself. Never use it with `batch=True`,
    where Gradio gives every event of a batch the request of the first.
    """
    import gradio as gr

    heard: Any
    if inspect.isasyncgenfunction(work):

        async def heard_stream(request: Any, *values: Any) -> AsyncIterator[Any]:
            async for given in work(actor_of_request(request), *values):
                yield given

        heard = heard_stream
    elif inspect.iscoroutinefunction(work):

        async def heard_later(request: Any, *values: Any) -> Any:
            return await work(actor_of_request(request), *values)

        heard = heard_later
    elif inspect.isgeneratorfunction(work):

        def heard_steps(request: Any, *values: Any) -> Iterator[Any]:
            yield from work(actor_of_request(request), *values)

        heard = heard_steps
    else:

        def heard_once(request: Any, *values: Any) -> Any:
            return work(actor_of_request(request), *values)

        heard = heard_once
    heard.__annotations__ = {"request": gr.Request}
    heard.__name__ = getattr(work, "__name__", "heard")
    return heard  # type: ignore[no-any-return]
