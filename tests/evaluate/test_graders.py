"""Each grader on replies that a good agent would sign and on replies that nobody should send."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import ends
from small_company import desk

from voz import checks, triage
from voz.brand import Brand, ChannelStyle, RegisterRule, Voice
from voz.case import Case, Draft, Message, Sentence, clean_text
from voz.evaluate import accuracy, empathy, repetition, tone
from voz.evaluate.outcome import Grade, Outcome
from voz.evaluate.suite import EvalCase, Expected
from voz.kinds import sentence_kind
from voz.pipeline import examine
from voz.sentences import split_sentences
from voz.wire import case_to_json, check_to_json

DAY = dt.date(2026, 11, 23)
BRAND = Brand(
    voice=Voice(
        company="Sostenido",
        signoff="Un abrazo, el equipo de Sostenido",
        never=("a la mayor brevedad",),
        prefer={"ticket": "tique"},
        languages=("es", "pt", "en", "ca"),
        registers=(RegisterRule(address="usted", country="MX"), RegisterRule(address="vos", country="AR")),
        channels=(ChannelStyle(channel="x", max_chars=280),),
    )
)
UKULELE = (
    "El ukelele llegó con el mástil partido y encima os escribí el lunes y ni caso. Era para el cumple de mi hija, que "
    "es mañana."
)
GOOD = (
    "Hola, Nuria: un ukelele partido la víspera del cumpleaños, y nosotros sin contestarte desde el lunes. Tienes "
    "razón en estar enfadada, y te pedimos disculpas por el silencio. Como llegó roto, puedes elegir entre otro igual "
    "o el importe completo; el envío de vuelta va por nuestra cuenta. Otro no llegaría mañana, y preferimos decírtelo. "
    "Responde a este correo con una foto del mástil y cuál de las dos prefieres. Un abrazo, Lola, de Sostenido."
)
HOLLOW = (
    "Estimada clienta: lamentamos las molestias ocasionadas. Su opinión es muy importante para nosotros. Rogamos nos "
    "remita fotografías a la mayor brevedad."
)
CLINIC = "Me citaron a las 9 y me pasaron a las 10:40. Pésimo."
CLINIC_GOOD = (
    "Buen día, señora Ortiz. Casi dos horas de espera con cita a las 9 no es lo que debió vivir, y le ofrecemos una "
    "disculpa. ¿Nos escribe a calidad@clinica.example con la fecha de su consulta? Lo revisamos con quien la atendió."
)
BUS = "EL CHOFER DEL 14 IBA CON EL CELULAR Y CASI NOS MATA. Tengo video, lo mando a todos los canales"
BUS_GOOD = (
    "Sofía, lo que contás del chofer del 14 es grave y lo tomamos así. Ya le avisamos a Seguridad Operativa, que te va "
    "a llamar si nos pasás un teléfono por mensaje privado. El video te pertenece y podés compartirlo."
)
PORTUGUESE = "A encomenda chegou com a caixa aberta e falta o cajón. Estou à espera há três semanas!"
PORTUGUESE_GOOD = (
    "Olá, Rafael! Três semanas à espera e a caixa chega aberta e sem o cajón: tem razão em estar zangado. Pedimos "
    "desculpa pela espera. Já pedimos outro ao armazém; responda a este e-mail com uma foto da caixa."
)
ENGLISH = "My cajon arrived with a cracked panel and nobody has answered my two emails. The concert is on Friday."
ENGLISH_GOOD = (
    "Hi Tom, a cracked panel the week of your concert, and two emails without an answer from us: you are right to be "
    "upset. We are sorry we didn't reply. You can choose between another cajon and your money back; tell us which."
)
CATALAN = "La guitarra ha arribat trencada i ningú no contesta des de dilluns."
CATALAN_GOOD = (
    "Hola, Biel: una guitarra trencada, i nosaltres sense contestar des de dilluns. Tens tota la raó d'estar empipat, "
    "i et demanem disculpes pel silenci. Pots triar entre una altra d'igual o els diners; digues-nos quina prefereixes."
)


def case_of(text: str, *, channel: str = "email", author: str = "", **expect: Any) -> EvalCase:
    message = Message.model_validate({"id": "c1", "text": text, "channel": channel, "author": author})
    return EvalCase(id="c1", message=message, today=DAY, expect=Expected.model_validate(expect))


def outcome_of(case: EvalCase, reply: str | None, brand: Brand = BRAND, **more: Any) -> Outcome:
    """The outcome of a reply that a person wrote, with the real triage and the real checks."""
    seen = triage.triage(case.message, brand)
    spans = list(split_sentences(reply)) if reply else []
    sentences = tuple(
        Sentence(text=(reply or "")[s:e], kind=sentence_kind((reply or "")[s:e], case.message.text), start=s, end=e)
        for s, e in spans
    )
    made = Case(message=case.message, today=DAY, triage=seen, draft=Draft(reply=reply, sentences=sentences))
    made = made.model_copy(update={"findings": checks.run(made, brand) if reply else ()})
    draft = {**case_to_json(made), **more}
    return Outcome(suite="s", case=case.id, key="k", draft=draft, examined=check_to_json(made) if reply else {})


def examined_of(case: EvalCase, reply: str, **more: Any) -> Outcome:
    """The same, judged by `voz check` against the small company's documents."""
    made = examine(case.message, reply, desk(), today=DAY)
    return Outcome(suite="s", case=case.id, key="k", draft={**case_to_json(made), **more}, examined=check_to_json(made))


