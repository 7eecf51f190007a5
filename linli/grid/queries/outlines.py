"""Outlines of places, what stands inside them, and how they fit together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from linli.core.actors import Actor
from linli.core.errors import Invalid, Missing
from linli.core.paths import ancestors, within
from linli.grid.geometry import (
    BadShapeError,
    Shape,
    area_m2,
    boxes_meet,
    coarser,
    contains,
    label_point,
    read_shape,
    share_covered,
    share_inside,
    write_shape,
)
from linli.grid.models import Building, Entrance, EntrancePlacement, Outline, Place
from linli.grid.profile import place_kinds, register_kind
from linli.grid.queries.places import get_place, list_children
from linli.grid.queries.posts import list_top_places
from linli.grid.words import SHAPE_FAULTS

FINEST = 20  # zoom at which an outline is shown with all of its points
MOST_SHOWN = 2_000
NOTICED = 0.01  # part of an outline from which on an overlap or a gap is named


def checked_shape(geometry: Any) -> Shape:
    """Raises Invalid, with what is wrong and where, in the user's language."""
    try:
        return read_shape(geometry)
    except BadShapeError as fault:
        text = str(SHAPE_FAULTS[fault.code])
        if fault.at:
            text += " " + _("At %(lon)s, %(lat)s.") % {"lon": fault.at[0], "lat": fault.at[1]}
        raise Invalid(text, fields={"geometry": text}) from None


def find_outline(*, place: Place, day: date | None = None) -> Outline | None:
    """How a place that the caller may see lies on the map now, or lay on a day."""
    rows = Outline.objects.filter(place=place)
    if day is None:
        return rows.filter(until_on=None).first()
    return rows.filter(Q(until_on=None) | Q(until_on__gt=day), from_on__lte=day).order_by("-version").first()


def find_outlines(*, places: Iterable[Place], day: date) -> dict[int, Shape]:
    """Place → its shape on a day, of places that the caller may see; one without an outline is left out. One query."""
    rows = Outline.objects.filter(Q(until_on=None) | Q(until_on__gt=day), place__in=list(places), from_on__lte=day)
    return {key: read_shape(raw) for key, raw in rows.order_by("version").values_list("place_id", "geometry")}


def last_version(*, place: Place) -> int:
    """The number of the last save of a place's outline, its removal included; 0: never drawn."""
    found = Outline.objects.filter(place=place).order_by("-version").values_list("version", flat=True).first()
    return found or 0


def list_outline_past(*, actor: Actor, place: Place) -> list[Outline]:
    """Every outline that a place had, the latest first."""
    if not actor.may("places.see", place.path):
        raise Missing()
    return list(Outline.objects.filter(place=place).select_related("made_by").order_by("-version"))


@dataclass(frozen=True)
class Drawn:
    """A place with its outline as a map shows it."""

    place: Place
    shape: Shape
    depth: int  # 0: the place asked for; 1: right below it; and so on
    source: str


def list_outlines(*, actor: Actor, code: str = "", levels: int = 1, zoom: int = FINEST) -> list[Drawn]:
    """The present outlines of a place (without a code, of the actor's own places) and of what lies up to `levels` below,
    as coarse as the zoom allows; from the top down. A constant number of queries. Raises Missing."""
    tops = _tops(actor, code)
    kinds = list(place_kinds().values())
    first = min((place_kinds()[one.kind].depth for one in tops), default=0)
    wanted = [kind.code for kind in kinds if first <= kind.depth <= first + levels]
    rows = Outline.objects.visible_to(actor).filter(until_on=None, place__until_on=None, place__kind__in=wanted)
    rows = rows.filter(within("place__path", [one.path for one in tops])).select_related("place__parent")
    found = []
    for one in rows.order_by("place__path")[:MOST_SHOWN]:
        shape = read_shape(one.geometry)
        shown = shape if zoom >= FINEST else coarser(shape, zoom)
        found.append(Drawn(one.place, shown, place_kinds()[one.place.kind].depth - first, one.source))
    return found


def _tops(actor: Actor, code: str) -> list[Place]:
    if code:
        return [get_place(actor=actor, code=code)]
    if not actor.may_somewhere("places.see"):
        raise Missing()
    return list(list_top_places(actor=actor, permission="places.see"))


def as_features(drawn: Iterable[Drawn]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection: names and codes, never people."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": one.place.code,
                "properties": {
                    "code": one.place.code,
                    "name": one.place.name,
                    "kind": one.place.kind,
                    "parent": one.place.parent.code if one.place.parent else None,
                    "depth": one.depth,
                    "at": label_point(one.shape),
                    "source": one.source,
                },
                "geometry": write_shape(one.shape),
            }
            for one in drawn
        ],
    }


