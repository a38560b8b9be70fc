# ruff: noqa: E501
"""A brand read from prose: three company folders and three more guides in other forms."""

from __future__ import annotations

from pathlib import Path

import pytest
from patience import ends

from voz.brand import Brand, Voice
from voz.brand_files import load_brand_files
from voz.init import propose, render, write
from voz.knowledge.read import read_source
from voz.prose_brand import brand_from_prose, load_brand, over_prose
from voz.prose_money import money

COMPANIES = Path(__file__).parent / "companies"
SUFFIXES = (".md", ".html", ".csv")

TABLE = """\
# Guía de estilo de Óptica Lince

## Trato

Tuteamos en redes y chat. En correo y formulario, de usted.

## Formato por canal

| Canal | Máximo | Emojis | Firma |
|---|---|---|---|
| Correo | 150 palabras | ninguno | «Atentamente, el equipo de Óptica Lince» |
| Instagram | 400 caracteres | 2 | sin firma |
| X | 280 caracteres | 1 | sin firma |
| Reseñas de Google | 4 frases | ninguno | «Óptica Lince» |

## Vocabulario

| No decimos | Decimos |
|---|---|
| lentes | gafas |
| incidencia, problema técnico | lo que ha pasado |

## Límites de compensación

| Quién | Hasta | En forma de |
|---|---|---|
| Asesora de tienda | 20 € | vale |
| Encargado de tienda | 80 € | vale o descuento |
| Dirección | sin límite | cualquiera |

Nadie promete una fecha de entrega que el laboratorio no haya confirmado, ni reconoce responsabilidad en una lesión.

## Quién es quién

| Equipo | De qué sabe | Contacto |
|---|---|---|
| Laboratorio | monturas, cristales, plazos de fabricación | lab@opticalince.example |
| Gabinete legal | denuncias, abogados | legal@opticalince.example |
"""

QUESTIONS = """\
# Preguntas que nos hacemos al contestar

### ¿Tuteamos o tratamos de usted?

De usted, siempre.

### ¿Cómo saludamos?

«Estimada familia», nunca. Empezamos con «Buenas tardes, señor Rojas:».

### ¿Cómo nos despedimos?

En correo, con «Cordialmente, Clínica Dental Andes». En WhatsApp no hace falta firmar.

### ¿Usamos emojis?

No usamos emojis.

### ¿Cuánto nos extendemos?

En WhatsApp, dos o tres frases. En correo, 120 palabras como máximo. SMS: 160 caracteres.

### ¿Qué palabras evitamos?

Evitamos: caso, paciente difícil, lamentamos los inconvenientes.

### ¿Quién sabe de presupuestos?

Recepción.

### ¿Quién se ocupa de las urgencias y los accidentes?

Dirección Médica.

### ¿Quién puede dar un descuento?

Recepción puede dar un descuento de hasta $ 30.000. La gerente de sede, hasta $ 120.000. Por encima de eso, la Gerencia General.

### ¿Qué no prometemos?

No prometemos resultados de un tratamiento, ni la aprobación del seguro, ni un reembolso antes de la auditoría.
"""

PORTUGUESE = """\
# Como falamos na Livraria Farol

Tratamos os leitores por você, com calma e sem floreados, e respondemos em português ou em espanhol.

Começamos com «Olá» e o nome. Nos e-mails despedimo-nos com «Boas leituras, a equipa da Livraria Farol»; nas redes não é preciso assinar.

Não dizemos «prezado cliente», «lamentamos o incómodo» nem «política da empresa». Nunca usamos mais de um emoji por mensagem.

No X temos 280 caracteres; no Instagram, até 60 palavras; nos e-mails, até 150 palavras.

Quem atende pode oferecer um vale até 10 €. A responsável da loja, até 40 €. Acima disso, a direção.

Ninguém promete datas de reposição nem admite culpa num acidente.

Das encomendas trata a Logística; das faturas, trata a Contabilidade. Os jornalistas são com a Comunicação.
"""