def of(grades: tuple[Grade, ...], grader: str) -> list[float | None]:
    return [grade.score for grade in grades if grade.grader == grader]


def empathy_of(behaviour: str, message: str, reply: str, **expect: Any) -> Grade:
    case = case_of(message, empathy=[behaviour], **expect)
    [grade] = empathy.grade(case, outcome_of(case, reply), BRAND)
    assert grade.grader == behaviour
    if grade.span:
        assert 0 <= grade.span[0] < grade.span[1] <= len(reply)
    return grade


# ── empathy: (behaviour, message, reply) ──
WARM = [
    ("names_situation", UKULELE, GOOD),
    ("names_situation", CLINIC, CLINIC_GOOD),
    ("names_situation", BUS, BUS_GOOD),
    ("names_situation", PORTUGUESE, PORTUGUESE_GOOD),
    ("names_situation", ENGLISH, ENGLISH_GOOD),
    ("names_situation", CATALAN, CATALAN_GOOD),
    (
        "names_situation",
        "Compré mi primer bajo con Raúl y qué paciencia tuvo, de diez.",
        "¡Gracias, Mario! Se lo leemos a Raúl en el descanso. Que ese primer bajo te dé muchas tardes.",
    ),
    ("names_situation", "El paquete vino roto.", "Que el paquete te llegara dañado no es lo que esperabas."),
    ("validates", UKULELE, GOOD),
    ("validates", CLINIC, CLINIC_GOOD),
    ("validates", BUS, BUS_GOOD),
    ("validates", PORTUGUESE, PORTUGUESE_GOOD),
    ("validates", ENGLISH, ENGLISH_GOOD),
    ("validates", CATALAN, CATALAN_GOOD),
    ("validates", UKULELE, "Que llegue así la víspera da mucha rabia."),
    ("owns", UKULELE, GOOD),
    ("owns", BUS, BUS_GOOD),
    ("owns", PORTUGUESE, PORTUGUESE_GOOD),
    ("owns", ENGLISH, ENGLISH_GOOD),
    ("owns", CATALAN, CATALAN_GOOD),
    ("next_step", UKULELE, GOOD),
    ("next_step", CLINIC, CLINIC_GOOD),
    ("next_step", BUS, BUS_GOOD),
    ("next_step", PORTUGUESE, PORTUGUESE_GOOD),
    ("next_step", ENGLISH, ENGLISH_GOOD),
    ("next_step", CATALAN, CATALAN_GOOD),
    ("next_step", UKULELE, "¿Qué día lo recibiste?"),
    ("no_dismissal", UKULELE, GOOD),
    ("no_dismissal", BUS, BUS_GOOD),
    ("no_blame", UKULELE, GOOD),
    ("no_blame", CLINIC, CLINIC_GOOD),
    ("no_over_apology", UKULELE, GOOD),
    ("no_over_apology", CLINIC, CLINIC_GOOD),
    ("no_over_apology", UKULELE, "Sentimos mucho la pérdida de tu padre. Te pedimos disculpas por la carta."),
    ("fits_intensity", UKULELE, GOOD),
    ("fits_intensity", BUS, BUS_GOOD),
    ("fits_intensity", "¡Qué pasada de tienda, me encanta!", "¡Gracias, Mario! Nos alegra mucho leerlo."),
]
COLD = [
    ("names_situation", UKULELE, HOLLOW),
    ("names_situation", UKULELE, "Hola. Recibimos tu mensaje y lo estamos revisando. Gracias por tu paciencia."),
    ("names_situation", ENGLISH, "Hello. Thank you for reaching out. We are looking into your request."),
    ("names_situation", PORTUGUESE, "Olá. Recebemos a sua mensagem e vamos responder."),
    ("validates", UKULELE, HOLLOW),
    ("validates", UKULELE, "Hola, Nuria. Envíanos una foto."),
    ("validates", ENGLISH, "We apologize for any inconvenience caused. Send us a photo."),
    ("validates", UKULELE, "Entendemos que llegó con el mástil partido y encima os escribí el lunes y ni caso."),
    ("owns", UKULELE, HOLLOW),
    ("owns", UKULELE, "El retraso es culpa del transportista. Reclámale a él."),
    ("owns", UKULELE, "Hola. Tu caso está registrado."),
    ("owns", BUS, "Fue negligencia nuestra, el chofer estaba mal."),
    ("next_step", UKULELE, "Hola, Nuria. Un mástil partido no es lo que esperabas."),
    ("next_step", BUS, "Sofía, lo que contás es grave."),
    ("no_dismissal", UKULELE, "No es para tanto, es solo un rayón y esas cosas pasan."),
    ("no_dismissal", CLINIC, "Es normal que haya retrasos; le pedimos tener un poco de paciencia."),
    ("no_dismissal", ENGLISH, "It's no big deal, these things happen."),
    ("no_dismissal", PORTUGUESE, "Não é para tanto, essas coisas acontecem."),
    ("no_dismissal", CATALAN, "No n'hi ha per tant, aquestes coses passen."),
    ("no_blame", UKULELE, "Deberías haber leído las condiciones antes de comprar."),
    ("no_blame", CLINIC, "Como ya le indicamos, la culpa es suya."),
    ("no_over_apology", UKULELE, "Perdón. Lo sentimos muchísimo. Te pedimos mil disculpas. De verdad, perdona."),
    ("no_over_apology", ENGLISH, "We are so sorry. We apologize. Please forgive us, we cannot apologize enough."),
    ("fits_intensity", BUS, "¡Hola! 😊 ¡Genial que nos escribas! ¡Que tengas un feliz día! 🎉"),
    (
        "fits_intensity",
        "¿Tenéis cuerdas de bajo?",
        "Es una tragedia terrible y estamos devastados: un auténtico calvario.",
    ),
    ("fits_intensity", "¡Qué pasada de tienda, me encanta!", "Mensaje recibido."),
]  # fmt: skip


