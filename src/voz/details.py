"""What a message tells, in the customer's own words: the wait, the thing, what happened, for whom.

Each detail is a short phrase turned from the customer's first person to our second, by a closed list of
patterns; where none fits there is no detail, rather than a clumsy one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from voz.case import Address, Passage
from voz.conjugate import has_finite_verb
from voz.packaged import packaged
from voz.quantities import fold_in_place
from voz.text import fold, stems

WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*|\d+")
READ = 6_000
"""Characters of a message that are read for details; what matters to a customer comes early."""


@cache
def lexicon() -> dict[str, Any]:
    found: dict[str, Any] = packaged("rewrite_details")
    return found


@cache
def regex(key: str) -> re.Pattern[str]:
    return re.compile(lexicon()[key])


@cache
def _table(key: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    raw = lexicon()[key]
    pairs = raw.items() if isinstance(raw, dict) else raw
    if isinstance(raw, dict):
        return tuple((re.compile(pattern), name) for name, pattern in pairs)
    return tuple((re.compile(pattern), said) for pattern, said in pairs)


@cache
def word_set(key: str) -> frozenset[str]:
    return frozenset(fold(word) for word in lexicon()[key])


def say(text: str, address: Address) -> str:
    """A line with [tú/usted/vos] in the address given; [tú/usted] where vos says what tú says."""

    def pick(match: re.Match[str]) -> str:
        forms = match[1].split("/")
        if address == "usted":
            return forms[1]
        return forms[2] if address == "vos" and len(forms) > 2 else forms[0]

    said = re.sub(r"\[([^\[\]/]*(?:/[^\[\]/]*){1,2})\]", pick, text)
    said = said.replace("  ", " ")
    return said.replace("aquí", "acá").replace("Aquí", "Acá") if address == "vos" else said


def details(text: str, passages: tuple[Passage, ...], address: Address, language: str) -> dict[str, str]:
    """The details that the message holds, by slot name. Only Spanish ones are put back into sentences."""
    text = text[:READ]
    if language != "es":
        return {}
    vocabulary = _vocabulary(passages)
    event, topic = _event(text, address)
    found = {
        "wait": _wait(text),
        "event": event,
        "event_topic": topic,
        "occasion": _occasion(text, address),
        "person": _person(text, address),
        "thing": _thing(text, vocabulary, address),
        "idea": _idea(text),
    }
    return {slot: value for slot, value in found.items() if value}


@lru_cache(maxsize=2048)
def _forms(text: str) -> tuple[tuple[str, str], ...]:
    """(folded, as written) for the words of a passage, its first word apart: that capital means nothing."""
    return tuple((fold(match[0]), match[0]) for match in WORD.finditer(text[:4_000]))[1:]


@lru_cache(maxsize=64)
def _vocabulary(passages: tuple[Passage, ...]) -> Vocabulary:
    return Vocabulary(passages)


class Vocabulary:
    """How the company's own documents write a word: accents, capitals, product names."""

    def __init__(self, passages: tuple[Passage, ...]) -> None:
        self._forms: dict[str, dict[str, int]] = {}
        self.special: set[str] = set()
        for passage in passages:
            for folded, word in _forms(f"{passage.heading}\n{passage.text}"):
                self._add(folded, word, 1)
            for product in passage.products:
                for word in WORD.findall(product):
                    self._add(fold(word), word, 50)
                    self.special.add(fold(word))
        self._stems: frozenset[str] | None = None

    def _add(self, folded: str, word: str, times: int) -> None:
        forms = self._forms.setdefault(folded, {})
        forms[word] = forms.get(word, 0) + times

    def known(self, word: str) -> bool:
        if fold(word) in self._forms:
            return True
        if self._stems is None:
            self._stems = frozenset(stem for form in self._forms for stem in stems(form, "es"))
        return bool(set(stems(word, "es")) & self._stems)

    def spelled(self, word: str) -> str:
        """As the documents spell it; else as the customer does, without shouting."""
        forms = self._forms.get(fold(word))
        best = max(forms, key=lambda form: (forms[form], form)) if forms else word
        if best.isupper() and len(best) > 3:
            return best.lower()
        lowered = {form: n for form, n in (forms or {}).items() if form.islower()}
        return (
            max(lowered, key=lambda form: (lowered[form], form)) if lowered and fold(word) not in self.special else best
        )


