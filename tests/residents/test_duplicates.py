"""Two records of one person: found, merged, taken back, told apart."""

import time
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.core.actors import SYSTEM, Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.grid.queries import read_headcounts
from linli.residents import actions, queries
from linli.residents.models import Answerer, GroupMark, Household, MergedPerson, Person
from linli.residents.names import initials
from linli.residents.queries.duplicates import Record, compare, find_pairs, like_name
from linli.residents.rules import PersonEntry
from tests.conftest import Cast
from tests.residents.test_imports import MOTHER, SON
from tests.residents.test_reach import people_of

BORN = date(1956, 3, 21)


def add(cast: Cast, home: int, by: str = "wang", **columns) -> Person:
    return actions.add_person(actor=cast.actor(by), household_id=cast.households[home].pk, entry=PersonEntry(**columns))


def two(cast: Cast) -> tuple[Person, Person]:
    """One woman, entered twice: with her number at her own door, with her mark and phone at her daughter's."""
    one = add(cast, 0, name="陈玉兰", id_number=MOTHER)
    other = add(
        cast, 4, name="陈玉蓝", born_on=one.born_on, phone="13900010001", groups=("elderly_alone",), role="parent"
    )
    return one, other


def people_count(cast: Cast) -> int:
    place = cast.place("001")
    return read_headcounts(places=[(place.pk, place.path)], unit="person")[place.pk].count


def test_likely_pairs_are_proposed_and_told_apart_for_good(cast: Cast):
    one, other = two(cast)
    wang = cast.actor("wang")
    pairs, total = queries.list_duplicates(actor=wang, place=cast.place("001"))
    assert total == 1
    assert ({pairs[0].one.id, pairs[0].other.id}, set(pairs[0].signs)) == (
        {one.pk, other.pk},
        {"near_name", "same_birth"},
    )
    assert pairs[0].door is not None
    assert queries.list_duplicates(actor=cast.actor("sun"), place=cast.place("001")) == ([], 0)
    assert queries.list_duplicates(actor=cast.actor("zhou"), place=cast.place("001")) == ([], 0)  # sees, may not edit
    for _again in range(2):
        actions.dismiss_duplicate(actor=wang, one_id=other.pk, other_id=one.pk)
    assert queries.list_duplicates(actor=wang, place=cast.place("001")) == ([], 0)


def columns(person: Person) -> dict:
    person.refresh_from_db()
    return {one.attname: getattr(person, one.attname) for one in Person._meta.fields}


def test_merged_and_both_given_back(cast: Cast):
    one, other = two(cast)
    answers = actions.name_answerer(
        actor=cast.actor("wang"), household_id=cast.households[1].pk, by_person_id=other.pk, relation="邻居"
    )
    actions.change_household(
        actor=cast.actor("wang"), household_id=cast.households[4].pk, changes={"contact": other.pk}
    )
    before, counted = (columns(one), columns(other)), people_count(cast)
    write_id = uuid4()
    for _again in range(2):
        actions.merge_people(actor=cast.actor("wang"), kept_id=one.pk, gone_id=other.pk, write_id=write_id)
    one.refresh_from_db()
    assert (one.name, one.phone, one.id_number) == ("陈玉兰", "+8613900010001", MOTHER)
    assert list(GroupMark.objects.filter(person=one, until_on=None).values_list("group", flat=True)) == [
        "elderly_alone"
    ]
    assert Answerer.objects.get(pk=answers.pk).by_person_id == one.pk
    assert Household.objects.get(pk=cast.households[4].pk).contact_id is None
    assert people_count(cast) == counted - 1
    assert [row.name for row in queries.list_people(actor=cast.actor("wang"), text="13900010001").lines] == ["陈玉兰"]
    view = queries.get_household(actor=cast.actor("wang"), household_id=cast.households[4].pk)
    assert other.pk not in {line.id for line in [*view.members, *view.former]}
    merged = MergedPerson.objects.get()
    assert "陈" not in repr(merged.steps)
    actions.unmerge_people(actor=cast.actor("wang"), merged_id=merged.pk)
    assert (columns(one), columns(other)) == before
    assert people_count(cast) == counted
    assert Answerer.objects.get(pk=answers.pk).by_person_id == other.pk
    assert Household.objects.get(pk=cast.households[4].pk).contact_id == other.pk
    assert GroupMark.objects.get(group="elderly_alone").person_id == other.pk
    with pytest.raises(Conflict):
        actions.unmerge_people(actor=cast.actor("wang"), merged_id=merged.pk)