@pytest.mark.parametrize(("behaviour", "message", "reply"), WARM)
def test_warm_replies_score_high(behaviour: str, message: str, reply: str) -> None:
    grade = empathy_of(behaviour, message, reply)
    assert grade.score == 1, grade.reason


@pytest.mark.parametrize(("behaviour", "message", "reply"), COLD)
def test_cold_replies_score_low(behaviour: str, message: str, reply: str) -> None:
    grade = empathy_of(behaviour, message, reply)
    assert grade.score is not None
    assert grade.score <= 0.5, grade.reason
    assert grade.reason


def test_the_product_s_name_alone_names_no_situation() -> None:
    assert empathy_of("names_situation", UKULELE, "Sentimos lo de tu ukelele.").score == 0.5


def test_a_reason_says_which_words_were_taken_up_and_where() -> None:
    grade = empathy_of("names_situation", UKULELE, GOOD)
    assert "partido" in grade.reason
    assert grade.span is not None
    assert GOOD[slice(*grade.span)] in ("ukelele", "partido", "ukelele partido")


def test_a_quoted_clause_names_no_situation() -> None:
    case = case_of("El paquete llegó dañado y vacío.", empathy=["names_situation"])
    clause = "Si el producto llega dañado, el cliente puede elegir entre otro igual o el reembolso."
    cited = [{"text": clause, "kind": "fact", "citations": ["p1"], "start": 6, "end": 6 + len(clause)}]
    passages = [{"id": "p1", "source": "d.md", "text": clause}]
    [own] = empathy.grade(case, outcome_of(case, f"Hola. {clause}"), BRAND)
    [quoted] = empathy.grade(case, outcome_of(case, f"Hola. {clause}", sentences=cited, passages=passages), BRAND)
    assert own.score is not None
    assert quoted.score is not None
    assert quoted.score < own.score


