"""What a reviewer types is kept until it is approved: under another draft, beside another tab, and for nobody else."""

from __future__ import annotations

import pytest
from office import ANA, EVA, Office

from voz.errors import InputError, Refused
from voz.pages.desk_filling import texts
from voz.service import review, scratches
from voz.service.actor import Actor
from voz.service.view import CaseView

OWN = "Hola, Marta: te cambiamos la taza por otra igual."
OBSERVER = Actor("u-oto", "Oto", "observer")


def typed(office: Office, view: CaseView, text: str, part: str = "reply", seen: tuple[str, ...] = ()) -> bool:
    return scratches.keep(office.service, ANA, view.case.id, part, text, view.draft.id, seen=seen)


def again(office: Office, view: CaseView) -> CaseView:
    return office.view(view.case.id, ANA.id)


def kept(view: CaseView) -> list[str]:
    return [row.text for row in scratches.earlier(view)]


def test_what_was_typed_over_an_older_draft_is_the_earlier_text_and_can_be_taken_back(office: Office) -> None:
    first = office.drafted(external_id="1", thread="t")
    typed(office, first, OWN)
    office.receive("Por cierto, también falta el plato.", external_id="2", thread="t")
    office.drain()
    view = again(office, first)
    assert texts(view)[0] == view.draft.reply
    assert kept(view) == [OWN]
    typed(office, view, "Hola.")
    assert kept(again(office, view)) == [OWN], "typing over the new draft does not take it away"
    scratches.take_back(office.service, ANA, view.case.id, scratches.earlier(again(office, view))[0].part)
    view = again(office, view)
    assert texts(view)[0] == OWN
    assert kept(view) == ["Hola."], "what stood there can be had again, too"
    scratches.discard(office.service, ANA, view.case.id, scratches.earlier(view)[0].part)
    assert kept(again(office, view)) == []
    assert texts(again(office, view))[0] == OWN


def test_a_second_tab_that_never_saw_the_text_of_the_first_sets_it_aside(office: Office) -> None:
    view = office.drafted()
    assert not typed(office, view, OWN)
    assert not typed(office, view, f"{OWN} Un saludo.", seen=(OWN,)), "the same tab goes on"
    assert typed(office, view, f"{view.draft.reply}x")
    assert kept(again(office, view)) == [f"{OWN} Un saludo."]
    assert texts(again(office, view))[0] == f"{view.draft.reply}x"


def test_the_words_of_the_draft_are_nobodys_own(office: Office) -> None:
    view = office.drafted()
    typed(office, view, view.draft.reply)
    assert again(office, view).typed == {}
    typed(office, view, OWN)
    typed(office, view, view.draft.reply, seen=(OWN,))
    assert again(office, view).typed == {}


def test_what_is_set_aside_is_kept_once(office: Office) -> None:
    view = office.drafted()
    for text in ("Hola", "Buenas", "Hola, Marta", "Buenas tardes"):
        typed(office, view, text)
    assert sorted(kept(again(office, view))) == ["Buenas", "Hola, Marta"]


def test_an_approval_leaves_nothing_of_it(office: Office) -> None:
    view = office.drafted()
    typed(office, view, OWN)
    typed(office, view, "Otra cosa")
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply)
    assert kept(again(office, view)) == []


def test_a_public_half_that_was_cleared_stays_cleared_and_must_be_written_or_left_out(office: Office) -> None:
    view = office.drafted(channel="x")
    assert view.draft.public_reply
    typed(office, view, "", "public")
    assert texts(again(office, view))[1] == ""
    for public in (None, "", "   "):
        with pytest.raises(InputError, match="public reply is missing"):
            review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply, public)
    review.approve(office.service, ANA, view.case.id, view.case.version, view.draft.reply, no_public=True)
    assert [one.part for one in office.view(view.case.id).deliveries] == ["reply"]


def test_an_approval_of_another_draft_than_the_last_is_not_taken(office: Office) -> None:
    first = office.drafted()
    review.rewrite(office.service, EVA, first.case.id, first.case.version, "más breve")
    office.drain()
    version = office.view(first.case.id).case.version
    with pytest.raises(InputError, match="newer draft"):
        review.approve(office.service, ANA, first.case.id, version, OWN, base=first.draft.id)


def test_who_only_looks_types_nothing(office: Office) -> None:
    view = office.drafted()
    with pytest.raises(Refused):
        scratches.keep(office.service, OBSERVER, view.case.id, "reply", OWN, view.draft.id)