def folder(name: str) -> list[tuple[str, str]]:
    home = COMPANIES / name / "knowledge"
    paths = sorted(path for path in home.rglob("*") if path.suffix in SUFFIXES)
    return [(path.relative_to(home).as_posix(), read_source(path, path.read_bytes()).markdown) for path in paths]


@pytest.fixture(scope="module")
def brands() -> dict[str, Brand]:
    return {name: brand_from_prose(folder(name)) for name in ("pedales", "naranjo", "rio")}


def grants(brand: Brand, role: str) -> dict[tuple[str, str | None], float | None]:
    return {(g.action, g.currency): g.up_to for g in brand.role(role).grants}


def test_company_country_address_and_languages(brands: dict[str, Brand]) -> None:
    seen = {n: (b.voice.company, b.voice.country, b.voice.address) for n, b in brands.items()}
    assert seen == {
        "pedales": ("Pedales y Punto", "ES", "tú"),
        "naranjo": ("Muebles El Naranjo", "MX", "usted"),
        "rio": ("Conecta Río", "AR", "vos"),
    }
    assert set(brands["pedales"].voice.languages) == {"es", "ca", "en", "pt"}
    assert brands["rio"].voice.languages[0] == "es"
    assert brands["rio"].address_for("email", "UY") == "vos"


def test_greeting_and_signoff(brands: dict[str, Brand]) -> None:
    assert brands["pedales"].voice.greeting == "Hola, {name}:"
    assert brands["naranjo"].voice.greeting == "Buen día, {name}:"
    assert brands["rio"].voice.greeting == "Hola, {name}:"
    assert brands["pedales"].voice.signoff == "Buen pedaleo,\nPedales y Punto"
    assert brands["naranjo"].voice.signoff == "Quedamos a sus órdenes,\nEquipo El Naranjo"
    assert brands["rio"].voice.signoff == "Saludos, el equipo de Conecta Río"
    assert brands["naranjo"].style("instagram").signoff == "Equipo El Naranjo"
    assert brands["naranjo"].style("whatsapp").signoff == "Quedamos a sus órdenes,\nEquipo El Naranjo"
    assert brands["naranjo"].style("x").signoff == ""
    assert brands["rio"].style("chat").signoff == "Quedamos por acá"
    assert brands["pedales"].style("whatsapp").signoff == ""


def test_a_graver_goodbye_for_who_is_hurt_or_angry(brands: dict[str, Brand]) -> None:
    lines = [line for line in brands["pedales"].lines if line.role == "signoff"]
    assert {line.text for line in lines} == {"Un saludo,\nPedales y Punto"}
    assert ("angry",) in [line.emotions for line in lines]
    assert ("safety",) in [line.risks for line in lines]
    assert "Buen pedaleo" not in brands["pedales"].voice.never


def test_words(brands: dict[str, Brand]) -> None:
    assert {"estimado cliente", "chollo", "lamentamos las molestias"} <= set(brands["pedales"].voice.never)
    assert "bici" not in brands["pedales"].voice.never
    assert brands["pedales"].voice.prefer == {"se procederá a revisar": "lo miramos"}
    assert {"momentito", "a la brevedad"} <= set(brands["naranjo"].voice.never)
    assert not {"producto", "folio", "con gusto"} & set(brands["naranjo"].voice.never)
    assert {"lamentablemente", "abonado", "seguro te lo acreditamos"} <= set(brands["rio"].voice.never)


def test_lengths(brands: dict[str, Brand]) -> None:
    assert brands["pedales"].style("email").max_words == 170
    assert brands["pedales"].style("play_store").max_words == 80
    assert brands["pedales"].style("sms").max_chars == 160
    assert brands["naranjo"].style("google_review").max_chars == 700
    assert brands["naranjo"].style("chat").max_words == 80
    assert brands["rio"].style("sms").max_chars == 160
    assert brands["rio"].style("email").max_chars == 1000
    assert brands["rio"].style("app_store").max_chars == 350


