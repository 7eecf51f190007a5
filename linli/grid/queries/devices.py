"""Phones with a list of the day, and what an account's posts allowed at past moments."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from linli.core.actors import ALL, Actor
from linli.core.crypto import keyed_hash
from linli.core.errors import Missing
from linli.grid.access import may_operate
from linli.grid.models import Absence, Account, Appointment, Device
from linli.grid.profile import post_kinds


def list_devices(*, actor: Actor, account_id: int | None = None) -> QuerySet[Device]:
    """An account's phones, the last seen first: one's own, those of somebody whom one appoints, or any for an operator.
    Raises Missing."""
    wanted = actor.id if account_id is None else account_id
    if actor.kind != "account" or not (wanted == actor.id or may_revoke_for(actor=actor, account_id=wanted)):
        raise Missing()
    return Device.objects.filter(account=wanted).select_related("account").order_by("-last_seen_at", "id")


def may_revoke_for(*, actor: Actor, account_id: int) -> bool:
    """Whoever appoints a person, at a place where the person holds or held a post, looks after the person's phones."""
    if actor.token_scopes is not None:
        return False
    if may_operate(actor):
        return True
    return Appointment.objects.visible_to(actor, "posts.appoint").filter(account=account_id).exists()


def get_device(*, actor: Actor, device_id: UUID) -> Device:
    """One's own phone. Raises Missing."""
    found = Device.objects.filter(pk=device_id, account=actor.id).first() if actor.kind == "account" else None
    if found is None:
        raise Missing()
    return found


def find_devices(*, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, Device]:
    """The actor's own phones among these."""
    if actor.kind != "account":
        return {}
    return {one.pk: one for one in Device.objects.filter(pk__in=set(ids), account=actor.id)}


def keeps_list(*, device_id: UUID) -> bool:
    """May the phone that knows this id keep its list? Asked without signing in: a lost phone is told to clear it."""
    return Device.objects.filter(pk=device_id, revoked_at=None, account__is_active=True).exists()


def account_mark(account_id: int) -> str:
    """Stands for an account on a phone, so that it tells whose record is whose without a name."""
    return keyed_hash(str(account_id), "account on a phone")[:16]


def find_person(*, account_id: int) -> Account | None:
    """For a heading, after `list_devices` has said that one may."""
    return Account.objects.filter(pk=account_id).first()


def allowed_spans(*, actor: Actor, permission: str) -> list[tuple[str, datetime, datetime | None]]:
    """(path, from, until) of every appointment that the actor's account ever had and that allows `permission`, and of those
    that it held as a deputy while it held one of its own. Two queries."""
    if actor.kind != "account":
        return []
    kinds = [code for code, kind in post_kinds().items() if permission in kind.permissions or ALL in kind.permissions]
    held = list(Appointment.objects.filter(account=actor.id).select_related("place"))
    ends = [one.until_at for one in held]
    left_at = max((end for end in ends if end is not None), default=None) if None not in ends else None
    lent = Absence.objects.filter(deputy=actor.id, appointment__post_kind__in=kinds).select_related(
        "appointment__place"
    )
    own = [(one.place.path, one.from_at, one.until_at) for one in held if one.post_kind in kinds]
    return own + [
        (one.appointment.place.path, one.from_at, min(filter(None, [one.until_at, one.appointment.until_at, left_at])))
        for one in lent
    ]
