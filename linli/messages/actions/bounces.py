"""A number or an address that a provider says does not exist."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from django.db import transaction

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Missing
from linli.messages.models import Means
from linli.residents.actions import record_phone_dead


class Reached(Protocol):
    """The part of a means that says whose it is."""

    @property
    def person_id(self) -> int: ...
    @property
    def means_id(self) -> int: ...


def note_bad_addresses(*, actor: Actor, reaches: Iterable[Reached]) -> None:
    """The register's people get a task for whoever is to mend the number; an account's own means is not used any more."""
    found = list(reaches)
    for person in sorted({one.person_id for one in found if one.person_id}):
        with suppress(Missing, Conflict):  # has left, or the number was mended meanwhile
            record_phone_dead(actor=actor, person_id=person)
    means = sorted({one.means_id for one in found if one.means_id})
    if means:
        with transaction.atomic():
            Means.objects.filter(pk__in=means, dead_at=None).update(dead_at=clock.now())
            audit.record_many(actor, "record_means_dead", [("messages.means", key) for key in means])
