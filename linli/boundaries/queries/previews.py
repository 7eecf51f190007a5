"""What goes along with a redrawing, before it is done; and what somebody should know first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.alerts.models import Alert
from linli.boundaries.queries.plans import Planned
from linli.boundaries.rules import SHIFT, SPLIT
from linli.core import clock
from linli.core.actors import Actor
from linli.core.paths import within
from linli.duties.models import Task
from linli.grid.models import Appointment, EntrancePlacement, Outline, Place
from linli.grid.profile import kind_name, leaf_kinds, line, post_kinds, post_name
from linli.grid.queries import read_headcounts
from linli.grid.rules import Held, Ref, find_bookings_in_breach
from linli.messages.models import PersonalLink, Sender
from linli.messages.rules import SHARED
from linli.residents.models import Membership, Residence
from linli.rounds.models import Answer

FEW = 300  # entrances by themselves in a query
MOST_SHOWN = 200


@dataclass(frozen=True)
class After:
    """A place as it will stand: what it will hold. `was`: what it is now, where it goes on from another."""

    name: str
    code: str
    kind: str
    was: str
    entrances: int
    households: int
    people: int
    new: bool


@dataclass(frozen=True)
class HolderLine:
    """What becomes of somebody's post."""

    name: str
    post: str
    here: str
    to: str
    ends: bool


@dataclass(frozen=True)
class NoticeLine:
    """An open notice and those of it who go along."""

    alert: Alert
    headline: str
    households: int
    answered: int

    @property
    def missing(self) -> int:
        return self.households - self.answered


@dataclass(frozen=True)
class ThingLine:
    """What becomes of an outline, a chat group's robot or its link. `to` is empty where it stays; `lost`: it holds for no
    place afterwards, or no longer fits."""

    what: str  # outline | robot | link
    name: str
    here: str
    to: str
    lost: bool


@dataclass
class Preview:
    planned: Planned
    households: int = 0
    people: int = 0
    entrances: int = 0
    tasks: int = 0
    links: int = 0
    after: list[After] = field(default_factory=list)
    holders: list[HolderLine] = field(default_factory=list)
    vacant: list[str] = field(default_factory=list)
    things: list[ThingLine] = field(default_factory=list)
    notices: list[NoticeLine] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def version(self) -> str:
        return self.planned.version


def preview_redrawing(*, actor: Actor, planned: Planned) -> Preview:
    """A number of queries that does not depend on how many move. The plan was made for the actor."""
    look = _Look(actor, planned)
    found = look.count()
    look.list_holders(found)
    look.list_notices(found)
    look.list_things(found)
    look.warn(found)
    return found


