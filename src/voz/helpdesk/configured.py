"""The helpdesks that an operator has connected: `helpdesks.yaml`, one entry each, secrets from the environment.

- kind: chatwoot
  url: https://app.chatwoot.com
  account: 3
  token: env:CHATWOOT_TOKEN
  secret: env:CHATWOOT_SECRET
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from voz.errors import BrandError
from voz.helpdesk.contract import Helpdesk
from voz.typed_yaml import line_of, located, read_yaml

KINDS = {
    "chatwoot": "Chatwoot", "django_helpdesk": "DjangoHelpdesk", "email": "Email", "freescout": "FreeScout",
    "freshdesk": "Freshdesk", "front": "Front", "generic": "Generic", "help_scout": "HelpScout",
    "intercom": "Intercom", "request_tracker": "RequestTracker", "zammad": "Zammad", "zendesk": "Zendesk",
}  # fmt: skip
FROM_ENVIRONMENT = "env:"


class HelpdeskError(BrandError):
    """helpdesks.yaml does not say what it must: names the file, the line and the field."""


def load_helpdesks(path: Path) -> dict[str, Helpdesk]:
    """By name; none where the file is missing. Raises HelpdeskError."""
    if not path.is_file():
        return {}
    node, value = read_yaml(path, HelpdeskError)
    if not isinstance(value, list):
        raise located(HelpdeskError, path, 1, "", "is a list of helpdesks, each with its kind")
    found: dict[str, Helpdesk] = {}
    for place, entry in enumerate(value):
        line = line_of(node, (place,))
        if not isinstance(entry, dict) or entry.get("kind") not in KINDS:
            raise located(HelpdeskError, path, line, f"{place}.kind", f"must be one of {', '.join(KINDS)}")
        opened = _opened(path, node, place, entry)
        if opened.name in found:
            raise located(HelpdeskError, path, line, f"{place}.kind", f"there is another {opened.name} above")
        found[opened.name] = opened
    return found


def _opened(path: Path, node: Any, place: int, entry: dict[str, Any]) -> Helpdesk:
    import httpx

    kind = str(entry["kind"])
    module = importlib.import_module(f"voz.helpdesk.{kind}")
    settings, helpdesk = getattr(module, f"{KINDS[kind]}Settings"), getattr(module, KINDS[kind])
    given = {name: _resolved(path, node, place, name, value) for name, value in entry.items() if name != "kind"}
    try:
        checked = settings.model_validate(given, strict=False)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        steps = (place, *first["loc"])
        where = ".".join(map(str, steps))
        raise located(HelpdeskError, path, line_of(node, steps), where, str(first["msg"])) from None
    opened: Helpdesk = helpdesk(checked, httpx.Client(timeout=15, follow_redirects=False))
    return opened


def _resolved(path: Path, node: Any, place: int, name: str, value: Any) -> Any:
    """`env:NAME` is what that variable holds: a secret has no place in a file."""
    if not isinstance(value, str) or not value.startswith(FROM_ENVIRONMENT):
        return value
    variable = value.removeprefix(FROM_ENVIRONMENT)
    if variable not in os.environ:
        line = line_of(node, (place, name))
        raise located(HelpdeskError, path, line, f"{place}.{name}", f"the variable {variable} is not set")
    return os.environ[variable]
