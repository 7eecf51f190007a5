"""Redrawings of one's places: the list, one with all that it changed, and what stands in the way of an undo."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from linli.boundaries.access import may_redraw
from linli.boundaries.models import Redrawing, RedrawnPlace
from linli.boundaries.rules import DONE, EDITION, ENDED, KEPT, MADE, MERGE, MOVE, RENAME, RENAMED, SHIFT, SPLIT
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.models import AuditEntry
from linli.grid.models import Appointment, Building, Entrance, EntrancePlacement, Place, PlacePast
from linli.grid.profile import post_name
from linli.grid.queries import name_actors
from linli.rounds.models import Round, RoundPlace


def list_redrawings(*, actor: Actor, place: Place | None = None) -> QuerySet[Redrawing]:
    """Those of one's places (or of one place), the latest first."""
    rows = Redrawing.objects.visible_to(actor)
    if place is not None:
        rows = rows.filter(pk__in=RedrawnPlace.objects.filter(place=place).values("redrawing"))
    return rows.select_related("made_by", "undone_by").order_by("-made_at", "-id")


def get_redrawing(*, actor: Actor, redrawing_id: int) -> Redrawing:
    found = list_redrawings(actor=actor).filter(pk=redrawing_id).first()
    if found is None:
        raise Missing()
    return found


@dataclass(frozen=True)
class PlacePart:
    place: Place
    part: str
    successor: Place | None


def list_parts(*, actor: Actor, redrawing: Redrawing) -> list[PlacePart]:
    """The places that it was about, as far as they are the actor's, with what follows those that ended."""
    rows = [
        one
        for one in redrawing.places.select_related("place__parent").order_by("path")
        if actor.may("places.see", one.path)
    ]
    after = dict(redrawing.changes.filter(kind="ended").exclude(after="").values_list("subject", "after"))
    places = Place.objects.in_bulk({int(key) for key in after.values()})
    order = {MADE: 0, RENAMED: 1, KEPT: 2, ENDED: 3}
    parts = [PlacePart(one.place, one.part, places.get(int(after.get(str(one.place_id), 0)))) for one in rows]
    return sorted(parts, key=lambda one: order[one.part])


def count_changes(*, redrawing: Redrawing) -> Counter[str]:
    """Kind of change → how many. The caller has loaded the redrawing for its actor."""
    return Counter(redrawing.changes.values_list("kind", flat=True))


def find_successor(*, actor: Actor, place: Place) -> Place | None:
    """What followed a place that ended, where it is the actor's."""
    rows = Redrawing.objects.filter(state=DONE, changes__kind="ended", changes__subject=str(place.pk))
    after = rows.order_by("-id").values_list("changes__after", flat=True).first()
    found = Place.objects.filter(pk=int(after)).first() if after else None
    return found if found is not None and actor.may("places.see", found.path) else None


@dataclass(frozen=True)
class LaterAct:
    """What depends on a redrawing, so that it can't be undone any more: which act, when, by whom as far as one may know."""

    text: str
    at: datetime | None = None
    by: str = ""


def find_later_act(*, actor: Actor, redrawing: Redrawing) -> LaterAct | None:
    """The first later act that depends on this redrawing; None: it can be undone. A constant number of queries."""
    if redrawing.state != DONE:
        return None
    rows = list(redrawing.places.select_related("place"))
    look = _Later(actor, redrawing, rows)
    for step in (
        look.other_redrawing,
        look.ended_notice,
        look.begun_notice,
        look.appointed,
        look.places_changed,
        look.entrances_changed,
    ):
        found = step()
        if found is not None:
            return found
    return None


