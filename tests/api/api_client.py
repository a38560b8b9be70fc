"""The application over an office, as a client on this machine sees it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "service"))
from office import Office

from voz.api import create_app
from voz.brand import Team

HERE = "http://127.0.0.1"
OWN_MACHINE = ("127.0.0.1", 5000)


def staffed(office: Office) -> Office:
    """The office with a team that can be asked."""
    desk = office.service.desk
    brand = desk.brand.model_copy(update={"teams": (Team(id="taller", name="el taller"),)})
    office.service = replace(office.service, desk=replace(desk, brand=brand))
    return office


def client_of(office: Office, *, rate: int = 0, raises: bool = True) -> TestClient:
    app = create_app(office.service.desk, page=False, service=office.service, rate_per_minute=rate)
    return TestClient(app, base_url=HERE, client=OWN_MACHINE, raise_server_exceptions=raises)


@dataclass
class Served:
    """A voz that is served to other processes."""

    url: str
    office: Office
