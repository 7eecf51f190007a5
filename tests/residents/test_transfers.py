"""A household goes to the community next door: proposed, accepted, refused, taken back."""

from datetime import timedelta
from uuid import uuid4

import pytest

from linli.config.wiring import wire
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.events import deliver_due
from linli.duties.models import Task
from linli.grid.models import Dwelling
from linli.grid.queries import read_headcounts
from linli.residents import actions, queries
from linli.residents.jobs import end_old_requests
from linli.residents.models import Transfer
from linli.rounds import actions as rounds
from tests.conftest import Cast
from tests.residents.test_reach import people_of
from tests.rounds.test_coverage_property import assert_counters_hold


@pytest.fixture(autouse=True)
def wired() -> None:
    wire()


def propose(cast: Cast, by: str = "li", **more) -> Transfer:
    return actions.propose_transfer(
        actor=cast.actor(by), household_id=cast.households[0].pk, to_place_id=cast.place("002").pk,
        reason="搬到儿子家", new_address="象山 5栋 201", **more,
    )  # fmt: skip


def dwelling_there(cast: Cast) -> int:
    return Dwelling.objects.filter(entrance__placements__place=cast.place("002-1-1")).order_by("id")[0].pk


def counted(cast: Cast, code: str) -> int:
    place = cast.place(code)
    return read_headcounts(places=[(place.pk, place.path)], unit="household")[place.pk].count


def test_handed_over_and_counted_once_at_every_moment(cast: Cast):
    home = cast.households[0]
    found = rounds.open_round(
        actor=SYSTEM, round_id=uuid4(), source=("tests", "1"), unit="household", places=[cast.place("360103001")],
        deadline_at=clock.now() + timedelta(hours=1),
    )  # fmt: skip
    assert (counted(cast, "001"), counted(cast, "002")) == (12, 3)
    write_id = uuid4()
    made = propose(cast, write_id=write_id)
    assert propose(cast, write_id=write_id) == made
    assert Transfer.objects.count() == 1
    deliver_due()
    task = Task.objects.open().get(kind="transfer")
    assert (task.holder_id, task.area_id) == (cast.accounts["sun"].pk, cast.place("002").pk)
    assert (counted(cast, "001"), counted(cast, "002")) == (12, 3)  # until then it stays where it is
    assert_counters_hold(found)
    write_id = uuid4()
    for _again in range(2):
        actions.accept_transfer(
            actor=cast.actor("sun"), transfer_id=made.pk, dwelling_id=dwelling_there(cast), write_id=write_id
        )
    assert (counted(cast, "001"), counted(cast, "002")) == (11, 4)
    assert_counters_hold(found)
    deliver_due()
    assert not Task.objects.open().filter(kind="transfer").exists()
    assert len(queries.get_household(actor=cast.actor("sun"), household_id=home.pk).members) == 2
    with pytest.raises(Missing):
        queries.get_household(actor=cast.actor("li"), household_id=home.pk)
    kept = Transfer.objects.get()
    assert (kept.state, kept.reason, kept.new_address) == ("accepted", "", "")


def test_the_receiver_sees_what_is_needed_and_no_more(cast: Cast):
    made, sun = propose(cast), cast.actor("sun")
    view = queries.get_transfer(actor=sun, transfer_id=made.pk)
    assert (view.name, view.people, view.reason, view.new_address) == ("1-1户", 2, "搬到儿子家", "象山 5栋 201")
    assert "13800130111" not in repr(view)
    assert people_of(cast.households[0])[0].name not in repr(view)
    with pytest.raises(Missing):
        queries.get_household(actor=sun, household_id=cast.households[0].pk)
    with pytest.raises(Missing):
        queries.get_person(actor=sun, person_id=people_of(cast.households[0])[0].pk)
    for username in (
        "zhao",
        "zhou",
        "qian",
        "operator",
        "nobody",
    ):  # beside it, without the right, a grid of the receiver
        with pytest.raises(Missing):
            queries.get_transfer(actor=cast.actor(username), transfer_id=made.pk)


def test_refused_with_a_reason_and_proposed_again(cast: Cast):
    made, sun = propose(cast), cast.actor("sun")
    with pytest.raises(Invalid):
        actions.refuse_transfer(actor=sun, transfer_id=made.pk, answer=" ")
    actions.refuse_transfer(actor=sun, transfer_id=made.pk, answer="查无此户")
    assert queries.get_transfer(actor=cast.actor("li"), transfer_id=made.pk).answer == "查无此户"
    with pytest.raises(Conflict):
        actions.accept_transfer(actor=sun, transfer_id=made.pk, dwelling_id=dwelling_there(cast))
    propose(cast)


def test_each_side_does_its_own_part_only(cast: Cast):
    made = propose(cast)
    there = dwelling_there(cast)
    with pytest.raises(Forbidden):
        actions.accept_transfer(actor=cast.actor("wang"), transfer_id=made.pk, dwelling_id=there)
    with pytest.raises(Forbidden):
        actions.cancel_transfer(actor=cast.actor("sun"), transfer_id=made.pk)
    with pytest.raises(Missing):
        actions.accept_transfer(actor=cast.actor("qian"), transfer_id=made.pk, dwelling_id=there)
    with pytest.raises(Invalid):  # into a dwelling that is not the receiver's
        actions.accept_transfer(
            actor=cast.actor("sun"), transfer_id=made.pk, dwelling_id=Dwelling.objects.order_by("id")[0].pk
        )
    with pytest.raises(Forbidden):
        actions.propose_transfer(
            actor=cast.actor("zhou"), household_id=cast.households[1].pk, to_place_id=cast.place("002").pk, reason="x"
        )
    with pytest.raises(Missing):
        propose(cast, by="sun")
    actions.cancel_transfer(actor=cast.actor("wang"), transfer_id=made.pk)
    assert Transfer.objects.get().state == "cancelled"


@pytest.mark.parametrize("code", ["001", "002-1", "36"])
def test_only_to_another_community(cast: Cast, code: str):
    with pytest.raises(Invalid):
        actions.propose_transfer(
            actor=cast.actor("li"), household_id=cast.households[0].pk, to_place_id=cast.place(code).pk, reason="x"
        )


def test_one_that_left_meanwhile_is_not_taken(cast: Cast):
    made = propose(cast)
    with pytest.raises(Conflict):
        propose(cast)  # once at a time
    actions.depart_household(actor=cast.actor("li"), household_id=cast.households[0].pk)
    with pytest.raises(Conflict):
        actions.accept_transfer(actor=cast.actor("sun"), transfer_id=made.pk, dwelling_id=dwelling_there(cast))
    assert counted(cast, "002") == 3


def test_nobody_decides_and_it_lapses(cast: Cast, monkeypatch):
    propose(cast)
    later = clock.now() + timedelta(days=31)
    monkeypatch.setattr("linli.core.clock.now", lambda: later)
    end_old_requests()
    assert Transfer.objects.get().state == "lapsed"
    assert counted(cast, "001") == 12


def test_lists_of_both_sides(cast: Cast, django_assert_num_queries):
    propose(cast)
    for username, is_in in (("sun", True), ("wang", False), ("li", False)):
        actor = cast.actor(username)
        with django_assert_num_queries(2):
            lines = queries.list_transfers(actor=actor)
        assert [(line.name, line.is_incoming, line.state) for line in lines] == [("1-1户", is_in, "proposed")]
    assert queries.list_transfers(actor=cast.actor("qian")) == []
