"""The right half of the page: a reply with what supports it, and everything else known about it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from voz.brand import Brand
from voz.case import Case
from voz.errors import VozError
from voz.page_view import Item, Piece, View, view_of
from voz.service.refusals import told
from voz.wire import FieldError
from voz.words import Words

COLOURS = {
    "fact": "#1f8a5b",
    "commitment": "#2667c9",
    "courtesy": "#8a8f98",
    "question": "#8b5cc7",
    "unsupported": "#b7791f",
    "warn": "#d98200",
    "block": "#d33131",
}
TONES = {"plain": "#8a8f99", "mild": "#d98201", "strong": "#d33132", "source": "#1f8a5c"}
log = logging.getLogger(__name__)


class Board:
    """The right half of a tab: everything that is known about one reply."""

    def __init__(self, gr: Any, told: Words, brand: Brand, title: str, empty: str) -> None:
        self.gr, self.told, self.brand, self.empty = gr, told, brand, told(empty)
        self.state = gr.State(None)
        self.status = gr.HighlightedText(
            [(self.empty, None)], show_label=False, container=False, elem_classes=["voz-lines", "voz-status"]
        )
        self.triage = self._lines(TONES, "voz-chips")
        supports = {told.label("support", name): colour for name, colour in COLOURS.items()}
        self.reply = self._lines(supports, "voz-reply", label=told(title), show_legend=True)
        self.plain = gr.Textbox(visible=False)
        self.copy = gr.Button(told("page.copy"), size="sm", visible=False, elem_classes="voz-copy")
        self.clause = gr.Textbox(
            label=told("page.clause"), interactive=False, lines=3, max_lines=16, visible=False,
            elem_classes="voz-clause",
        )  # fmt: skip
        self.findings = self._lines(TONES, "voz-list", label=told("page.findings"))
        self.unanswered = self._lines(TONES, "voz-list", label=told("page.unanswered"))
        hint = f"{told('page.sources')}: {told('page.sources_hint')}"
        self.sources = self._lines(TONES, "voz-list voz-open", label=hint)
        self.notes = self._folded("notes")
        self.reasons = self._folded("reasons")
        self.besides = self._folded_list("besides")
        self.filtered = self._folded_list("filtered")
        self.outputs = [
            self.state, self.status, self.triage, self.reply, self.plain, self.copy, self.clause,
            self.findings, self.unanswered, self.sources, *self.notes, *self.reasons,
            *self.besides, *self.filtered,
        ]  # fmt: skip
        self._listen()

    def _lines(self, colours: dict[str, str], classes: str, **more: Any) -> Any:
        return self.gr.HighlightedText(
            None, visible=False, show_inline_category=False, color_map=colours, show_label="label" in more,
            elem_classes=["voz-lines", *classes.split()], **more,
        )  # fmt: skip

    def _folded(self, name: str) -> tuple[Any, Any]:
        with self.gr.Accordion(self.told(f"page.{name}"), open=False, visible=False) as fold:
            box = self.gr.Textbox(**_BARE, lines=1, max_lines=20)
        return fold, box

    def _folded_list(self, name: str) -> tuple[Any, Any]:
        with self.gr.Accordion(self.told(f"page.{name}"), open=False, visible=False) as fold:
            lines = self._lines(TONES, "voz-list voz-open")
        return fold, lines

    def _listen(self) -> None:
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        for component, field in (
            (self.reply, "reply"),
            (self.sources, "sources"),
            (self.besides[1], "besides"),
            (self.filtered[1], "filtered"),
        ):
            component.select(self._opener(field), self.state, self.clause, scroll_to_output=field != "reply", **quiet)
        copied = f"(t) => {{ navigator.clipboard.writeText(t); return '{self.told('page.copied')}'; }}"
        back = f"() => new Promise(r => setTimeout(() => r('{self.told('page.copy')}'), 1500))"
        done = self.copy.click(None, self.plain, self.copy, js=copied, **quiet)
        done.then(None, None, self.copy, js=back, **quiet)

    def _opener(self, field: str) -> Callable[..., Any]:
        """What a click on a sentence or a source shows: its whole clause."""

        def open_clause(opened: dict[str, list[str]] | None, event: Any) -> Any:
            place = event.index[0] if isinstance(event.index, (list, tuple)) else event.index
            text = opened[field][place] if opened and 0 <= place < len(opened[field]) else ""
            return self.gr.update(value=text, visible=True) if text else self.gr.skip()

        # Gradio looks for its class in the annotation, and it is not imported up there.
        open_clause.__annotations__ = {"event": self.gr.SelectData}
        return open_clause

    def show(self, work: Callable[[], Case]) -> list[Any]:
        """What the outputs become; an error becomes one sentence, never markup."""
        try:
            return self._filled(view_of(work(), self.told, self.brand))
        except FieldError as error:
            return self.blank(self.told.problem(error.field, str(error)))
        except VozError as error:
            return self.blank(told(error, self.told.language))
        except Exception as error:
            log.exception("the page's work failed")
            return self.blank(f"voz: {type(error).__name__}")

    def blank(self, problem: str = "") -> list[Any]:
        update = self.gr.update
        return [
            None, _said(self.gr, problem or self.empty, "warn" if problem else "none"),
            update(value=None, visible=False), update(value=None, visible=False), "",
            *(update(visible=False) for _ in self.outputs[5:]),
        ]  # fmt: skip

    def _filled(self, view: View) -> list[Any]:
        update = self.gr.update
        chips = list(view.triage)
        return [
            self._opened(view),
            _said(self.gr, view.status, view.tone),
            update(value=chips, visible=bool(chips)),
            update(value=self._marked(view.pieces) or None, visible=bool(view.pieces)),
            view.reply,
            update(visible=bool(view.reply)),
            update(value="", visible=False),
            *(_listed(self.gr, items) for items in (view.findings, view.unanswered, view.sources)),
            update(visible=bool(view.notes)), update(value=view.notes),
            update(visible=bool(view.reasons)), update(value=view.reasons),
            update(visible=bool(view.besides)), _listed(self.gr, view.besides),
            update(visible=bool(view.filtered)), _listed(self.gr, view.filtered),
        ]  # fmt: skip

    def _marked(self, pieces: tuple[Piece, ...]) -> list[tuple[str, str | None]]:
        label = self.told.label
        return [(piece.text, label("support", piece.support) if piece.support else None) for piece in pieces]

    def _opened(self, view: View) -> dict[str, list[str]]:
        """What each click shows, by the place of the piece that is clicked."""

        def reply_text(piece: Piece) -> str:
            found = [view.clauses[name] for name in piece.citations if name in view.clauses]
            if found or not piece.kind:
                return "\n\n———\n\n".join(found)
            return self.told("page.no_source", kind=self.told.label("support", piece.kind))

        def listed(items: tuple[Item, ...]) -> list[str]:
            return [view.clauses.get(item.clause or "", "") for item in items for _ in range(2)]

        return {
            "reply": [reply_text(piece) for piece in view.pieces],
            "sources": listed(view.sources),
            "besides": listed(view.besides),
            "filtered": listed(view.filtered),
        }


_BARE = {"show_label": False, "container": False, "interactive": False}


def _said(gr: Any, text: str, tone: str) -> Any:
    return gr.update(value=[(text, None)], elem_classes=["voz-lines", "voz-status", f"voz-{tone}"])


def _listed(gr: Any, items: tuple[Item, ...]) -> Any:
    """Two pieces a line: what stands out, and the rest."""
    pieces: list[tuple[str, str | None]] = []
    for item in items:
        pieces += [(item.head, item.tone), (f" {item.rest}\n", None)]
    return gr.update(value=pieces or None, visible=bool(items))


def colour_css() -> str:
    """Gradio paints a piece with half its colour and writes black on it; this makes it a tint, underlined.

    The only thing in its markup that tells one kind of piece from another is the colour itself.
    """
    rules = []
    for name, colour in {**COLOURS, **TONES}.items():
        rgb = ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
        tint, line = (0.07, 0.4) if name in ("courtesy", "plain") else (0.2, 1.0)
        rules.append(
            f'.voz-lines .token[style*="{rgb}"] .text, .voz-lines .legend-item[style*="{rgb}"] '
            f"{{ background-color: rgba({rgb}, {tint}) !important; box-shadow: inset 0 -2px 0 rgba({rgb}, {line}); }}"
        )
    return "\n".join(rules)
