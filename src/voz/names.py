"""Who is named and how: the customer in the greeting, staff in praise, teams, the word for an order number."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from voz.brand import Brand
from voz.case import Address, Passage
from voz.details import READ, WORD, lexicon, regex, say, word_set
from voz.text import fold


@lru_cache(maxsize=64)
def _capitals(passages: tuple[Passage, ...]) -> frozenset[str]:
    texts = (f"{p.heading} {p.text} {' '.join(p.products)}"[:6_000] for p in passages)
    return frozenset(fold(word) for text in texts for word in WORD.findall(text) if word[:1].isupper())


def staff(text: str, passages: tuple[Passage, ...]) -> str:
    """A person of the company whom the customer names, or nothing: a place or product is no person."""
    text = text[:READ]
    places = _capitals(passages)
    role = regex("staff_role").search(text)
    if role and fold(role[1]) not in places | word_set("staff_never"):
        return role[1]
    for match in re.finditer(r"\b([A-ZÁÉÍÓÚÑ][a-záéíóúñ]{2,})\b", text):
        before, after = text[max(0, match.start() - 30) : match.start()], text[match.end() : match.end() + 30]
        name = match[1]
        if fold(name) in places:
            continue
        if re.search(r"\b(?:dra?|sra?|srta|lic|profa?)\.?\s*$", before, re.IGNORECASE):
            return name
        if not before.strip() or before.rstrip(" ").endswith((".", "!", "?", "\n")):
            if fold(name) not in word_set("staff_never") and regex("staff_did").match(
                text[match.end() : match.end() + 40]
            ):
                return name
            continue
        if fold(name) in word_set("empty_nouns"):
            continue
        if re.search(r"\b(?:y|e) $", before) and regex("staff_did").match(text[match.end() : match.end() + 60]):
            return name
        lead = re.search(lexicon()["staff_before"], before.lower())
        if (
            lead
            and re.search(r"\b(?:a|de|por|con|en)\b[ ]*$", before.lower())
            and not re.match(lexicon()["staff_after"], after.lower())
        ):
            continue
        if lead or re.match(r"\s*(?:creo que )?se llama|\s+(?:el|la) del\b", after):
            title = re.search(r"\b([Dd]on|[Dd]oña)\s*$", before)
            return f"{title[1].lower()} {name}" if title else name
    return ""


def person_name(author: str) -> str:
    """The name to greet with: «Mari Carmen», «don Aurelio»; nothing for handles, offices and numbers."""
    author = re.sub(r"[^\w\s.&@+'-]", " ", author[:80]).strip()
    if not author or author[0] in "@+" or "&" in author or re.search(r"\d{3}|\d[ .-]\d", author):
        return ""
    author = re.sub(r"_[A-Z]\b\.?", "", author)
    if "_" in author or re.search(r"\w\.\w", author):
        return ""
    words = [word.strip(".") for word in re.sub(r"\d+$", "", author).split()]
    if _names_no_person(author, words):
        return ""
    title = ""
    while (
        words
        and (fold(words[0]) in word_set("titles_kept") or fold(words[0]) in word_set("titles_dropped"))
        and len(words) > 1
    ):
        title = lexicon()["titles_kept"].get(words[0].lower(), "") or title
        words = words[1:]
    if not words or not all(re.fullmatch(r"[^\W\d_]+(?:['-][^\W\d_]+)*", word) for word in words):
        return ""
    if author.islower():
        if len(words) < 2:
            return ""
        words = [word.capitalize() for word in words]
    elif author.isupper() and len(words) > 1:
        words = [word.capitalize() for word in words]
    first = words[0]
    if not first[:1].isupper() or re.search(r"[a-z][A-Z]", first) or (len(words) == 1 and len(first) < 2):
        return ""
    if (len(words) >= 3 and fold(words[1]) in word_set("second_names")) or (len(words) == 2 and fold(first) == "mari"):
        first = f"{first} {words[1]}"
    return f"{title} {first}" if title else first


def _names_no_person(author: str, words: list[str]) -> bool:
    """An office, a greeting, «test test», «Mamá de Iker»: nobody to greet by name."""
    plain = [fold(word) for word in words]
    if any(word in word_set("not_person") for word in plain):
        return True
    return bool(plain) and (plain[0] in word_set("not_person_first") or (len(plain) > 1 and len(set(plain)) == 1))


def identifier(passages: tuple[Passage, ...], address: Address, language: str) -> str:
    """What the company's own documents ask for to find a purchase: «tu número de pedido», «su folio»."""
    if language == "es":
        counts = Counter(
            m[0].lower() for p in passages for m in re.finditer(lexicon()["identifiers"], p.text[:4_000], re.IGNORECASE)
        )
        if counts:
            best = max(counts, key=lambda found: (counts[found], found))
            return f"{'su' if address == 'usted' else 'tu'} {best}"
    return say(lexicon()["default_id"].get(language, lexicon()["default_id"]["es"]), address)


def team_of(brand: Brand, team_id: str | None, language: str) -> str:
    """A team as a sentence names it: «el taller», «el equipo de Reclamaciones», «Marta Ferrer».

    Empty where there is none, and where the reply is in another language than the names of the teams.
    """
    team, home = brand.team(team_id), brand.voice.languages[0]
    if team is None:
        return ""
    words = team.name.split()
    if len(words) > 1 and words[0][:1].isupper() and words[1][:1].isupper():
        return team.name
    if language != home:
        return ""
    if not words[0][:1].isupper():
        return team.name
    article = lexicon()["team_heads"].get(words[0].lower()) if language == "es" else None
    if article:
        return f"{article} {team.name[:1].lower() + team.name[1:] if len(words) == 1 else team.name}"
    return f"{lexicon()['team_of'].get(language, lexicon()['team_of']['es'])} {team.name}"