def test_emojis_and_exclamations(brands: dict[str, Brand]) -> None:
    for name, channels in (
        ("pedales", {"instagram", "whatsapp", "chat"}),
        ("naranjo", {"instagram", "facebook", "whatsapp"}),
        ("rio", {"instagram", "facebook", "whatsapp"}),
    ):
        voice = brands[name].voice
        assert voice.emojis == 0, name
        assert {style.channel for style in voice.channels if style.emojis} == channels
        assert "complaint" in voice.no_emojis_for, name
        assert voice.exclamations == 1, name
        assert "complaint" in voice.no_exclamations_for, name


def test_authority(brands: dict[str, Brand]) -> None:
    pedales, naranjo, rio = brands["pedales"], brands["naranjo"], brands["rio"]
    assert grants(pedales, "agent")["voucher", "EUR"] == 15
    assert grants(pedales, "lead")["voucher", "EUR"] == 60
    assert grants(pedales, "jefa-operaciones")["voucher", "EUR"] == 250
    assert grants(pedales, "admin")["voucher", None] is None
    assert grants(naranjo, "agent") == {("voucher", "MXN"): 500}
    assert grants(naranjo, "lead") == {("voucher", "MXN"): 3000}
    assert grants(rio, "agent") == {("voucher", "ARS"): 8000, ("voucher", "UYU"): 300}
    assert grants(rio, "lead") == {("voucher", "ARS"): 40000, ("voucher", "UYU"): 1500}
    assert rio.role("admin").name == "Gerencia de Clientes"


def test_an_internal_memo_grants_nothing(brands: dict[str, Brand]) -> None:
    sources = {o.source for b in brands.values() for o in b.origins if o.field.startswith("roles.")}
    assert sources == {"guia-de-voz.md", "manual-de-marca.html", "como-hablamos.md"}


def test_what_nobody_may_promise(brands: dict[str, Brand]) -> None:
    pedales = {bar.what: bar for bar in brands["pedales"].forbidden}
    assert pedales["una fecha de arreglo"].action == "deadline"
    assert pedales["una fecha de arreglo"].when == "que el taller no haya confirmado"
    assert pedales["una devolución"].role == "agent"
    assert "que algo no volverá a pasar" in pedales
    naranjo = {(bar.action, bar.when) for bar in brands["naranjo"].forbidden}
    assert {("refund", "antes del dictamen"), ("admit_liability", None), ("compensation", None)} <= naranjo
    assert "admit_liability" in {bar.action for bar in brands["rio"].forbidden}


def test_teams_either_way_round(brands: dict[str, Brand]) -> None:
    pedales, naranjo, rio = brands["pedales"], brands["naranjo"], brands["rio"]
    taller = pedales.team("taller")
    assert taller is not None
    assert "garantías" in taller.knows
    assert taller.contact == "taller@pedalesypunto.example"
    bodega = naranjo.team("entregas-bodega")
    assert bodega is not None
    assert bodega.knows == ("rutas", "fechas", "armadores")
    assert rio.team("personas").contact == "talento@conectario.example"  # type: ignore[union-attr]
    risks = {name: {r: t.id for t in b.teams for r in t.risks} for name, b in brands.items()}
    assert risks["pedales"] == {"safety": "seguridad", "press": "prensa", "discrimination": "personas"}
    assert risks["naranjo"] == {
        "legal": "juridico", "safety": "seguridad-producto", "press": "comunicacion",
        "discrimination": "comite-etica",
    }  # fmt: skip
    assert risks["rio"]["legal"] == "legales"
    assert risks["rio"]["discrimination"] == "integridad"


