"""Pairs to fit the entailment judge on, out of `evals/entailment/*.jsonl`: what is read, and the verdict on it.

Besides what people labelled, sentences are turned into their own denial by the smallest change (another figure, a
turned negation, an opposite word), on either side: it teaches to compare word by word.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from voz.entailment import CLAUSE_CHARS, flat, read_with_sentence, tail

ROOT = Path(__file__).resolve().parent.parent
CARRIES, DENIES, NEITHER, ANSWERS, DOES_NOT = range(5)
VERDICTS = {"yes": CARRIES, "no": DENIES}
HELD_OUT = "10"
"""Companies whose md5 begins below this are only measured on: one in sixteen."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ASK_CHARS = 300
USUAL = (7, 10, 14, 15, 20, 24, 30, 48, 60, 72, 90)

Group = dict[str, Any]


class Pair(NamedTuple):
    text: str
    verdict: int
    why: str
    """The kind of lie, «yes», or how the pair was made."""


class Shares(NamedTuple):
    """How many pairs of each kind are drawn, per sentence, clause or message."""

    neither: float = 0.4
    changed: float = 0.25
    itself: float = 0.35
    asked: float = 0.1


def groups(folder: Path = ROOT / "evals" / "entailment") -> tuple[list[Group], list[Group]]:
    """(to fit on, held out)."""
    found = [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]
    out = [hashlib.md5(group["company"].encode()).hexdigest() < HELD_OUT for group in found]
    return [g for g, o in zip(found, out, strict=True) if not o], [g for g, o in zip(found, out, strict=True) if o]


def pairs(chosen: Sequence[Group], rng: random.Random, shares: Shares) -> Iterator[Pair]:
    """A draw of pairs: every labelled sentence with its clauses, and a share of the rest."""
    for group in chosen:
        clauses = {clause["id"]: clause for clause in group["clauses"]}
        messages = [reply["message"] for reply in group["replies"]]
        for clause in clauses.values():
            if rng.random() < shares.itself:
                yield from _itself(clause, rng.choice(messages) if rng.random() < 0.3 else "", rng)
        for reply in group["replies"]:
            for sentence in reply["sentences"]:
                yield from _labelled(sentence, reply, clauses, rng, shares)
            if rng.random() < shares.asked:
                yield from _asked(reply, clauses, rng)


def _labelled(
    sentence: dict[str, Any], reply: dict[str, Any], clauses: dict[str, Any], rng: random.Random, shares: Shares
) -> Iterator[Pair]:
    said, message, verdict = sentence["t"], reply["message"], sentence["v"]
    by = [one for one in sentence.get("by") or () if one in clauses] if verdict in VERDICTS else []
    for one in by:
        yield Pair(
            read_with_sentence(_whole(clauses[one]), message, said), VERDICTS[verdict], sentence.get("lie") or verdict
        )
    rest = [one for one in clauses if one not in by]
    asked = [one for one in reply.get("answers", ()) if one in rest]
    if rest and rng.random() < (shares.neither if by else min(1.0, 2 * shares.neither)):
        other = rng.choice(asked) if asked and rng.random() < 0.6 else rng.choice(rest)
        yield Pair(read_with_sentence(_whole(clauses[other]), message, said), NEITHER, verdict)
    if verdict == "yes" and len(by) == 1:
        clause = clauses[by[0]]
        if rng.random() < shares.changed and (turned := changed(said, rng)):
            yield Pair(read_with_sentence(_whole(clause), message, turned), DENIES, "changed sentence")
        if rng.random() < shares.changed and (turned := changed(clause["text"], rng)):
            yield Pair(read_with_sentence(_whole({**clause, "text": turned}), message, said), DENIES, "changed clause")


def _itself(clause: dict[str, Any], message: str, rng: random.Random) -> Iterator[Pair]:
    """The clause carries its own words and denies them changed."""
    turned = changed(clause["text"], rng)
    if turned:
        yield Pair(read_with_sentence(_whole(clause), message, _thinned(clause["text"], rng)), CARRIES, "itself")
        yield Pair(read_with_sentence(_whole(clause), message, _thinned(turned, rng)), DENIES, "itself changed")


