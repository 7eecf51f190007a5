"""The figures beside places: households, people, posts of the line and how many of them are vacant."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Length, Substr

from linli.core import clock
from linli.core.paths import PathField
from linli.grid.models import Appointment, Place
from linli.grid.profile import line, place_kinds, register_kind
from linli.grid.queries.headcounts import count_line_places, read_headcounts

HOUSEHOLDS, PEOPLE = "household", "person"
VACANCIES_FROM = 2  # levels above the register from which on the appointments below are few enough to count on a page


@dataclass(frozen=True)
class PlaceFigures:
    place: Place
    households: int
    people: int
    posts: int
    vacant: int | None  # None: so high up that it is not counted


def read_figures(places: Sequence[Place]) -> list[PlaceFigures]:
    """The figures of some places that the caller may see. The same few queries for one and for a hundred."""
    keys = [(one.pk, one.path) for one in places]
    households = read_headcounts(places=keys, unit=HOUSEHOLDS)
    people = read_headcounts(places=keys, unit=PEOPLE)
    posts, held = count_line_places(places=keys), _held(places)
    return [
        PlaceFigures(
            place=one,
            households=households[one.pk].count,
            people=people[one.pk].count,
            posts=posts[one.pk],
            vacant=max(0, posts[one.pk] - held[one.pk]) if one.pk in held else None,
        )
        for one in places
    ]


def _held(places: Sequence[Place]) -> dict[int, int]:
    """Place → how many places of the line at and below it have a holder now."""
    kinds = place_kinds()
    near = [one.pk for one in places if kinds[one.kind].depth >= kinds[register_kind()].depth - VACANCIES_FROM]
    if not near:
        return {}
    end = Concat(Substr("path", 1, Length("path") - 1), Value("0"), output_field=PathField())
    below = (
        Appointment.objects.valid_at(clock.now())
        .filter(post_kind__in=[kind.code for kind in line()], place__until_on=None, account__is_active=True)
        .filter(place__path__gte=OuterRef("path"), place__path__lt=OuterRef("end"))
        .order_by()
        .annotate(one=Value(1))
        .values("one")
        .annotate(n=Count("place", distinct=True))
        .values("n")
    )
    rows = Place.objects.filter(pk__in=near).annotate(end=end)
    rows = rows.annotate(held=Coalesce(Subquery(below, output_field=IntegerField()), 0))
    return dict(rows.values_list("pk", F("held")))
