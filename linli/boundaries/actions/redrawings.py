"""Doing and undoing a redrawing: one transaction through every room that keeps something of a place.

The order of locks is that of the tree: registers, places, headcounts, then receipts. Whoever counts something waits at one of
them, so that nothing is read by one grid and counted by another.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.alerts import actions as alerts
from linli.boundaries.access import check_may_redraw
from linli.boundaries.events import PlacesRedrawn, RedrawingUndone
from linli.boundaries.models import EditionDifference, Redrawing, RedrawingChange, RedrawnPlace
from linli.boundaries.queries import Planned, check_version, describe, find_later_act, plan_redrawing
from linli.boundaries.rules import EDITION, ENDED, KEPT, MADE, OPEN, RENAMED, SHIFT, UNDONE, Wish
from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Missing
from linli.core.events import publish
from linli.core.locks import lock
from linli.core.paths import common
from linli.core.writes import done_before, mark_done
from linli.duties import actions as duties
from linli.grid import actions as grid
from linli.grid.models import Appointment, Place
from linli.grid.profile import leaf_kinds, post_kinds, register_kind
from linli.grid.queries import last_change, register_path
from linli.grid.rules import Done
from linli.messages import actions as messages
from linli.residents import actions as residents
from linli.residents.access import lock_registers
from linli.rounds import actions as rounds
from linli.rounds.rules import Moved

ACT = "redraw"
BATCH = 1_000


def redraw(*, actor: Actor, wish: Wish, version: str = "", write_id: UUID | None = None) -> Redrawing:
    """Do what was asked, as the preview showed it: `version` is the preview's. Sent twice it is done once. Raises Conflict
    where the places changed since the preview, Invalid where the wish is wrong."""
    content = wish.plain()
    with transaction.atomic():
        before = done_before(actor, ACT, write_id, content)
        if before:
            return Redrawing.objects.get(pk=before)
        hold(actor, plan_redrawing(actor=actor, wish=wish).paths)
        planned = plan_redrawing(actor=actor, wish=wish)
        check_version(planned, version)
        made = carry_out(actor, planned)
        mark_done(actor, ACT, write_id, content, made.pk)
        return made


def hold(actor: Actor, paths: Iterable[str]) -> None:
    """Every lock that a redrawing of these paths needs."""
    wanted = list(paths)
    lock_registers(*wanted)
    registers = Place.objects.filter(path__in={register_path(path) for path in wanted}, kind=register_kind())
    for key in registers.order_by("pk").values_list("pk", flat=True):
        lock(f"premises:{key}")
    lock("places")
    lock("headcounts")
    rounds.hold_receipts(actor=actor)


def carry_out(actor: Actor, planned: Planned, **told: Any) -> Redrawing:
    """The plan, through all rooms. The caller holds the locks. `told` is remembered for the page."""
    wish = planned.wish
    row = Redrawing.objects.create(
        kind=wish.kind,
        on=wish.on,
        paper=wish.paper.strip(),
        asked=wish.plain(),
        mark=last_change(),
        made_by_id=actor.id if actor.kind == "account" else None,
        made_at=clock.now(),
    )
    result = grid.redraw_places(actor=actor, plan=planned.grid, on=wish.on, paper=wish.paper.strip())
    done = list(result.done)
    way = _Way(planned, result)
    followers = {key: place.pk for key, place in way.successors.items()}
    households = residents.count_redrawn(actor=actor, moved=result.moved)
    moved = way.moves()
    done += rounds.follow_redrawing(actor=actor, moved=moved, ended=way.ended, same=way.same_holder())
    done += duties.follow_redrawing(actor=actor, to=way.tasks())
    done += residents.follow_redrawing(actor=actor, moved=result.moved, places=followers, alike=way.like)
    done += messages.follow_redrawing(actor=actor, places=followers, moved=result.moved)
    note, once = describe(planned), str(row.pk)
    alerts.follow_redrawing(actor=actor, done=done, touched=planned.paths, places=followers, note=note, once=once)
    duties.give_on_orphans(actor=actor)
    row.told = {"note": note, "households": households, "entrances": len(result.moved), **way.names(), **told}
    row.save(update_fields=["told"])
    _write_rows(row, done, way.parts())
    publish(PlacesRedrawn(redrawing_id=row.pk, places=followers))
    where = common(one.path for one in planned.places.values())
    audit.record(actor, ACT, row, fields=[wish.kind], reason=wish.paper.strip(), path=where)
    return row


def _write_rows(row: Redrawing, done: Sequence[Done], parts: Sequence[tuple[int, str, str]]) -> None:
    RedrawingChange.objects.bulk_create((RedrawingChange(redrawing=row, **one._asdict()) for one in done), BATCH)
    RedrawnPlace.objects.bulk_create(
        (RedrawnPlace(redrawing=row, place_id=key, path=path, part=part) for key, path, part in parts), BATCH
    )


class _Way:
    """What goes where, in the words of each room."""

    def __init__(self, planned: Planned, result: grid.Redrawn):
        self.planned, self.result, self.plan = planned, result, planned.grid
        self.successors = {key: self.at(ref) for key, ref in self.plan.successors.items()}
        self.ended = {key: planned.places[key].path for key in self.plan.ended}
        self.like = {one.like for one in self.plan.made if one.like}

    def at(self, ref: int | str) -> Place:
        return self.planned.places[ref] if isinstance(ref, int) else self.result.places[ref]

    def moves(self) -> list[Moved]:
        made = {place.pk for place in self.result.places.values()}
        pairs = [(self.planned.places[key], place) for key, place in self.successors.items()]
        pairs += [(self.planned.places[old], self.result.places[key]) for key, old in self.plan.parts.items()]
        if self.planned.wish.kind == SHIFT:
            pairs += [(self.planned.place, self.at(ref)) for ref in set(self.plan.entrances.values())]
        return [
            Moved(
                old.pk,
                old.path,
                new.pk,
                new.path,
                made=new.pk in made,
                leaf=new.kind in leaf_kinds(),
                like=old.pk in self.like,
            )
            for old, new in pairs
        ]

    def same_holder(self) -> dict[int, int]:
        """A new place of a split → the old one, where a holder of the line's post holds both."""
        both = {(move.to, move.appointment) for move in self.plan.holders if move.stays}
        line = {key for key, one in self.planned.appointments.items() if is_line(one)}
        return {
            self.result.places[key].pk: old
            for key, old in self.plan.parts.items()
            if any(to == key and appointment in line for to, appointment in both)
        }

    def tasks(self) -> duties.TaskPlaces:
        parts: dict[int, list[tuple[int, str]]] = {}
        for key, old in self.plan.parts.items():
            parts.setdefault(old, []).append((self.result.places[key].pk, self.result.places[key].path))
        if self.planned.wish.kind == SHIFT:
            to = {self.at(ref) for ref in self.plan.entrances.values()}
            parts[self.planned.place.pk] = [(one.pk, one.path) for one in to]
        areas = {key: (one.pk, one.path) for key, one in self.successors.items()}
        return duties.TaskPlaces(areas, parts, self.result.appointments)

    def parts(self) -> list[tuple[int, str, str]]:
        kept = [
            (key, one.path, RENAMED if key in self.plan.renamed else KEPT) for key, one in self.planned.kept.items()
        ]
        made = [(one.pk, one.path, MADE) for one in self.result.places.values()]
        return [*made, *((key, path, ENDED) for key, path in self.ended.items()), *kept]

    def names(self) -> dict[str, Any]:
        return {
            "before": self.planned.place.name,
            "made": [[one.code, one.name] for one in self.result.places.values()][:200],
            "ended": [[self.planned.places[key].code, self.planned.places[key].name] for key in self.plan.ended][:200],
        }


