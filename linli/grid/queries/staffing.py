"""Residents for each member of staff, place by place, against what the profile aims at."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, Count, F, FloatField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Length, Substr

from linli.core import clock
from linli.core.actors import Actor
from linli.core.paths import PathField
from linli.grid.models import Headcount, Place
from linli.grid.profile import place_kinds, post_kinds
from linli.grid.queries.headcounts import read_headcounts
from linli.grid.queries.places import get_place
from linli.grid.queries.posts import names_above
from linli.grid.queries.seats import held_at
from linli.grid.rules import PlaceKind

PEOPLE = "person"


@dataclass(frozen=True)
class Staffing:
    """A place, the residents below it, and how many people hold a staff post there or below."""

    place: Place
    above: list[str]
    residents: int
    staff: int
    aim: int

    @property
    def each(self) -> int | None:
        """Residents for each member of staff, rounded up; None where there is no staff."""
        return -(-self.residents // self.staff) if self.staff else None

    @property
    def lacking(self) -> int:
        """How many more staff would bring it to the aim."""
        return max(0, -(-self.residents // self.aim) - self.staff)

    @property
    def within_aim(self) -> bool:
        return not self.lacking


def staffing_aim() -> int:
    """Residents for each member of staff at most, from the profile."""
    return int(settings.PROFILE["staffing"]["residents_per_staff"])


def staffing_kinds(place: Place) -> list[PlaceKind]:
    """The kinds of place by which the staffing below `place` can be compared: down to where staff posts are held."""
    kinds = place_kinds()
    deepest = max(
        (kinds[kind.at].depth for kind in post_kinds().values() if kind.staff and kind.at in kinds), default=0
    )
    return [kind for kind in kinds.values() if kinds[place.kind].depth < kind.depth <= deepest] or [kinds[place.kind]]


class StaffingList:
    """Places of one kind below a place, the worst first, as a sequence that a paginator can cut. Ordered by the folded
    headcounts (seconds old); the figures shown are exact. One query to count, four a page."""

    def __init__(self, place: Place, kind: str):
        self.place = place
        self._rows = _ordered(Place.objects.below(place.path).filter(kind=kind, until_on=None))

    def count(self) -> int:
        return self._rows.count()

    __len__ = count

    def __getitem__(self, part: slice) -> list[Staffing]:
        places = list(self._rows[part])
        readings = read_headcounts(places=[(one.pk, one.path) for one in places], unit=PEOPLE)
        above = names_above([one.path for one in places], below=self.place.path)
        aim = staffing_aim()
        return [Staffing(one, above[one.path], readings[one.pk].count, _staff(one), aim) for one in places]


def list_staffing(*, actor: Actor, code: str, kind: str = "") -> StaffingList:
    """Residents per staff below a place, compared by a kind of place (default: the next below)."""
    place = get_place(actor=actor, code=code, permission="posts.see")
    known = [one.code for one in staffing_kinds(place)]
    return StaffingList(place, kind if kind in known else known[0])


def _staff(place: Any) -> int:
    return int(place.staff)


def _ordered(rows: QuerySet[Place]) -> QuerySet[Place]:
    last = Headcount.objects.filter(place=OuterRef("pk"), unit=PEOPLE).order_by("-upto")
    staff_posts = [kind.code for kind in post_kinds().values() if kind.staff]
    below = (
        held_at(clock.now())
        .filter(post_kind__in=staff_posts, place__path__gte=OuterRef("path"), place__path__lt=OuterRef("path_end"))
        .order_by()
        .annotate(one=Value(1))
        .values("one")
        .annotate(n=Count("account", distinct=True))
        .values("n")
    )
    end = Concat(Substr("path", 1, Length("path") - 1), Value("0"), output_field=PathField())
    residents = Subquery(last.values(n=F("joined") - F("left"))[:1], output_field=BigIntegerField())
    load = Case(
        When(residents=0, then=Value(-1.0)),
        When(staff=0, then=Cast("residents", FloatField()) * 1_000_000.0),
        default=Cast("residents", FloatField()) / F("staff"),
        output_field=FloatField(),
    )
    return (
        rows.annotate(path_end=end, residents=Coalesce(residents, 0), staff=Coalesce(Subquery(below), 0))
        .annotate(load=load)
        .order_by("-load", "path")
    )
