"""Who stands where and may give what: the roles of the brand in order, and how the desk's roles map to them."""

from __future__ import annotations

from collections.abc import Iterator

from voz.brand import Action, Brand, Grant
from voz.packaged import packaged
from voz.prose_authority import people
from voz.quantities import fold_in_place
from voz.statements import content_stems

DESK = ("agent", "lead", "admin")
OBSERVER = "observer"
GESTURES: tuple[Action, ...] = ("voucher", "discount", "gift", "compensation")
OPEN: frozenset[Action] = frozenset({"callback", "deadline"})
"""What anyone may promise where no document says who may: it costs an effort, not money, and enters the ledger."""
DOLLARS = frozenset({"ARS", "MXN", "UYU", "CLP", "COP", "USD"})


def ladder(brand: Brand) -> tuple[str, ...]:
    """Role ids from the one that may least to the one that may most: as the file lists them, up or down."""
    ids = [role.id for role in brand.roles]
    ranks = [rank for role_id in ids if (rank := _rank(role_id, brand)) is not None]
    return tuple(reversed(ids) if ranks and ranks != sorted(ranks) and ranks == sorted(ranks)[::-1] else ids)


def _rank(role_id: str, brand: Brand) -> int | None:
    """The desk's role that a brand's id or name means: «Coordinación» leads."""
    if role_id in DESK:
        return DESK.index(role_id)
    for words in (role_id.replace("-", " ").replace("_", " "), brand.role(role_id).name):
        found = people(fold_in_place(words))
        if found:
            return DESK.index(found[0][2])
    return None


def desk_authority(user_role: str, brand: Brand) -> str | None:
    """The brand's role whose limits bind someone with this role at the desk; None: may approve nothing.

    An exact id wins, then what ids and names mean, then the place in the order. Where nothing fits, someone is bound
    by the role below rather than lifted to the one above.
    """
    steps = ladder(brand)
    if user_role == OBSERVER or not steps:
        return None
    if user_role in steps:
        return user_role
    if user_role not in DESK:
        return None
    wanted = DESK.index(user_role)
    ranks = {role_id: _rank(role_id, brand) for role_id in steps}
    same = [role_id for role_id in steps if ranks[role_id] == wanted]
    if same:
        return same[0] if wanted < 2 else same[-1]
    if all(rank is None for rank in ranks.values()):
        return steps[min(wanted, len(steps) - 1)] if wanted < 2 else steps[-1]
    if wanted == 2:
        return steps[-1]
    higher = [i for i, role_id in enumerate(steps) if (rank := ranks[role_id]) is not None and rank > wanted]
    free = [r for r in steps if ranks[r] is None and (not higher or steps.index(r) < higher[0])]
    if wanted == 1:
        return free[-1] if free else steps[max(0, (higher[0] if higher else len(steps)) - 1)]
    return free[0] if free else steps[0]


def grants(brand: Brand, role_id: str, action: Action) -> tuple[Grant, ...]:
    """What the role may give of this: its own grants, else those of the nearest role below it.

    A gesture of a form that no role is granted by name (a discount, where the guide speaks of vouchers) is bound by the
    grants for the other forms.
    """
    for form in _forms(brand, action):
        found = _own_or_below(brand, role_id, form)
        if found:
            return found
    return ()


def _forms(brand: Brand, action: Action) -> Iterator[Action]:
    yield action
    if action in (*GESTURES, "refund") and not _named(brand, action):
        yield from GESTURES


def _named(brand: Brand, action: Action) -> bool:
    return any(grant.action == action for role in brand.roles for grant in role.grants)


def governed(brand: Brand, action: Action) -> bool:
    """Whether any role is granted this, in whatever form."""
    return any(_named(brand, form) for form in _forms(brand, action))


def _own_or_below(brand: Brand, role_id: str, action: Action) -> tuple[Grant, ...]:
    steps = ladder(brand)
    reach = steps[: steps.index(role_id) + 1] if role_id in steps else ()
    for step in reversed(reach):
        own = tuple(grant for grant in brand.role(step).grants if grant.action == action)
        if own:
            return own
    return ()


def may(
    brand: Brand, role_id: str, action: Action, amount: float | None = None, currency: str | None = None, text: str = ""
) -> bool:
    """Whether the role may promise this on its own.

    A gift without an amount is within a limited grant only where the grant's note names it («café de 250 g»).
    """
    held = grants(brand, role_id, action)
    if not held:
        return action in OPEN and not governed(brand, action) and role_id in ladder(brand)
    return any(_within(grant, amount, currency, text, brand) for grant in held)


def _within(grant: Grant, amount: float | None, currency: str | None, text: str, brand: Brand) -> bool:
    if grant.up_to is None:
        return True
    if amount is None:
        return bool(grant.note) and content_stems(grant.note or "") <= content_stems(text)
    return amount <= grant.up_to and same_currency(grant.currency, currency, brand)


def same_currency(granted: str | None, given: str | None, brand: Brand) -> bool:
    """A bare «$» is the company's own peso or dollar."""
    if granted is None or given is None or granted == given:
        return True
    home = home_currency(brand)
    return given == "$" and granted in DOLLARS and (granted == home or home not in DOLLARS)


def home_currency(brand: Brand) -> str:
    return str(packaged("brand/countries").get(brand.voice.country, {}).get("currency", ""))


def limit(brand: Brand, role_id: str, action: Action, currency: str | None) -> Grant | None:
    """The grant that bounds what the role gives of this; None without one."""
    held = [g for g in grants(brand, role_id, action) if same_currency(g.currency, currency, brand)]
    return max(held, key=lambda g: float("inf") if g.up_to is None else g.up_to, default=None)
