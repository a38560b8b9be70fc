"""Limits: the platform's block, the brand's warn."""

from __future__ import annotations

import datetime as dt

import pytest

from voz.brand import Brand, ChannelStyle, Voice
from voz.case import Case, Channel, Draft, Finding, Message, Triage
from voz.checks.limits import check, emojis


def _findings(reply: str, channel: Channel = "email", voice: Voice | None = None) -> tuple[Finding, ...]:
    case = Case(message=Message(text="hola", channel=channel), today=dt.date(2026, 1, 1), draft=Draft(reply=reply))
    return check(case, Brand(voice=voice or Voice()))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("hola", 0),
        ("🙂", 1),
        ("🙂🙂 🙌", 3),
        ("👩‍👩‍👧‍👦", 1),
        ("👍🏽", 1),
        ("🇪🇸🇲🇽", 2),
        ("1️⃣", 1),
        ("❤️", 1),
        ("☎️ ✅", 2),
        ("© 2026 Norte® ™", 0),
        ("• uno ✓ dos ★ tres", 0),
        ("→ aquí — allí … 12 €", 0),
        ("🏴\U000e0067\U000e007f", 1),
        ("🫶", 1),
    ],
)
def test_emojis_are_counted_as_people_see_them(text: str, count: int) -> None:
    assert len(emojis(text)) == count


def test_the_platforms_own_limit_blocks() -> None:
    assert [f.severity for f in _findings("a" * 281, "x")] == ["block"]
    assert _findings("a" * 280, "x") == ()
    assert [f.severity for f in _findings("ñ" * 2049, "google_review")] == ["block"]
    assert [f.severity for f in _findings("a" * 351, "play_store")] == ["block"]


def test_the_brands_budget_warns_and_points_at_what_is_too_much() -> None:
    style = ChannelStyle(channel="chat", max_chars=40, max_sentences=2, emojis=1, exclamations=0)
    voice = Voice(channels=(style,))
    reply = "¡Hola, Ana! Está lista. Puedes pasar hoy 🙂🙌. Abrimos."
    found = {f.key: f for f in _findings(reply, "chat", voice)}
    assert {f.severity for f in found.values()} == {"warn"}
    assert reply[found["limits.emojis"].start : found["limits.emojis"].end] == "🙌"
    assert reply[found["limits.exclamations"].start] == "!"
    assert found["limits.chars"].start == 40
    assert "limits.sentences" in found
    assert _findings("Está lista.", "chat", voice) == ()


def test_default_budget_allows_one_exclamation_and_no_emoji() -> None:
    assert _findings("¡Gracias, Ana!") == ()
    assert len(_findings("¡Gracias! ¡Hasta luego!")) == 1
    assert len(_findings("Gracias 🙂")) == 1


def test_quotes_do_not_count_against_the_brand() -> None:
    assert _findings("Leímos tu «¡¡Fatal!! ¡Nunca más!» y lo sentimos.") == ()


def test_words_are_counted_where_the_brand_counts_words() -> None:
    voice = Voice(channels=(ChannelStyle(channel="chat", max_words=3),))
    (found,) = _findings("Ya está lista hoy.", "chat", voice)
    assert found.severity == "warn"
    assert "4 palabras" in found.detail
    assert _findings("Ya está lista.", "chat", voice) == ()


def test_some_kinds_of_message_are_answered_without_emojis_or_exclamations() -> None:
    voice = Voice(emojis=2, exclamations=2, no_emojis_for=("complaint",), no_exclamations_for=("complaint",))
    reply = "¡Gracias, Ana! 🙂"
    case = Case(message=Message(text="hola"), today=dt.date(2026, 1, 1), draft=Draft(reply=reply))
    angry = case.model_copy(update={"triage": Triage(kind="complaint", route="draft", language="es")})
    assert check(case, Brand(voice=voice)) == ()
    assert len(check(angry, Brand(voice=voice))) == 2
