"""Questions to a chat model: a prompt file rendered, one answer of a given type, counted and paid for.

The only place that imports LangChain or OpenAI. A question has one deadline (`VOZ_MODEL_TIMEOUT`) for
everything: retries, a repair of broken JSON, a server that drips. Tracing is off whatever the environment
says, redirects are not followed, and no tokenizer is ever loaded.
"""

from __future__ import annotations

import json
import os
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from voz.answers import MAX_ANSWER, read
from voz.case import Frozen
from voz.errors import InputError, ModelError, ModelUnavailable
from voz.prompting import Turn, prompt_hashes, render

if TYPE_CHECKING:
    from voz.config import Settings

RETRIES = 2
OPENAI_URL = "https://api.openai.com/v1"
_MAX_TOKENS = 3000
_BACKOFF = (0.4, 1.2)
_TRANSIENT = frozenset({408, 409, 425, 429})

Repaired = Literal["no", "json", "asked"]
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Client:
    """A connected chat model. `unsupported` remembers what its endpoint refused, so that it is asked once."""

    chat: Any
    model: str
    endpoint: str
    timeout: float
    price: tuple[float, float] | None = None
    unsupported: set[str] = field(default_factory=set)


class Usage(Frozen):
    """What was spent. None where the endpoint does not say, or where no price is set."""

    calls: int = 0
    tokens_in: int | None = 0
    tokens_out: int | None = 0
    tokens_cached: int | None = 0
    seconds: float = 0.0
    cost: float | None = None

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            calls=self.calls + other.calls,
            tokens_in=_sum(self.tokens_in, other.tokens_in),
            tokens_out=_sum(self.tokens_out, other.tokens_out),
            tokens_cached=_sum(self.tokens_cached, other.tokens_cached),
            seconds=round(self.seconds + other.seconds, 3),
            cost=other.cost if not self.calls else _sum(self.cost, other.cost),
        )


class Answer(Frozen, Generic[T]):
    """A model's answer, of the type that was asked for, and where it came from."""

    value: T
    model: str
    prompts: dict[str, str]
    usage: Usage
    repaired: Repaired = "no"


def open_client(settings: Settings) -> Client:
    """Connect the model of the settings; nothing is sent yet. Raises InputError where none is named."""
    if not (settings.model or settings.model_url):
        raise InputError("No model is configured: set VOZ_MODEL, and VOZ_MODEL_URL for a server of your own.")
    import httpx
    from langchain.chat_models import init_chat_model

    for old in ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"):
        os.environ.pop(old, None)  # LangChain stops every call where they stand, even with tracing off
    model, url = settings.model or "default", (settings.model_url or OPENAI_URL).rstrip("/")
    if not settings.model_url:
        model = model.removeprefix("openai:")
    key = settings.api_key.get_secret_value() if settings.api_key else os.environ.get("OPENAI_API_KEY")
    chat = init_chat_model(
        model,
        model_provider="openai",
        base_url=url,  # always said, or the environment could send a customer's words elsewhere
        api_key=key or "none",
        # A redirect would carry them to a host that nobody configured.
        http_client=httpx.Client(timeout=settings.model_timeout, follow_redirects=False),
        timeout=settings.model_timeout,
        max_retries=0,
        temperature=0,
        max_tokens=_MAX_TOKENS,
        use_responses_api=False if settings.model_url else None,
    )
    per_in, per_out = settings.model_price_in, settings.model_price_out
    price = (per_in, per_out) if per_in is not None and per_out is not None else None
    shown = re.sub(r"//[^/@]*@", "//", url)  # the provenance is stored and shown: no password in it
    return Client(chat, model, shown, settings.model_timeout, price)


def ask(prompt: str, answer_type: type[T], client: Client, /, **values: Any) -> Answer[T]:
    """Render the prompt with the values and return the model's answer to it.

    Raises ModelUnavailable when it does not answer in time, ModelError when the answer cannot be used even
    after json-repair and one attempt to have the model mend it. `spent(error)` says what that cost.
    """
    turns = render(prompt, **values)
    question = _Question(client, answer_type, deadline=time.monotonic() + client.timeout)
    text = question.send(turns)
    how: Repaired
    value, how, why = read(text, answer_type)
    prompts = prompt_hashes(prompt)
    if value is None:
        schema = json.dumps(question.schema, ensure_ascii=False)
        mend = render("repair", broken=text[:MAX_ANSWER], problem=why, schema=schema)
        prompts = {**prompts, **prompt_hashes("repair")}
        text = question.send(mend)
        value, _, why = read(text, answer_type)
        how = "asked"
    if value is None:
        raise with_usage(ModelError(f"{client.model} gave no answer that can be used: {why}."), question.usage)
    return Answer(value=value, model=question.answered, prompts=prompts, usage=question.usage, repaired=how)


