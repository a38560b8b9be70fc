"""The pages of the desk, mounted in the application in every language of the interface."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

from voz.service.service import Service
from voz.ui import page_theme
from voz.ui_board import colour_css
from voz.words import LANGUAGES


def mount_desk(app: FastAPI, service: Service) -> None:
    """The desk at `/desk` in Spanish, and at `/desk/en` and `/desk/pt`."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from voz.pages.desk import build_desk
    from voz.pages.desk_words import desk_words

    for language in (*LANGUAGES[1:], LANGUAGES[0]):  # the one without a language in its path would swallow the others
        path = "/desk" if language == LANGUAGES[0] else f"/desk/{language}"
        script = _data("desk/desk.js").replace("LANG", language).replace("OFFLINE", desk_words(language)("offline"))
        _mount(gr, app, build_desk(service, language), path, script)


def _mount(gr: Any, app: FastAPI, page: Any, path: str, script: str) -> None:
    css = _data("ui/page.css") + _data("desk/desk.css") + colour_css()
    gr.mount_gradio_app(
        app, page, path, footer_links=[], run_history=False, show_error=False, ssr_mode=False, pwa=False,
        theme=page_theme(gr), css=css, js=f"() => {{ {script} }}", max_file_size=1,
    )  # fmt: skip


def _data(name: str) -> str:
    return (files("voz") / "data" / name).read_text(encoding="utf-8")
