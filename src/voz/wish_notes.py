"""What the reviewer is told of a redraft: what was wished for and is not so, seen from the two texts themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voz import compose
from voz.brand import Brand, LineRole
from voz.case import AskEvidence, Case, Draft, Wish
from voz.channels import count_sentences
from voz.conversation import apologises
from voz.framing import body_of, desk_of
from voz.packaged import packaged
from voz.text import fold
from voz.wish_additions import Addition
from voz.wish_parts import speaks_of
from voz.writing_desk import Desk

SLACK, GIVEN_UP = 1.1, 0.93
"""A text this much longer than wished is as wished all the same; one that only shrinks to this did not get shorter."""
_SLOT = re.compile(r"\{(\w+)\}")


def could_not(before: Case, after: Case, brand: Brand, additions: Sequence[Addition] = ()) -> tuple[str, ...]:
    """One note for each part of the wish that the draft in `after` does not honour."""
    wish, former, draft = after.wish, before.draft, after.draft
    if wish is None or former is None or draft is None or draft.reply is None:
        return ()
    told = _Teller(wish.reader)
    model = draft.writer == "model"
    for part in wish.unread:
        told("unread_model" if model else "unread", part=part)
    if former.writer == "person" and not model:
        told("edited")
    _of_form(told, wish, before, after, brand)
    _of_length(told, wish, former, after, brand)
    _of_content(told, wish, before, after)
    for one in additions:
        _of_addition(told, one, model)
    asked = wish.warmth or wish.length or wish.plain
    if asked and not told.notes and draft.reply == former.reply:
        told("same")
    return tuple(told.notes)


def nothing_to_redraft(case: Case, wish: Wish) -> Case:
    """The case of a message that gets no reply, with a note that there is nothing to write again."""
    if case.draft is None:
        return case
    told = _Teller(wish.reader)
    told("no_reply")
    notes = tuple(dict.fromkeys((*told.notes, *case.draft.notes)))
    return case.model_copy(update={"draft": case.draft.model_copy(update={"notes": notes})})


class _Teller:
    """Collects notes in the reviewer's language."""

    def __init__(self, reader: str) -> None:
        self.words: dict[str, str] = packaged(f"desk/wishes.{reader}")
        self.notes: list[str] = []

    def __call__(self, name: str, **values: object) -> None:
        self.notes.append(_SLOT.sub(lambda match: str(values[match[1]]), self.words[name]))


def _of_form(told: _Teller, wish: Wish, before: Case, after: Case, brand: Brand) -> None:
    """Address, language, warmth, apology, marks."""
    assert before.draft is not None
    assert after.draft is not None
    assert after.triage is not None
    desk, extractive = desk_of(after, brand), after.draft.writer == "extractive"
    language = wish.language or after.triage.language
    if (wish.address or wish.formal is not None) and language != "es":
        told("address", language=language)
    if wish.language and extractive and wish.language not in compose.LANGUAGES:
        told("language", language=wish.language, reply=desk.tone.language)
    elif wish.language and extractive and _foreign(after, wish.language):
        told("translated")
    if desk.crisis and (wish.warmth > 0 or wish.apology):
        told("sensitive")
        return
    body = _body(after, brand)
    if wish.warmth > 0 and extractive and not _warmed(desk, after.draft.reply or ""):
        told("not_warmer")
    if wish.apology and extractive and not any(apologises(line) for line in body):
        told("no_apology_line")
    if wish.emojis:
        told("emojis_none" if not desk.tone.emojis else "emojis_person") if extractive else None
    if wish.plain and extractive and any(s.citations for s in after.draft.sentences):
        told("plain")


def _warmed(desk: Desk, reply: str) -> bool:
    """Whether one of the lines that only a wish for warmth brings stands in the reply."""
    roles: tuple[LineRole, ...] = ("acknowledge", "closing", "signoff")
    lines = (desk.line(role, topic="warm") for role in roles)
    return any(line and line in reply for line in lines)


def _foreign(case: Case, language: str) -> bool:
    """Whether the draft rests on a passage in another language than it is written in."""
    assert case.draft is not None
    cited = {one for sentence in case.draft.sentences for one in sentence.citations}
    return any(passage.id in cited and passage.language != language for passage in case.evidence.passages)


def _body(case: Case, brand: Brand) -> list[str]:
    assert case.draft is not None
    return [case.draft.sentences[n].text for n in body_of(desk_of(case, brand), case.draft.sentences)]


def _of_length(told: _Teller, wish: Wish, former: Draft, after: Case, brand: Brand) -> None:
    text, old = (after.draft.reply or "" if after.draft else ""), former.reply or ""
    if wish.max_chars and len(text) > wish.max_chars * SLACK:
        told("chars", used=len(text), limit=wish.max_chars)
    if wish.max_sentences:
        used = sum(count_sentences(line) for line in _body(after, brand))
        if used > wish.max_sentences:
            told("sentences", used=used, limit=wish.max_sentences)
    if wish.length == "shorter" and len(text) > GIVEN_UP * len(old):
        told("not_shorter")
    if (wish.aim or wish.max_chars or wish.max_sentences) and not wish.omit:
        for lost in _facts_lost(former, after):
            told("short_lost", part=lost)
    if wish.length == "longer" and len(text) <= len(old):
        told("not_longer")


def _facts_lost(former: Draft, after: Case) -> list[str]:
    """What the former text stated and this one does not, so that the reviewer can judge whether it may go."""
    said = fold(after.draft.reply or "" if after.draft else "")
    if after.draft is None or after.draft.provenance.get("address") != former.provenance.get("address"):
        return []  # every sentence reads differently
    return [s.text for s in former.sentences if s.citations and fold(s.text) not in said]


def _of_content(told: _Teller, wish: Wish, before: Case, after: Case) -> None:
    assert before.draft is not None
    assert after.draft is not None
    for place in wish.omit_places:
        told("omit_place", part=place)
    for thing in wish.omit:
        if speaks_of(after.draft.reply or "", thing):
            told("omit_kept", part=thing)
        elif not speaks_of(before.draft.reply or "", thing) and not (before.wish and thing in before.wish.omit):
            told("omit_none", part=thing)
    if not wish.omit:
        return
    open_already = {item.ask for item in after.draft.unanswered}
    for found in before.evidence.asks:
        lost = _answered(found, before.draft) and not _answered(found, after.draft)
        if lost and found.ask.text not in open_already:
            told("omit_answer", ask=found.ask.text)


def _answered(found: AskEvidence, draft: Draft) -> bool:
    ids = {passage.id for passage in found.passages}
    return any(ids & set(sentence.citations) for sentence in draft.sentences)


def _of_addition(told: _Teller, one: Addition, model: bool) -> None:
    if one.source:
        name = "add_there" if one.there else "add_unsaid" if one.unsaid else "add_model" if model else "add_clause"
        told(name, part=one.said, source=one.source, clause=one.clause[:240])
    elif one.clause:
        told("add_against", part=one.said, against=one.clause[:240])
    else:
        told("add_refused", part=one.said)
