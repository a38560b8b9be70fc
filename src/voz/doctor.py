"""What is configured, which index there is, and which model answers."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from voz import __version__
from voz.errors import VozError

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.embedding import Embedder


@dataclass(frozen=True)
class Sign:
    """One thing that was looked at. `ok` is None for what is only told."""

    name: str
    ok: bool | None
    detail: str


def report(settings: Settings, *, as_json: bool) -> None:
    """Print every sign as it is found; exits with 1 if one is bad."""
    signs = []
    for sign in examine_setup(settings):
        signs.append(sign)
        if not as_json:
            mark = {True: "ok", False: "!!", None: "  "}[sign.ok]
            print(f"{mark}  {sign.name:<10} {sign.detail}", flush=True)
    if as_json:
        print(json.dumps([asdict(sign) for sign in signs], ensure_ascii=False, indent=2))
    if any(sign.ok is False for sign in signs):
        raise typer.Exit(1)


def examine_setup(settings: Settings) -> Iterator[Sign]:
    yield Sign("voz", None, f"{__version__} on Python {platform.python_version()}, {platform.system()}")
    yield Sign("home", None, str(settings.home))
    yield Sign("today", None, str(settings.today) if settings.today else "the day it is")
    yield _tried("knowledge", lambda: _knowledge(settings))
    embedder: list[Embedder] = []
    yield _tried("embedder", lambda: _embedder(settings, embedder))
    if embedder:
        yield _tried("index", lambda: _index(settings, embedder[0]))
        yield _tried("brand", lambda: _brand(settings, embedder[0]))
    yield _tried("writer", lambda: _writer(settings))


def _tried(name: str, look: Callable[[], str]) -> Sign:
    try:
        return Sign(name, True, look())
    except VozError as error:
        return Sign(name, False, str(error))
    except Exception as error:  # the doctor reports what it finds, and goes on
        return Sign(name, False, f"{type(error).__name__}: {str(error)[:300]}")


def _knowledge(settings: Settings) -> str:
    from voz.errors import KnowledgeError
    from voz.knowledge.documents import document_paths

    if not settings.knowledge.is_dir():
        raise KnowledgeError(f"There is no folder at {settings.knowledge}: set VOZ_KNOWLEDGE or --knowledge.")
    found = len(document_paths(settings.knowledge))
    if not found:
        raise KnowledgeError(f"{settings.knowledge} holds no document that voz can read.")
    return f"{settings.knowledge.resolve()}, {found} documents"


def _embedder(settings: Settings, opened: list[Embedder]) -> str:
    from voz.embedding import open_embedder

    embedder = open_embedder(settings)
    started = time.perf_counter()
    embedder.query(["¿Cuál es el plazo de devolución?"])
    opened.append(embedder)
    spent = 1000 * (time.perf_counter() - started)
    return f"{embedder.name} {embedder.version}, {embedder.dim} numbers, {spent:.0f} ms a query"


def _index(settings: Settings, embedder: Embedder) -> str:
    from voz.errors import KnowledgeError
    from voz.knowledge.index import open_library

    with open_library(settings.knowledge, settings.home, embedder) as library:
        if library.failures:
            names = "; ".join(f"{source}: {reason}" for source, reason in library.failures[:5])
            raise KnowledgeError(f"{len(library.failures)} documents could not be read. {names}")
        in_use = f" ({library.notice})" if library.notice else ""
        return f"{len(library.passages)} passages, fingerprint {library.fingerprint}{in_use}"


def _brand(settings: Settings, embedder: Embedder) -> str:
    from voz.brand_files import FILES
    from voz.knowledge.documents import texts_of
    from voz.knowledge.index import open_library
    from voz.prose_brand import load_brand

    with open_library(settings.knowledge, settings.home, embedder) as library:
        brand = load_brand(settings.knowledge, texts_of(library.passages))
    written = [name for name in FILES if (settings.knowledge / "brand" / name).is_file()]
    origin = f"from {', '.join(written)}" if written else f"read from the documents (voz init {settings.knowledge})"
    voice = brand.voice
    return (
        f"{voice.company or 'no name found'}, {voice.country}, {voice.address}, "
        f"{len(brand.teams)} teams, {len(brand.roles)} roles; {origin}"
    )


def _writer(settings: Settings) -> str:
    if settings.writer == "extractive" or not (settings.model or settings.model_url):
        return "extractive: clauses quoted or turned to the brand's register; no model is asked"
    from voz.llm import open_client

    client = open_client(settings)
    started = time.perf_counter()
    answer = client.chat.invoke([("human", "Responde solo: sí")])
    spent = time.perf_counter() - started
    named = (getattr(answer, "response_metadata", None) or {}).get("model_name") or client.model
    return f"model {named} at {client.endpoint} answers in {spent:.1f} s"
