"""The commitments of an approved reply: what was promised, by when, on which clause, and who owes it."""

from __future__ import annotations

import datetime as dt
import re

from pydantic import Field

from voz.brand import Brand
from voz.case import Case, Frozen, Passage, Sentence, Support
from voz.commitments.acts import LANGUAGES, MAX_SENTENCE, Act, ActKind, acts, speech, spoken
from voz.commitments.due import IsWorking, When, times, weekday
from voz.language import detect_language
from voz.quantities import fold_in_place, quantities
from voz.sentences import split_sentences
from voz.statements import content_stems


class Commitment(Frozen):
    """One thing that the company owes this customer since the reply was approved."""

    text: str = Field(description="the sentence that promises it")
    start: int = Field(description="of the sentence in the reply")
    end: int
    kind: ActKind
    due: dt.date | None = Field(default=None, description="None: no day is named, or it hangs on something to come")
    due_basis: str = Field(default="", description="the words that the day came from, also where there is no day yet")
    passage: str = Field(default="", description="id of the passage that is cited for it")
    clause: str = Field(default="", description="the clause that carries it")
    team: str | None = Field(default=None, description="id of the team that owes it")
    amount: float | None = None
    currency: str | None = None


def commitments(
    case: Case, brand: Brand, approved_at: dt.date, *, is_working: IsWorking = weekday
) -> tuple[Commitment, ...]:
    """What the reply commits the company to; relative days are counted from `approved_at`.

    `is_working` tells working days from others, Monday to Friday unless a calendar is given. A reply that a person
    rewrote and that was not cut into sentences since is cut here.
    """
    if case.draft is None or not case.draft.reply:
        return ()
    language = reply_language(case)
    made = []
    for place, sentence in enumerate(_sentences(case)):
        said = acts(sentence.text, language)
        if said:
            support = next((s for s in case.supports if s.sentence == place), None)
            made += _of_sentence(sentence, said, support, case, brand, approved_at, is_working)
    return tuple(made)


def reply_language(case: Case) -> str:
    """The language that the reply is written in, as the lexicons know it."""
    hint = case.triage.language if case.triage else None
    reply = (case.draft.reply if case.draft else "") or ""
    return spoken(detect_language(reply, hint)[0])


def _sentences(case: Case) -> tuple[Sentence, ...]:
    assert case.draft is not None
    if case.draft.sentences:
        return case.draft.sentences
    reply = case.draft.reply or ""
    return tuple(Sentence(text=reply[a:b], kind="fact", start=a, end=b) for a, b in split_sentences(reply))


def _of_sentence(
    sentence: Sentence, said: tuple[Act, ...], support: Support | None, case: Case, brand: Brand,
    on: dt.date, is_working: IsWorking,
) -> list[Commitment]:  # fmt: skip
    passage, clause = _clause(sentence, support, case)
    named = placed(sentence.text, said, times(sentence.text, on, is_working))
    money = [q for q in quantities(sentence.text[:MAX_SENTENCE]) if q.kind == "money"]
    made: list[Commitment] = []
    for act, when in zip(said, named, strict=True):
        if when is None and clause:
            when = _from_clause(clause, act, on, is_working)
        paid = money[0] if money and act.kind in ("refund", "other") else None
        one = Commitment(
            text=sentence.text, start=sentence.start, end=sentence.end, kind=act.kind,
            due=when.day if when else None, due_basis=when.words if when else "",
            passage=passage.id if passage else "", clause=clause,
            team=_owner(sentence.text[:MAX_SENTENCE], passage, case, brand),
            amount=paid.value if paid else None, currency=paid.unit if paid else None,
        )  # fmt: skip
        if not made or (made[-1].kind, made[-1].due) != (one.kind, one.due):
            made.append(one)
    return made


