"""The grid's part of a redrawing: places begin and end, entrances go to others, buildings and holders along with them.

Called by the room of boundaries, which has decided who may, holds the locks, and moves what the other rooms keep.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid
from linli.core.events import publish
from linli.core.paths import ancestors
from linli.grid.actions.headcounts import Change, record_headcount_changes
from linli.grid.actions.places import CODE, take_new_names
from linli.grid.events import AppointmentsEnded, AppointmentsMade
from linli.grid.models import (
    Appointment,
    Building,
    Entrance,
    EntrancePlacement,
    Estate,
    HeadcountChange,
    Organisation,
    Outline,
    Place,
    PlacePast,
)
from linli.grid.models.places import path_of
from linli.grid.profile import line_place_kinds, place_kinds, register_kind
from linli.grid.queries.headcounts import last_change, line_unit
from linli.grid.queries.places import register_path
from linli.grid.rules import Done, GridPlan, MadePlace, Ref, committee_of, natural_key

BATCH = 1_000
MARKER = "redrawing"  # a change of nothing: so that a redrawing always lies between two marks


@dataclass
class Redrawn:
    """What was done: key of the plan → place, entrance → (path that held it, path that holds it), and what changed."""

    places: dict[str, Place] = field(default_factory=dict)
    moved: dict[int, tuple[str, str]] = field(default_factory=dict)
    appointments: dict[int, int] = field(default_factory=dict)  # ended → the one that goes on from it
    done: list[Done] = field(default_factory=list)


def redraw_places(*, actor: Actor, plan: GridPlan, on: date, paper: str) -> Redrawn:
    """Do what the plan says, in the caller's transaction and under its locks."""
    work = _Redrawing(plan, on, paper)
    work.make_places()
    work.rename()
    work.move_entrances()
    work.move_buildings()
    work.move_bodies()
    work.move_outlines()
    work.move_holders()
    work.end_places()
    work.count_posts(actor)
    audit.record_many(
        actor,
        "redraw_places",
        [("grid.place", key) for key in [*plan.ended, *(one.pk for one in work.result.places.values()), *plan.renamed]],
        fields=["place"],
        reason=paper,
    )
    return work.result


