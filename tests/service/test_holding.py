"""Who may do what on a case that somebody else holds, has approved, or may approve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from office import ANA, EVA, LUIS, Office

from voz.errors import InputError, NotFound, Refused, Unconfirmed
from voz.service import handing, holding, review, scratches, users
from voz.service.actor import OWNER, Actor
from voz.service.refusals import told
from voz.store import access
from voz.store.rows import CaseRow, UserRow

LIE = "Hola, Marta: el envío a la península cuesta 17,50 €."
Step = Callable[[Office, Actor, CaseRow], CaseRow]


def rewrite(office: Office, actor: Actor, case: CaseRow) -> CaseRow:
    return review.rewrite(office.service, actor, case.id, case.version, "más breve")


def snooze(office: Office, actor: Actor, case: CaseRow) -> CaseRow:
    until = office.clock.now + dt.timedelta(hours=1)
    return holding.snooze(office.service, actor, case.id, case.version, until)


def assign(office: Office, actor: Actor, case: CaseRow) -> CaseRow:
    return holding.assign(office.service, actor, case.id, case.version, None)


def correct(office: Office, actor: Actor, case: CaseRow) -> CaseRow:
    return holding.correct(office.service, actor, case.id, case.version, claim=False)


def add(office: Office, login: str, role: str, teams: tuple[str, ...] = ()) -> UserRow:
    return users.add(office.service.database, OWNER, login, login.capitalize(), role, teams=teams)


@pytest.mark.parametrize("step", [rewrite, snooze, assign, correct])
def test_what_somebody_holds_nobody_else_changes(office: Office, step: Step) -> None:
    case = holding.hold(office.service, ANA, office.drafted().case.id)
    with pytest.raises(Refused, match="holds this case"):
        step(office, LUIS, case)
    assert office.view(case.id).case.version == case.version
    step(office, ANA, case)


def test_a_lead_passes_on_what_somebody_holds(office: Office) -> None:
    case = holding.hold(office.service, ANA, office.drafted().case.id)
    assert assign(office, EVA, case).held_by is None


def test_a_case_is_not_given_to_somebody_who_only_looks(office: Office) -> None:
    view, oto = office.drafted(), add(office, "oto", "observer")
    with pytest.raises(InputError, match="Oto is an observer"):
        holding.assign(office.service, EVA, view.case.id, view.case.version, oto.id)


def test_only_a_lead_takes_back_what_a_lead_has_overridden(office: Office) -> None:
    view = office.drafted()
    case = review.approve(office.service, EVA, view.case.id, view.case.version, LIE, override="Tarifa nueva.")
    with pytest.raises(Refused, match="takes the role lead"):
        review.withdraw(office.service, ANA, case.id, case.version)
    assert review.withdraw(office.service, EVA, case.id, case.version).approved_at is None


def test_what_an_agent_may_not_approve_is_handed_to_somebody_who_may_with_the_text(office: Office) -> None:
    view = office.drafted()
    lead, boss, luis = add(office, "eva", "lead"), add(office, "mar", "admin"), add(office, "luis", "agent")
    gone = add(office, "ida", "lead")
    users.disable(office.service.database, OWNER, "ida")
    seen = [review.judged(office.service, ANA, view.draft, LIE)]
    everyone = office.view(view.case.id).users
    assert [user.id for user in handing.candidates(office.service, ANA, view.case, everyone, seen)] == [
        lead.id,
        boss.id,
    ]
    for user in (luis, gone):
        with pytest.raises((Refused, NotFound), match=r"either|no active user"):
            handing.pass_on(office.service, ANA, view.case.id, view.case.version, user.id, LIE)
    case = handing.pass_on(office.service, ANA, view.case.id, view.case.version, lead.id, LIE)
    assert case.assignee == lead.id
    theirs = office.view(case.id, lead.id)
    assert theirs.typed["reply"].text == LIE
    entry = theirs.trail[-1]
    assert (entry.action, entry.who) == ("assigned", ANA.id)
    assert entry.after["reason"] == " ".join(seen[0].stops)
    review.approve(office.service, users.actor_of(lead), case.id, case.version, LIE, override="Tarifa nueva.")


def test_a_text_that_is_handed_over_takes_nothing_away(office: Office) -> None:
    view, lead = office.drafted(), add(office, "eva", "lead")
    scratches.keep(office.service, users.actor_of(lead), view.case.id, "reply", "Lo mío.", view.draft.id)
    handing.pass_on(office.service, ANA, view.case.id, view.case.version, lead.id, LIE)
    theirs = office.view(view.case.id, lead.id)
    assert [row.text for row in scratches.earlier(theirs)] == ["Lo mío."]


def test_who_may_approve_it_alone_is_offered_nobody(office: Office) -> None:
    view = office.drafted()
    add(office, "eva", "lead")
    seen = [review.judged(office.service, ANA, view.draft, view.draft.reply)]
    assert handing.candidates(office.service, ANA, view.case, office.view(view.case.id).users, seen) == ()


def due(office: Office, case: CaseRow, **after: float) -> CaseRow:
    """The case with a target that ends so much after now."""
    with office.service.database.write() as tx:
        access.change(tx, CaseRow, case.id, due_at=office.clock.now + dt.timedelta(**after))
    return office.view(case.id).case


def test_nobody_sets_a_case_aside_past_its_target_without_saying_that_they_know_it(office: Office) -> None:
    case = due(office, office.drafted().case, minutes=30)
    with pytest.raises(Unconfirmed, match=r"answered by 23/11/2026 10:30, .* until 23/11/2026 11:00: it would be late"):
        snooze(office, ANA, case)
    assert office.view(case.id).case == case
    until = office.clock.now + dt.timedelta(hours=1)
    aside = holding.snooze(office.service, ANA, case.id, case.version, until, late=True)
    assert aside.snoozed_until == until
    entry = office.view(case.id).trail[-1]
    assert (entry.who, entry.action, entry.after["late"]) == (ANA.id, "snoozed", True)


def test_what_is_late_already_is_said_to_be(office: Office) -> None:
    case = due(office, office.drafted().case, minutes=-30)
    with pytest.raises(Unconfirmed) as caught:
        snooze(office, ANA, case)
    assert [told(caught.value, language).split()[:4] for language in ("es", "en", "pt")] == [
        ["Ya", "está", "fuera", "de"], ["It", "is", "late", "already"], ["Já", "está", "fora", "do"]
    ]  # fmt: skip


def test_up_to_its_target_a_case_is_set_aside_at_once(office: Office) -> None:
    case = due(office, office.drafted().case, hours=1)
    assert "late" not in (snooze(office, ANA, case) and office.view(case.id).trail[-1].after)
