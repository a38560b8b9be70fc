"""A brand from whatever a company has: typed files over prose documents over what is usual in its country.

A newcomer brings prose, not our schema. The guide is found by what it says, whatever its name or form;
each value keeps the sentence it came from, for a person to correct (`voz init`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from voz.brand import Brand, ChannelStyle, Line, Origin, Voice
from voz.brand_files import load_brand_files
from voz.case import Channel
from voz.prose_authority import roles
from voz.prose_closing import Closing, closing
from voz.prose_company import company_name, contacts, country, is_internal, languages
from voz.prose_directory import names_teams, under_team_heading
from voz.prose_forbidden import forbidden
from voz.prose_limits import Budget, ChannelLimit, budget, chars_for_words, lengths
from voz.prose_read import Clause, Signs, cue, is_example, lexicon, plain, read_clauses
from voz.prose_scope import kinds_in, risks_in
from voz.prose_teams import default_team, teams
from voz.prose_voice import (
    greeting,
    register,
    reply_languages,
    shown_greeting,
    spoken_address,
)
from voz.prose_words import never_words, preferred

_ENOUGH = 3  # different signs of a brand guide that make a document one


def load_brand(knowledge: Path, documents: Sequence[tuple[str, str]] | None = None) -> Brand:
    """The brand of a knowledge folder: `brand/*.yaml` over its prose, prose over defaults.

    documents: (path in the folder, text as Markdown); None: they are read. A field that voice.yaml
    leaves out is read from prose; the other files stand whole. Raises BrandError.
    """
    typed = load_brand_files(knowledge / "brand")
    if documents is None:
        from voz.knowledge.documents import read_texts

        documents = read_texts(knowledge)
    return over_prose(typed, brand_from_prose(documents))


def over_prose(typed: dict[str, Any], prose: Brand) -> Brand:
    """The typed fields laid over the brand read from prose; origins stay only for what is still prose."""
    fields, taken = dict(typed), set(typed)
    voice: Voice | None = fields.get("voice")
    if voice is not None:
        taken = (taken - {"voice"}) | {f"voice.{name}" for name in voice.model_fields_set}
        own = {name: getattr(voice, name) for name in voice.model_fields_set}
        fields["voice"] = prose.voice.model_copy(update=own)
    kept = tuple(
        origin
        for origin in prose.origins
        if not any(origin.field == name or origin.field.startswith(f"{name}.") for name in taken)
    )
    return prose.model_copy(update={**fields, "origins": kept})


def brand_from_prose(documents: Sequence[tuple[str, str]]) -> Brand:
    """The brand as the documents of a folder let it be read; what they do not say is the country's default."""
    texts = sorted((source, unicodedata.normalize("NFC", text)) for source, text in documents)
    guides = _guides(texts)
    by_source = dict(texts)
    read = [clause for source in guides for clause in read_clauses(source, by_source[source])]
    clauses = [clause for clause in read if not is_example(clause)]
    authority = clauses + [c for source, text in texts if source not in guides for c in _on_authority(source, text)]
    public = [(s, t) for s, t in texts if s not in guides and not is_internal(s, t)]
    notes = _Notes()
    voice = _voice(texts, guides, clauses, public, notes)
    if not any(origin.field == "voice.greeting" for origin in notes.origins):
        voice = _greeted_as_shown(voice, [clause for clause in read if is_example(clause)], notes)
    currency = lexicon("countries")[voice.country]["currency"]
    directory = [c for source, text in texts if source not in guides for c in _on_teams(source, text)]
    found_teams, found_roles = teams([*authority, *directory]), roles(authority, currency)
    for item in found_teams:
        notes.add(f"teams.{item.team.id}", item.team.name, item.clause)
    for role in found_roles:
        for grant, clause in zip(role.role.grants, role.clauses, strict=True):
            amount = f" {grant.up_to:g} {grant.currency}" if grant.up_to is not None else ""
            notes.add(f"roles.{role.role.id}.{grant.action}", f"{role.role.name}: {grant.action}{amount}", clause)
    barred = forbidden(authority)
    for place, bar in enumerate(barred):
        notes.add(f"forbidden.{place}", bar.forbidden.what, bar.clause)
    return Brand(
        voice=voice,
        teams=tuple(item.team for item in found_teams) or (default_team(voice.languages[0]),),
        roles=tuple(role.role for role in found_roles),
        forbidden=tuple(bar.forbidden for bar in barred),
        lines=_mood_lines(closing(clauses, voice.company), voice, notes),
        origins=tuple(notes.origins),
    )


