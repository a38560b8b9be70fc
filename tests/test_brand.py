# ruff: noqa: E501
"""Brand files: loaded as typed data, or refused with file, line, field and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from voz.brand import PLACEHOLDERS, Brand, ChannelStyle, Grant, RegisterRule, Role, Team, Voice
from voz.brand_files import load_brand_files
from voz.errors import BrandError

SAMPLE = Path(__file__).parent.parent / "knowledge" / "brand"

VOICE = """\
company: Sostenido
country: ES
address: tú
never:
  - lamentamos las molestias
channels:
  - channel: x
    max_chars: 280
    emojis: 1
"""


def refusal(folder: Path, name: str, text: str | bytes) -> str:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BrandError) as caught:
        load_brand_files(folder)
    return str(caught.value).replace(str(folder) + "/", "")


def test_files_become_typed_fields(tmp_path: Path) -> None:
    (tmp_path / "voice.yaml").write_text(VOICE, encoding="utf-8")
    (tmp_path / "teams.yaml").write_text("- {id: taller, name: el taller, knows: [cuerdas]}\n", encoding="utf-8")
    (tmp_path / "authority.yaml").write_text(
        "- id: agent\n  grants:\n    - {action: voucher, up_to: 15, currency: EUR}\n", encoding="utf-8"
    )
    fields = load_brand_files(tmp_path)
    assert fields["voice"].channels == (ChannelStyle(channel="x", max_chars=280, emojis=1),)
    assert fields["teams"] == (Team(id="taller", name="el taller", knows=("cuerdas",)),)
    assert fields["roles"] == (Role(id="agent", grants=(Grant(action="voucher", up_to=15, currency="EUR"),)),)
    assert fields["forbidden"] == ()
    assert "lines" not in fields


def test_no_folder_gives_no_field(tmp_path: Path) -> None:
    assert load_brand_files(tmp_path / "none") == {}


def test_authority_in_its_long_form(tmp_path: Path) -> None:
    (tmp_path / "authority.yaml").write_text(
        "roles:\n  - id: agent\nnobody:\n  - {what: una fecha, action: deadline}\n", encoding="utf-8"
    )
    fields = load_brand_files(tmp_path)
    assert fields["roles"] == (Role(id="agent"),)
    assert fields["forbidden"][0].action == "deadline"


@pytest.mark.parametrize(
    ("name", "text", "starts", "says"),
    [
        ("voice.yaml", VOICE.replace("address: tú", "address: tu"), "voice.yaml:3: field 'address'", "did you mean 'tú'"),
        ("voice.yaml", VOICE.replace("never:", "nevr:"), "voice.yaml:4: field 'nevr'", "did you mean 'never'"),
        ("voice.yaml", VOICE + "zapatos: azul\n", "voice.yaml:10: field 'zapatos'", "known: company, country"),
        ("voice.yaml", VOICE.replace("max_chars: 280", "max_char: 280"), "voice.yaml:8: field 'channels.0.max_char'", "'max_chars'"),
        ("voice.yaml", VOICE.replace("channel: x", "channel: twiter"), "voice.yaml:7: field 'channels.0.channel'", "not one of"),
        ("voice.yaml", VOICE.replace("280", "-3"), "voice.yaml:8: field 'channels.0.max_chars'", "greater than 0"),
        ("voice.yaml", VOICE.replace("emojis: 1", "emojis: muchos"), "voice.yaml:9: field 'channels.0.emojis'", "muchos"),
        ("voice.yaml", VOICE.replace("  - lamentamos las molestias", "  - no"), "voice.yaml:5: field 'never.0'", "in quotes"),
        ("voice.yaml", "company: A\nnever: chollo\n", "voice.yaml:2: field 'never'", "should be a list"),
        ("voice.yaml", "company: A\ncompany: B\n", "voice.yaml:2: field 'company'", "twice"),
        ("voice.yaml", "company: A\ngreeting: 'Hola, {nombre}:'\n", "voice.yaml:2: field 'greeting'", "{name}"),
        ("voice.yaml", "signoff: 'Chao {'\n", "voice.yaml:1: field 'signoff'", "fills in"),
        ("voice.yaml", "", "voice.yaml:1: field 'voice'", "empty"),
        ("voice.yaml", "# solo un comentario\n", "voice.yaml:1: field 'voice'", "empty"),
        ("voice.yaml", "company: A\n\tcountry: ES\n", "voice.yaml:2: field 'voice'", "not readable as YAML"),
        ("voice.yaml", "company: [A\ncountry: ES\n", "voice.yaml:2: field 'voice'", "not readable as YAML"),
        ("voice.yaml", "company: 'A\n", "voice.yaml:2: field 'voice'", "not readable as YAML"),
        ("voice.yaml", "a: 1\n---\nb: 2\n", "voice.yaml:2: field 'voice'", "not readable as YAML"),
        ("voice.yaml", "- company\n", "voice.yaml:1: field 'voice'", "dictionary"),
        ("voice.yaml", b"company: Caf\xe9\n", "voice.yaml:1: field 'voice'", "UTF-8"),
        ("voice.yaml", b"country: ES\ncompany: A\x00B\n", "voice.yaml:", "not readable as YAML"),
        ("voice.yaml", "company: !!python/object:os.system x\n", "voice.yaml:1: field 'voice'", "not readable as YAML"),
        ("teams.yaml", "- id: taller\n  name: el taller\n- id: prensa\n", "teams.yaml:3: field '1.name'", "missing"),
        ("teams.yaml", "- {id: a, name: uno}\n- {id: a, name: dos}\n", "teams.yaml:2: field '1.id'", "already"),
        ("teams.yaml", "- {id: El Taller, name: el taller}\n", "teams.yaml:1: field '0.id'", "small letters"),
        ("teams.yaml", "teams:\n  - {id: a, name: uno}\n", "teams.yaml:1: field 'teams'", "should be a list"),
        ("teams.yaml", "- {id: a, name: uno, risks: [fuego]}\n", "teams.yaml:1: field '0.risks.0'", "not one of legal"),
        ("authority.yaml", "- id: agent\n  grants:\n    - {action: vale, up_to: 3}\n", "authority.yaml:3: field 'roles.0.grants.0.action'", "not one of refund"),
        ("authority.yaml", "- id: agent\n  grants:\n    - action: voucher\n      upto: 3\n", "authority.yaml:4: field 'roles.0.grants.0.upto'", "did you mean 'up_to'"),
        ("authority.yaml", "- id: agent\n  grants: [{action: refund, up_to: .inf}]\n", "authority.yaml:2: field 'roles.0.grants.0.up_to'", "finite"),
        ("authority.yaml", "- id: agent\n- id: agent\n", "authority.yaml:2: field '1.id'", "already"),
        ("authority.yaml", "roles: []\nnoboddy: []\n", "authority.yaml:2: field 'noboddy'", "did you mean 'nobody'"),
        ("lines.yaml", "- {role: saludo, text: Hola}\n", "lines.yaml:1: field '0.role'", "not one of greeting"),
        ("lines.yaml", "- role: thanks\n  text: 2026-01-01\n", "lines.yaml:2: field '0.text'", "in quotes"),
        ("lines.yaml", "- role: thanks\n  text: ''\n", "lines.yaml:2: field '0.text'", "at least 1"),
        ("voices.yaml", "company: A\n", "voices.yaml:1: field 'voices'", "voice.yaml"),
        ("voice.yml", "company: A\n", "voice.yml:1: field 'voice'", "voice.yaml"),
        ("channels.yaml", "[]\n", "channels.yaml:1: field 'channels'", "voice.yaml"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_file_line_and_field(
    tmp_path: Path, name: str, text: str | bytes, starts: str, says: str
) -> None:
    message = refusal(tmp_path, name, text)
    assert message.startswith(starts), message
    assert says in message
    assert message.endswith((".", "?"))


def test_the_first_of_several_mistakes_is_named(tmp_path: Path) -> None:
    assert "voice.yaml:1: field 'addres'" in refusal(tmp_path, "voice.yaml", "addres: tú\nemojis: -1\n")


def test_the_most_specific_register_wins() -> None:
    voice = Voice(
        registers=(
            RegisterRule(address="usted", country="MX"),
            RegisterRule(address="vos", channel="x"),
            RegisterRule(address="tú", country="MX", channel="x"),
        )
    )
    brand = Brand(voice=voice)
    assert brand.address_for("email") == "tú"
    assert brand.address_for("email", "MX") == "usted"
    assert brand.address_for("x", "ES") == "vos"
    assert brand.address_for("x", "MX") == "tú"


@given(st.text(max_size=300))
def test_any_text_as_a_file_gives_fields_or_a_brand_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / "voice.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
    said = ""
    try:
        assert isinstance(load_brand_files(folder).get("voice"), Voice)
    except BrandError as error:
        said = str(error)
    assert not said or ("voice.yaml:" in said and "field" in said)


@given(st.sampled_from(sorted(PLACEHOLDERS)), st.text(alphabet="abcñé ,.", max_size=20))
def test_placeholders_voz_knows_are_taken(name: str, around: str) -> None:
    assert Voice(greeting=f"{around}{{{name}}}{around}").greeting == f"{around}{{{name}}}{around}"


# ── the sample company ──


def sample() -> Brand:
    return Brand(**load_brand_files(SAMPLE))


def test_the_sample_brand_is_rich() -> None:
    brand = sample()
    assert brand.voice.company == "Alborada"
    assert brand.address_for("email", "ES") == "tú"
    assert brand.address_for("email", "PT") == "usted"
    assert {style.channel for style in brand.voice.channels} >= {"email", "x", "instagram", "google_review", "sms"}
    assert 25 <= len(brand.lines) <= 40
    assert {"greeting", "acknowledge"} & {line.role for line in brand.lines}


def test_every_team_of_the_sample_documents_is_in_the_brand() -> None:
    known = {team.id for team in sample().teams}
    named = set()
    for path in SAMPLE.parent.rglob("*.md"):
        head = path.read_text(encoding="utf-8").split("---")
        if len(head) > 2 and not head[0].strip():
            named.add((yaml.safe_load(head[1]) or {}).get("team"))
    assert named - {None} <= known
    assert {risk for team in sample().teams for risk in team.risks} >= {"legal", "safety", "press", "discrimination"}


def test_authority_grows_with_the_role_and_nobody_admits_liability() -> None:
    brand = sample()

    def voucher(role: str) -> float:
        grant = next(g for g in brand.role(role).grants if g.action == "voucher")
        return float("inf") if grant.up_to is None else grant.up_to

    assert voucher("agent") < voucher("lead") < voucher("admin") < voucher("direccion")
    assert not any(g.action in ("refund", "admit_liability", "deadline") for g in brand.role("agent").grants)
    assert {bar.action for bar in brand.forbidden} >= {"admit_liability", "deadline"}


def test_the_sample_lines_keep_the_sample_voice() -> None:
    brand = sample()
    for line in brand.lines:
        text = line.text.lower()
        assert not any(word.lower() in text for word in brand.voice.never), line.text
        assert text.count("!") <= brand.voice.exclamations, line.text
        assert not any(word in text.split() for word in ("usted", "vos", "vosotros")), line.text
        if "complaint" in line.kinds and line.role != "thanks":
            assert "!" not in text, line.text


def test_approved_wordings_of_the_sample_hold_no_word_the_brand_never_uses() -> None:
    never = [word.lower() for word in sample().voice.never]
    for path in SAMPLE.parent.rglob("*.md"):
        for text in path.read_text(encoding="utf-8").split("\n"):
            if text.startswith("> Respuesta aprobada"):
                assert not any(word in text.lower() for word in never), f"{path.name}: {text}"
