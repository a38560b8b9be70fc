"""`voz mcp`: the command behind voz.cli_mcp."""

from __future__ import annotations

import contextlib
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from voz.errors import InputError

if TYPE_CHECKING:
    from voz.config import Settings


def run(settings: Settings) -> None:
    """Serve until stdin ends. Raises InputError where the extra is not installed."""
    if find_spec("mcp") is None:
        raise InputError("The package mcp is not installed: pip install 'voz[mcp]'.")
    with contextlib.redirect_stdout(sys.stderr):  # stdout is the protocol's: a stray line would break it
        from voz.mcp_server import mcp_server
        from voz.pipeline import open_desk
        from voz.service.opened import open_service

        desk = open_desk(settings)
        service = open_service(settings, desk)
        server = mcp_server(desk, service)
    try:
        server.run("stdio")
    finally:
        service.database.close()
