"""The extractive writer: courtesy lines and clauses of the company, and not one word of fact of its own.

Pure and deterministic: the same case and brand give the same draft. It cannot invent; what no clause
answers is said to be unanswered.
"""

from __future__ import annotations

import re
from dataclasses import replace

from voz import channels, compose, details, letter, names
from voz import passage_answers as answers
from voz.brand import Brand, LineRole
from voz.case import PUBLIC_CHANNELS, Case, Draft, Passage, Triage, Unanswered
from voz.checks.register import evidence
from voz.compose import note
from voz.conversation import apologised, gave_what_we_asked, told
from voz.crisis_answers import for_risk, opening
from voz.happenings import meant, meant_queries
from voz.letter import Part
from voz.passage_answers import Answer
from voz.passage_words import generic_terms, terms
from voz.signs import is_blank
from voz.text import fold
from voz.wish_parts import wished
from voz.writing_desk import Desk, lay_desk


def write(case: Case, brand: Brand) -> Draft:
    """The draft for a case; `reply` is None for what should not be answered (spam, route ignore)."""
    triage = case.triage or Triage(kind="question", route="draft", language="es")
    if triage.route == "ignore" or triage.kind == "spam":
        return Draft(reply=None, notes=(note("nothing_to_answer"),))
    desk = lay_desk(case, brand, triage)
    if desk.crisis:
        parts, unanswered, notes = _crisis(desk)
    elif triage.kind in ("praise", "suggestion", "abuse"):
        parts, unanswered, notes = _light(desk)
    else:
        parts, unanswered, notes = _matter(desk)
    parts = wished(desk, [*_greeting(desk), *parts, *_signoff(desk)])
    reply, sentences, dropped = letter.fit(
        parts, case.message.channel, desk.brand.style(case.message.channel), desk.too_long
    )
    said = {part.ask for part in parts if part.kind == "fact" and part not in dropped}
    for part in dropped:
        if part.ask and part.ask not in said:
            unanswered.append(Unanswered(ask=part.ask, team=_team_for(desk, part.ask)))
            notes.append(note("no_room", channel=case.message.channel, text=part.text))
    return Draft(
        reply=reply,
        sentences=sentences,
        unanswered=tuple(dict.fromkeys(unanswered)),
        notes=tuple(dict.fromkeys([*notes, *_reviewer_notes(desk)])),
        provenance={"writer": "extractive", "language": desk.tone.language, "address": desk.tone.address},
    )


def _team_for(desk: Desk, ask: str, passages: tuple[Passage, ...] = ()) -> str | None:
    """The team that knows: by what it says it knows, by who owns the nearest document, by triage."""
    wanted = terms(ask) - generic_terms()
    best, most = None, 0.0
    for team in desk.brand.teams:
        knows = terms(" ".join(team.knows))
        hits = len(wanted & knows)
        if hits > bool(team.risks) and hits / len(knows) > most:
            best, most = team, hits / len(knows)
    if best is None and "collab" in meant(ask):  # of a press office that also knows of collaborations
        wanted = terms(" ".join(meant_queries(ask)))
        best = next((team for team in desk.brand.teams if wanted & terms(" ".join(team.knows))), None)
    if best:
        return best.id
    owner = next((p.team for p in passages if p.team), None)
    fallback = desk.brand.team(owner) or desk.brand.team(desk.triage.team)
    if fallback and fallback.risks and not set(fallback.risks) & set(desk.triage.risks):
        return None  # the press office does not answer for deliveries
    return fallback.id if fallback else None


# ── the three kinds of reply ──


def _matter(desk: Desk) -> tuple[list[Part], list[Unanswered], list[str]]:
    """A complaint, a question, or both; who asks for «info» is asked what about."""
    if is_blank(desk.case.message.text) and (line := desk.line("next_step")):
        return [Part(line, "next", drop=0)], [], [note("no_ask")]
    found = answers.find(desk.case, desk.brand, desk.tone, told=told(desk.case))
    parts = _opening(desk, bool(found.answers))
    parts += _facts(found.answers)
    unanswered = [Unanswered(ask=miss.ask, team=_team_for(desk, miss.ask, miss.passages)) for miss in found.missing]
    notes = [*found.notes, *(_missing_note(desk, miss) for miss in unanswered)]
    parts += _unanswered_lines(desk, found.missing, unanswered, bool(found.answers))
    if "legal" in desk.triage.risks and re.search(details.lexicon()["complains"], fold(desk.case.message.text)):
        parts += _right_to_complain(desk, parts)
    parts += _next_step(desk, parts, found)
    if all(part.place == "open" for part in parts) and (line := desk.line("unanswered")):
        parts.append(Part(line, "missing", drop=3))
        notes.append(note("no_ask"))
    return parts, unanswered, notes


