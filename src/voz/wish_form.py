"""What a wish makes of a case: earlier wishes joined to it, and the brand as it has it.

Whom the reply addresses how, in which language and with which marks is decided here, for the writers and for the
checks alike.
"""

from __future__ import annotations

from typing import Any

from voz.brand import Brand
from voz.case import Address, Case, Message, Wish

SHORTER = 0.7
"""What «más breve» aims at, of the text as it is."""
WARM_CHARS = 150
VOSEO = frozenset({"AR", "UY", "PY"})


def joined(former: Wish | None, wish: Wish, case: Case) -> Wish:
    """The wish with what earlier ones asked for, the newer word first; places and lengths become definite.

    «Más breve» is said of the text as it is: it becomes a number of characters here.
    """
    text = case.draft.reply or "" if case.draft else ""
    new = wish.model_dump(exclude_defaults=True)
    merged: dict[str, Any] = {**(former.model_dump(exclude_defaults=True) if former else {}), **new}
    for name in ("omit", "add"):
        merged[name] = tuple(dict.fromkeys((*(getattr(former, name) if former else ()), *getattr(wish, name))))
    merged |= {"unread": wish.unread, "text": wish.text, "reader": wish.reader, "omit_places": ()}
    if wish.length == "shorter" and text:
        aim = max(40, int(len(text) * SHORTER))
        merged["aim"] = aim
        if former and former.aim:  # asked again: shorter than the first time could make it
            merged["max_chars"] = min(aim, wish.max_chars or aim)
    elif wish.length == "longer":
        merged |= {"aim": None, "max_chars": wish.max_chars, "max_sentences": wish.max_sentences}
    if wish.warmth > 0 and wish.length is None and former and former.aim:
        merged["aim"] = former.aim + WARM_CHARS  # asked for after «más breve»: it may cost a line or two
    if wish.address is not None and wish.formal is None:
        merged["formal"] = None
    elif wish.formal is not None and wish.address is None:
        merged["address"] = None
    sentences = case.draft.sentences if case.draft else ()
    named = [sentences[at].text for n in wish.omit_places if -len(sentences) <= (at := n - (n > 0)) < len(sentences)]
    merged["omit"] = tuple(dict.fromkeys((*merged["omit"], *named)))
    missed = tuple(str(n) for n in wish.omit_places if not -len(sentences) <= n - (n > 0) < len(sentences))
    made = Wish.model_validate(merged)
    return made.model_copy(update={"omit_places": tuple(int(n) for n in missed)})


def as_wished(case: Case, brand: Brand) -> tuple[Case, Brand]:
    """The case and the brand as the wish has them: whom it addresses how, in which language, with which marks."""
    wish = case.wish
    if wish is None or case.triage is None:
        return case, brand
    message = case.message
    if wish.language:
        seen = case.triage.model_copy(update={"language": wish.language})
        spoken = message.model_copy(update={"language": wish.language})
        case = case.model_copy(update={"triage": seen, "message": spoken})
        voice = brand.voice.model_copy(
            update={"languages": tuple(dict.fromkeys((*brand.voice.languages, wish.language)))}
        )
        brand = brand.model_copy(update={"voice": voice})
    return case, _spoken_as(brand, wish, message, case)


def _spoken_as(brand: Brand, wish: Wish, message: Message, case: Case) -> Brand:
    voice, style = brand.voice, brand.style(message.channel)
    country = (case.triage.country if case.triage else None) or voice.country
    address = wished_address(wish, country)
    voices: dict[str, Any] = {}
    styles: dict[str, Any] = {}
    if address:
        voices |= {"address": address, "registers": ()}
    if wish.emojis is False or wish.formal:
        voices["emojis"] = styles["emojis"] = 0
    if wish.exclamations is False or wish.formal or wish.warmth < 0:
        voices["exclamations"] = styles["exclamations"] = 0
    if wish.greeting is False:
        styles["greeting"] = False
    if wish.signoff is False:
        styles["signoff"] = ""
    if styles:
        others = tuple(one for one in voice.channels if one.channel != message.channel)
        voices["channels"] = (*others, style.model_copy(update=styles))
    return brand.model_copy(update={"voice": voice.model_copy(update=voices)}) if voices else brand


def wished_address(wish: Wish, country: str) -> Address | None:
    """How the customer is to be addressed: as named, else as formality is in that country."""
    if wish.address or wish.formal is None:
        return wish.address
    return "usted" if wish.formal else "vos" if country in VOSEO else "tú"
