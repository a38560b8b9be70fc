"""The law's terms as data: `data/claims_rules/<country>.yaml`, typed, each with its source. No legal advice."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from voz.brand import ID, SOME, Brand, Claims, Strict
from voz.errors import VozError
from voz.typed_yaml import line_of, located, read_yaml, refuse_twins, validated

ClaimKind = Literal["claim", "query"]
Matter = Literal["billing", "continuity"]
Scope = Literal["everyone", "basic_service", "large_company", "continuous"]


class RulesError(VozError):
    """A file of rules does not say what it must: names the file, the line and the field."""


class Term(Strict):
    """A time in which the law wants an answer: working days, days of any kind, or hours."""

    id: str = Field(pattern=ID)
    article: str = Field(min_length=1)
    says: str = Field(min_length=1, description="in plain words, for a person")
    kinds: Annotated[tuple[ClaimKind, ...], SOME]
    matters: tuple[Matter, ...] = Field(default=(), description="empty: whatever it is about")
    binds: tuple[Scope, ...] = Field(default=(), description="who, of those whom the law binds; empty: all of them")
    working_days: int | None = Field(default=None, gt=0, le=366)
    days: int | None = Field(default=None, gt=0, le=366)
    hours: int | None = Field(default=None, gt=0, le=8760)
    open: str | None = Field(default=None, description="what could not be verified or may be read otherwise")

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if sum(length is not None for length in (self.working_days, self.days, self.hours)) != 1:
            raise ValueError("give one of working_days, days or hours")
        return self


class Completion(Strict):
    """What happens while the customer is asked for something that is missing."""

    working_days: int = Field(gt=0, description="that the customer has at least")
    article: str = Field(min_length=1)
    restarts: bool = Field(description="the term begins anew once it is complete; false: it goes on where it stood")
    says: str = Field(min_length=1)


class Duty(Strict):
    """What the law asks beside the term."""

    id: str = Field(pattern=ID)
    article: str = Field(min_length=1)
    says: str = Field(min_length=1)


class Law(Strict):
    id: str = Field(pattern=ID)
    name: str = Field(min_length=1)
    source: str = Field(pattern=r"^https://\S+$")
    published: dt.date
    in_force: dt.date
    comply_by: dt.date | None = Field(default=None, description="None: from the day it is in force")
    binds: Annotated[tuple[Scope, ...], SOME]
    scope: str = Field(min_length=1, description="who is bound, in plain words")
    yields_to: tuple[str, ...] = Field(default=(), description="not looked at where one of these laws applies")
    terms: Annotated[tuple[Term, ...], SOME]
    completion: Completion | None = None
    duties: tuple[Duty, ...] = ()
    open: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _own_ids(self) -> Self:
        ids = [term.id for term in self.terms]
        if len(ids) != len(set(ids)):
            raise ValueError("two of its terms have the same id")
        return self

    def binding_on(self, day: dt.date) -> bool:
        """Whether companies must comply by then already; before, the law is in force but gives them time."""
        return day >= (self.comply_by or self.in_force)


class Rules(Strict):
    """All that is on file for a country."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    no_legal_advice: str = Field(min_length=1)
    checked: dt.date = Field(description="when the sources were last read")
    laws: Annotated[tuple[Law, ...], SOME]

    def law(self, law_id: str) -> Law | None:
        return next((law for law in self.laws if law.id == law_id), None)


class Applied(Strict):
    """A term that runs for a case, and the law that it comes from."""

    law: Law
    term: Term


def applying(
    rules: Rules | None, claims: Claims, on: dt.date, kind: ClaimKind, matters: tuple[Matter, ...] = ()
) -> tuple[Applied, ...]:
    """The terms that run for what was received on this day; none where no law applies.

    `matters`: what it is about, as far as a term may depend on it. A shorter term for that runs beside the general one.
    """
    if rules is None or not claims.clock or claims.country not in (None, rules.country):
        return ()
    laws = [law for law in rules.laws if on >= law.in_force and _bound(law.binds, claims)]
    if not claims.cautious:
        present = {law.id for law in laws}
        laws = [law for law in laws if not present & set(law.yields_to)]
    return tuple(Applied(law=law, term=term) for law in laws for term in _terms(law, claims, kind, matters))


def _terms(law: Law, claims: Claims, kind: ClaimKind, matters: tuple[Matter, ...]) -> list[Term]:
    fit = [t for t in law.terms if kind in t.kinds and (not t.binds or _bound(t.binds, claims))]
    return [t for t in fit if not t.matters or set(t.matters) & set(matters)]


def _bound(scopes: tuple[Scope, ...], claims: Claims) -> bool:
    return any(scope == "everyone" or getattr(claims, scope) for scope in scopes)


@cache
def load_rules(country: str) -> Rules | None:
    """The rules that come with voz for this country (ISO 3166); None: none are on file, so no clock runs."""
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        return None
    found = files("voz") / "data" / "claims_rules" / f"{country.lower()}.yaml"
    if not found.is_file():
        return None
    with as_file(found) as path:
        return read_rules(path)


def read_rules(path: Path) -> Rules:
    """A file of rules, strictly validated. Raises RulesError naming file, line and field; OSError."""
    node, value = read_yaml(path, RulesError)
    rules: Rules = validated(path, node, value, Rules, RulesError)
    refuse_twins(path, node, rules.laws, RulesError, ("laws",))
    known = {law.id for law in rules.laws}
    for place, law in enumerate(rules.laws):
        for number, other in enumerate(law.yields_to):
            if other not in known:
                steps = ("laws", place, "yields_to", number)
                where = ".".join(map(str, steps))
                raise located(RulesError, path, line_of(node, steps), where, f"no law here has the id '{other}'")
    return rules


def rules_for(brand: Brand) -> Rules | None:
    """The rules of the country in which the company answers for its claims."""
    return load_rules(brand.sla.claims.country or brand.voice.country)
