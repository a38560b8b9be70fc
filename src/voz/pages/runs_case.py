"""One case of a run, as text: the message, what was expected, the reply with what changed in it, and each grade."""

from __future__ import annotations

from typing import Any

import gradio as gr

from voz.evaluate.outcome import Grade, Scored
from voz.pages import frame
from voz.pages.frame import Updates, shown
from voz.pages.runs_read import Key, Whole
from voz.pages.runs_text import figure
from voz.pages.visible import visible
from voz.words import Words

TONES = {"passed": "source", "below": "mild", "unscored": "plain"}


class CaseView:
    """The components, and what they show for a case."""

    def __init__(self, told: Words) -> None:
        self.told = told
        self.parts: dict[str, Any] = {}
        parts = self.parts
        with gr.Column(visible=False) as whole:
            parts["chips"] = frame.pieces(classes="voz-chips")
            parts["from"] = frame.note()
            parts["message"] = frame.box(told("cases.message"))
            parts["expected"] = frame.pieces()
            parts["reply"] = frame.box(told("cases.reply"))
            parts["diff"] = frame.pieces(told("cases.diff"), "voz-list voz-diff")
            parts["grades"] = frame.pieces(told("cases.grades"))
        parts["whole"] = whole
        self.outputs = list(parts.values())

    def hidden(self) -> Updates:
        return {self.parts["whole"]: gr.update(visible=False)}

    def filled(self, key: Key, old: Whole | None, new: Whole) -> Updates:
        told, parts = self.told, self.parts
        outcome, marks, case = new.outcomes[key], new.scored.get(key), new.cases.get(key[:2])
        was = old.outcomes.get(key) if old else None
        reply = outcome.reply
        none = told(
            "cases.no_reply", reason=outcome.error or "; ".join(map(str, outcome.draft.get("notes", ()))) or "—"
        )
        return {
            parts["whole"]: gr.update(visible=True),
            parts["chips"]: shown(self._chips(new.status(key), marks, old.scored.get(key) if old else None)),
            parts["from"]: frame.noted(told("cases.from", name=key[1], suite=key[0])),
            parts["message"]: visible(case.message.text) if case else "",
            parts["expected"]: shown(self._expected(new, key)),
            parts["reply"]: visible(reply) if reply is not None else none,
            parts["diff"]: shown(self._diff(was.reply or "", reply or "") if was else []),
            parts["grades"]: shown(self._grades(marks)),
        }

    def _chips(self, status: str, marks: Scored | None, before: Scored | None) -> list[tuple[str, str | None]]:
        """How it stands, and each score with the one before it."""
        told = self.told
        chips: list[tuple[str, str | None]] = [(told(f"cases.status.{status}"), TONES.get(status, "strong"))]
        if marks is not None:
            for name, value in marks.dimensions.items():
                was = before.dimensions.get(name) if before else None
                moved = f"{figure(was, told)} → " if was is not None and was != value else ""
                tone = "plain" if was is None or was == value else "source" if value > was else "strong"
                chips += [("  ", None), (f"{told(f'measures.{name}')} {moved}{figure(value, told)}", tone)]
        return chips

    def _expected(self, new: Whole, key: Key) -> list[tuple[str, str | None]]:
        told, case = self.told, new.cases.get(key[:2])
        if case is None:
            return []
        pieces: list[tuple[str, str | None]] = []
        for fact in case.expect.state:
            pieces += [(told("cases.wanted"), "source"), (f" {fact.fact}\n", None)]
        for fact in case.expect.never:
            pieces += [(told("cases.forbidden"), "strong"), (f" {fact.fact}\n", None)]
        if case.expect.rubric:
            pieces += [(told("cases.rubric"), "plain"), (f" {case.expect.rubric}\n", None)]
        return pieces

    def _diff(self, before: str, after: str) -> list[tuple[str, str | None]]:
        return [(self.told("cases.same"), None)] if before == after else frame.difference(before, after)

    def _grades(self, marks: Scored | None) -> list[tuple[str, str | None]]:
        told = self.told
        if marks is None or not marks.grades:
            return [(told("cases.no_grades"), None)]
        pieces: list[tuple[str, str | None]] = []
        for grade in sorted(marks.grades, key=_worst_first):
            score = told("cases.no_score") if grade.score is None else figure(grade.score, told)
            name = f"{told(f'measures.{grade.dimension}')} · {grade.grader}: {score}"
            pieces += [(name, _tone(grade)), (f" {frame.excerpt(grade.reason, 400)}\n", None)]
        return pieces


def _worst_first(grade: Grade) -> tuple[float, str]:
    return (2.0 if grade.score is None else grade.score), grade.grader


def _tone(grade: Grade) -> str:
    if grade.score is None:
        return "plain"
    return "source" if grade.score == 1 else "strong" if grade.score == 0 else "mild"
