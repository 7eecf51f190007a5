"""What one sees of the register, in which order, and how it is found."""

import pytest

from linli.core.errors import Conflict, Forbidden, Invalid, Missing, Problem
from linli.core.models import AuditEntry
from linli.residents import actions, queries
from linli.residents.models import GroupMark, Household, Membership, Person
from linli.residents.queries import Filters
from linli.residents.rules import PersonEntry
from tests.conftest import Cast
from tests.residents.test_imports import MOTHER
from tests.residents.test_reach import people_of


def names(page) -> list[str]:
    return [line.door.name for line in page.lines]


def find(cast: Cast, text: str = "", by: str = "wang", **filters) -> list[str]:
    return names(queries.list_households(actor=cast.actor(by), filters=Filters(text=text, **filters)))


def test_a_list_walks_the_stairs_and_pages_forward(cast: Cast):
    wang = cast.actor("wang")
    everything = names(queries.list_households(actor=wang))
    assert everything == [f"{cell}-{room}户" for cell in (1, 2, 3, 4) for room in (1, 2, 3)]
    paged, after = [], ""
    while True:
        page = queries.list_households(actor=wang, after=after, limit=5)
        paged += names(page)
        after = page.next_cursor
        if not after:
            break
    assert paged == everything


def test_a_protected_household_stands_at_the_end_without_its_door(cast: Cast):
    household = cast.households[1]
    actions.change_household(actor=cast.actor("li"), household_id=household.pk, changes={"protected": True})
    for limit in (1, 2, 50):
        seen, after = [], ""
        while True:
            page = queries.list_households(actor=cast.actor("li"), after=after, limit=limit)
            seen += page.lines
            after = page.next_cursor
            if not after:
                break
        assert [line.door.name for line in seen] == ["1-1户", "1-3户", "2-1户", "2-2户", "2-3户", "1-2户"]
        assert (seen[-1].door.address, seen[-1].door.hidden) == ("", True)
    assert find(cast, "201", by="li") == ["2-2户"]  # nor is it found by its room
    assert find(cast, "201") == ["1-2户", "2-2户", "3-2户", "4-2户"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("住户111", ["1-1户"]),
        ("0111", ["1-1户"]),
        ("13800130111", ["1-1户"]),
        ("+86 138 0013 0111", ["1-1户"]),
        ("2-3户", ["2-3户"]),
        ("9999", []),
        ("%", []),
        ("_", []),
        ("'; DROP TABLE", []),
    ],
)
def test_found_by_name_or_number(cast: Cast, text: str, found: list[str]):
    assert find(cast, text) == found


def test_found_by_initials_and_identity_number(cast: Cast):
    actions.add_person(
        actor=cast.actor("li"), household_id=cast.households[0].pk, entry=PersonEntry(name="陈玉兰", id_number=MOTHER)
    )
    for text in ("cyl", "CY", MOTHER, MOTHER.lower(), MOTHER[-4:], "陈玉兰"):
        assert find(cast, text, by="li") == ["1-1户"], text
    assert find(cast, MOTHER, by="sun") == []


def test_filters(cast: Cast):
    li = cast.actor("li")
    person = people_of(cast.households[2])[0]
    actions.mark_group(actor=li, person_id=person.pk, group="elderly_alone")
    for one in people_of(cast.households[3]):
        actions.record_phone_dead(actor=li, person_id=one.pk)
    assert find(cast, group="elderly_alone") == ["1-3户"]
    assert find(cast, no_means=True) == ["2-1户"]
    assert find(cast, kind="premises") == []
    assert queries.count_by_kinds(actor=cast.actor("zhou")) == {"family": 3, "collective": 0, "premises": 0}
    line = queries.list_households(actor=li, filters=Filters(group="elderly_alone")).lines[0]
    assert (line.people, line.groups, line.means) == (2, {"elderly_alone"}, {"phone"})
    count = queries.count_groups(actor=li)[0]
    assert (count.group, count.people, count.without_means, count.without_answerer) == ("elderly_alone", 1, 0, 1)
    actions.name_answerer(actor=li, household_id=cast.households[2].pk, name="侄子", phone="13900010001")
    assert queries.count_groups(actor=li)[0].without_answerer == 0