def _wait(text: str) -> str:
    folded = fold_in_place(text).lower()
    numbers = "|".join(w for w in lexicon()["number_words"] if w != "casi")
    spans = "|".join(sorted(lexicon()["span_words"], key=len, reverse=True))
    for match in re.finditer(rf"\b(\d{{1,3}}|{numbers}) ({spans})\b(?: y media?)?", folded):
        around = folded[max(0, match.start() - 30) : match.end() + 25]
        if regex("not_wait").search(folded[max(0, match.start() - 40) : match.end() + 4]):
            continue
        if regex("wait_context").search(around):
            half = " y medio" if match[0].endswith("y medio") else " y media" if match[0].endswith("y media") else ""
            return f"{match[1]} {lexicon()['span_words'][match[2]]}{half}"
    return ""


def _event(text: str, address: Address) -> tuple[str, str]:
    """What happened and its topic; where nobody answered either, both are said."""
    plain = fold_in_place(text).lower()
    found: list[tuple[str, str]] = []
    for pattern, said, topic in _events():
        match = pattern.search(plain)
        if match and said:
            found.append((say(_as_written(said, match, text), address), topic))
    if not found:
        return "", ""
    event, topic = found[0]
    silent = any(other == "no_answer" for _, other in found[1:])
    if silent and topic != "no_answer" and event.startswith("que "):
        event = f"{event} {say(lexicon()['and_silence'], address)}"
    return event, topic


def _as_written(said: str, match: re.Match[str], text: str) -> str:
    """What the groups matched, with the accents that the customer wrote."""
    return re.sub(r"\\(\d)", lambda group: text[slice(*match.span(int(group[1])))].lower(), said)


@cache
def _events() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    return tuple((re.compile(pattern), said, topic) for pattern, said, topic in lexicon()["events"])


def _occasion(text: str, address: Address) -> str:
    plain = fold_in_place(text).lower()
    for pattern, said in _table("occasions"):
        match = pattern.search(plain)
        if match:
            whose = (
                re.match(r"\s*(?:de|para) (mi|mis) (\w+)", plain[match.end() :])
                if said != "el regalo"
                else re.match(r"\s*(mi|mis) (\w+)", plain[match.end() :])
            )
            if whose and (kin := _kin(whose[2])):
                link = "para" if said == "el regalo" else "de"
                return f"{said} {link} {_own(whose[1], address)} {kin}"
            return said
    return ""


def _kin(word: str) -> str:
    return next((kin for kin in lexicon()["kin"] if fold(kin) == fold(word)), "")


def _own(word: str, address: Address) -> str:
    own = "su" if address == "usted" else "tu"
    return own + ("s" if word.endswith("s") else "")


def _person(text: str, address: Address) -> str:
    for match in re.finditer(r"\b([Mm]i|MI|[Mm]is|MIS) (\w+)", text):
        kin = _kin(match[2])
        if kin:
            return f"{_own(match[1].lower(), address)} {kin}"
    return ""


_DETERMINERS: Mapping[str, str] = {
    "mi": "own", "mis": "own", "un": "el", "una": "la", "el": "el", "la": "la", "los": "los", "las": "las",
    "este": "el", "esta": "la", "estos": "los", "estas": "las", "vuestro": "el", "vuestra": "la",
    "vuestros": "los", "vuestras": "las", "al": "el", "del": "el",
}  # fmt: skip


def _thing(text: str, vocabulary: Vocabulary, address: Address) -> str:
    """The noun phrase that the message is about, best by the company's own words."""
    tokens = list(WORD.finditer(text))[:400]
    best, best_score = "", 0.9
    for i, token in enumerate(tokens[:-1]):
        determiner = token[0].lower()
        noun = tokens[i + 1][0]
        if fold(noun) in word_set("before_nouns") and i + 2 < len(tokens):
            noun = tokens[i + 2][0]
        if determiner not in _DETERMINERS or text[token.end() : tokens[i + 1].start()] != " ":
            continue
        if _stands_for(determiner, noun, text[tokens[i + 1].end() :][:30]) and fold(noun) not in vocabulary.special:
            continue
        score = _noun_score(noun, vocabulary) + (0.8 if determiner in ("mi", "mis") else 0)
        if score <= 0 or (determiner not in ("mi", "mis") and not vocabulary.known(noun)):
            continue
        before = fold_in_place(text[max(0, token.start() - 25) : token.start()]).lower().rstrip()
        if regex("thing_verbs").search(before):
            score += 1
        if before.endswith((" en", " por", " desde")) or (
            determiner in ("al", "del")
            and not regex("thing_verbs").search(before)
            and regex("whereabouts").search(before)
        ):  # where or when, not what
            score -= 1
        score -= i / 200
        if score > best_score:
            best, best_score = _phrase(text, tokens, i, vocabulary, address), score
    return best


