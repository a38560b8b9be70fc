"""Graders held against people's labels, and the cards that come of it."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voz.errors import SuiteError
from voz.evaluate.calibrate import best_cut, calibrate, calibrate_file, lead, uncalibrated, verdicts
from voz.evaluate.cards import (
    Card,
    below_baseline,
    by_grader,
    cards_table,
    format_card,
    load_cards,
    may_gate,
    save_card,
)
from voz.evaluate.labelled import Labelled, LabelledItem, even_cut, read_labelled
from voz.evaluate.outcome import Interval
from voz.evaluate.suite_support import grading, mean_of
from voz.evaluate.tone import by_words, politeness

DAY = dt.date(2026, 11, 23)


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def data(n: int = 200, per_group: int = 2) -> Labelled:
    """Texts whose length says nothing of whether they are good."""
    chance = random.Random(3)
    items = tuple(
        LabelledItem(id=f"i{i}", text="a" * chance.randint(5, 80), good=i % 2 == 0, group=f"g{i // per_group}")
        for i in range(n)
    )
    return Labelled(name="made-up", good="even", items=items)


def noisy(noise: float) -> Any:
    chance = random.Random(7)
    return lambda item: float(bool(item.good)) + chance.gauss(0, noise)


def test_a_grader_that_agrees_with_people_may_gate() -> None:
    card = calibrate("made", data(), score=noisy(0.5), today=DAY)
    assert card.n == 200
    assert card.positives == 100
    assert card.groups == 100
    assert card.auroc
    assert card.auroc.low > 0.85
    assert card.balanced_accuracy
    assert 0.75 < card.balanced_accuracy.value < 0.95
    assert card.kappa
    assert 0.5 < card.kappa.value < 0.9
    assert card.lead
    assert card.lead.low > 0.2
    assert card.may_gate
    assert "may gate" in format_card(card)


def test_a_grader_that_guesses_may_not() -> None:
    chance = random.Random(1)
    card = calibrate("made", data(), score=lambda item: chance.random(), today=DAY)
    assert card.auroc
    assert 0.4 < card.auroc.value < 0.6
    assert not card.may_gate
    assert "may not gate" in format_card(card)


def test_a_grader_that_only_counts_letters_is_no_better_than_the_trivial_rule() -> None:
    """The rule knows nothing of direction: «less length» is as trivial as «length»."""
    items = tuple(
        LabelledItem(id=str(i), text="a" * (10 + i % 7 + 9 * (i % 2)), good=i % 2 == 0, group=str(i)) for i in range(80)
    )
    card = calibrate(
        "made", Labelled(name="d", good="short", items=items), score=lambda item: -len(item.text), today=DAY
    )
    assert card.baseline == "less length of the text"
    assert card.auroc
    assert card.baseline_auroc == pytest.approx(card.auroc.value, abs=1e-4)
    assert below_baseline(card)
    assert not card.may_gate
    assert "BELOW" in format_card(card)


def test_luck_on_few_items_does_not_gate() -> None:
    score = {f"i{i}": value for i, value in enumerate([0.9, 0.8, 0.7, 0.75, 0.9, 0.3, 0.2, 0.1, 0.6, 0.4])}
    card = calibrate("made", data(10, 1), score=lambda item: score[item.id], today=DAY)
    assert card.auroc
    assert card.lead
    assert any("rough" in note for note in card.notes)


def test_fitted_on_the_same_items_allows_nothing() -> None:
    card = calibrate("made", data(), score=noisy(0.1), seen=1.0, today=DAY)
    assert card.lead
    assert card.lead.low > 0
    assert not card.may_gate
    assert any("flatter" in note for note in card.notes)
    assert "flattered" in format_card(card)


def test_what_cannot_be_scored_counts_nowhere() -> None:
    card = calibrate("made", data(), score=lambda item: None if item.id < "i15" else float(bool(item.good)), today=DAY)
    assert card.unscored == sum(f"i{i}" < "i15" for i in range(200))
    assert card.n + card.unscored == 200
    assert card.auroc
    assert card.auroc.value == 1.0
    with pytest.raises(SuiteError, match="could score none of the 200"):
        calibrate("made", data(), score=lambda item: None, today=DAY)


def test_one_class_only_says_nothing() -> None:
    items = tuple(item.model_copy(update={"good": True}) for item in data(20).items)
    card = calibrate("made", Labelled(name="d", good="all", items=items), score=lambda item: 1.0, today=DAY)
    assert card.auroc is None
    assert card.kappa is None
    assert card.lead is None
    assert not card.may_gate
    assert "one class only" in format_card(card)


def test_thresholds_are_set_on_other_documents() -> None:
    """Each document alone decides its verdict if it may: noise would then look like skill."""
    chance = np.random.default_rng(5)
    scores, truth = chance.random(400), [bool(v) for v in chance.random(400) < 0.5]
    groups = [str(i // 40) for i in range(400)]
    said = verdicts(scores, truth, groups)
    agreed = np.mean([a == b for a, b in zip(said, truth, strict=True)])
    assert 0.4 < agreed < 0.6
    for group in set(groups):
        mine = [i for i, g in enumerate(groups) if g == group]
        flipped = [not t if g == group else t for t, g in zip(truth, groups, strict=True)]
        again = verdicts(scores, flipped, groups)
        assert [again[i] for i in mine] == [said[i] for i in mine]


def test_best_cut_is_the_best_there_is() -> None:
    chance = np.random.default_rng(2)
    for _ in range(30):
        scores, truth = chance.integers(0, 6, 25).astype(float), chance.random(25) < 0.4
        cut = best_cut(scores, truth)
        if cut is None:
            assert truth.all() or not truth.any()
            continue

        def reached(at: float, scores: Any = scores, truth: Any = truth) -> float:
            return float(((scores >= at)[truth].mean() + (scores < at)[~truth].mean()) / 2)

        assert reached(cut) == pytest.approx(max(reached(at) for at in np.arange(-0.5, 7)))


def test_lead_draws_whole_documents() -> None:
    """The same items copied ten times into one document tell no more than one of them."""
    chance = np.random.default_rng(9)
    truth = [bool(v) for v in chance.random(30) < 0.5]
    one, other = np.array(truth) + chance.normal(0, 1, 30), chance.random(30)
    single = lead(one, other, truth, [str(i) for i in range(30)])
    copied = lead(
        np.repeat(one, 10), np.repeat(other, 10), list(np.repeat(truth, 10)), [str(i // 10) for i in range(300)]
    )
    loose = lead(np.repeat(one, 10), np.repeat(other, 10), list(np.repeat(truth, 10)), [str(i) for i in range(300)])
    assert single
    assert copied
    assert loose
    assert single.value == pytest.approx(copied.value)
    assert single.high - single.low == pytest.approx(copied.high - copied.low, rel=0.15)
    assert loose.high - loose.low < 0.5 * (copied.high - copied.low)


def test_cards_are_kept_and_read_again(tmp_path: Path) -> None:
    card = calibrate("made", data(), score=noisy(0.5), today=DAY, notes=["Invented."])
    assert save_card(card, tmp_path) == tmp_path / "made--made-up.json"
    save_card(uncalibrated("owns", DAY), tmp_path)
    again = load_cards(tmp_path)
    assert card in again
    assert len(again) == 2
    assert load_cards(tmp_path / "none") == ()
    table = cards_table(again)
    assert "| made | made-up | 200 (100) |" in table
    assert "| owns | none: uncalibrated |" in table
    assert "*made on made-up*: Invented." in table
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1
    assert format_card(uncalibrated("owns", DAY)).startswith("owns: uncalibrated (")


def test_a_broken_card_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"grader": "x", "data": "d", "date": "2026-11-23", "voz": "0", "auroq": 1}')
    with pytest.raises(SuiteError, match=r"x\.json:1: field 'auroq'.*'auroc'"):
        load_cards(tmp_path)


def test_all_cards_of_a_grader_are_asked() -> None:
    def card(name: str, lead_: tuple[float, float, float], gates: bool) -> Card:
        span = Interval(value=lead_[0], low=lead_[1], high=lead_[2], n=100)
        return Card(
            grader="g", data=name, n=100, positives=50, auroc=span, lead=span, may_gate=gates, date=DAY, voz="0"
        )

    good, weak, bad = (
        card("a", (0.2, 0.1, 0.3), True),
        card("b", (0.02, -0.1, 0.1), False),
        card("c", (-0.1, -0.2, 0), False),
    )
    assert may_gate([good, weak], "g")
    assert not may_gate([good, bad], "g")
    assert not may_gate([weak], "g")
    assert not may_gate([good], "other")
    shown = by_grader([good, weak, bad])["g"]
    assert shown.data == "c"
    assert not shown.may_gate
    assert len(shown.notes) == 2
    assert "g on a" in shown.notes[0]


def test_unknown_graders_are_named() -> None:
    with pytest.raises(SuiteError, match="'kindness' cannot be calibrated; there are: support, faith"):
        calibrate("kindness", data())


def test_reads_any_columns(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "mine.jsonl",
        [
            {"reply": "Hola, Marta", "message": "¿Y mi pedido?", "label": 1, "language": "es", "conversation": "c1"},
            {"reply": "No.", "label": False, "language": "es", "conversation": "c1"},
            {"reply": "Maybe", "label": None, "language": "en"},
        ],
    )
    found = read_labelled(path)
    assert [item.good for item in found.items] == [True, False, None]
    assert found.cut is None
    assert found.items[0].message == "¿Y mi pedido?"
    assert found.items[0].group == found.items[1].group == "c1"
    assert found.items[2].group == "row-3"
    assert [item.text for item in read_labelled(path, language="en").items] == ["Maybe"]
    with pytest.raises(SuiteError, match="no row with a text of 'pt'"):
        read_labelled(path, language="pt")


def test_reads_csv_with_quoted_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text('text,score\n"Hola,\nMarta",4\nNo,1\nVale,2\nGracias,5\n', encoding="utf-8-sig")
    found = read_labelled(path)
    assert [item.text for item in found.items] == ["Hola,\nMarta", "No", "Vale", "Gracias"]
    assert found.cut == 4
    assert [item.good for item in found.items] == [True, False, False, True]
    assert found.good == "rated at least 4"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "a", "label": 2}', "mine.jsonl:2: field 'label': '2' is neither 1 nor 0"),
        ('{"text": "a"}', "mine.jsonl:2: field 'label': missing"),
        ('{"text": "  ", "label": 1}', "mine.jsonl:2: field 'text': missing"),
        ('{"text": "a", "score": "high"}', "mine.jsonl:2: field 'score': 'high' is no number"),
        ('["a", 1]', "mine.jsonl:2: field 'mine': a row is an object"),
        ("{text", "mine.jsonl:2: field 'mine': not JSON"),
    ],
)
def test_mistakes_are_named_by_line_and_field(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"text": "a", "label": 1}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        read_labelled(path)
    assert message in str(caught.value)


def test_no_file_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="cannot be read"):
        read_labelled(tmp_path / "none.jsonl")
    with pytest.raises(SuiteError, match="nothing in it"):
        read_labelled(jsonl(tmp_path / "empty.jsonl", []))


def test_reads_the_public_sets_by_their_columns(tmp_path: Path) -> None:
    support = jsonl(
        tmp_path / "s.jsonl",
        [
            {"context": "Open on Monday.", "response": "Open on Monday.", "hallucinated": 0, "lang": "en"},
            {"context": "Open on Monday.", "response": "Open on Sunday.", "hallucinated": 1, "lang": "en"},
        ],
    )
    found = read_labelled(support).items
    assert [item.good for item in found] == [True, False]
    assert found[0].group == found[1].group
    polite = jsonl(
        tmp_path / "p.jsonl", [{"text": "a", "score": 0.9, "binary": 1}, {"text": "b", "score": 0, "binary": None}]
    )
    assert [(item.good, item.score) for item in read_labelled(polite).items] == [(True, 0.9), (None, 0.0)]


TALK = "Seeker: It hurts_comma_ really.\nAnd more.\nSupporter: I hear you.\nSeeker: Thanks.\nSupporter: Always."


def rating(conversation: int, median: float, dimension: str = "dismissing", **ratings: float) -> dict[str, Any]:
    return {
        "conversation_id": f"c{conversation}", "dimension": dimension, "conversation": TALK, "expert_median": median,
        "ratings": ratings or {"expert1": median, "expert2": median, "gpt": 1.0}, "lang": "en",
    }  # fmt: skip


def test_reads_rated_conversations(tmp_path: Path) -> None:
    rows = [rating(1, 1.0), rating(2, 1.0), rating(3, 2.0), rating(3, 5.0, "validating")]
    rows.append(rating(4, 3.0) | {"conversation": None})
    path = jsonl(tmp_path / "e.jsonl", rows)
    found = read_labelled(path, dimension="dismissing", low_is_good=True)
    assert len(found.items) == 3
    assert found.cut == 2.0
    assert found.good == "rated below 2"
    assert [item.good for item in found.items] == [True, True, False]
    assert found.items[0].message == "It hurts, really. And more.\nThanks."
    assert found.items[0].text == "I hear you.\nAlways."
    assert found.items[0].turns == (("It hurts, really. And more.", "I hear you."), ("Thanks.", "Always."))
    with pytest.raises(SuiteError, match="say which one is meant: dismissing, validating"):
        read_labelled(path)


def test_people_stand_beside_the_grader(tmp_path: Path) -> None:
    """κ of any two experts at the labels' cut; of the others with the experts."""
    rows = []
    for i in range(40):
        high, rarely = float(1 + 3 * (i % 2)), float(1 + 3 * (i % 4 == 1))
        rows.append(rating(i, high, expert1=high, expert2=high, expert3=rarely, crowd=high))
    card = calibrate("made", read_labelled(jsonl(tmp_path / "e.jsonl", rows)), score=lambda item: 1.0, today=DAY)
    assert card.people
    assert card.people.raters == 3
    assert card.people.high == 1.0
    assert card.people.low == 0.5
    assert card.people.kappa == pytest.approx((1 + 0.5 + 0.5) / 3, abs=1e-3)
    assert any("crowd 1.00" in note for note in card.notes)
    assert any("not in Spanish" in note for note in card.notes)


