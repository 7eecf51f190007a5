"""Doors by the names on them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from linli.core.actors import Actor
from linli.core.paths import within
from linli.grid.models import Dwelling, Entrance, EntrancePlacement, Place
from linli.grid.profile import leaf_kinds, register_kind

DoorKey = tuple[str, str, str, str]  # estate, building, entrance, room
EntranceKey = tuple[str, str, str]
BATCH = 5_000


@dataclass
class DwellingsFound:
    """Door → dwelling; entrance → the leaf that holds it now; and what was made."""

    dwellings: dict[DoorKey, int] = field(default_factory=dict)
    leaves: dict[EntranceKey, int] = field(default_factory=dict)
    dwellings_made: int = 0
    entrances_made: int = 0


def find_dwellings(*, register: Place, doors: Iterable[DoorKey]) -> DwellingsFound:
    """Those of the doors of a register's place that are there already, and where their entrances stand. The caller has
    checked that the place is its actor's. Three queries a batch of buildings."""
    found = DwellingsFound()
    names = sorted({door[1] for door in doors})
    for start in range(0, len(names), BATCH):
        here = {"building__place": register, "building__name__in": names[start : start + BATCH]}
        entrances: dict[int, EntranceKey] = {}
        rows = Entrance.objects.filter(**here).values_list("id", "building__estate__name", "building__name", "name")
        for key, estate, building, entrance in rows:
            entrances[key] = (estate or "", building, entrance)
        inside = {f"entrance__{name}": value for name, value in here.items()}
        placed = EntrancePlacement.objects.filter(**inside, until_on=None).values_list("entrance_id", "place_id")
        found.leaves.update({entrances[key]: place for key, place in placed})
        for key, entrance_id, room in Dwelling.objects.filter(**inside).values_list("id", "entrance_id", "room"):
            found.dwellings[(*entrances[entrance_id], room)] = key
    return found


def list_leaves(*, actor: Actor, place: Place) -> list[Place]:
    """The lowest places at or below a place, each with its parent, in order of path."""
    found = Place.objects.visible_to(actor).filter(within("path", [place.path]), kind__in=leaf_kinds(), until_on=None)
    return list(found.select_related("parent").order_by("path"))


def list_registers(*, actor: Actor, permission: str, most: int = 500) -> list[Place]:
    """The places that keep a register in which the actor has a permission; for posts below such a place, their own."""
    paths = actor.paths(permission)
    rows = Place.objects.filter(within("path", paths), until_on=None)
    found = list(rows.filter(kind=register_kind()).order_by("path")[:most])
    below = [path for path in paths if not any(path.startswith(one.path) or one.path.startswith(path) for one in found)]
    return found + list(rows.filter(path__in=below).order_by("path"))
