"""Rules as data: Spain's file, who is bound by what and from when, and how a wrong file is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from voz.brand import Brand, Claims, Voice
from voz.deadlines.rules import Rules, RulesError, applying, load_rules, read_rules, rules_for

DAY = dt.date(2026, 11, 23)
BOUND = Claims(country="ES", large_company=True)

RULES = """\
country: XX
no_legal_advice: no
checked: 2026-01-01
laws:
  - id: one
    name: One
    source: https://example.org/one
    published: 2025-01-01
    in_force: 2025-02-01
    binds: [everyone]
    scope: all
    terms:
      - {id: t, article: "1", says: soon, kinds: [claim], days: 5}
""".replace("no_legal_advice: no", "no_legal_advice: none is given")


def spain() -> Rules:
    rules = load_rules("ES")
    assert rules is not None
    return rules


def ids(claims: Claims, kind: str = "claim", *matters: str, on: dt.date = DAY) -> list[str]:
    return [one.term.id for one in applying(spain(), claims, on, kind, matters)]  # type: ignore[arg-type]


def test_spain_says_where_each_rule_comes_from() -> None:
    rules = spain()
    assert "no es asesoramiento jurídico" in rules.no_legal_advice
    law = rules.law("ley-10-2025")
    assert law is not None
    assert (law.in_force, law.comply_by) == (dt.date(2025, 12, 28), dt.date(2026, 12, 28))
    assert "boe.es" in law.source
    general = next(term for term in law.terms if term.id == "es-general")
    assert (general.working_days, general.article) == (15, "17.1")
    duties = {duty.id: duty.article for duty in law.duties}
    assert {"tracking_code", "same_language", "person_on_request", "evaluation", "audit"} <= set(duties)
    assert all(duties.values())
    assert law.open


def test_the_law_binds_large_companies_and_basic_services() -> None:
    assert ids(BOUND) == ids(Claims(basic_service=True)) == ["es-general"]
    assert ids(BOUND, "query") == ["es-general"]


def test_other_companies_answer_claims_in_fifteen_days_and_queries_when_they_like() -> None:
    assert ids(Claims(country="ES")) == ["es-everyone"]
    assert ids(Claims(country="ES"), "query") == []


def test_off() -> None:
    assert ids(Claims(country="ES", large_company=True, clock=False)) == []
    assert ids(Claims(country="PT", large_company=True)) == []
    assert ids(BOUND, on=dt.date(2025, 12, 27)) == []
    assert ids(BOUND, on=dt.date(2025, 12, 28)) == ["es-general"]
    assert applying(None, BOUND, DAY, "claim") == ()
    assert rules_for(Brand(voice=Voice(country="AR"))) is None
    assert rules_for(Brand()) == spain()


def test_shorter_terms_for_charges_and_for_cuts_of_a_continuous_service() -> None:
    assert ids(BOUND, "query", "billing") == ["es-general", "es-billing"]
    assert ids(BOUND, "claim", "continuity") == ["es-general"]
    continuous = Claims(country="ES", basic_service=True, continuous=True)
    assert ids(continuous, "claim", "continuity") == ["es-general", "es-continuity"]
    assert len(ids(continuous, "claim", "billing", "continuity")) == 3


def test_cautious_looks_at_every_law() -> None:
    assert ids(Claims(large_company=True, cautious=True)) == ["es-general", "es-everyone"]


def test_companies_had_a_year_to_comply() -> None:
    law = spain().law("ley-10-2025")
    assert law is not None
    assert not law.binding_on(dt.date(2026, 12, 27))
    assert law.binding_on(dt.date(2026, 12, 28))


@pytest.mark.parametrize("country", ["AR", "", "es/../..", "E", "ESP", "zo"])
def test_no_rules_on_file(country: str) -> None:
    assert load_rules(country) is None


@pytest.mark.parametrize(
    ("old", "new", "starts", "says"),
    [
        ("days: 5", "days: 5, hours: 2", "xx.yaml:13: field 'laws.0.terms.0'", "one of working_days, days or hours"),
        (", days: 5", "", "xx.yaml:13: field 'laws.0.terms.0'", "one of working_days"),
        ("days: 5", "days: cinco", "xx.yaml:13: field 'laws.0.terms.0.days'", "cinco"),
        ("days: 5", "dias: 5", "xx.yaml:13: field 'laws.0.terms.0.dias'", "did you mean 'days'"),
        ("everyone", "everbody", "xx.yaml:10: field 'laws.0.binds.0'", "did you mean 'everyone'"),
        ("https://example.org/one", "a book", "xx.yaml:7: field 'laws.0.source'", ""),
        ("    scope: all\n", "", "xx.yaml:5: field 'laws.0.scope'", "missing"),
        ("scope: all", "scope: all\n    yields_to: [two]", "xx.yaml:12: field 'laws.0.yields_to.0'", "no law here"),
        ("2025-02-01", "mañana", "xx.yaml:9: field 'laws.0.in_force'", "mañana"),
        ("country: XX", "country: xx", "xx.yaml:1: field 'country'", ""),
        ("laws:", "laws: [", "xx.yaml:", "not readable as YAML"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(tmp_path: Path, old: str, new: str, starts: str, says: str) -> None:
    file = tmp_path / "xx.yaml"
    file.write_text(RULES, encoding="utf-8")
    assert read_rules(file).country == "XX"
    file.write_text(RULES.replace(old, new), encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        read_rules(file)
    message = str(caught.value).replace(f"{tmp_path}/", "")
    assert message.startswith(starts), message
    assert says in message
