"""Doors in bulk: the dwellings that a roster names. Called by the register, which counts the people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid
from linli.core.locks import lock
from linli.grid.access import check_may
from linli.grid.models import Building, Dwelling, Entrance, EntrancePlacement, Estate, Place
from linli.grid.profile import leaf_kinds
from linli.grid.queries import DoorKey, DwellingsFound, EntranceKey, find_dwellings
from linli.grid.rules import natural_key


@dataclass(frozen=True)
class WantedDwelling:
    """A dwelling by the names on its doors, and the leaf place that its entrance stands in."""

    place_id: int
    building: str
    room: str
    estate: str = ""
    entrance: str = ""
    floor: int | None = None

    @property
    def door(self) -> DoorKey:
        return (self.estate, self.building, self.entrance, self.room)


def ensure_dwellings(
    *, actor: Actor, register: Place, wanted: Sequence[WantedDwelling], from_on: date | None = None
) -> DwellingsFound:
    """Make the estates, buildings, entrances and dwellings that are not there yet; new entrances begin to stand in the
    place that was named. Raises Conflict where an entrance stands elsewhere: find that out with `find_dwellings`."""
    with transaction.atomic():
        _check_leaves(actor, register, {one.place_id for one in wanted})
        lock(f"premises:{register.pk}")
        before = find_dwellings(register=register, doors=[one.door for one in wanted])
        for one in wanted:
            if before.leaves.get(one.door[:3], one.place_id) != one.place_id:
                raise Conflict(_("An entrance stands in another place already."), code="entrance-elsewhere")
        missing = [one for one in wanted if one.door not in before.dwellings]
        if not missing:
            return before
        entrances, made = ensure_entrances(register, missing, from_on or clock.today())
        rows = {(entrances[one.door[:3]], one.room): one for one in missing}
        Dwelling.objects.bulk_create(
            Dwelling(entrance_id=entrance, floor=one.floor, room=room, sort=natural_key(room))
            for (entrance, room), one in rows.items()
        )
        audit.record(actor, "add_dwellings", register, fields=["building", "entrance", "dwelling"], path=register.path)
        after = find_dwellings(register=register, doors=[one.door for one in wanted])
        after.dwellings_made, after.entrances_made = len(rows), made
        return after


def _check_leaves(actor: Actor, register: Place, place_ids: set[int]) -> None:
    found = Place.objects.below(register.path).filter(pk__in=place_ids, kind__in=leaf_kinds(), until_on=None)
    leaves = list(found.only("path"))
    if len(leaves) != len(place_ids):
        raise Invalid(_("Buildings and entrances stand in the lowest places of this community only."))
    for leaf in leaves:
        check_may(actor, "places.edit", leaf)


def ensure_entrances(
    register: Place, wanted: Sequence[WantedDwelling], day: date
) -> tuple[dict[EntranceKey, int], int]:
    estates = _ensure(Estate, {one.estate: {"place": register, "name": one.estate} for one in wanted if one.estate})
    buildings = _ensure(
        Building,
        {
            one.door[:2]: {"place": register, "estate_id": estates.get(one.estate), "name": one.building}
            for one in wanted
        },
        sort=True,
    )
    keys = {one.door[:3]: one for one in wanted}
    known = _rows_of(Entrance, "building_id", set(buildings.values()))
    missing = {key: one for key, one in keys.items() if (buildings[key[:2]], key[2]) not in known}
    made = Entrance.objects.bulk_create(
        Entrance(building_id=buildings[key[:2]], name=key[2], sort=natural_key(key[2])) for key in missing
    )
    EntrancePlacement.objects.bulk_create(
        EntrancePlacement(entrance=entrance, place_id=one.place_id, from_on=day)
        for entrance, one in zip(made, missing.values(), strict=True)
    )
    known |= {(entrance.building_id, entrance.name): entrance.pk for entrance in made}
    return {key: known[(buildings[key[:2]], key[2])] for key in keys}, len(made)


def _rows_of(model: Any, parent: str, parents: set[int]) -> dict[tuple[int, str], int]:
    rows = model.objects.filter(**{f"{parent}__in": parents}).values_list(parent, "name", "id")
    return {(above, name): key for above, name, key in rows}


def _ensure(model: Any, wanted: dict[Any, dict[str, Any]], *, sort: bool = False) -> dict[Any, int]:
    """Rows of a register place by their names: found, or made in one insert."""
    if not wanted:
        return {}
    place = next(iter(wanted.values()))["place"]
    names = {columns["name"] for columns in wanted.values()}
    rows = model.objects.filter(place=place, name__in=names)
    estate = "estate_id" if sort else "id"
    known = {(row.name, getattr(row, estate) if sort else None): row.pk for row in rows}
    keys = {key: (columns["name"], columns.get("estate_id")) for key, columns in wanted.items()}
    missing = {keys[key]: columns for key, columns in wanted.items() if keys[key] not in known}
    extra = (lambda columns: {"sort": natural_key(columns["name"])}) if sort else (lambda _columns: {})
    made = model.objects.bulk_create(model(**columns, **extra(columns)) for columns in missing.values())
    known |= {key: row.pk for key, row in zip(missing, made, strict=True)}
    return {key: known[name] for key, name in keys.items()}
