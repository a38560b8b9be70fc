"""A post is known again by its words: the mark of a plain text is the mark of the HTML that it was posted as."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voz.helpdesk.contract import html_mark, text_mark
from voz.helpdesk.outgoing import as_html

WRITTEN = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(["&", "&amp;", "&nbsp;", "&currency=EUR", "&section=2", "&lt;b&gt;", "<b>", "</", "<!--",
                         "<br>", "{{x}}", "{%", "&#123;", "&copy", "\r\n", "\n\n", " ", "<script>", "İ", "ß"]),
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(WRITTEN)
@example("Mira https://t.es/p?a=1&currency=EUR&section=2\n<b>hola</b> &amp;nbsp; &nbsp; 2 < 3")
def test_a_text_and_its_html_have_one_mark(text: str) -> None:
    assert html_mark(as_html(text)) == text_mark(text)


@pytest.mark.parametrize("shown", [
    "<p>Hola, Ana:</p>\n<p>mira https://t.es/?a=1&amp;section=2.</p>",
    '<div>Hola,&nbsp;Ana:<br/>mira <a href="https://t.es/?a=1&amp;section=2">https://t.es/?a=1&amp;section=2</a>.</div>',
    "<!-- by an editor --><span>HOLA, Ana:</span><ul><li>mira https://t.es/?a=1&#38;section=2.</li></ul>",
])  # fmt: skip
def test_a_helpdesk_may_change_the_markup(shown: str) -> None:
    assert html_mark(shown) == text_mark("Hola, Ana:\nmira https://t.es/?a=1&section=2.")


def test_other_words_have_another_mark() -> None:
    assert text_mark("a &lt; b") != text_mark("a < b")
    assert html_mark("<b>sí</b>") == text_mark("sí")
    assert text_mark("<b>sí</b>") != text_mark("sí")
