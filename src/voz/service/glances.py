"""Which lists a person has been shown lately, so that the trail tells of each once: docs/decisions/list-views.md.

Only this process remembers it: another one, or a restart, tells it once more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from voz.store.queue import Filter

EVERY = dt.timedelta(hours=1)
TYPING = dt.timedelta(seconds=10)
"""So long after a search was told, what only lengthens or shortens it is still the same one being typed."""
MOST = 10_000


@dataclass
class Glances:
    told: dict[tuple[str, Filter, str], dt.datetime] = field(default_factory=dict)
    """When a person was last told to have seen a list: who, what was asked, and which page of it."""
    searched: dict[str, tuple[str, dt.datetime]] = field(default_factory=dict)
    """The search of each person that was told last."""

    def new(self, who: str, wanted: Filter, page: str, now: dt.datetime) -> bool:
        """Whether the trail has to tell of it."""
        last = self.told.get((who, wanted, page))
        if last is not None and now - last < EVERY:
            return False
        said, at = self.searched.get(who, ("", now))
        continues = bool(said) and (wanted.search.startswith(said) or said.startswith(wanted.search))
        return not (wanted.search and continues and now - at < TYPING)

    def tell(self, who: str, wanted: Filter, page: str, now: dt.datetime) -> None:
        """It stands in the trail now."""
        if len(self.told) >= MOST:
            self.told = {key: at for key, at in self.told.items() if now - at < EVERY}
        if len(self.told) >= MOST:
            self.told.clear()
        self.told[who, wanted, page] = now
        if wanted.search:
            self.searched[who] = wanted.search, now


def told_of(wanted: Filter, shown: int) -> dict[str, object]:
    """What the trail keeps of a list: how many cases, by what they were chosen, how long the search was; no value."""
    usual = Filter()
    chosen = [name for name in Filter.__dataclass_fields__ if getattr(wanted, name) != getattr(usual, name)]
    found: dict[str, object] = {"cases": shown, "by": chosen}
    return found | ({"search_chars": len(wanted.search.strip())} if wanted.search.strip() else {})
