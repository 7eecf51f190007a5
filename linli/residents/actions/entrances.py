"""Cells redrawn: whole entrances go to another place, and with them everybody who lives behind them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.writes import done_before, mark_done
from linli.grid.actions import Change, place_inhabited_entrances, record_headcount_changes
from linli.grid.models import EntrancePlacement, Place
from linli.residents.access import lock_registers
from linli.residents.actions._entries import sealed
from linli.residents.models import Membership, Residence, RosterUpload

BATCH = 500


def move_entrances(
    *,
    actor: Actor,
    entrance_ids: Sequence[int],
    to_place_id: int,
    on: date | None = None,
    write_id: UUID | None = None,
) -> int:
    """Give entrances to another leaf place from a day on (today), and count their households there; returns how many
    households moved. Each change names its member, so that open rounds follow. The same few queries for one entrance
    and for a hundred."""
    with transaction.atomic():
        content = sealed(entrances=sorted(entrance_ids), place=to_place_id, on=on)
        before = done_before(actor, "move_entrances", write_id, content)
        if before:
            return int(before)
        to_place = Place.objects.visible_to(actor, "places.see").filter(pk=to_place_id).first()
        if to_place is None:
            raise Missing()
        paths = EntrancePlacement.objects.filter(entrance__in=entrance_ids, until_on=None)
        lock_registers(to_place.path, *paths.values_list("place__path", flat=True))
        moved = place_inhabited_entrances(actor=actor, entrance_ids=entrance_ids, to_place=to_place, on=on)
        households = _count_households(actor, moved, to_place.path)
        mark_done(actor, "move_entrances", write_id, content, households)
        return households


def _count_households(actor: Actor, moved: dict[int, str], to_path: str) -> int:
    living = Residence.objects.filter(dwelling__entrance__in=moved, until_on=None).order_by("household_id")
    households = list(living.values_list("household_id", "dwelling__entrance_id"))
    people = Membership.objects.filter(
        until_on=None, household__residences__until_on=None, household__residences__dwelling__entrance__in=moved
    ).order_by("person_id")
    members = list(people.values_list("person_id", "household__residences__dwelling__entrance_id"))
    for unit, rows in (("household", households), ("person", members)):
        changes = [Change(from_path=moved[entrance], to_path=to_path, member=key) for key, entrance in rows]
        record_headcount_changes(actor=actor, unit=unit, changes=changes)
    return len(households)


def count_redrawn(*, actor: Actor, moved: Mapping[int, tuple[str, str]], places: Mapping[int, int]) -> int:
    """Entrances stand elsewhere because places were redrawn (entrance → paths before and after): count who lives behind
    them there. They neither came nor went. Each household is named, so that open rounds follow; people are counted
    together. Rosters waiting for a place go on at the one that follows it. Returns how many households."""
    keys, households, people = sorted(moved), list[Change](), Counter[tuple[str, str]]()
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        living = Residence.objects.filter(dwelling__entrance__in=part, until_on=None).order_by("household_id")
        for household, entrance in living.values_list("household_id", "dwelling__entrance_id"):
            households.append(Change(*moved[entrance], member=household, redrawn=True))
        members = Membership.objects.filter(
            until_on=None, household__residences__until_on=None, household__residences__dwelling__entrance__in=part
        )
        counted = members.order_by().values_list("household__residences__dwelling__entrance_id")
        for entrance, n in counted.annotate(n=Count("pk")):
            people[moved[entrance]] += n
    record_headcount_changes(actor=actor, unit="household", changes=households)
    counts = [Change(*paths, n=n, redrawn=True) for paths, n in sorted(people.items())]
    record_headcount_changes(actor=actor, unit="person", changes=counts)
    for before, after in places.items():
        RosterUpload.objects.filter(place=before).exclude(state="done").update(place=after)
    return len(households)
