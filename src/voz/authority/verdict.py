"""Whether a person may approve a reply, and in their words what stops them and who could."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import Field

from voz.authority.ladder import DESK, OBSERVER, home_currency, ladder, limit
from voz.authority.needs import Need, needs
from voz.brand import Action, Brand
from voz.case import Case, Finding, Frozen
from voz.findings import LANGUAGES, sentence, told
from voz.packaged import packaged

FROM_WORDS = "authority"
"""The check whose findings a need stands for: the need knows the role, the finding only the words."""


class Stop(Frozen):
    """One thing that keeps this role from approving."""

    kind: Literal["grant", "forbidden", "finding", "observer"]
    detail: str = Field(description="for the person: which clause or grant stops it, and who could")
    start: int = 0
    end: int = 0
    could: tuple[str, ...] = Field(default=(), description="role ids that this does not stop")


class Verdict(Frozen):
    allowed: bool
    stops: tuple[Stop, ...] = ()
    could: tuple[str, ...] = Field(default=(), description="role ids that nothing stops; empty: nobody as it stands")
    notes: tuple[str, ...] = Field(default=(), description="conditions that the grants carry, for whoever approves")


def may_approve(
    role_id: str | None, needed: Sequence[Need], findings: Sequence[Finding], brand: Brand, *, language: str = "es"
) -> Verdict:
    """Whether the brand's role may approve a reply with these needs and findings.

    `role_id` is as `desk_authority` gives it; None (an observer) approves nothing. `findings` are those of
    `findings_as(case, brand, role_id)`, since some hang on the role. `language` is the reader's.
    """
    words = packaged(f"desk/authority.{language if language in LANGUAGES else LANGUAGES[0]}")
    faults = [f for f in findings if f.severity == "block" and not _stands_for(f, needed)]
    stops = [_stop(need, role_id, brand, words, language) for need in needed if not _meets(need, role_id)]
    stops += [Stop(kind="finding", detail=told(f, language), start=f.start, end=f.end) for f in faults]
    able = tuple(r for r in ladder(brand) if not faults and all(_meets(need, r) for need in needed))
    if role_id is None or role_id == OBSERVER:
        stops = [Stop(kind="observer", detail=words["stops"]["observer"] + _who(able, brand, words), could=able)]
    return Verdict(
        allowed=not stops,
        stops=tuple(dict.fromkeys(stops)),
        could=able,
        notes=() if stops or role_id is None else _notes(needed, role_id, brand, words),
    )


def verdict(case: Case, brand: Brand, role_id: str | None, *, language: str = "es") -> Verdict:
    """`may_approve` for a judged case, with the findings as they are for that role."""
    return may_approve(role_id, needs(case, brand), findings_as(case, brand, role_id), brand, language=language)


def findings_as(case: Case, brand: Brand, role_id: str | None) -> tuple[Finding, ...]:
    """Every finding on the judged reply if this role were to send it; the evidence is not gathered again."""
    from voz.checks import run

    return run(case.model_copy(update={"role": role_id or OBSERVER}), brand)


def _meets(need: Need, role_id: str | None) -> bool:
    return need.granted or (role_id is not None and role_id in need.could)


def _stands_for(finding: Finding, needed: Sequence[Need]) -> bool:
    """Whether a need says the same as a finding of the authority check."""
    return finding.check == FROM_WORDS and any(not need.granted and _sentence_holds(need, finding) for need in needed)


def _sentence_holds(need: Need, finding: Finding) -> bool:
    return need.start < finding.end and finding.start < need.end


def _stop(need: Need, role_id: str | None, brand: Brand, words: dict[str, Any], language: str) -> Stop:
    name = role_name(role_id or OBSERVER, brand, words)
    detail = _why(need, role_id or "", name, brand, words, language) + _who(need.could, brand, words)
    barred = need.forbidden is not None or need.action is None
    kind: Literal["grant", "forbidden"] = "forbidden" if barred else "grant"
    return Stop(kind=kind, detail=detail, start=need.start, end=need.end, could=need.could)


def _why(need: Need, role_id: str, name: str, brand: Brand, words: dict[str, Any], language: str) -> str:
    say: Callable[..., str] = lambda key, **more: words["stops"][key].format(  # noqa: E731
        role=name, text=_short(need.text), action=words["actions"][need.action or "none"], **more
    )
    if need.forbidden is not None:
        key, values = barred(need, name)
        return sentence(key, language, **values)
    if need.action is None:
        return say("worded", detail=sentence(need.fault, language))
    held = limit(brand, role_id, need.action, need.currency)
    if held is not None and held.up_to is not None:
        bound = money(held.up_to, held.currency or home_currency(brand), words)
        if need.amount is None:
            return say("unsaid", limit=bound)
        return say("limit", limit=bound, amount=money(need.amount, need.currency or "", words))
    return say("none") if _anyone(need.action, brand) else say("unwritten")


def barred(need: Need, role: str) -> tuple[str, dict[str, str]]:
    """«Nadie puede prometer una fecha de entrega que envíos no haya confirmado»: the sentence and what fills it."""
    entry = need.forbidden
    assert entry is not None
    return "authority.nobody_role" if entry.role else "authority.nobody", {
        "role": role,
        "what": entry.what,
        "when": f" {entry.when}" if entry.when else "",
        "text": _short(need.text),
        "verb": "admit" if need.action == "admit_liability" else "promise",
    }


def _anyone(action: Action, brand: Brand) -> bool:
    return any(limit(brand, role, action, None) for role in ladder(brand))


def money(value: float, currency: str, words: dict[str, Any]) -> str:
    """An amount as people read it: 34,90 €, $ 500."""
    signs = words["money"]
    whole, cents = f"{value:,.2f}".split(".")
    digits = whole.replace(",", signs["thousands"]) + (signs["decimal"] + cents if cents != "00" else "")
    return str(signs["euros"].format(digits=digits)) if currency == "EUR" else f"{currency} {digits}".strip()


def _who(able: Sequence[str], brand: Brand, words: dict[str, Any]) -> str:
    return words["could"].format(roles=", ".join(role_name(r, brand, words) for r in able)) if able else ""


def role_name(role_id: str, brand: Brand, words: dict[str, Any]) -> str:
    """The role's own name, as it opens a sentence."""
    name = brand.role(role_id).name or (words["desk"][role_id] if role_id in (*DESK, OBSERVER) else role_id)
    return name[:1].upper() + name[1:]


def _notes(needed: Sequence[Need], role_id: str, brand: Brand, words: dict[str, Any]) -> tuple[str, ...]:
    """What the grants that were used are for, in the words of the brand's file."""
    held = [limit(brand, role_id, n.action, n.currency) for n in needed if n.action and not n.granted]
    said = [words["note"].format(role=role_name(role_id, brand, words), note=g.note) for g in held if g and g.note]
    return tuple(dict.fromkeys(said))


def _short(text: str, most: int = 140) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
