"""The brand as typed data: how the company speaks, who may promise what, who knows what.

Loaded from `<knowledge>/brand/*.yaml` where they exist; every value has a default that is sound
for the language and country, so a folder of prose works too (see `voz.prose_brand`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from voz.case import Address, Channel, Emotion, Frozen, Kind, Risk
from voz.errors import BrandError

LineRole = Literal[
    "greeting", "acknowledge", "apology", "thanks", "calm", "unanswered", "private", "consult",
    "escalate", "offer", "next_step", "closing", "signoff",
]  # fmt: skip


class RegisterRule(Frozen):
    """Which address to use; an empty field matches everything, the most specific rule wins."""

    address: Address
    country: str | None = None
    channel: Channel | None = None


class Line(Frozen):
    """One courtesy line. Empty tuples match everything. `{name}`, `{detail}`, `{team}`, `{company}` are filled in."""

    role: LineRole
    text: str
    language: str = "es"
    address: Address | None = None
    kinds: tuple[Kind, ...] = ()
    emotions: tuple[Emotion, ...] = ()
    channels: tuple[Channel, ...] = ()
    topics: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()


class ChannelStyle(Frozen):
    """How much a reply on this channel may hold, beyond what the platform itself allows."""

    channel: Channel
    max_chars: int | None = Field(default=None, gt=0)
    max_sentences: int | None = Field(default=None, gt=0)
    emojis: int | None = Field(default=None, ge=0)
    exclamations: int | None = Field(default=None, ge=0)
    greeting: bool | None = None
    signoff: str | None = None


class Voice(Frozen):
    company: str = ""
    country: str = Field(default="ES", description="ISO 3166; decides defaults")
    languages: tuple[str, ...] = ("es",)
    address: Address = "tú"
    registers: tuple[RegisterRule, ...] = ()
    plural_we: bool = Field(default=True, description="'nosotros' rather than 'la empresa'")
    greeting: str | None = Field(default=None, description="e.g. 'Hola, {name}:'")
    signoff: str | None = Field(default=None, description="e.g. 'Un abrazo, el equipo de Alborada'")
    never: tuple[str, ...] = Field(default=(), description="words and phrases the brand never uses")
    prefer: dict[str, str] = Field(default_factory=dict, description="avoided word → brand's word")
    emojis: int = Field(default=0, ge=0, description="at most this many in a reply")
    exclamations: int = Field(default=1, ge=0)
    channels: tuple[ChannelStyle, ...] = ()
    contacts: tuple[str, ...] = Field(default=(), description="public e-mails, phones, links")


class Team(Frozen):
    id: str
    name: str = Field(description="as it is said to a customer: 'el taller', 'Atención al cliente'")
    knows: tuple[str, ...] = Field(default=(), description="topics and words that belong to it")
    contact: str | None = Field(default=None, description="internal; never told to a customer")
    risks: tuple[Risk, ...] = Field(default=(), description="risks that go straight to this team")


class Grant(Frozen):
    """Something a role may promise or give on its own."""

    action: Literal[
        "refund", "discount", "voucher", "gift", "replacement", "exception", "deadline",
        "callback", "admit_liability", "compensation",
    ]  # fmt: skip
    up_to: float | None = Field(default=None, ge=0, description="None: without limit")
    currency: str | None = None
    note: str | None = None


class Role(Frozen):
    id: str
    name: str = ""
    grants: tuple[Grant, ...] = ()


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
    lines: tuple[Line, ...] = ()
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


FILES: dict[str, str] = {
    "voice.yaml": "voice",
    "teams.yaml": "teams",
    "authority.yaml": "roles",
    "lines.yaml": "lines",
}


def load_brand_files(folder: Path) -> dict[str, Any]:
    """The fields of `Brand` that the YAML files in `folder` give, validated one file at a time.

    Raises BrandError naming file, line and field. A missing file gives no field.
    """
    fields: dict[str, Any] = {}
    for name, field in FILES.items():
        path = folder / name
        if path.is_file():
            fields[field] = _load_file(path, field)
    return fields


def _load_file(path: Path, field: str) -> Any:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise BrandError(f"{where}: not readable as YAML: {getattr(error, 'problem', error)}.") from error
    try:
        return getattr(Brand.model_validate({field: value}, strict=False), field)
    except ValidationError as error:
        first = error.errors()[0]
        steps = first["loc"][1:]
        line = _line_of(node, steps)
        raise BrandError(
            f"{path}:{line}: field '{'.'.join(map(str, steps)) or field}': {first['msg']}."
        ) from error


def _line_of(node: yaml.Node | None, steps: tuple[Any, ...]) -> int:
    """The line (from 1) of the deepest YAML node that `steps` leads to."""
    line = node.start_mark.line if node else 0
    for step in steps:
        child = None
        if isinstance(node, yaml.MappingNode):
            child = next((v for k, v in node.value if k.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
        if child is None:
            break
        node, line = child, child.start_mark.line
    return line + 1
