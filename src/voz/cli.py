"""The command line. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from voz import cli_eval, cli_mcp, cli_records, cli_report, cli_users, cli_webhooks
from voz.commands.options import (
    Home,
    Host,
    InsecureBind,
    Knowledge,
    Port,
    Role,
    Today,
    Writer,
    read_settings,
)
from voz.errors import VozError

app = typer.Typer(
    help="Honest, useful, on-brand replies to customers, drafted for a person to approve.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_eval.app, name="eval")
app.add_typer(cli_users.app, name="users")
app.add_typer(cli_report.app, name="report")
app.add_typer(cli_records.app)
app.add_typer(cli_webhooks.app, name="webhooks")
app.add_typer(cli_mcp.app)
Json = Annotated[bool, typer.Option("--json", help="The JSON of the draft instead of text.")]
Channel = Annotated[str, typer.Option("--channel", help="Where the message came in: email, x, whatsapp …")]
Public = Annotated[
    bool | None, typer.Option("--public/--private", help="Whether others read the reply; as the channel is.")
]
Author = Annotated[str | None, typer.Option("--author", help="The customer's name, for the greeting.")]
Language = Annotated[str | None, typer.Option("--language", help="es, pt, en …; otherwise it is detected.")]
Region = Annotated[str | None, typer.Option("--region", help="Where the customer is, if known.")]
Source = Annotated[Path | None, typer.Option("--file", help="JSON lines, one message (or pair) each.")]
Out = Annotated[Path | None, typer.Option("--out", help="JSON lines to write; what is there is not redone.")]


@app.command()
def start(
    knowledge: Knowledge = None, home: Home = None, today: Today = None,
    host: Host = None, port: Port = None, insecure_bind: InsecureBind = False,
) -> None:  # fmt: skip
    """Index, draft a sample reply, then serve the API and the page."""
    from voz.serve import serve

    serve(read_settings(knowledge, home, today, host=host, port=port), insecure_bind, sample=True)


@app.command("serve")
def serve_command(
    knowledge: Knowledge = None, home: Home = None, today: Today = None,
    host: Host = None, port: Port = None, insecure_bind: InsecureBind = False,
    writer: Writer = None, role: Role = None,
) -> None:  # fmt: skip
    """Serve the API and the page."""
    from voz.serve import serve

    settings = read_settings(knowledge, home, today, host=host, port=port, writer=writer, role=role)
    serve(settings, insecure_bind)


@app.command()
def draft(
    text: Annotated[str | None, typer.Argument(help="The customer's message; - reads it from stdin.")] = None,
    channel: Channel = "email", public: Public = None, author: Author = None,
    language: Language = None, region: Region = None, as_json: Json = False,
    file: Source = None, out: Out = None,
    knowledge: Knowledge = None, home: Home = None, today: Today = None,
    writer: Writer = None, role: Role = None,
) -> None:  # fmt: skip
    """Draft a reply to one message, or to a file of them."""
    from voz.commands.draft import draft_file, draft_one

    one_of(text, file)
    settings = read_settings(knowledge, home, today, writer=writer, role=role)
    if file is not None:
        return draft_file(settings, file, out)
    raw = {"text": read_text(text), "channel": channel, "public": public, "author": author}
    return draft_one(settings, {**raw, "language": language, "region": region}, as_json)


@app.command()
def check(
    reply: Annotated[str | None, typer.Argument(help="The reply to judge; - reads it from stdin.")] = None,
    message: Annotated[str | None, typer.Option("--message", help="What the customer wrote.")] = None,
    channel: Channel = "email", public: Public = None, author: Author = None,
    language: Language = None, region: Region = None, as_json: Json = False,
    file: Source = None, out: Out = None,
    knowledge: Knowledge = None, home: Home = None, today: Today = None, role: Role = None,
) -> None:  # fmt: skip
    """Judge any reply: its sources, its promises, its tone; exits with 1 if a finding blocks it."""
    from voz.commands.check import check_file, check_one

    one_of(reply, file)
    settings = read_settings(knowledge, home, today, role=role)
    if file is not None:
        return check_file(settings, file, out)
    if message is None:
        raise typer.BadParameter("say what the customer wrote, with --message")
    raw = {"text": message, "channel": channel, "public": public, "author": author}
    pair = {"message": {**raw, "language": language, "region": region}, "reply": read_text(reply)}
    return check_one(settings, pair, as_json)


@app.command()
def index(
    paths: Annotated[list[Path] | None, typer.Argument(help="Folder to index; --knowledge otherwise.")] = None,
    knowledge: Knowledge = None, home: Home = None, today: Today = None,
) -> None:  # fmt: skip
    """Read the documents into the index; names each broken file and its reason."""
    from voz.commands.index import index_folders

    index_folders(paths or [], knowledge, home, today)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder with the company's documents.")],
    only_show: Annotated[bool, typer.Option("--print", help="Show the files and write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace brand files that are already there.")] = False,
    knowledge: Knowledge = None, home: Home = None, today: Today = None,
) -> None:  # fmt: skip
    """Propose the brand's files from the documents, each value with the sentence it came from."""
    from voz.commands.init import propose_brand

    propose_brand(folder, only_show=only_show, force=force)


@app.command()
def doctor(knowledge: Knowledge = None, home: Home = None, today: Today = None, as_json: Json = False) -> None:
    """Say what is configured, which index there is and which model answers; exits with 1 if unwell."""
    from voz.doctor import report

    report(read_settings(knowledge, home, today), as_json=as_json)


@app.command()
def version() -> None:
    """Print the version."""
    from voz import __version__

    print(__version__)


def one_of(text: str | None, file: Path | None) -> None:
    if (text is None) == (file is None):
        raise typer.BadParameter("give either a text or --file, one of the two")


def read_text(text: str | None) -> str:
    if text != "-":
        return text or ""
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def main() -> None:
    """Run the command; an error that voz raises on purpose is one sentence, never a traceback."""
    try:
        app()
    except VozError as error:
        print(f"voz: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # `voz draft … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