def test_contacts_are_the_companys_own_and_public(brands: dict[str, Brand]) -> None:
    assert brands["pedales"].voice.contacts[0] == "hola@pedalesypunto.example"
    assert "600 000 444" in brands["pedales"].voice.contacts
    assert "prensa@pedalesypunto.example" not in brands["pedales"].voice.contacts  # only in the guide
    naranjo = brands["naranjo"].voice.contacts
    assert "800 555 0177" in naranjo
    assert not {"55 5568 8722", "800 468 8722"} & set(naranjo)  # PROFECO's
    assert "0800-555-7426" in brands["rio"].voice.contacts


def test_every_origin_quotes_a_sentence_that_stands_in_its_document(brands: dict[str, Brand]) -> None:
    for name, brand in brands.items():
        documents = dict(folder(name))
        for origin in brand.origins:
            text = documents[origin.source].replace("*", "").replace("|", " ")
            words = origin.sentence.replace("*", "").replace("|", " ").split()[:5]
            assert " ".join(words) in " ".join(text.split()), origin
            line = " ".join(
                documents[origin.source].split("\n")[origin.line - 1].replace("*", "").replace("|", " ").split()
            )
            assert words[0] in line, origin


# ── three more guides, in other forms ──


def test_a_guide_in_tables() -> None:
    brand = brand_from_prose(
        [("estilo.md", TABLE), ("envios.md", "# Envíos\n\nEscríbenos a hola@opticalince.example. Cuesta 4 €.")]
    )
    assert (brand.voice.company, brand.voice.country) == ("Óptica Lince", "ES")
    assert brand.address_for("instagram") == "tú"
    assert brand.address_for("email") == "usted"
    assert brand.style("email").max_words == 150
    assert brand.style("instagram").max_chars == 400
    assert brand.style("google_review").max_sentences == 4
    assert (brand.style("instagram").emojis, brand.style("x").emojis, brand.voice.emojis) == (2, 1, 0)
    assert brand.voice.signoff == "Atentamente, el equipo de Óptica Lince"
    assert brand.style("google_review").signoff == "Óptica Lince"
    assert brand.voice.prefer["lentes"] == "gafas"
    assert brand.voice.prefer["problema técnico"] == "lo que ha pasado"
    assert grants(brand, "agent") == {("voucher", "EUR"): 20}
    assert grants(brand, "lead") == {("voucher", "EUR"): 80, ("discount", "EUR"): 80}
    assert grants(brand, "admin")["voucher", None] is None
    assert {bar.action for bar in brand.forbidden} == {"deadline", "admit_liability"}
    lab = brand.team("laboratorio")
    assert lab is not None
    assert lab.contact == "lab@opticalince.example"
    assert "cristales" in lab.knows
    assert brand.team("gabinete-legal").risks == ("legal",)  # type: ignore[union-attr]


def test_a_guide_in_questions_and_answers() -> None:
    policy = "# Clínica Dental Andes\n\nAtendemos en Bogotá y Medellín. NIT 900.000.000. Llame al 601 555 0100."
    brand = brand_from_prose([("interno/como-contestamos.md", QUESTIONS), ("sedes.md", policy)])
    assert (brand.voice.company, brand.voice.country) == ("Clínica Dental Andes", "CO")
    assert brand.voice.address == "usted"
    assert brand.voice.greeting == "Buenas tardes, {name}:"
    assert brand.voice.signoff == "Cordialmente, Clínica Dental Andes"
    assert brand.style("whatsapp").signoff == ""
    assert brand.voice.emojis == 0
    assert brand.style("whatsapp").max_sentences == 3
    assert brand.style("email").max_words == 120
    assert {"paciente difícil", "lamentamos los inconvenientes"} <= set(brand.voice.never)
    assert brand.team("recepcion").knows == ("presupuestos",)  # type: ignore[union-attr]
    assert brand.team("direccion-medica").risks == ("safety",)  # type: ignore[union-attr]
    assert grants(brand, "agent") == {("discount", "COP"): 30000}
    assert grants(brand, "lead") == {("discount", "COP"): 120000}
    assert grants(brand, "admin") == {("discount", None): None}
    barred = {bar.action: bar for bar in brand.forbidden}
    assert barred["refund"].when == "antes de la auditoría"
    assert "601 555 0100" in brand.voice.contacts


