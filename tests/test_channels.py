"""Limits and counting units of the channels, against figures that the platforms publish."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz import channels
from voz.brand import ChannelStyle
from voz.case import Channel


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # the euro sign takes two
        ("€" * 81, 2),
        ("ç" + "a" * 69, 1),  # one character outside GSM-7 makes all of it UCS-2
        ("ç" + "a" * 70, 2),
        ("😀" * 35, 1),  # two UTF-16 units each
        ("😀" * 36, 2),
        ("", 1),
    ],
)
def test_sms_segments(text: str, segments: int) -> None:
    assert channels.sms_segments(text) == segments


def test_x_counts_weighted_characters() -> None:
    assert channels.length("ñ" * 280, "x") == (280, 280, "weighted")
    assert channels.length("https://voz.example.com/" + "a" * 300, "x").used == 23
    assert channels.length("漢" * 141, "x").used == 282
    assert not channels.fits("漢" * 141, "x")


def test_google_counts_bytes() -> None:
    assert channels.fits("a" * 4096, "google_review")
    assert not channels.fits("é" * 2049, "google_review")


@pytest.mark.parametrize(
    ("channel", "limit"),
    [("play_store", 350), ("app_store", 5970), ("whatsapp", 4096), ("instagram", 2200), ("facebook", 8000)],
)
def test_character_limits(channel: Channel, limit: int) -> None:
    assert channels.fits("a" * limit, channel)
    assert not channels.fits("a" * (limit + 1), channel)


def test_the_brand_can_only_narrow() -> None:
    style = ChannelStyle(channel="x", max_chars=5000, max_sentences=2)
    assert not channels.fits("a" * 281, "x", style)
    assert channels.fits("Hola. Sí.", "x", style)
    assert not channels.fits("Hola. Sí. No.", "x", style)


def test_sentences_are_not_cut_inside_figures() -> None:
    assert channels.count_sentences("Cuesta 12.90 € en S.L. hoy. ¿Sí? ¡Claro!") == 3
    assert channels.count_sentences("Hola, Ana:\n\nYa está.\n\nUn saludo") == 3


def test_every_channel_has_a_rule() -> None:
    for channel in get_args(Channel):
        assert channels.rule(channel).comfort > 0


@given(st.text(max_size=400), st.sampled_from(get_args(Channel)))
def test_any_text_can_be_counted(text: str, channel: Channel) -> None:
    used, limit, _ = channels.length(text, channel)
    assert used >= 0
    assert channels.fits(text, channel) == (limit is None or used <= limit)