def test_even_cut() -> None:
    assert even_cut([1, 1, 1, 2, 3]) == 2
    assert even_cut([1, 2, 3, 4]) == 3
    assert even_cut([2, 2]) == 2


def test_faithfulness_is_calibrated_from_a_file(tmp_path: Path) -> None:
    """The shipped judge, on a file of someone who has never met voz."""
    card = calibrate_file("faithfulness", jsonl(tmp_path / "s.jsonl", said_of_leria()), today=DAY)
    assert card.n == 6
    assert card.positives == 3
    assert card.seen == 0
    assert card.groups == 1
    assert card.auroc
    assert card.auroc.value > 0.8
    assert not card.may_gate, "six sentences about one document warrant nothing"


def test_the_suites_own_support_weighs_what_no_rule_decides(tmp_path: Path) -> None:
    """«40 euros» stands nowhere: that is for `grounds`, and `support` has nothing to say of it."""
    card = calibrate_file("support", jsonl(tmp_path / "s.jsonl", said_of_leria()), today=DAY)
    assert (card.n, card.positives, card.unscored) == (5, 3, 1)
    grades_of = grading()
    items = read_labelled(tmp_path / "s.jsonl").items
    assert mean_of(grades_of(items[-1]), "grounds") == 0
    assert all(mean_of(grades_of(item), "support") == 1 for item in items[:3])
    assert all(mean_of(grades_of(item), "grounds") is None for item in items[:3])


