"""Claim or query, on messages written for it and on the companies' own, labelled by a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from voz.brand import Brand
from voz.case import Message
from voz.deadlines.claims import ClaimReading, is_claim
from voz.packaged import packaged
from voz.triage import triage

HERE = Path(__file__).parent
ROOT = HERE.parent
SAID = yaml.safe_load((HERE / "deadlines_messages.yaml").read_text(encoding="utf-8"))["claims"]
LABELS: dict[str, dict[str, str]] = yaml.safe_load((HERE / "claims_labels.yaml").read_text(encoding="utf-8"))
FILES = [*HERE.glob("companies/*/messages.jsonl"), *(ROOT / part / "messages.jsonl" for part in ("examples", "evals"))]


def read(text: str) -> ClaimReading:
    message = Message(text=text)
    return is_claim(message, triage(message, Brand()))


@pytest.fixture(scope="module")
def messages() -> dict[str, Message]:
    lines = [json.loads(line) for file in FILES for line in file.read_text(encoding="utf-8").splitlines()]
    return {line["id"]: Message(**line) for line in lines}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SAID.items() for text in texts])
def test_messages_written_for_it(kind: str, text: str, request: pytest.FixtureRequest) -> None:
    if "600 megas" in text:  # kept as a known miss: it fails by figures alone
        pytest.xfail("that 80 are not 600 is not in any word")
    assert read(text).kind == kind


@pytest.mark.parametrize(
    ("half", "share"),
    # As measured when this was written; `held` was labelled before the lexicon was written, `blind` before it was run.
    [("tuned", 65 / 65), ("held", 62 / 65), ("blind", 57 / 60)],
)
def test_labelled_messages(half: str, share: float, messages: dict[str, Message]) -> None:
    labels = LABELS[half]
    right = [n for n, kind in labels.items() if is_claim(messages[n], triage(messages[n], Brand())).kind == kind]
    assert len(right) / len(labels) >= share, sorted(set(labels) - set(right))


def test_no_labelled_claim_is_missed(messages: dict[str, Message]) -> None:
    """What is taken for a claim by mistake is looked after; what is missed runs out of time."""
    claims = [n for part in LABELS.values() for n, kind in part.items() if kind == "claim"]
    assert len(claims) == 57
    assert [n for n in claims if is_claim(messages[n], triage(messages[n], Brand())).kind == "query"] == []


@pytest.mark.parametrize(
    ("text", "matters"),
    [
        ("Me habéis cobrado dos veces la cuota, devolvedme el dinero", ("billing",)),
        ("Necesito la factura de mayo", ("billing",)),
        ("You charged me twice", ("billing",)),
        ("M'heu cobrat dues vegades el rebut", ("billing",)),
        ("Llevamos desde el viernes sin luz en todo el edificio", ("continuity",)),
        ("Se ha ido el agua otra vez y nadie avisa", ("continuity",)),
        ("Estamos sem internet desde ontem", ("continuity",)),
        ("No power since this morning, what is going on?", ("continuity",)),
        ("Dos días sin luz y encima me cobráis el mes entero en la factura", ("billing", "continuity")),
        ("La mesa llegó con una pata rota", ()),
        ("¿A qué hora abrís?", ()),
    ],
)
def test_what_a_term_depends_on(text: str, matters: tuple[str, ...]) -> None:
    assert read(text).matters == matters


def test_the_reasons_are_the_customer_s_words() -> None:
    found = read("La lavadora llegó rota. Exijo una compensación o pondré una reclamación en la OMIC.")
    assert [reason.code for reason in found.reasons] == ["formal", "redress", "fault"]
    assert all(reason.words for reason in found.reasons)
    assert read("¿A qué hora abrís?").reasons[0].code == "only_asked"


@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_the_desk_has_words_for_everything(language: str) -> None:
    words = packaged(f"desk/deadlines.{language}")
    model = packaged("desk/deadlines.es")
    assert {key: sorted(part) if isinstance(part, dict) else "" for key, part in words.items()} == {
        key: sorted(part) if isinstance(part, dict) else "" for key, part in model.items()
    }
    codes = ClaimReading.model_fields["reasons"].annotation.__args__[0].model_fields["code"].annotation.__args__  # type: ignore[union-attr]
    assert sorted(words["reason"]) == sorted(codes)


@pytest.mark.parametrize("text", ["exijo " * 16_000, "no funciona, " * 7000, "x" * 100_000, "\u202e" * 5000 + "hola"])
def test_long_hostile_text_ends(text: str) -> None:
    assert read(text[:100_000]).kind in ("claim", "query")
