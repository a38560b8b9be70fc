"""The signs of trouble, praise and courtesy in a message, found once and read by asks and triage alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from voz import lexicon
from voz.clauses import LOOK, Clause, clauses
from voz.lexicon import Folded, Hit, folded, outside

_IF = re.compile(r"(?<![^\W_])(?:si|en caso|caso|if|in case|suponiendo|se|y si|cando|cuando|when|quando)(?![^\W_])")
_PAST = re.compile(
    r"(?<![^\W_])(?:llego|llegaron|vino|vinieron|ha|han|he|hemos|se me|recibi|compre|rompio|chegou|veio|arrived|came|has|have|was|were|va|vaig|lleva|llevo|sigo|sigue|esta|estan|estaba)(?![^\W_])"
)
_NO = re.compile(r"(?<![^\W_])(?:no|nunca|jamas|ningun|ninguna|sin|nada|tampoco|not|never|no|nao|sem|nenhum|sense|cap|non|sen|isn|wasn|didn|don|dont|didnt)(?:[\s,']{1,3}[^\W_]{1,14}){0,2}[\s,']{1,3}$")
CONCRETE = ("damaged", "defective", "late", "missing", "wrong_item", "refund_pending", "billing", "no_answer", "rude_staff")


@dataclass(frozen=True)
class Signs:
    """What was found in a message; hits stand in `view.plain`."""

    view: Folded
    clauses: tuple[Clause, ...]
    trouble: tuple[Hit, ...]
    praise: tuple[Hit, ...]
    sarcasm: tuple[Hit, ...]
    tones: tuple[Hit, ...]
    topics: tuple[Hit, ...]
    kinds: tuple[Hit, ...]

    def words(self, hits: tuple[Hit, ...] | list[Hit], limit: int = 3) -> tuple[str, ...]:
        """The customer's own words under some hits, each once."""
        said = (" ".join(self.view.original(h.start, h.end).split()) for h in hits)
        return tuple(dict.fromkeys(said))[:limit]

    def within(self, hits: tuple[Hit, ...], clause: Clause) -> tuple[Hit, ...]:
        return tuple(h for h in hits if clause.start <= h.start < clause.end)


@lru_cache(maxsize=16)
def read_signs(text: str) -> Signs:
    """Reads the first 20,000 characters of a message."""
    view = folded(text[:LOOK])
    plain = view.plain
    parts = tuple(clauses(view))
    tones = lexicon.lexicon("sentiment").hits(plain)
    masks = tuple(h for h in tones if h.label == "praise_masks")
    sarcasm = tuple(h for h in tones if h.label == "sarcasm")
    trouble = lexicon.lexicon("trouble").hits(plain)
    idioms = tuple(h for h in _idioms().hits(plain) if h.label == "idioms")
    trouble = tuple(h for h in outside(trouble, idioms) if not _supposed(plain, h, parts) and not _denied(plain, h))
    praise = tuple(
        h for h in outside(outside(tuple(t for t in tones if t.label == "praise"), masks), sarcasm)
        if not _NO.search(plain[max(0, h.start - 40) : h.start])
    )  # fmt: skip
    # «qué vergüenza de atención excelente»: praise inside a phrase of trouble is not praise.
    praise = outside(praise, (h for h in trouble if h.end - h.start > 12))
    return Signs(
        view, parts, trouble, praise, sarcasm,
        tuple(h for h in tones if h.label not in ("praise", "praise_masks", "sarcasm")),
        lexicon.lexicon("topics").hits(plain), lexicon.lexicon("kinds").hits(plain),
    )  # fmt: skip


@cache
def _idioms() -> lexicon.Lexicon:
    return lexicon.Lexicon({"idioms": lexicon.phrases(lexicon.data("risks")["idioms"])})


def clause_of(parts: tuple[Clause, ...], place: int) -> Clause | None:
    return next((c for c in parts if c.start <= place < c.end), None)


def supposed(plain: str, hit: Hit, parts: tuple[Clause, ...]) -> bool:
    """Whether a thing is only imagined: «¿y si llega roto?», «if it breaks, what happens?»."""
    return _supposed(plain, hit, parts)


def _supposed(plain: str, hit: Hit, parts: tuple[Clause, ...]) -> bool:
    clause = clause_of(parts, hit.start)
    if clause is None:
        return False
    before = plain[max(clause.start, hit.start - 45) : hit.start]
    if not _IF.search(before):
        return False
    return not _PAST.search(before + plain[hit.start : hit.end]) if not clause.question else not re.search(r"llego|chegou|arrived", plain[hit.start : hit.end])


_DENIABLE = frozenset({"general", "damaged", "rude_staff", "billing", "wrong_item"})


def _denied(plain: str, hit: Hit) -> bool:
    """«No es una queja», «nunca tuve un problema»: only for words that are not themselves negative."""
    first = plain[hit.start : hit.end].split(" ", 1)[0]
    if hit.label not in _DENIABLE or first in ("no", "nunca", "jamas", "nao", "sin", "never", "not", "nada", "non"):
        return False
    return bool(_NO.search(plain[max(0, hit.start - 30) : hit.start]))
