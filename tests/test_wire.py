"""The JSON that comes in and goes out."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.case import Message
from voz.errors import InputError
from voz.wire import (
    FieldError,
    dump_line,
    input_hash,
    load_json,
    parse_message,
    parse_pair,
    parse_today,
)

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)
FIELDS = ("id", "channel", "public", "author", "text", "language", "region", "thread", "received_at")


def test_a_whole_message_is_taken_as_it_is() -> None:
    message = parse_message(
        {
            "id": "m1",
            "channel": "google_review",
            "public": False,
            "author": "Núria",
            "text": "¿Y mi pedido?",
            "language": "es",
            "thread": [{"author": "Núria", "text": "Hola"}, {"role": "agent", "text": "Hola, Núria"}],
            "received_at": "2026-11-20T10:00:00+01:00",
        }
    )
    assert (message.id, message.channel, message.is_public, message.author) == ("m1", "google_review", False, "Núria")
    assert [(turn.text, turn.from_company) for turn in message.thread] == [("Hola", False), ("Hola, Núria", True)]
    assert message.received_at == dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"text": " \n\t"}, "text"),
        ({"text": "\x00\x01"}, "text"),
        ({"text": 7}, "text"),
        ({"text": ["hola"]}, "text"),
        ({"text": "a" * 100_001}, "text"),
        ({"text": "hola", "channel": "fax"}, "channel"),
        ({"text": "hola", "channel": 3}, "channel"),
        ({"text": "hola", "public": "quizá"}, "public"),
        ({"text": "hola", "id": {"a": 1}}, "id"),
        ({"text": "hola", "author": 5}, "author"),
        ({"text": "hola", "thread": [5]}, "thread.0"),
        ({"text": "hola", "thread": ["a", {"author": "b"}]}, "thread.1"),
        ({"text": "hola", "received_at": "ayer"}, "received_at"),
        ([], "message"),
        (None, "message"),
        (3, "message"),
    ],
)
def test_a_wrong_message_names_its_field(raw: object, field: str) -> None:
    with pytest.raises(FieldError) as caught:
        parse_message(raw)
    assert caught.value.field == field
    assert caught.value.reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_a_pair_lacks_is_named() -> None:
    for raw, field in (
        ({"reply": "x"}, "message"),
        ({"message": "x"}, "reply"),
        ({"message": "x", "reply": "  "}, "reply"),
        ({"message": {"channel": "x"}, "reply": "x"}, "message.text"),
        ({"message": {"text": "x", "channel": "fax"}, "reply": "x"}, "message.channel"),
        ("x", "pair"),
    ):
        with pytest.raises(FieldError) as caught:
            parse_pair(raw)
        assert caught.value.field == field


def test_the_id_of_a_pair_goes_before_that_of_its_message() -> None:
    message, reply = parse_pair({"id": 9, "message": {"id": "m", "text": "hola"}, "reply": "Hola\x00."})
    assert (message.id, reply) == ("9", "Hola.")


def test_a_message_without_id_keeps_the_same_one() -> None:
    one, same, other = (parse_message({"text": text}) for text in ("hola", "hola", "adiós"))
    assert one.id == same.id != other.id
    assert one.id


def test_the_input_hash_follows_everything_that_was_asked() -> None:
    message = parse_message({"id": "a", "text": "hola"})
    hashes = {
        input_hash(message),
        input_hash(message, "una respuesta"),
        input_hash(message, today=dt.date(2026, 1, 1)),
        input_hash(message.model_copy(update={"channel": "x"})),
        input_hash(message.model_copy(update={"text": "hola."})),
    }
    assert len(hashes) == 5
    assert input_hash(message) == input_hash(parse_message({"text": "hola", "id": "a"}))


def test_today_is_a_day_or_nothing() -> None:
    assert parse_today({"today": "2026-11-23"}) == dt.date(2026, 11, 23)
    assert parse_today({"text": "x"}) is None
    assert parse_today("2026 fue un buen año") is None
    for wrong in ("mañana", 5, "2026-02-30", []):
        with pytest.raises(FieldError):
            parse_today({"today": wrong})


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"{", b"", b"[" * 100_000, b'{"a": NaN}', b"1" * 5_000, b'{"text": "a\nb"}']
)
def test_what_is_not_json_is_said_in_one_sentence(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^not (JSON|UTF-8)") as caught:
        load_json(data)
    assert "\n" not in str(caught.value)


@given(ANY_JSON)
def test_any_json_is_a_message_or_a_named_field(raw: object) -> None:
    try:
        message = parse_message(raw)
    except FieldError as error:
        named = error.field
    else:
        named = message.id
        assert parse_message(json.loads(message.model_dump_json())) == message
    assert named


@given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON).map(lambda given: {"text": "hola", **given}))
def test_any_value_in_a_known_field_is_taken_or_named(raw: dict[str, object]) -> None:
    try:
        message = parse_message(raw)
    except FieldError as error:
        named = error.field.split(".")[0]
    else:
        assert isinstance(message, Message)
        message.model_dump_json().encode("utf-8")
        named = "text"
    assert named in FIELDS


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_a_line_is_one_line_of_utf8(value: dict[str, str]) -> None:
    line = dump_line(value)
    assert "\n" not in line
    line.encode("utf-8")
