"""The stored cases, for the commands that read or erase them without a desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from voz.errors import InputError

if TYPE_CHECKING:
    from voz.brand import Brand
    from voz.config import Settings
    from voz.service.actor import Actor
    from voz.store.database import Database


@contextmanager
def stored_cases(settings: Settings) -> Iterator[Database]:
    """The database that the settings name. Raises StoreError, and InputError where there is none yet."""
    from voz.store.database import open_database, sqlite_url

    file = settings.home.expanduser() / "cases.db"
    if settings.database is None and not file.is_file():
        raise InputError(f"There are no cases yet: {file} is not there. Say which company with --knowledge or --home, "
                         "or which database with VOZ_DATABASE.")  # fmt: skip
    database = open_database(settings.database or sqlite_url(settings.home))
    try:
        yield database
    finally:
        database.close()


def acting(database: Database, login: str | None) -> Actor:
    """The user who acts; whoever sits at this machine where nobody is named. Raises NotFound and Refused."""
    from voz.errors import Refused
    from voz.service import users
    from voz.service.actor import OWNER

    if login is None or (login == OWNER.id and not users.exist(database)):
        return OWNER
    with database.read() as tx:
        user = users.named(tx, login)
    if not user.active:
        raise Refused(f"{user.login} has been disabled.")
    return users.actor_of(user)


def brand_of(knowledge: Path) -> Brand:
    """The company's brand; its documents are read only where the brand files leave its country open."""
    from voz.brand import Brand
    from voz.brand_files import load_brand_files
    from voz.prose_brand import load_brand, over_prose

    typed = load_brand_files(knowledge / "brand")
    if "voice" in typed and "country" in typed["voice"].model_fields_set:
        return over_prose(typed, Brand())
    return load_brand(knowledge)
