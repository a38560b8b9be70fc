"""The pages of the desk, mounted in the application in every language of the interface."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from voz.service.service import Service
from voz.ui import add_slash, page_theme
from voz.ui_board import colour_css
from voz.words import LANGUAGES


def mount_desk(app: FastAPI, service: Service, home: Path | None = None, public_url: str | None = None) -> None:
    """The desk at `/desk` in Spanish, and at `/desk/en` and `/desk/pt`; the other pages likewise, and their files.

    `home` is voz's own folder, where evaluation runs lie; None: the one of the settings.
    `public_url`: what people type to reach it all, for the links that are sent to them.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from voz.pages.commitments import build_commitments
    from voz.pages.desk import build_desk
    from voz.pages.downloads import add_downloads
    from voz.pages.figures import build_figures
    from voz.pages.learn import build_learn
    from voz.pages.runs import build_runs

    add_downloads(app, service)
    _mount(app, "desk", lambda language: build_desk(service, language, public_url or ""))
    _mount(app, "commitments", lambda language: build_commitments(service, language))
    _mount(app, "figures", lambda language: build_figures(service, language))
    _mount(app, "runs", lambda language: build_runs(service, language, home))
    _mount(app, "learn", lambda language: build_learn(service, language))


def _mount(app: FastAPI, name: str, build: Callable[[str], Any]) -> None:
    import gradio as gr

    for language in (*LANGUAGES[1:], LANGUAGES[0]):  # the one without a language in its path would swallow the others
        path = f"/{name}" if language == LANGUAGES[0] else f"/{name}/{language}"
        add_slash(app, path)
        gr.mount_gradio_app(
            app, build(language), path, footer_links=[], run_history=False, show_error=False, ssr_mode=False, pwa=False,
            theme=page_theme(gr), css=_css(name), js=f"() => {{ {_script(name, language)} }}", max_file_size=1,
        )  # fmt: skip


def _css(name: str) -> str:
    own = "" if name == "desk" else _data("desk/pages.css")
    return _data("ui/page.css") + _data("desk/desk.css") + own + colour_css()


def _script(name: str, language: str) -> str:
    from voz.pages.desk_words import desk_words

    script = _data("desk/desk.js" if name == "desk" else "desk/pages.js")
    return script.replace("LANG", language).replace("OFFLINE", desk_words(language)("offline"))


def _data(name: str) -> str:
    return (files("voz") / "data" / name).read_text(encoding="utf-8")
