"""What a document is told to be: front matter, `<meta name="voz:…">`, metadata.csv, folder defaults.

The nearest word wins: the document's own, then its row in `metadata.csv` at the root of the folder,
then the `_defaults.yaml` of its folder, then those of the folders above.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from voz.case import Audience, Frozen
from voz.errors import DocumentError, KnowledgeError
from voz.knowledge.dates import parse_date
from voz.knowledge.regions import region_keys
from voz.text import fold

METADATA_FILE = "metadata.csv"
DEFAULTS_FILE = "_defaults.yaml"
_LISTS = frozenset({"region", "product", "governs"})
_ALIASES = {
    "regions": "region", "products": "product", "titulo": "title", "tipo": "kind", "audiencia": "audience",
    "desde": "valid_from", "hasta": "valid_until", "equipo": "team", "idioma": "language", "lang": "language",
    "producto": "product", "ruta": "path", "file": "path", "archivo": "path", "source": "path",
}  # fmt: skip
_AUDIENCES: dict[str, Audience] = {
    "public": "public", "publico": "public", "publica": "public", "externo": "public", "clientes": "public",
    "internal": "internal", "interno": "internal", "interna": "internal",
}  # fmt: skip
EVERYWHERE = frozenset({"", "*", "all", "todas", "todos", "todo", "global", "any", "everywhere"})


class Meta(Frozen):
    """Explicit metadata; None where nobody said."""

    title: str | None = None
    kind: str | None = None
    audience: Audience | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    region: tuple[str, ...] | None = None
    product: tuple[str, ...] | None = None
    team: str | None = None
    governs: tuple[str, ...] | None = None
    superseded_by: str | None = None
    language: str | None = None

    def over(self, other: Meta) -> Meta:
        """This, and what only the other says."""
        return Meta(**{name: mine if (mine := getattr(self, name)) is not None else getattr(other, name)
                       for name in type(self).model_fields})  # fmt: skip


def parse_meta(values: Mapping[str, Any], where: str) -> Meta:
    """Validated metadata. Raises DocumentError naming where, the field and the value."""
    fields: dict[str, Any] = {}
    for key, value in values.items():
        name = fold(str(key)).strip().replace("-", "_").replace(" ", "_")
        name = _ALIASES.get(name, name)
        if name in Meta.model_fields and value is not None and str(value).strip() not in ("", "None"):
            fields[name] = _field(name, value, where)
    return Meta(**fields)


def _field(name: str, value: Any, where: str) -> Any:
    if name in ("valid_from", "valid_until"):
        day = value if type(value) is dt.date else parse_date(str(value).strip()[:40])
        if isinstance(value, dt.datetime):
            day = value.date()
        if day is None:
            raise DocumentError(f"{where}: {name}: '{value}' is not a date; write it as 2026-03-31")
        return day
    if name == "audience":
        audience = _AUDIENCES.get(fold(str(value)).strip())
        if audience is None:
            raise DocumentError(f"{where}: audience: '{value}' is neither public nor internal")
        return audience
    if name in _LISTS:
        items = value if isinstance(value, list) else str(value).split(";")
        texts = tuple(str(item).strip() for item in items if str(item).strip())
        if name != "region":
            return texts
        return () if any(fold(text) in EVERYWHERE for text in texts) else region_keys(texts)
    if name == "language":
        return str(value).strip().lower().replace("_", "-").split("-")[0]
    return " ".join(str(value).split())


def split_front_matter(text: str) -> tuple[dict[str, Any], str, int]:
    """The YAML between `---` lines at the top, the rest, and how many lines were taken off.

    Raises DocumentError if it is opened and is not YAML; a lone rule at the top is not front matter.
    """
    if not text.startswith("---\n"):
        return {}, text, 0
    end = text.find("\n---", 3)
    after = text.find("\n", end + 1)
    if end < 0 or text[end + 4 : after if after >= 0 else None].strip():
        return {}, text, 0
    block = text[4 : end + 1]
    try:
        values = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 2}" if mark else ""
        raise DocumentError(f"front matter{line}: not readable as YAML: {error_text(error)}") from error
    if not isinstance(values, dict):
        return {}, text, 0
    body = text[after + 1 :] if after >= 0 else ""
    return values, body, text[: len(text) - len(body)].count("\n")


def error_text(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def load_folder_meta(root: Path) -> dict[str, Meta]:
    """`path of a file or folder → metadata`, folders end with `/`, the root is `/`.

    Raises KnowledgeError naming the file that is wrong.
    """
    found: dict[str, Meta] = {}
    for path in sorted(root.rglob(DEFAULTS_FILE)):
        folder = path.parent.relative_to(root).as_posix()
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            if not isinstance(values, dict):
                raise KnowledgeError(f"{path}: must be a list of `name: value` lines.")
            found["/" if folder == "." else f"{folder}/"] = parse_meta(values, path.name)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, DocumentError) as error:
            raise KnowledgeError(f"{path}: {error_text(error)}.") from error
    found.update(_load_csv(root / METADATA_FILE))
    return found


def _load_csv(path: Path) -> dict[str, Meta]:
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path}: {error}.") from error
    header = text.partition("\n")[0]
    delimiter = max(",\t", key=header.count) if "," in header or "\t" in header else ";"
    found: dict[str, Meta] = {}
    for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=delimiter), 2):
        clean = {str(k): v for k, v in row.items() if k is not None and isinstance(v, str)}
        name = next((v for k, v in clean.items() if _ALIASES.get(fold(k).strip(), fold(k).strip()) == "path"), "")
        if not name.strip():
            raise KnowledgeError(f"{path}:{number}: the column 'path' is missing or empty.")
        try:
            found[name.strip().replace("\\", "/").lstrip("./")] = parse_meta(clean, f"line {number}")
        except DocumentError as error:
            raise KnowledgeError(f"{path}: {error}.") from error
    return found


def folder_meta(source: str, known: Mapping[str, Meta]) -> Meta:
    """What metadata.csv and the folder defaults say of one document."""
    meta = known.get(source, Meta())
    parts = source.split("/")[:-1]
    for depth in range(len(parts), -1, -1):
        above = known.get("/".join(parts[:depth]) + "/" if depth else "/")
        if above is not None:
            meta = meta.over(above)
    return meta
