"""The support check on any text over any context: real trees, real embedder, no labelled data needed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from patience import ends

from voz.config import Settings
from voz.embedding import Embedder, open_embedder
from voz.faithfulness import doubt, model, summary
from voz.faithfulness_ground import ground, take
from voz.faithfulness_signs import signs
from voz.faithfulness_units import parts, sentences, units
from voz.forest import Trees

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from support import auroc, balanced_accuracy, document, interval, limited

CALL = """
Sales Agent: Good morning, this is Ada from Northwind Bikes. May I tell you about our service plan?

Client: Go ahead, but I only have ten minutes.

Sales Agent: The plan costs $25 per month and includes two inspections a year. The first month is free.

Client: I ride every day. Does it cover punctures?

Sales Agent: It covers punctures and brake pads, but not the battery.

Client: I will think about it. Please send me the details by email.

Sales Agent: I will send them this afternoon. Thank you for your time.
"""
CARRIED = (
    "The sales agent offers the client a service plan for $25 per month "
    "with two inspections a year and a free first month."
)
BROKEN = (
    "The sales agent offers the client a service plan for $95 per month, which covers the battery only.",
    "The client refuses the details and never wants to be emailed by Northwind Motors.",
    "The plan was founded in 1987 by engineers from Rotterdam who patented folding frames.",
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(Settings())


def shown(text: str, context: str = CALL) -> dict[str, float]:
    return signs(take(text, "en"), ground(units(context), "en"), "en")


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_claim_is_doubted_more_than_a_carried_one(broken: str, embedder: Embedder) -> None:
    assert doubt(broken, CALL, embedder, "en") > doubt(CARRIED, CALL, embedder, "en")


def test_doubt_is_a_share_and_the_same_each_time(embedder: Embedder) -> None:
    values = [doubt(CARRIED, CALL, embedder, "en") for _ in range(2)]
    assert values[0] == values[1]
    assert 0.0 <= values[0] <= 1.0


def test_no_claim_no_doubt(embedder: Embedder) -> None:
    assert doubt(" \n", CALL, embedder) == 0.0


def test_language_is_found_and_spanish_works(embedder: Embedder) -> None:
    clause = "El cliente dispone de 30 días naturales desde la entrega para devolver el producto."
    true = doubt("Para devolver el producto hay 30 días naturales desde la entrega.", clause, embedder)
    false = doubt("La garantía nunca incluye el cargador que compró en Lisboa por 90 euros.", clause, embedder)
    assert false > true


@pytest.mark.parametrize(
    "context", ["", "{", "[{]", "\x00\ud800", "a" * 200_000, "Client: " * 5_000, "{}" * 3_000, "🎉" * 10_000]
)
def test_hostile_contexts_and_texts_give_a_number(context: str, embedder: Embedder) -> None:
    with ends():
        assert 0.0 <= doubt("The plan costs $25.", context, embedder, "en") <= 1.0
        assert 0.0 <= doubt(context[:20_000] or "x", "The plan costs $25.", embedder, "en") <= 1.0


def test_units_keep_speakers() -> None:
    assert {unit.speaker for unit in units(CALL)} == {"Sales Agent", "Client"}
    assert any(unit.text == "It covers punctures and brake pads, but not the battery." for unit in units(CALL))


def test_units_of_json_are_its_leaves() -> None:
    context = json.dumps({"name": "Bar Sol", "attributes": {"OutdoorSeating": False, "WiFi": None}, "stars": 4.5})
    assert [unit.text for unit in units(context)] == [
        "name: Bar Sol", "attributes outdoor seating: no", "attributes wi fi: unknown", "stars: 4.5",
    ]  # fmt: skip


def test_a_heading_before_a_colon_is_no_speaker() -> None:
    assert {unit.speaker for unit in units("Note: closed on Mondays.\nHours: 9 to 5.\nAddress: 1 High Street.")} == {""}


def test_parts_lose_no_word() -> None:
    sentence = "It covers punctures, brake pads and cables, but not the battery, which is sold apart."
    assert sum(len(part.split()) for part in parts(sentence)) >= len(sentence.split()) - 3
    assert len(parts(sentence)) > 1
    assert sentences("One. Two.") == ("One.", "Two.")


def test_signs_name_what_is_wrong() -> None:
    assert shown("The plan costs $95 per month.")["figures_unknown"] > 0
    assert shown("The plan costs $25 per month.")["figures_unknown"] == 0
    assert shown("It never covers punctures.")["negation_added"] == 0  # its evidence has a «not» of its own
    assert shown("The plan never includes two inspections a year.")["negation_added"] == 1
    assert shown("Thanks to Ada from Contoso.")["names_new"] > 0
    assert shown("The last month is free.")["opposites"] > shown("The first month is free.")["opposites"]


def test_speaker_of_the_other_turn_is_noticed() -> None:
    swapped = shown("The client covers punctures and brake pads")["speaker_other"]
    assert swapped > shown("The sales agent covers punctures and brake pads")["speaker_other"]


@pytest.mark.parametrize("forest", [model().text, model().sentence])
def test_every_tree_is_whole(forest: Trees) -> None:
    assert 0.0 < model().cut < 1.0
    for feature, number, right in zip(forest.feature, forest.number, forest.right, strict=True):
        assert len(feature) == len(number) == len(right)
        for at, (sign, threshold, other) in enumerate(zip(feature, number, right, strict=True)):
            assert at + 1 < other < len(feature) if sign >= 0 else 0.0 <= threshold <= 1.0
            assert sign < len(forest.names)


def test_every_sign_the_trees_ask_for_is_given(embedder: Embedder) -> None:
    whole, each = summary(CARRIED, CALL, embedder, "en")
    assert set(model().text.names) == set(whole)
    assert [set(one) for one in each] == [set(model().sentence.names)]


def test_figures_of_the_benchmark() -> None:
    assert auroc([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]) == 1.0
    assert auroc([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]) == 0.5
    assert auroc([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1]) == 0.75
    assert balanced_accuracy([0, 0, 0, 1], [0.1, 0.2, 0.9, 0.9], 0.5) == pytest.approx((2 / 3 + 1) / 2)
    rows = [{"context": str(i // 4), "response": str(i), "hallucinated": i % 2} for i in range(40)]
    low, high = interval(rows, [i % 2 + (i % 3) for i in range(40)])
    assert 0.5 < low < high <= 1.0
    taken = limited(rows, 8)
    assert len(taken) == 8
    assert len({document(row) for row in taken}) == 2
