"""What stands in places, with all below them: a few statements for any number of places."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Length, Substr

from linli.alerts.models import AlertPlace
from linli.alerts.rules import DRAFT
from linli.boundaries.rules import MOST_REGISTERS
from linli.core import clock
from linli.duties.models import Task
from linli.grid.models import Appointment, Building, EntrancePlacement, Organisation, Place
from linli.grid.profile import register_kind
from linli.grid.queries import read_headcounts
from linli.messages.models import Sender
from linli.residents.models import RosterUpload, Transfer
from linli.rounds.models import RoundPlace


@dataclass(frozen=True)
class Stands:
    """How much stands in a place and below it. `more`: entrances, buildings, organisations, robots of chat groups, and what
    waits for it: rosters, proposals. `notices`: open ones, and drafts, that name it or a place below."""

    households: int = 0
    posts: int = 0
    tasks: int = 0
    notices: int = 0
    more: int = 0
    places: int = 0  # below it
    registers: int = 0

    @property
    def empty(self) -> bool:
        return not (self.households or self.posts or self.tasks or self.notices or self.more)

    @property
    def too_much(self) -> bool:
        return self.registers > MOST_REGISTERS


def _inside(rows: QuerySet[Any], path: str) -> Any:
    """How many of the rows have their `path` in the subtree of the place asked about."""
    found = rows.filter(**{f"{path}__gte": OuterRef("path"), f"{path}__lt": OuterRef("last")})
    counted = found.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def read_standings(*, paths: Iterable[str]) -> dict[str, Stands]:
    """Path → what stands there. A constant number of statements; ask for some hundred paths at a time. The caller has
    checked whose they are."""
    now = clock.now()
    last = Concat(Substr("path", 1, Length("path") - 1), Value("0"))  # as core.paths.end makes it
    rows = Place.objects.filter(path__in=set(paths)).annotate(last=last)
    standing = Place.objects.filter(until_on=None)
    inside = {
        "posts": _inside(Appointment.objects.filter(Q(until_at=None) | Q(until_at__gt=now)), "place__path"),
        "tasks": _inside(Task.objects.open(), "area_path"),
        "rounds": _inside(RoundPlace.objects.filter(round__closed_at=None), "path"),
        "drafts": _inside(AlertPlace.objects.filter(alert__state=DRAFT), "path"),
        "entrances": _inside(EntrancePlacement.objects.filter(until_on=None), "place__path"),
        "buildings": _inside(Building.objects.all(), "place__path"),
        "bodies": _inside(Organisation.objects.all(), "place__path"),
        "robots": _inside(Sender.objects.exclude(path=""), "path"),
        "rosters": _inside(RosterUpload.objects.exclude(state="done"), "place__path"),
        "asked": _inside(Transfer.objects.filter(state="proposed"), "to_place__path"),
        "places": _inside(standing, "path"),
        "registers": _inside(standing.filter(kind=register_kind()), "path"),
    }
    counted = rows.annotate(**{f"n_{name}": count for name, count in inside.items()})
    read = {row[1]: row for row in counted.values_list("id", "path", *(f"n_{name}" for name in inside))}
    homes = read_headcounts(places=[(key, path) for key, path, *_counts in read.values()], unit="household")
    return {path: _stands(homes[row[0]].count, dict(zip(inside, row[2:], strict=True))) for path, row in read.items()}


def _stands(households: int, n: Mapping[str, int]) -> Stands:
    return Stands(
        households=households,
        posts=n["posts"],
        tasks=n["tasks"],
        notices=n["rounds"] + n["drafts"],
        more=sum(n[name] for name in ("entrances", "buildings", "bodies", "robots", "rosters", "asked")),
        places=max(n["places"] - 1, 0),
        registers=n["registers"],
    )