def test_a_guide_in_portuguese_prose() -> None:
    shop = "# Envios\n\nA encomenda chega em 3 dias a Lisboa e ao Porto. Pode pagar com MB WAY. Escreva para ola@livrariafarol.example."
    brand = brand_from_prose([("guia.md", PORTUGUESE), ("envios.md", shop)])
    voice = brand.voice
    assert (voice.company, voice.country, voice.address) == ("Livraria Farol", "PT", "usted")
    assert voice.languages[0] == "pt"
    assert "es" in voice.languages
    assert voice.greeting == "Olá, {name}:"
    assert voice.signoff == "Boas leituras, a equipa da Livraria Farol"
    assert brand.style("instagram").signoff == ""
    assert set(voice.never) == {"prezado cliente", "lamentamos o incómodo", "política da empresa"}
    assert voice.emojis == 1
    assert brand.style("x").max_chars == 280
    assert brand.style("instagram").max_words == 60
    assert brand.style("email").max_words == 150
    assert grants(brand, "agent") == {("voucher", "EUR"): 10}
    assert grants(brand, "lead") == {("voucher", "EUR"): 40}
    assert grants(brand, "admin") == {("voucher", None): None}
    assert {bar.action for bar in brand.forbidden} == {"deadline", "admit_liability"}
    assert brand.team("logistica").knows == ("encomendas",)  # type: ignore[union-attr]
    assert brand.team("contabilidad" + "e").knows == ("faturas",)  # type: ignore[union-attr]
    assert brand.team("comunicacao").risks == ("press",)  # type: ignore[union-attr]


# ── little or nothing to read ──


@pytest.mark.parametrize(
    ("text", "country", "address", "language"),
    [
        ("Tienes 30 días. El envío a la península cuesta 4 €. Puedes pagar con Bizum.", "ES", "tú", "es"),
        ("Su compra tiene garantía. Puede acudir a PROFECO. Cuesta $300.00 MXN.", "MX", "usted", "es"),
        ("Tenés 10 días. Si no te respondemos, podés ir a Defensa del Consumidor.", "AR", "vos", "es"),
        (
            "A encomenda chega em 3 dias. Pode pagar com Multibanco. O livro de reclamações está na loja.",
            "PT",
            "usted",
            "pt",
        ),
    ],
)
def test_defaults_by_country_where_no_guide_stands(text: str, country: str, address: str, language: str) -> None:
    brand = brand_from_prose([("condiciones.md", f"# Condiciones\n\n{text}")])
    assert (brand.voice.country, brand.voice.address) == (country, address)
    assert brand.voice.greeting
    assert "{name}" in brand.voice.greeting
    assert brand.voice.signoff
    assert brand.roles[0].id == "agent"
    assert brand.roles[0].grants == ()
    assert brand.teams


def test_nothing_at_all_gives_a_sound_brand() -> None:
    brand = brand_from_prose([])
    assert (brand.voice.country, brand.voice.address, brand.voice.languages) == ("ES", "tú", ("es",))
    assert brand.voice.signoff == "Un saludo"
    assert brand.origins == ()


def test_the_public_documents_show_the_address_against_the_country_s_custom() -> None:
    text = "Usted puede devolver su compra. Le devolvemos el importe. Llame al 910 000 000 o escríbanos. Cuesta 4 € en la península."
    assert brand_from_prose([("a.md", text)]).voice.address == "usted"