class _Redrawing:
    def __init__(self, plan: GridPlan, on: date, paper: str):
        self.plan, self.on, self.paper = plan, on, paper
        self.now, self.mark = clock.now(), last_change()
        self.result = Redrawn()
        wanted = {*plan.ended, *plan.renamed, *plan.leaves, *plan.successors}
        wanted |= {ref for ref in self._refs() if isinstance(ref, int)}
        self.places = {one.pk: one for one in Place.objects.select_for_update(of=("self",)).filter(pk__in=wanted)}

    def _refs(self) -> Iterable[Any]:
        plan = self.plan
        yield from (one.parent for one in plan.made)
        yield from (*plan.leaves.values(), *plan.entrances.values(), *plan.successors.values())
        yield from (one.to for one in plan.holders)

    def at(self, ref: Ref) -> Place:
        return self.places[ref] if isinstance(ref, int) else self.result.places[ref]

    def note(self, kind: str, subject: Any, before: Any = "", after: Any = "") -> None:
        self.result.done.append(Done(kind, str(subject), str(before), str(after)))

    # Places ----------------------------------------------------------------------------------------------------------

    def make_places(self) -> None:
        """Level by level, for a place needs the id of the one above it."""
        waiting = list(self.plan.made)
        while waiting:
            now = [one for one in waiting if not isinstance(one.parent, str) or one.parent in self.result.places]
            made = [self._made(one) for one in now]
            _check_codes(made)
            for one, place in zip(now, Place.objects.bulk_create(made, batch_size=BATCH), strict=True):
                self.result.places[one.key] = place
                self.note("made", place.pk, one.like or "", place.path)
            waiting = [one for one in waiting if one.key not in self.result.places]

    def _made(self, one: MadePlace) -> Place:
        parent = self.at(one.parent) if one.parent is not None else None
        below = place_kinds()[one.kind].depth > place_kinds()[register_kind()].depth
        return Place(
            code=one.code,
            name=one.name,
            kind=one.kind,
            committee=committee_of(one.name) if place_kinds()[one.kind].register else "",
            parent=parent,
            path=path_of(one.code, parent),
            sort=natural_key(one.name) if below else one.code,
            from_on=self.on,
            made_mark=self.mark,
        )

    def rename(self) -> None:
        for key, name in self.plan.renamed.items():
            self.note("renamed", key, self.places[key].name, name)
        take_new_names(list(self.plan.renamed.items()), self.on)
        for key, name in self.plan.renamed.items():
            if place_kinds()[self.places[key].kind].depth > place_kinds()[register_kind()].depth:
                Place.objects.filter(pk=key).update(sort=natural_key(name))

    def end_places(self) -> None:
        for key in self.plan.ended:
            self.note("ended", key, "", self._successor(key))

    def _successor(self, key: int) -> Any:
        ref = self.plan.successors.get(key)
        return "" if ref is None else self.at(ref).pk

    def count_posts(self, actor: Actor) -> None:
        """Places of the line count for rounds of posts, each at the path above it; then the places end at the mark that
        these changes make."""
        changes: dict[str, list[Change]] = defaultdict(list)
        for place in self.result.places.values():
            changes[place.kind].append(Change(to_path=_above(place.path), redrawn=True))
        for key in self.plan.ended:
            place = self.places[key]
            changes[place.kind].append(Change(from_path=_above(place.path), redrawn=True))
        for kind in line_place_kinds():
            record_headcount_changes(actor=actor, unit=line_unit(kind), changes=changes.get(kind, []))
        HeadcountChange.objects.create(unit=MARKER, n=0, at=self.now)
        for start in range(0, len(self.plan.ended), BATCH):
            part = self.plan.ended[start : start + BATCH]
            Place.objects.filter(pk__in=part).update(until_on=self.on, end_mark=last_change())

    # What stands on them ---------------------------------------------------------------------------------------------

    def move_entrances(self) -> None:
        plan = self.plan
        rows = EntrancePlacement.objects.select_for_update(of=("self",)).select_related("place").order_by("id")
        which = Q(place__in=list(plan.leaves)) | Q(entrance__in=list(plan.entrances))
        placed = [(one, self._goes_to(one)) for one in rows.filter(which, until_on=None)]
        late = next((one for one, _to in placed if one.from_on > self.on), None)
        if late is not None:
            text = _("%(entrance)s was placed on %(day)s. Choose that day or a later one.")
            text = text % {"entrance": late.entrance, "day": late.from_on.isoformat()}
            raise Conflict(text, code="placed-later", fields={"on": text})
        if len([one for one, _to in placed if one.entrance_id in plan.entrances]) != len(plan.entrances):
            raise Conflict(_("One of these entrances stands in no place now. Place it first."), code="not-placed")
        keys = [one.pk for one, _to in placed]
        for start in range(0, len(keys), BATCH):
            EntrancePlacement.objects.filter(pk__in=keys[start : start + BATCH]).update(until_on=self.on)
        made = EntrancePlacement.objects.bulk_create(
            (EntrancePlacement(entrance_id=one.entrance_id, place=to, from_on=self.on) for one, to in placed),
            batch_size=BATCH,
        )
        for (one, to), new in zip(placed, made, strict=True):
            self.note("entrance", one.entrance_id, one.pk, new.pk)
            self.result.moved[one.entrance_id] = (one.place.path, to.path)

    def _goes_to(self, one: EntrancePlacement) -> Place:
        ref = self.plan.entrances.get(one.entrance_id)
        return self.at(self.plan.leaves[one.place_id] if ref is None else ref)

    def move_buildings(self) -> None:
        """A building belongs to the community that its entrances stand in."""
        goes: dict[int, str] = {}
        entrances = Entrance.objects.filter(pk__in=self.result.moved).values_list("id", "building_id")
        for entrance, building in entrances:
            goes[building] = register_path(self.result.moved[entrance][1])
        gone = {key for key in self.plan.ended if self.places[key].kind == register_kind()}
        for building, place in Building.objects.filter(place__in=gone).values_list("id", "place_id"):
            goes.setdefault(building, register_path(self.at(self.plan.successors[place]).path))
        rows = Building.objects.filter(pk__in=goes).select_related("place", "estate").order_by("id")
        leaving = [one for one in rows if one.place.path != goes[one.pk]]
        if leaving:
            self._check_whole(leaving)
            self._rehome(leaving, goes)

    def _check_whole(self, leaving: list[Building]) -> None:
        held = EntrancePlacement.objects.filter(until_on=None, entrance__building__in=leaving)
        registers: dict[int, set[str]] = defaultdict(set)
        for building, path in held.values_list("entrance__building_id", "place__path"):
            registers[building].add(register_path(path))
        for one in leaving:
            if len(registers[one.pk]) > 1:
                text = _("%(building)s would stand in two communities. Give all its entrances to one grid first.")
                raise Conflict(text % {"building": one}, code="building-in-two")

    def _rehome(self, leaving: list[Building], goes: dict[int, str]) -> None:
        registers = {one.path: one for one in Place.objects.filter(path__in=set(goes.values()))}
        names = Building.objects.filter(place__in=registers.values()).exclude(pk__in=[one.pk for one in leaving])
        taken: set[tuple[int, str | None, str]] = set(names.values_list("place_id", "estate__name", "name"))
        estates = {
            (one.place_id, one.name): one for one in Estate.objects.filter(place__in=registers.values()).order_by("id")
        }
        for one in leaving:
            home, was = registers[goes[one.pk]], f"{one.place_id}:{one.estate_id or ''}"
            estate = one.estate.name if one.estate else None
            if (home.pk, estate, one.name) in taken:  # two communities with a building of the same name
                estate = f"{estate}（{one.place.name}）" if estate else one.place.name
            taken.add((home.pk, estate, one.name))
            if estate and (home.pk, estate[:100]) not in estates:
                estates[home.pk, estate[:100]] = Estate.objects.create(place=home, name=estate[:100])
            one.place, one.estate = home, estates[home.pk, estate[:100]] if estate else None
            self.note("building", one.pk, was, f"{one.place_id}:{one.estate_id or ''}")
        Building.objects.bulk_update(leaving, ["place", "estate"], batch_size=BATCH)

    def move_bodies(self) -> None:
        """Organisations at a place that ends go on at what follows it."""
        for one in Organisation.objects.filter(place__in=self.plan.successors).select_related("place"):
            to, name = self.at(self.plan.successors[one.place_id]), one.name
            if Organisation.objects.filter(place=to, name=name).exists():
                name = f"{name}（{one.place.name}）"[:120]
            self.note("organisation", one.pk, f"{one.place_id}:{one.name}", f"{to.pk}:{name}")
            Organisation.objects.filter(pk=one.pk).update(place=to, name=name)

    def move_outlines(self) -> None:
        """A place that goes on as another keeps its outline there, until somebody draws it anew."""
        like = {one.like: self.result.places[one.key] for one in self.plan.made if one.like}
        rows = Outline.objects.filter(place__in=like, until_on=None)
        Outline.objects.bulk_create(
            Outline(
                place=like[one.place_id],
                version=1,
                geometry=one.geometry,
                source=one.source,
                from_on=self.on,
                made_at=self.now,
            )
            for one in rows
        )

    # Holders ---------------------------------------------------------------------------------------------------------

    def move_holders(self) -> None:
        rows = Appointment.objects.select_for_update().in_bulk([move.appointment for move in self.plan.holders])
        going = [(rows[move.appointment], move) for move in self.plan.holders]
        made = [self._appointed(one, self.at(move.to)) for one, move in going if move.to is not None]
        new = iter(Appointment.objects.bulk_create(made, batch_size=BATCH))
        ended = []
        for one, move in going:
            begun = next(new) if move.to is not None else None
            if begun is not None:
                self.note("appointed", begun.pk, one.pk)
            if not move.stays:
                self.note("appointment_ended", one.pk, one.until_at.isoformat() if one.until_at else "")
                one.until_at = max(self.now, one.from_at)
                ended.append(one)
                if begun is not None:
                    self.result.appointments[one.pk] = begun.pk
        Appointment.objects.bulk_update(ended, ["until_at"], batch_size=BATCH)
        if made:
            publish(AppointmentsMade(appointment_ids=[one.pk for one in made]))
        if ended:
            publish(AppointmentsEnded(appointment_ids=[one.pk for one in ended]))

    def _appointed(self, one: Appointment, place: Place) -> Appointment:
        return Appointment(
            account_id=one.account_id,
            post_kind=one.post_kind,
            place=place,
            organisation_id=one.organisation_id,
            from_at=max(self.now, one.from_at),
            until_at=one.until_at,
            paper=self.paper[:120],
        )