def is_line(one: Appointment) -> bool:
    kind = post_kinds().get(one.post_kind)
    return kind is not None and kind.line


# Undo ----------------------------------------------------------------------------------------------------------------


def undo_redrawing(*, actor: Actor, redrawing_id: int, reason: str = "", write_id: UUID | None = None) -> Redrawing:
    """As though it had never been: offered until something later depends on it, and then Conflict names that. Undone twice
    is undone once."""
    content = [redrawing_id, reason]
    with transaction.atomic():
        found = Redrawing.objects.visible_to(actor).filter(pk=redrawing_id).first()
        if found is None:
            raise Missing()
        for one in found.places.select_related("place"):
            check_may_redraw(actor, one.place)
        if done_before(actor, "undo_redrawing", write_id, content) or found.state == UNDONE:
            return found
        hold(actor, [one.path for one in found.places.all()])
        found = Redrawing.objects.select_for_update().get(pk=redrawing_id)
        if found.state == UNDONE:
            return found  # by another, while this one waited
        later = find_later_act(actor=actor, redrawing=found)
        if later is not None:
            raise Conflict(later.text, code="later-act")
        _put_back(actor, found, reason)
        mark_done(actor, "undo_redrawing", write_id, content, found.pk)
        return found


def _put_back(actor: Actor, found: Redrawing, reason: str) -> None:
    done = [Done(*row) for row in found.changes.order_by("id").values_list("kind", "subject", "before", "after")]
    result = grid.restore_places(actor=actor, done=done, paper=reason or found.paper)
    back = _Back(found, done)
    residents.count_redrawn(actor=actor, moved=result.moved)
    rounds.restore_rounds(actor=actor, done=done, moved=back.moves(), ended=back.made)
    duties.restore_tasks(actor=actor, done=done, to=back.tasks(result.appointments))
    residents.restore_followers(actor=actor, done=done)
    messages.restore_links(actor=actor, done=done, moved=result.moved)
    alerts.restore_places(
        actor=actor, done=done, touched=back.paths, note=str(found.told.get("note", "")), once=str(found.pk)
    )
    duties.give_on_orphans(actor=actor)
    found.state, found.undone_at, found.undone_why = UNDONE, clock.now(), reason[:200]
    found.undone_by_id = actor.id if actor.kind == "account" else None
    found.save(update_fields=["state", "undone_at", "undone_why", "undone_by"])
    differences = EditionDifference.objects.filter(redrawing=found)
    differences.update(state=OPEN, why="", settled_at=None, choice=None, redrawing=None)  # to be decided once more
    publish(RedrawingUndone(redrawing_id=found.pk))
    audit.record(actor, "undo_redrawing", found, fields=["state"], reason=reason, path=common(back.paths))


