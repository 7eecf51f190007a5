"""Buildings, entrances, dwellings: added by hand or from a sheet, placed in cells, checked for being vacant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.locks import lock
from linli.core.sheets import normalise
from linli.core.writes import done_before, mark_done
from linli.grid.access import check_may
from linli.grid.actions.placements import WantedDwelling, ensure_entrances
from linli.grid.models import Building, Dwelling, Entrance, EntrancePlacement, Place, VacancyCheck
from linli.grid.profile import register_kind
from linli.grid.queries import find_dwellings, get_dwelling
from linli.grid.rules import natural_key

MOST_NAMES = 500


@dataclass(frozen=True)
class PremisesRow:
    """One row of a premises sheet: as far down as it goes (an empty room: the entrance alone). Without a place the entrance
    stands in no cell yet: the community itself holds it."""

    building: str
    estate: str = ""
    entrance: str = ""
    floor: int | None = None
    room: str = ""
    place_id: int | None = None


@dataclass
class PremisesAdded:
    buildings: int = 0
    entrances: int = 0
    dwellings: int = 0


def add_premises(
    *, actor: Actor, register: Place, rows: Sequence[PremisesRow], from_on: date | None = None
) -> PremisesAdded:
    """Make what is not there yet of the buildings, entrances and dwellings of a community; what is there stays as it is.
    New entrances, and those that stand in no place, are placed from `from_on` (default: today). Raises Conflict where an
    entrance is in another place than the row says. A fixed number of queries."""
    with transaction.atomic():
        _check_register(actor, register)
        lock(f"premises:{register.pk}")
        wanted = [_wanted(row, register) for row in rows]
        places = {one.place_id for one in wanted}
        if Place.objects.below(register.path).filter(pk__in=places, until_on=None).count() != len(places):
            raise Invalid(_("Buildings stand in places of their own community only."))
        counts = [_count(register)]
        entrances, _made = ensure_entrances(register, wanted, from_on or clock.today())
        _place_unplaced(wanted, entrances, register, from_on or clock.today())
        _check_places(register, wanted)
        _add_rooms({(entrances[one.door[:3]], one.room): one.floor for one in wanted if one.room})
        counts.append(_count(register))
        added = PremisesAdded(*(now - was for was, now in zip(*counts, strict=True)))
        if any((added.buildings, added.entrances, added.dwellings)):
            fields = ["building", "entrance", "dwelling"]
            audit.record(actor, "add_premises", register, fields=fields, path=register.path)
        return added


def _check_register(actor: Actor, register: Place) -> None:
    check_may(actor, "places.edit", register)
    if register.kind != register_kind() or register.until_on is not None:
        raise Invalid(_("Buildings belong to a community. Choose the community first."))


def _wanted(row: PremisesRow, register: Place) -> WantedDwelling:
    names = [normalise(text) for text in (row.building, row.room, row.estate, row.entrance)]
    limits = (
        ("building", names[0], 100),
        ("room", names[1], 60),
        ("estate", names[2], 100),
        ("entrance", names[3], 60),
    )
    for field, text, most in limits:
        if len(text) > most or (field == "building" and not text):
            wrong = _("The name must have 1 to %(most)s characters.") % {"most": most}
            raise Invalid(wrong, fields={field: wrong})
    building, room, estate, entrance = names
    return WantedDwelling(row.place_id or register.pk, building, room, estate, entrance, row.floor)


def _count(register: Place) -> tuple[int, int, int]:
    return (
        Building.objects.filter(place=register).count(),
        Entrance.objects.filter(building__place=register).count(),
        Dwelling.objects.filter(entrance__building__place=register).count(),
    )


def _place_unplaced(
    wanted: Sequence[WantedDwelling], entrances: dict[tuple[str, str, str], int], register: Place, day: date
) -> None:
    ids = set(entrances.values())
    placed = EntrancePlacement.objects.filter(entrance__building__place=register, until_on=None)
    bare = ids - set(placed.values_list("entrance_id", flat=True))
    to = {entrances[one.door[:3]]: one.place_id for one in wanted}
    EntrancePlacement.objects.bulk_create(
        EntrancePlacement(entrance_id=key, place_id=to[key], from_on=day) for key in sorted(bare)
    )


def _check_places(register: Place, wanted: Sequence[WantedDwelling]) -> None:
    """Every row names the place that holds its entrance now, or none."""
    found = find_dwellings(register=register, doors=[one.door for one in wanted])
    for one in wanted:
        holder = found.leaves[one.door[:3]]
        if one.place_id not in (holder, register.pk):
            name = Place.objects.get(pk=holder).name
            where = " ".join(part for part in one.door[:3] if part)
            text = _("%(entrance)s already stands in %(place)s. An entrance stands in one place at a time.")
            raise Conflict(text % {"entrance": where, "place": name}, code="entrance-elsewhere")


def _add_rooms(rooms: dict[tuple[int, str], int | None]) -> int:
    known = set(
        Dwelling.objects.filter(entrance__in={entrance for entrance, _room in rooms}).values_list("entrance_id", "room")
    )
    missing = {key: floor for key, floor in rooms.items() if key not in known}
    Dwelling.objects.bulk_create(
        (
            Dwelling(entrance_id=entrance, floor=floor, room=room, sort=natural_key(room))
            for (entrance, room), floor in missing.items()
        ),
        batch_size=2_000,
    )
    return len(missing)


def add_building(
    *,
    actor: Actor,
    register: Place,
    name: str,
    estate: str = "",
    entrances: Sequence[str] = ("",),
    place: Place | None = None,
    write_id: UUID | None = None,
) -> Building:
    """Add a building with its entrances (one without a name where it has no others), in a cell or in none yet."""
    content = [register.pk, name, estate, list(entrances), place.pk if place else None]
    with transaction.atomic():
        before = done_before(actor, "add_building", write_id, content)
        if before:
            return Building.objects.get(pk=before)
        name, estate = normalise(name), normalise(estate)
        names = list(dict.fromkeys(normalise(one) for one in entrances)) or [""]
        if len(names) > MOST_NAMES:
            raise Invalid(fields={"entrances": _("At most %(most)s at a time.") % {"most": MOST_NAMES}})
        rows = [PremisesRow(name, estate, one, place_id=place.pk if place else None) for one in names]
        same = Building.objects.filter(place=register, name=name)
        same = same.filter(estate__name=estate) if estate else same.filter(estate=None)
        _check_register(actor, register)
        if same.exists():
            text = _("There is already a building named %(name)s here.") % {"name": name}
            raise Conflict(text, code="name-taken", fields={"name": text})
        add_premises(actor=actor, register=register, rows=rows)
        made = same.get()
        mark_done(actor, "add_building", write_id, content, made.pk)
        return made


def add_entrances(
    *, actor: Actor, building: Building, names: Sequence[str], place: Place | None = None, write_id: UUID | None = None
) -> int:
    """Add entrances to a building; returns how many were new."""
    content = [building.pk, list(names), place.pk if place else None]
    with transaction.atomic():
        before = done_before(actor, "add_entrances", write_id, content)
        if before:
            return int(before)
        estate = building.estate.name if building.estate else ""
        row = PremisesRow(building.name, estate, place_id=place.pk if place else None)
        rows = [replace(row, entrance=one) for one in names][: MOST_NAMES + 1]
        if not rows or len(rows) > MOST_NAMES:
            raise Invalid(fields={"names": _("1 to %(most)s at a time.") % {"most": MOST_NAMES}})
        added = add_premises(actor=actor, register=building.place, rows=rows)
        mark_done(actor, "add_entrances", write_id, content, added.entrances)
        return added.entrances


def add_dwellings(
    *, actor: Actor, entrance: Entrance, rooms: Sequence[tuple[int | None, str]], write_id: UUID | None = None
) -> int:
    """Add dwellings (floor, room) behind an entrance; those that are there already stay. Returns how many were new."""
    content = [entrance.pk, [list(one) for one in rooms]]
    with transaction.atomic():
        before = done_before(actor, "add_dwellings", write_id, content)
        if before:
            return int(before)
        register = entrance.building.place
        check_may(actor, "places.edit", register)
        lock(f"premises:{register.pk}")
        wanted = {(entrance.pk, normalise(room)): floor for floor, room in rooms}
        if not 0 < len(wanted) <= MOST_NAMES or any(not 0 < len(room) <= 60 for _key, room in wanted):
            text = _("Name 1 to %(most)s rooms, each with at most 60 characters.") % {"most": MOST_NAMES}
            raise Invalid(text, fields={"rooms": text})
        made = _add_rooms(wanted)
        if made:
            audit.record(actor, "add_dwellings", entrance, fields=["floor", "room"], path=register.path)
        mark_done(actor, "add_dwellings", write_id, content, made)
        return made


def place_entrances(
    *,
    actor: Actor,
    entrance_ids: Sequence[int],
    to_place: Place,
    on: date | None = None,
    write_id: UUID | None = None,
) -> int:
    """Say which place holds entrances from a day on; returns how many moved. For entrances without dwellings, or in no
    place. One with dwellings takes its households along, which only the register can count: Conflict says so."""
    day, content = on or clock.today(), [sorted(set(entrance_ids)), to_place.pk, str(on)]
    with transaction.atomic():
        before = done_before(actor, "place_entrances", write_id, content)
        if before:
            return int(before)
        check_may(actor, "places.edit", to_place)
        found = list(
            Entrance.objects.filter(pk__in=set(entrance_ids))
            .select_related("building__place", "building__estate")
            .annotate(rooms=Count("dwellings"))
            .order_by("id")
        )
        _check_movable(actor, found, set(entrance_ids), to_place)
        for register in sorted({one.building.place_id for one in found}):
            lock(f"premises:{register}")
        made = _place(found, to_place, day)
        if made:
            audit.record(actor, "place_entrances", to_place, fields=["entrances"], path=to_place.path)
        mark_done(actor, "place_entrances", write_id, content, made)
        return made


def _check_movable(actor: Actor, found: Sequence[Entrance], wanted: set[int], to_place: Place) -> None:
    if len(found) != len(wanted) or not wanted:
        raise Missing()
    for one in found:
        check_may(actor, "places.edit", one.building.place)
        if not to_place.path.startswith(one.building.place.path) or to_place.until_on is not None:
            text = _("An entrance stays in the community of its building.")
            raise Invalid(text, fields={"to_place": text})


def _place(found: Sequence[Entrance], to_place: Place, day: date) -> int:
    """End what holds the entrances on the day and begin the new. Names the place that makes it impossible."""
    rows = EntrancePlacement.objects.filter(entrance__in=found).select_related("place").order_by("from_on")
    present: dict[int, EntrancePlacement] = {}
    for row in rows:
        if row.until_on is None:
            present[row.entrance_id] = row
        if row.from_on > day or (row.until_on is not None and row.until_on > day):
            raise _held(next(one for one in found if one.pk == row.entrance_id), row.place, day)
    moving = [one for one in found if one.pk not in present or present[one.pk].place_id != to_place.pk]
    for one in moving:
        if one.pk in present and one.rooms:  # type: ignore[attr-defined]
            raise _inhabited(one)
    ended = [present[one.pk].pk for one in moving if one.pk in present]
    EntrancePlacement.objects.filter(pk__in=ended).update(until_on=day)
    EntrancePlacement.objects.bulk_create(
        EntrancePlacement(entrance=one, place=to_place, from_on=day) for one in moving
    )
    return len(moving)


def _held(entrance: Entrance, place: Place, day: date) -> Conflict:
    text = _("%(entrance)s stands in %(place)s on %(day)s or later. Choose a later day.")
    text = text % {"entrance": entrance, "place": place.name, "day": day.isoformat()}
    return Conflict(text, code="entrance-elsewhere", fields={"on": text})


def _inhabited(entrance: Entrance) -> Conflict:
    text = _(
        "%(entrance)s has dwellings: give it to another place in the register, so that its households are counted there."
    )
    return Conflict(text % {"entrance": entrance}, code="entrance-inhabited")


def record_vacancy_check(
    *,
    actor: Actor,
    dwelling_id: int,
    vacant: bool,
    checked_on: date | None = None,
    note: str = "",
    write_id: UUID | None = None,
) -> VacancyCheck:
    """Someone looked: the dwelling is vacant, or it is not. Whoever may record knocks there may record this."""
    content = [dwelling_id, vacant, str(checked_on), note]
    with transaction.atomic():
        before = done_before(actor, "record_vacancy_check", write_id, content)
        if before:
            return VacancyCheck.objects.get(pk=before)
        found = get_dwelling(actor=actor, dwelling_id=dwelling_id)
        check_may(actor, "alerts.answer", found.place)
        day = checked_on or clock.today()
        if day > clock.today():
            raise Invalid(fields={"checked_on": _("This date lies in the future.")})
        made = VacancyCheck.objects.create(
            dwelling_id=dwelling_id,
            vacant=vacant,
            checked_on=day,
            checked_by_id=actor.id if actor.kind == "account" else None,
            note=normalise(note)[:200],
        )
        audit.record(actor, "record_vacancy_check", found.dwelling, fields=["vacant"], path=found.place.path)
        mark_done(actor, "record_vacancy_check", write_id, content, made.pk)
        return made
