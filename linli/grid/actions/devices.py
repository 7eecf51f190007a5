"""Phones with a list of the day: registered when they fetch one, revoked when they are lost."""

from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction

from linli.core import clock
from linli.core.actors import Actor
from linli.core.audit import record
from linli.core.errors import Conflict, Forbidden, Missing
from linli.core.locks import lock
from linli.grid.models import Device
from linli.grid.queries.devices import may_revoke_for

MOST_DEVICES = 10
SEEN_EVERY_S = 60


def register_device(*, actor: Actor, device_id: UUID, name: str, session: str = "") -> Device:
    """The phone at hand, new or known. Raises Conflict where it was revoked, Missing where it is another account's, and
    Conflict past `MOST_DEVICES` in use."""
    if actor.kind != "account" or actor.token_scopes is not None:
        raise Forbidden()
    with transaction.atomic():
        lock(f"devices:{actor.id}")
        found = Device.objects.filter(pk=device_id).first()
        if found is not None:
            return _seen(actor, found, session)
        if Device.objects.filter(account=actor.id, revoked_at=None).count() >= MOST_DEVICES:
            _retire_oldest(actor)
        now = clock.now()
        made = Device.objects.create(
            id=device_id,
            account_id=actor.id,
            name=_plain(name),
            made_at=now,
            last_seen_at=now,
            session=session,
        )
        record(actor, "register_device", made, fields=["name"])
        return made


def _seen(actor: Actor, device: Device, session: str) -> Device:
    if device.account_id != actor.id:
        raise Missing()
    if device.revoked_at is not None:
        raise Conflict(code="device-revoked")
    now = clock.now()
    if device.session != session or (now - device.last_seen_at).total_seconds() > SEEN_EVERY_S:
        device.last_seen_at, device.session = now, session
        device.save(update_fields=["last_seen_at", "session"])
    return device


def _retire_oldest(actor: Actor) -> None:
    """A browser that forgets its storage looks like a new phone each time: the one not seen for longest goes."""
    oldest = Device.objects.filter(account=actor.id, revoked_at=None).order_by("last_seen_at").first()
    if oldest is not None:
        _revoke(actor, oldest)


def revoke_device(*, actor: Actor, device_id: UUID) -> Device:
    """A phone was lost: its list is cleared at the next contact, its sign-in ends now, and what it still sends is kept
    for review. By its owner, by whoever appoints the owner, or by an operator. Revoked twice is revoked once."""
    with transaction.atomic():
        found = Device.objects.select_for_update(of=("self",)).filter(pk=device_id).first()
        if found is None or actor.kind != "account":
            raise Missing()
        if found.account_id != actor.id and not may_revoke_for(actor=actor, account_id=found.account_id):
            raise Missing()
        if found.revoked_at is None:
            _revoke(actor, found)
        return found


def _revoke(actor: Actor, device: Device) -> None:
    if device.session:
        Session.objects.filter(pk=device.session).delete()
    device.revoked_at, device.session = clock.now(), ""
    device.save(update_fields=["revoked_at", "session"])
    record(actor, "revoke_device", device)


def _plain(name: str) -> str:
    text = " ".join("".join(one for one in name if one.isprintable()).split())
    return text[:60] or "?"
