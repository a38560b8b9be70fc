"""`voz export`, `voz forget` and `voz retain`: what is kept of a person, given out or erased."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

from voz.commands.show import printable
from voz.commands.stored import acting, stored_cases
from voz.commands.told import report_words
from voz.errors import InputError

if TYPE_CHECKING:
    from voz.config import Settings
    from voz.service.copies import Places
    from voz.service.erase import Erased
    from voz.words import Words


def export_case(settings: Settings, case: str, out: Path | None, by: str | None) -> None:
    from voz.service.export import as_json, export
    from voz.service.service import utc_now

    with stored_cases(settings) as database:
        text = as_json(export(database, acting(database, by), case, utc_now())) + "\n"
    if out is None:
        print(text, end="")
        return
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # personal data: for its owner alone
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error


def forget_author(settings: Settings, author: str, case: str | None, by: str, yes: bool, language: str) -> None:
    from voz.service.erase import forget, plan
    from voz.service.service import utc_now

    words = report_words(language)
    with stored_cases(settings) as database:
        actor = acting(database, by)
        found = plan(database, author, case)
        if found.open and yes:
            codes = ", ".join(one.code for one in found.open)
            print(words("forget.closing", count=len(found.open), codes=codes))
        if found.untaken and yes:
            print(words("forget.untaken", count=len(found.untaken)))
        done = forget(database, actor, author, utc_now(), case_id=case, close_open=yes, places=_places(settings))
    _tell(done, words)


def retain_cases(settings: Settings, language: str) -> None:
    """Erase what is older than VOZ_RETENTION_DAYS, and write the file anew; for cron, at night."""
    from voz.service.erase import retain
    from voz.service.service import utc_now

    words = report_words(language)
    days = settings.retention_days
    keep = None if days is None else dt.timedelta(days=days)
    if keep is None:
        print(words("retain.off"))
    with stored_cases(settings) as database:
        done = retain(database, utc_now(), keep, places=_places(settings), rewrite=True)
    _tell(done, words)


def _places(settings: Settings) -> Places:
    from voz.service.copies import Places

    return Places(home=settings.home.expanduser(), suites=settings.suites)


def _tell(done: Erased, words: Words) -> None:
    if not done.codes and not done.rows:
        print(words("forget.nothing"))
        _warn(done, words)
        return
    rows = ", ".join(f"{words.label('rows', name)} {count}" for name, count in done.rows.items() if count)
    print(words("forget.done", count=len(done.codes), codes=", ".join(done.codes)))
    print(words("forget.rows", rows=rows))
    for path in done.removed:
        print(words("forget.removed", path=printable(path)))
    if done.left:
        print(words("forget.left"))
        for copy in done.left:
            print(f"  · {words.label('left', copy.where)}: {printable(copy.what)}")
    _warn(done, words)
    print(words("forget.backups"))


def _warn(done: Erased, words: Words) -> None:
    if done.also_in:
        print(words("forget.also_in", codes=", ".join(done.also_in)))
    if done.twins:
        print(words("forget.twins", names=printable("; ".join(done.twins))))
    if done.named_in:
        print(words("forget.named_in", codes=", ".join(done.named_in)))
    if not done.clean:
        print(words("forget.not_clean"))
