"""By which means a household is reached, where it stands, and who is behind a door."""

from datetime import timedelta

import pytest

from linli.core import clock
from linli.residents import actions, queries
from linli.residents.models import Person
from linli.residents.rules import PersonEntry
from tests.conftest import Cast


def people_of(household):
    return list(Person.objects.filter(memberships__household=household, memberships__until_on=None).order_by("id"))


def test_a_phone_is_a_means_until_it_is_dead(cast: Cast):
    household, other = cast.households[:2]
    first, second = people_of(household)
    assert queries.contact_means([household.pk, other.pk]) == {household.pk: {"phone"}, other.pk: {"phone"}}
    zhou = cast.actor("zhou")
    actions.record_phone_dead(actor=zhou, person_id=first.pk)
    assert queries.contact_means([household.pk])[household.pk] == {"phone"}
    actions.record_phone_dead(actor=zhou, person_id=second.pk)
    assert queries.contact_means([household.pk])[household.pk] == set()
    li = cast.actor("li")
    actions.name_answerer(actor=li, household_id=household.pk, name="远亲", phone="138 0013 9999", relation="侄子")
    assert queries.contact_means([household.pk])[household.pk] == {"answerer"}
    actions.change_person(actor=li, person_id=first.pk, changes={"channels": ["chat_group", "sms", "door"]})
    assert queries.contact_means([household.pk])[household.pk] == {"answerer", "chat_group"}
    actions.record_phone_alive(actor=zhou, person_id=first.pk)
    assert queries.contact_means([household.pk])[household.pk] == {"answerer", "chat_group", "phone"}


def test_counts_of_means_agree_with_the_sets(cast: Cast):
    li = cast.actor("li")
    ids = [household.pk for household in cast.households_in("001-1")]
    for household in cast.households[:2]:
        for person in people_of(household):
            actions.record_phone_dead(actor=li, person_id=person.pk)
    actions.name_answerer(actor=li, household_id=ids[0], by_person_id=people_of(cast.households[4])[0].pk)
    third = people_of(cast.households[2])
    for person in third:
        actions.change_person(actor=li, person_id=person.pk, changes={"phone": "", "channels": ["wechat"]})
    count = queries.count_means(paths=[cast.place("001-1").path])
    means = queries.contact_means(ids)
    assert (count.households, count.phone, count.answerer, count.other, count.none) == (6, 3, 1, 1, 1)
    assert sum(1 for found in means.values() if not found) == count.none


def test_counting_means_is_one_query(cast: Cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        queries.count_means(paths=[cast.place("001").path])
    with django_assert_num_queries(2):
        queries.contact_means([one.pk for one in cast.households])
    with django_assert_num_queries(1):
        queries.member_paths([one.pk for one in cast.households])
    chen = cast.actor("chen")
    with django_assert_num_queries(1):
        queries.describe_households(actor=chen, ids=[one.pk for one in cast.households])


def test_where_a_household_stands_follows_its_move(cast: Cast):
    household = cast.households[0]
    cell = cast.place("001-1-1")
    assert queries.member_paths([household.pk]) == {household.pk: (cell.pk, cell.path)}
    target = cast.households_in("001-1-2")[0].residences.get().dwelling_id
    actions.move_household(actor=cast.actor("li"), household_id=household.pk, dwelling_id=target)
    cell = cast.place("001-1-2")
    assert queries.member_paths([household.pk]) == {household.pk: (cell.pk, cell.path)}
    actions.depart_household(actor=cast.actor("li"), household_id=household.pk)
    assert queries.member_paths([household.pk]) == {}


def test_a_door_is_described_to_those_who_see_it_only(cast: Cast):
    ids = [one.pk for one in cast.households]
    assert set(queries.describe_households(actor=cast.actor("zhou"), ids=ids)) == set(ids[:3])
    assert queries.describe_households(actor=cast.actor("nobody"), ids=ids) == {}
    door = queries.describe_households(actor=cast.actor("zhou"), ids=ids)[ids[0]]
    assert (door.address, door.masked, door.hidden) == ("1栋 1单元 101", "1栋 1单元 1**", False)


def test_a_protected_address_is_for_named_posts(cast: Cast):
    household = cast.households[0]
    actions.change_household(actor=cast.actor("li"), household_id=household.pk, changes={"protected": True})
    for username, sees in [("zhou", False), ("li", False), ("chen", False), ("wang", True)]:
        door = queries.describe_households(actor=cast.actor(username), ids=[household.pk])[household.pk]
        assert (door.hidden, door.address == "") == (not sees, not sees), username


@pytest.mark.parametrize(
    ("building", "entrance", "room", "last4", "found"),
    [
        ("1栋", "1单元", "101", "0111", True),
        ("1", "1", "101室", "0112", True),
        ("１栋", " 1 单元 ", "１０１", "０１１１", True),
        ("1号楼", "1单元", "101", "0111", True),
        ("1栋", "1单元", "101", "0121", False),  # of the flat above
        ("1栋", "1单元", "901", "0111", False),
        ("9栋", "1单元", "101", "0111", False),
        ("1栋", "1单元", "101", "", False),
        ("1栋", "1单元", "101", "%", False),
        ("", "", "", "0111", False),
    ],
)
def test_a_household_names_its_dwelling_and_four_digits(  # noqa: PLR0917
    cast: Cast, django_assert_num_queries, building, entrance, room, last4, found
):
    with django_assert_num_queries(1):
        got = queries.find_household_by_dwelling_and_last4(
            paths=[cast.place("001-1-1").path], building=building, entrance=entrance, room=room, last4=last4
        )
    assert got == (cast.households[0].pk if found else None)


def test_the_door_of_another_cell_is_unknown(cast: Cast):
    got = queries.find_household_by_dwelling_and_last4(
        paths=[cast.place("001-1-2").path], building="1栋", entrance="1单元", room="101", last4="0111"
    )
    assert got is None


def test_who_answers_is_known_by_the_same_four_digits(cast: Cast):
    household = cast.households[0]
    where = {"paths": [cast.place("001").path], "building": "1栋", "entrance": "1单元", "room": "101"}
    actions.name_answerer(actor=cast.actor("li"), household_id=household.pk, name="女儿", phone="13800139876")
    assert queries.find_household_by_dwelling_and_last4(**where, last4="9876") == household.pk


def test_two_that_fit_are_nobody(cast: Cast):
    household = cast.households[0]
    dwelling = household.residences.get().dwelling_id
    actions.add_household(
        actor=cast.actor("li"),
        dwelling_id=dwelling,
        name="合租",
        members=[PersonEntry(name="租客", phone="13900130111")],
        from_on=clock.today() - timedelta(days=1),
    )
    where = {"paths": [cast.place("001").path], "building": "1栋", "entrance": "1单元", "room": "101"}
    assert queries.find_household_by_dwelling_and_last4(**where, last4="0111") is None
    assert queries.find_household_by_dwelling_and_last4(**where, last4="0112") == household.pk
