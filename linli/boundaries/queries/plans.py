"""From a wish to a plan: which places begin and end, what goes where, who goes on holding what. Reads only; the same plan
is shown before and done after, and `version` tells whether anything changed in between."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.boundaries.access import check_may_redraw
from linli.boundaries.rules import (
    EDITION,
    H_ALL,
    H_FILL,
    H_NONE,
    H_SEVERAL,
    HOLDERS,
    MERGE,
    MOST_PARTS,
    MOVE,
    RENAME,
    SHIFT,
    SPLIT,
    Numbers,
    Part,
    Wish,
    free_name,
)
from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid, Missing
from linli.core.paths import ancestors
from linli.grid.models import Appointment, EntrancePlacement, Place
from linli.grid.profile import kind_name, leaf_kinds, place_kinds, post_kinds, register_kind
from linli.grid.rules import GridPlan, HolderMove, MadePlace, Ref


@dataclass
class Planned:
    """A wish worked out: `places` are those that stand and take part, `kept` those of them that stay."""

    wish: Wish
    place: Place
    grid: GridPlan = field(default_factory=GridPlan)
    places: dict[int, Place] = field(default_factory=dict)
    kept: dict[int, Place] = field(default_factory=dict)
    appointments: dict[int, Appointment] = field(default_factory=dict)
    version: str = ""

    def name_of(self, ref: Ref | None) -> str:
        if ref is None:
            return ""
        if isinstance(ref, int):
            return self.grid.renamed.get(ref) or self.places[ref].name
        return next(one.name for one in self.grid.made if one.key == ref)

    @property
    def paths(self) -> list[str]:
        """Of everything that takes part, as it stands now."""
        return sorted(one.path for one in self.places.values())


def plan_redrawing(*, actor: Actor, wish: Wish) -> Planned:
    """Raises Missing or Forbidden for a place that is not the actor's, Invalid with a message at the field that is wrong."""
    builder = Builder(actor, wish, get_standing(actor=actor, code=wish.place))
    builder.take(builder.place)
    steps: dict[str, Callable[[], None]] = {
        RENAME: builder.rename,
        MOVE: builder.move,
        MERGE: builder.merge,
        SPLIT: builder.split,
        SHIFT: builder.shift,
    }
    builder.check_day()
    steps[wish.kind]()
    builder.plan_holders()
    builder.planned.version = _version(builder.planned)
    return builder.planned


def get_standing(*, actor: Actor, code: str) -> Place:
    """A place that the actor may redraw."""
    found = Place.objects.visible_to(actor).select_related("parent").filter(code=code, until_on=None).first()
    if found is None:
        raise Missing()
    check_may_redraw(actor, found)
    return found


def get_seen(*, actor: Actor, code: str) -> Place:
    """A place that the actor may see, also one that is no more."""
    found = Place.objects.visible_to(actor).filter(code=code).first()
    if found is None:
        raise Missing()
    return found


def is_lowest(*, actor: Actor, code: str) -> bool:
    return get_standing(actor=actor, code=code).kind in leaf_kinds()


def invalid(field_name: str, text: Any) -> Invalid:
    return Invalid(text, fields={field_name: text})


