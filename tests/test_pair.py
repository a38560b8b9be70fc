"""A public complaint that only the customer's own data can settle: a short public reply and a full private one."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import pytest
from small_company import desk

from voz.brand import RegisterRule
from voz.case import Channel, Message
from voz.checks.register import evidence
from voz.pair import Pair
from voz.pipeline import Desk, pair, prepare, redraft
from voz.wishes import read_wish

COMPLAINT = "El pedido 48213-B me llegó roto y nadie me contesta. ¿Qué plazo tengo para devolverlo?"


@cache
def spoken(address: str = "tú", country: str = "ES") -> Desk:
    voice = desk().brand.voice.model_copy(
        update={
            "company": "Ultramarinos Faro", "address": address, "country": country,
            "contacts": ("hola@faro.example",), "languages": ("es", "pt", "en"),
        }
    )  # fmt: skip
    return dataclasses.replace(desk(), brand=desk().brand.model_copy(update={"voice": voice}))


def both(text: str = COMPLAINT, channel: Channel = "instagram", at: Desk | None = None, **more: Any) -> Pair | None:
    there = at or spoken()
    return pair(prepare(Message(text=text, channel=channel, author="Nuria Pons", **more), there), there)


def replies(found: Pair | None) -> tuple[str, str]:
    assert found is not None
    assert found.public.draft is not None
    assert found.private.draft is not None
    assert found.public.draft.reply
    assert found.private.draft.reply
    return found.public.draft.reply, found.private.draft.reply


@pytest.mark.parametrize(("address", "country"), [("tú", "ES"), ("usted", "MX"), ("vos", "AR")])
@pytest.mark.parametrize("channel", ["x", "instagram", "facebook", "google_review", "tripadvisor", "play_store"])
def test_the_public_one_is_short_names_what_happened_and_leads_on(address: str, country: str, channel: Channel) -> None:
    found = both(channel=channel, at=spoken(address, country))
    public, private = replies(found)
    assert len(public) < len(private)
    assert "rot" in public
    assert "48213" not in public
    assert "30 días" not in public
    assert "30 días" in private
    way = {"google_review": "hola@faro.example", "play_store": "hola@faro.example", "tripadvisor": "web"}
    assert way.get(channel, "privado") in public
    for text in (public, private):
        assert all(address in word.speaks for word in evidence(text))
    assert found is not None
    assert not [one for one in found.public.findings if one.severity == "block"]
    assert not [one for one in found.private.findings if one.severity == "block"]


def test_the_private_one_is_private_and_asks_for_what_is_needed() -> None:
    found = both()
    assert found is not None
    assert found.public.message.is_public
    assert not found.private.message.is_public
    assert found.private.message.channel == "chat"
    assert "privado" not in replies(found)[1]
    assert "?" in replies(found)[1] or "seguimos" in replies(found)[1]
    review = both(channel="google_review")
    assert review is not None
    assert review.private.message.channel == "email"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My order arrived broken and nobody answers my emails. How long do I have to return it?", "en"),
        ("O meu pedido chegou partido e ninguém me responde. Que prazo tenho para o devolver?", "pt"),
    ],
)
def test_in_the_customers_language(text: str, language: str) -> None:
    found = both(text)
    public, private = replies(found)
    assert found is not None
    assert found.public.triage is not None
    assert found.public.triage.language == language
    assert ("private message" if language == "en" else "mensagem privada") in public
    assert len(public) < len(private)
    assert not [one for one in found.public.findings if one.check == "language"]


def test_the_register_of_the_public_channel_goes_along() -> None:
    at = spoken()
    voice = at.brand.voice.model_copy(update={"registers": (RegisterRule(address="usted", channel="chat"),)})
    there = dataclasses.replace(at, brand=at.brand.model_copy(update={"voice": voice}))
    _, private = replies(both(at=there))
    assert all("tú" in word.speaks for word in evidence(private))


@pytest.mark.parametrize(
    ("text", "channel", "public"),
    [
        (COMPLAINT, "email", None),
        (COMPLAINT, "instagram", False),
        ("¡Gracias! El queso buenísimo y Marta un encanto.", "google_review", None),
        ("Deberíais tener carritos en la tienda.", "facebook", None),
        ("¿Cuánto cuesta el envío a la península?", "instagram", None),
        ("Sois unos imbéciles", "x", None),
    ],
)
def test_no_pair_where_one_reply_will_do(text: str, channel: Channel, public: bool | None) -> None:
    assert both(text, channel, public=public) is None


def test_in_a_crisis_the_public_one_is_as_ever_and_the_private_one_beside_it() -> None:
    found = both("El aceite que me vendisteis nos ha mandado a urgencias, mi hija está ingresada", "facebook")
    public, private = replies(found)
    assert "grave" in public or "serio" in public
    assert "teléfono" in private


def test_a_wish_of_the_case_is_honoured_in_both() -> None:
    there = spoken()
    case = prepare(Message(text=COMPLAINT, channel="instagram", author="Nuria Pons"), there)
    for text in replies(pair(redraft(case, read_wish("de usted"), there), there)):
        assert all("usted" in word.speaks for word in evidence(text))


def test_the_same_case_gives_the_same_pair() -> None:
    first, again = both(), both()
    assert first is not None
    assert again is not None
    assert (first.public.draft, first.private.draft) == (again.public.draft, again.private.draft)
    assert Pair.model_validate_json(first.model_dump_json()) == first