def _above(path: str) -> str:
    return "".join(ancestors(path)[-2:-1])


def _check_codes(made: list[Place]) -> None:
    codes = Counter(one.code for one in made)
    for one in made:
        if not CODE.fullmatch(one.code) or (one.parent and not one.code.startswith(one.parent.code)):
            text = _("The code %(code)s must begin with that of the place above, %(parent)s, and go on behind it.")
            text = text % {"code": one.code or "–", "parent": one.parent.code if one.parent else "–"}
            raise Invalid(text, fields={"code": text})
    taken = set(
        Place.objects.filter(Q(code__in=codes) | Q(path__in=[one.path for one in made])).values_list("code", flat=True)
    )
    taken |= {code for code, n in codes.items() if n > 1}
    if taken:
        text = _("The code %(code)s is taken.") % {"code": min(taken)}
        raise Conflict(text, code="code-taken", fields={"code": text})


# Back again ----------------------------------------------------------------------------------------------------------


def restore_places(*, actor: Actor, done: Iterable[Done], paper: str) -> Redrawn:
    """Put back what a redrawing changed in the grid. The caller has made sure that nothing later depends on it. Places
    that it made end and stay on record: answers and figures of the time in between name them."""
    rows: dict[str, list[Done]] = defaultdict(list)
    for one in done:
        rows[one.kind].append(one)
    back = _Restoring()
    steps: dict[str, Callable[[list[Done]], None]] = {
        "entrance": back.entrances,
        "building": back.buildings,
        "organisation": back.bodies,
        "appointed": back.end_appointed,
        "appointment_ended": back.reopen,
        "renamed": back.names,
    }
    for kind, step in steps.items():
        step(rows[kind])
    back.places(actor, [int(one.subject) for one in rows["made"]], [int(one.subject) for one in rows["ended"]])
    keys = [("grid.place", one.subject) for kind in ("made", "ended", "renamed") for one in rows[kind]]
    audit.record_many(actor, "undo_redrawing", keys, fields=["place"], reason=paper)
    return back.result


