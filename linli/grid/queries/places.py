"""Reads of the tree."""

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.grid.models import Building, Dwelling, Entrance, Estate, Place, PlacePast
from linli.grid.profile import place_kinds, register_kind
from linli.grid.rules import COMMITTEES


def get_place(*, actor: Actor, code: str, permission: str = "places.see") -> Place:
    """The place with this code. Raises Missing where it is not there or not the actor's."""
    place = Place.objects.visible_to(actor, permission).select_related("parent").filter(code=code).first()
    if place is None:
        raise Missing()
    return place


def get_place_by_id(*, actor: Actor, place_id: int, permission: str = "places.see") -> Place:
    place = Place.objects.visible_to(actor, permission).filter(pk=place_id).first()
    if place is None:
        raise Missing()
    return place


def find_place_at(path: str) -> Place | None:
    """The place with exactly this path, for what the clock and the queue do."""
    return Place.objects.filter(path=path, until_on=None).first()


def list_children(
    *, actor: Actor, place: Place, permission: str = "places.see", mark: int | None = None
) -> QuerySet[Place]:
    """The places right below, in natural order: those of now, or those that stood at a headcount change."""
    return Place.objects.visible_to(actor, permission).filter(parent=place).standing_at(mark).order_by("sort", "id")


def list_places(*, actor: Actor, codes: Iterable[str], permission: str = "places.see") -> list[Place]:
    """The places with these codes. Raises Missing where one is not the actor's."""
    wanted = set(codes)
    found = list(Place.objects.visible_to(actor, permission).filter(code__in=wanted).order_by("path"))
    if len(found) != len(wanted):
        raise Missing()
    return found


def list_places_below(
    *, actor: Actor, code: str = "", after: str = "", limit: int = 100, permission: str = "places.see"
) -> tuple[list[Place], str]:
    """One page of the places at and below a code (all that are the actor's without one), from the top down, and the code
    to go on after ('' at the end)."""
    rows = Place.objects.visible_to(actor, permission).filter(until_on=None).select_related("parent").order_by("path")
    if code:
        rows = rows.below(get_place(actor=actor, code=code, permission=permission).path)
    if after:
        rows = rows.filter(path__gt=get_place(actor=actor, code=after, permission=permission).path)
    found = list(rows[: limit + 1])
    return found[:limit], found[limit - 1].code if len(found) > limit else ""


def count_places(*, actor: Actor, code: str = "", by: str = "kind", permission: str = "places.see") -> dict[str, int]:
    """How many stand at and below a code, itself included: by kind (every kind from its own down, then estates,
    buildings, entrances and dwellings) or by committee (of the communities). Raises Missing for an unknown code."""
    place = get_place(actor=actor, code=code, permission=permission) if code else None
    paths = [place.path] if place else actor.paths(permission)
    rows = Place.objects.filter(within("path", paths), until_on=None)
    if by == "committee":
        found = dict(rows.filter(kind=register_kind()).values_list("committee").annotate(n=Count("id")).order_by())
        return {name: found.get(name, 0) for name in (*COMMITTEES, "other")}
    found = dict(rows.values_list("kind").annotate(n=Count("id")).order_by())
    top = place_kinds()[place.kind].depth if place else 0
    counts = {kind.code: found.get(kind.code, 0) for kind in place_kinds().values() if kind.depth >= top}
    return counts | _count_premises(paths)


def _count_premises(paths: list[str]) -> dict[str, int]:
    """What stands on the places: by the community, so that an entrance in no cell counts too; below a community by the
    cell that holds it now."""
    depth = place_kinds()[register_kind()].depth
    by_community = within("building__place__path", [path for path in paths if path.count("/") <= depth + 1])
    by_cell = Q(placements__until_on=None) & within("placements__place__path", paths)
    entrances = Entrance.objects.filter(by_community | by_cell).order_by().values("id").distinct()
    buildings = Building.objects.filter(entrances__in=entrances).order_by().values("id").distinct()
    return {
        "estate": Estate.objects.filter(buildings__in=buildings).distinct().count(),
        "building": buildings.count(),
        "entrance": entrances.count(),
        "dwelling": Dwelling.objects.filter(entrance__in=entrances).count(),
    }


def list_places_in(*, actor: Actor, place: Place, permission: str = "places.see") -> list[Place]:
    """All places below one, in order of path: for a community, never for a country."""
    return list(
        Place.objects.visible_to(actor, permission).below(place.path).filter(until_on=None).order_by("path")[1:]
    )


def register_path(path: str) -> str:
    """The path of the place that keeps the register at or above a path; '' higher up."""
    above, depth = ancestors(path), place_kinds()[register_kind()].depth
    return above[depth] if len(above) > depth else ""


def find_register(*, actor: Actor, place: Place) -> Place | None:
    """The place that keeps the register for a place: itself or one above it; None higher up. Scope is the place's own."""
    depth = place_kinds()[register_kind()].depth
    above = ancestors(place.path)
    if not actor.may("places.see", place.path) or len(above) <= depth:
        return None
    return Place.objects.filter(path=above[depth], kind=register_kind()).first()


def list_place_past(*, actor: Actor, place: Place) -> list[PlacePast]:
    """What a place was called and where it stood, the latest first."""
    if not actor.may("places.see", place.path):
        raise Missing()
    return list(place.past.select_related("parent").order_by("-until_on", "-id"))
