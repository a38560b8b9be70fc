"""Language and address of short, sloppy, real-looking texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.language import customer_address, detect_language

SHORT = {
    "es": [
        "hola, y mi pedido?",
        "cuanto tarda el envio",
        "me llego roto",
        "PESIMO SERVICIO",
        "q onda con mi pedido",
        "no funciona la cafetera",
        "el wifi no va",
        "abrís el domingo",
        "Me podés decir si hacen envíos a Rosario?",
        "estafadores",
        "quiero mi dinero ya",
        "che cuanto sale el flete",
        "aun no recibo nada",
    ],
    "pt": [
        "cadê meu pedido",
        "quanto custa o frete",
        "chegou quebrado",
        "péssimo atendimento",
        "Ainda não recebi nada",
        "vcs entregam em BH?",
        "bom dia, abrem ao sábado?",
        "Tudo ótimo",
        "cobrança indevida na minha fatura",
    ],
    "en": [
        "where is my stuff",
        "arrived broken",
        "worst service ever",
        "refund please",
        "i still got nothing",
        "how long does shipping take",
        "do you open on saturdays",
        "thanks!",
    ],
    "ca": [
        "on és el meu paquet",
        "quant triga l'enviament",
        "ha arribat trencat",
        "encara no he rebut res",
        "bon dia, teniu obert dissabte?",
        "vull els meus diners",
        "Voldria saber el preu",
        "gràcies",
    ],
    "gl": [
        "onde está o meu pedido, levo unha semana agardando",
        "aínda non recibín nada",
        "quero os meus cartos",
        "bos días, abrides os sábados?",
        "A miña filla está encantada",
    ],
    "fr": ["Où est ma commande ?", "Je voudrais un remboursement s'il vous plaît"],
    "de": ["wo ist mein Paket?", "Ich möchte mein Geld zurück"],
    "it": ["dove è il mio ordine?", "Vorrei un rimborso, il prodotto non funziona"],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SHORT.items() for text in texts])
def test_short_texts(code: str, text: str) -> None:
    assert detect_language(text)[0] == code


def test_no_words_is_spanish_or_the_hint() -> None:
    assert detect_language("👍 123")[0] == "es"
    assert detect_language("👍", hint="pt-BR")[0] == "pt"


def test_a_hint_does_not_overrule_clear_words() -> None:
    assert detect_language("where is my order, it has been two weeks", hint="es")[0] == "en"


@pytest.mark.parametrize(
    ("text", "address", "word"),
    [
        ("¿habéis recibido mi correo? os escribo por lo de ayer", "vosotros", "habéis"),
        ("hola teneis stock", "vosotros", "teneis"),
        ("che me podés decir cuánto sale", "vos", "podés"),
        ("tenes talle 40?", "vos", "tenes"),
        ("¿Podría decirme usted el precio?", "usted", "usted"),
        ("Estimados señores: les ruego contestación", "usted", "les ruego"),
        ("¿Tienes cita para mañana?", "tú", "Tienes"),
    ],
)
def test_address(text: str, address: str, word: str) -> None:
    found, words = customer_address(text)
    assert found == address
    assert any(word in w for w in words)


@pytest.mark.parametrize(
    "text",
    [
        "su tienda me cobró dos veces y ustedes no responden",
        "cuanto vale",
        "que pais es ese, hay seis jerséis",
        "podrás además después",
    ],
)
def test_no_address_where_none_shows(text: str) -> None:
    assert customer_address(text) == (None, ())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_language(text: str) -> None:
    code, sure = detect_language(text)
    assert len(code) in (2, 3)
    assert 0 <= sure <= 1
