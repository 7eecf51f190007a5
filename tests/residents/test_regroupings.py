"""Households merged, split and moved, and taken back: everybody is counted once, and open rounds follow."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing, Problem
from linli.core.models import AuditEntry
from linli.grid.models import Dwelling
from linli.residents import actions
from linli.residents.models import Answerer, Household, Membership, Regrouping
from linli.rounds import actions as rounds
from linli.rounds.intake import Receipt
from linli.rounds.models import Answer
from tests.conftest import Cast
from tests.residents.test_reach import people_of
from tests.rounds.test_coverage_property import assert_counters_hold


def open_round(cast: Cast):
    return rounds.open_round(
        actor=SYSTEM, round_id=uuid4(), source=("tests", uuid4().hex[:8]), unit="household",
        places=[cast.place("360103001")], deadline_at=clock.now() + timedelta(hours=1),
    )  # fmt: skip


def confirm(found, household):
    rounds.record_receipts(
        actor=SYSTEM, found=found, receipts=[Receipt(uuid4(), household.pk, clock.now(), "own_tap", "link:1")]
    )


def state() -> dict:
    """Everything that a regrouping may touch, as it stands."""
    return {
        "members": sorted(Membership.objects.filter(until_on=None).values_list("person_id", "household_id", "role")),
        "homes": sorted(
            Household.objects.present().values_list(
                "pk",
                "residences__dwelling",
                "contact",
                "protected",
                "residences__dwelling__entrance__placements__place",
            )
        ),
        "answerers": sorted(Answerer.objects.filter(until_on=None).values_list("pk", "household_id")),
    }


def test_two_become_one_and_two_again(cast: Cast):
    li, one, other = cast.actor("li"), cast.households[0], cast.households[4]  # of two cells
    head = people_of(other)[0]
    actions.change_household(actor=li, household_id=other.pk, changes={"contact": head.pk, "protected": True})
    answerer = actions.name_answerer(actor=li, household_id=other.pk, name="女儿", phone="13900017777")
    found = open_round(cast)
    confirm(found, other)
    before = state()
    write_id = uuid4()
    for _again in range(2):
        actions.merge_households(actor=li, household_id=one.pk, other_id=other.pk, write_id=write_id)
    one.refresh_from_db()
    assert len(people_of(one)) == 4
    assert (one.contact_id, one.protected) == (head.pk, True)
    assert Answerer.objects.get(pk=answerer.pk).household_id == one.pk
    assert_counters_hold(found)
    assert Answer.objects.filter(member=other.pk, withdrawn_at=None).exists()  # what it confirmed stays on record
    rounds.carry_moves(actor=SYSTEM, found=found)
    assert Answer.objects.get(member=other.pk).credited is False
    done = Regrouping.objects.get()
    write_id = uuid4()
    for _again in range(2):
        actions.undo_regrouping(actor=li, regrouping_id=done.pk, write_id=write_id)
    assert state() == before
    assert_counters_hold(found)
    rounds.carry_moves(actor=SYSTEM, found=found)
    assert Answer.objects.get(member=other.pk).credited is True
    assert_counters_hold(found)


def test_a_grown_son_moves_out_and_back(cast: Cast):
    li, home = cast.actor("li"), cast.households[0]
    stays, goes = people_of(home)
    actions.change_household(actor=li, household_id=home.pk, changes={"contact": goes.pk})
    before, found = state(), open_round(cast)
    dwelling = Dwelling.objects.order_by("id")[4]
    write_id = uuid4()
    made = None
    for _again in range(2):
        made = actions.split_household(
            actor=li,
            household_id=home.pk,
            person_ids=[goes.pk],
            name="小住",
            dwelling_id=dwelling.pk,
            write_id=write_id,
        )
    assert made is not None
    assert [one.pk for one in people_of(home)] == [stays.pk]
    assert [one.pk for one in people_of(made)] == [goes.pk]
    home.refresh_from_db()
    assert home.contact_id is None
    assert_counters_hold(found)
    actions.undo_regrouping(actor=li, regrouping_id=Regrouping.objects.get().pk)
    assert state() == before
    assert not Household.objects.filter(pk=made.pk).exists()
    assert_counters_hold(found)


def test_a_move_is_taken_back(cast: Cast):
    li, home = cast.actor("li"), cast.households[0]
    before, found = state(), open_round(cast)
    confirm(found, home)
    actions.move_household(actor=li, household_id=home.pk, dwelling_id=Dwelling.objects.order_by("id")[4].pk)
    rounds.carry_moves(actor=SYSTEM, found=found)
    assert_counters_hold(found)
    actions.undo_regrouping(actor=li, regrouping_id=Regrouping.objects.get().pk)
    assert state() == before
    assert_counters_hold(found)


@pytest.mark.parametrize(
    ("since", "code"),
    [
        ("depart", "moved_since"),
        ("again", "regrouped_since"),
        ("late", "too_long_ago"),
        ("undone", "undone"),
        ("answerer", "people_since"),
        ("person", "people_since"),
        ("left", "moved_since"),
        ("emptied", "moved_since"),
    ],
)
def test_what_builds_on_it_keeps_it_and_is_named(cast: Cast, monkeypatch, since: str, code: str):
    from linli.residents.rules import PersonEntry

    li, home = cast.actor("li"), cast.households[0]
    goes = people_of(home)[1]
    made = actions.split_household(actor=li, household_id=home.pk, person_ids=[goes.pk], name="小住")
    done = Regrouping.objects.get()
    if since == "depart":
        actions.depart_household(actor=li, household_id=made.pk)
    elif since == "again":
        actions.move_household(actor=li, household_id=made.pk, dwelling_id=Dwelling.objects.order_by("id")[4].pk)
    elif since == "late":
        later = clock.now() + timedelta(days=8)
        monkeypatch.setattr("linli.core.clock.now", lambda: later)
    elif since == "undone":
        other = actions.split_household(
            actor=li, household_id=cast.households[1].pk, person_ids=[people_of(cast.households[1])[0].pk], name="x"
        )
        done = Regrouping.objects.exclude(pk=done.pk).get()
        actions.undo_regrouping(actor=li, regrouping_id=done.pk)
        assert not Household.objects.filter(pk=other.pk).exists()
    elif since == "answerer":
        actions.name_answerer(actor=li, household_id=made.pk, name="女儿", phone="13900017777")
    elif since == "person":
        actions.add_person(actor=li, household_id=made.pk, entry=PersonEntry(name="新人"))
    elif since == "emptied":
        actions.depart_household(actor=li, household_id=home.pk)
    else:
        actions.depart_person(actor=li, person_id=goes.pk)
    with pytest.raises(Conflict) as caught:
        actions.undo_regrouping(actor=li, regrouping_id=done.pk)
    assert caught.value.code == code


def test_nobody_regroups_what_is_not_theirs(cast: Cast):
    here, there = cast.households[0], cast.households[-1]  # of the next community
    for username, error in (("sun", Missing), ("zhou", Forbidden), ("operator", Missing)):
        with pytest.raises(error):
            actions.merge_households(actor=cast.actor(username), household_id=here.pk, other_id=cast.households[1].pk)
        with pytest.raises(error):
            actions.split_household(
                actor=cast.actor(username), household_id=here.pk, person_ids=[people_of(here)[0].pk], name="x"
            )
    with pytest.raises(Missing):
        actions.merge_households(actor=cast.actor("li"), household_id=here.pk, other_id=there.pk)
    with pytest.raises(Missing):
        actions.split_household(
            actor=cast.actor("li"), household_id=here.pk, person_ids=[people_of(here)[0].pk], name="x",
            dwelling_id=Dwelling.objects.order_by("-id")[0].pk,
        )  # fmt: skip
    actions.merge_households(actor=cast.actor("li"), household_id=here.pk, other_id=cast.households[1].pk)
    with pytest.raises(Missing):
        actions.undo_regrouping(actor=cast.actor("sun"), regrouping_id=Regrouping.objects.get().pk)


def test_bad_choices_are_named(cast: Cast):
    li, home = cast.actor("li"), cast.households[0]
    people = [one.pk for one in people_of(home)]
    for chosen in ([], people, [people[0], people_of(cast.households[1])[0].pk], [10**9]):
        with pytest.raises(Invalid):
            actions.split_household(actor=li, household_id=home.pk, person_ids=chosen, name="x")
    with pytest.raises(Invalid):
        actions.split_household(actor=li, household_id=home.pk, person_ids=people[:1], name="  ")
    with pytest.raises(Invalid):
        actions.merge_households(actor=li, household_id=home.pk, other_id=home.pk)
    assert not AuditEntry.objects.filter(act__in=["merge_households", "split_household"]).exists()


KINDS = ["merge", "split", "move", "undo", "answer", "depart", "carry"]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=14)


def pick(rows, number):
    every = list(rows.order_by("pk"))
    return every[number % len(every)]


def split(home: Household, other: int) -> None:
    people = [person.pk for person in people_of(home)][: 1 + other % 2]
    dwelling = pick(Dwelling.objects, other).pk if other % 3 else None
    actions.split_household(actor=SYSTEM, household_id=home.pk, person_ids=people, name="分户", dwelling_id=dwelling)


def undo() -> None:
    last = Regrouping.objects.order_by("-at").first()
    if last:
        actions.undo_regrouping(actor=SYSTEM, regrouping_id=last.pk)


def take(kind: str, one: int, other: int, found) -> None:
    home = pick(Household.objects, one)
    second, dwelling = pick(Household.objects, other).pk, pick(Dwelling.objects, other).pk
    {
        "merge": lambda: actions.merge_households(actor=SYSTEM, household_id=home.pk, other_id=second),
        "split": lambda: split(home, other),
        "move": lambda: actions.move_household(actor=SYSTEM, household_id=home.pk, dwelling_id=dwelling),
        "undo": undo,
        "answer": lambda: confirm(found, home),
        "depart": lambda: actions.depart_household(actor=SYSTEM, household_id=home.pk),
        "carry": lambda: rounds.carry_moves(actor=SYSTEM, found=found),
    }[kind]()


def test_counters_equal_the_anti_join_after_any_regrouping(cast: Cast):
    found = open_round(cast)

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.reuse, Phase.generate],  # the examples build on each other: a smaller one is another one
    )
    @given(steps=STEPS)
    def run(steps):
        for kind, one, other in steps:
            try:
                take(kind, one, other, found)
            except Problem:
                continue
            assert_counters_hold(found)
            living = Membership.objects.filter(until_on=None)
            assert not living.exclude(household__in=Household.objects.present()).exists()  # nobody lives nowhere

    run()
