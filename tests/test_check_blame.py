"""Blame and hollow formulas, in four languages."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from voz.brand import Brand
from voz.case import Case, Draft, Message
from voz.checks.blame import check

COMPANIES = Path(__file__).parent / "companies"


def _shown(reply: str) -> list[str]:
    case = Case(message=Message(text="hola"), today=dt.date(2026, 1, 1), draft=Draft(reply=reply))
    found = check(case, Brand())
    assert all(reply[f.start : f.end].strip() for f in found)
    return [f.severity for f in found]


@pytest.mark.parametrize(
    "reply",
    [
        "Deberías haber leído las condiciones antes de comprar.",
        "Como ya te dijimos, el plazo venció ayer.",
        "Es culpa tuya por no cerrar la caja.",
        "Si hubieras avisado antes, lo tendrías en casa.",
        "Ese no es nuestro problema.",
        "Cálmate, por favor.",
        "Tal y como le hemos indicado, no procede.",
        "La próxima vez lea bien las condiciones.",
        "Debería haber revisado el pedido al recibirlo.",
        "Usted no siguió las instrucciones del manual.",
        "Tendrías que haberlo pensado antes de pagar.",
        "Eso es problema suyo.",
        "Estás exagerando un poco.",
        "Usted debió leer la letra pequeña.",
        "Eres el único que se queja de este modelo.",
        "Calmate, que no es para tanto.",
        "Como já lhe dissemos, o prazo terminou ontem.",
        "A culpa é sua por não ler as condições.",
        "As we already told you, the deadline has passed.",
        "It was your own fault.",
        "You should have read the terms first.",
        "Hauries d'haver llegit les condicions abans.",
        "Com ja t'hem dit, no es pot tornar.",
    ],
)
def test_blame_is_warned_of(reply: str) -> None:
    assert _shown(reply)[:1] == ["warn"]


@pytest.mark.parametrize(
    "reply",
    [
        "Lamentamos las molestias ocasionadas.",
        "Lamentamos cualquier inconveniente que haya podido tener.",
        "Su opinión es muy importante para nosotros.",
        "Le responderemos a la mayor brevedad.",
        "Disculpe los inconvenientes.",
        "Pedimos disculpas por las molestias.",
        "Entendemos su frustración.",
        "Disculpa si te has sentido así.",
        "Gracias por su comprensión.",
        "No dude en contactarnos si necesita algo.",
        "Lamentamos o transtorno causado.",
        "A sua opinião é muito importante para nós.",
        "We apologise for any inconvenience caused.",
        "Your feedback is very important to us.",
        "Lamentem les molèsties.",
        "La teva opinió és molt important per a nosaltres.",
    ],
)
def test_hollow_formulas_are_warned_of(reply: str) -> None:
    assert _shown(reply) == ["warn"]


@pytest.mark.parametrize(
    "reply",
    ["Eres un maleducado y no te vamos a ayudar.", "Aprenda a leer antes de escribir.", "You are rude and a liar."],
)
def test_an_insult_is_blocked(reply: str) -> None:
    assert "block" in _shown(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "No es culpa tuya: nos equivocamos nosotros al preparar la caja.",
        "Tienes razón: deberíamos haber avisado antes.",
        "Perdón por las tres semanas de silencio.",
        "Sentimos que la bici llegara rota la víspera del cumpleaños.",
        "Deberías haber recibido un correo con el código; si no llegó, dínoslo.",
        "Ya le avisamos a Seguridad Operativa.",
        "«Es culpa tuya», te dijeron, y eso no se le dice a nadie.",
        "Escuchamos lo que cuentas y lo revisamos hoy mismo.",
        "La sucursal de Morón abre de nueve a una y queda a dos cuadras.",
        "El paquete es pesado: lo subimos entre dos.",
        "Obrigado por contar: não é culpa sua, e vamos resolver.",
        "It was not your fault, and we will put it right.",
    ],
)
def test_what_only_sounds_like_it_passes(reply: str) -> None:
    assert _shown(reply) == []


@pytest.mark.parametrize("company", ["pedales", "naranjo", "rio"])
def test_honest_replies_of_the_test_companies_pass(company: str) -> None:
    rows = [json.loads(x) for x in (COMPANIES / company / "claims.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [r["reply"] for r in rows if r["label"] == "honest" and _shown(r["reply"])] == []
