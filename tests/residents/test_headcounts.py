"""Whatever happens to households and people, the counters at every place equal the register itself."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Problem
from linli.core.paths import within
from linli.grid import actions as grid_actions
from linli.grid.models import Dwelling, Place
from linli.grid.queries import read_headcounts
from linli.residents import actions
from linli.residents.models import Household, Membership, Person
from linli.residents.queries import member_paths
from linli.residents.rules import PersonEntry
from tests.conftest import Cast


def people_below(path: str) -> int:
    where = "household__residences__dwelling__entrance__placements"
    return Membership.objects.filter(
        within(f"{where}__place__path", [path]),
        until_on=None,
        household__residences__until_on=None,
        **{f"{where}__until_on": None},
    ).count()


def assert_counts_hold(cast: Cast) -> None:
    places = list(Place.objects.values_list("id", "path"))
    households = read_headcounts(places=places, unit="household")
    people = read_headcounts(places=places, unit="person")
    for key, path in places:
        assert households[key].count == Household.objects.below([path]).count(), path
        assert people[key].count == people_below(path), path
    everyone = list(Household.objects.values_list("id", flat=True))
    for household, (_leaf, path) in member_paths(everyone).items():
        assert Household.objects.below([path]).filter(pk=household).exists()


@pytest.fixture
def street(cast: Cast) -> Cast:
    """The cast makes its people without counting them; count them here."""
    by_path: dict[str, int] = {}
    for path in Place.objects.filter(kind="cell").values_list("path", flat=True):
        by_path[path] = people_below(path)
    changes = [grid_actions.Change(to_path=path, n=n) for path, n in by_path.items() if n]
    present = read_headcounts(places=[(cast.place("001").pk, cast.place("001").path)], unit="person")
    if not present[cast.place("001").pk].count:
        grid_actions.record_headcount_changes(actor=SYSTEM, unit="person", changes=changes)
    return cast


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "move", "depart", "add_person", "move_person", "depart_person", "fold", "next_day"]),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    min_size=1,
    max_size=14,
)


def pick(rows: Any, number: int) -> Any:
    found = list(rows.order_by("id"))
    return found[number % len(found)]


def take(step: str, one: int, other: int, moment: list[int]) -> None:
    if step == "add":
        members = [PersonEntry(name=f"新{n}") for n in range(other % 3)]
        actions.add_household(actor=SYSTEM, dwelling_id=pick(Dwelling.objects, one).pk, name="新户", members=members)
    elif step == "move":
        actions.move_household(
            actor=SYSTEM, household_id=pick(Household.objects, one).pk, dwelling_id=pick(Dwelling.objects, other).pk
        )
    elif step == "depart":
        actions.depart_household(actor=SYSTEM, household_id=pick(Household.objects, one).pk)
    elif step == "add_person":
        actions.add_person(actor=SYSTEM, household_id=pick(Household.objects, one).pk, entry=PersonEntry(name="新人"))
    elif step == "move_person":
        actions.move_person(
            actor=SYSTEM, person_id=pick(Person.objects, one).pk, household_id=pick(Household.objects, other).pk
        )
    elif step == "depart_person":
        actions.depart_person(actor=SYSTEM, person_id=pick(Person.objects, one).pk)
    elif step == "fold":
        grid_actions.fold_headcounts(actor=SYSTEM)
    elif step == "next_day":
        moment[0] += 1


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counters_equal_the_register_after_anything(street: Cast, steps):
    from unittest.mock import patch

    from django.db import transaction

    start = clock.now()
    days = [0]
    with transaction.atomic():
        with patch("linli.core.clock.now", lambda: start + timedelta(days=days[0])):
            for step, one, other in steps:
                try:
                    take(step, one, other, days)
                except Problem:
                    continue  # refused, and nothing half-written
                assert_counts_hold(street)
        transaction.set_rollback(True)
