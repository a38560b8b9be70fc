"""Writes docs/reference/*.md from the code that they describe: `reference.py [--check]`.

With --check nothing is written, and the exit code is 1 if a page is not what the code says today.
"""

from __future__ import annotations

import inspect
import json
import sys
import typing
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from reference_tables import (
    attribute_docs,
    fence,
    model_table,
    table,
    told_default,
    told_type,
    told_values,
    vocabularies,
)

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "reference"
MADE = "<!-- Made by scripts/reference.py from the code: change the code, then run it again. -->"


def pages() -> dict[str, str]:
    """Every page of the reference by the name of its file."""
    made = {"cli": cli(), "settings": settings(), "brand": brand(), "json": wire(), "checks": checks()}
    return {f"{name}.md": f"{MADE}\n{text.strip()}\n" for name, text in made.items()}


# --- the command line -----------------------------------------------------------------------------


def cli() -> str:
    import typer

    from voz.cli import app

    group: Any = typer.main.get_command(app)
    parts = [f"# Commands\n\n{group.help} `voz COMMAND --help` says the same.\n"]
    for name, command in group.commands.items():
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option"]
        usage = " ".join(["voz", name, *("[OPTIONS]" if options else "",), *map(_argument, arguments)]).strip()
        rows = [(f"`{_argument(p)}`", p.help or "") for p in arguments]
        rows += [(_option(p), _option_help(p)) for p in options]
        parts.append(f"## voz {name}\n\n{command.help}\n\n    {usage}\n\n{table(('', ''), rows) if rows else ''}")
    parts.append(_ENDINGS)
    return "\n".join(parts)


_ENDINGS = """
## How a command ends

0: done. 1: something could not be done (one sentence on stderr says what), a finding blocks the reply of
`voz check`, a line of a file was bad, a document could not be read, or `voz doctor` found something unwell.
2: the command line itself is wrong. 130: interrupted; run it again and a file goes on where it stopped.
"""


