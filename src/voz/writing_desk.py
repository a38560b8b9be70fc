"""What lies on the desk while the extractive writer writes one reply: tone, details, teams."""

from __future__ import annotations

from dataclasses import dataclass

from voz import compose, details, names
from voz.brand import Brand, LineRole
from voz.case import Case, Risk, Triage
from voz.compose import Tone
from voz.conversation import goes_on, said_line
from voz.happenings import topics
from voz.signs import is_blank
from voz.text import fold
from voz.wish_form import as_wished

CRISES: tuple[Risk, ...] = ("self_harm", "safety", "discrimination", "minors", "press")
TROUBLES = frozenset({"late", "damaged", "wrong", "missing", "no_answer", "noshow", "rude", "broken", "outage"})


@dataclass(frozen=True)
class Desk:
    """What lies on the desk while one reply is written."""

    case: Case
    brand: Brand
    triage: Triage
    tone: Tone
    slots: dict[str, str]
    crisis: Risk | None

    def line(self, role: LineRole, topic: str = "", salt: str = "", **more: str) -> str | None:
        """The line for a role; in a conversation one that was not said in it yet, where there is another."""
        slots = {**self.slots, **more}
        first = compose.choose(self.brand, self.tone, role, slots, topic, salt)
        if first is None or not self.goes_on:
            return first
        others = (compose.choose(self.brand, self.tone, role, slots, topic, f"{salt}{n}") for n in range(1, 6))
        fresh = (line for line in (first, *others) if line and not said_line(self.case.message, line))
        return next(fresh, first)

    @property
    def goes_on(self) -> bool:
        """Whether this reply goes on with a conversation in which the company has spoken."""
        return goes_on(self.case.message)

    @property
    def too_long(self) -> str:
        return self.line("offer", topic="too_long") or ""


def lay_desk(case: Case, brand: Brand, triage: Triage) -> Desk:
    """The desk for a case; what a reviewer wished of address, language and marks is laid on it too."""
    if case.wish is not None:
        brand = as_wished(case, brand)[1]
        triage = triage.model_copy(update={"language": case.wish.language or triage.language})
    message, voice = case.message, brand.voice
    country = triage.country or voice.country
    language = triage.language if triage.language in compose.LANGUAGES else voice.languages[0]
    language = language if language in compose.LANGUAGES else "es"
    style = brand.style(message.channel)
    # a risk only named or feared keeps its flag, and its question is answered
    graver = triage.risks if triage.route == "escalate" else ()
    crisis = next((risk for risk in CRISES if risk in graver), None)
    if "press" in graver and crisis in ("press", "safety", "discrimination"):
        # a journalist asks; who complains and threatens to tell it everywhere is a customer
        medium = details.regex("journalist").search(fold(message.text[: details.READ]))
        writes = triage.kind == "question" or medium
        crisis = "press" if writes else crisis if crisis != "press" else None
    if crisis is None and "legal" in triage.risks and triage.route == "escalate":
        crisis = "legal"
    upset = triage.kind in ("complaint", "abuse") or triage.emotion in ("angry", "frustrated", "sad") or crisis
    found = topics(message.text) if language == "es" else frozenset()
    asks = case.evidence.asks or ()
    bare = triage.kind == "question" and (is_blank(message.text) or (not asks and len(message.text.split()) <= 3))
    empty = frozenset({"empty"}) if bare else frozenset()
    waited = details.details(message.text, (), "tú", language).get("wait")
    troubled = (found & TROUBLES or waited) and triage.kind == "question" and "?" not in message.text
    tone = Tone(
        language=language,
        address=brand.address_for(message.channel, triage.country),
        country=country,
        channel=message.channel,
        kind="complaint" if troubled else triage.kind,
        emotion=triage.emotion,
        topics=frozenset(triage.topics) | found | empty,
        risks=(crisis,) if crisis else tuple(risk for risk in triage.risks if risk not in CRISES),
        seed=message.text,
        crisis=crisis is not None,
        never=voice.never,
        exclamations=0 if upset else (voice.exclamations if style.exclamations is None else style.exclamations),
        emojis=0 if upset else (voice.emojis if style.emojis is None else style.emojis),
    )
    passages = case.evidence.passages
    slots = details.details(message.text, passages, tone.address, language)
    slots |= {
        "company": voice.company,
        "name": names.person_name(message.author),
        "contact": next((c for c in voice.contacts if "@" in c), voice.contacts[0] if voice.contacts else ""),
        "staff": names.staff(message.text, passages),
        "id": names.identifier(passages, tone.address, language),
        "team": _team_name(brand, triage.team, crisis, language),
        "mail": _team_mail(brand, crisis, public=message.is_public),
    }
    slots["detail"] = slots.get("event") or slots.get("thing") or slots.get("wait") or ""
    return Desk(case, brand, triage, tone, slots, crisis)


def _team_mail(brand: Brand, crisis: Risk | None, *, public: bool) -> str:
    """Where journalists, or who was treated badly, can write to: the address of who takes care, if it may be told."""
    if crisis != "press" and (crisis != "discrimination" or public):  # in public there is one way to go on, in private
        return ""
    owner = next((team for team in brand.teams if crisis in team.risks), None)
    return owner.contact if owner and owner.contact in brand.voice.contacts else ""


def _team_name(brand: Brand, team_id: str | None, crisis: Risk | None, language: str) -> str:
    if crisis:
        owner = next((team for team in brand.teams if crisis in team.risks), None)
        return names.team_of(brand, owner.id if owner else None, language)
    team = brand.team(team_id)
    if team is None or team.risks:  # a team for crises does not decide on ideas and complaints
        return ""
    return names.team_of(brand, team.id, language)
