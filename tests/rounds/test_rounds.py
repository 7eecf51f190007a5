"""A round's promises: constant opening, one answer a member, counters equal to the anti-join whatever happens."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Missing
from linli.grid import actions as grid_actions
from linli.rounds import actions, queries
from linli.rounds.intake import Receipt
from linli.rounds.models import Answer
from linli.rounds.rules import HOUSEHOLD, OWN_TAP


def open_round(*places, groups=(), unit=HOUSEHOLD):
    return actions.open_round(
        actor=SYSTEM,
        round_id=uuid4(),
        source=("tests", str(uuid4())),
        unit=unit,
        places=places,
        groups=groups,
        deadline_at=clock.now() + timedelta(hours=1),
    )


def receipt(household, how=OWN_TAP):
    return Receipt(id=uuid4(), member=household.pk, at=clock.now(), how=how, by="link:1")


def coverage(found, place):
    return queries.read_coverage(found=found, places=[(place.pk, place.path)])[place.pk]


def test_a_new_round_expects_everyone_below_its_places(cast):
    found = open_round(cast.place("001"))
    assert coverage(found, cast.place("001")).expected == 12
    assert coverage(found, cast.place("001-1-1")).missing == 3
    assert coverage(found, cast.place("002")).members == 0  # beside it
    assert coverage(found, cast.place("360103001")).members == 12  # above it: the sum of what lies inside


def test_opening_writes_the_same_rows_for_a_cell_and_for_a_street(cast):
    def writes(place):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            open_round(place)
        return [query["sql"].split(" ")[0] for query in captured if "INSERT" in query["sql"]]

    assert writes(cast.place("001-1-1")) == writes(cast.place("360103001"))


def test_a_second_answer_counts_nothing(cast):
    found, household = open_round(cast.place("001")), cast.households[0]
    assert actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(household))
    assert not actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(household))
    assert coverage(found, cast.place("001")).answered == 1


def test_the_same_id_sent_again_counts_nothing(cast):
    found, one = open_round(cast.place("001")), receipt(cast.households[0])
    done = [actions.record_receipts(actor=SYSTEM, found=found, receipts=[one]) for _ in range(2)]
    assert len(done[0].credited) == 1
    assert done[1].already == {one.member}
    assert not done[1].strangers


def test_who_is_no_member_is_refused(cast):
    found = open_round(cast.place("002"))
    with pytest.raises(Missing):
        actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(cast.households[0]))
    assert not Answer.objects.exists()


def test_a_batch_is_narrowed_to_where_the_giver_may_answer(cast):
    found = open_round(cast.place("360103001"))
    rows = [receipt(one) for one in cast.households]
    done = actions.record_receipts(actor=SYSTEM, found=found, receipts=rows, within=[cast.place("001-1").path])
    assert len(done.credited) == 6
    assert len(done.strangers) == 9


@pytest.mark.parametrize("fold", [False, True])
def test_counters_stand_at_every_ancestor(cast, fold):
    found = open_round(cast.place("360103001"))
    actions.record_receipts(actor=SYSTEM, found=found, receipts=[receipt(one) for one in cast.households[:4]])
    actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(cast.households[14]))
    if fold:
        actions.fold_tallies(actor=SYSTEM)
    answered = {code: coverage(found, cast.place(code)).answered for code in ("360103001", "001", "001-1-1", "002-1-1")}
    assert answered == {"360103001": 5, "001": 4, "001-1-1": 3, "002-1-1": 1}


def test_a_withdrawn_answer_is_missing_again_and_may_be_given_again(cast):
    found, household = open_round(cast.place("001")), cast.households[0]
    actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(household))
    assert actions.withdraw_receipt(actor=SYSTEM, found=found, member=household.pk)
    assert not actions.withdraw_receipt(actor=SYSTEM, found=found, member=household.pk)
    assert coverage(found, cast.place("001")).answered == 0
    assert actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(household))


def test_the_missing_are_listed_in_walking_order_and_in_scope(cast):
    found = open_round(cast.place("360103001"))
    actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(cast.households[1]))
    zhou = cast.actor("zhou")
    listed = queries.list_missing(actor=zhou, found=found, path=cast.place("360103001").path)
    assert listed == [cast.households[0].pk, cast.households[2].pk]
    assert queries.list_missing(actor=cast.actor("sun"), found=found, path=cast.place("001").path) == []


def test_a_closed_round_takes_nothing_and_never_changes(cast):
    found = open_round(cast.place("001"))
    actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(cast.households[0]))
    actions.close_round(actor=SYSTEM, found=found)
    found.refresh_from_db()
    before = coverage(found, cast.place("001"))
    with pytest.raises(Conflict):
        actions.record_receipt(actor=SYSTEM, found=found, receipt=receipt(cast.households[1]))
    change = grid_actions.Change(from_path=cast.place("001-1-1").path, member=cast.households[0].pk)
    grid_actions.record_headcount_changes(actor=SYSTEM, unit="household", changes=[change])
    grid_actions.fold_headcounts(actor=SYSTEM)
    actions.carry_moves(actor=SYSTEM, found=found)
    assert coverage(found, cast.place("001")) == before


def test_posts_are_members_by_their_places(cast):
    found = open_round(cast.place("360103001"), unit="post")
    assert coverage(found, cast.place("360103001")).expected == 11  # street, 2 communities, 3 grids, 5 cells
    one = Receipt(uuid4(), cast.place("001-1").pk, clock.now(), "in_app", "account:1")
    assert actions.record_receipt(actor=SYSTEM, found=found, receipt=one)
    assert coverage(found, cast.place("001")).missing == 6
    assert queries.recount(found=found, paths=[cast.place("001").path]).missing == 6


def test_reading_costs_the_same_for_a_cell_and_for_a_street(cast, django_assert_num_queries):
    found = open_round(cast.place("360103001"))
    counts = []
    for place in (cast.place("001-1-1"), cast.place("360103001")):
        with CaptureQueriesContext(connection) as captured:
            coverage(found, place)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_the_missing_of_a_place_are_found_from_the_place(cast):
    """Inner joins only: an outer one on the way would make the database read the whole register first."""
    found = open_round(cast.place("360103001"))
    for paths in ([cast.place("001-1-1").path], [cast.place("001-1-1").path, cast.place("002").path]):
        assert "OUTER" not in str(queries.missing(found, paths).query)
