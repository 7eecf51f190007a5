"""From differences of an edition to a plan: looked up anew each time, because much may have changed since it was compared,
also by an earlier difference of the same edition."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from linli.boundaries.access import REDRAW, may_redraw
from linli.boundaries.models import EditionChoice, EditionDifference, Redrawing
from linli.boundaries.queries.plans import Builder, Planned
from linli.boundaries.queries.standings import read_standings
from linli.boundaries.rules import (
    ADDED,
    ALREADY,
    BEGAN_LATER,
    CODE_USED,
    DONE,
    EDITION,
    LEFT,
    MOVED,
    NAME_TAKEN,
    NO_PARENT,
    NO_PLACE,
    NOT_YOURS,
    RECODED,
    REFUSED,
    RENAMED,
    TOO_MUCH,
    VANISHED,
    Wish,
)
from linli.core.actors import Actor
from linli.grid.models import Place

MOST_STEPS = 5
Settled = tuple[str, str]  # state, why


@dataclass
class Batch:
    """Differences of one sort that are taken over together: the plan, and those that need none."""

    planned: Planned
    rows: list[EditionDifference] = field(default_factory=list)
    settled: dict[int, Settled] = field(default_factory=dict)


def plan_batch(*, actor: Actor, choice: EditionChoice, rows: Sequence[EditionDifference]) -> Batch:
    """`rows` are of one kind and difference. A number of queries that does not depend on how many they are, but for those
    that go on under another code, which come one by one."""
    builder = _Taking(actor, choice, rows)
    steps = {
        ADDED: builder.take_add,
        RENAMED: builder.take_rename,
        RECODED: builder.take_go_on,
        MOVED: builder.take_go_on,
        VANISHED: builder.take_end_empty,
    }
    for row in rows:
        refused = builder.look(row)
        settled = refused or steps[row.what](row)
        if settled:
            builder.batch.settled[row.pk] = settled
        else:
            builder.batch.rows.append(row)
    builder.plan_holders()
    return builder.batch


class _Taking(Builder):
    def __init__(self, actor: Actor, choice: EditionChoice, rows: Sequence[EditionDifference]):
        wish = Wish(EDITION, "", choice.on, choice.paper, name=choice.edition.name)
        super().__init__(actor, wish, Place(name=choice.edition.name, code="", path=""))
        self.batch = Batch(self.planned)
        old = {one.old_code or one.code for one in rows}
        wanted = old | {one.parent for one in rows} | {one.code for one in rows}
        found = Place.objects.filter(code__in=wanted).select_related("parent")
        self.known = {one.code: one for one in found}  # ended ones too: a code is given once
        self.follow({one.old_code for one in rows if one.old_code})
        ends = [one.path for one in rows if one.what == VANISHED]
        self.standings = read_standings(paths=ends)
        named = {one.parent_id for one in self.known.values() if one.until_on is None}
        self.names: dict[int | None, dict[str, int]] = {}  # below a place: name → the one that has it
        if rows and rows[0].what == RENAMED:
            siblings = Place.objects.filter(parent__in=[key for key in named if key], until_on=None)
            for key, name, parent in siblings.values_list("pk", "name", "parent_id"):
                self.names.setdefault(parent, {})[name] = key

    def follow(self, codes: set[str]) -> None:
        """A place that went on under another code meanwhile, perhaps along with the one above it, is that one now. What was
        merged into another is not."""
        for _step in range(MOST_STEPS):
            ended = {str(self.known[code].pk): code for code in codes if code in self.known and not self.standing(code)}
            rows = Redrawing.objects.filter(state=DONE, changes__kind="made", changes__before__in=ended)
            after = rows.values_list("changes__before", "changes__subject")
            goes = {ended[before]: int(to) for before, to in after if before in ended}
            if not goes:
                return
            places = Place.objects.select_related("parent").in_bulk(goes.values())
            self.known.update({code: places[key] for code, key in goes.items()})

    def standing(self, code: str) -> Place | None:
        found = self.known.get(code)
        return found if found is not None and found.until_on is None else None

    def look(self, row: EditionDifference) -> Settled | None:
        """What every difference needs."""
        there = self.standing(row.code)
        here = self.standing(row.old_code or row.code)
        if row.what == VANISHED:
            return None if here else (ALREADY, "")
        if row.what != RENAMED and there is not None and there.kind == row.kind and there.name == row.name:
            return (ALREADY, "")
        if row.what != RENAMED and row.code in self.known:
            return (REFUSED, CODE_USED)
        if row.what != ADDED and here is None:
            return (REFUSED, NO_PLACE)
        if here is not None and here.from_on is not None and here.from_on > self.wish.on:
            return (REFUSED, BEGAN_LATER)
        return None

    def parent_of(self, row: EditionDifference) -> Place | None:
        return self.standing(row.parent)

    def take_add(self, row: EditionDifference) -> Settled | None:
        parent = self.parent_of(row)
        if row.parent and parent is None:
            return (REFUSED, NO_PARENT)
        if not self.actor.may(REDRAW, parent.path if parent else ""):
            return (REFUSED, NOT_YOURS)
        if parent is not None:
            self.take(parent)
        self.make(parent=parent.pk if parent else None, kind=row.kind, name=row.name, code=row.code)
        return None

    def take_rename(self, row: EditionDifference) -> Settled | None:
        place = self.known[row.code]
        if place.name == row.name:
            return (ALREADY, "")
        if not may_redraw(self.actor, place):
            return (REFUSED, NOT_YOURS)
        taken = self.names.setdefault(place.parent_id, {})
        if taken.get(row.name, place.pk) != place.pk:
            return (REFUSED, NAME_TAKEN)  # perhaps the code was given to another place: a person decides
        taken.pop(place.name, None)
        taken[row.name] = place.pk
        self.take(place, kept=True)
        self.plan.renamed[place.pk] = row.name
        return None

    def take_go_on(self, row: EditionDifference) -> Settled | None:
        """Other code, or another parent: it ends here with all below it and goes on there (docs/adr/0014)."""
        place, parent = self.known[row.old_code], self.parent_of(row)
        if row.parent and parent is None:
            return (REFUSED, NO_PARENT)
        mine = may_redraw(self.actor, place) and self.actor.may(REDRAW, parent.path if parent else "")
        if not mine:
            return (REFUSED, NOT_YOURS)
        if read_standings(paths=[place.path])[place.path].too_much or parent is None:
            return (REFUSED, TOO_MUCH)
        self.take(parent)
        self.go_on_as(place, parent.pk, row.code, row.name)
        return None

    def take_end_empty(self, row: EditionDifference) -> Settled | None:
        place = self.known[row.code]
        if not may_redraw(self.actor, place):
            return (REFUSED, NOT_YOURS)
        if not self.standings[place.path].empty:
            return (LEFT, "")
        if self.standings[place.path].too_much:
            return (REFUSED, TOO_MUCH)
        below = list(Place.objects.below(place.path).filter(until_on=None).order_by("path"))
        if any(one.from_on is not None and one.from_on > self.wish.on for one in below):
            return (REFUSED, BEGAN_LATER)
        for one in below:
            if one.pk not in self.planned.places:
                self.take(one)
                self.plan.ended.append(one.pk)
        return None
