"""Single sign-on from settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voz.door.oidc import SignOn

if TYPE_CHECKING:
    from voz.config import Settings


def sign_on(settings: Settings) -> SignOn | None:
    """Single sign-on as the settings name it. Raises InputError on settings that cannot work."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret
    return SignOn(
        issuer=settings.oidc_issuer, client_id=settings.oidc_client_id or "",
        client_secret=secret.get_secret_value() if secret else "",
        roles=settings.oidc_roles,  # type: ignore[arg-type]  # SignOn says which are unknown
        default_role=settings.oidc_default_role,  # type: ignore[arg-type]
    )  # fmt: skip