class Builder:
    """Builds a plan piece by piece."""

    def __init__(self, actor: Actor, wish: Wish, place: Place):
        self.actor, self.wish, self.place = actor, wish, place
        self.planned = Planned(wish, self.place)
        self.plan = self.planned.grid
        self.numbers: dict[str, Numbers] = {}

    # Pieces ----------------------------------------------------------------------------------------------------------

    def take(self, place: Place, *, kept: bool = False) -> Place:
        self.planned.places[place.pk] = place
        if kept:
            self.planned.kept[place.pk] = place
        return place

    def check_day(self) -> None:
        if self.wish.on > clock.today():
            raise invalid("on", _("This date lies in the future."))
        if self.place.from_on is not None and self.wish.on < self.place.from_on:
            raise invalid("on", _("The place began later than that. Choose a later day."))
        if not self.wish.paper.strip() or len(self.wish.paper) > 120:
            raise invalid("paper", _("Name the paper that says so: its number, or its date and who signed it."))

    def is_low(self, place: Place) -> bool:
        """Below the place that keeps the register: Linli gives the codes."""
        return place_kinds()[place.kind].depth > place_kinds()[register_kind()].depth

    def check_official(self) -> None:
        """Above the register only the official tables move places."""
        if place_kinds()[self.place.kind].depth < place_kinds()[register_kind()].depth:
            text = _("%(kind)s: such places follow the official tables. Compare a newer edition and take it over.")
            raise Invalid(text % {"kind": kind_name(self.place.kind)}, code="official-place")

    def code_below(self, parent: Place, wanted: str, field_name: str) -> str:
        if wanted.strip():
            return wanted.strip()
        if not self.is_low(self.place):
            raise invalid(field_name, _("Enter the official code: it begins with %(code)s.") % {"code": parent.code})
        if parent.code not in self.numbers:
            rows = Place.objects.filter(code__startswith=f"{parent.code}-").values_list("code", flat=True)
            self.numbers[parent.code] = Numbers.after((parent.code, code) for code in rows)
        return self.numbers[parent.code].next(parent.code)

    def names_below(self, parent: int | None, *, without: Iterable[int] = ()) -> set[str]:
        rows = Place.objects.filter(parent=parent, until_on=None).exclude(pk__in=list(without))
        return set(rows.values_list("name", flat=True))

    def new_name(self, name: str, parent: int | None, field_name: str, *, without: Iterable[int] = ()) -> str:
        bare = " ".join(name.split())
        if not 1 <= len(bare) <= 100:
            raise invalid(field_name, _("Give the place a name of at most 100 characters."))
        if bare in self.names_below(parent, without=without):
            raise invalid(field_name, _("There is already a place named %(name)s here.") % {"name": bare})
        return bare

    def make(self, *, parent: Ref | None, kind: str, name: str, code: str, like: int = 0) -> str:
        key = f"+{len(self.plan.made) + 1}"
        self.plan.made.append(MadePlace(key, parent, kind, name, code, like))
        return key

    def go_on_as(self, root: Place, parent: Ref, code: str, name: str) -> str:
        """A place with all below it ends here and goes on there, under new codes."""
        keys: dict[int, str] = {}
        codes: dict[int, str] = {root.pk: code}
        old: dict[int, str] = {}
        for row in Place.objects.below(root.path).filter(until_on=None).order_by("path"):
            self.take(row)
            old[row.pk] = row.code
            above = row.parent_id
            if row.pk != root.pk and above is not None:
                rest = row.code.removeprefix(old[above]) if row.code.startswith(old[above]) else f"-{row.pk}"
                codes[row.pk] = codes[above] + rest
            ref: Ref = parent if row.pk == root.pk or above is None else keys[above]
            called = name if row.pk == root.pk else row.name
            keys[row.pk] = self.make(parent=ref, kind=row.kind, name=called, code=codes[row.pk], like=row.pk)
            self.end(row, keys[row.pk])
        return keys[root.pk]

    def end(self, place: Place, successor: Ref) -> None:
        if place.from_on is not None and place.from_on > self.wish.on:
            text = _("%(place)s began on %(day)s. Choose that day or a later one.")
            raise invalid("on", text % {"place": place.name, "day": place.from_on.isoformat()})
        self.plan.ended.append(place.pk)
        self.plan.successors[place.pk] = successor
        self.plan.leaves[place.pk] = successor

    # Kinds -----------------------------------------------------------------------------------------------------------

    def rename(self) -> None:
        self.take(self.place, kept=True)
        name = self.new_name(self.wish.name, self.place.parent_id, "name", without=[self.place.pk])
        if name == self.place.name:
            raise invalid("name", _("This is the name that it has."))
        self.plan.renamed[self.place.pk] = name

    def move(self) -> None:
        self.check_official()
        parent = self.take(get_standing_parent(actor=self.actor, code=self.wish.into), kept=True)
        depth = place_kinds()[self.place.kind].depth
        if place_kinds()[parent.kind].depth != depth - 1:
            raise invalid("into", _("A place of this kind can't stand below %(place)s.") % {"place": parent.name})
        if parent.pk == self.place.parent_id:
            raise invalid("into", _("It stands there already."))
        wanted = self.wish.name.strip() or self.place.name
        name = free_name(wanted, self.names_below(parent.pk), self.place.parent.name if self.place.parent else "")
        self.go_on_as(self.place, parent.pk, self.code_below(parent, self.wish.code, "code"), name)

    def merge(self) -> None:
        self.check_official()
        stay = self.take(self.place, kept=True)
        if not self.wish.others:
            raise invalid("others", _("Choose what is merged into it."))
        taken = self.names_below(stay.pk)
        for code in dict.fromkeys(self.wish.others):
            other = self.take(get_standing(actor=self.actor, code=code))
            if other.kind != stay.kind or other.pk == stay.pk:
                raise invalid("others", _("Only another place of the same kind can be merged into it."))
            children = Place.objects.filter(parent=other, until_on=None).order_by("sort", "id")
            for child in children:
                name = free_name(child.name, taken, other.name)
                taken.add(name)
                self.go_on_as(self.take(child), stay.pk, self._number_below(stay), name)
            self.end(other, stay.pk)
        if self.wish.name.strip() and self.wish.name.strip() != stay.name:
            self.plan.renamed[stay.pk] = self.new_name(
                self.wish.name, stay.parent_id, "name", without=[stay.pk, *self.plan.ended]
            )

    def _number_below(self, parent: Place) -> str:
        if parent.code not in self.numbers:
            rows = Place.objects.filter(code__startswith=f"{parent.code}-").values_list("code", flat=True)
            self.numbers[parent.code] = Numbers.after((parent.code, code) for code in rows)
        return self.numbers[parent.code].next(parent.code)

    def split(self) -> None:
        self.check_official()
        self.take(self.place, kept=True)
        parts = self.wish.parts
        if not 1 <= len(parts) <= MOST_PARTS:
            raise invalid("parts", _("Name at least one new place."))
        taken = self.names_below(self.place.parent_id)
        parent = self.place.parent
        if parent is None:
            raise Missing()
        for number, part in enumerate(parts, start=1):
            name = self.new_name(part.name, self.place.parent_id, f"name_{number}")
            if name in taken:
                raise invalid(f"name_{number}", _("There is already a place named %(name)s here.") % {"name": name})
            taken.add(name)
            code = self.code_below(parent, part.code, f"code_{number}")
            key = self.make(parent=parent.pk, kind=self.place.kind, name=name, code=code)
            self.plan.parts[key] = self.place.pk
            self._fill(part, key, code)
        self._check_rest()

    def _fill(self, part: Part, key: str, code: str) -> None:
        if self.place.kind in leaf_kinds():
            if not part.entrances:
                raise invalid("parts", _("Choose at least one entrance for %(name)s.") % {"name": part.name})
            for entrance in part.entrances:
                if entrance in self.plan.entrances:
                    raise invalid("parts", _("An entrance can't go to two places."))
                self.plan.entrances[entrance] = key
            return
        if not part.children:
            raise invalid("parts", _("Choose at least one place for %(name)s.") % {"name": part.name})
        for number, child_code in enumerate(part.children, start=1):
            child = Place.objects.filter(code=child_code, parent=self.place, until_on=None).first()
            if child is None or child.pk in self.plan.ended:
                raise invalid("parts", _("One of the places no longer stands here, or was chosen twice."))
            self.go_on_as(self.take(child), key, f"{code}-{number}", child.name)

    def _check_rest(self) -> None:
        held = EntrancePlacement.objects.filter(place=self.place, until_on=None).values_list("entrance", flat=True)
        if self.place.kind in leaf_kinds():
            here = set(held)
            if not set(self.plan.entrances) <= here:
                raise invalid("parts", _("One of these entrances stands elsewhere by now. Look at the place again."))
            left = len(here - set(self.plan.entrances))
        else:
            left = Place.objects.filter(parent=self.place, until_on=None).exclude(pk__in=self.plan.ended).count()
        if not left:
            raise invalid("parts", _("Something has to stay: leave at least one where it is."))

    def shift(self) -> None:
        here, there = self.take(self.place, kept=True), get_standing(actor=self.actor, code=self.wish.into)
        self.take(there, kept=True)
        depth = place_kinds()[register_kind()].depth
        if here.kind not in leaf_kinds() or there.kind not in leaf_kinds() or here.pk == there.pk:
            raise invalid("into", _("Entrances stand in the lowest places only. Choose another one."))
        if ancestors(here.path)[depth] != ancestors(there.path)[depth]:
            raise invalid("into", _("An entrance stays in the community of its building."))
        held = EntrancePlacement.objects.filter(place=here, until_on=None, entrance__in=self.wish.entrances)
        if not self.wish.entrances or held.count() != len(set(self.wish.entrances)):
            raise invalid("entrances", _("Choose entrances that stand here."))
        self.plan.entrances = dict.fromkeys(self.wish.entrances, there.pk)

    # Holders ---------------------------------------------------------------------------------------------------------

    def plan_holders(self) -> None:
        now = clock.now()
        places = {
            *self.plan.ended,
            *(self.plan.parts.values()),
            *(self.planned.kept if self.wish.kind == MERGE else ()),
        }
        rows = (
            Appointment.objects.filter(Q(until_at=None) | Q(until_at__gt=now), place__in=places)
            .select_related("account", "place")
            .order_by("place__path", "from_at", "id")
        )
        self.planned.appointments = {one.pk: one for one in rows}
        rule = self.wish.holders or HOLDERS.get(self.wish.kind, ("",))[0]
        if self.wish.kind in HOLDERS and rule not in HOLDERS[self.wish.kind]:
            raise invalid("holders", _("Choose what becomes of the holders."))
        seats = Counter((one.place_id, one.post_kind) for one in rows)
        held = {(one.account_id, one.post_kind, one.place_id) for one in rows}
        like = {one.like: one.key for one in self.plan.made if one.like}
        for one in rows:
            if one.place_id in like:
                self.plan.holders.append(HolderMove(one.pk, like[one.place_id]))
            elif one.place_id in self.plan.ended:
                self.plan.holders.append(self._merged(one, rule, seats, held))
            elif self.wish.kind == SPLIT:
                self._divided(one, rule)

    def _merged(
        self, one: Appointment, rule: str, seats: Counter[tuple[int, str]], held: set[tuple[int, str, int]]
    ) -> HolderMove:
        to = self.place.pk
        kind = post_kinds().get(one.post_kind)
        free = kind is not None and seats[to, one.post_kind] < kind.seats
        again = (one.account_id, one.post_kind, to) in held
        if again or rule == H_NONE or (rule == H_FILL and not free):
            return HolderMove(one.pk)
        seats[to, one.post_kind] += 1
        held.add((one.account_id, one.post_kind, to))
        return HolderMove(one.pk, to)

    def _divided(self, one: Appointment, rule: str) -> None:
        kind = post_kinds().get(one.post_kind)
        several = kind is not None and kind.max_places > len(self.plan.parts)
        if rule == H_NONE or (rule == H_SEVERAL and not several) or rule not in (H_ALL, H_SEVERAL):
            return
        self.plan.holders += [HolderMove(one.pk, key, stays=True) for key in self.plan.parts]