def test_queries_do_not_grow(cast: Cast, django_assert_num_queries):
    wang, chen = cast.actor("wang"), cast.actor("chen")
    for actor in (wang, chen):
        with django_assert_num_queries(5):
            queries.list_households(actor=actor)
        with django_assert_num_queries(1):
            queries.list_people(actor=actor)
        with django_assert_num_queries(1):
            queries.count_groups(actor=actor)


def test_a_page_of_a_household_shows_no_number(cast: Cast):
    household = cast.households[0]
    view = queries.get_household(actor=cast.actor("zhou"), household_id=household.pk)
    assert [one.phone for one in view.members] == ["138****0111", "138****0112"]
    assert "13800130111" not in repr(view)


@pytest.mark.parametrize("username", ["sun", "nobody", "operator", "zheng", "wu"])
def test_what_is_elsewhere_looks_like_nothing(cast: Cast, username: str):
    """Zheng and Wu lead other cells of the same community."""
    household, person = cast.households[0], people_of(cast.households[0])[0]
    actor = cast.actor(username)
    for look in (
        lambda: queries.get_household(actor=actor, household_id=household.pk),
        lambda: queries.get_person(actor=actor, person_id=person.pk),
        lambda: actions.change_person(actor=actor, person_id=person.pk, changes={"name": "x"}),
        lambda: actions.depart_household(actor=actor, household_id=household.pk),
        lambda: actions.add_person(actor=actor, household_id=household.pk, entry=PersonEntry(name="x")),
        lambda: actions.reveal_numbers(actor=actor, person_id=person.pk, fields=["phone"], purpose="visit"),
        lambda: actions.name_answerer(actor=actor, household_id=household.pk, name="x", phone="13800130000"),
        lambda: actions.mark_group(actor=actor, person_id=person.pk, group="infant"),
        lambda: actions.record_phone_dead(actor=actor, person_id=person.pk),
    ):
        with pytest.raises(Missing):
            look()
    for missing in (0, -1, 10**12):
        with pytest.raises(Missing):
            queries.get_household(actor=actor, household_id=missing)