def _argument(parameter: Any) -> str:
    name = str(parameter.name).upper() + ("…" if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    value = "" if parameter.is_flag else f" {parameter.metavar or str(parameter.name).upper()}"
    return ", ".join(f"`{name}{value}`" for name in names)


def _option_help(parameter: Any) -> str:
    default = parameter.default
    told = f" Default: {default}." if isinstance(default, str | int) and not isinstance(default, bool) else ""
    return f"{parameter.help or ''}{told}"


# --- settings -------------------------------------------------------------------------------------


def settings() -> str:
    from voz.config import Settings

    told = attribute_docs(Settings)
    rows = []
    for name, field in Settings.model_fields.items():
        default = told_default(field) or "none"
        said = told.get(name) or _option_of(name)
        rows.append((f"`VOZ_{name.upper()}`", told_type(field.annotation), default, said))
    return f"""# Settings

Environment variables, read once when a command starts. A flag of the same name wins over the variable.

{table(("variable", "value", "default", ""), rows)}
Unless `VOZ_HOME` or `--home` says otherwise, each knowledge folder has a home of its own,
`.voz/<company>-<hash of the path>`. `VOZ_ALLOW_TODAY=1` lets a message over HTTP name its day with `"today"`
(for tests); without it the server answers as of its own day and says so in `notes`.
"""


def _option_of(name: str) -> str:
    """What the flag of the same name says of itself."""
    from voz.commands import options

    flag = get_args(getattr(options, name.capitalize(), None))
    return flag[1].help.partition(" (")[0] + "." if flag else ""


# --- the brand ------------------------------------------------------------------------------------


def brand() -> str:
    from voz import brand as typed

    parts = ["# Brand files\n\n`<knowledge>/brand/*.yaml`. Every file and nearly every field may be left out: see"]
    parts.append("[Your own company](../how-to/your-own-company.md). An unknown field is refused.\n")
    files: tuple[tuple[str, Sequence[type[BaseModel]]], ...] = (
        ("voice.yaml", (typed.Voice, typed.RegisterRule, typed.ChannelStyle)),
        ("teams.yaml: a list of", (typed.Team,)),
        ("authority.yaml", (typed.Authority, typed.Role, typed.Grant, typed.Forbidden)),
        ("lines.yaml: a list of", (typed.Line,)),
        ("sla.yaml", (typed.ServiceLevels, typed.Target, typed.OpeningHours, typed.Claims)),
    )
    for file, models in files:
        parts.append(f"## {file}\n")
        parts += [model_table(model) for model in models]
    rows = [(f"`{name}`", told_values(kind)) for name, kind in vocabularies().items()]
    rows.append(("placeholders", ", ".join(f"`{{{name}}}`" for name in sorted(typed.PLACEHOLDERS))))
    parts.append(f"## Vocabularies\n\n{table(('name', 'values'), rows)}")
    return "\n".join(parts)


# --- JSON and HTTP --------------------------------------------------------------------------------


def wire() -> str:
    from voz import case

    models = (case.Message, case.ThreadMessage)
    made = (case.Sentence, case.Passage, case.Unanswered, case.Finding, case.Triage)
    given = "\n".join(model_table(model) for model in models)
    types_ = "\n".join(model_table(model, _sent(model)) for model in made)
    return f"""# JSON and HTTP

The same JSON everywhere: `voz draft --json`, files of JSON lines, the HTTP API. Offsets count characters of the
reply, the end excluded.

## A message, in

Only `text` is needed. An unknown field is left out; a missing `id` is derived from the content. A channel is one of
{told_values(case.Channel)}.

{given}
## A draft, out

`reply` is null only where nothing should be sent, and then `triage.reasons` says why.

{fence("json", json.dumps(_example(), ensure_ascii=False, indent=2))}

`voz check` and `POST /v1/check` take `{{"id"?, "message": {{…}}, "reply": "…"}}` and give `id`, `sentences`, `passages`
and `findings` of the same.

{types_}
## Files of JSON lines

One message (or pair) a line. Each line of the output is a draft with `input`, the hash that lets a second run skip
what is done; a bad line becomes `{{"id", "error"}}` and the others go on.

## HTTP

{_routes()}
{_problems()}"""


def _sent(model: type[BaseModel]) -> dict[str, Any]:
    """The part of a draft's JSON that says what is in a `model`."""
    example = _example()
    name = model.__name__.lower()
    part = example.get(name, example.get(f"{name}s"))
    return part[0] if isinstance(part, list) else typing.cast(dict[str, Any], part)


def _example() -> dict[str, Any]:
    """A draft as `case_to_json` writes it, of a case made by hand."""
    import datetime as dt

    from voz import case as c
    from voz.wire import case_to_json

    text = "Te llega en 3 días laborables."
    ask = c.Ask(text="¿Cuánto tarda?", start=0, end=14, query="¿Cuánto tarda?")
    passage = c.Passage(
        id="envios-1a2b3c", source="envios.md", heading="Envíos › Plazo", score=0.93, line=7,
        text="El envío tarda 3 días laborables.", valid_from=dt.date(2026, 1, 1), team="logistica",
    )  # fmt: skip
    old = passage.model_copy(update={"id": "envios-9f8e7d", "source": "envios-2025.md"})
    return case_to_json(
        c.Case(
            message=c.Message(id="m1", channel="chat", text="¿Cuánto tarda? ¿Y a Marte?"),
            today=dt.date(2026, 11, 23),
            triage=c.Triage(kind="question", route="draft_and_consult", language="es", asks=(ask,), reasons=("…",)),
            evidence=c.Evidence(
                asks=(c.AskEvidence(ask=ask, passages=(passage,)),),
                filtered=(c.Filtered(passage=old, reason="expired"),),
            ),
            draft=c.Draft(
                reply=text,
                sentences=(c.Sentence(text=text, kind="fact", citations=(passage.id,), end=len(text)),),
                unanswered=(c.Unanswered(ask="¿Y a Marte?", team="logistica"),),
                notes=("[falta: ¿Y a Marte? — lo sabe logística]",),
                provenance={"writer": "extractive", "language": "es", "address": "tú"},
            ),
            findings=(c.Finding(check="unanswered", severity="warn", start=30, end=30, detail="[falta: ¿Y a Marte?]"),),
        )
    )


def _routes() -> str:
    from fastapi.routing import APIRoute

    from voz.api import create_app
    from voz.api_body import MAX_BODY_BYTES

    app = create_app(typing.cast(Any, None), page=False)
    rows = [("`GET /v1/openapi.json`", "The schema of all this.")]
    for route in _walk(app.routes):
        if isinstance(route, APIRoute) and route.include_in_schema:
            method = "".join(route.methods or ())
            said = (route.description or "").strip() or "What is answering: versions, index and writer."
            rows.append((f"`{method} {route.path}`", " ".join(said.split())))
    told = f"`voz serve` listens on this machine only; a body holds at most {MAX_BODY_BYTES:,} bytes."
    return f"{told} `GET /v1/knowledge` takes `q` and, if known, `region`.\n\n{table(('', ''), sorted(set(rows)))}"


def _walk(routes: Iterable[Any]) -> Iterable[Any]:
    for route in routes:
        yield route
        yield from _walk(getattr(getattr(route, "original_router", None), "routes", ()))


def _problems() -> str:
    from voz.problems import PREFIX, TITLES

    rows = [(f"`{PREFIX}{name}`", title) for name, title in TITLES.items()]
    return (
        "An error is `application/problem+json` with `type`, `title`, `status`, `detail`; a wrong field is named in\n"
        f"`field`, with its `reason`.\n\n{table(('type', ''), rows)}"
    )


# --- checks ---------------------------------------------------------------------------------------


def checks() -> str:
    from voz.checks import CHECKS

    parts = [
        "# Checks\n\nEach is a function of the case and the brand alone, in `src/voz/checks/`. A `block` is not to be\n"
        "sent as it stands; a `warn` is for the reviewer to weigh. Every finding has its place in the reply.\n"
    ]
    for check in CHECKS:
        module = inspect.getmodule(check)
        assert module is not None
        name = module.__name__.rpartition(".")[2]
        lead = inspect.cleandoc(module.__doc__ or "")
        parts.append(f"## {name}\n\n{lead}\n\n*{inspect.cleandoc(check.__doc__ or '')}*\n")
    from voz.checks.support import CHECK_OF

    finer = ", ".join(f"`{name}`" for name in sorted(set(CHECK_OF.values())))
    parts.append(f"A finding's `check` is the name above; `support` also reports as {finer}.\n")
    limits = yaml.safe_load((files("voz") / "data" / "channels.yaml").read_text(encoding="utf-8"))
    rows = [(f"`{n}`", str(v["limit"] or "none"), v["unit"], str(v["comfort"])) for n, v in limits.items()]
    parts.append("## What a channel holds\n\n`comfort` is where a reply stops if the brand says nothing.\n")
    parts.append(table(("channel", "limit", "unit", "comfort"), rows))
    return "\n".join(parts)


def stale() -> list[str]:
    """The pages that are not what the code says."""
    made = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in OUT.glob("*.md")}
    return sorted(name for name in {*made, *there} if made.get(name) != there.get(name))


def main() -> None:
    if "--check" in sys.argv[1:]:
        if old := stale():
            sys.exit(f"docs/reference is behind the code ({', '.join(old)}): run python scripts/reference.py")
        return
    OUT.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (OUT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
