"""Who acts, and with which grants."""

from typing import Any

from linli.core import clock
from linli.core.actors import NOBODY, Actor, Grant
from linli.grid.models import Account, Appointment
from linli.grid.profile import post_kinds


def actor_for(account: Any, *, token_scopes: frozenset[str] | None = None) -> Actor:
    """The actor for an account at this moment: one grant for each valid appointment."""
    if not isinstance(account, Account):
        account = Account.objects.get(pk=account.pk)
    if not account.is_active:
        return NOBODY
    kinds = post_kinds()
    held = Appointment.objects.valid_at(clock.now()).filter(account=account).select_related("place").order_by("id")
    grants = tuple(
        Grant(
            path=one.place.path,
            permissions=kinds[one.post_kind].permissions,
            post_kind=one.post_kind,
            place_id=one.place_id,
            appointment_id=one.pk,
        )
        for one in held
        if one.post_kind in kinds
    )
    return Actor(kind="account", id=account.pk, name=account.name, grants=grants, token_scopes=token_scopes)
