"""An MCP server over stdio: draft a reply, search the knowledge, read a case. It approves nothing and sends nothing.

Needs the extra `voz[mcp]`. Whoever starts it on this machine acts as its owner.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from voz import __version__
from voz.errors import VozError
from voz.packaged import packaged

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from voz.pipeline import Desk
    from voz.service.service import Service

Text = Annotated[str, Field(description="What the customer wrote, word for word.")]
Channel = Annotated[str, Field(description="Where it came in: email, chat, whatsapp, x, google_review …")]
Author = Annotated[str, Field(description="The customer's name, for the greeting; empty if it is not known.")]
Region = Annotated[str, Field(description="Where the customer is, if that is known; empty otherwise.")]
Query = Annotated[str, Field(description="What to look for, in the words of a question.")]
CaseName = Annotated[str, Field(description="The case's id or its tracking code.")]


def mcp_server(desk: Desk, service: Service) -> MCPServer:
    """The server with its three tools."""
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    told = packaged("mcp")
    server = MCPServer("voz", version=__version__, instructions=told["instructions"], log_level="WARNING")
    reads = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

    def draft(text: Text, channel: Channel = "email", author: Author = "", region: Region = "") -> dict[str, Any]:
        from voz.pipeline import prepare
        from voz.wire import case_to_json, parse_message

        raw = {"text": text, "channel": channel, "author": author, "region": region}
        return {**case_to_json(prepare(parse_message(raw), desk)), "approved": False}

    def search(query: Query, region: Region = "") -> dict[str, Any]:
        from voz.api import search as found

        return found(desk, query, region or None)

    def read_case(case: CaseName) -> dict[str, Any]:
        return case_read(service, case)

    for tool in (draft, search, read_case):
        server.add_tool(_anticipated(tool), description=told[tool.__name__], annotations=reads, structured_output=True)
    return server


def case_read(service: Service, name: str) -> dict[str, Any]:
    """One case as a reader may see it: what was said, what is drafted, where it stands. Raises NotFound."""
    from voz.service.view import case_view
    from voz.wire import case_to_json

    view = case_view(service, name)
    case = view.case
    return {
        "id": case.id, "code": case.code, "status": case.status, "channel": case.channel, "author": case.author,
        "kind": case.kind, "route": case.route, "urgency": case.urgency, "risks": list(case.risks), "team": case.team,
        "received_at": case.received_at.isoformat(), "due_at": case.due_at.isoformat() if case.due_at else None,
        "messages": [
            {"incoming": one.incoming, "author": one.author, "text": one.text, "at": one.at.isoformat()}
            for one in view.messages
        ],
        "draft": {"approved": case.approved_at is not None, **case_to_json(view.drafted)} if view.drafted else None,
        "approved_reply": view.decision.text if view.decision else None,
        "commitments": [
            {"text": one.text, "due_on": one.due_on.isoformat() if one.due_on else None, "kept": bool(one.done_at)}
            for one in view.commitments
        ],
    }  # fmt: skip


def _anticipated(work: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """What voz raises on purpose is told to the model; anything else is a fault, and stands in the log."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(work)
    def tool(*args: Any, **values: Any) -> dict[str, Any]:
        try:
            return work(*args, **values)
        except VozError as error:
            raise ToolError(str(error)) from error

    return tool