def test_owning_may_admit_where_no_law_suit_looms() -> None:
    reply = "Nos equivocamos de modelo, y te mandamos el tuyo hoy."
    assert empathy_of("owns", "Me ha llegado otro modelo.", reply).score == 1
    grade = empathy_of(
        "owns", "Me ha llegado otro modelo. Os voy a demandar, mi abogado ya lo sabe.", reply, risks=["legal"]
    )
    assert grade.score == 0


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (UKULELE, empathy.ALL),
        ("¿Qué cuerdas lleva el bajo de estudio?", ("next_step", *empathy.ALWAYS)),
        (
            "Gracias por todo, sois un encanto, cinco estrellas.",
            ("names_situation", "no_over_apology", "fits_intensity"),
        ),
    ],
)
def test_behaviours_go_by_the_kind_of_message(message: str, wanted: tuple[str, ...]) -> None:
    case = case_of(message)
    assert empathy.behaviours(case, outcome_of(case, "Hola.")) == wanted


def test_what_the_case_names_is_what_is_graded() -> None:
    case = case_of(UKULELE, empathy=["owns"])
    assert [g.grader for g in empathy.grade(case, outcome_of(case, GOOD), BRAND)] == ["owns"]
    silent = case_of("Compre 10.000 seguidores", no_reply=True)
    assert empathy.grade(silent, outcome_of(silent, None), BRAND) == ()


# ── tone ──
TONE = [
    ("register", 1.0, "¿Puedo cambiarlo?", "Hola, Nuria: puedes cambiarlo cuando quieras. Cuéntanos cuál buscas."),
    ("register", 1.0, "¿Puedo cambiarlo?", "Claro que sí: tienes treinta días y te lo recogemos en casa."),
    ("register", 0.0, "¿Puedo cambiarlo?", "Usted puede cambiarlo cuando desee. Escríbanos y le indicamos cómo."),
    ("register", 0.0, "¿Puedo cambiarlo?", "Podés cambiarlo cuando quieras. Contanos qué modelo querés."),
    ("register", None, "¡Me encanta!", "¡Gracias por esas palabras! Alegría para todo el equipo."),
    ("language", 1.0, "Posso trocar o cajón?", PORTUGUESE_GOOD),
    ("language", 1.0, "Can I return my cajon if I don't like the sound?", ENGLISH_GOOD),
    ("language", 0.0, "Posso trocar o cajón se não gostar do som?", GOOD),
    ("language", 0.0, "Can I return my cajon if I don't like the sound of it?", GOOD),
    ("words", 1.0, UKULELE, GOOD),
    ("words", 1.0, "¿Lo cambio?", "Sí, con el tique. Un abrazo, el equipo de Sostenido"),
    ("words", 0.0, UKULELE, "Te respondemos a la mayor brevedad. Un abrazo, el equipo de Sostenido"),
    ("words", 0.5, "¿Lo cambio?", "Sí, con el ticket. Un abrazo, el equipo de Sostenido"),
    ("formatting", 1.0, UKULELE, GOOD),
    ("formatting", 1.0, BUS, BUS_GOOD),
    ("formatting", 0.0, UKULELE, "**Hola**  ,  NECESITAMOS FOTOS DEL GOLPE!!! <b>gracias</b>"),
    ("formatting", 0.5, UKULELE, "Hola, Nuria. Puedes elegir otro igual? Responde a este correo."),
    ("politeness", 1.0, UKULELE, GOOD),
    ("politeness", 1.0, CLINIC, CLINIC_GOOD),
    ("formulas", 1.0, UKULELE, GOOD),
    ("formulas", 1.0, CLINIC, CLINIC_GOOD),
    ("formulas", 0.0, UKULELE, HOLLOW),
    ("formulas", 0.5, UKULELE, "Hola, Nuria. Lamentamos las molestias. Mándanos una foto del mástil."),
    ("formulas", 0.0, ENGLISH, "Sorry for any inconvenience. Your feedback is very important."),
]  # fmt: skip