# How outlines fit ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """How a shape lies beside its siblings and in the place above: parts of 0 to 1."""

    overlaps: tuple[tuple[Place, float], ...]  # sibling and which part of the shape lies in it
    outside: float  # which part lies outside of the place above; 0 where that has no outline
    gap: float  # which part of the place above no place below covers; 0 where a sibling has none yet
    missing: int  # siblings without an outline
    hectares: float

    @property
    def is_clean(self) -> bool:
        return not (self.overlaps or self.outside or self.gap)


def check_fit(*, actor: Actor, place: Place, shape: Shape) -> Fit:
    """Overlaps with siblings, what lies outside of the place above and what nobody covers. Three queries."""
    hectares = area_m2(shape) / 10_000
    if place.parent is None or not actor.may("places.see", place.path):
        return Fit((), 0.0, 0.0, 0, hectares)
    siblings = list(Place.objects.filter(parent=place.parent, until_on=None).exclude(pk=place.pk))
    rows = Outline.objects.filter(place__in=[*siblings, place.parent], until_on=None)
    shapes = {key: read_shape(raw) for key, raw in rows.values_list("place_id", "geometry")}
    above = shapes.pop(place.parent.pk, None)
    beside = [(one, shapes[one.pk]) for one in siblings if one.pk in shapes]
    near = [(one, share_inside(shape, other)) for one, other in beside if boxes_meet(shape, other)]
    outside = 1 - share_inside(shape, above) if above else 0.0
    complete = above is not None and len(beside) == len(siblings)
    gap = 1 - share_covered(above, [shape, *shapes.values()]) if above and complete else 0.0
    return Fit(
        overlaps=tuple((one, part) for one, part in near if part >= NOTICED),
        outside=outside if outside >= NOTICED else 0.0,
        gap=gap if gap >= NOTICED else 0.0,
        missing=len(siblings) - len(beside),
        hectares=hectares,
    )


def count_without_outline(*, actor: Actor, place: Place) -> int:
    """Places right below that nobody has drawn yet."""
    rows = list_children(actor=actor, place=place)
    return rows.exclude(pk__in=Outline.objects.filter(until_on=None).values("place")).count()


# What stands inside --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """A building on the map."""

    building: Building
    lon: float
    lat: float


def list_buildings_drawn(*, actor: Actor, place: Place) -> list[Standing]:
    """Buildings on the map with an entrance at or below a place; of a community also those that no cell holds."""
    if not actor.may("places.see", place.path):
        raise Missing()
    placed = EntrancePlacement.objects.filter(within("place__path", [place.path]), until_on=None)
    here = Q(pk__in=placed.values("entrance__building"))
    if place.kind == register_kind():
        here |= Q(place=place)
    rows = Building.objects.filter(here, lon__isnull=False).select_related("estate").order_by("sort", "id")
    return [Standing(one, one.lon or 0.0, one.lat or 0.0) for one in rows[:MOST_SHOWN]]


@dataclass(frozen=True)
class Proposal:
    """An entrance that stands inside an outline, and the place that holds it now, if any."""

    entrance: Entrance
    holder: Place | None


def propose_entrances(*, actor: Actor, place: Place, shape: Shape | None = None) -> list[Proposal]:
    """Entrances whose building stands inside the place's outline (or `shape`) and that neither it nor a place below it
    holds. Two queries; nothing where no outline is drawn or no building is on the map."""
    if not actor.may("places.see", place.path):
        raise Missing()
    if shape is None:
        found = find_outline(place=place)
        shape = read_shape(found.geometry) if found else None
    if shape is None:
        return []
    register = Place.objects.filter(path__in=ancestors(place.path), kind=register_kind())
    rows = Entrance.objects.filter(building__place__in=register, building__lon__isnull=False)
    inside = [one for one in rows.select_related("building__estate").order_by("sort", "id") if _is_inside(one, shape)]
    return _not_held(place, inside)


def _is_inside(entrance: Entrance, shape: Shape) -> bool:
    return contains(shape, entrance.building.lon or 0.0, entrance.building.lat or 0.0)


def _not_held(place: Place, entrances: Sequence[Entrance]) -> list[Proposal]:
    rows = EntrancePlacement.objects.filter(entrance__in=entrances, until_on=None).select_related("place__parent")
    held = {one.entrance_id: one.place for one in rows}
    return [
        Proposal(one, held.get(one.pk))
        for one in entrances
        if one.pk not in held or not held[one.pk].path.startswith(place.path)
    ]