def said_of_leria() -> list[dict[str, object]]:
    context = "La tienda de Leria abre de lunes a viernes. Los envíos a Canarias tardan 8 días y cuestan 12 euros."
    said = [
        ("La tienda de Leria abre de lunes a viernes.", 0), ("Los envíos a Canarias cuestan 12 euros.", 0),
        ("Los envíos a Canarias tardan 8 días.", 0), ("La tienda abre los domingos hasta medianoche.", 1),
        ("El perro de la dueña ganó un concurso en Praga.", 1), ("Regalamos 40 euros por cada compra.", 1),
    ]  # fmt: skip
    return [{"context": context, "response": text, "hallucinated": label, "lang": "es"} for text, label in said]


PAIRS = [
    (
        "Claro que sí, Julia; dinos qué talla prefieres y te la apartamos.",
        "La talla la eliges tú, que para eso está la guía.",
    ),
    ("Con gusto revisamos su factura; ¿nos indica el mes?", "Revise usted su factura antes de escribirnos."),
    ("Gracias por la paciencia: el técnico pasa el viernes.", "El técnico irá cuando pueda, no somos magos."),
    ("Contanos qué pasó con el asiento y lo vemos juntos.", "¿Y qué pretendés que hagamos nosotros con el asiento?"),
    ("Ese modelo ya no se fabrica, pero podemos buscarte uno parecido.", "Ese modelo no existe, infórmate mejor."),
]