def _greeted_as_shown(voice: Voice, examples: Sequence[Clause], notes: _Notes) -> Voice:
    """The greeting of the guide's example replies, where it sets none."""
    said = shown_greeting(examples)
    if not said:
        return voice
    notes.add("voice.greeting", said.value, said.clause)
    return voice.model_copy(update={"greeting": said.value})


class _Notes:
    """Collects where each value came from."""

    def __init__(self) -> None:
        self.origins: list[Origin] = []

    def add(self, field: str, value: object, clause: Clause) -> None:
        shown = value if isinstance(value, str) else str(value)
        self.origins.append(
            Origin(field=field, value=shown, source=clause.source, line=clause.line, sentence=clause.text)
        )


def _guides(texts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The documents that say how the company speaks or who decides what, the richest first."""
    scores: dict[str, int] = {}
    for source, text in texts:
        sample = plain(text[:40_000])
        score = sum(1 for _ in _signs().first(sample))
        title = plain(source) + " " + sample.lstrip()[:120].split("\n")[0]
        if score >= _ENOUGH or (score == _ENOUGH - 1 and cue("voice_title").search(title)):
            scores[source] = score
    return tuple(sorted(scores, key=lambda source: (-scores[source], source)))


@cache
def _signs() -> Signs:
    return Signs(lexicon("cues")["guide"])


def _on_authority(source: str, text: str) -> list[Clause]:
    """Clauses outside the guides that stand under a heading about who may give what."""
    if not cue("authority_heading").search(plain(text[:40_000])):
        return []
    return [c for c in read_clauses(source, text) if cue("authority_heading").search(c.context)]


def _on_teams(source: str, text: str) -> list[Clause]:
    """Clauses outside the guides that stand under a heading about who is in charge of what."""
    return [c for c in read_clauses(source, text) if under_team_heading(c)] if names_teams(text) else []


def _voice(
    texts: Sequence[tuple[str, str]],
    guides: Sequence[str],
    clauses: Sequence[Clause],
    public: Sequence[tuple[str, str]],
    notes: _Notes,
) -> Voice:
    by_guide = sorted(texts, key=lambda pair: (pair[0] not in guides, pair[0]))
    name = company_name(by_guide)
    where, proof = country(texts)
    usual = lexicon("countries")[where]
    fields: dict[str, Any] = {"country": where, "company": name.value if name else ""}
    if name:
        notes.add("voice.company", name.value, name.clause)
    if proof:
        notes.add("voice.country", where, proof.clause)
    written = languages(public) or languages(texts) or (usual["language"],)
    spoken = reply_languages(clauses)
    fields["languages"] = tuple(dict.fromkeys([*written[:1], *(code for code, _ in spoken), *written]))
    for code, clause in spoken:
        notes.add(f"voice.languages.{code}", code, clause)
    _address(fields, clauses, public, usual, notes)
    _greeting_and_closing(fields, clauses, usual, notes)
    _words(fields, clauses, notes)
    _limits(fields, clauses, notes)
    found = contacts(public)
    fields["contacts"] = tuple(item.value for item in found)
    for item in found:
        notes.add(f"voice.contacts.{item.value}", item.value, item.clause)
    return Voice(**fields)


def _address(
    fields: dict[str, Any],
    clauses: Sequence[Clause],
    public: Sequence[tuple[str, str]],
    usual: dict[str, Any],
    notes: _Notes,
) -> None:
    found = register(clauses)
    if found.address:
        fields["address"] = found.address[0]
        notes.add("voice.address", found.address[0], found.address[1])
    else:
        fields["address"] = spoken_address(text for _, text in public) or usual["address"]
    fields["registers"] = tuple(rule for rule, _ in found.rules)
    for rule, clause in found.rules:
        notes.add("voice.registers", f"{rule.country or rule.channel}: {rule.address}", clause)


def _greeting_and_closing(
    fields: dict[str, Any], clauses: Sequence[Clause], usual: dict[str, Any], notes: _Notes
) -> None:
    hello = greeting(clauses)
    fields["greeting"] = hello.value if hello else usual["greeting"]
    if hello:
        notes.add("voice.greeting", hello.value, hello.clause)
    ends = closing(clauses, fields["company"])
    default = ends.default or next((said for c, _, said in ends.channels if c == "email" and said.value), None)
    default = default or next((said for _, _, said in ends.channels if said.value), None)
    if default:
        notes.add("voice.signoff", default.value, default.clause)
    whole = usual["signoff"] if fields["company"] else usual["signoff"].split("\n")[0].rstrip(",")
    fields["signoff"] = default.value if default else whole
    special: dict[Channel, tuple[int, str]] = {}
    for channel, rank, said in ends.channels:
        if channel not in special or rank <= special[channel][0]:
            special[channel] = (rank, said.value)
            notes.add(f"voice.channels.{channel}.signoff", said.value or "sin firma", said.clause)
    # Letters close with the brand's own sign-off; elsewhere a channel that the guide names says it itself.
    fields["_signoffs"] = {
        c: text for c, (_, text) in special.items() if text != fields["signoff"] or c not in ("email", "web_form")
    }


def _words(fields: dict[str, Any], clauses: Sequence[Clause], notes: _Notes) -> None:
    never, swaps = never_words(clauses), preferred(clauses)
    fields["never"] = tuple(said.value for said in never)
    for said in never:
        notes.add(f"voice.never.{said.value}", said.value, said.clause)
    fields["prefer"] = {bad: said.value for bad, said in swaps}
    for bad, said in swaps:
        notes.add(f"voice.prefer.{bad}", said.value, said.clause)


def _limits(fields: dict[str, Any], clauses: Sequence[Clause], notes: _Notes) -> None:
    """Lengths, emojis and exclamation marks: in general and per channel, the most special mention last."""
    styles: dict[Channel, dict[str, Any]] = {}
    for channel, signoff in fields.pop("_signoffs").items():
        styles.setdefault(channel, {})["signoff"] = signoff
    _apply(styles, lengths(clauses), {}, notes)
    for noun, default in (("emoji", 0), ("exclamation", 1)):
        name = f"{noun}s"
        found: Budget = budget(clauses, cast(Any, noun))
        value = found.default[0] if found.default else default
        if found.default:
            notes.add(f"voice.{name}", value, found.default[1])
        fields[name] = value
        fields[f"no_{name}_for"] = found.none_for
        if found.none_clause:
            notes.add(f"voice.no_{name}_for", ", ".join(found.none_for), found.none_clause)
        _apply(styles, found.channels, {name: value}, notes)
    for style in styles.values():
        if style.get("max_words") and not style.get("max_chars"):
            style["max_chars"] = chars_for_words(style["max_words"])
    fields["channels"] = tuple(ChannelStyle(channel=c, **styles[c]) for c in sorted(styles) if styles[c])


def _apply(
    styles: dict[Channel, dict[str, Any]],
    limits: Sequence[ChannelLimit],
    general: dict[str, int],
    notes: _Notes,
) -> None:
    for item in sorted(limits, key=lambda limit: -limit.special):
        style = styles.setdefault(item.channel, {})
        if general.get(item.limit) == item.value:
            style.pop(item.limit, None)
            continue
        style[item.limit] = item.value
        notes.add(f"voice.channels.{item.channel}.{item.limit}", item.value, item.clause)


def _mood_lines(ends: Closing, voice: Voice, notes: _Notes) -> tuple[Line, ...]:
    """How replies end when someone is hurt or angry, where the guide says that they end otherwise."""
    lines: list[Line] = []
    rest = voice.signoff.split("\n", 1)[1:] if voice.signoff else []
    for said in ends.moods:
        text = said.value if "\n" in said.value or not rest else f"{said.value.rstrip(',')},\n{rest[0]}"
        common: dict[str, Any] = {"role": "signoff", "text": text, "language": voice.languages[0]}
        if "complaint" in kinds_in(said.clause.plain):
            lines.append(Line(**common, emotions=("angry",)))
        if risks := risks_in(said.clause.plain):
            lines.append(Line(**common, risks=risks))
        notes.add("lines.signoff", text, said.clause)
    return tuple(lines)