def test_the_number_comes_along_and_goes_back(cast: Cast):
    other = add(cast, 0, name="陈玉兰", id_number=MOTHER)
    one = add(cast, 4, name="陈玉兰", born_on=other.born_on, phone="13900010001")
    before = (columns(one), columns(other))
    actions.merge_people(actor=cast.actor("wang"), kept_id=one.pk, gone_id=other.pk)
    one.refresh_from_db()
    assert one.id_number == MOTHER
    actions.unmerge_people(actor=cast.actor("wang"), merged_id=MergedPerson.objects.get().pk)
    assert (columns(one), columns(other)) == before


def test_what_was_changed_since_stays(cast: Cast):
    one, other = two(cast)
    actions.merge_people(actor=cast.actor("wang"), kept_id=one.pk, gone_id=other.pk, take={"name": True})
    actions.change_person(actor=cast.actor("wang"), person_id=one.pk, changes={"phone": "13900010009"})
    actions.unmerge_people(actor=cast.actor("wang"), merged_id=MergedPerson.objects.get().pk)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.name, one.phone) == ("陈玉兰", "+8613900010009")
    assert (other.name, other.phone) == ("陈玉蓝", "+8613900010001")


def test_a_household_that_left_meanwhile_takes_its_person_along(cast: Cast):
    one, other = two(cast)
    actions.merge_people(actor=cast.actor("wang"), kept_id=one.pk, gone_id=other.pk)
    actions.depart_household(actor=cast.actor("wang"), household_id=cast.households[4].pk)
    counted = people_count(cast)
    actions.unmerge_people(actor=cast.actor("wang"), merged_id=MergedPerson.objects.get().pk)
    other.refresh_from_db()
    assert (other.name, other.status) == ("陈玉蓝", "departed")
    assert people_count(cast) == counted


def test_erasing_the_kept_one_leaves_nothing_of_either(cast: Cast):
    one, other = two(cast)
    actions.merge_people(actor=cast.actor("wang"), kept_id=one.pk, gone_id=other.pk)
    actions.erase_person(actor=cast.actor("wang"), person_id=one.pk, ground="asked")
    merged = MergedPerson.objects.get()
    assert merged.before == ""
    assert Person.objects.get(pk=other.pk).erased_at is not None
    with pytest.raises(Conflict):
        actions.unmerge_people(actor=cast.actor("wang"), merged_id=merged.pk)


def test_over_two_communities_it_takes_a_right_in_both(cast: Cast):
    one = add(cast, 0, name="陈玉兰", born_on=BORN)
    other = add(cast, 14, by="sun", name="陈玉兰", born_on=BORN)
    for username in ("wang", "sun"):
        with pytest.raises(Missing):
            actions.merge_people(actor=cast.actor(username), kept_id=one.pk, gone_id=other.pk)
        with pytest.raises(Missing):
            actions.dismiss_duplicate(actor=cast.actor(username), one_id=one.pk, other_id=other.pk)
    with pytest.raises(Forbidden):
        actions.merge_people(actor=cast.actor("zhou"), kept_id=one.pk, gone_id=people_of(cast.households[0])[0].pk)
    assert queries.list_duplicates(actor=cast.actor("chen"), place=cast.place("360103001"))[1] == 1
    actions.merge_people(actor=cast.actor("chen"), kept_id=one.pk, gone_id=other.pk)
    with pytest.raises(Missing):
        actions.unmerge_people(actor=cast.actor("wang"), merged_id=MergedPerson.objects.get().pk)


def test_two_people_stay_two(cast: Cast):
    one, other = (
        add(cast, 0, name="陈玉兰", id_number=MOTHER),
        add(cast, 4, name="陈玉兰", id_number=SON),
    )
    with pytest.raises(Conflict):
        actions.merge_people(actor=cast.actor("wang"), kept_id=one.pk, gone_id=other.pk)
    with pytest.raises(Invalid):
        actions.merge_people(actor=cast.actor("wang"), kept_id=one.pk, gone_id=one.pk)