def _asked(reply: dict[str, Any], clauses: dict[str, Any], rng: random.Random) -> Iterator[Pair]:
    """A clause that answers the message, and two that do not: mostly those that look most like it."""
    message = reply["message"]
    right = [one for one in reply.get("answers", ()) if one in clauses]
    for one in right[:1]:
        yield Pair(read_with_ask(_whole(clauses[one]), message), ANSWERS, "answers")
    rest = [one for one in clauses if one not in right]
    words = _words(message + " " + (_whole(clauses[right[0]]) if right else ""))
    rest.sort(key=lambda one: -len(words & _words(_whole(clauses[one]))))
    for one in rest[:2] if rng.random() < 0.6 else rng.sample(rest, min(2, len(rest))):
        yield Pair(read_with_ask(_whole(clauses[one]), message), DOES_NOT, "does not")


def read_with_ask(clause: str, message: str) -> str:
    """What is read to say whether the clause answers the message: a second task, that helps with the first."""
    return f"passage: {flat(clause)[:CLAUSE_CHARS]} | {tail(message, ASK_CHARS)}"


def changed(text: str, rng: random.Random) -> str | None:
    """The text with one figure or one word turned; None where nothing in it can be."""
    for turn in (_figure_turned, _word_turned) if rng.random() < 0.5 else (_word_turned, _figure_turned):
        turned = turn(text, rng)
        if turned and turned != text:
            return turned
    return None


def _figure_turned(text: str, rng: random.Random) -> str | None:
    figures = [*_NUMBER.finditer(text), *_counts().finditer(text)]
    if not figures:
        return None
    match = rng.choice(figures)
    found = match[0]
    if not found[0].isdigit():
        return (
            text[: match.start()]
            + rng.choice([w for w in _data()["numbers"] if w != found.lower()])
            + text[match.end() :]
        )
    whole = re.match(r"\d+", found)[0]  # type: ignore[index]
    value = int(whole)
    other = [value * 2, value + 1, max(1, value // 2), value + 5, value * 3, value + 10, max(1, value - 1)]
    other += [value * 10 if value < 50 else value + 50, *(USUAL if value in USUAL else ())]
    new = str(rng.choice([one for one in other if one != value]))
    return text[: match.start()] + new + found[len(whole) :] + text[match.end() :]


def _word_turned(text: str, rng: random.Random) -> str | None:
    matches = list(_turning().finditer(text))
    if not matches:
        return None
    match = rng.choice(matches)
    found, before = match[0], text[: match.start()]
    new = rng.choice(_opposites()[found.lower()])
    denied = re.search(r"(?<!\w)(no|não)\s+$", before, re.I)
    if denied and not new.startswith(("no ", "não ")) and rng.random() < 0.8 and f"no {found.lower()}" in _opposites():
        before, new = before[: denied.start()], found
    return before + (new[0].upper() + new[1:] if found[0].isupper() else new) + text[match.end() :]


def _thinned(text: str, rng: random.Random) -> str:
    """A few longer words dropped, so that a clause's own words are not always all there."""
    words = text.split()
    if len(words) <= 5:
        return text
    return " ".join(w for w in words if rng.random() > 0.08 or _NUMBER.search(w) or len(w) < 4)


def _whole(clause: dict[str, Any]) -> str:
    return f"{clause['head']}: {clause['text']}" if clause.get("head") else str(clause["text"])


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.lower()))


@cache
def _data() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "evals" / "entailment" / "opposites.yaml").read_text("utf-8")))


@cache
def _opposites() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one, other in _data()["opposites"]:
        found.setdefault(one.lower(), []).append(other)
        found.setdefault(other.lower(), []).append(one)
    return found


@cache
def _turning() -> re.Pattern[str]:
    ordered = sorted(_opposites(), key=len, reverse=True)
    return re.compile(r"(?<!\w)(" + "|".join(map(re.escape, ordered)) + r")(?!\w)", re.I)


@cache
def _counts() -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(" + "|".join(_data()["numbers"]) + r")(?!\w)", re.I)