def test_politeness_hears_coldness_that_no_word_shows() -> None:
    """Not every time: one sneer in five that is made of friendly words passes, and the card says how often."""
    kind, cold = [politeness(a) for a, _ in PAIRS], [politeness(b) for _, b in PAIRS]
    assert sum(a > b for a, b in zip(kind, cold, strict=True)) >= len(PAIRS) - 1
    words = [by_words(a) - by_words(b) for a, b in PAIRS]
    assert sum(a > b for a, b in zip(kind, cold, strict=True)) > sum(gap > 0 for gap in words)
    assert np.median(kind) > 0.6 > np.median(cold)
    assert politeness(" ") == 0.5
    assert politeness("\x00\ud800 hola") == politeness("\x00\ud800 hola")


def test_politeness_without_the_fitted_embedder_goes_by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOZ_EMBEDDER", "none")
    assert politeness(PAIRS[3][1]) == by_words(PAIRS[3][1])


def test_politeness_is_calibrated_from_a_file(tmp_path: Path) -> None:
    rows = [{"text": text, "label": int(i == 0), "language": "es"} for pair in PAIRS for i, text in enumerate(pair)]
    card = calibrate_file("politeness", jsonl(tmp_path / "p.jsonl", rows), today=DAY)
    assert card.n == 10
    assert card.seen == 0
    assert card.auroc
    assert card.auroc.value > 0.8


def test_behaviours_are_calibrated_turn_by_turn(tmp_path: Path) -> None:
    """Half of the answers take the feeling seriously: half a score, and None where there is nothing to name."""
    kind = "Seeker: I lost my dog.\nSupporter: That sounds really hard.\nSeeker: Yes.\nSupporter: OK."
    cold = "Seeker: I lost my dog.\nSupporter: OK.\nSeeker: Yes.\nSupporter: Fine."
    rows = [rating(i, 4.0 if i % 2 else 1.0, "validating_emotions") | {"conversation": kind if i % 2 else cold}
            for i in range(8)]  # fmt: skip
    rows.append(rating(9, 4.0, "dismissing_emotions"))
    card = calibrate_file("validates", jsonl(tmp_path / "e.jsonl", rows), today=DAY)
    assert card.n == 8
    assert card.positives == 4
    assert card.auroc
    assert card.auroc.value == 1.0
    assert card.threshold is not None
    assert 0 < card.threshold <= 0.5
