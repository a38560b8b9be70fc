"""The brand as typed data: how the company speaks, who may promise what, who knows what.

Loaded from `<knowledge>/brand/*.yaml` where they exist (`voz.brand_files`); every value has a default
that is sound for the language and country, so a folder of prose works too (`voz.prose_brand`).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from voz.case import Address, Channel, Emotion, Frozen, Kind, Risk, Urgency

LineRole = Literal[
    "greeting", "acknowledge", "apology", "thanks", "calm", "unanswered", "private", "consult",
    "escalate", "offer", "next_step", "closing", "signoff",
]  # fmt: skip

Action = Literal[
    "refund", "discount", "voucher", "gift", "replacement", "exception", "deadline",
    "callback", "admit_liability", "compensation",
]  # fmt: skip
# What voz fills in; a line is used only where the message gives all that it asks for.
PLACEHOLDERS = frozenset(
    "name detail team company thing wait event occasion person staff praise idea place about quote contact id "
    "code".split()
)
_BRACES = re.compile(r"\{([^{}]{0,40})\}?|\}")


def _known_placeholders(text: str) -> str:
    """Text whose braces hold only what voz fills in: anything else would reach a customer as it stands."""
    for match in _BRACES.finditer(text):
        if match[1] not in PLACEHOLDERS or not match[0].endswith("}"):
            known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
            raise ValueError(f"'{match[0]}' is not something voz fills in; it knows {known}")
    return text


Template = Annotated[str, AfterValidator(_known_placeholders)]
ID = r"^[a-z0-9][a-z0-9_-]{0,59}$"
Phrase = Annotated[str, Field(min_length=1)]


class Strict(Frozen):
    """A typed part of the brand: an unknown field is a mistake, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def not_empty(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Checked last: pydantic's own min_length would hide what is wrong with the only entry."""
    if not items:
        raise ValueError("should not be empty")
    return items


SOME = AfterValidator(not_empty)


class RegisterRule(Strict):
    """Which address to use; an empty field matches everything, the most specific rule wins."""

    address: Address
    country: str | None = None
    channel: Channel | None = None


class Line(Strict):
    """One courtesy line. Empty tuples match everything; what stands in PLACEHOLDERS is filled in."""

    role: LineRole
    text: Template = Field(min_length=1)
    language: str = "es"
    address: Address | None = None
    kinds: tuple[Kind, ...] = ()
    emotions: tuple[Emotion, ...] = ()
    channels: tuple[Channel, ...] = ()
    topics: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()


class ChannelStyle(Strict):
    """How much a reply on this channel may hold, beyond what the platform itself allows."""

    channel: Channel
    max_chars: int | None = Field(default=None, gt=0)
    max_words: int | None = Field(default=None, gt=0)
    max_sentences: int | None = Field(default=None, gt=0)
    emojis: int | None = Field(default=None, ge=0)
    exclamations: int | None = Field(default=None, ge=0)
    greeting: bool | None = None
    signoff: Template | None = Field(default=None, description="None: the brand's own; '': none here")


class Voice(Strict):
    company: str = ""
    country: str = Field(default="ES", description="ISO 3166; decides defaults")
    languages: tuple[str, ...] = ("es",)
    address: Address = "tú"
    registers: tuple[RegisterRule, ...] = ()
    plural_we: bool = Field(default=True, description="'nosotros' rather than 'la empresa'")
    greeting: Template | None = Field(default=None, description="e.g. 'Hola, {name}:'")
    signoff: Template | None = Field(default=None, description="e.g. 'Un abrazo, el equipo de Alborada'")
    never: tuple[Phrase, ...] = Field(default=(), description="words and phrases the brand never uses")
    prefer: dict[str, str] = Field(default_factory=dict, description="avoided word → brand's word")
    emojis: int = Field(default=0, ge=0, description="at most this many in a reply")
    exclamations: int = Field(default=1, ge=0)
    no_emojis_for: tuple[Kind, ...] = Field(default=(), description="kinds of message answered without any")
    no_exclamations_for: tuple[Kind, ...] = ()
    channels: tuple[ChannelStyle, ...] = ()
    contacts: tuple[str, ...] = Field(default=(), description="public e-mails, phones, links")


class Team(Strict):
    id: str = Field(pattern=ID)
    name: str = Field(min_length=1, description="as it is said to a customer: 'el taller'")
    knows: tuple[str, ...] = Field(default=(), description="topics and words that belong to it")
    contact: str | None = Field(default=None, description="internal; never told to a customer")
    risks: tuple[Risk, ...] = Field(default=(), description="risks that go straight to this team")


class Grant(Strict):
    """Something a role may promise or give on its own."""

    action: Action
    up_to: float | None = Field(default=None, ge=0, allow_inf_nan=False, description="None: without limit")
    currency: str | None = None
    note: str | None = None


class Role(Strict):
    id: str = Field(pattern=ID)
    name: str = ""
    grants: tuple[Grant, ...] = ()


class Forbidden(Strict):
    """Something that nobody may promise or say, whatever their role."""

    what: str = Field(min_length=1, description="in the company's own words: 'una fecha de entrega'")
    action: Action | None = Field(default=None, description="None: outside the vocabulary of grants")
    when: str | None = Field(default=None, description="only then: 'antes del dictamen'; None: always")
    role: str | None = Field(default=None, description="only this role; None: nobody at all")


class Authority(Strict):
    """authority.yaml in its long form; a bare list there is the roles alone."""

    roles: tuple[Role, ...] = (Role(id="agent"),)
    nobody: tuple[Forbidden, ...] = ()


def _of_day(given: object) -> object:
    """«9:00» without quotes reaches us as 540, minutes of the day (YAML 1.1); a bare 9 is an hour."""
    if isinstance(given, bool) or not isinstance(given, int):
        return given
    minutes = given * 60 if 0 <= given <= 24 else given
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as problem:
        raise ValueError(f"'{name}' is not a time zone such as Europe/Madrid") from problem
    return name


TimeOfDay = Annotated[str, BeforeValidator(_of_day), Field(pattern=r"^(?:(?:[01]?\d|2[0-3]):[0-5]\d|24:00)$")]
Zone = Annotated[str, AfterValidator(_known_zone)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class OpeningHours(Strict):
    """When the desk works; the hours of a target count only then."""

    days: Annotated[tuple[Weekday, ...], SOME] = ("mon", "tue", "wed", "thu", "fri")
    opens: TimeOfDay = "09:00"
    closes: TimeOfDay = "18:00"
    timezone: Zone | None = Field(default=None, description="None: the one of country and region")
    holidays_off: bool = Field(default=True, description="public holidays of country and region do not count")
    closed: tuple[dt.date, ...] = Field(default=(), description="further days on which nobody works")

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if minutes(self.opens) >= minutes(self.closes):
            raise ValueError(f"opens ({self.opens}) should be earlier than closes ({self.closes})")
        return self


def minutes(time: str) -> int:
    """Minutes since midnight of a TimeOfDay."""
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


class Target(Strict):
    """How soon a first answer is due; an empty field matches everything.

    The target that names most wins; of equally specific ones, the one that falls due first.
    """

    hours: float = Field(gt=0, le=8760, allow_inf_nan=False, description="to the first answer")
    channel: Channel | None = None
    urgency: Urgency | None = None
    public: bool | None = None
    around_the_clock: bool = Field(default=False, description="every hour counts, also at night and on holidays")


class Claims(Strict):
    """What decides which legal terms for claims apply; see docs/how-to/claims.md. No legal advice."""

    clock: bool = Field(default=True, description="false: no legal clock at all, whatever the country")
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="ISO 3166; None: that of the voice")
    region: str | None = Field(default=None, description="for holidays, ISO 3166-2 without the country: MD, CT")
    basic_service: bool = Field(
        default=False, description="water, energy, passenger transport, post, telecoms, finance"
    )
    continuous: bool = Field(default=False, description="a basic service that is supplied without interruption")
    large_company: bool = Field(default=False, description="250 people, or the turnover or balance that the law names")
    cautious: bool = Field(default=False, description="of several laws' terms, always the one that ends first")
    warn_days: int = Field(default=3, ge=0, le=30, description="warn when so many working days are left")
    holidays: tuple[dt.date, ...] = Field(default=(), description="further official holidays, such as the town's two")

    @model_validator(mode="after")
    def _known_region(self) -> Self:
        if self.country and self.region:
            import holidays

            known = holidays.list_supported_countries().get(self.country, [])
            if self.region not in known:
                raise ValueError(
                    f"region '{self.region}' is not one of {', '.join(known) or 'none for ' + self.country}"
                )
        return self


_USUAL_TARGETS = (
    Target(hours=9),
    Target(hours=4.5, public=True),
    Target(hours=4.5, urgency="high"),
    Target(hours=2, urgency="critical", around_the_clock=True),
)


class ServiceLevels(Strict):
    """sla.yaml: how soon the company means to answer, and which legal terms bind it."""

    targets: Annotated[tuple[Target, ...], SOME] = _USUAL_TARGETS
    hours: OpeningHours = OpeningHours()
    claims: Claims = Claims()


class Origin(Frozen):
    """Where a value that was read from prose came from."""

    field: str
    value: str
    source: str
    line: int
    sentence: str


class Brand(Frozen):
    voice: Voice = Voice()
    teams: tuple[Team, ...] = ()
    roles: tuple[Role, ...] = (Role(id="agent"),)
    forbidden: tuple[Forbidden, ...] = ()
    lines: tuple[Line, ...] = ()
    sla: ServiceLevels = ServiceLevels()
    origins: tuple[Origin, ...] = ()

    def address_for(self, channel: Channel, country: str | None = None) -> Address:
        """The register to answer in; the most specific matching rule wins."""
        best, best_rank = self.voice.address, -1
        for rule in self.voice.registers:
            if rule.channel not in (None, channel) or rule.country not in (None, country):
                continue
            rank = 2 * (rule.country is not None) + (rule.channel is not None)
            if rank > best_rank:
                best, best_rank = rule.address, rank
        return best

    def style(self, channel: Channel) -> ChannelStyle:
        for style in self.voice.channels:
            if style.channel == channel:
                return style
        return ChannelStyle(channel=channel)

    def role(self, role_id: str) -> Role:
        for role in self.roles:
            if role.id == role_id:
                return role
        return Role(id=role_id)

    def team(self, team_id: str | None) -> Team | None:
        return next((team for team in self.teams if team.id == team_id), None)
