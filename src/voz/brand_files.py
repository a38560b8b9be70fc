"""`brand/*.yaml` → typed parts of the brand; a mistake is named by file, line, field and remedy."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import yaml

from voz.brand import Authority, Line, ServiceLevels, Team, Voice
from voz.errors import BrandError
from voz.typed_yaml import read_yaml, refuse_twins, validated

FILES: dict[str, Any] = {
    "voice.yaml": Voice,
    "teams.yaml": tuple[Team, ...],
    "authority.yaml": Authority,
    "lines.yaml": tuple[Line, ...],
    "sla.yaml": ServiceLevels,
}
# A bare list there stands for this field alone.
LISTED: dict[Any, str] = {Authority: "roles", ServiceLevels: "targets"}


def load_brand_files(folder: Path) -> dict[str, Any]:
    """The fields of `Brand` that the YAML files in `folder` give, validated one file at a time.

    Raises BrandError naming file, line and field. A missing file gives no field; a YAML file with
    another name is refused, because it would be ignored.
    """
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        if path.name not in FILES:
            near = difflib.get_close_matches(path.stem, [name[:-5] for name in FILES], 1, 0.5)
            home = "voice.yaml" if path.stem in Voice.model_fields else f"{near[0]}.yaml" if near else None
            hint = f" Did you mean {home}?" if home else f" The brand files are {', '.join(FILES)}."
            raise BrandError(f"{path}:1: field '{path.stem}': not a brand file.{hint}")
    fields: dict[str, Any] = {}
    for name in FILES:
        if not (folder / name).is_file():
            continue
        value = _load_file(folder / name, FILES[name])
        if isinstance(value, Authority):
            fields |= {"roles": value.roles, "forbidden": value.nobody}
        else:
            fields[name.removesuffix(".yaml")] = value
    return fields


def _load_file(path: Path, kind: Any) -> Any:
    node, value = read_yaml(path, BrandError)
    listed = LISTED.get(kind)
    if listed and isinstance(value, list):
        value = {listed: value}
        node = yaml.MappingNode("", [(yaml.ScalarNode("", listed), node)], node.start_mark)
    loaded = validated(path, node, value, kind, BrandError)
    under = ("roles",) if kind is Authority else ()
    refuse_twins(path, node, loaded.roles if kind is Authority else loaded, BrandError, under)
    return loaded
