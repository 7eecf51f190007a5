"""May an actor do this here? `may_x` is a bool; `check_may` raises what the person sees."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing
from linli.grid.models import Account, Appointment, Place
from linli.grid.rules import PostKind


def may(actor: Actor, permission: str, place: Place) -> bool:
    return actor.may(permission, place.path)


def check_may(actor: Actor, permission: str, place: Place, *, seen_with: str = "places.see") -> None:
    """Raises Missing where the actor can't even see the place, Forbidden where only the act is not allowed."""
    if actor.may(permission, place.path):
        return
    raise Forbidden() if actor.may(seen_with, place.path) else Missing()


def may_operate(actor: Actor) -> bool:
    """Keeps accounts, tokens and jobs in order; sees no register by that. Never through a program's token."""
    if actor.kind == "system":
        return True
    if actor.kind != "account" or actor.token_scopes is not None:
        return False
    return Account.objects.filter(pk=actor.id, is_operator=True, is_active=True).exists()


def check_operator(actor: Actor) -> None:
    """Raises Missing: whoever is not an operator is not told that there is something to operate."""
    if not may_operate(actor):
        raise Missing()


def check_own_reach(actor: Actor, place: Place, kind: PostKind, account: Account, until_at: datetime | None) -> None:
    """Nobody widens their own reach: appointing oneself needs one present post that already allows there all that the
    new one does, at least as long. Raises Forbidden."""
    if actor.kind != "account" or actor.id != account.pk:
        return
    covering = [
        grant.appointment_id
        for grant in actor.grants
        if grant.appointment_id is not None
        and not grant.lent_by  # what is lent for some days can't be given to oneself for longer
        and place.path.startswith(grant.path)
        and kind.permissions <= grant.permissions
    ]
    ends = Appointment.objects.filter(pk__in=covering).values_list("until_at", flat=True)
    if not any(end is None or (until_at is not None and until_at <= end) for end in ends):
        raise Forbidden(_("You can't give yourself more than you already have. Ask someone above you to appoint you."))


def check_may_send_away(actor: Actor, appointment: Appointment) -> None:
    """One's own post, or one at a place where one appoints. Raises Missing or Forbidden."""
    if actor.kind == "account" and actor.id == appointment.account_id:
        return
    check_may(actor, "posts.appoint", appointment.place, seen_with="posts.see")