class _Look:
    def __init__(self, actor: Actor, planned: Planned):
        self.actor, self.planned, self.plan = actor, planned, planned.grid
        which = Q(place__in=[*self.plan.leaves, *planned.kept]) | Q(entrance__in=list(self.plan.entrances))
        rows = EntrancePlacement.objects.filter(which, until_on=None).values_list("entrance_id", "place_id")
        self.goes: dict[int, Ref] = {}  # entrance that moves → where it goes
        self.held: dict[int, int] = {}  # entrance that moves → the place that holds it now
        for entrance, place in rows:
            ref = self.plan.entrances.get(entrance, self.plan.leaves.get(place))
            if ref is not None:
                self.goes[entrance], self.held[entrance] = ref, place

    def living(self) -> list[tuple[int, int]]:
        """(household, entrance) of everyone who goes along."""
        rows = Residence.objects.filter(until_on=None).filter(self._behind("dwelling__entrance"))
        return [row for row in rows.values_list("household_id", "dwelling__entrance_id") if row[1] in self.goes]

    def people(self) -> dict[int, int]:
        """Entrance → how many people go along."""
        home = "household__residences__dwelling__entrance"
        rows = Membership.objects.filter(until_on=None, household__residences__until_on=None).filter(self._behind(home))
        counted = rows.order_by().values_list(f"{home}_id").annotate(n=Count("pk"))
        return {entrance: n for entrance, n in counted if entrance in self.goes}

    def _behind(self, entrance: str) -> Q:
        """Who lives behind the entrances that move: by name where they are few, else by the places that hold them."""
        if len(self.goes) <= FEW:
            return Q(**{f"{entrance}__in": list(self.goes)})
        places = set(self.held.values())
        return Q(**{f"{entrance}__placements__place__in": places, f"{entrance}__placements__until_on": None})

    def count(self) -> Preview:
        self.homes, people = self.living(), self.people()
        moving = {"entrance": Counter(dict.fromkeys(self.goes, 1)), "person": Counter(people)}
        moving["household"] = Counter(entrance for _home, entrance in self.homes)
        found = Preview(self.planned, households=len(self.homes), entrances=len(self.goes), people=sum(people.values()))
        kept = [one for one in self.planned.kept.values() if one.kind == self.planned.place.kind]
        standing = self._standing(kept)
        refs: list[Ref] = [*(one.pk for one in kept), *(one.key for one in self.plan.made)]
        for ref in refs[:MOST_SHOWN]:
            inside = self._below(ref)
            counts = {
                unit: standing.get((unit, ref), 0)
                + sum(n for entrance, n in by_entrance.items() if self.goes[entrance] in inside)
                - sum(n for entrance, n in by_entrance.items() if self._stood_in(entrance, ref))
                for unit, by_entrance in moving.items()
            }
            kind = kind_name(self._kind(ref))
            found.after.append(
                After(
                    name=self.planned.name_of(ref),
                    code=self._code(ref),
                    kind=kind,
                    was=self._was(ref),
                    entrances=counts["entrance"],
                    households=counts["household"],
                    people=counts["person"],
                    new=isinstance(ref, str),
                )
            )
        touched = [*self.plan.ended, *self.plan.parts.values()]
        found.tasks = Task.objects.open().filter(area__in=touched).count()
        found.links = self._links(touched).count()
        return found

    def _standing(self, kept: Sequence[Place]) -> dict[tuple[str, Ref], int]:
        """(unit, place) → what those that go on hold now."""
        pairs = [(one.pk, one.path) for one in kept]
        found: dict[tuple[str, Ref], int] = {}
        for unit in ("household", "person"):
            for key, reading in read_headcounts(places=pairs, unit=unit).items():
                found[unit, key] = reading.count
        for key, path in pairs:
            found["entrance", key] = EntrancePlacement.objects.filter(
                within("place__path", [path]), until_on=None
            ).count()
        return found

    def _stood_in(self, entrance: int, ref: Ref) -> bool:
        if isinstance(ref, str):
            return False
        holder = self.planned.places.get(self.held[entrance])
        return holder is not None and holder.path.startswith(self.planned.places[ref].path)

    def _links(self, places: Sequence[int]) -> Any:
        now = clock.now()
        return PersonalLink.objects.filter(purpose=SHARED, subject__in=places, revoked_at=None, expires_at__gt=now)

    def _below(self, ref: Ref) -> set[Ref]:
        """The place and those of the plan below it."""
        inside: set[Ref] = {ref}
        for one in self.plan.made:
            if one.parent in inside:
                inside.add(one.key)
        return inside

    def _code(self, ref: Ref) -> str:
        if isinstance(ref, int):
            return self.planned.places[ref].code
        return next(one.code for one in self.plan.made if one.key == ref)

    def _kind(self, ref: Ref) -> str:
        if isinstance(ref, int):
            return self.planned.places[ref].kind
        return next(one.kind for one in self.plan.made if one.key == ref)

    def _was(self, ref: Ref) -> str:
        if isinstance(ref, int):
            return self.planned.places[ref].name if ref in self.plan.renamed else ""
        like = next(one.like for one in self.plan.made if one.key == ref)
        place = self.planned.places.get(like)
        return f"{place.name} · {place.code}" if place else ""

    # Holders ---------------------------------------------------------------------------------------------------------

    def list_holders(self, found: Preview) -> None:
        if not self.actor.may("posts.see", self.planned.place.path):
            return
        for move in self.plan.holders:
            one = self.planned.appointments[move.appointment]
            to = self.planned.name_of(move.to)
            found.holders.append(
                HolderLine(
                    one.account.name, post_name(one.post_kind), one.place.name, to, ends=not move.stays and not to
                )
            )
        held = {move.to for move in self.plan.holders if self._is_line(move.appointment)}
        kinds = {kind.at for kind in line()}
        found.vacant = [one.name for one in self.plan.made if one.kind in kinds and one.key not in held]

    def _is_line(self, appointment: int) -> bool:
        kind = post_kinds().get(self.planned.appointments[appointment].post_kind)
        return kind is not None and kind.line

    # Notices ---------------------------------------------------------------------------------------------------------

    def list_notices(self, found: Preview) -> None:
        moving = [household for household, _entrance in self.homes]
        alerts = Alert.objects.filter(state="issued", households__isnull=False).select_related("households")
        roots: dict[Any, list[str]] = {}
        for key, path in alerts.values_list("pk", "places__path"):
            roots.setdefault(key, []).append(path or "")
        touched = [
            one
            for one in alerts
            if any(
                path.startswith(root) or root.startswith(path) for root in roots[one.pk] for path in self.planned.paths
            )
        ]
        answered = Answer.objects.filter(round__in=[one.households_id for one in touched], withdrawn_at=None)
        if len(moving) <= FEW:
            answered = answered.filter(member__in=moving)
        inside = set(moving)
        counts: Counter[Any] = Counter(
            key for key, member in answered.values_list("round_id", "member") if member in inside
        )
        for one in touched:
            text: dict[str, str] = next(iter(one.texts.values()), {})
            line_ = NoticeLine(one, str(text.get("headline", "")), len(moving), counts[one.households_id])
            found.notices.append(line_)

    # Outlines and chat groups ----------------------------------------------------------------------------------------

    def list_things(self, found: Preview) -> None:
        """An outline goes along where its place goes on as another, and is lost in a merger; of a place that gives some of
        it away, or takes some in, it no longer fits. Robots and links of chat groups go to what follows their place."""
        like = {one.like: one.name for one in self.plan.made if one.like}
        changed = [*self.plan.parts.values(), *(ref for ref in self.plan.successors.values() if isinstance(ref, int))]
        if self.planned.wish.kind == SHIFT:
            changed += list(self.planned.kept)
        places = self.planned.places
        for key in self._outlined([*self.plan.ended, *changed]):
            lost = key not in like
            found.things.append(ThingLine("outline", places[key].name, places[key].name, like.get(key, ""), lost))
        touched = [*self.plan.ended, *self.plan.parts.values()]
        robots = Sender.objects.filter(place__in=touched).order_by("path", "id").values_list("name", "place_id")
        links = self._links(touched).order_by("subject", "id").values_list("subject", flat=True)
        rows = [("robot", name, place) for name, place in robots if place is not None]
        rows += [("link", places[key].name, key) for key in dict.fromkeys(links)]
        for what, name, place in rows:
            to = self.planned.name_of(self.plan.successors.get(place))
            found.things.append(ThingLine(what, name, places[place].name, to, lost=place in self.plan.ended and not to))

    def _outlined(self, places: Sequence[int]) -> list[int]:
        rows = Outline.objects.filter(place__in=places, until_on=None).order_by("place__path")
        return list(rows.values_list("place_id", flat=True))

    # Warnings --------------------------------------------------------------------------------------------------------

    def warn(self, found: Preview) -> None:
        if found.vacant:
            text = ngettext(
                "%(n)s post of the line will be vacant: %(names)s.",
                "%(n)s posts of the line will be vacant: %(names)s.",
                len(found.vacant),
            )
            found.warnings.append(text % {"n": len(found.vacant), "names": ", ".join(found.vacant[:5])})
        double = self._new_breaches()
        if double:
            text = _("Double bookings arise: %(names)s. Appoint somebody else, or choose otherwise below.")
            found.warnings.append(text % {"names": ", ".join(sorted(double))})
        empty = [one.name for one in found.after if not one.entrances and one.kind in map(kind_name, leaf_kinds())]
        if empty:
            found.warnings.append(_("Nobody lives in: %(names)s.") % {"names": ", ".join(empty[:5])})
        if self.planned.wish.kind == SPLIT and found.links:
            found.warnings.append(_("The chat group's link serves what stays. Make a new one for the new place."))

    def _new_breaches(self) -> set[str]:
        moves = {move.appointment: move for move in self.plan.holders if move.to is not None}
        if not moves:
            return set()
        accounts = {self.planned.appointments[key].account_id for key in moves}
        places = {move.to for move in moves.values() if isinstance(move.to, int)}
        rows = Appointment.objects.valid_at(clock.now()).filter(Q(account__in=accounts) | Q(place__in=places))
        rows = rows.filter(account__is_active=True, post_kind__in=post_kinds())
        now = [(one.pk, one.account_id, one.post_kind, one.place_id) for one in rows]
        gone = {move.appointment for move in self.plan.holders if not move.stays}
        keys: dict[Ref, int] = {}
        later = [Held(*row) for row in now if row[0] not in gone]
        for number, move in enumerate(self.plan.holders, start=1):
            if move.to is None:
                continue
            place = move.to if isinstance(move.to, int) else keys.setdefault(move.to, -len(keys) - 1)
            one = self.planned.appointments[move.appointment]
            if one.post_kind in post_kinds():
                later.append(Held(-number, one.account_id, one.post_kind, place))
        before = find_bookings_in_breach([Held(*row) for row in now], post_kinds())
        known = {(row[1], row[2]) for row in now if row[0] in before}
        after = find_bookings_in_breach(later, post_kinds())
        people = {one.appointment_id: (one.account_id, one.post_kind) for one in later if one.appointment_id in after}
        names = {one.account_id: one.account.name for one in self.planned.appointments.values()}
        return {names[who] for who, kind in people.values() if (who, kind) not in known and who in names}