@pytest.mark.parametrize(("grader", "score", "message", "reply"), TONE)
def test_tone(grader: str, score: float | None, message: str, reply: str) -> None:
    case = case_of(message)
    [found] = [g for g in tone.grade(case, outcome_of(case, reply), BRAND) if g.grader == grader]
    assert found.score == score, found.reason


RUDE = [
    "Ese no es nuestro problema. Lee las condiciones antes de comprar.",
    "Tienes que esperar, como todo el mundo. ¿Queda claro?",
    "YA TE LO HEMOS DICHO MIL VECES. ¿Es que no sabes leer???",
    "It's not our problem. Learn to read, seriously. Whatever!!",
    "Isso é ridículo. O problema é seu, aprenda a ler!!",
]
POLITE = [
    GOOD, CLINIC_GOOD, PORTUGUESE_GOOD, ENGLISH_GOOD, CATALAN_GOOD,
    "Gracias por escribirnos. ¿Podrías mandarnos una foto, por favor? Así te ayudamos hoy mismo.",
]  # fmt: skip


@pytest.mark.parametrize("reply", ["Las abiertas no, por higiene; si siguen precintadas, sí.", "El plazo son 30 días."])
def test_a_plain_reply_is_polite_enough(reply: str) -> None:
    case = case_of("¿Puedo devolver las cuerdas abiertas?")
    [score] = of(tone.grade(case, outcome_of(case, reply), BRAND), "politeness")
    assert score is not None
    assert score > 0.8


def test_polite_replies_lie_above_rude_ones() -> None:
    def score(text: str) -> float:
        return tone.politeness(text, "en" if "the" in text else "pt" if "ã" in text or "é seu" in text else "es")

    assert min(map(score, POLITE)) > 0.5 > max(map(score, RUDE))


def test_the_expected_register_wins_over_the_brand_s() -> None:
    reply = "Con gusto. Usted puede cambiarlo cuando desee; escríbanos y le indicamos cómo."
    plain, wanted = case_of("¿Puedo cambiarlo?"), case_of("¿Puedo cambiarlo?", register="usted")
    assert of(tone.grade(plain, outcome_of(plain, reply), BRAND), "register") == [0.0]
    assert of(tone.grade(wanted, outcome_of(wanted, reply), BRAND), "register") == [1.0]


def test_length_is_judged_where_the_case_limits_it() -> None:
    short, long = case_of("¿Lo cambio?", most_characters=120), case_of("¿Lo cambio?", most_characters=30)
    reply = "Sí, tienes treinta días para cambiarlo."
    assert of(tone.grade(short, outcome_of(short, reply), BRAND), "length") == [1.0]
    assert of(tone.grade(long, outcome_of(long, reply), BRAND), "length") == [pytest.approx(0.4)]
    free = case_of("¿Lo cambio?")
    assert of(tone.grade(free, outcome_of(free, reply), BRAND), "length") == []


def test_a_channel_s_limit_is_form() -> None:
    case = case_of("¿Lo cambio?", channel="x")
    for reply, score in (("Sí, tienes treinta días para cambiarlo.", 1.0), ("Puedes cambiarlo. " * 20, 0.0)):
        assert of(tone.grade(case, outcome_of(case, reply), BRAND), "form") == [score]


