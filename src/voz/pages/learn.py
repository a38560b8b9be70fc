"""The page of examples: replies that people sent, to accept or decline, and answers of teams for the knowledge."""

from __future__ import annotations

from typing import Any

import gradio as gr

from voz.door.asking import with_actor
from voz.pages import frame
from voz.pages.frame import Updates, say
from voz.pages.learn_examples import Examples
from voz.pages.learn_knowledge import Additions
from voz.pages.topic_words import topic_words
from voz.service.actor import Actor
from voz.service.service import Service
from voz.store import access
from voz.store.rows import CandidateRow, ConsultationRow


def build_learn(service: Service, language: str) -> Any:
    """The page in one language, as Gradio's Blocks."""
    told, company = topic_words("page_learn", language), service.desk.brand.voice.company
    with gr.Blocks(title=f"{told('title')} · {company or 'voz'}", analytics_enabled=False, fill_width=True) as page:
        frame.Heading("learn", language, told("title"), told("hint"), company)
        news = frame.news()
        with gr.Tabs():
            with gr.Tab(told("tabs.examples", n=0)) as first:
                examples = Examples(service, language, news)
            with gr.Tab(told("tabs.knowledge", n=0)) as second:
                additions = Additions(service, language, news)

        def count(actor: Actor) -> Updates:
            """How many wait, on the tabs; and who may only look is told so."""

            def work() -> Updates:
                with service.database.read() as tx:
                    replies = len(access.find(tx, CandidateRow, state="waiting"))
                    answers = len(access.find(tx, ConsultationRow, proposal="proposed"))
                return {
                    first: gr.update(label=told("tabs.examples", n=replies)),
                    second: gr.update(label=told("tabs.knowledge", n=answers)),
                }

            return frame.told_by(work, news, language)

        def greet(actor: Actor) -> Any:
            return say("" if actor.at_least("lead") else told("may_not"), "warn")

        counted = with_actor(count)
        page.load(with_actor(greet), None, news, **frame.QUIET)
        page.load(counted, None, [first, second, news], **frame.QUIET)
        for part in (examples, additions):
            part.listen(page, counted, [first, second, news])
    return page
