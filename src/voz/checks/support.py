"""A sentence that the company's clauses in force do not carry, and why.

Rules block what is certain (a figure that stands nowhere, or only in an expired or internal clause);
two pairs of models over the signs of `voz.comparison`, a logistic one and a forest each, fitted on labelled replies
(`scripts/train_support.py`), judge the rest. What they weigh is data: `data/claims/support.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from voz.brand import Brand
from voz.case import Case, Finding, Sentence, Severity, Support
from voz.checks.authority import within_authority
from voz.figure_signs import unknown_figures
from voz.findings import found
from voz.forest import Trees, trees_of
from voz.kinds import sentence_kind
from voz.packaged import packaged
from voz.quantities import quantities


@dataclass(frozen=True)
class Weights:
    """Logistic weights over the signs (centred and scaled), trees beside them, and where to block and to warn."""

    intercept: float
    centre: Mapping[str, float]
    scale: Mapping[str, float]
    weight: Mapping[str, float]
    trees: Trees
    block: float
    warn: float

    def doubt(self, signs: Mapping[str, float]) -> float:
        """From 0 (carried) to 1 (not carried): the mean of the two."""
        every = {name: signs.get(name, 0.0) for name in self.weight}
        total = self.intercept + sum(
            w * (every[name] - self.centre[name]) / self.scale[name] for name, w in self.weight.items()
        )
        return (1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) + self.trees.doubt(every)) / 2


@cache
def _models() -> dict[str, Weights]:
    raw = json.loads((files("voz") / "data" / "claims" / "support.json").read_text(encoding="utf-8"))
    return {part: Weights(**{**model, "trees": trees_of(model["trees"])}) for part, model in raw.items()}


def weights(signs: Mapping[str, float]) -> Weights:
    """The models for sentences with figures of their own, or those for the rest."""
    return _models()["figures" if signs.get("figures", 0.0) > 0 else "words"]


RULES = ("figure_barred_best", "figure_barred_only", "figure_unknown")
"""Signs that block by themselves at 1, most telling first."""
STRICT = 0.35
"""Doubt at which a model's sentence is blocked: what it has understood it says nearly as the clause does, and what is
blocked is written again or left out, while a person's sentence stops a person. Set on `benchmarks/liar.py`."""
BARE = {
    "figure_unknown": "figure_nowhere", "figure_unknown_light": "figure_nowhere", "internal_words": "internal_words",
    "figure_barred_only": "figure_barred", "figure_barred_best": "figure_barred",
}  # fmt: skip
"""What is said where no clause comes near."""
CHECK_OF = {"figure_barred_best": "source", "figure_barred_only": "source", "figure_unknown": "figures"}


def check(case: Case, brand: Brand) -> tuple[Finding, ...]:
    """One finding at most per sentence that states or promises something."""
    if case.draft is None:
        return ()
    made = []
    for support in case.supports:
        sentence = case.draft.sentences[support.sentence]
        finding = None if support.signs.get("carried") else _judge(sentence, support, case, brand)
        if finding:
            made.append(finding)
    return tuple(made)


def _judge(sentence: Sentence, support: Support, case: Case, brand: Brand) -> Finding | None:
    if _gesture(sentence, case, brand):
        return None  # `authority` judges what the role gives of its own
    for rule in RULES:
        if support.signs.get(rule, 0.0) >= 1.0:
            return _finding(sentence, CHECK_OF[rule], "block", rule, support)
    model = weights(support.signs)
    strict = case.draft is not None and case.draft.writer == "model" and _states(sentence, case)
    doubt, block = model.doubt(support.signs), STRICT if strict else model.block
    if doubt >= min(block, model.warn):
        return _finding(sentence, "support", "block" if doubt >= block else "warn", _reason(support), support)
    return None


def _states(sentence: Sentence, case: Case) -> bool:
    """Whether it says something of the company's, whatever the model calls it."""
    return sentence_kind(sentence.text, case.message.text) in ("fact", "commitment")


def _gesture(sentence: Sentence, case: Case, brand: Brand) -> bool:
    given = [q for q in quantities(sentence.text) if q.kind == "money"]
    if not given or not any(within_authority(q, sentence.text, brand, case.role) for q in given):
        return False
    unknown = unknown_figures(sentence.text, case) or given
    return all(within_authority(q, sentence.text, brand, case.role) for q in unknown)


def _reason(support: Support) -> str:
    """The sign that weighs most for doubt."""
    w = weights(support.signs)
    parts = {n: x * (support.signs.get(n, 0.0) - w.centre[n]) / w.scale[n] for n, x in w.weight.items()}
    return max(parts, key=lambda name: parts[name])


def _finding(sentence: Sentence, check: str, severity: Severity, reason: str, support: Support) -> Finding:
    clause, against = _shortened(support.clause), _shortened(support.against or support.clause)
    key = f"support.{_said(reason, bool(against))}"
    return found(check, severity, sentence.start, sentence.end, key, clause=clause, against=against)


def _said(reason: str, clause: bool) -> str:
    """The sentence for a reason, which may have no clause to show."""
    if not clause:
        return BARE.get(reason, "no_knowledge")
    return reason if reason in packaged("findings/es")["support"] else "other"


def _shortened(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
