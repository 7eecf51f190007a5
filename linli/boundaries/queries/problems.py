"""What does not fit together: entrances in no cell, buildings that two claim, posts and tasks at places that are no more,
two of one name. Each with the page that mends it; few queries, whatever the number of places."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, F, Q
from django.urls import reverse

from linli.boundaries.queries.differences import list_orphans
from linli.core import clock
from linli.core.actors import Actor
from linli.core.paths import within
from linli.duties.models import Task
from linli.grid.models import Appointment, EntrancePlacement, Place
from linli.grid.profile import place_kinds, register_kind
from linli.grid.queries import list_entrances_in_no_cell, list_top_places

MOST = 100


@dataclass(frozen=True)
class Found:
    """One thing to mend: what, where, and the page where it is done."""

    what: str
    where: str
    url: str


@dataclass(frozen=True)
class Problems:
    no_cell: list[Found]
    double_claims: list[Found]
    ended_posts: list[Found]
    ended_tasks: list[Found]
    same_names: list[Found]
    no_parent: list[Found]
    vanished: list[Found]

    @property
    def none(self) -> bool:
        return not any(getattr(self, one.name) for one in fields(self))


def list_problems(*, actor: Actor) -> Problems:
    """Of the actor's own places."""
    paths = actor.paths("places.see")
    return Problems(
        no_cell=_no_cell(actor),
        double_claims=_double_claims(paths),
        ended_posts=_ended_posts(actor),
        ended_tasks=_ended_tasks(actor),
        same_names=_same_names(paths),
        no_parent=_no_parent(paths),
        vanished=_vanished(actor),
    )


def _to(place: Any) -> str:
    return reverse("place", kwargs={"code": place.code})


def _no_cell(actor: Actor) -> list[Found]:
    found: list[Found] = []
    for top in list_top_places(actor=actor, permission="places.see")[:20]:
        for one in list_entrances_in_no_cell(actor=actor, place=top, limit=MOST):
            home = one.entrance.building.place
            found.append(Found(str(one.entrance), home.name, reverse("place-entrances", kwargs={"code": home.code})))
    return found[:MOST]


def _double_claims(paths: Sequence[str]) -> list[Found]:
    """Entrances held outside the community that their building belongs to: two would knock, or nobody."""
    depth = place_kinds()[register_kind()].depth
    rows = EntrancePlacement.objects.filter(within("place__path", paths), until_on=None)
    rows = rows.filter(place__kind__in=[one.code for one in place_kinds().values() if one.depth >= depth])
    rows = rows.exclude(place__path__startswith=F("entrance__building__place__path"))
    rows = rows.select_related("entrance__building__estate", "entrance__building__place", "place")
    return [
        Found(
            str(one.entrance),
            f"{one.place.name} / {one.entrance.building.place.name}",
            reverse("entrance", kwargs={"entrance_id": one.entrance_id}),
        )
        for one in rows.order_by("place__path", "id")[:MOST]
    ]


def _ended_posts(actor: Actor) -> list[Found]:
    rows = Appointment.objects.valid_at(clock.now()).visible_to(actor).exclude(place__until_on=None)
    rows = rows.select_related("account", "place").order_by("place__path", "id")
    return [
        Found(one.account.name, one.place.name, reverse("post-end", kwargs={"appointment_id": one.pk}))
        for one in rows[:MOST]
    ]


def _ended_tasks(actor: Actor) -> list[Found]:
    rows = Task.objects.open().visible_to(actor).filter(~Q(area__until_on=None) | ~Q(post_place__until_on=None))
    rows = rows.select_related("area", "holder").order_by("area_path", "id")
    return [
        Found(one.holder.name if one.holder else "–", one.area.name, reverse("task", kwargs={"task_id": one.pk}))
        for one in rows[:MOST]
    ]


def _same_names(paths: Sequence[str]) -> list[Found]:
    rows = Place.objects.filter(within("path", paths), until_on=None, parent__isnull=False)
    twice = rows.order_by().values("parent", "name").annotate(n=Count("pk")).filter(n__gt=1)[:MOST]
    names = {(row["parent"], row["name"]) for row in twice}
    found = rows.filter(parent__in={key for key, _name in names}, name__in={name for _key, name in names})
    return [
        Found(one.name, one.code, reverse("redraw", kwargs={"kind": "rename", "code": one.code}))
        for one in found.order_by("path")
        if (one.parent_id, one.name) in names
    ][:MOST]


def _no_parent(paths: Sequence[str]) -> list[Found]:
    """Standing below one that ended, or with none although its kind has something above it."""
    top = next(iter(place_kinds()))
    lost = Q(parent=None) & ~Q(kind=top) | Q(parent__until_on__isnull=False)
    rows = Place.objects.filter(within("path", paths), lost, until_on=None).order_by("path")
    return [Found(one.name, one.code, _to(one)) for one in rows[:MOST]]


def _vanished(actor: Actor) -> list[Found]:
    """Left standing by an edition of the official tables, because something is in them."""
    return [
        Found(
            one.place.name,
            f"{one.place.code} · {one.edition.name}",
            reverse("boundary-orphan", kwargs={"code": one.place.code}),
        )
        for one in list_orphans(actor=actor, most=MOST)
    ]
