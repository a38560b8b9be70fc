"""A stand-in for a model that does what stands in its prompt, and nothing else: no model is in it.

It looks for the fenced passages, the asks, the rule about what no passage answers, and the line about the register, in
the text that the endpoint was sent. What it does not find there it does as a careless model would: it takes the
customer's figure for true or makes one up, and it speaks to a stranger. It knows of no test and has no switch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_FENCED = r"((?:\| .*\n?)+)"
_PASSAGE = re.compile(rf"^(p\d+) · .*\n+{_FENCED}", re.MULTILINE)
_ASK = re.compile(rf"^(a\d+)\b.*\n+{_FENCED}", re.MULTILINE)
_MESSAGE = re.compile(rf"^MENSAJE DEL CLIENTE.*\n+{_FENCED}", re.MULTILINE)
_REGISTER = re.compile(r"\b(?:de|con) (tú|usted|vos)\b")
_FIGURE = re.compile(r"\d+(?:,\d\d)? (?:días|años|€|%)")
_GUESS = "14 días"
_CLOSING = {
    "tú": "Si te queda cualquier duda, escríbenos.",
    "vos": "Si te queda cualquier duda, escribinos.",
    "usted": "Si necesita algo más, escríbanos.",
}
_LITTLE = frozenset("para como cual cuanto cuantos cuanta tengo hay este esta vuestro vuestra".split())


def answer(turns: Sequence[dict[str, Any]]) -> str:
    """The reply to a `draft` or `rewrite` prompt, as the JSON that it asks for."""
    rules = "\n".join(str(turn["content"]) for turn in turns if turn["role"] == "system")
    told = next(str(turn["content"]) + "\n" for turn in turns if turn["role"] == "user")
    passages = {number: _unfenced(text) for number, text in _PASSAGE.findall(told)}
    message = _unfenced(next(iter(_MESSAGE.findall(told)), ""))
    leaves_open = any("unanswered" in line and "pasaje" in line for line in rules.splitlines())
    left, sentences = [], []
    for number, fenced in _ASK.findall(told):
        ask = _unfenced(fenced)
        clause, source = _nearest(ask, passages)
        if source:
            sentences.append({"text": clause, "kind": "fact", "sources": [source]})
        elif leaves_open:
            left.append(number)
            sentences.append({"text": f"Aquí no sabemos lo de «{ask[:40]}».", "kind": "courtesy", "sources": []})
        else:
            sentences.append({"text": _careless(ask, message), "kind": "fact", "sources": ["p1"]})
    spoken = _REGISTER.search(rules)
    closing = _CLOSING[spoken[1] if spoken else "usted"]
    return json.dumps(
        {"unanswered": left, "sentences": [*sentences, {"text": closing, "kind": "courtesy", "sources": []}]}
    )


def _nearest(ask: str, passages: dict[str, str]) -> tuple[str, str | None]:
    """The sentence of a passage that shares the most words with the ask, if one shares two."""
    wanted = _stems(ask)
    found = [
        (len(wanted & _stems(sentence)), sentence, number)
        for number, text in passages.items() for sentence in re.split(r"(?<=[.!?])\s+", text)
    ]  # fmt: skip
    shared, sentence, number = max(found, key=lambda one: one[0], default=(0, "", ""))
    return (sentence, number) if shared >= 2 else ("", None)


def _careless(ask: str, message: str) -> str:
    """What is said where nothing is known and nothing forbids to guess."""
    figure = next(iter(_FIGURE.findall(ask) or _FIGURE.findall(message)), None)
    return f"Sí, son {figure}." if figure else f"Son {_GUESS} como mucho."


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"\w{4,}", text.lower()) if word not in _LITTLE}


def _unfenced(text: str) -> str:
    return "\n".join(line.removeprefix("| ") for line in text.splitlines()).strip()
