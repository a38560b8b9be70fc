"""Mails as programs write them: what they quote below an answer is not the customer's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voz.helpdesk.mail_message import read_mail
from voz.helpdesk.quoted import own_words, quoting_text

OWN, REPLY = "Sigo sin recibirlo.", "Hola, Ana: te devolvemos 49 €. ¿Te parece bien?"
HEAD = "From: Ana <a@e.com>\r\nMessage-ID: <2@e>\r\nMIME-Version: 1.0\r\nSubject: {}\r\n"


def read(text: str, kind: str = "html", subject: str = "Re: pedido") -> str:
    return read_mail(f"{HEAD.format(subject)}Content-Type: text/{kind}; charset=utf-8\r\n\r\n{text}".encode()).text


GMAIL = (
    f'<div dir="ltr">{OWN}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">El lun, 2 mar 2026 '
    'a las 10:00, Ayuda (&lt;<a href="mailto:ayuda@t.es">ayuda@t.es</a>&gt;) escribió:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">'
    f"<p>{REPLY}</p></blockquote></div>"
)
APPLE = (
    f"<body>{OWN}<br><div><br><blockquote type='cite'><div>On 2 Mar 2026, at 10:00, Ayuda &lt;ayuda@t.es&gt; wrote:"
    f"</div><br><div>{REPLY}<blockquote>más viejo</blockquote></div></blockquote></div></body>"
)
OUTLOOK = (
    f'<div>{OWN}</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg" dir="ltr"><b>De:</b> Ayuda<br>'
    f"<b>Enviado:</b> lunes, 2 de marzo<br><b>Para:</b> Ana<br><b>Asunto:</b> x</div><div>{REPLY}</div>"
)
WORD = (
    f'<p class=MsoNormal>{OWN}</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal>'
    "<b>From:</b> Ayuda &lt;ayuda@t.es&gt; <br><b>Sent:</b> Monday<br><b>To:</b> Ana<br><b>Subject:</b> x</p></div>"
    f"<p>{REPLY}</p>"
)
YAHOO = f'<div>{OWN}</div><div class="yahoo_quoted"><div>Em segunda-feira, 2 de março</div><div>{REPLY}</div></div>'


@pytest.mark.parametrize("mail", [GMAIL, APPLE, OUTLOOK, WORD, YAHOO], ids="gmail apple outlook word yahoo".split())
def test_html_without_what_it_quotes(mail: str) -> None:
    assert read(mail) == OWN
    assert OWN in read(mail.replace(OWN, f"{OWN}</div><div>{OWN}"))


PLAIN = {
    "original": "-----Mensaje original-----\nDe: Ayuda <ayuda@t.es>\nEnviado: lunes\nAsunto: x\n\n" + REPLY,
    "original en": " \n-----Original Message-----\nFrom: Ayuda\n\n" + REPLY,
    "original pt": "_____ Mensagem original _____\n" + REPLY,
    "headers": "________________________________\nDe: Ayuda\nEnviado el: lunes\nPara: Ana\nAsunto: x\n\n" + REPLY,
    "headers en": "*From:* Ayuda <ayuda@t.es>\n*Date:* Monday\n*To:* Ana\n\n" + REPLY,
    "headers pt": "De: Ayuda\nEnviada em: segunda\nPara: Ana\nAssunto: x\n" + REPLY,
    "wrote": "El 2 mar 2026, a las 10:00, Ayuda <ayuda@t.es> escribió:\n\n" + REPLY,
    "wrapped": "On Mon, 2 Mar 2026 at 10:00 Ayuda\n<ayuda@t.es> wrote:\n\n" + REPLY,
    "wrapped pt": "Em seg., 2 de mar. de 2026 às 10:00, Ayuda <ayuda@t.es>\nescreveu:\n" + REPLY,
    "behind": "El lun, 2 mar 2026, Ayuda escribió:\n> " + REPLY,
}  # fmt: skip


@pytest.mark.parametrize("quoted", PLAIN.values(), ids=PLAIN)
def test_plain_without_what_it_quotes(quoted: str) -> None:
    assert read(f"{OWN}\n\n{quoted}\n", "plain") == OWN
    assert REPLY in read(quoted, "plain")  # nothing of their own: then all of it


KEPT = {
    "a trip": "Billetes:\nDe: Madrid\nFecha: 3 de abril\nPara: Sevilla",
    "a story": "El 3 de marzo vuestro agente me escribió:\nle devolvemos 49 €\nY no es verdad.",
    "an address": "Os escribí desde ana@e.com.\nMi hermana también escribió:\nnada.",
    "bottom": "Hola:\n\nEl lun, 2 mar 2026, Ayuda <ayuda@t.es> escribió:\n> ¿Qué talla?\n\nLa M.",
    "a list": "De: la tienda\nMal: la caja\nBien: la taza",
    "dashes": "----- Pedido 12 -----\nuna taza",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_the_customer_says_stays(text: str) -> None:
    assert read(text, "plain") == text


def test_html_that_is_the_customers_own_stays() -> None:
    below = f"<p>Ayuda escribió:</p><blockquote>{REPLY}</blockquote><p>{OWN}</p>"
    assert read(below).endswith(OWN)
    indented = f'<p>Esto:</p><blockquote style="margin:0 0 0 40px;border:none;padding:0px">{OWN}</blockquote>'
    assert OWN in read(indented)
    assert REPLY in read(OUTLOOK, subject="RV: pedido")  # sent on, to be read
    assert REPLY in read(f"{OWN}\n\n{PLAIN['headers']}", "plain", "Fwd: pedido")
    assert quoting_text("a\ue000b\ue001\ue002c") == "abc"


@given(st.lists(st.sampled_from(["<blockquote>", "</blockquote>", '<div id="divRplyFwdMsg">', "De: a@b\n", "Sent: x\n",
                                 "To: x\n", "wrote:\n", "<p>", "hola", "\ue000", "> ", "<!--", "-----", "\n"]),
                max_size=30).map("".join))  # fmt: skip
def test_whatever_stands_in_it(text: str) -> None:
    assert isinstance(own_words(quoting_text(text)), str)
    assert bool(own_words(text)) == bool(text.strip("\ue002 \n"))


def test_a_monstrous_text() -> None:
    for piece in ("<blockquote>", "De: a@b\n", "wrote:\n", "a@b wrote:\n", "-" * 50, "x\n", "-----Original"):
        text = piece * (500_000 // len(piece))
        assert len(own_words(text)) <= len(text)
        assert len(own_words(quoting_text(text))) <= len(text) * 2
