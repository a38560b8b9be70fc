"""The MCP server through the official client: `voz mcp` as a process, with its three tools and no other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest
import small_company

from voz.case import Message
from voz.config import Settings
from voz.pipeline import open_desk
from voz.service import work
from voz.service.opened import open_service
from voz.service.receive import Incoming, receive
from voz.service.status import STATUSES

mcp = pytest.importorskip("mcp", reason="NOT CHECKED: the extra voz[mcp] is not installed")
ASKED = "¿Cuántos días tengo para devolver un pedido?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Knowledge and home of a company with one case, and the case's code."""
    root = tmp_path_factory.mktemp("mcp")
    knowledge = small_company.write_company(root / "knowledge")
    settings = Settings(knowledge=knowledge, home=root / "home", today=small_company.TODAY, writer="extractive")
    desk = open_desk(settings)
    service = open_service(settings, desk)
    receipt = receive(service, Incoming(Message(text=ASKED, author="Nuria"), "api"))
    work.drain(service)
    service.database.close()
    desk.library.close()
    return knowledge, root / "home", receipt.code


def asked(home: tuple[Path, Path, str], talk: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    """What comes of a talk with the server's process."""
    knowledge, own, _ = home
    words = ["mcp", "--knowledge", str(knowledge), "--home", str(own), "--today", str(small_company.TODAY)]
    start = "import sys; from voz.cli_mcp import app; app(sys.argv[2:])"
    server = mcp.StdioServerParameters(command=sys.executable, args=["-c", start, *words])

    async def whole() -> Any:
        with anyio.fail_after(90):
            async with mcp.Client(mcp.stdio_client(server)) as client:
                return await talk(client)

    return anyio.run(whole)


def test_the_tools_draft_search_and_read_and_nothing_else(home: tuple[Path, Path, str]) -> None:
    async def talk(client: Any) -> Any:
        listed = await client.list_tools()
        drafted = await client.call_tool("draft", {"text": ASKED, "author": "Nuria"})
        found = await client.call_tool("search", {"query": "margen de los envíos a la península"})
        read = await client.call_tool("read_case", {"case": home[2]})
        missing = await client.call_tool("read_case", {"case": "NOPE-0"})
        wrong = await client.call_tool("draft", {"text": ASKED, "channel": "fax"})
        forbidden = [await _refused(client, name) for name in ("approve", "send", "decide", "close")]
        return listed, drafted, found, read, missing, wrong, forbidden, client.instructions

    listed, drafted, found, read, missing, wrong, forbidden, instructions = asked(home, talk)
    assert [tool.name for tool in listed.tools] == ["draft", "search", "read_case"]
    assert all(tool.annotations.read_only_hint and tool.description for tool in listed.tools)
    assert "approve" in instructions
    assert "30 días" in drafted.structured_content["reply"]
    assert drafted.structured_content["approved"] is False
    assert any(sentence["citations"] for sentence in drafted.structured_content["sentences"])
    assert all(passage["audience"] == "public" for passage in found.structured_content["passages"])
    assert "internal" in {one["reason"] for one in found.structured_content["filtered"]}
    case = read.structured_content
    assert case["messages"][0]["text"] == ASKED
    assert case["status"] in STATUSES
    assert "30 días" in case["draft"]["reply"]
    assert case["draft"]["approved"] is False
    assert missing.is_error
    assert "NOPE" in missing.content[0].text
    assert wrong.is_error
    assert "channel" in wrong.content[0].text
    assert all(forbidden)


async def _refused(client: Any, name: str) -> bool:
    try:
        return bool((await client.call_tool(name, {})).is_error)
    except mcp.MCPError:
        return True
