"""Deliveries as the Standard Webhooks library for Node.js verifies them; the one for Python is in test_events."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from receiver import receiver

from voz.service.endpoints import new_secret
from voz.service.event_work import send
from voz.store.rows import EndpointRow, EventRow

VERIFY = """
const { Webhook } = require("standardwebhooks");
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const tell = (body) => given.secrets.map((secret) => {
  try { return new Webhook(secret).verify(body, given.headers); }
  catch (error) { return error.name + ": " + error.message; }
});
console.log(JSON.stringify([tell(given.body), tell(given.body.replace("ó", "o"))]));
"""


@pytest.fixture(scope="module")
def library() -> Path:
    """A folder with the npm package; fetched once for this machine."""
    folder = Path(tempfile.gettempdir()) / "voz-tests-standardwebhooks-1.0.0"
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("NOT CHECKED: there is no node or npm here, so the npm library verified nothing")
    if not (folder / "node_modules" / "standardwebhooks").is_dir():
        folder.mkdir(exist_ok=True)
        fetch = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "standardwebhooks@1.0.0"]
        fetched = subprocess.run(fetch, cwd=folder, capture_output=True, text=True, timeout=120)
        if fetched.returncode:
            pytest.skip(f"NOT CHECKED: npm could not fetch standardwebhooks: {fetched.stderr[-300:]}")
    return folder


def test_the_library_for_node_verifies_each_secret_and_nothing_else(library: Path) -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    now = dt.datetime.now(dt.UTC)
    event = EventRow("e1", "case.drafted", now, None, {"case": {"id": "c1", "team": "atención, «caja»"}})
    with receiver() as told:
        outcome = send(EndpointRow("w1", told.url, (new, old), (), now, "local"), event, now, private=True)
        assert outcome.taken
        got = told.got[0]
    given = {"secrets": [new, old, other], "headers": dict(got.headers), "body": got.body.decode()}
    ran = subprocess.run(
        ["node", "-e", VERIFY], cwd=library, input=json.dumps(given), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    whole, tampered = json.loads(ran.stdout)
    assert whole[0] == whole[1] == json.loads(got.body)
    refused = [whole[2], *tampered]
    assert all("No matching signature" in one for one in refused), refused