class _Question:
    """One question under one deadline: attempts, what they cost, and which model answered."""

    def __init__(self, client: Client, answer_type: type[BaseModel], deadline: float) -> None:
        from langchain_core.utils.function_calling import convert_to_openai_function

        self.client, self.deadline = client, deadline
        self.usage, self.answered = Usage(), client.model
        made = convert_to_openai_function(answer_type, strict=True)
        self.schema = made["parameters"]
        self.format = {"name": made["name"], "schema": self.schema, "strict": True}

    def send(self, turns: tuple[Turn, ...]) -> str:
        """The raw text of the answer; LangChain's own parser is too kind to half a JSON to be used."""
        failures = 0
        while True:
            started = time.monotonic()
            try:
                result = _within(self.deadline - started, lambda: self._invoke(turns))
                self._count(result["raw"], time.monotonic() - started)
                return _text(result["raw"])
            except ModelError as error:
                raise with_usage(error, self.usage) from None
            except Exception as error:
                self.usage += Usage(calls=1, seconds=time.monotonic() - started)
                if self._learn(error):
                    continue
                failures += 1
                wait = _retry_wait(error, failures)
                if wait is None or time.monotonic() + wait >= self.deadline:
                    raise _as_model_error(error, self.client, self.usage) from error
                time.sleep(wait)

    def _invoke(self, turns: tuple[Turn, ...]) -> dict[str, Any]:
        chat, unsupported = self.client.chat, self.client.unsupported
        if "temperature" in unsupported:
            chat = chat.model_copy(update={"temperature": None})
        with _untraced():
            if "response_format" in unsupported:
                told = render("schema", schema=json.dumps(self.schema, ensure_ascii=False))
                return {"raw": chat.invoke(_messages((*turns, *told))), "parsed": None}
            asked = chat.with_structured_output(self.format, method="json_schema", strict=True, include_raw=True)
            return dict(asked.invoke(_messages(turns)))

    def _learn(self, error: Exception) -> bool:
        """Whether the endpoint refused a parameter that the question can do without; then it does without."""
        if getattr(error, "status_code", None) not in (400, 404, 422, 501):
            return False
        said = str(error).casefold()
        for name, signs in (
            ("temperature", ("temperature",)),
            ("response_format", ("response_format", "json_schema", "grammar")),
        ):
            if name not in self.client.unsupported and any(sign in said for sign in signs):
                self.client.unsupported.add(name)
                return True
        return False

    def _count(self, raw: Any, seconds: float) -> None:
        told = getattr(raw, "usage_metadata", None)
        cost = None
        if told and self.client.price:
            per_in, per_out = self.client.price
            cost = round((told["input_tokens"] * per_in + told["output_tokens"] * per_out) / 1e6, 6)
        self.usage += Usage(
            calls=1,
            tokens_in=told["input_tokens"] if told else None,
            tokens_out=told["output_tokens"] if told else None,
            tokens_cached=told.get("input_token_details", {}).get("cache_read", 0) if told else None,
            seconds=seconds,
            cost=cost,
        )
        self.answered = str(getattr(raw, "response_metadata", {}).get("model_name") or self.client.model)


def _within(seconds: float, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The call's result, or TimeoutError when it takes longer; httpx alone lets a dripping server go on."""
    done: queue.SimpleQueue[tuple[dict[str, Any] | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((call(), None))
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=run, daemon=True, name="voz-model").start()
    try:
        result, error = done.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError("no whole answer in time") from None
    if error is not None:
        raise error
    assert result is not None
    return result


def _retry_wait(error: Exception, failures: int) -> float | None:
    """Seconds to wait before the next attempt; None where another would be no use."""
    status = getattr(error, "status_code", None)
    passing = status in _TRANSIENT or (status or 0) >= 500 or _unreachable(error)
    if failures > RETRIES or not passing or isinstance(error, TimeoutError):
        return None
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
    told = str(headers.get("retry-after", ""))
    return max(_BACKOFF[failures - 1], float(told) if re.fullmatch(r"\d{1,4}(\.\d+)?", told) else 0.0)


def _unreachable(error: BaseException | None) -> bool:
    """A connection that failed, told by name: every provider's own class of error is called so."""
    named = (kind.__name__ for kind in type(error).__mro__)
    return any(re.search("Connection|Timeout|Transport", name) for name in named)


def _as_model_error(error: Exception, client: Client, usage: Usage) -> ModelError:
    status, said = getattr(error, "status_code", None), " ".join(str(error).split())[:300]
    where = f"{client.model} at {client.endpoint}"
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        made: ModelError = ModelUnavailable(f"{where} gave no answer in {client.timeout:g} s.")
    elif status is not None or _unreachable(error):
        reason = {401: "refused the key", 403: "refused the key", 404: "does not know the model"}
        what = reason.get(status or 0, f"answered with error {status}" if status else "cannot be reached")
        made = ModelUnavailable(f"{where} {what}: {said}")
    elif "Refusal" in type(error).__name__:
        made = ModelError(f"{where} refused to write: {said}")
    elif "Length" in type(error).__name__:
        made = ModelError(f"{where} was cut off before it finished.")
    else:
        made = ModelError(f"{where} gave something that is no answer: {type(error).__name__}: {said}")
    return with_usage(made, usage)


def with_usage(error: ModelError, usage: Usage) -> ModelError:
    """The error, knowing what was spent on it: a failed answer is paid for too."""
    error.usage = usage  # type: ignore[attr-defined]
    return error


def spent(error: ModelError) -> Usage:
    """What an answer that did not come has cost."""
    found: Usage = getattr(error, "usage", Usage())
    return found


def _messages(turns: tuple[Turn, ...]) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in turns]


def _text(raw: Any) -> str:
    refusal = getattr(raw, "additional_kwargs", {}).get("refusal")
    if refusal:
        raise ModelError(f"The model refused to write: {str(refusal)[:300]}")
    content = getattr(raw, "content", "")
    return content if isinstance(content, str) else str(getattr(raw, "text", ""))


def _sum(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one + other


def _untraced() -> Any:
    """No LangSmith, even where LANGSMITH_TRACING or LANGCHAIN_TRACING_V2 says so."""
    from langsmith.run_helpers import tracing_context

    return tracing_context(enabled=False)
