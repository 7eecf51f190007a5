"""What stands on a place: buildings, entrances and who holds them, dwellings and the checks of their vacancy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import within
from linli.grid.models import Building, Dwelling, Entrance, EntrancePlacement, Place, VacancyCheck
from linli.grid.profile import leaf_kinds
from linli.grid.queries.places import get_place


@dataclass(frozen=True)
class EntranceAt:
    """An entrance and the place that holds it on a day (None: none did)."""

    entrance: Entrance
    place: Place | None
    dwellings: int

    @property
    def in_cell(self) -> bool:
        return self.place is not None and self.place.kind in leaf_kinds()


@dataclass
class BuildingAt:
    building: Building
    entrances: list[EntranceAt] = field(default_factory=list)


@dataclass(frozen=True)
class DwellingAt:
    """A dwelling with the place that answers for it: the one that holds its entrance, or else the community."""

    dwelling: Dwelling
    place: Place
    checks: list[VacancyCheck]

    @property
    def vacant(self) -> bool | None:
        """What the last look said; None where nobody looked."""
        return self.checks[0].vacant if self.checks else None


def on_day(day: date | None) -> Q:
    """Placements that hold on a day; without one, the present ones."""
    if day is None:
        return Q(until_on=None)
    return Q(from_on__lte=day) & (Q(until_on=None) | Q(until_on__gt=day))


def _entrances(actor: Actor, permission: str = "places.see") -> QuerySet[Entrance]:
    """Entrances of one's communities, and those that one's own places hold now."""
    paths = actor.paths(permission)
    held = EntrancePlacement.objects.filter(within("place__path", paths), until_on=None).values("entrance")
    return Entrance.objects.filter(within("building__place__path", paths) | Q(pk__in=held))


def get_entrance(*, actor: Actor, entrance_id: int, permission: str = "places.see") -> Entrance:
    rows = _entrances(actor, permission).select_related("building__estate", "building__place")
    found = rows.filter(pk=entrance_id).first()
    if found is None:
        raise Missing()
    return found


def get_building(*, actor: Actor, building_id: int, permission: str = "places.see") -> Building:
    rows = Building.objects.filter(entrances__in=_entrances(actor, permission)).select_related("estate", "place")
    found = rows.filter(pk=building_id).first()
    if found is None:
        raise Missing()
    return found


def list_buildings_at(*, actor: Actor, place: Place) -> QuerySet[Building]:
    """Buildings of a community, or those with an entrance that a place at or below `place` holds now."""
    held = EntrancePlacement.objects.filter(within("place__path", [place.path]), until_on=None)
    mine = _entrances(actor)
    rows = Building.objects.filter(
        Q(pk__in=mine.filter(building__place=place).values("building"))
        | Q(pk__in=mine.filter(pk__in=held.values("entrance")).values("building"))
    )
    return rows.select_related("estate").order_by(F("estate__name").asc(nulls_first=True), "sort", "id")


def list_entrances_of(
    *, actor: Actor, buildings: Sequence[Building], place: Place, day: date | None = None
) -> list[BuildingAt]:
    """The entrances of some buildings in natural order, each with its holder on a day; at a place below the community
    only those that it holds. Two queries."""
    found = {building.pk: BuildingAt(building) for building in buildings}
    rows = _entrances(actor).filter(building__in=found).annotate(rooms=Count("dwellings")).order_by("sort", "id")
    placements = EntrancePlacement.objects.filter(on_day(day), entrance__building__in=found).select_related(
        "place__parent"
    )
    holders = {one.entrance_id: one.place for one in placements}
    for entrance in rows:
        at = found[entrance.building_id]
        entrance.building = at.building
        holder = holders.get(entrance.pk)
        if at.building.place_id == place.pk or (holder and holder.path.startswith(place.path)):
            at.entrances.append(EntranceAt(entrance, holder, entrance.rooms))
    return list(found.values())


def list_entrances_in_no_cell(*, actor: Actor, place: Place, limit: int = 200) -> list[EntranceAt]:
    """Gaps: entrances of the communities at or below a place that no cell holds now. One query."""
    in_cell = EntrancePlacement.objects.filter(until_on=None, place__kind__in=leaf_kinds()).values("entrance")
    rows = (
        _entrances(actor)
        .filter(within("building__place__path", [place.path]))
        .exclude(pk__in=in_cell)
        .select_related("building__estate", "building__place")
        .annotate(rooms=Count("dwellings"))
        .order_by("building__place__path", "building__sort", "sort", "id")
    )
    return [EntranceAt(one, None, one.rooms) for one in rows[:limit]]


def list_placements(*, actor: Actor, entrance: Entrance) -> list[EntrancePlacement]:
    """Which place held an entrance, the latest first."""
    get_entrance(actor=actor, entrance_id=entrance.pk)
    return list(entrance.placements.select_related("place__parent").order_by("-from_on", "-id"))


def find_place_of_entrance(*, actor: Actor, entrance: Entrance, day: date) -> Place | None:
    """Which place held an entrance on a day."""
    get_entrance(actor=actor, entrance_id=entrance.pk)
    found = entrance.placements.filter(on_day(day)).select_related("place").first()
    return found.place if found else None


def list_dwellings(*, actor: Actor, entrance: Entrance) -> list[Dwelling]:
    """The dwellings behind an entrance in walking order (floor, room), each with `vacant` as last seen. Two queries."""
    rows = Dwelling.objects.filter(entrance__in=_entrances(actor).filter(pk=entrance.pk))
    found = list(rows.order_by(F("floor").asc(nulls_first=True), "sort", "id"))
    last: dict[int, bool] = {}
    checks = VacancyCheck.objects.filter(dwelling__in=found).order_by("checked_on", "id")
    last.update(checks.values_list("dwelling_id", "vacant"))
    for one in found:
        one.entrance = entrance
        one.vacant = last.get(one.pk)  # type: ignore[attr-defined]
    return found


def list_dwellings_below(*, actor: Actor, code: str, after: int = 0, limit: int = 100) -> list[Dwelling]:
    """Up to `limit + 1` dwellings behind entrances that places at or below a code hold now, in the order in which they
    were entered, behind the id `after`; each with `place_code`. Two queries. Raises Missing for an unknown code."""
    place = get_place(actor=actor, code=code)
    rows = Dwelling.objects.filter(
        within("entrance__placements__place__path", [place.path]), entrance__placements__until_on=None, pk__gt=after
    )
    rows = rows.annotate(place_code=F("entrance__placements__place__code"))
    return list(rows.select_related("entrance__building__estate").order_by("pk")[: limit + 1])


def get_dwelling(*, actor: Actor, dwelling_id: int, permission: str = "places.see") -> DwellingAt:
    """A dwelling with the place that answers for it and its checks, the latest first. Raises Missing as elsewhere."""
    rows = Dwelling.objects.filter(entrance__in=_entrances(actor, permission))
    found = (
        rows.select_related("entrance__building__estate", "entrance__building__place").filter(pk=dwelling_id).first()
    )
    if found is None:
        raise Missing()
    placed = found.entrance.placements.filter(until_on=None).select_related("place").first()
    checks = found.vacancy_checks.select_related("checked_by").order_by("-checked_on", "-id")[:50]
    return DwellingAt(found, placed.place if placed else found.entrance.building.place, list(checks))
