"""`voz mcp`: the tools for programs that speak the Model Context Protocol."""

from __future__ import annotations

import typer

from voz.commands.options import Home, Knowledge, Role, Today, Writer, read_settings

app = typer.Typer()


@app.command()
def mcp(
    knowledge: Knowledge = None, home: Home = None, today: Today = None, writer: Writer = None, role: Role = None
) -> None:
    """Serve drafts, search and cases over MCP on stdin and stdout; it approves and sends nothing."""
    from voz.commands.mcp import run

    run(read_settings(knowledge, home, today, writer=writer, role=role))
