"""The options that every command takes, and the settings they make."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from voz.config import Settings

Knowledge = Annotated[
    Path | None,
    typer.Option("--knowledge", help="Folder with the company's documents (VOZ_KNOWLEDGE; ./knowledge)."),
]
Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder for voz's own data (VOZ_HOME; ./.voz/<company>, one per company)."),
]
Today = Annotated[
    str | None,
    typer.Option("--today", metavar="YYYY-MM-DD", help="Answer as on this day (VOZ_TODAY; the day it is)."),
]
Role = Annotated[str | None, typer.Option("--role", help="Role whose authority binds the reply (VOZ_ROLE; agent).")]
Writer = Annotated[str | None, typer.Option("--writer", help="auto, extractive or model (VOZ_WRITER; auto).")]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on (VOZ_HOST; 127.0.0.1).")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on (VOZ_PORT; 8000).")]
InsecureBind = Annotated[
    bool,
    typer.Option("--insecure-bind", help="Listen beyond this machine, although nobody has to log in yet."),
]


def read_settings(
    knowledge: Path | None = None, home: Path | None = None, today: str | None = None, **more: Any
) -> Settings:
    """Settings from the flags, then from VOZ_*; a home of its own for each knowledge folder.

    Raises InputError naming the setting that is wrong.
    """
    from pydantic import ValidationError

    from voz.config import Settings
    from voz.errors import InputError

    given: dict[str, Any] = {"knowledge": knowledge, "home": home, **more}
    given = {name: value for name, value in given.items() if value is not None}
    if today is not None:
        given["today"] = read_day(today)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        flag = f"--{name} or VOZ_{name.upper()}"
        raise InputError(f"{flag} is '{first['input']}': {first['msg']}.") from error
    if "home" not in settings.model_fields_set:
        settings.home = default_home(settings.knowledge)
    return settings


def read_day(value: str) -> dt.date:
    from voz.errors import InputError

    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise InputError(f"--today is '{value}': write the day as YYYY-MM-DD.") from None


def default_home(knowledge: Path, root: Path = Path(".voz")) -> Path:
    """`.voz/<name>-<hash of the whole path>`: two companies never share an index by accident."""
    whole = knowledge.expanduser().resolve()
    named = whole.parent if whole.name == "knowledge" else whole
    plain = unicodedata.normalize("NFKD", named.name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40] or "company"
    return root / f"{slug}-{hashlib.sha256(str(whole).encode('utf-8', 'replace')).hexdigest()[:8]}"