def get_standing_parent(*, actor: Actor, code: str) -> Place:
    """The place that another goes below: one where the actor may redraw what stands below it."""
    found = Place.objects.visible_to(actor).select_related("parent").filter(code=code, until_on=None).first()
    if found is None:
        raise invalid("into", _("Choose where it goes."))
    if not actor.may("places.redraw", found.path):
        raise invalid("into", _("You may not redraw there. Ask someone above you."))
    return found


def _version(planned: Planned) -> str:
    """What the plan was made from. Who moved house meanwhile does not matter; who redrew, placed or appointed does."""
    plan = planned.grid
    parts = [f"p{one.pk}:{one.name}:{one.parent_id}" for one in planned.places.values()]
    rows = EntrancePlacement.objects.filter(until_on=None, place__in=[*plan.leaves, *planned.kept])
    parts += [f"e{key}" for key in rows.values_list("pk", flat=True)]
    parts += [f"a{one.pk}:{one.until_at}" for one in planned.appointments.values()]
    parts += [f"m{one.code}:{one.name}" for one in plan.made]
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:32]


def check_version(planned: Planned, version: str) -> None:
    """Raises Conflict where somebody else was quicker."""
    if version and version != planned.version:
        text = _("Somebody changed these places since you looked. Look at what would happen once more, then confirm.")
        raise Conflict(text, code="changed-meanwhile")


