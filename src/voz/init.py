"""`voz init FOLDER`: typed brand files proposed from prose, each value with the sentence it came from.

The files load back to the same brand. Nothing that a person wrote is overwritten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from voz.brand import Brand, ChannelStyle, Forbidden, Line, Role, Team
from voz.prose_brand import brand_from_prose

_PLAIN = re.compile(r"[a-záéíóúüñçãõâêô][a-záéíóúüñçãõâêô0-9_ -]{0,60}", re.IGNORECASE)
_READS_AS_ELSE = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "si", "sí", "~"))
_HEADS = {
    "voice.yaml": (
        "# Cómo habla la empresa. Propuesto por `voz init`: corrige lo que no sea así.\n"
        "# Sobre cada valor, de dónde sale; «por defecto», si ningún documento lo dice."
    ),
    "teams.yaml": "# Quién sabe de qué. `name` se dice al cliente; `contact`, nunca.",
    "authority.yaml": (
        "# Quién puede dar o prometer qué, por su cuenta. Sin up_to: sin límite.\n"
        "# nobody: lo que nadie promete (role: solo ese papel; when: solo entonces)."
    ),
    "lines.yaml": "# Frases de cortesía propias. Las que falten las pone voz.",
}  # fmt: skip


def propose(folder: Path, documents: Sequence[tuple[str, str]] | None = None) -> dict[str, str]:
    """The text of each brand file (by name) as read from the folder's prose.

    documents: (path in the folder, text as Markdown); None: they are read. Raises KnowledgeError.
    """
    if documents is None:
        from voz.knowledge.documents import read_texts

        documents = read_texts(folder)
    return render(brand_from_prose(documents))


def render(brand: Brand) -> dict[str, str]:
    """The brand as its YAML files; files that would be empty are left out."""
    notes = _notes(brand)
    files = {
        "voice.yaml": _voice(brand, notes),
        "teams.yaml": _entries("teams", brand.teams, notes),
        "authority.yaml": _authority(brand, notes),
        "lines.yaml": _entries("lines", brand.lines, notes),
    }
    return {name: f"{_HEADS[name]}\n\n{text.rstrip()}\n" for name, text in files.items() if text.strip()}


def write(folder: Path, files: dict[str, str], force: bool = False) -> tuple[Path, ...]:
    """Writes the files to `folder/brand`; beside one that is there, as `NAME.proposed`, unless forced.

    A file that already says the same is left alone. Gives the paths that were written.
    """
    home = folder / "brand"
    home.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, text in files.items():
        path = home / name
        if path.exists() and not force:
            if path.read_bytes() == text.encode():
                continue
            path = home / f"{name}.proposed"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)


_Notes = dict[str, list[str]]


def _notes(brand: Brand) -> _Notes:
    """field → where it came from, as comment lines."""
    found: _Notes = {}
    for origin in brand.origins:
        sentence = re.sub(r"\s+", " ", origin.sentence).strip()
        shown = sentence if len(sentence) <= 240 else sentence[:239] + "…"
        line = f"{origin.source}:{origin.line}: {shown}"
        lines = found.setdefault(origin.field, [])
        if line not in lines:
            lines.append(line)
    return found


def _comments(notes: _Notes, field: str, indent: str = "", default: bool = True) -> Iterator[str]:
    lines = notes.get(field)
    if lines:
        yield from (f"{indent}# {line}" for line in lines[:4])
    elif default:
        yield f"{indent}# por defecto"


def _voice(brand: Brand, notes: _Notes) -> str:
    voice, out = brand.voice, list[str]()
    scalars = ("company", "country", "address", "plural_we", "greeting", "signoff", "emojis", "exclamations")
    for name in scalars:
        out += [*_comments(notes, f"voice.{name}"), f"{name}: {scalar(getattr(voice, name))}", ""]
    for name in ("no_emojis_for", "no_exclamations_for"):
        if value := getattr(voice, name):
            out += [*_comments(notes, f"voice.{name}"), f"{name}: [{', '.join(map(scalar, value))}]", ""]
    for name in ("languages", "never", "contacts"):
        if value := getattr(voice, name):
            out += [f"{name}:", *_listed(notes, f"voice.{name}", value), ""]
    if voice.prefer:
        out.append("prefer:")
        for bad, good in voice.prefer.items():
            out += [*_comments(notes, f"voice.prefer.{bad}", "  "), f"  {scalar(bad)}: {scalar(good)}"]
        out.append("")
    if voice.registers:
        out += ["registers:", *_comments(notes, "voice.registers", "  ")]
        out += [f"  - {_flow(rule.model_dump(exclude_defaults=True))}" for rule in voice.registers] + [""]
    if voice.channels:
        out += ["channels:", *(line for style in voice.channels for line in _style(style, notes))]
    return "\n".join(out)


def _listed(notes: _Notes, field: str, values: Sequence[str]) -> Iterator[str]:
    """A list whose comment is written once for all the entries that one sentence gave."""
    last: list[str] = []
    for value in values:
        comments = list(_comments(notes, f"{field}.{value}", "  "))
        if comments != last:
            yield from comments
        last = comments
        yield f"  - {scalar(value)}"


def _style(style: ChannelStyle, notes: _Notes) -> Iterator[str]:
    yield f"  - channel: {style.channel}"
    for name, value in style.model_dump(exclude_none=True, exclude={"channel"}).items():
        own = f"voice.channels.{style.channel}.{name}"
        if name == "max_chars" and own not in notes and style.max_words:
            yield f"    # calculado: {style.max_words} palabras"
        else:
            yield from _comments(notes, own, "    ")
        yield f"    {name}: {scalar(value)}"


def _entries(field: str, entries: Sequence[Team | Line], notes: _Notes) -> str:
    out: list[str] = []
    for entry in entries:
        key = f"{field}.{entry.id}" if isinstance(entry, Team) else f"{field}.{entry.role}"
        out += [*_comments(notes, key), *_block(entry.model_dump(exclude_defaults=True)), ""]
    return "\n".join(out)


def _authority(brand: Brand, notes: _Notes) -> str:
    out = ["roles:"]
    for role in brand.roles:
        out += _role(role, notes)
    if brand.forbidden:
        out += ["", "nobody:"]
        for place, bar in enumerate(brand.forbidden):
            out += [*_comments(notes, f"forbidden.{place}", "  "), f"  - {_flow(_bare(bar))}"]
    return "\n".join(out)


def _role(role: Role, notes: _Notes) -> Iterator[str]:
    yield f"  - id: {scalar(role.id)}"
    if role.name:
        yield f"    name: {scalar(role.name)}"
    if role.grants:
        yield "    grants:"
    last: list[str] = []
    for grant in role.grants:
        comments = list(_comments(notes, f"roles.{role.id}.{grant.action}", "      "))
        if comments != last:
            yield from comments
        last = comments
        yield f"      - {_flow(grant.model_dump(exclude_none=True))}"


def _bare(bar: Forbidden) -> dict[str, Any]:
    return bar.model_dump(exclude_none=True)


def _block(values: dict[str, Any]) -> Iterator[str]:
    for place, (name, value) in enumerate(values.items()):
        lead = "- " if place == 0 else "  "
        shown = f"[{', '.join(map(scalar, value))}]" if isinstance(value, tuple) else scalar(value)
        yield f"{lead}{name}: {shown}"


def _flow(values: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {scalar(value)}" for name, value in values.items()) + "}"


def scalar(value: Any) -> str:
    """One YAML scalar on one line, quoted wherever it could be read as anything but itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return str(value)
    if value is None:
        return "null"
    text = str(value)
    if _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _READS_AS_ELSE:
        return text
    # JSON's double quotes are YAML's, apart from the few characters that YAML reads as ends of line.
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff]", lambda m: f"\\u{ord(m[0]):04x}", quoted)