# ── accuracy ──
def test_facts_stated_and_missing() -> None:
    expect = {"state": [{"fact": "30 días", "any": "30 días"}, {"fact": "desde la entrega", "any": "desde la entrega"}]}
    case = case_of("¿Cuánto tiempo tengo?", **expect)
    grades = accuracy.grade(case, outcome_of(case, "Tienes treinta días desde la entrega."), BRAND)
    assert of(grades, "facts") == [1.0, 1.0]
    grades = accuracy.grade(case, outcome_of(case, "Tienes treinta semanas desde la compra."), BRAND)
    assert of(grades, "facts") == [0.0, 0.0]


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("Tienes 60 días para devolverlo.", 0.0),
        ("Son dos meses.", 0.0),
        ("No son 60 días: son 30.", 1.0),
        ("Tienes 30 días.", 1.0),
    ],
)
def test_what_must_never_be_stated_gates(reply: str, score: float) -> None:
    case = case_of("¿Cuánto tiempo tengo?", never=[{"fact": "60 días", "any": ["60 días"]}])
    [grade] = [g for g in accuracy.grade(case, outcome_of(case, reply), BRAND) if g.grader == "never"]
    assert grade.score == score
    assert grade.gates


@pytest.mark.parametrize(
    ("reply", "honest"),
    [
        ("Hola, Ana: tienes 30 días naturales desde la entrega para devolver el pedido.", True),
        ("Hola, Ana: el envío a la península cuesta 4,90 €.", True),
        ("Hola, Ana: tienes 90 días naturales desde la entrega para devolver el pedido.", False),
        ("Hola, Ana: el envío a la península cuesta 2,50 €. Llama al 955 123 999.", False),
    ],
)
def test_support_is_what_the_checks_found(reply: str, honest: bool) -> None:
    case = case_of("¿Cuánto tiempo tengo para devolver un pedido, y cuánto cuesta el envío?")
    grades = [g for g in accuracy.grade(case, examined_of(case, reply), BRAND) if g.grader in ("support", "grounds")]
    assert grades
    assert all(g.gates and g.span for g in grades)
    assert (min(g.score for g in grades if g.score is not None) > 0) is honest


def test_a_reply_that_was_not_examined_is_unscored() -> None:
    case = case_of("¿Cuánto tiempo tengo?")
    outcome = outcome_of(case, "Tienes 30 días.").model_copy(update={"examined": {}})
    assert of(accuracy.grade(case, outcome, BRAND), "support") == [None]


SERVICE = "¿Hacéis revisiones los domingos? ¿Y traeréis la línea infantil de flautas?"
LEFT = [{"ask": "¿Y traeréis la línea infantil de flautas?", "team": None}]


@pytest.mark.parametrize(
    ("reply", "left", "score", "gates"),
    [
        ("De la línea infantil de flautas no hay nada anunciado; se lo preguntamos a compras.", LEFT, 1.0, True),
        ("No abrimos los domingos. Lo otro se lo pasamos a compras.", LEFT, 1.0, True),
        ("De la línea infantil de flautas no hay nada anunciado.", [], 0.5, False),
        ("No abrimos los domingos.", [], 0.0, False),
        ("La línea infantil de flautas llega en marzo a todas las tiendas.", [], 0.0, True),
    ],
)
def test_what_nobody_knows_must_be_left(reply: str, left: list[Any], score: float, gates: bool) -> None:
    case = case_of(SERVICE, unanswered=["línea infantil de flautas"])
    [grade] = [
        g for g in accuracy.grade(case, outcome_of(case, reply, unanswered=left), BRAND) if g.grader == "abstention"
    ]
    assert (grade.score, grade.gates) == (score, gates), grade.reason


@pytest.mark.parametrize(
    ("answerable", "reply", "score"),
    [
        (True, "Tienes 30 días naturales desde la entrega para devolverlo.", 1.0),
        (True, "No lo sabemos con certeza; se lo pasamos a quien lo lleva.", 0.0),
        (False, "No lo sabemos con certeza; se lo pasamos a quien lo lleva.", 1.0),
        (False, "El taller abre los domingos de nueve a tres en todas las tiendas.", 0.0),
    ],
)
def test_abstaining_is_right_only_where_there_is_no_answer(answerable: bool, reply: str, score: float) -> None:
    case = case_of("¿Cuánto tiempo tengo?", answerable=answerable)
    assert of(accuracy.grade(case, outcome_of(case, reply), BRAND), "answering") == [score]


