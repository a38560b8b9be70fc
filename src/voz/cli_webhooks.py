"""`voz webhooks …`: who is told of what happens. Whoever runs it on this machine acts as its owner."""

from __future__ import annotations

from typing import Annotated

import typer

from voz.commands.options import Home, Knowledge, read_settings

app = typer.Typer(help="Endpoints that are told of events: add, list, rotate, disable, test.", no_args_is_help=True)
Endpoint = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Its id, as `voz webhooks list` shows it.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted, https://…")],
    event: Annotated[
        list[str] | None, typer.Option("--event", help="A type of event that it wants, all otherwise; repeat it.")
    ] = None,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Add an endpoint, and show the secret that its deliveries are signed with this once."""
    from voz.commands import webhooks

    webhooks.add(read_settings(knowledge, home), url, tuple(event or ()))


@app.command("list")
def list_endpoints(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    knowledge: Knowledge = None, home: Home = None,
) -> None:  # fmt: skip
    """Show the endpoints, what they are told of, and which are told nothing any more."""
    from voz.commands import webhooks

    webhooks.show(read_settings(knowledge, home), as_json=as_json)


@app.command()
def rotate(endpoint: Endpoint, knowledge: Knowledge = None, home: Home = None) -> None:
    """Give an endpoint a new secret; the old one goes on signing for 24 hours."""
    from voz.commands import webhooks

    webhooks.rotate(read_settings(knowledge, home), endpoint)


@app.command()
def disable(endpoint: Endpoint, knowledge: Knowledge = None, home: Home = None) -> None:
    """Tell an endpoint nothing any more, not even what waits."""
    from voz.commands import webhooks

    webhooks.disable(read_settings(knowledge, home), endpoint)


@app.command()
def enable(endpoint: Endpoint, knowledge: Knowledge = None, home: Home = None) -> None:
    """Tell an endpoint again of what happens from now on."""
    from voz.commands import webhooks

    webhooks.enable(read_settings(knowledge, home), endpoint)


@app.command("test")
def try_it(endpoint: Endpoint, knowledge: Knowledge = None, home: Home = None) -> None:
    """Send one event to an endpoint now; exits with 1 if it was not taken."""
    from voz.commands import webhooks

    webhooks.try_it(read_settings(knowledge, home), endpoint)