def _stands_for(determiner: str, noun: str, after: str) -> bool:
    """A pronoun before its verb («la puedo devolver», «las compro»), not an article before its noun."""
    if determiner not in ("la", "las", "los"):
        return False
    if determiner != "los" and regex("masculine").search(fold(noun)):
        return True
    return bool(regex("verbal").match(fold(after)))


def _noun_score(noun: str, vocabulary: Vocabulary) -> float:
    folded = fold(noun)
    if (
        folded in word_set("empty_nouns")
        or folded in word_set("kin")
        or len(folded) < 3
        or folded.isdigit()
        or folded in _DETERMINERS
    ):
        return 0.0
    if re.search(r"(?:ar|er|ir|ando|iendo|mente|aron|ieron|aste|iste)$", folded) and folded not in vocabulary.special:
        return 0.0
    if folded in vocabulary.special:
        return 2.0
    if folded.endswith(("an", "en")) and has_finite_verb(noun):
        return 0.0
    return 1.2 if vocabulary.known(noun) else 0.5


def _phrase(text: str, tokens: list[re.Match[str]], i: int, vocabulary: Vocabulary, address: Address) -> str:
    determiner = tokens[i][0].lower()
    article = _own(determiner, address) if _DETERMINERS[determiner] == "own" else _DETERMINERS[determiner]
    words = [vocabulary.spelled(tokens[i + 1][0])]
    j = i + 2
    if fold(words[0]) in word_set("before_nouns") and j < len(tokens):
        words.append(vocabulary.spelled(tokens[j][0]))
        j += 1
    while j < len(tokens) and len(words) < 4 and text[tokens[j - 1].end() : tokens[j].start()] == " ":
        word = tokens[j][0]
        if fold(word) in vocabulary.special or (
            word[:1].isupper() and not text.isupper() and fold(word) not in word_set("empty_nouns")
        ):
            words.append(vocabulary.spelled(word) if not word[:1].isupper() else word)
        elif word.isdigit() and words[-1][:1].isupper():
            words.append(word)
        elif word.lower() == "de" and j + 1 < len(tokens) and (tail := _tail(text, tokens, j, vocabulary, address)):
            words += tail
            break
        else:
            break
        j += 1
    return " ".join([article, *words])


def _tail(text: str, tokens: list[re.Match[str]], j: int, vocabulary: Vocabulary, address: Address) -> list[str]:
    """«de mi Brisa», «de manillar»: what the noun belongs to, where the documents know the word."""
    nxt = tokens[j + 1][0]
    if nxt.lower() in ("mi", "mis") and j + 2 < len(tokens) and _noun_score(tokens[j + 2][0], vocabulary) >= 1:
        rest = [vocabulary.spelled(tokens[j + 2][0])]
        if j + 3 < len(tokens) and fold(tokens[j + 3][0]) in vocabulary.special:
            rest.append(vocabulary.spelled(tokens[j + 3][0]))
        return ["de", _own(nxt.lower(), address), *rest]
    if nxt.lower() not in _DETERMINERS and vocabulary.known(nxt) and _noun_score(nxt, vocabulary) >= 1:
        return ["de", vocabulary.spelled(nxt)]
    return []


def _idea(text: str) -> str:
    """The thing proposed, as the customer put it, up to the first comma."""
    plain = fold_in_place(text).lower()
    match = regex("idea_after").search(plain)
    if match is None:
        return ""
    end = re.search(r"[,.;!?\n]|\b(?:que|mientras|porque|asi)\b", plain[match.end() :])
    idea = text[match.end() : match.end() + (end.start() if end else 60)].strip()
    idea = re.sub(r"\s+(?:para|de|en|con|y|o|a|por)$", "", idea)
    if match[0].rstrip().endswith("que"):
        idea = f"que {idea}"
    return idea[:1].lower() + idea[1:] if len(idea.split()) > 2 and len(idea) <= 75 and not idea.isupper() else ""
