"""What an opened reply is checked for ahead need not be judged again when it is edited."""

from __future__ import annotations

import time
from pathlib import Path

from office import ANA, open_office

from voz.pages.ahead import Ahead
from voz.service import review
from voz.store.database import sqlite_url


def test_an_edit_of_an_opened_reply_waits_for_what_was_changed_alone(tmp_path: Path) -> None:
    office = open_office(tmp_path, sqlite_url(tmp_path))
    judge = office.service.desk.grounding.judge()
    assert judge is not None
    view = office.drafted("La jarra vino con una grieta en el asa, la número 4711. ¿Me la cambiáis por otra?")
    assert view.draft is not None
    assert view.draft.reply is not None
    long = f"{view.draft.reply} Salió el martes de Vigo. Pesa dos kilos. Cuesta 31 €. Cabe en tu buzón."

    def read() -> int:
        return judge._score.cache_info().misses

    before = read()
    Ahead(office.service).soon(view.draft, long)
    until = time.monotonic() + 60
    while read() == before:
        assert time.monotonic() < until, "nothing was judged ahead"
        time.sleep(0.02)
    review.rehearse(office.service, view.draft, long)  # where the thread is still at it: all is known after this
    known = read()
    review.judged(office.service, ANA, view.draft, f"{long} Dura 12 años.")
    assert read() - known <= 1
    assert known - before > 1, "there was more to judge than what was changed"
    office.service.database.close()