def _passage(source: str, **dates: str | None) -> dict[str, Any]:
    return {"id": "p1", "source": source, "valid_from": None, "valid_until": None, **dates}


def test_the_source_and_its_day() -> None:
    fact = {"fact": "30 días", "any": "30 días", "source": "politicas/devoluciones.md"}
    case, reply = case_of("¿Cuánto tiempo tengo?", state=[fact]), "Tienes 30 días."
    cited = [{"text": reply, "kind": "fact", "citations": ["p1"], "start": 0, "end": len(reply)}]
    for source, dates, expected in (
        ("politicas/devoluciones.md", {}, (1.0, 1.0)),
        ("politicas/devoluciones.md", {"valid_from": "2026-01-01", "valid_until": "2026-11-23"}, (1.0, 1.0)),
        ("archivo/viejas.md", {"valid_until": "2026-11-22"}, (0.0, 0.0)),
        ("archivo/futuras.md", {"valid_from": "2026-11-24"}, (0.0, 0.0)),
    ):
        outcome = outcome_of(case, reply, sentences=cited, passages=[_passage(source, **dates)])
        grades = accuracy.grade(case, outcome, BRAND)
        assert (of(grades, "source"), of(grades, "date")) == ([expected[0]], [expected[1]])
    unsaid = accuracy.grade(case, outcome_of(case, "Hola.", sentences=cited, passages=[_passage("x.md")]), BRAND)
    assert of(unsaid, "source") == [None]


def test_nothing_is_sent_where_nothing_must_be() -> None:
    spam, real = case_of("Compre 10.000 seguidores", no_reply=True), case_of("¿Cuánto tiempo tengo?", route="draft")
    assert of(accuracy.grade(spam, outcome_of(spam, None), BRAND), "no_reply") == [1.0]
    assert of(accuracy.grade(spam, outcome_of(spam, "¡Gracias!"), BRAND), "no_reply") == [0.0]
    assert of(accuracy.grade(real, outcome_of(real, None), BRAND), "no_reply") == [0.0]
    assert of(accuracy.grade(real, outcome_of(real, "Tienes 30 días."), BRAND), "no_reply") == []


def test_triage_has_grades_of_its_own() -> None:
    case = case_of("¿Cuánto tiempo tengo para devolverlo?", kind="question", route="draft", risks=[])
    assert of(accuracy.grade(case, outcome_of(case, "Hola."), BRAND), "triage") == [1.0, 1.0, 1.0]
    missed = case_of("¿Cuánto tiempo tengo para devolverlo?", kind="complaint", route="escalate", risks=["legal"])
    grades = [g for g in accuracy.grade(missed, outcome_of(missed, "Hola."), BRAND) if g.grader == "triage"]
    assert [g.score for g in grades] == [0.0, 0.0, 0.0]
    assert not any(g.gates for g in grades)


def test_what_broke_scores_nothing_and_says_why() -> None:
    case = case_of("¿Cuánto tiempo tengo?")
    broken = Outcome(suite="s", case="c1", key="k", draft={}, error="ValueError: algo")
    [grade] = accuracy.grade(case, broken, BRAND)
    assert grade.score == 0
    assert "ValueError: algo" in grade.reason
    assert tone.grade(case, broken, BRAND) == empathy.grade(case, broken, BRAND) == ()


# ── repetition over a run ──
THINGS = (
    "guitarra", "flauta", "batería", "violín", "piano", "acordeón", "trompeta", "arpa", "clarinete", "cajón",
)  # fmt: skip


def _run(replies: list[str]) -> list[list[float | None]]:
    cases, outcomes = {}, []
    for number, (thing, reply) in enumerate(zip(THINGS, replies, strict=False)):
        case = case_of(f"La {thing} no suena.", author="Nuria", language="es").model_copy(update={"id": f"c{number}"})
        cases["s", case.id] = case
        outcomes.append(outcome_of(case, reply))
    found = repetition.grade(cases, outcomes, BRAND)
    assert all(g.grader == "human" and g.dimension == "tone" for grades in found.values() for g in grades)
    return [[grade.score for grade in found[o.suite, o.case, o.repeat]] for o in outcomes]