def _opening(desk: Desk, answered: bool) -> list[Part]:
    parts: list[Part] = []
    if desk.tone.kind == "question" and desk.tone.emotion == "calm" and not answered and not desk.tone.topics:
        return []
    if desk.tone.kind == "question" and not answered and gave_what_we_asked(desk.case.message):
        return []
    grateful = desk.triage.kind == "mixed" and desk.triage.emotion in ("grateful", "calm") and desk.slots.get("staff")
    line = desk.line("thanks") if grateful else desk.line("acknowledge")
    if line:
        keep = desk.tone.kind in ("complaint", "mixed")
        parts.append(Part(line, "open", drop=4 if keep else 8))
    if desk.tone.kind not in ("complaint", "mixed") or apologised(desk.case.message):
        return parts
    if apology := desk.line("apology"):
        parts.append(Part(apology, "open", drop=6))
    return parts


def _facts(found: tuple[Answer, ...]) -> list[Part]:
    """A part each; what is said beside the first answer to an ask makes way first."""
    asks = [answer.ask for answer in found]
    return [replace(_fact(a), drop=5) if a.ask in asks[:i] else _fact(a) for i, a in enumerate(found)]


def _fact(answer: Answer) -> Part:
    return Part(answer.text, "answer", kind="fact", citations=(answer.passage.id,), short=answer.tight, ask=answer.ask,
                whole=answer.quoted, drop=2)  # fmt: skip


def _unanswered_lines(
    desk: Desk, missing: tuple[answers.Missing, ...], owners: list[Unanswered], answered: bool
) -> list[Part]:
    said = [(miss, owner) for miss, owner in zip(missing, owners, strict=True) if miss.asked]
    if missing and not answered and gave_what_we_asked(desk.case.message):
        team = _said_team(desk, owners[0].team)
        if line := desk.line("consult", topic="given", team=team):
            return [Part(line, "missing", drop=3)]
    if not said:
        if missing and not answered and desk.tone.kind in ("complaint", "mixed") and not desk.case.message.is_public:
            line = desk.line("consult", team=_said_team(desk, owners[0].team))
            return [Part(line, "missing", drop=4)] if line else []
        return []
    abouts = list(dict.fromkeys(miss.about for miss, _ in said if miss.about))
    about = abouts[0] if len(abouts) == len(said) == 1 and answered else ""
    teams = {owner.team for _, owner in said}
    team = _said_team(desk, teams.pop()) if len(teams) == 1 else ""
    rest = answered and not about
    line = desk.line("unanswered", topic="rest" if rest else "", about=about, team=team)
    return [Part(line, "missing", drop=3)] if line else []


def _said_team(desk: Desk, team_id: str | None) -> str:
    return names.team_of(desk.brand, team_id, desk.tone.language)


def _missing_note(desk: Desk, miss: Unanswered) -> str:
    team = names.team_of(desk.brand, miss.team, desk.brand.voice.languages[0])
    return note("missing_team", ask=miss.ask, team=team) if team else note("missing", ask=miss.ask)


def _right_to_complain(desk: Desk, parts: list[Part]) -> list[Part]:
    clause = for_risk("legal", desk.case, desk.brand, desk.tone)
    if clause and not any(clause.passage.id in part.citations for part in parts):
        return [replace(_fact(clause), ask="")]
    line = None if clause else desk.line("offer", team="") if "legal" in desk.tone.risks else None
    return [Part(line, "answer", drop=4)] if line else []


def _next_step(desk: Desk, parts: list[Part], found: answers.Found) -> list[Part]:
    """One way on, at the end: private where the place is public, else what is needed to look into it."""
    public = desk.case.message.is_public
    troubled = desk.tone.kind in ("complaint", "mixed")
    personal = troubled or any(miss.personal for miss in found.missing)
    if public and personal:
        channel = desk.tone.channel if desk.tone.channel in PUBLIC_CHANNELS else "facebook"
        line = compose.choose(desk.brand, replace(desk.tone, channel=channel), "private", desk.slots)
        return [Part(line, "next", drop=1)] if line else []
    told = any(part.kind == "fact" and details.regex("reach").search(part.text) for part in parts)
    if told and not (troubled and found.missing):
        return []
    if public or (desk.tone.kind == "question" and not found.answers and "empty" not in desk.tone.topics):
        return []
    if troubled and gave_what_we_asked(desk.case.message):
        line = None if any(part.place == "missing" for part in parts) else desk.line("consult")
    else:
        line = desk.line("next_step")
    return [Part(line, "next", drop=4 if troubled else 9)] if line else []


def _light(desk: Desk) -> tuple[list[Part], list[Unanswered], list[str]]:
    """Praise, a suggestion or an insult: a line for it, and an answer only to what is really asked."""
    role: LineRole = "calm" if desk.triage.kind == "abuse" else "thanks"
    line = desk.line(role)
    parts = [Part(line, "open", drop=0)] if line else []
    found = answers.find(desk.case, desk.brand, desk.tone, only_asked=True, told=told(desk.case))
    parts += [_fact(answer) for answer in found.answers]
    owners = [Unanswered(ask=m.ask, team=_team_for(desk, m.ask, m.passages)) for m in found.missing if m.asked]
    parts += _unanswered_lines(desk, tuple(m for m in found.missing if m.asked), owners, True)
    if desk.triage.kind == "praise" and len(parts) == 1 and (closing := desk.line("closing")):
        parts.append(Part(closing, "next", drop=9))
    return parts, owners, [*found.notes, *(_missing_note(desk, owner) for owner in owners)]


