"""Two at once: redrawings of the same grid, a redrawing against confirmations and a move of house, an edition taken over by
a page and the clock. Whoever comes second waits, and nothing is lost or counted twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from linli.boundaries import actions, queries
from linli.boundaries.models import Redrawing
from linli.boundaries.queries import Wanted
from linli.core import clock, jobs
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Invalid, Missing
from linli.grid.models import Dwelling, EntrancePlacement, Place
from linli.grid.queries import read_headcounts
from linli.residents import actions as residents
from linli.residents.models import Household
from linli.rounds.models import Answer, Round
from tests.boundaries.test_editions import bring, write_tables
from tests.boundaries.test_story import assert_adds_up, at_the_doors
from tests.boundaries.wishes import PAPER, confirm, merge, move, split
from tests.rounds.test_coverage_property import assert_counters_hold

pytestmark = [pytest.mark.django_db(transaction=True)]


def at_once(*acts):
    """Each in a thread with a connection of its own, all begun at the same moment; what came of each."""
    gate = Barrier(len(acts))

    def run(act):
        try:
            gate.wait(timeout=20)
            return act()
        except (Conflict, Invalid, Missing) as problem:
            return problem
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [one.result(timeout=60) for one in [pool.submit(run, act) for act in acts]]


def assert_whole(alert):
    """Every entrance in one standing place, every household counted once, every receipt credited once."""
    held = list(EntrancePlacement.objects.filter(until_on=None).values_list("entrance_id", "place__until_on"))
    assert len(held) == len({entrance for entrance, _end in held})
    assert {end for _entrance, end in held} == {None}
    street = Place.objects.get(code="360103001")
    assert read_headcounts(places=[(street.pk, street.path)], unit="household")[street.pk].count == 15
    jobs.run_everything()
    assert_adds_up(alert)
    assert_counters_hold(Round.objects.get(pk=alert.households_id))


def test_two_redrawings_of_one_grid(cast, alert, monkeypatch):
    at_the_doors(monkeypatch, alert)
    chen, wang = cast.actor("chen"), cast.actor("wang")
    wishes = [
        (wang, split(cast.place("001-1"), "第三网格", children=[cast.place("001-1-2")])),
        (chen, move(cast.place("001-1"), cast.place("002"))),
        (wang, merge(cast.place("001-2"), cast.place("001-1"))),
    ]
    versions = [queries.plan_redrawing(actor=actor, wish=wish).version for actor, wish in wishes]
    came = at_once(*(
        lambda actor=actor, wish=wish, version=version: actions.redraw(actor=actor, wish=wish, version=version)
        for (actor, wish), version in zip(wishes, versions, strict=True)
    ))  # fmt: skip
    done = [one for one in came if isinstance(one, Redrawing)]
    assert len(done) == Redrawing.objects.count() == 1  # the others looked at places that are no more
    assert_whole(alert)
    undone = at_once(*(lambda: actions.undo_redrawing(actor=chen, redrawing_id=done[0].pk) for _time in range(2)))
    assert [one.state for one in undone] == ["undone", "undone"]
    assert_whole(alert)


def test_a_redrawing_against_confirmations_and_a_move_of_house(cast, alert, monkeypatch):
    at_the_doors(monkeypatch, alert)
    chen = cast.actor("chen")
    home = cast.households[4]
    there = Dwelling.objects.filter(entrance__placements__place=cast.place("002-1-1")).order_by("id")[0].pk
    came = at_once(
        lambda: actions.redraw(actor=chen, wish=move(cast.place("001-1"), cast.place("002"))),
        lambda: [confirm(alert, [one]) for one in cast.households[:6]],
        lambda: [confirm(alert, [one]) for one in cast.households[3:9]],
        lambda: residents.move_household(actor=SYSTEM, household_id=home.pk, dwelling_id=there),
    )
    assert not [one for one in came if isinstance(one, Exception)]
    credited = Answer.objects.filter(round=alert.households_id, withdrawn_at=None)
    wanted = {one.pk for one in [*cast.households[:9], *cast.households[::3]]}
    assert sorted(credited.values_list("member", flat=True)) == sorted(wanted)
    assert_whole(alert)
    made = next(one for one in came if isinstance(one, Redrawing))
    at_once(
        lambda: actions.undo_redrawing(actor=chen, redrawing_id=made.pk),
        lambda: [confirm(alert, [one]) for one in cast.households[6:]],
    )
    assert credited.count() == Household.objects.count()
    assert_whole(alert)


def test_an_edition_is_taken_over_once_by_a_page_and_the_clock(cast, names, tmp_path):
    communities = [(code, name) for code, name in names.items() if len(code) == 12]
    communities += [(f"36010300{n}", f"新{n}社区居委会") for n in range(1020, 1026)]
    edition = bring(write_tables(tmp_path, streets=[("360103001", "改名街道")], communities=communities))
    actions.choose_differences(actor=SYSTEM, edition_id=edition.pk, wanted=Wanted(), on=clock.today(), paper=PAPER)
    came = at_once(*(lambda: actions.apply_choices(actor=SYSTEM, edition=edition) for _time in range(3)))
    assert sum(came) == 7
    assert Place.objects.filter(name__startswith="新10").count() == 6
    assert Redrawing.objects.filter(kind="edition").count() == 2
