"""Writes docs/api.md from the OpenAPI description of the API: `api_page.py [--check]`.

With --check nothing is written, and the exit code is 1 if the page is not what the code says today.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reference_tables import fence, table

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "api.md"
MADE = "<!-- Made by scripts/api_page.py from the code: change the code, then run it again. -->"
REF = "#/components/schemas/"
GOOD = ("200", "201", "202")


def schema() -> dict[str, Any]:
    """The description that a served voz gives, of a desk that nobody uses."""
    from voz.api import create_app
    from voz.brand import Brand
    from voz.pipeline import Desk
    from voz.service.service import Service
    from voz.store.database import open_database, sqlite_url

    nothing: Any = None
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder)))
        desk = Desk(brand=Brand(), library=nothing, embedder=nothing)
        made = create_app(desk, page=False, service=Service(database, desk)).openapi()
        database.close()
    return made


def page() -> str:
    told = schema()
    parts = [f"{MADE}\n# The HTTP API\n\n{told['info']['description'].strip()}\n", _HEAD]
    for tag in told["tags"]:
        parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}\n")
        for path, operations in told["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation.get("tags", ()):
                    parts.append(_operation(told, method.upper(), path, operation))
    rest = [
        (f"`{method.upper()} {path}`", operation.get("description") or operation.get("summary", ""))
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
        if not operation.get("tags")
    ]
    if rest:
        parts.append(f"## Other addresses\n\n{table(('', ''), [(a, _line(b)) for a, b in rest])}")
    parts.append(f"## Problems\n\n{_problems()}")
    parts.append(f"## Types\n\n{_types(told)}")
    return "\n".join(part.rstrip() + "\n" for part in parts)


_HEAD = """
The whole description is at `/v1/openapi.json`. [How to use it](how-to/api.md), with the Python client.

- **Who calls.** `Authorization: Bearer voz_…`, a key with the scope that each address names. While no user was added,
  this machine needs none.
- **Once.** `Idempotency-Key: <1 to 200 visible ASCII characters>` on calls that change something. The same key, address
  and body get the first answer again for 24 hours, with `idempotency-replayed: true`; another body gets 422; while the
  first call is being answered, 409 with `Retry-After`. Faults of voz (5xx) are not kept: try again with the same key.
- **How often.** `VOZ_RATE_PER_MINUTE` (600) for each key or user, ten seconds' worth of them at once; beyond that
  429 with `Retry-After`. Every voz process counts for itself: two behind one address let twice as many through.
- **Which request.** `x-request-id` is taken (letters, digits, `.`, `_`, `-`; at most 100) or made, comes back in the
  answer, stands in a problem's `instance` as `urn:voz:request:<id>`, and in every line that voz logs about it.
- **How much.** A body has at most 1,000,000 bytes.
"""


def _operation(told: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    scopes = [scope for one in operation.get("security", ()) for found in one.values() for scope in found]
    takes = f" Takes the scope `{scopes[0]}`." if scopes else ""
    lines = [f"### {method} {path}\n", f"{_line(operation.get('description', ''))}{takes}\n"]
    asked = [
        (f"`{one['name']}`", one["in"], _kind(one["schema"]), _line(one.get("description", "")))
        for one in operation.get("parameters", ())
        if one["name"] != "Idempotency-Key"
    ]
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
        asked.append(("`Idempotency-Key`", "header", "text", "Makes it safe to call again."))
    if asked:
        lines.append(table(("parameter", "in", "value", ""), asked))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        lines.append(f"Body: {_kind(body['schema'])}\n")
        for name, example in body.get("examples", {}).items():
            lines.append(f"{name}:\n\n{fence('json', _dump(example['value']))}\n")
    for status, answer in operation["responses"].items():
        if status in GOOD:
            lines.append(_answer(status, answer))
    types = [name for status, one in operation["responses"].items() if status not in GOOD for name in _named(one)]
    lines.append(f"Problems: {', '.join(f'`{name}`' for name in types)}.\n")
    return "\n".join(lines)


def _answer(status: str, answer: dict[str, Any]) -> str:
    content = answer.get("content", {})
    kinds = ", ".join(f"`{kind}`" for kind in content if kind != "application/json")
    told = f"Answers {status}: {_kind(content['application/json']['schema'])}{f' (or {kinds})' if kinds else ''}\n"
    example = content["application/json"].get("example")
    return f"{told}\n{fence('json', _dump(example))}\n" if example else told


def _named(answer: dict[str, Any]) -> Iterator[str]:
    yield from answer.get("content", {}).get("application/problem+json", {}).get("examples", {})


def _problems() -> str:
    from voz.api_schema import STATUSES
    from voz.problems import PREFIX, TITLES

    rows = [(f"`{PREFIX}{name}`", str(STATUSES.get(name, "")), title) for name, title in TITLES.items()]
    return "`application/problem+json` with `type`, `title`, `status`, `detail`, `instance`.\n\n" + table(
        ("type", "status", ""), rows
    )


def _types(told: dict[str, Any]) -> str:
    parts = []
    for name, one in sorted(told["components"]["schemas"].items()):
        parts.append(f"### {name}\n")
        if said := _line(one.get("description", "")):
            parts.append(f"{said}\n")
        if "oneOf" in one:
            parts.append(f"One of {', '.join(_kind(kind) for kind in one['oneOf'])}.\n")
            continue
        needed = one.get("required", ())
        rows = [
            (f"`{field}`" + ("" if field in needed else "?"), _kind(kind), _line(kind.get("description", "")))
            for field, kind in one.get("properties", {}).items()
        ]
        parts.append(table(("field", "value", ""), rows))
    return "\n".join(parts)


def _kind(one: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in one:
        name = one["$ref"].removeprefix(REF)
        return f"[{name}](#{name.lower()})"
    if "const" in one:
        return f"`{json.dumps(one['const'])}`"
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if "anyOf" in one or "oneOf" in one:
        return " or ".join(dict.fromkeys(_kind(kind) for kind in one.get("anyOf") or one["oneOf"]))
    if one.get("type") == "array":
        return f"list of {_kind(one['items'])}" if one.get("items") else "list"
    names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
             "object": "object", "null": "null"}  # fmt: skip
    said = names.get(str(one.get("type")), "anything")
    said = {"date": "day", "date-time": "moment"}.get(one.get("format", ""), said)
    low, high = one.get("minimum"), one.get("maximum")
    if low is not None or high is not None:
        said += f", {'' if low is None else f'{low:,}'} to {'…' if high is None else f'{high:,}'}"
    return said + (f", at most {one['maxLength']:,} characters" if "maxLength" in one else "")


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _line(text: str) -> str:
    return " ".join(text.split())


def stale() -> bool:
    return not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page()


def main() -> None:
    if "--check" in sys.argv[1:]:
        if stale():
            sys.exit("docs/api.md is behind the code: run python scripts/api_page.py")
        return
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
