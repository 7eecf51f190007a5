"""In which place did a house stand on a day, and what was that place called then."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from linli.alerts.rules import split_door
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.grid.models import Dwelling, EntrancePlacement, Place, PlacePast

MOST = 20


@dataclass(frozen=True)
class Step:
    """A place on the way down, as it was called on the day, and as it is called now where that differs."""

    code: str
    kind: str
    name: str
    name_now: str
    ended_on: date | None


@dataclass(frozen=True)
class OnDay:
    """Where something stood on a day: the way from the top down, and the same of today. Empty: nowhere."""

    what: str
    day: date
    then: tuple[Step, ...]
    now: tuple[Step, ...]

    @property
    def same(self) -> bool:
        return [one.code for one in self.then] == [one.code for one in self.now]


def plain_day(found: OnDay) -> dict[str, Any]:
    """For programs."""
    return asdict(found)


def read_ways(*, paths: Iterable[str], day: date) -> dict[str, tuple[Step, ...]]:
    """Path → the way down to it with the names of that day. Paths never change, so this holds for places that are no more.
    Two queries."""
    wanted = set(paths)
    chain = {one for path in wanted for one in ancestors(path)}
    places = {one.path: one for one in Place.objects.filter(path__in=chain)}
    past = PlacePast.objects.filter(place__in=places.values(), until_on__gt=day).order_by("-until_on", "-id")
    names: dict[int, str] = dict(past.values_list("place_id", "name"))  # the earliest end behind the day comes last
    return {
        path: tuple(
            Step(one.code, one.kind, names.get(one.pk, one.name), one.name, one.until_on)
            for one in (places[above] for above in ancestors(path) if above in places)
        )
        for path in wanted
    }


def find_place_on(*, actor: Actor, code: str, day: date) -> OnDay:
    """What a place was on a day. Raises Missing where it is not the actor's."""
    place = Place.objects.visible_to(actor).filter(code=code).first()
    if place is None:
        raise Missing()
    stood = (place.from_on is None or place.from_on <= day) and (place.until_on is None or place.until_on > day)
    way = read_ways(paths=[place.path], day=day)[place.path]
    return OnDay(place.name, day, way if stood else (), way if place.until_on is None else ())


def find_doors_on(*, actor: Actor, door: str, day: date, place: Place | None = None) -> list[OnDay]:
    """The houses that a written address means ('3-2-301', '3栋2单元301室', or parts of it), each with where it stood on the
    day and stands today. Only those that stand, or stood then, in the actor's places. The same few queries for any number."""
    building, entrance, room = split_door(door, "", "")
    named = Q(entrance__building__name__startswith=building) | Q(entrance__building__estate__name=building)
    rows = Dwelling.objects.filter(named) if building else Dwelling.objects.none()
    if entrance:
        rows = rows.filter(entrance__name__startswith=entrance)
    if room:
        rows = rows.filter(room__startswith=room)
    paths = actor.paths("places.see")
    held = EntrancePlacement.objects.filter(within("place__path", paths)).filter(
        Q(until_on=None) | Q(from_on__lte=day, until_on__gt=day)
    )
    if place is not None:
        held = held.filter(within("place__path", [place.path]))
    found = rows.filter(entrance__in=held.values("entrance")).select_related("entrance__building__estate")
    order = ("entrance__building__place__path", "entrance__building__sort", "entrance__sort", "floor", "sort", "id")
    return _describe(actor, list(found.order_by(*order)[:MOST]), day)


def _describe(actor: Actor, dwellings: Sequence[Dwelling], day: date) -> list[OnDay]:
    keys = {one.entrance_id for one in dwellings}
    held = EntrancePlacement.objects.filter(entrance__in=keys).filter(
        Q(until_on=None) | Q(from_on__lte=day, until_on__gt=day)
    )
    then: dict[int, str] = {}
    now: dict[int, str] = {}
    for one in held.select_related("place"):
        if one.from_on <= day and (one.until_on is None or one.until_on > day):
            then[one.entrance_id] = one.place.path
        if one.until_on is None:
            now[one.entrance_id] = one.place.path
    seen = [path for path in {*then.values(), *now.values()} if actor.may("places.see", path)]
    ways, today = read_ways(paths=seen, day=day), read_ways(paths=seen, day=date.max)
    return [
        OnDay(
            str(one),
            day,
            ways.get(then.get(one.entrance_id, ""), ()),
            today.get(now.get(one.entrance_id, ""), ()),
        )
        for one in dwellings
    ]
