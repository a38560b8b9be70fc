"""A real SMTP server (aiosmtpd) for the tests, in an environment of its own: python mail_server.py FOLDER PORT [PEM]

It takes user `voz`, password `clave`; mails become files in FOLDER. What it is to do wrong stands in FOLDER/fault:
`refuse` a recipient for good, be `busy`, or take the mail and `vanish` before it answers.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder = Path(sys.argv[1])


class Handler:
    def fault(self) -> str:
        path = folder / "fault"
        return path.read_text() if path.is_file() else ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.fault() == "refuse":
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.fault() == "busy":
            return "451 4.3.2 later, please"
        (folder / f"{time.time_ns()}.eml").write_bytes(envelope.content)
        if self.fault() == "vanish":
            os._exit(1)
        return "250 OK"


def known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"voz", b"clave"), handled=False)


async def forever() -> None:
    print("ready", flush=True)
    await asyncio.Event().wait()


tls = None
if len(sys.argv) > 3:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(sys.argv[3])
Controller(
    Handler(), hostname="127.0.0.1", port=int(sys.argv[2]), authenticator=known, auth_require_tls=tls is not None,
    tls_context=tls,
).start()  # fmt: skip
asyncio.run(forever())