class _Later:
    def __init__(self, actor: Actor, redrawing: Redrawing, rows: Iterable[RedrawnPlace]):
        self.actor, self.redrawing = actor, redrawing
        self.places = {one.place_id: one.place for one in rows}
        self.made = {one.place_id for one in rows if one.part == MADE}
        self.paths = [one.path for one in rows]
        changes = redrawing.changes.filter(kind__in=["entrance", "appointed", "appointment_ended", "building"])
        self.changes = list(changes.values_list("kind", "subject", "before", "after"))

    def subjects(self, kind: str) -> dict[int, str]:
        return {int(subject): after for one, subject, _before, after in self.changes if one == kind}

    def other_redrawing(self) -> LaterAct | None:
        rows = RedrawnPlace.objects.filter(place__in=self.places, redrawing__id__gt=self.redrawing.pk)
        found = rows.filter(redrawing__state=DONE).select_related("redrawing__made_by").order_by("redrawing").first()
        if found is None:
            return None
        other = found.redrawing
        by = other.made_by.name if other.made_by else ""
        return LaterAct(_("Redrawn again: %(what)s") % {"what": other.told.get("note", "")}, other.made_at, by)

    def ended_notice(self) -> LaterAct | None:
        """Its figures stand on the grid as it was redrawn, and never change."""
        rows = Round.objects.filter(close_mark__gt=self.redrawing.mark).order_by("closed_at")
        found = self._touching(rows, whole=True)
        return LaterAct(_("A notice ended on the new grid; its figures keep it."), found.closed_at) if found else None

    def begun_notice(self) -> LaterAct | None:
        rows = Round.objects.filter(record_mark__gt=self.redrawing.mark, closed_at=None).order_by("record_at")
        found = self._touching(rows, whole=False)
        return LaterAct(_("A notice was issued to one of the redrawn places."), found.record_at) if found else None

    def _touching(self, rows: QuerySet[Round], *, whole: bool) -> Round | None:
        """The first round with a root at or below one of the places (`whole`: or above)."""
        followed = set(self.redrawing.changes.filter(kind="root_added").values_list("subject", flat=True))
        roots = RoundPlace.objects.filter(round__in=rows).values_list("round_id", "path")
        keys = {
            key
            for key, root in roots
            for path in self.paths
            if (root.startswith(path) or (whole and path.startswith(root))) and (whole or str(key) not in followed)
        }
        return next((one for one in rows if one.pk in keys), None)

    def appointed(self) -> LaterAct | None:
        own = self.subjects("appointed")
        rows = Appointment.objects.filter(place__in=self.made).exclude(pk__in=own).select_related("account", "place")
        found = rows.order_by("from_at").first()
        if found is None:
            return self._appointment_changed(own)
        words = _("%(name)s was appointed as %(post)s of %(place)s")
        words = words % {"name": found.account.name, "post": post_name(found.post_kind), "place": found.place.name}
        return self._by_audit(words, "grid.appointment", found.pk, found.from_at)

    def _appointment_changed(self, own: dict[int, str]) -> LaterAct | None:
        ends = AuditEntry.objects.filter(object_type="grid.appointment", act="end_appointment", object_id__in=own)
        found = ends.order_by("id").first()
        if found is None:
            return None
        return LaterAct(_("An appointment at a new place was ended."), found.at, self._name(found.actor))

    def places_changed(self) -> LaterAct | None:
        below = (
            Place.objects.filter(parent__in=self.made, until_on=None).exclude(pk__in=self.made).order_by("id").first()
        )
        if below is not None:
            return self._by_audit(_("%(name)s was added") % {"name": below.name}, "grid.place", below.pk)
        past = PlacePast.objects.filter(place__in=self.made).select_related("place").order_by("id").first()
        if past is not None:
            return self._by_audit(_("%(name)s was renamed") % {"name": past.place.name}, "grid.place", past.place_id)
        if self.redrawing.kind not in (RENAME, EDITION):
            return None
        mine = dict(self.redrawing.changes.filter(kind="renamed").values_list("subject", "before"))
        names = PlacePast.objects.filter(place__in=map(int, mine)).order_by("id")
        last = {one.place_id: one for one in names.select_related("place")}
        for key, one in last.items():
            if one.name != mine[str(key)]:
                return self._by_audit(_("%(name)s was renamed again") % {"name": one.name}, "grid.place", key)
        return None

    def entrances_changed(self) -> LaterAct | None:
        placed = {int(after): subject for subject, after in self.subjects("entrance").items() if after}
        standing = set(EntrancePlacement.objects.filter(pk__in=placed, until_on=None).values_list("pk", flat=True))
        gone = sorted(placed[key] for key in set(placed) - standing)
        if gone:
            entrance = Entrance.objects.select_related("building__estate").get(pk=gone[0])
            return LaterAct(_("%(entrance)s was given to another place") % {"entrance": entrance})
        new = EntrancePlacement.objects.filter(place__in=self.made, until_on=None).exclude(pk__in=placed)
        found = new.select_related("entrance__building__estate").order_by("id").first()
        if found is not None:
            return LaterAct(_("%(entrance)s was added to a new place") % {"entrance": found.entrance})
        built = Building.objects.filter(place__in=self.made).exclude(pk__in=self.subjects("building"))
        first = built.select_related("estate").order_by("id").first()
        return LaterAct(_("%(building)s was added to a new place") % {"building": first}) if first else None

    def _by_audit(self, text: str, kind: str, key: Any, at: datetime | None = None) -> LaterAct:
        entry = AuditEntry.objects.filter(object_type=kind, object_id=str(key)).order_by("-id").first()
        return LaterAct(text, entry.at if entry else at, self._name(entry.actor) if entry else "")

    def _name(self, ref: str) -> str:
        return name_actors([ref]).get(ref, "") if any(self.actor.may("audit.see", path) for path in self.paths) else ""


def find_opposite(*, actor: Actor, redrawing: Redrawing) -> dict[str, str]:
    """The opposite of a redrawing, to be done today: the kind, the place to begin from and what to fill in. Empty where
    there is none, or it is not the actor's."""
    rows = list(redrawing.places.select_related("place__parent"))
    standing = {one.part: one.place for one in rows if one.place.until_on is None}
    kept, made = standing.get(KEPT) or standing.get(RENAMED), standing.get(MADE)
    ask: dict[str, Any] = redrawing.asked
    found: dict[str, str] = {}
    place: Place | None = None
    if redrawing.kind == SPLIT and kept and made:
        place = kept
        found = {"kind": MERGE, "others": ",".join(one.place.code for one in rows if _is_part(one, kept))}
    elif redrawing.kind == MERGE and kept:
        place, found = kept, {"kind": SPLIT}
    elif redrawing.kind == RENAME and kept:
        place, found = kept, {"kind": RENAME, "name": str(redrawing.told.get("before", ""))}
    elif redrawing.kind == SHIFT:
        place = next((one.place for one in rows if one.place.code == ask["into"]), None)
        found = {"kind": SHIFT, "into": str(ask["place"]), "entrances": ",".join(map(str, ask["entrances"]))}
    elif redrawing.kind == MOVE:
        old = next((one.place for one in rows if one.place.code == ask["place"]), None)
        place = next((one.place for one in rows if one.part == MADE and one.place.parent_id in _ids(rows, KEPT)), None)
        found = {"kind": MOVE, "into": old.parent.code} if old is not None and old.parent is not None else {}
    if place is None or place.until_on is not None or not found or not may_redraw(actor, place):
        return {}
    return {**found, "place": place.code}


def _ids(rows: Iterable[RedrawnPlace], part: str) -> set[int]:
    return {one.place_id for one in rows if one.part == part}


def _is_part(one: RedrawnPlace, kept: Place) -> bool:
    return one.part == MADE and one.place.parent_id == kept.parent_id and one.place.until_on is None
