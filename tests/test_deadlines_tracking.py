"""Tracking codes: short, unlike each other, and a mistyped one is known for what it is."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.deadlines.tracking import SIGNS, canonical_code, codes_in, tracking_code, valid_code

SEEDS = st.integers(0, 10**9)


def test_every_code_is_valid_and_can_be_read_aloud() -> None:
    codes = {tracking_code(Random(seed)) for seed in range(5000)}
    assert len(codes) == 5000
    assert all(valid_code(code) and len(code) == 9 and code[4] == "-" for code in codes)
    assert not set("".join(codes)) & set("0O1IAEU")


def test_the_same_seed_gives_the_same_code_and_none_gives_another() -> None:
    assert tracking_code(Random(7)) == tracking_code(Random(7))
    assert len({tracking_code() for _ in range(200)}) == 200


@given(SEEDS, st.integers(0, 7), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_found(seed: int, place: int, sign: str) -> None:
    plain = tracking_code(Random(seed)).replace("-", "")
    wrong = plain[:place] + sign + plain[place + 1 :]
    assert valid_code(wrong) == (wrong == plain)


@given(SEEDS, st.integers(0, 7), st.integers(0, 7))
def test_two_signs_that_changed_places_are_found(seed: int, one: int, other: int) -> None:
    signs = list(tracking_code(Random(seed)).replace("-", ""))
    before = "".join(signs)
    signs[one], signs[other] = signs[other], signs[one]
    assert valid_code("".join(signs)) == ("".join(signs) == before)


@pytest.mark.parametrize(
    "spoilt", ["", "K7M4", "0O1I-0O1I", "K7M4-RT2", "ABCD-EFGH", "K7M4-RT2XX", "🙂" * 8, "9" * 9999]
)
def test_anything_else_is_no_code(spoilt: str) -> None:
    assert not valid_code(spoilt)


def test_however_it_is_typed() -> None:
    code = tracking_code(Random(3))
    for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f" {code[:2]} {code[2:]} "):
        assert canonical_code(typed) == code


def test_codes_are_found_in_a_message() -> None:
    one, two = tracking_code(Random(1)), tracking_code(Random(2))
    text = f"Hola, mi clave es {one.lower()}. Antes tuve la {two.replace('-', ' ')} y otra vez {one}; tel. 6234-5678"
    assert codes_in(text) == (one, two)
    assert codes_in("pedido " + "9" * 100_000) == ()
