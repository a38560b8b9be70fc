"""The OpenAPI description is whole, its examples fit its schemas, and what is answered fits them too."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from office import Office

from voz.api_schema import STATUSES
from voz.problems import PREFIX, TITLES

OTHERS = ("/v1/chat", "/v1/models", "/chat", "/models", "/v1/endpoints")
"""Addresses that speak another's protocol."""
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def told(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/openapi.json").json()
    return found


def operations(told: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, one)
        for path, found in told["paths"].items()
        for method, one in found.items()
        if method in METHODS and not path.startswith(OTHERS)
    ]


def fits(told: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": told["components"]}
    jsonschema.Draft202012Validator(whole).validate(value)


def test_every_route_says_what_it_takes_gives_and_refuses(told: dict[str, Any]) -> None:
    assert told["openapi"].startswith("3.1")
    found = operations(told)
    assert {path for _, path, _ in found} >= {
        "/v1/messages", "/v1/cases", "/v1/cases/{case_id}", "/v1/cases/{case_id}/decisions", "/v1/commitments",
        "/v1/commitments/{commitment_id}", "/v1/consultations", "/v1/consultations/{consultation_id}", "/v1/figures",
        "/v1/drafts", "/v1/check", "/v1/knowledge", "/healthz", "/readyz",
    }  # fmt: skip
    for method, path, one in found:
        assert one["description"], path
        good = [answer for status, answer in one["responses"].items() if status.startswith("2")]
        assert len(good) == 1, path
        schema = good[0]["content"]["application/json"]["schema"]
        assert schema["$ref"].rpartition("/")[2] in told["components"]["schemas"], path
        if method == "post":
            assert one["requestBody"]["content"]["application/json"]["examples"], path
        if path.startswith("/v1/"):
            assert {"401", "403", "429", "500", "503"} <= set(one["responses"]), path
            assert one["security"] == [{"key": one["security"][0]["key"]}]


def test_every_reference_leads_somewhere(told: dict[str, Any]) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                assert value["$ref"].removeprefix("#/components/schemas/") in told["components"]["schemas"]
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(told)


def test_the_examples_fit_their_schemas(told: dict[str, Any]) -> None:
    seen = 0
    for _, path, one in operations(told):
        contents = [one.get("requestBody", {}).get("content", {})] + [r["content"] for r in one["responses"].values()]
        for content in contents:
            for kind, media in content.items():
                shown = [found["value"] for found in media.get("examples", {}).values()]
                shown += [media["example"]] if "example" in media else []
                for value in shown:
                    seen += 1
                    if kind != "text/event-stream":
                        fits(told, media["schema"], value)
                    if kind == "application/problem+json":
                        assert value["type"].removeprefix(PREFIX) in TITLES, path
    assert seen > 80


def test_every_problem_has_its_status() -> None:
    assert set(TITLES) - {"unverified"} <= set(STATUSES), "unverified is only said to helpdesks"


def test_what_is_answered_fits_what_is_said(office: Office, client: TestClient, told: dict[str, Any]) -> None:
    case = office.drafted().case
    asked = {"action": "consult", "version": case.version, "question": "¿Quedan?", "team": "taller"}
    message = {"text": "¿Cuánto tarda el envío?"}
    calls: list[tuple[str, str, str, Any]] = [
        ("post", "/v1/cases/{case_id}/decisions", f"/v1/cases/{case.id}/decisions", asked),
        ("get", "/v1/cases/{case_id}", f"/v1/cases/{case.id}", None),
        ("get", "/v1/cases", "/v1/cases", None),
        ("get", "/v1/consultations", "/v1/consultations", None),
        ("get", "/v1/commitments", "/v1/commitments", None),
        ("get", "/v1/inbox", "/v1/inbox", None),
        ("post", "/v1/inbox/{delivery_id}", "/v1/inbox/none", {"action": "retry"}),
        ("get", "/v1/figures", "/v1/figures", None),
        ("get", "/v1/knowledge", "/v1/knowledge?q=margen de los envíos", None),
        ("post", "/v1/drafts", "/v1/drafts", message),
        ("post", "/v1/check", "/v1/check", {"message": message, "reply": "Tarda 2 días."}),
        ("post", "/v1/messages", "/v1/messages", message),
        ("get", "/healthz", "/healthz", None),
        ("get", "/readyz", "/readyz", None),
        ("post", "/v1/messages", "/v1/messages", {"text": ""}),
        ("post", "/v1/messages", "/v1/messages", [1]),
        ("get", "/v1/cases/{case_id}", "/v1/cases/none", None),
    ]
    for method, path, address, body in calls:
        answer = client.request(method, address, json=body)
        (kind, media), *_ = told["paths"][path][method]["responses"][str(answer.status_code)]["content"].items()
        assert answer.headers["content-type"] == kind, address
        fits(told, media["schema"], answer.json())
        known = told["components"]["schemas"][media["schema"]["$ref"].rpartition("/")[2]]["properties"]
        assert set(answer.json()) <= {*known, "stops", "could", "changes"}, address