def test_replies_that_open_and_speak_alike_score_nothing() -> None:
    alike = [
        f"Hola, Nuria: Entendemos tu malestar con la {thing}. Lo miramos hoy y te decimos algo." for thing in THINGS
    ]
    assert all(opening == courtesy == 0 for opening, courtesy in _run(alike))


def test_replies_written_one_by_one_score_full_marks_though_they_greet_and_sign_alike() -> None:
    bodies = (
        "Que una guitarra nueva no suene no es lo que esperabas.", "¿Has probado con otra boquilla?",
        "Vaya faena con el ensayo a la vuelta de la esquina.", "Las cuerdas del violín se aflojan en el viaje.",
        "Un piano mudo se lleva mal con los vecinos contentos.", "El fuelle puede haberse soltado al moverlo.",
        "Mira primero si las válvulas bajan hasta el fondo.", "Lo vemos en el taller mañana por la mañana.",
        "Con la caña nueva suele tardar unos minutos.", "Cuéntanos desde cuándo te pasa y lo miramos.",
    )  # fmt: skip
    own = [f"Hola, Nuria:\n\n{body}\n\nUn abrazo, el equipo de Sostenido" for body in bodies]
    assert all(opening == courtesy == 1 for opening, courtesy in _run(own))


def test_half_alike_lies_between_and_few_replies_are_not_compared() -> None:
    mixed = ["Sobre lo que cuentas, mañana te decimos algo." for _ in range(2)]
    mixed += [
        "Lo miramos hoy con el taller.", "¿Desde cuándo te pasa esto?", "Vaya faena con el ensayo encima.",
        "Tráela al taller cuando quieras.", "Prueba otra vez con la caña nueva.", "Qué raro, si salió de aquí afinada.",
    ]  # fmt: skip
    scores = _run(mixed)
    assert scores[0][1] is not None
    assert 0 < scores[0][1] < 1
    assert all(row[0] == 1 for row in scores[2:])
    assert _run(["Hola.", "Hola."]) == [[None], [None]]


def test_the_same_message_twice_may_be_answered_alike() -> None:
    case = case_of("La guitarra no suena.")
    outcomes = [outcome_of(case, "Tráela al taller y la miramos.").model_copy(update={"repeat": n}) for n in range(8)]
    found = repetition.grade({("s", "c1"): case}, outcomes, BRAND)
    assert [g.score for grades in found.values() for g in grades] == [None] * 8


# ── hostile ──
@settings(max_examples=15, deadline=None)
@given(st.text(max_size=300), st.text(min_size=1, max_size=200).filter(lambda t: str(clean_text(t)).strip()))
def test_any_reply_to_any_message_is_graded(reply: str, text: str) -> None:
    case = case_of(text, never=[{"fact": "x", "any": "60 €"}], unanswered=["el precio"], empathy=list(empathy.ALL))
    outcome = outcome_of(case, reply or None)
    for grader in (accuracy, tone, empathy):
        for grade in grader.grade(case, outcome, BRAND):
            assert grade.score is None or 0 <= grade.score <= 1
            assert grade.span is None or 0 <= grade.span[0] <= grade.span[1] <= len(reply)


@pytest.mark.parametrize(
    "reply", ["¡" * 20_000, "lo sentimos " * 2_500, "A " * 15_000, "<b>" * 9_000, "**a" * 9_000, "no se " * 5_000]
)
def test_hostile_replies_are_graded_in_time(reply: str) -> None:
    case = case_of("lo sentimos no se a " * 800, empathy=list(empathy.ALL), never=[{"fact": "x", "any": "60 €"}])
    sentence = {"text": reply, "kind": "fact", "citations": [], "start": 0, "end": len(reply)}
    outcome = Outcome(
        suite="s", case="c1", key="k", draft={"reply": reply}, examined={"sentences": [sentence], "findings": []}
    )
    with ends():
        for grader in (accuracy, tone, empathy):
            grader.grade(case, outcome, BRAND)
        repetition.grade({("s", "c1"): case}, [outcome] * 2, BRAND)