def _crisis(desk: Desk) -> tuple[list[Part], list[Unanswered], list[str]]:
    """Acknowledged without admitting, handed to who takes care, one thing needed; no offers, no policy."""
    parts, clause = opening(desk)
    parts += [replace(_fact(clause), ask="", drop=1)] if clause else []
    mail = desk.slots["mail"]
    if line := desk.line("consult", mail="" if clause and mail in clause.text else mail):
        parts.append(Part(line, "missing", drop=0))
    if "legal" in desk.triage.risks and desk.crisis != "legal" and not clause and (line := desk.line("offer")):
        parts.append(Part(line, "answer", drop=5))
    if desk.crisis in ("safety", "discrimination", "minors") and (line := desk.line("private")):
        parts.append(Part(line, "next", drop=1))
    owners = [
        Unanswered(ask=found.ask.text, team=_crisis_team(desk)) for found in desk.case.evidence.asks
        if not answers.is_order(found.ask.text)
    ]  # fmt: skip
    notes = [_missing_note(desk, owner) for owner in owners]
    notes.append(note("sensitive"))
    help_line = details.lexicon()["help_lines"].get(desk.tone.country)
    if desk.crisis == "self_harm" and help_line:
        notes.append(note("help_line", country=desk.tone.country, line=help_line))
    return parts, owners, notes


def _crisis_team(desk: Desk) -> str | None:
    owner = next((team for team in desk.brand.teams if desk.crisis in team.risks), None)
    return owner.id if owner else desk.triage.team


# ── the frame ──


def _greeting(desk: Desk) -> list[Part]:
    style, voice = desk.brand.style(desk.case.message.channel), desk.brand.voice
    if style.greeting is False:
        return []
    name = desk.slots["name"]
    if desk.goes_on:
        # a chat goes on without a greeting; a letter still begins with one, though not as if it were the first
        again = None if channels.rule(desk.case.message.channel).inline else desk.line("greeting", topic="again")
        return [Part(again, "greeting", drop=7)] if again else []
    own = voice.greeting if desk.tone.language == "es" and _fits_wish(desk, voice.greeting) else None
    text = own or desk.line("greeting") or ""
    if own:
        text = own.replace("{name}", name) if name else re.sub(r"[,\s]*\{name\}", "", own)
        text = compose.fill(text, desk.tone, desk.slots)
    return [Part(text, "greeting", drop=7)] if text else []


def _signoff(desk: Desk) -> list[Part]:
    return [*_code(desk), *_goodbye(desk)]


def _code(desk: Desk) -> list[Part]:
    """The tracking code, once in a conversation; never where everybody reads it, nor to somebody in distress."""
    case, code = desk.case, desk.case.code
    told = any(turn.from_company and code in turn.text for turn in case.message.thread)
    if not code or told or case.message.is_public or desk.crisis == "self_harm":
        return []
    line = desk.line("closing", topic="tracking_code", code=code)
    return [Part(line, "missing", drop=1)] if line else []


def _goodbye(desk: Desk) -> list[Part]:
    channel = desk.case.message.channel
    style, voice = desk.brand.style(channel), desk.brand.voice
    if style.signoff is not None and _fits_wish(desk, style.signoff):
        return [Part(style.signoff, "signoff", drop=7)] if style.signoff.strip() else []
    if not channels.rule(channel).signoff:
        return []
    grave = desk.crisis is not None or "bereavement" in desk.tone.topics
    own = voice.signoff if desk.tone.language == "es" and not grave and _fits_wish(desk, voice.signoff) else None
    wish = desk.case.wish
    warm = desk.line("signoff", topic="warm") if wish and wish.warmth > 0 and not grave else None
    text = compose.fill(own, desk.tone, desk.slots) if own else warm or desk.line("signoff")
    return [Part(text, "signoff", drop=9)] if text else []


def _fits_wish(desk: Desk, own: str | None) -> bool:
    """Whether words of the brand's own speak to the customer as a reviewer wished: «a sus órdenes» is not for tú."""
    wish = desk.case.wish
    if own is None or wish is None or (wish.address is None and wish.formal is None):
        return True
    return all(desk.tone.address in word.speaks for word in evidence(own))


def _reviewer_notes(desk: Desk) -> list[str]:
    notes = []
    if desk.triage.language != desk.tone.language:
        notes.append(note("no_lines", language=desk.triage.language, reply=desk.tone.language))
    if desk.triage.injection:
        notes.append(note("injection"))
    for filtered in desk.case.evidence.filtered[:5]:
        passage = filtered.passage
        notes.append(note("filtered", source=passage.source, heading=passage.heading, reason=filtered.reason))
    return notes
