"""Random moves, departures, arrivals, answers, undos and folds: the counters equal the anti-join, everywhere."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Problem
from linli.grid import actions as grid_actions
from linli.grid.models import Dwelling, Place
from linli.residents import actions as register
from linli.residents.models import Household
from linli.rounds import actions, queries
from linli.rounds.intake import Receipt
from linli.rounds.models import Round

KINDS = ["answer", "batch", "undo", "move", "depart", "arrive", "fold", "tally", "carry"]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=18)


def pick(rows, number):
    found = list(rows.order_by("id"))
    return found[number % len(found)]


def give(found, households):
    receipts = [Receipt(uuid4(), one.pk, clock.now(), "own_tap", "link:1") for one in households]
    actions.record_receipts(actor=SYSTEM, found=found, receipts=receipts)


def take(kind, one, other, found):
    households = Household.objects.all()
    if kind == "answer":
        give(found, [pick(households, one)])
    elif kind == "batch":
        give(found, list(households.order_by("id"))[one % 5 :: 1 + other % 3])
    elif kind == "undo":
        actions.withdraw_receipt(actor=SYSTEM, found=found, member=pick(households, one).pk)
    elif kind == "move":
        key, dwelling = pick(households, one).pk, pick(Dwelling.objects, other).pk
        register.move_household(actor=SYSTEM, household_id=key, dwelling_id=dwelling)
    elif kind == "depart":
        register.depart_household(actor=SYSTEM, household_id=pick(households, one).pk)
    elif kind == "arrive":
        register.add_household(actor=SYSTEM, dwelling_id=pick(Dwelling.objects, one).pk, name="新户")
    elif kind == "fold":
        grid_actions.fold_headcounts(actor=SYSTEM)
    elif kind == "tally":
        actions.fold_tallies(actor=SYSTEM)
    else:
        actions.carry_moves(actor=SYSTEM, found=Round.objects.get(pk=found.pk))


def assert_counters_hold(found):
    places = list(Place.objects.values_list("id", "path"))
    read = queries.read_coverage(found=Round.objects.get(pk=found.pk), places=places)
    for key, path in places:
        counted = queries.recount(found=found, paths=[path])
        assert (read[key].members, read[key].answered) == (counted.members, counted.answered), path


@pytest.mark.parametrize("code", ["360103001", "001", "001-1"])
def test_counters_equal_the_anti_join_after_anything(cast, code):
    found = actions.open_round(
        actor=SYSTEM,
        round_id=uuid4(),
        source=("tests", code),
        unit="household",
        places=[cast.place(code)],
        deadline_at=clock.now() + timedelta(hours=1),
    )

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=STEPS)
    def run(steps):
        for kind, one, other in steps:
            try:
                take(kind, one, other, found)
            except Problem:
                continue  # refused, and so nothing has changed
            assert_counters_hold(found)

    run()


def test_who_left_is_excused_and_who_came_is_counted_apart(cast):
    found = actions.open_round(
        actor=SYSTEM,
        round_id=uuid4(),
        source=("tests", "1"),
        unit="household",
        places=[cast.place("001")],
        deadline_at=clock.now() + timedelta(hours=1),
    )
    register.depart_household(actor=SYSTEM, household_id=cast.households[0].pk)
    register.add_household(actor=SYSTEM, dwelling_id=Dwelling.objects.order_by("id")[1].pk, name="新户")
    place = cast.place("001")
    seen = queries.read_coverage(found=found, places=[(place.pk, place.path)])[place.pk]
    assert (seen.expected, seen.arrived, seen.left, seen.members) == (12, 1, 1, 12)