def placed(sentence: str, said: tuple[Act, ...], when: tuple[When, ...]) -> tuple[When | None, ...]:
    """The time of each act: the one beside it; an act without one happens by the next act's."""
    own: list[When | None] = [None] * len(said)
    for time in when:
        at = _act_of(sentence, said, time)
        if own[at] is None or (own[at].day is None and time.day is not None):  # type: ignore[union-attr]
            own[at] = time
    for at in range(len(said) - 2, -1, -1):
        if own[at] is None and own[at + 1] is not None:
            own[at] = own[at + 1]
    return tuple(own)


def _act_of(sentence: str, said: tuple[Act, ...], time: When) -> int:
    """«te llamamos el jueves y el viernes te lo enviamos»: a time right before the next act is that act's."""
    before = [i for i, act in enumerate(said) if act.start < time.end]
    if not before:
        return 0
    at = before[-1]
    following = said[at + 1] if at + 1 < len(said) else None
    if following and len(sentence[time.end : following.start].split()) <= 3:
        between = fold_in_place(sentence[said[at].end : time.start])
        if re.search(r"(?:,|;|\b(?:y|e|and))\s*(?:ya\s+)?$", between):
            return at + 1
    return at


def _clause(sentence: Sentence, support: Support | None, case: Case) -> tuple[Passage | None, str]:
    """The cited passage and the clause of it that the sentence rests on."""
    known = {passage.id: passage for passage in case.evidence.passages}
    ids = (*sentence.citations, *(support.passages[:1] if support else ()))
    passage = next((known[i] for i in ids if i in known), None)
    if support is None or not support.clause or not ids:
        return passage, ""
    if sentence.citations and passage is not None and not _says(passage, support.clause):
        return passage, ""
    return passage, support.clause


def _says(passage: Passage, clause: str) -> bool:
    texts = " ".join((passage.text, *(wording for _, wording in passage.wordings)))
    return len(content_stems(clause) & content_stems(texts)) >= 0.8 * len(content_stems(clause))


def _from_clause(clause: str, act: Act, on: dt.date, is_working: IsWorking) -> When | None:
    """The one deadline of the clause, where the clause speaks of this very act."""
    folded = fold_in_place(clause)
    if act.kind == "other" or not _same_act(clause, act):
        return None
    if any(speech(language).words["theirs"].search(folded) for language in LANGUAGES):
        return None  # «tienes 60 días para pedirlo» is the customer's time
    found = [w for w in times(clause, on, is_working) if any(q.kind == "duration" for q in quantities(w.words))]
    return found[0] if len(found) == 1 else None


def _same_act(clause: str, act: Act) -> bool:
    """Whether a clause words the act too, as a rule or with a noun («el reembolso llega en…»)."""
    folded = fold_in_place(clause)
    return any(
        re.search(stems, folded) is not None
        for language in LANGUAGES
        if (stems := speech(language).roots.get(act.kind))
    )


def _owner(sentence: str, passage: Passage | None, case: Case, brand: Brand) -> str | None:
    """The team named in the sentence, else the one that knows most of its words, the passage's, the case's."""
    folded = fold_in_place(sentence)
    for team in brand.teams:
        name = re.sub(r"^(?:el|la|los|las|o|a|os|as|the) ", "", fold_in_place(team.name))
        if re.search(rf"\b{re.escape(name)}\b", folded):
            return team.id
    said = content_stems(sentence)
    scores = [(sum(_knows(topic, said) for topic in team.knows), team.id) for team in brand.teams]
    best = max(scores, key=lambda score: score[0], default=(0, ""))
    alone = sum(score == best[0] for score, _ in scores) == 1
    if best[0] and alone:
        return best[1]
    if passage is not None and passage.team and brand.team(passage.team):
        return passage.team
    if case.triage and case.triage.team:
        return case.triage.team
    return best[1] if best[0] else None


def _knows(topic: str, said: frozenset[str]) -> bool:
    stems = content_stems(topic)
    return bool(stems) and stems <= said