class _Restoring:
    def __init__(self) -> None:
        self.result = Redrawn()
        self.now, self.today = clock.now(), clock.today()

    def entrances(self, rows: list[Done]) -> None:
        old = EntrancePlacement.objects.select_related("place").in_bulk([int(one.before) for one in rows])
        new = EntrancePlacement.objects.select_related("place").in_bulk([int(one.after) for one in rows])
        for one in rows:
            paths = (new[int(one.after)].place.path, old[int(one.before)].place.path)
            self.result.moved[int(one.subject)] = paths
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            EntrancePlacement.objects.filter(pk__in=[int(one.after) for one in part]).delete()
            EntrancePlacement.objects.filter(pk__in=[int(one.before) for one in part]).update(until_on=None)

    def buildings(self, rows: list[Done]) -> None:
        found = Building.objects.in_bulk([int(one.subject) for one in rows])
        for one in rows:
            place, _colon, estate = one.before.partition(":")
            building = found[int(one.subject)]
            building.place_id, building.estate_id = int(place), int(estate) if estate else None
        Building.objects.bulk_update(found.values(), ["place", "estate"], batch_size=BATCH)

    def bodies(self, rows: list[Done]) -> None:
        for one in rows:
            place, _colon, name = one.before.partition(":")
            Organisation.objects.filter(pk=int(one.subject)).update(place=int(place), name=name)

    def end_appointed(self, rows: list[Done]) -> None:
        found = Appointment.objects.in_bulk([int(one.subject) for one in rows])
        for one in found.values():
            one.until_at = max(self.now, one.from_at)
        Appointment.objects.bulk_update(found.values(), ["until_at"], batch_size=BATCH)
        self.result.appointments = {int(one.subject): int(one.before) for one in rows if one.before}
        if found:
            publish(AppointmentsEnded(appointment_ids=list(found)))

    def reopen(self, rows: list[Done]) -> None:
        until = {int(one.subject): datetime.fromisoformat(one.before) if one.before else None for one in rows}
        found = Appointment.objects.in_bulk(until)
        for one in found.values():
            one.until_at = until[one.pk]
        Appointment.objects.bulk_update(found.values(), ["until_at"], batch_size=BATCH)
        if found:
            publish(AppointmentsMade(appointment_ids=list(found)))

    def names(self, rows: list[Done]) -> None:
        for one in rows:
            PlacePast.objects.filter(place=int(one.subject)).order_by("-id")[:1].get().delete()
            place = Place.objects.get(pk=int(one.subject))
            place.name = one.before
            place.committee = committee_of(one.before) if place.committee else ""
            if place_kinds()[place.kind].depth > place_kinds()[register_kind()].depth:
                place.sort = natural_key(one.before)
            place.save(update_fields=["name", "committee", "sort"])

    def places(self, actor: Actor, made: list[int], ended: list[int]) -> None:
        found = Place.objects.in_bulk([*made, *ended])
        changes: dict[str, list[Change]] = defaultdict(list)
        for key in made:
            changes[found[key].kind].append(Change(from_path=_above(found[key].path), redrawn=True))
        for key in ended:
            changes[found[key].kind].append(Change(to_path=_above(found[key].path), redrawn=True))
        for kind in line_place_kinds():
            record_headcount_changes(actor=actor, unit=line_unit(kind), changes=changes.get(kind, []))
        HeadcountChange.objects.create(unit=MARKER, n=0, at=self.now)
        mark = last_change()
        for start in range(0, len(made), BATCH):
            part = made[start : start + BATCH]
            Place.objects.filter(pk__in=part).update(until_on=self.today, end_mark=mark)
        for start in range(0, len(ended), BATCH):
            Place.objects.filter(pk__in=ended[start : start + BATCH]).update(until_on=None, end_mark=None)