class _Back:
    """The way back, read from what was written down."""

    def __init__(self, found: Redrawing, done: Sequence[Done]):
        rows = {one.place_id: one for one in found.places.all()}
        self.paths = sorted(one.path for one in rows.values())
        self.made = {key: one.path for key, one in rows.items() if one.part == MADE}
        self.like = {int(one.subject): int(one.before) for one in done if one.kind == "made" and one.before}
        kept = next((key for key, one in rows.items() if one.part in (KEPT, RENAMED)), None)
        self.kind, self.done, self.rows = found.kind, done, rows
        above = {one.place_id: one.place.parent for one in found.places.select_related("place__parent")}
        self.home = dict[int, tuple[int, str]]()  # a new place → where its content came from
        for key in self.made:
            old, parent = self.like.get(key, kept), above[key]
            if found.kind == EDITION and key not in self.like:
                if parent is not None:
                    self.home[key] = (parent.pk, parent.path)
            elif old is not None:
                self.home[key] = (old, rows[old].path)
        self.merged = {
            int(one.subject): int(one.after)
            for one in done
            if one.kind == "ended" and one.after and int(one.after) not in self.made
        }

    def moves(self) -> list[Moved]:
        return [Moved(new, self.rows[new].path, old, self.rows[old].path, like=True) for new, old in self.like.items()]

    def tasks(self, appointments: dict[int, int]) -> duties.TaskPlaces:
        parts: dict[int, list[tuple[int, str]]] = {}
        for old, into in self.merged.items():
            parts.setdefault(into, []).append((old, self.rows[old].path))
        if self.kind == SHIFT:
            first, *rest = sorted(self.rows)
            for one in rest:
                parts[one] = [(first, self.rows[first].path)]
                parts[first] = [(one, self.rows[one].path)]
        return duties.TaskPlaces(self.home, parts, appointments)
