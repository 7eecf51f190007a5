"""Random splits, merges, moves, renames, shifts, editions taken over, undos, answers, moves of households and folds in any
order. After each: counters of open rounds equal the anti-join, at places that stand and at those that are no more; headcounts
equal what is counted anew; figures of closed rounds are what they were; and an undo puts everything back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linli.boundaries.actions import apply_choices, choose_differences, redraw, take_edition, undo_redrawing
from linli.boundaries.models import Redrawing
from linli.boundaries.queries import Wanted
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Missing, Problem
from linli.grid import actions as grid_actions
from linli.grid.actions import PlaceBatch
from linli.grid.models import Appointment, Building, Dwelling, EntrancePlacement, Place
from linli.grid.profile import line_place_kinds
from linli.grid.queries import count_line_places, read_headcounts
from linli.residents import actions as register
from linli.residents.models import Household, Residence
from linli.rounds import actions, queries
from linli.rounds.intake import Receipt
from linli.rounds.models import Answer, Round
from tests.boundaries.wishes import PAPER, entrances_at, merge, move, rename, shift, split, standing

NO_SHRINK = (Phase.explicit, Phase.generate)  # the database goes on from example to example


def pick(rows, number):
    found = list(rows)
    if not found:
        raise Missing()
    return found[number % len(found)]


def open_round(places, unit="household"):
    return actions.open_round(
        actor=SYSTEM,
        round_id=uuid4(),
        source=("tests", str(uuid4())),
        unit=unit,
        places=places,
        deadline_at=clock.now() + timedelta(hours=1),
    )


def give(found, members):
    receipts = [Receipt(uuid4(), key, clock.now(), "own_tap", "link:1") for key in members]
    actions.record_receipts(actor=SYSTEM, found=found, receipts=receipts)


def other_of(kind, place, number):
    """Another standing place of a kind than this one."""
    return pick(standing(kind).exclude(pk=place.pk), number)


def split_grid(one, other):
    grid = pick(standing("grid"), one)
    return split(grid, f"新网格{uuid4().hex[:4]}", children=[pick(standing("cell").filter(parent=grid), other)])


def split_cell(one, other):
    cell = pick(standing("cell"), one)
    return split(cell, f"新微网格{uuid4().hex[:4]}", entrances=entrances_at(cell)[: 1 + other % 2])


def two_of(kind, ask):
    def make(one, other):
        place = pick(standing(kind), one)
        return ask(place, other_of(kind, place, other))

    return make


def into(kind, parent_kind):
    return lambda one, other: move(pick(standing(kind), one), pick(standing(parent_kind), other))


def give_away(one, other):
    cell = pick(standing("cell"), one)
    return shift(cell, other_of("cell", cell, other), entrances_at(cell)[: 1 + other % 3])


WISHES = {
    "split": split_grid,
    "split cell": split_cell,
    "merge": two_of("grid", merge),
    "merge cells": two_of("cell", merge),
    "move grid": into("grid", "community"),
    "move cell": into("cell", "grid"),
    "shift": give_away,
    "rename": lambda one, _other: rename(pick(standing("grid"), one), f"改名{uuid4().hex[:4]}"),
}


def move_home(one, other):
    dwelling = pick(Dwelling.objects.order_by("id"), other)
    register.move_household(actor=SYSTEM, household_id=pick(HOMES.all(), one).pk, dwelling_id=dwelling.pk)


def undo_one(one, _other):
    done = list(Redrawing.objects.filter(state="done").order_by("-id"))
    undo_redrawing(actor=SYSTEM, redrawing_id=pick(done, one % 2).pk)


def take_an_edition_over(one, other):
    """The tables give one community another code, rename another, and lack a third, if there are so many."""
    rows = {place.code: [place.code, place.name, place.parent.code] for place in standing("community")}
    codes = sorted(rows)
    chosen = rows[codes[one % len(codes)]]
    chosen[0] = f"{chosen[2]}{uuid4().int % 900 + 100}"
    rows[codes[other % len(codes)]][1] += "新"
    if len(codes) > 2:
        del rows[codes[(one + 1) % len(codes)]]
    batches = [PlaceBatch("community", sorted(map(tuple, rows.values())))]
    made = take_edition(actor=SYSTEM, name=str(uuid4()), batches=batches, under="360103001")
    if made.differences.exists():
        choose_differences(actor=SYSTEM, edition_id=made.pk, wanted=Wanted(), on=clock.today(), paper=PAPER)
        apply_choices(actor=SYSTEM, edition=made)


HOMES = Household.objects.order_by("id")
LIFE = {
    "move": move_home,
    "depart": lambda one, _other: register.depart_household(actor=SYSTEM, household_id=pick(HOMES.all(), one).pk),
    "arrive": lambda one, _other: register.add_household(
        actor=SYSTEM, dwelling_id=pick(Dwelling.objects.order_by("id"), one).pk, name="新户"
    ),
    "fold": lambda _one, _other: grid_actions.fold_headcounts(actor=SYSTEM),
    "tally": lambda _one, _other: actions.fold_tallies(actor=SYSTEM),
    "undo": undo_one,
    "edition": take_an_edition_over,
}


def answer(rounds, one, other):
    for found in rounds[:2]:
        give(found, [pick(HOMES.all(), one).pk, pick(HOMES.all(), other).pk])


def confirm(rounds, one, _other):
    give(rounds[2], [pick(Place.objects.filter(kind__in=line_place_kinds(), until_on=None), one).pk])


def carry(rounds, _one, _other):
    for found in rounds:
        actions.carry_moves(actor=SYSTEM, found=found)


ROUNDS = {"answer": answer, "confirm": confirm, "carry": carry}


def take(kind, one, other, rounds, closed):
    open_rounds = [Round.objects.get(pk=found.pk) for found in rounds]
    if kind in LIFE:
        LIFE[kind](one, other)
    elif kind in ROUNDS:
        ROUNDS[kind](open_rounds, one, other)
    elif kind == "close":
        if one % 4 == 0:
            close(rounds, closed, other % len(rounds))
    else:
        redraw_and_perhaps_undo(WISHES[kind](one, other), open_rounds, undo=one % 3 == 0)


def redraw_and_perhaps_undo(asked, rounds, *, undo):
    before = picture_of(rounds)
    made = redraw(actor=SYSTEM, wish=asked)
    if undo:
        assert_holds(rounds)
        undo_redrawing(actor=SYSTEM, redrawing_id=made.pk)
        assert picture_of(rounds) == before


def picture_of(rounds):
    """Everything that an undo has to bring back."""
    places = list(Place.objects.filter(until_on=None).order_by("path").values_list("id", "path", "name", "sort"))
    pairs = [(key, path) for key, path, *_rest in places]
    return {
        "places": places,
        "placements": list(
            EntrancePlacement.objects.filter(until_on=None).order_by("entrance").values_list("entrance", "place")
        ),
        "buildings": list(Building.objects.order_by("id").values_list("id", "place", "estate")),
        "holders": list(
            Appointment.objects.filter(until_at=None).order_by("id").values_list("id", "place", "account", "post_kind")
        ),
        "roots": [queries.roots_of(found) for found in rounds],
        "coverage": [queries.read_coverage(found=Round.objects.get(pk=found.pk), places=pairs) for found in rounds],
    }


def close(rounds, closed, number):
    """Close a round, remember its figures at every place, and open another at the places where it had come to be."""
    found = Round.objects.get(pk=rounds[number].pk)
    places = [one.place for one in found.roots.select_related("place") if one.place.until_on is None]
    actions.close_round(actor=SYSTEM, found=found)
    known = list(Place.objects.standing_at(None).values_list("id", "path"))
    closed[found] = queries.read_coverage(found=Round.objects.get(pk=found.pk), places=known)
    rounds[number] = open_round(places, found.unit)


def figures_of(found, known):
    paths = Place.objects.filter(pk__in=known).values_list("id", "path")
    return queries.read_coverage(found=Round.objects.get(pk=found.pk), places=list(paths))


def assert_holds(rounds):
    places = list(Place.objects.values_list("id", "path"))
    lives = paths_of_households()
    line = dict(Place.objects.filter(kind__in=line_place_kinds(), until_on=None).values_list("id", "path"))
    for found in rounds:
        fresh = Round.objects.get(pk=found.pk)
        roots = [path for _key, path in queries.roots_of(fresh)]
        members = {
            key: path
            for key, path in (line if fresh.unit == "post" else lives).items()
            if any(path.startswith(root) for root in roots)
        }
        answered = set(Answer.objects.filter(round=fresh, withdrawn_at=None).values_list("member", flat=True))
        read = queries.read_coverage(found=fresh, places=places)
        for key, path in places:
            inside = [member for member, at in members.items() if at.startswith(path)]
            counted = (len(inside), len(answered.intersection(inside)))
            assert (read[key].members, read[key].answered) == counted, (fresh.unit, path)
    read, counted = read_headcounts(places=places, unit="household"), count_line_places(places=places)
    for key, path in places:
        assert read[key].count == sum(one.startswith(path) for one in lives.values()), path
        assert counted[key] == sum(one.startswith(path) for one in line.values()), path


def paths_of_households():
    """Household → the path of the place that holds its entrance, from the dated rows themselves."""
    held = dict(EntrancePlacement.objects.filter(until_on=None).values_list("entrance_id", "place__path"))
    rows = Residence.objects.filter(until_on=None).values_list("household_id", "dwelling__entrance_id")
    return {household: held[entrance] for household, entrance in rows}


STEPS = st.lists(
    st.tuples(st.sampled_from([*WISHES, *LIFE, *ROUNDS, "close"]), st.integers(0, 40), st.integers(0, 40)),
    min_size=1,
    max_size=14,
)


@pytest.mark.parametrize("code", ["360103001", "001", "001-1"])
def test_nothing_is_lost_whatever_is_redrawn(cast, code):
    rounds = [
        open_round([cast.place(code)]),
        open_round([cast.place("001-1-1"), cast.place("002")]),
        open_round([cast.place(code)], "post"),
    ]
    rounds.append(open_round([cast.place("360103001")]))
    give(rounds[-1], [one.pk for one in cast.households[::2]])
    closed = {}
    close(rounds, closed, 3)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINK)
    @given(steps=STEPS)
    def run(steps):
        for kind, one, other in steps:
            try:
                take(kind, one, other, rounds, closed)
            except Problem:
                continue  # refused, and so nothing has changed
            assert_holds(rounds)
            for found, figures in closed.items():
                assert figures_of(found, figures) == figures

    run()
