"""What the company's own documents say to do in a crisis: where to turn, and nothing else of a policy."""

from __future__ import annotations

import re

from voz import details
from voz.brand import Brand
from voz.case import Case
from voz.compose import Tone
from voz.emergency import emergency_kind
from voz.letter import Part
from voz.passage_answers import Answer, say
from voz.passage_choice import joined
from voz.passage_clauses import Clause, clauses
from voz.passage_rank import question, rank
from voz.reply_room import room_for, share_of
from voz.risks import is_breach
from voz.text import fold
from voz.writing_desk import Desk


def opening(desk: Desk) -> tuple[list[Part], Answer | None]:
    """What a crisis is answered with first, and what the company's documents say to do.

    In an emergency whom to call comes before anything, and nothing of a policy stands beside it.
    """
    text = desk.case.message.text
    help_now = _call_for_help(desk, emergency_kind(text) if desk.crisis in ("safety", "minors", "self_harm") else "")
    breach = desk.crisis == "legal" and is_breach(text)
    parts = [Part(help_now, "open", drop=0)] if help_now else []
    if line := (desk.line("escalate", topic="breach") if breach else None) or desk.line("escalate"):
        parts.append(Part(line, "open", drop=6 if help_now else 2))
    if help_now or desk.crisis == "self_harm":
        return parts, None
    return parts, for_risk("breach" if breach else desk.crisis or "safety", desk.case, desk.brand, desk.tone)


def _call_for_help(desk: Desk, kind: str) -> str | None:
    if not kind:
        return None
    region = (desk.case.message.region or "").strip().upper()
    numbers = details.lexicon()["emergency_numbers"]
    # where the company is, unless the customer's place is known: a guess from words may dial nowhere
    number = numbers.get(region) or numbers.get(desk.brand.voice.country, "")
    return desk.line("escalate", topic=f"emergency_{kind}", sos=number)


def for_risk(risk: str, case: Case, brand: Brand, tone: Tone) -> Answer | None:
    """What may be said in a crisis: what to do and where to turn, nothing else of a policy."""
    speaks = re.compile(details.lexicon()["risk_clauses"].get(risk, r"(?!)"))
    tells, inward = details.regex("risk_instruction"), details.regex("staff_instruction")
    passages = case.evidence.passages
    ranked = rank(question(case.message.text, "", frozenset(), passages), passages)
    likely: dict[str, float] = {}
    for hit in (hit for found in case.evidence.asks for hit in found.clauses):
        likely[hit.passage_id] = max(hit.score, likely.get(hit.passage_id, 0.0))
    best: tuple[float, Clause] | None = None
    for clause in ranked:
        heading = bool(speaks.search(fold(clause.passage.heading)))
        near = bool(speaks.search(fold(clause.focus)))
        if not (near or heading) or not tells.search(fold(clause.tight)) or clause.kind == "row":
            continue
        if inward.search(fold(clause.tight)):
            continue
        reach = bool(details.regex("reach").search(clause.tight))
        score = near + 0.7 * heading + 0.5 * reach + 0.2 * clause.score + likely.get(clause.passage.id, 0.0)
        if best is None or score > best[0]:
            best = (score, clause)
    if best is None:
        return None
    return say("", _what_to_do(best[1], tells, speaks, brand, case), brand, tone, [])


def _what_to_do(best: Clause, tells: re.Pattern[str], speaks: re.Pattern[str], brand: Brand, case: Case) -> Clause:
    """The clause with those of its section that also say what to do, as far as they fit.

    Where to turn with something else («facturas, facturas@…») is not said beside it.
    """
    room = share_of(room_for(case.message.channel, brand.style(case.message.channel)), 1)
    every = [c for c in clauses(best.passage) if c.label == best.label and c.kind == best.kind]
    at = next((i for i, clause in enumerate(every) if clause.focus == best.focus), 0)
    near = sorted(range(len(every)), key=lambda i: abs(i - at))
    kept, size = {at}, len(best.tight)
    inward = details.regex("staff_instruction")
    for i in near[1:]:
        elsewhere = details.regex("reach").search(every[i].focus) and not speaks.search(fold(every[i].focus))
        if elsewhere or inward.search(fold(every[i].focus)):
            continue
        if tells.search(fold(every[i].focus)) and len(kept) < 3 and size + len(every[i].tight) <= 0.7 * room.chars:
            kept.add(i)
            size += len(every[i].tight)
    return joined(best, [every[i] for i in sorted(kept)]) if best.kind == "sentence" else best