def record(key: int = 1, **columns) -> Record:
    given_ = {"household": key, "name": "陈玉兰", "initials": "cyl", "sex": "", "born_on": None, "id_index": "",
              "phone_index": "", "dwelling": key, "path": "36/"}  # fmt: skip
    return Record(id=key, **{**given_, **columns})


@pytest.mark.parametrize(
    ("one", "other", "signs"),
    [
        ({"born_on": BORN}, {"born_on": BORN}, {"same_name", "same_birth"}),
        ({"phone_index": "a"}, {"phone_index": "a"}, {"same_name", "same_phone"}),
        ({"dwelling": 7}, {"dwelling": 7}, {"same_name", "same_door"}),
        ({}, {}, {"same_name"}),
        ({"born_on": BORN, "sex": "f"}, {"born_on": BORN, "sex": "m"}, set()),
        ({"born_on": BORN, "id_index": "a"}, {"born_on": BORN, "id_index": "b"}, set()),
        ({"born_on": BORN}, {"born_on": date(1990, 1, 1)}, set()),
        ({"born_on": date(1956, 3, 2)}, {"born_on": date(1956, 2, 3)}, {"same_name"}),
        ({"born_on": BORN}, {"born_on": BORN, "name": "李大山"}, set()),
    ],
)
def test_what_speaks_for_one_person(one: dict, other: dict, signs: set[str]):
    assert set(compare(record(1, **one), record(2, **other))) == signs


@pytest.mark.parametrize(
    ("one", "other", "like"),
    [
        ("陈书琴", "陈书琴", "same_name"),
        ("陈书琴", "陈淑琴", "near_name"),
        ("陈书琴", "陈书芹", "near_name"),
        ("王伟", "王薇", "near_name"),  # the same sounds
        ("王伟", "王强", ""),
        ("Juan dela Cruz", "Juan dela Crus", "near_name"),
        ("Juan dela Cruz", "Juan de la Cruz", "near_name"),
        ("陈书琴", "", ""),
        ("陈书琴", "李大山", ""),
    ],
)
def test_near_names(one: str, other: str, like: str):
    assert like_name(one, other) == like_name(other, one) == like


@given(st.lists(st.sampled_from(["陈玉兰", "陈玉蓝", "王伟", "李大山"]), max_size=12), st.randoms())
def test_the_order_of_records_makes_no_difference(names: list[str], random):
    records = [record(at + 1, name=name, phone_index="same") for at, name in enumerate(names)]
    shuffled = records[:]
    random.shuffle(shuffled)
    pairs = [{frozenset((one.one.id, one.other.id)) for one in find_pairs(rows)} for rows in (records, shuffled)]
    assert pairs[0] == pairs[1]


def test_twelve_thousand_people_are_compared_in_no_time():
    families, given_ = "陈李王张刘杨黄赵吴周徐孙马朱胡林郭何高罗", "玉书大小明建国海桂芳敏梅兰英军伟强静丽勇"
    records = []
    for key in range(12_000):
        name = families[key % 20] + given_[key * 7 % 20] + given_[key * 13 % 19]
        born = date(1940, 1, 1) + timedelta(days=key * 37 % 25_000)
        home = key // 3
        records.append(record(key + 1, name=name, initials=initials(name), born_on=born, dwelling=home, household=home))
    records.append(record(20_000, name=records[5].name, born_on=records[5].born_on))
    started = time.process_time()
    pairs = find_pairs(records)
    assert time.process_time() - started < 2
    assert 20_000 in {pair.other.id for pair in pairs} | {pair.one.id for pair in pairs}


def test_queries_do_not_grow(cast: Cast, django_assert_num_queries):
    chen: Actor = cast.actor("chen")
    two(cast)
    with django_assert_num_queries(3):
        queries.list_duplicates(actor=chen, place=cast.place("360103001"))
    for home in range(5, 11):
        add(cast, home, name="陈玉兰", born_on=BORN)
    with django_assert_num_queries(3):
        assert queries.list_duplicates(actor=chen, place=cast.place("360103001"))[1] > 5
    assert SYSTEM.may("register.edit", "36/")
