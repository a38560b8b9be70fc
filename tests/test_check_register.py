"""Register: every verb in every register is right in its own and caught in the others."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voz.brand import Brand, RegisterRule, Voice
from voz.case import Address, Case, Draft, Message
from voz.checks.register import check
from voz.verbs import address_forms

COMPANIES = Path(__file__).parent / "companies"
OWN = {"pedales": ("tú", "ES"), "naranjo": ("usted", "MX"), "rio": ("vos", "AR")}


def _findings(reply: str, address: Address, country: str = "ES", message: str = "¿Cuánto tarda el pedido?"):
    brand = Brand(voice=Voice(country=country, address=address, languages=("es",)))
    case = Case(message=Message(text=message), today=dt.date(2026, 11, 23), draft=Draft(reply=reply))
    return check(case, brand)


def _worst(reply: str, address: Address, country: str = "ES", message: str = "¿Cuánto tarda el pedido?") -> str:
    severities = {f.severity for f in _findings(reply, address, country, message)}
    return "block" if "block" in severities else "warn" if severities else "none"


# (tú, vos, usted, vosotros): present, order with «nos», order with «lo»
VERBS = {
    "escribir": ("escribes escríbenos", "escribís escribinos", "escríbanos", "escribís escribidnos"),
    "contar": ("cuéntanos", "contás contanos", "cuéntenos", "contáis contadnos"),
    "tener": ("tienes", "tenés", "", "tenéis"),
    "poder": ("puedes", "podés", "", "podéis"),
    "querer": ("quieres", "querés", "", "queréis"),
    "ser": ("eres", "sos", "", "sois"),
    "decir": ("dices dinos dímelo", "decís decinos decímelo", "díganos dígamelo", "decís decidnos"),
    "hacer": ("haces hazlo", "hacés hacelo", "hágalo", "hacéis hacedlo"),
    "poner": ("pones ponte", "ponés ponete", "póngase", "ponéis poneos"),
    "pedir": ("pides pídelo", "pedís pedilo", "pídalo", "pedís pedidlo"),
    "seguir": ("sigues síguenos", "seguís seguinos", "síganos", "seguís seguidnos"),
    "elegir": ("eliges elígelo", "elegís elegilo", "elíjalo", "elegís elegidlo"),
    "volver": ("vuelves", "volvés", "", "volvéis"),
    "devolver": ("devuelves devuélvelo", "devolvés devolvelo", "devuélvalo", "devolvéis devolvedlo"),
    "preferir": ("prefieres", "preferís", "", "preferís"),
    "enviar": ("envías envíanos", "enviás envianos", "envíenos", "enviáis enviadnos"),
    "pagar": ("págalo", "pagás pagalo", "páguelo", "pagáis pagadlo"),
    "recoger": ("recoges recógelo", "recogés recogelo", "recójalo", "recogéis recogedlo"),
    "comunicar": ("comunícate", "comunicate", "comuníquese", "comunicaos"),
    "acercar": ("acércate", "acercate", "acérquese", "acercaos"),
    "avisar": ("avisas avísanos", "avisás avisanos", "avísenos", "avisáis avisadnos"),
    "ofrecer": ("ofreces", "ofrecés", "", "ofrecéis"),
    "conocer": ("conoces", "conocés", "", "conocéis"),
    "incluir": ("incluyes", "incluís", "", "incluís"),
    "conducir": ("conduces", "conducís", "", "conducís"),
    "traer": ("traes tráelo", "traés traelo", "tráigalo", "traéis traedlo"),
    "venir": ("vienes", "venís", "", "venís"),
    "probar": ("pruébalo", "probás probalo", "pruébelo", "probáis probadlo"),
    "jugar": ("juegas", "jugás", "", "jugáis"),
    "dormir": ("duermes", "dormís", "", "dormís"),
    "ver": ("", "", "", "veis"),
    "saber": ("sabes", "sabés", "", "sabéis"),
    "leer": ("lees léelo", "leés leelo", "léalo", "leéis leedlo"),
}
REGISTERS = ("tú", "vos", "usted", "vosotros")


@pytest.mark.parametrize("verb", VERBS)
def test_each_form_belongs_to_its_register(verb: str) -> None:
    for register, forms in zip(REGISTERS, VERBS[verb], strict=True):
        for form in forms.split():
            assert register in address_forms()[form].speaks, form


@pytest.mark.parametrize("verb", VERBS)
def test_each_form_passes_in_its_register_and_is_blocked_in_the_others(verb: str) -> None:
    for forms in VERBS[verb]:
        for form in forms.split():
            reply = f"Hola, Ana: gracias por contarlo. Cuando quede listo, {form} por el mismo canal de siempre."
            for expected in ("tú", "vos", "usted"):
                right = expected in address_forms()[form].speaks
                assert _worst(reply, expected, "AR") == ("none" if right else "block"), (form, expected)


SENTENCES = {
    "tú": [
        "Tienes 30 días desde que lo recibes.",
        "Tu pedido sale mañana y te avisamos.",
        "Escríbenos por privado.",
        "¿Nos mandas una foto?",
        "No te preocupes, que lo miramos.",
        "Si quieres, puedes cambiarlo en tienda.",
        "Cuando te llegue, ábrelo con cuidado.",
        "Podrás recogerlo el lunes.",
        "Nos lo contaste el martes.",
        "Queremos ayudarte con eso.",
        "Contigo no hemos estado a la altura.",
        "Responde a este correo con la foto.",
    ],
    "usted": [
        "Le rogamos que nos disculpe.",
        "Puede devolver su pedido en tienda.",
        "Escríbanos por privado.",
        "Usted tiene razón.",
        "Si lo desea, se lo cambiamos.",
        "Comuníquese con nosotros.",
        "¿Nos comparte su folio?",
        "No tire la caja, por favor.",
        "Indique el número de pedido.",
        "Si prefiere, lo recogemos en su domicilio.",
        "Le agradecemos su paciencia.",
        "Estamos a su disposición: llámenos.",
        "Cuando guste pase a su sucursal, usted decide.",
    ],
    "vos": [
        "Tenés 30 días desde que lo recibís.",
        "Escribinos por privado.",
        "Contanos qué pasó.",
        "Vos decidís.",
        "Si querés, podés cambiarlo en la sucursal.",
        "Acercate cuando te quede cómodo.",
        "Sos parte de esto.",
        "Fijate en la factura y avisanos.",
        "Mandanos una foto.",
        "Llamá al mismo número.",
    ],
}


@pytest.mark.parametrize("register", SENTENCES)
def test_sentences_pass_in_their_register(register: Address) -> None:
    for sentence in SENTENCES[register]:
        assert _worst(f"Hola, Marta. {sentence}", register, "AR") == "none", sentence


@pytest.mark.parametrize("register", SENTENCES)
def test_sentences_are_caught_in_the_others(register: Address) -> None:
    shared = {
        "Tu pedido sale mañana y te avisamos.",
        "No te preocupes, que lo miramos.",
        "Podrás recogerlo el lunes.",
        "Nos lo contaste el martes.",
        "Queremos ayudarte con eso.",
    }
    for sentence in SENTENCES[register]:
        for other in ("tú", "usted", "vos"):
            if other == register or (other != "usted" and sentence in shared):
                continue
            assert _worst(f"Hola, Marta. {sentence}", other, "AR") != "none", (sentence, other)


def test_a_mixed_reply_is_blocked_whatever_is_expected() -> None:
    reply = "Hola, Ana: tienes 30 días para devolverlo. Escríbanos y le enviamos la etiqueta."
    assert _worst(reply, "tú") == "block"
    assert _worst(reply, "usted") == "block"


def test_spans_are_the_words() -> None:
    reply = "Buen día. Tienes 30 días y escríbenos."
    assert [reply[f.start : f.end] for f in _findings(reply, "usted")] == ["Tienes", "escríbenos"]


@pytest.mark.parametrize(
    "reply",
    [
        "Buen día. Entre 3 y 5 días las compras y entregas llegan con las pruebas y tarjetas; no hay más dudas.",
        "Buen día. Las ventas, cuentas y reservas se revisan; las marcas y vistas del catálogo también.",
        "Buen día. «Tienes 30 días para devolverlo», dice la política que usted leyó.",
        'Buen día. Usted nos contó: "te juro que no escribes más a tu tienda".',
        "Buen día. Ingrese a tu-pedido.example/tienes o escriba a te@tienda.example.",
        "Buen día. El plan Disfrutas Más incluye dos entradas en el Teatro Tú y Yo.",
        "Buen día. Es una pena: existe contraste y desgaste, y consiste en cortes e informes.",
        "Buen día. Además, después y detrás del país, el interés del marqués es otro.",
    ],
)
def test_look_alikes_and_quotes_are_not_tu(reply: str) -> None:
    assert _worst(reply, "usted", "MX") == "none"


@pytest.mark.parametrize(
    "reply",
    [
        "Gracias, Mario. Se lo leemos a Raúl, que le va a alegrar la mañana y se lo merece.",
        "Hola, Eva: el taller puede tardar cinco días. Puede ser que llegue antes. Te avisamos.",
        "Hola, Eva: la bici tiene dos años de garantía y su batería tres. Le ponemos la cesta que querías.",
        "Hola, Eva: le pasamos tu caso a Logística y le preguntamos al transportista por su ruta.",
        "Hola, Eva: cada tienda tiene su horario. Entre semana abre de diez a ocho. Sobre el pago, cuéntanos más.",
        "Hola, Eva. Vaya faena. Venga, lo arreglamos. Sea como sea, te llamamos.",
        "Hola, Eva: el cliente puede devolver su pedido en treinta días, dice la norma; los tienes.",
        "Hola, Eva. Tiene tres años de garantía y te la respetamos.",
    ],
)
def test_third_persons_are_not_usted(reply: str) -> None:
    assert _worst(reply, "tú", "ES") == "none"


def test_vosotros_speaks_to_a_family_in_spain_only() -> None:
    reply = "Hola, Gaëlle: os lo recogemos cuando queráis."
    assert _worst(reply, "tú", "ES", "Nos robaron la bici a mi marido y a mí") == "none"
    assert _worst(reply, "tú", "ES", "Me robaron la bici") == "block"
    assert _worst("Hola, Gaëlle: tienes razón. Que os vaya bien.", "tú", "ES", "Me robaron la bici") == "warn"
    assert _worst(reply, "usted", "ES", "Nos robaron la bici") == "block"
    assert _worst(reply, "vos", "AR", "Nos robaron la bici") == "block"


def test_ustedes_is_everyones_plural_in_latin_america() -> None:
    reply = "Hola, Sofi: a ustedes también les llega el crédito."
    assert _worst(reply, "vos", "AR") == "none"
    assert _worst(reply, "usted", "MX") == "none"
    assert _worst(reply, "tú", "ES") == "warn"


def test_other_languages_are_not_read_as_spanish() -> None:
    assert _worst("Olá, Rafael! Se tu puderes, nós enviamos-te as instruções para a troca.", "usted") == "none"
    assert _worst("Hola, Biel: te l'enviem demà i tu ens dius si va bé; així no has de venir.", "usted") == "none"
    assert _worst("Hi Emily, please tell us what happened and we will look into it.", "usted") == "none"


def test_the_most_specific_rule_gives_the_register() -> None:
    voice = Voice(country="MX", address="usted", registers=(RegisterRule(address="tú", channel="instagram"),))
    case = Case(
        message=Message(text="hola", channel="instagram"),
        today=dt.date(2026, 1, 1),
        draft=Draft(reply="Hola, Ana: tienes razón y te lo cambiamos."),
    )
    assert check(case, Brand(voice=voice)) == ()
    email = case.model_copy(update={"message": Message(text="hola", channel="email")})
    assert {f.severity for f in check(email, Brand(voice=voice))} == {"block"}


@pytest.mark.parametrize("company", OWN)
def test_honest_replies_of_the_test_companies_are_not_blocked(company: str) -> None:
    path = COMPANIES / company / "claims.jsonl"
    address, country = OWN[company]
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    wrong = [
        row["reply"]
        for row in rows
        if row["label"] == "honest" and _worst(row["reply"], address, country, row["message"]["text"]) == "block"
    ]
    assert len(rows) > 100
    assert wrong == []


FORMS = sorted(f for f, form in address_forms().items() if form.kind == "enclitic" and len(f) > 5)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FORMS))
def test_an_order_with_its_pronoun_never_passes_in_a_register_that_lacks_it(form: str) -> None:
    from voz.checks.register import _words

    speaks = address_forms()[form].speaks
    reply = f"Hola, Ana: gracias por el aviso de esta mañana, y {form} con calma cuando haya ocasión."
    for expected in ("tú", "usted", "vos"):
        if expected not in speaks and form not in _words("not_address") | _words("homographs"):
            plural = "ustedes" in speaks
            assert plural or _worst(reply, expected, "MX") == "block", (form, expected)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_findings_inside_it(text: str) -> None:
    reply = "Hola, Ana: gracias por contarnos esto con tanta calma. " + text
    for found in _findings(reply, "usted"):
        assert 0 <= found.start < found.end <= len(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Incluye frenos, cambio, presión y engrase; piezas aparte.",
        "Se revisa el cambio y encaje de ruedas, y te llamamos.",
    ],
)
def test_a_noun_that_looks_like_an_order_to_usted_is_a_noun(reply: str) -> None:
    assert _worst(reply, "tú") == "none"