@pytest.mark.parametrize(
    ("text", "value"),
    [("3,000.00", 3000), ("40.000", 40000), ("15", 15), ("15,50", 15.5), ("1.250.000", 1250000), ("1.234,5", 1234.5)],
)
def test_money(text: str, value: float) -> None:
    assert money(text) == value


# ── typed files over prose, and back ──


def test_typed_files_win_field_by_field(tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "voice.yaml").write_text("address: usted\nnever: []\n", encoding="utf-8")
    brand = load_brand(tmp_path, folder("pedales"))
    assert brand.voice.address == "usted"
    assert brand.voice.never == ()
    assert brand.voice.greeting == "Hola, {name}:"
    assert brand.team("taller")
    assert not [o for o in brand.origins if o.field.startswith(("voice.address", "voice.never"))]
    assert [o for o in brand.origins if o.field == "voice.greeting"]


@pytest.mark.parametrize("name", ["pedales", "naranjo", "rio"])
def test_what_init_writes_loads_back_to_the_same_brand(tmp_path: Path, name: str) -> None:
    documents = folder(name)
    read = brand_from_prose(documents)
    write(tmp_path, propose(tmp_path, documents))
    typed = Brand(**load_brand_files(tmp_path / "brand"))
    assert typed == read.model_copy(update={"origins": ()})
    assert load_brand(tmp_path, documents) == typed


def test_init_quotes_the_sentence_above_each_value() -> None:
    text = propose(Path(), folder("pedales"))["voice.yaml"].split("\n")
    at = text.index("address: tú")
    assert text[at - 1].startswith("# guia-de-voz.md:5: Hablamos de tú, siempre")
    assert text[text.index("plural_we: true") - 1] == "# por defecto"


def test_init_never_overwrites_without_force(tmp_path: Path) -> None:
    files = render(Brand(voice=Voice(company="Una")))
    assert [path.name for path in write(tmp_path, files)] == ["voice.yaml", "authority.yaml"]
    assert write(tmp_path, files) == ()
    mine = tmp_path / "brand" / "voice.yaml"
    mine.write_text("company: La mía\n", encoding="utf-8")
    assert [path.name for path in write(tmp_path, files)] == ["voice.yaml.proposed"]
    assert load_brand_files(tmp_path / "brand")["voice"].company == "La mía"
    write(tmp_path, files, force=True)
    assert load_brand_files(tmp_path / "brand")["voice"].company == "Una"


@pytest.mark.parametrize(
    "word", ["no", "Sí", "a: b", "# x", "- x", "'", '"', "{a}", "[x]", "1.5", "null", "x\u2028y", "@a", "%"]
)
def test_any_word_survives_being_written(tmp_path: Path, word: str) -> None:
    brand = Brand(voice=Voice(company="A", never=(word,), prefer={word: word}))
    write(tmp_path, render(brand))
    assert over_prose(load_brand_files(tmp_path / "brand"), Brand()).voice == brand.voice


def test_the_same_documents_in_any_order_give_the_same_brand() -> None:
    documents = folder("rio")
    assert brand_from_prose(documents) == brand_from_prose(documents[::-1])


# ── cost and hostile text ──


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "«" * 300_000,
        "| a " * 200_000,
        "Nadie promete " + "una fecha, " * 60_000,
        "Hablamos de tú. " + "x: 1 " * 150_000,
        "- " * 300_000,
        "1 2 3 4 " * 100_000,
        "Aa Bb " * 150_000,
        "a.b@" * 200_000,
        "¿" + "que " * 200_000 + "?",
        "no decimos " + ", ".join(["«x»"] * 50_000),
        "\ud800\x00\u202e" * 1000,
        "quien puede hasta " + "15 € " * 100_000,
    ],
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    guide = "# Cómo hablamos\n\nHablamos de tú. No decimos «x». Nos despedimos con «Chao». Emojis: ninguno.\n\n"
    with ends():
        brand = brand_from_prose([("guia.md", guide + text), ("otro.md", text)])
        assert brand.voice.address == "tú"
