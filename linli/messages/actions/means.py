"""How one's own account is reached."""

import json
from datetime import time
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Invalid, Missing
from linli.core.locks import lock
from linli.messages.models import Means, QuietHours
from linli.messages.queries.outbox import index_of
from linli.messages.rules import EMAIL, OWN_MEANS, SMS, VOICE
from linli.messages.senders.push import read_subscription
from linli.residents.numbers import BadNumber, normalise_phone

MOST_MEANS = 12


def add_means(*, actor: Actor, kind: str, address: str, label: str = "") -> Means:
    """Added twice it stands once; one found dead before is alive again. It comes last in the order."""
    if actor.kind != "account" or kind not in OWN_MEANS:
        raise Missing()
    settled = _settle(kind, address)
    with transaction.atomic():
        lock(f"means:{actor.id}")
        mine = Means.objects.filter(account=actor.id)
        index = index_of(kind, settled)
        found = mine.filter(kind=kind, address_index=index).first()
        if found is None and mine.count() >= MOST_MEANS:
            raise Invalid(fields={"address": _("These are many already: take one away first.")})
        if found is None:
            last = mine.aggregate(last=Max("order"))["last"] or 0
            found = Means(account_id=actor.id, kind=kind, address_index=index, order=last + 1, made_at=clock.now())
        found.address, found.label, found.dead_at = settled, label[:60], None
        found.save()
        audit.record(actor, "add_means", ("grid.account", actor.id), fields=[kind])
        return found


def _settle(kind: str, address: str) -> str:
    if kind == EMAIL:
        bare = address.strip()
        try:
            validate_email(bare)
        except ValidationError:
            raise Invalid(fields={"address": _("This is no e-mail address: name@example.org")}) from None
        return bare
    if kind in {SMS, VOICE}:
        try:
            return normalise_phone(address)
        except BadNumber:
            raise Invalid(
                fields={"address": _("This is no phone number. Write it with its area or country code.")}
            ) from None
    try:
        found = read_subscription(address)
    except ValueError:
        raise Invalid(_("The browser gave no subscription that can be used. Try again.")) from None
    keys = {"p256dh": found["p256dh"], "auth": found["auth"]}
    return json.dumps({"endpoint": found["endpoint"], "keys": keys}, sort_keys=True)


def remove_means(*, actor: Actor, means_id: int) -> None:
    with transaction.atomic():
        gone, _by_table = Means.objects.filter(account=actor.id, pk=means_id).delete()
        if gone:
            audit.record(actor, "remove_means", ("grid.account", actor.id), fields=["means"])


def prefer_means(*, actor: Actor, means_id: int) -> None:
    """One step up in the order."""
    with transaction.atomic():
        lock(f"means:{actor.id}")
        mine = list(Means.objects.filter(account=actor.id).order_by("order", "id"))
        at = next((at for at, one in enumerate(mine) if one.pk == means_id), None)
        if at is None:
            raise Missing()
        if at:
            mine[at - 1], mine[at] = mine[at], mine[at - 1]
        for order, one in enumerate(mine, start=1):
            one.order = order
        Means.objects.bulk_update(mine, ["order"])
        audit.record(actor, "order_means", ("grid.account", actor.id), fields=["order"])


def choose_quiet_hours(*, actor: Actor, begins: time, ends: time, write_id: UUID | None = None) -> None:  # noqa: ARG001
    """The same twice is the same. Equal times: none are quiet."""
    with transaction.atomic():
        QuietHours.objects.update_or_create(account_id=actor.id, defaults={"begins": begins, "ends": ends})
        audit.record(actor, "choose_quiet_hours", ("grid.account", actor.id), fields=["begins", "ends"])