def test_one_who_only_sees_may_not_write(cast: Cast):
    household, person = cast.households[0], people_of(cast.households[0])[0]
    zhou = cast.actor("zhou")
    for act in (
        lambda: actions.change_person(actor=zhou, person_id=person.pk, changes={"name": "x"}),
        lambda: actions.depart_household(actor=zhou, household_id=household.pk),
        lambda: actions.mark_group(actor=zhou, person_id=person.pk, group="infant"),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_person_is_on_the_register_once(cast: Cast):
    li, entry = cast.actor("li"), PersonEntry(name="陈玉兰", id_number=MOTHER)
    first = actions.add_person(actor=li, household_id=cast.households[0].pk, entry=entry)
    second = actions.add_person(actor=li, household_id=cast.households[1].pk, entry=entry)
    assert first.pk == second.pk
    assert Membership.objects.get(person=first, until_on=None).household == cast.households[1]
    with pytest.raises(Conflict):
        actions.add_person(
            actor=li, household_id=cast.households[0].pk, entry=PersonEntry(name="别人", id_number=MOTHER)
        )
    with pytest.raises(Conflict):  # on a register that Qian doesn't see
        actions.add_person(actor=cast.actor("qian"), household_id=cast.households[12].pk, entry=entry)
    other = people_of(cast.households[2])[0]
    with pytest.raises(Conflict):
        actions.change_person(actor=li, person_id=other.pk, changes={"id_number": MOTHER})


def test_a_write_sent_twice_is_done_once(cast: Cast):
    from uuid import uuid4

    li, key = cast.actor("li"), uuid4()
    entry = PersonEntry(name="新人")
    first = actions.add_person(actor=li, household_id=cast.households[0].pk, entry=entry, write_id=key)
    again = actions.add_person(actor=li, household_id=cast.households[0].pk, entry=entry, write_id=key)
    assert first.pk == again.pk
    with pytest.raises(Conflict):
        actions.add_person(actor=li, household_id=cast.households[0].pk, entry=PersonEntry(name="另一个"), write_id=key)
    with pytest.raises(Conflict):  # somebody else's id
        actions.add_person(actor=cast.actor("wang"), household_id=cast.households[0].pk, entry=entry, write_id=key)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (PersonEntry(name=" "), "name"),
        (PersonEntry(name="x" * 101), "name"),
        (PersonEntry(name="甲", phone="123"), "phone"),
        (PersonEntry(name="甲", id_number="110101190001011234"), "id_number"),
        (PersonEntry(name="甲", sex="q"), "sex"),
        (PersonEntry(name="甲", role="boss"), "role"),
        (PersonEntry(name="甲", groups=("spies",)), "groups"),
        (PersonEntry(name="甲", channels=("drum",)), "channels"),
        (PersonEntry(name="甲", status="departed"), "status"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast: Cast, entry: PersonEntry, field: str):
    before = Person.objects.count()
    with pytest.raises(Invalid) as error:
        actions.add_person(actor=cast.actor("li"), household_id=cast.households[0].pk, entry=entry)
    assert set(error.value.fields) == {field}
    assert Person.objects.count() == before


def test_the_departed_are_found_where_they_left(cast: Cast):
    person = people_of(cast.households[0])[0]
    actions.depart_person(actor=cast.actor("li"), person_id=person.pk, reason="moved abroad")
    place = cast.place("001")
    assert [one.id for one in queries.list_departed(actor=cast.actor("wang"), place=place).lines] == [person.pk]
    assert queries.list_departed(actor=cast.actor("sun"), place=place).lines == []
    assert queries.get_person(actor=cast.actor("li"), person_id=person.pk).is_present is False
    actions.change_person(
        actor=cast.actor("li"), person_id=person.pk, changes={"name": "远行人", "status": "registered"}
    )
    assert Person.objects.get(pk=person.pk).status == "departed"  # coming back is an act of its own
    actions.move_person(actor=cast.actor("li"), person_id=person.pk, household_id=cast.households[1].pk)
    assert queries.list_departed(actor=cast.actor("wang"), place=place).lines == []
    assert Person.objects.get(pk=person.pk).status == "registered"


def test_protection_is_taken_off_by_those_who_see_through_it(cast: Cast):
    household = cast.households[0]
    actions.change_household(actor=cast.actor("li"), household_id=household.pk, changes={"protected": True})
    with pytest.raises(Forbidden):
        actions.change_household(actor=cast.actor("li"), household_id=household.pk, changes={"protected": False})
    actions.change_household(actor=cast.actor("wang"), household_id=household.pk, changes={"protected": False})
    assert Household.objects.get(pk=household.pk).protected is False


def test_the_trail_holds_names_of_fields_and_no_values(cast: Cast):
    li = cast.actor("li")
    person = actions.add_person(
        actor=li,
        household_id=cast.households[0].pk,
        entry=PersonEntry(name="陈玉兰", id_number=MOTHER, phone="13900017777", groups=("elderly",)),
    )
    actions.change_person(actor=li, person_id=person.pk, changes={"phone": "13900018888"})
    text = repr(list(AuditEntry.objects.values()))
    assert "陈玉兰" not in text
    assert not any(secret in text for secret in (MOTHER, "13900017777", "13900018888"))
    last = AuditEntry.objects.filter(act="change_person").get()
    assert (last.fields, last.object_id, last.path) == (["phone"], str(person.pk), cast.place("001-1-1").path)


def test_marks_are_dated_and_stand_once(cast: Cast):
    li, person = cast.actor("li"), people_of(cast.households[0])[0]
    for _again in (1, 2):
        actions.mark_group(actor=li, person_id=person.pk, group="infant", source="家访")
    assert GroupMark.objects.filter(person=person).count() == 1
    actions.unmark_group(actor=li, person_id=person.pk, group="infant")
    actions.mark_group(actor=li, person_id=person.pk, group="infant")
    assert GroupMark.objects.filter(person=person).count() == 2
    assert [one.until_on is None for one in queries.get_person(actor=li, person_id=person.pk).marks] == [True]


def test_stored_numbers_are_sealed(cast: Cast):
    from django.db import connection

    person = actions.add_person(
        actor=cast.actor("li"),
        household_id=cast.households[0].pk,
        entry=PersonEntry(name="陈玉兰", id_number=MOTHER, phone="13900017777"),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM residents_person WHERE id = %s", [person.pk])
        stored = b"".join(
            bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in cursor.fetchone()
        )
    assert MOTHER.encode() not in stored
    assert b"13900017777" not in stored


def test_nothing_is_refused_for_an_unknown_reason(cast: Cast):
    with pytest.raises(Problem):
        actions.move_household(
            actor=cast.actor("li"), household_id=cast.households[0].pk, dwelling_id=cast.households[14].pk * 100
        )
