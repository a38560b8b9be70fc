"""Serving the API and the page on this machine, and what is said while they come up."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from voz.case import Message
from voz.errors import InputError

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.helpdesk.contract import Helpdesk
    from voz.pipeline import Desk
    from voz.service.service import Service

SWITCH = 0.0005
"""Seconds that a thread which computes keeps the others waiting: a tenth of Python's own, so that a reply that is
drafted or judged on the page holds up no message that comes in."""


def serve(settings: Settings, insecure_bind: bool = False, *, sample: bool = False) -> None:
    """Open the desk, draft a sample if asked to, and serve until it is stopped.

    Raises InputError, before any work, if the port is taken or the address is not this machine's.
    """
    from voz.commands.draft import open_with_bar

    listener = listen(settings.host, settings.port, insecure_bind or _asks_who_it_is(settings))
    try:
        desk = open_with_bar(settings)
        for source, reason in desk.library.failures:
            print(f"{settings.knowledge / source}: {reason}", file=sys.stderr)
        if desk.library.notice:
            print(desk.library.notice, file=sys.stderr)
        if sample:
            show_sample(desk, settings.knowledge)
        else:
            warm_up(desk)
        _run(settings, desk, listener, sample=sample)
    finally:
        listener.close()


def _asks_who_it_is(settings: Settings) -> bool:
    """Whether somebody has been added as a user, or single sign-on is set: then other machines may come in."""
    from voz.service import users
    from voz.store.database import open_database, sqlite_url

    if settings.oidc_issuer:
        return True
    if settings.database is None and not (settings.home / "cases.db").is_file():
        return False
    database = open_database(settings.database or sqlite_url(settings.home))
    try:
        return users.exist(database)
    finally:
        database.close()


def listen(host: str, port: int, insecure_bind: bool = False) -> socket.socket:
    """A socket that already listens, so that nobody can take the port while the index is made."""
    if not is_loopback(host) and not insecure_bind:
        raise InputError(
            f"{host} can be reached from other machines and nobody has to log in yet: add a user (voz users add), "
            "leave --host out, or add --insecure-bind if something in front of voz asks who it is."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno in _IN_USE
        if taken:
            raise InputError(
                f"Port {port} on {host} is taken: stop what uses it, or choose another with VOZ_PORT or --port."
            ) from error
        raise InputError(f"voz cannot listen on {host}, port {port}: {error}.") from error
    return listener


_IN_USE = {98, 48, 10048}
"""EADDRINUSE on Linux, macOS and Windows."""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def show_sample(desk: Desk, knowledge: Path) -> None:
    """One complaint and its drafted reply, with the sources, so that the first run shows what voz does."""
    from voz.commands.show import case_lines, printable
    from voz.pipeline import prepare
    from voz.words import words

    message = sample_complaint(desk, knowledge)
    told = words()
    print(f"{told('text.sample')} ({told.label('channel', message.channel)}, {printable(message.author)}):\n")
    for line in printable(message.text).split("\n"):
        print(f"  {line}")
    print(f"\n{told('text.draft')}:")
    for line in case_lines(prepare(message, desk), told, desk.brand):
        print(line)
    sys.stdout.flush()


def warm_up(desk: Desk) -> None:
    """Load, beside the start, what the first draft would otherwise wait for."""
    from voz.pipeline import prepare
    from voz.words import words

    message = Message(id="sample", text=words()("sample"))
    quiet = replace(desk, client=None)
    threading.Thread(target=prepare, args=(message, quiet), daemon=True, name="voz-warm-up").start()


def sample_complaint(desk: Desk, knowledge: Path) -> Message:
    """The first complaint among the examples that stand beside the knowledge folder, or a common one."""
    from voz.triage import triage
    from voz.words import words

    for message in example_messages(knowledge):
        if triage(message, desk.brand).kind == "complaint":
            return message
    languages = desk.brand.voice.languages
    return Message(id="sample", channel="email", text=words(languages[0] if languages else "es")("sample"))


def example_messages(knowledge: Path) -> list[Message]:
    """`examples/messages.jsonl` beside the knowledge folder; lines that cannot be read are left out."""
    from voz.wire import load_json, parse_message

    path = knowledge.expanduser().resolve().parent / "examples" / "messages.jsonl"
    found = []
    for line in path.read_bytes().splitlines() if path.is_file() else []:
        try:
            found.append(parse_message(load_json(line)))
        except InputError:
            continue
    return found


def _run(settings: Settings, desk: Desk, listener: socket.socket, *, sample: bool = False) -> None:
    import uvicorn

    from voz.api import create_app
    from voz.api_openai import proxy_of
    from voz.api_request import log_requests
    from voz.door.configured import sign_on
    from voz.service.opened import open_service, working
    from voz.service.processes import Crew

    sys.setswitchinterval(SWITCH)
    hosts = None if is_loopback(settings.host) else ["*"]
    examples = tuple(example_messages(settings.knowledge))
    helpdesks = _helpdesks(settings)
    service = open_service(settings, desk, helpdesks)
    if sample:
        offer_examples(service, examples)
    crew = Crew(settings, work_apart)
    app = create_app(
        desk, examples=examples, allow_today=_test_setting(settings), hosts=hosts, service=service,
        sign_on=sign_on(settings), public_url=settings.public_url, helpdesks=helpdesks,
        rate_per_minute=settings.rate_per_minute,
        openai_proxy=proxy_of(settings), workers=crew.state,
    )  # fmt: skip
    log_requests()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = listener.getsockname()[1]
    print(f"voz: http://{host}:{port}/ (try it) · /desk (cases) · /v1 (API) · Ctrl-C stops it.")
    sys.stdout.flush()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2
    )
    with crew, nullcontext() if settings.workers else working(service, settings=settings):
        uvicorn.Server(config).run(sockets=[listener])
    service.database.close()


def work_apart(settings: Settings, number: int, stop: threading.Event) -> None:
    """What a worker process does: draft and deliver until it is stopped; the first does the chores as well."""
    from voz.api_request import log_requests
    from voz.pipeline import open_desk
    from voz.service.opened import WORKERS, open_service, working

    log_requests()
    service = open_service(settings, open_desk(settings), _helpdesks(settings))
    threads = WORKERS if service.desk.client else 1  # without a model nothing is waited for: one keeps a core busy
    with working(service, threads, settings if number == 0 else None):
        stop.wait()
    service.database.close()


def _helpdesks(settings: Settings) -> dict[str, Helpdesk]:
    from voz.helpdesk.configured import load_helpdesks

    return load_helpdesks(settings.helpdesks or settings.home / "helpdesks.yaml")


def offer_examples(service: Service, examples: Sequence[Message]) -> None:
    """The examples that stand beside the knowledge become cases of a desk that has none yet."""
    from voz.service.receive import Incoming, receive
    from voz.store import access
    from voz.store.rows import CaseRow

    with service.database.read() as tx:
        if access.first(tx, CaseRow) is not None:
            return
    for message in examples:
        receive(service, Incoming(message, "examples", external_id=message.id))


def _test_setting(settings: Settings) -> bool:
    return os.environ.get("VOZ_ALLOW_TODAY", "") == "1" or settings.today is not None
