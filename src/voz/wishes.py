"""What a reviewer asks of the next draft («más cálida», «de usted», «quita lo del envío»), read into a `Wish`.

Spanish, Portuguese and English, by rules and a lexicon (`data/desk/wishes.yaml`); what cannot be read stands in
`Wish.unread`, so that the desk can say so. A wish changes how a thing is said; it never makes a thing true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from voz import lexicon
from voz.case import Wish
from voz.lexicon import Folded, Hit, Lexicon
from voz.packaged import packaged
from voz.text import words

__all__ = ["MAX_WISH", "Wish", "read_wish"]

MAX_WISH = 1_000
"""Characters of a wish that are read."""
WORD_CHARS = 6
_PARTS = re.compile(r"(?:[^.;\n,]|(?<=\d)[.,](?=\d))+")
_WORD = re.compile(r"[^\W_]+")


# ── reading ──


def read_wish(text: str = "", buttons: Iterable[str] = (), reader: str = "es") -> Wish:
    """The wish in a reviewer's words and buttons; `reader` is the language that the reviewer reads notes in.

    Buttons: those of `data/desk/wishes.yaml`, and `language:xx`. An unknown one is unread.
    """
    text = lexicon.folded(text[:MAX_WISH]).text.strip()
    buttons = tuple(buttons)
    made = _Reading()
    for button in buttons:
        made.press(button)
    made.read(text)
    words_of = packaged("desk/wishes")["button_words"]
    said = ", ".join([*(words_of.get(button, button) for button in buttons), *([text] if text else [])])
    return Wish(text=said[:MAX_WISH], reader=reader if reader in ("es", "pt", "en") else "es", **made.wish())


@dataclass
class _Reading:
    """A wish as it fills while its parts are read, left to right; a later word wins over an earlier one."""

    found: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    open: str = ""
    """The list that a part without a wish of its own goes on: «quita lo del envío y lo de la garantía»."""

    def press(self, button: str) -> None:
        asked = packaged("desk/wishes")["buttons"].get(button)
        if asked is not None:
            self.found |= asked
        elif re.fullmatch(r"language:[a-z]{2}", button):
            self.found["language"] = button[-2:]
        else:
            self._put("unread", button)

    def read(self, text: str) -> None:
        for start, end in _parts(text):
            self._part(" ".join(text[start:end].split()))

    def wish(self) -> dict[str, Any]:
        lists = {name: tuple(dict.fromkeys(value for value in values if value)) for name, values in self.lists.items()}
        return {**self.found, **lists}

    def _put(self, name: str, value: Any) -> None:
        self.lists.setdefault(name, []).append(value)

    def _part(self, part: str) -> None:
        view = lexicon.folded(part)
        if not _WORD.search(view.plain):
            return
        hits = _hits(view.plain)
        content = next((hit for hit in hits if hit.label in ("omit", "add")), None)
        fixed = [hit for hit in hits if content is None or hit.end <= content.start]
        read = [hit for hit in fixed if self._plain_wish(hit, view, fixed)]
        if content is not None:
            self._content(content.label, view, content.end)
        elif read:
            self.open = ""
            rest = _left_over(view, [(hit.start, hit.end) for hit in hits])
            if rest:
                self._put("unread", rest)
        elif limit := _limit(view.plain):
            self.found |= limit
            self.open = ""
        elif self.open:
            self._go_on(part)
        elif _left_over(view, [(hit.start, hit.end) for hit in hits if hit.label == "filler"]):
            self._put("unread", part)

    def _plain_wish(self, hit: Hit, view: Folded, hits: list[Hit]) -> bool:
        """Takes a phrase or a word of a scale; whether it was one."""
        group, _, value = hit.label.partition(":")
        if group == "language":
            self.found["language"] = value
        elif group == "address":
            self.found["address"] = value
        elif group == "switch":
            name, _, way = value.rpartition("_")
            self.found[{"apology": "apology"}.get(name, name)] = way == "yes"
        elif group == "scale":
            self.found |= _scaled(value, _degree(hit, hits))
        else:
            return False
        return True

    def _content(self, sort: str, view: Folded, start: int) -> None:
        """«quita …», «añade que …»: what follows, as the reviewer put it."""
        rest = view.original(start, len(view.plain)).strip(" :")
        if sort == "omit":
            places = _places(lexicon.folded(rest).plain)
            for place in places:
                self._put("omit_places", place)
            if not places and (thing := _stripped(rest, "object_start")):
                self._put("omit", thing)
            self.open = "omit"
            return
        self._put("add", _stripped(rest, "add_start"))
        self.open = "add"

    def _go_on(self, part: str) -> None:
        if self.open == "omit":
            if thing := _stripped(part, "object_start"):
                self._put("omit", thing)
        else:
            said = self.lists["add"][-1]
            self.lists["add"][-1] = f"{said}, {part}" if said else part


def _scaled(name: str, degree: str) -> dict[str, Any]:
    """What a word on a scale asks for: «más fría» for cold, «fría» and «demasiado fría» for the contrary."""
    axis, first = {
        "warm": ("warmth", True), "cold": ("warmth", False), "short": ("length", True), "long": ("length", False),
        "formal": ("formal", True), "informal": ("formal", False), "plain": ("plain", True),
        "complex": ("plain", False), "gushing": ("warmth", True),
    }[name]  # fmt: skip
    contrary = {"less": True, "too": True, "seems": True, "more": False}.get(degree)
    if contrary is None:  # «breve», «muy breve» ask for it; «fría», «muy larga» complain of it
        contrary = name == "gushing" or (not first and axis != "formal")
    wanted = first != contrary
    if axis == "plain":
        return {"plain": True} if wanted else {}
    return {axis: {"warmth": 1 if wanted else -1, "length": "shorter" if wanted else "longer"}.get(axis, wanted)}


def _degree(hit: Hit, hits: list[Hit]) -> str:
    """What stands before a word of a scale and turns it: «menos», «demasiado», «suena»."""
    before = [h.label.partition(":")[2] for h in hits if h.label.startswith("degree:") and 0 <= hit.start - h.end <= 24]
    return next((label for label in ("less", "too", "more", "seems", "very") if label in before), "")


def _parts(text: str) -> list[tuple[int, int]]:
    """The wishes of a list: between stops and commas, and at an «y» after which another wish begins."""
    found: list[tuple[int, int]] = []
    joints = set(lexicon.phrases(packaged("desk/wishes")["joints"].replace("|", ",")))
    for match in _PARTS.finditer(text):
        start = match.start()
        for word in _WORD.finditer(text, match.start(), match.end()):
            if lexicon.folded(word[0]).plain in joints and _opens(text[word.end() : match.end()]):
                found.append((start, word.start()))
                start = word.end()
        found.append((start, match.end()))
    return found


def _opens(rest: str) -> bool:
    """Whether what follows a joint begins with a wish, or goes on with another thing to leave out."""
    plain = lexicon.folded(rest).plain
    return any(hit.start <= 2 or not _left(plain, 0, hit.start) for hit in _hits(plain) if hit.label != "filler") or (
        re.match(r"\s*(?:lo del?|la parte|el trozo|o que|the (?:part|bit))\b", plain) is not None
    )


@cache
def _lexicon() -> Lexicon:
    raw = packaged("desk/wishes")
    labels = {f"scale:{name}": lexicon.phrases(value) for name, value in raw["scales"].items()}
    labels |= {f"degree:{name}": lexicon.phrases(value) for name, value in raw["degree"].items()}
    labels |= {f"language:{code}": lexicon.phrases(value) for code, value in raw["languages"].items()}
    for name, value in raw["phrases"].items():
        sort = "address" if name in ("usted", "tú", "vos") else "switch"
        labels[f"{sort}:{name}"] = lexicon.phrases(value)
    labels |= {name: lexicon.phrases(raw[name]) for name in ("omit", "add")}
    return Lexicon({**labels, "filler": lexicon.phrases(raw["fillers"])})


@cache
def _starts(name: str) -> tuple[re.Pattern[str], ...]:
    found = [lexicon.compile_phrase(p) for p in lexicon.phrases(packaged("desk/wishes")[name])]
    return tuple(sorted(found, key=lambda one: -len(one.pattern)))


def _hits(plain: str) -> list[Hit]:
    """Every phrase found, none inside a longer one, in order."""
    found = list(_lexicon().hits(plain))
    rank = {"switch": 0, "address": 0, "language": 0, "scale": 1, "omit": 1, "add": 1, "degree": 2, "filler": 3}
    found.sort(key=lambda hit: (-(hit.end - hit.start), rank[hit.label.partition(":")[0]]))
    kept: list[Hit] = []
    for hit in found:
        if all(hit.end <= other.start or other.end <= hit.start for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)


def _left(plain: str, start: int, end: int) -> str:
    return " ".join(_WORD.findall(plain, start, end))


def _left_over(view: Folded, spans: list[tuple[int, int]]) -> str:
    """What of a part no phrase covers, where it holds a telling word; else nothing."""
    free = [word for word in _WORD.finditer(view.plain) if not any(a <= word.start() < b for a, b in spans)]
    if not any(len(word[0]) > 2 for word in free):
        return ""
    return view.original(free[0].start(), free[-1].end())


def _stripped(text: str, name: str) -> str:
    """«lo del envío» → «envío»; nothing where only such words are left."""
    view = lexicon.folded(text.strip(" «»\"'“”:"))
    start = 0
    for _ in range(3):
        while start < len(view.plain) and not view.plain[start].isalnum():
            start += 1
        match = next((m for one in _starts(name) if (m := one.match(view.plain, start))), None)
        if match is None or match.end() >= len(view.plain):
            break
        start = match.end()
    rest = view.original(start, len(view.plain)).strip(" «»\"'“”:") if start < len(view.plain) else ""
    only = any(one.fullmatch(lexicon.folded(rest).plain) for one in _starts(name))
    return rest if _WORD.search(rest) and not only else ""


def _places(plain: str) -> list[int]:
    """Which sentences «la segunda frase», «la última frase» are."""
    named = packaged("desk/wishes")["places"]
    return [int(n) for n, value in named.items() for p in lexicon.phrases(value) if _found(p, plain)]


def _found(phrase: str, plain: str) -> bool:
    return lexicon.compile_phrase(phrase).search(plain) is not None


def _limit(plain: str) -> dict[str, int]:
    """«en dos frases», «máximo 200 caracteres», «50 words»."""
    raw = packaged("desk/wishes")
    row = words(plain)
    for number, unit in pairwise(row):
        count = int(number) if number.isdigit() and len(number) < 6 else raw["numbers"].get(number, 0)
        for name, value in raw["limits"].items():
            if count > 0 and unit in value.split("|"):
                return {"max_sentences": count} if name == "sentences" else {
                    "max_chars": count * (WORD_CHARS if name == "words" else 1)
                }  # fmt: skip
    return {}
