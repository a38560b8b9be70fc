"""What FreeScout's AiIntegration and Chatwoot's Captain send to an OpenAI-compatible endpoint, and a server for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import uvicorn
from fastapi import FastAPI

ASKED = "¿Cuántos días tengo para devolver un pedido?"
UNKNOWN = "¿Tenéis aparcamiento para bicicletas?"
SUGGEST = (
    "You are helping a customer support agent draft their next reply. This is a CHAT conversation. Output only it."
)
FREESCOUT = (
    "you are part of a ticketing system. draft a helpful support reply to the customer. return reply in JSON format; "
    "JSON should contain only the following fields: reply, reply_translation. do not use any Markdown"
)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def ask(client: openai.OpenAI, *turns: tuple[str, str], **more: Any) -> Any:
    messages: Any = [{"role": role, "content": text} for role, text in turns]
    return client.chat.completions.create(model="gpt-4o-mini", messages=messages, **more)


def freescout(threads: list[dict[str, str]], subject: str = "Pedido", number: str = "3", name: str = "Ana") -> str:
    """The user's message as its PHP writes it, with the customer's name run into the next line."""
    messages = json.dumps(threads)
    told = (
        f"{name}Conversation number: {number}\nConversation subject: {subject}\n"
        f"Conversation messages in JSON format: {messages}\n\n"
    )
    return json.dumps({"conversation": told}, ensure_ascii=False)


def thread(type: str, body: str, at: str = "2026-11-23 09:00:00", author: str = "Ana Gil") -> dict[str, str]:
    return {"created_at": at, "type": type, "author": author, "body": body}