def describe(planned: Planned) -> str:
    """One sentence with the names of the moment."""
    wish, name = planned.wish, planned.place.name
    others = ", ".join(
        planned.places[key].name for key in planned.grid.ended if planned.places[key].code in wish.others
    )
    parts = ", ".join(part.name for part in wish.parts)
    into = next((one.name for one in planned.kept.values() if one.code == wish.into), "")
    texts = {
        "rename": _("%(place)s is now called %(name)s"),
        "move": _("%(place)s now stands below %(into)s"),
        "merge": _("%(others)s was merged into %(place)s"),
        "split": _("%(parts)s was split off from %(place)s"),
        "shift": _("Entrances of %(place)s went to %(into)s"),
        "edition": _("%(name)s: %(what)s, as the official tables have it"),
    }
    what = _described(planned) if wish.kind == EDITION else ""
    values = {"place": name, "name": wish.name, "into": into, "others": others, "parts": parts, "what": what}
    return texts[wish.kind] % values


def _described(planned: Planned) -> str:
    """The first place of several, and how many more."""
    plan = planned.grid
    like = {one.like for one in plan.made}
    ended = [planned.places[key].name for key in plan.ended if key not in like]
    roots = [one.name for one in plan.made if isinstance(one.parent, int) or one.parent is None]
    names = [*roots, *plan.renamed.values(), *ended]
    if len(names) == 1:
        return names[0]
    text = ngettext("%(first)s and %(n)s more place", "%(first)s and %(n)s more places", len(names) - 1)
    return text % {"first": names[0], "n": len(names) - 1}
