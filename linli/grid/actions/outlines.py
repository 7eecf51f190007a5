"""Outlines are drawn, brought in from a file, removed; buildings are put on the map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.locks import lock
from linli.core.sheets import normalise
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_may
from linli.grid.geometry import DIGITS, FARTHEST_NORTH, Shape, write_shape
from linli.grid.models import Building, Outline, Place
from linli.grid.queries.outlines import checked_shape, find_outline, last_version
from linli.grid.words import SHAPE_FAULTS

BATCH = 500


class OutlineChangedError(Conflict):
    """Somebody else saved the outline meanwhile; `current` is theirs (None: they removed it)."""

    def __init__(self, current: Outline | None, version: int):
        super().__init__(
            _("Somebody else saved this outline meanwhile. Look at both and choose."), code="outline-changed"
        )
        self.current, self.version = current, version


def save_outline(
    *, actor: Actor, place: Place, geometry: Any, version: int, source: str = "", write_id: UUID | None = None
) -> Outline:
    """Draw a place's outline anew, from today on. `version` is the one that the drawing began with (0: none); raises
    OutlineChangedError where another one was saved since, Invalid where the shape is none."""
    content = [place.pk, geometry, version, source]
    with transaction.atomic():
        before = done_before(actor, "save_outline", write_id, content)
        if before:
            return Outline.objects.get(pk=before)
        _check(actor, place, version)
        shape = write_shape(checked_shape(geometry))
        made = _renew([(place, shape)], actor, normalise(source)[:120])[0]
        audit.record(actor, "save_outline", place, fields=["outline"], path=place.path)
        mark_done(actor, "save_outline", write_id, content, made.pk)
        return made


def remove_outline(*, actor: Actor, place: Place, version: int, write_id: UUID | None = None) -> None:
    """The place has no outline from today on; those it had stay on record."""
    content = [place.pk, version]
    with transaction.atomic():
        if done_before(actor, "remove_outline", write_id, content):
            return
        _check(actor, place, version)
        Outline.objects.filter(place=place, until_on=None).update(until_on=clock.today())
        audit.record(actor, "remove_outline", place, fields=["outline"], path=place.path)
        mark_done(actor, "remove_outline", write_id, content, place.pk)


def _check(actor: Actor, place: Place, version: int) -> None:
    lock("outlines")
    check_may(actor, "places.edit", place)
    if place.until_on is not None:
        raise Missing()
    last, current = last_version(place=place), find_outline(place=place)
    if version != last and not (version == 0 and current is None):
        raise OutlineChangedError(current, last)


def _renew(drawn: Sequence[tuple[Place, dict[str, Any]]], actor: Actor, source: str) -> list[Outline]:
    """End the outlines of these places and begin others, all from today on: a constant number of statements a batch."""
    today, now = clock.today(), clock.now()
    keys = [place.pk for place, _shape in drawn]
    last: dict[int, int] = {}
    for key, version in Outline.objects.filter(place__in=keys).values_list("place_id", "version"):
        last[key] = max(last.get(key, 0), version)
    Outline.objects.filter(place__in=keys, until_on=None).update(until_on=today)
    return Outline.objects.bulk_create(
        Outline(
            place=place,
            version=last.get(place.pk, 0) + 1,
            geometry=shape,
            source=source,
            from_on=today,
            made_at=now,
            made_by_id=actor.id if actor.kind == "account" else None,
        )
        for place, shape in drawn
    )


@dataclass(frozen=True)
class OutlinesImported:
    new: int = 0
    changed: int = 0
    unchanged: int = 0


def import_outlines(*, actor: Actor, shapes: Sequence[tuple[Place, Shape]], source: str = "") -> OutlinesImported:
    """Outlines of many places in one go, all or nothing; what is the same already stays as it is. Raises Missing or
    Forbidden where one of the places is not the actor's."""
    with transaction.atomic():
        lock("outlines")
        for place, _shape in shapes:
            check_may(actor, "places.edit", place)
        new = changed = unchanged = 0
        for start in range(0, len(shapes), BATCH):
            batch = {place.pk: (place, write_shape(shape)) for place, shape in shapes[start : start + BATCH]}
            standing = dict(Outline.objects.filter(place__in=batch, until_on=None).values_list("place_id", "geometry"))
            wanted = [one for key, one in batch.items() if standing.get(key) != one[1]]
            _renew(wanted, actor, normalise(source)[:120])
            fresh = sum(place.pk not in standing for place, _shape in wanted)
            new, changed, unchanged = new + fresh, changed + len(wanted) - fresh, unchanged + len(batch) - len(wanted)
        if new or changed:
            audit.record(actor, "import_outlines", ("grid.outline", f"{new + changed}"), fields=["outline"])
        return OutlinesImported(new, changed, unchanged)


def put_buildings_on_the_map(
    *, actor: Actor, points: Sequence[tuple[Building, tuple[float, float] | None]], write_id: UUID | None = None
) -> int:
    """Say where buildings stand (longitude, latitude; None: not known). Raises Invalid where a point is off the map."""
    content = [(one.pk, point) for one, point in points]
    with transaction.atomic():
        before = done_before(actor, "put_buildings_on_the_map", write_id, content)
        if before:
            return int(before)
        for place in {one.place for one, _point in points}:
            check_may(actor, "places.edit", place)
        for building, point in points:
            building.lon, building.lat = _checked_point(point) if point else (None, None)
        Building.objects.bulk_update([one for one, _point in points], ["lon", "lat"], batch_size=BATCH)
        audit.record_many(
            actor, "put_buildings_on_the_map", [one for one, _point in points][:BATCH], fields=["lon", "lat"]
        )
        mark_done(actor, "put_buildings_on_the_map", write_id, content, len(points))
        return len(points)


def _checked_point(point: tuple[float, float]) -> tuple[float, float]:
    lon, lat = point
    if not (abs(lon) <= 180 and abs(lat) <= FARTHEST_NORTH):
        text = str(SHAPE_FAULTS["off-the-map"])
        raise Invalid(text, fields={"lon": text})
    return round(lon, DIGITS), round(lat, DIGITS)
