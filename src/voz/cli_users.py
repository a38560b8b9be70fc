"""`voz users …`: who may use the desk. Whoever runs it on this machine acts as its owner."""

from __future__ import annotations

from typing import Annotated

import typer

from voz.commands.options import Home, Knowledge, read_settings

app = typer.Typer(help="Users of the desk: add, list, disable, passwords, roles, API keys.", no_args_is_help=True)
Login = Annotated[str, typer.Argument(metavar="LOGIN", help="The name that they log in with.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin instead of asking for it.")]


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="As others see it; the login otherwise.")] = "",
    role: Annotated[str, typer.Option("--role", help="observer, agent, lead or admin.")] = "agent",
    team: Annotated[list[str] | None, typer.Option("--team", help="A team they belong to; repeat it.")] = None,
    language: Annotated[str, typer.Option("--language", help="es, en or pt.")] = "es",
    no_password: Annotated[bool, typer.Option("--no-password", help="Someone who only owns API keys.")] = False,
    password_stdin: Stdin = False,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Add a user; from the first one on, the desk asks who it is."""
    from voz.commands import users

    password = None if no_password else users.read_password(login, password_stdin)
    users.add(read_settings(knowledge, home), login, name, role, tuple(team or ()), language, password)


@app.command("list")
def list_users(
    keys: Annotated[bool, typer.Option("--keys", help="Their API keys too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Show the users, their roles and teams."""
    from voz.commands import users

    users.show(read_settings(knowledge, home), keys=keys, as_json=as_json)


@app.command()
def disable(login: Login, knowledge: Knowledge = None, home: Home = None) -> None:
    """Stop a user's login, sessions and API keys at once."""
    from voz.commands import users

    users.disable(read_settings(knowledge, home), login)


@app.command()
def enable(login: Login, knowledge: Knowledge = None, home: Home = None) -> None:
    """Let a disabled user in again."""
    from voz.commands import users

    users.enable(read_settings(knowledge, home), login)


@app.command()
def password(
    login: Login, password_stdin: Stdin = False, knowledge: Knowledge = None, home: Home = None
) -> None:  # fmt: skip
    """Set a new password; every session of the user ends."""
    from voz.commands import users

    users.set_password(read_settings(knowledge, home), login, users.read_password(login, password_stdin))


@app.command()
def role(
    login: Login,
    role: Annotated[str, typer.Argument(help="observer, agent, lead or admin.")],
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Give a user another role."""
    from voz.commands import users

    users.set_role(read_settings(knowledge, home), login, role)


@app.command()
def teams(
    login: Login,
    names: Annotated[list[str] | None, typer.Argument(metavar="TEAM…", help="None: no team.")] = None,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Set the teams that a user belongs to, instead of those of before."""
    from voz.commands import users

    users.set_teams(read_settings(knowledge, home), login, tuple(names or ()))


@app.command()
def unlock(login: Login, knowledge: Knowledge = None, home: Home = None) -> None:
    """Forget a user's failed logins."""
    from voz.commands import users

    users.unlock(read_settings(knowledge, home), login)


@app.command()
def key(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="What will use the key.")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", help="messages:write, cases:read, cases:write, drafts, knowledge, admin; repeat it."),
    ],
    days: Annotated[int, typer.Option("--days", help="How long it lasts, up to 730 days.")] = 90,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Make an API key of a user, and show it this once."""
    from voz.commands import users

    users.make_key(read_settings(knowledge, home), login, name, tuple(scope), days)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as `voz users list --keys` shows it.")],
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Stop an API key at once."""
    from voz.commands import users

    users.revoke_key(read_settings(knowledge, home), key)
