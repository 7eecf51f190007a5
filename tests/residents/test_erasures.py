"""Erasing: what goes, what stays, what delays it, and what a restore does again."""

import json
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from linli.config.wiring import wire
from linli.core import chain, clock, erasures
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.events import deliver_due
from linli.core.models import AuditEntry, Erasure
from linli.grid.queries import read_headcounts
from linli.residents import actions, queries
from linli.residents.models import Answerer, ContactCheck, GroupMark, Household, Membership, Person
from linli.residents.rules import PersonEntry
from linli.rounds import actions as rounds
from linli.rounds.intake import Receipt
from linli.rounds.models import Answer, Attempt
from tests.conftest import Cast
from tests.residents.test_imports import MOTHER
from tests.residents.test_reach import people_of


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, settings):
    settings.ERASURE_LIST = tmp_path / "erasures.jsonl"


def rich_person(cast: Cast) -> Person:
    """Somebody of whom everything is known, and who has left."""
    li, home = cast.actor("li"), cast.households[0]
    entry = PersonEntry(
        "陈玉兰", id_number=MOTHER, phone="13900010001", role="head", language="zh", groups=("elderly",)
    )
    person = actions.add_person(actor=li, household_id=home.pk, entry=entry)
    actions.change_household(actor=li, household_id=home.pk, changes={"name": "陈玉兰", "contact": person.pk})
    actions.name_answerer(actor=li, household_id=cast.households[1].pk, by_person_id=person.pk, relation="邻居")
    actions.depart_person(actor=li, person_id=person.pk)
    person.refresh_from_db()
    return person


def test_nothing_personal_is_left_and_nothing_counted_is_lost(cast: Cast):
    person = rich_person(cast)
    lived = Membership.objects.filter(person=person).count()
    before = read_headcounts(places=[(cast.place("001").pk, cast.place("001").path)], unit="person")
    actions.erase_person(actor=cast.actor("wang"), person_id=person.pk, ground="asked")
    person.refresh_from_db()
    personal = {
        name: getattr(person, name)
        for name in ("name", "initials", "sex", "id_number", "id_index", "id_last4", "phone", "phone_index",
                     "phone_last4", "language", "registered_place")
    }  # fmt: skip
    assert set(personal.values()) == {""}
    assert (person.born_on, person.channels, person.registered_here, person.phone_dead_at) == (None, [], None, None)
    assert person.erased_at is not None
    assert not GroupMark.objects.filter(person=person).exists()
    assert not Answerer.objects.filter(by_person=person).exists()
    assert not ContactCheck.objects.filter(person=person).exists()
    assert Household.objects.get(pk=cast.households[0].pk).name == ""
    assert Membership.objects.filter(person=person, role="").count() == lived
    after = read_headcounts(places=[(cast.place("001").pk, cast.place("001").path)], unit="person")
    assert before == after
    chain.seal_new_entries()
    assert chain.find_break() is None


def test_every_column_of_a_person_is_blank_or_known_to_be_no_personal_data(cast: Cast):
    """A column added later must be put on one of the two lists."""
    from linli.residents.actions.erasures import BLANK

    kept = {"id", "status", "made_at", "erased_at"}
    assert {one.name for one in Person._meta.fields} == kept | set(BLANK)


def test_the_number_of_an_erased_person_is_free(cast: Cast):
    person = rich_person(cast)
    actions.erase_person(actor=cast.actor("wang"), person_id=person.pk, ground="asked")
    again = actions.add_person(
        actor=cast.actor("li"), household_id=cast.households[0].pk, entry=PersonEntry("陈玉兰", id_number=MOTHER)
    )
    assert again.pk != person.pk


@pytest.mark.parametrize(
    ("username", "error"), [("li", Forbidden), ("zhou", Forbidden), ("sun", Missing), ("operator", Missing)]
)
def test_only_who_approves_there_erases(cast: Cast, username: str, error: type[Exception]):
    person = rich_person(cast)
    with pytest.raises(error):
        actions.erase_person(actor=cast.actor(username), person_id=person.pk, ground="asked")
    assert Person.objects.get(pk=person.pk).name == "陈玉兰"


def test_a_ground_is_named_and_a_time_that_has_not_begun_is_refused(cast: Cast):
    wang, here = cast.actor("wang"), people_of(cast.households[0])[0]
    with pytest.raises(Invalid):
        actions.erase_person(actor=wang, person_id=here.pk, ground="")
    with pytest.raises(Conflict):
        actions.erase_person(actor=wang, person_id=here.pk, ground="kept_long_enough")
    with pytest.raises(Conflict):
        actions.erase_household(actor=wang, household_id=cast.households[0].pk, ground="kept_long_enough")


def test_one_who_still_lives_here_stays_as_a_number(cast: Cast):
    here = people_of(cast.households[0])[0]
    actions.erase_person(actor=cast.actor("wang"), person_id=here.pk, ground="mistake")
    view = queries.get_household(actor=cast.actor("wang"), household_id=cast.households[0].pk)
    assert len(view.members) == 2
    assert [one.phone for one in view.members if one.id == here.pk] == [""]


def test_sent_twice_it_is_one_act(cast: Cast):
    person, write_id = rich_person(cast), uuid4()
    for _again in range(2):
        actions.erase_person(actor=cast.actor("wang"), person_id=person.pk, ground="asked", write_id=write_id)
    actions.erase_person(actor=cast.actor("wang"), person_id=person.pk, ground="asked")  # and again without the id
    assert AuditEntry.objects.filter(act="erase_person").count() == 1
    assert Erasure.objects.count() == 1


def test_an_open_notice_delays_and_a_closed_one_keeps_its_receipts(cast: Cast):
    wire()
    home = cast.households[0]
    found = rounds.open_round(
        actor=SYSTEM, round_id=uuid4(), source=("tests", "1"), unit="household", places=[cast.place("001")],
        deadline_at=clock.now() + timedelta(hours=1),
    )  # fmt: skip
    at = clock.now()
    rounds.record_attempt(
        actor=SYSTEM,
        found=found,
        attempt_id=uuid4(),
        member=home.pk,
        outcome="not_at_home",
        at=at,
        path="",
        note="张奶奶",
    )
    with pytest.raises(Conflict) as caught:
        actions.erase_household(actor=cast.actor("wang"), household_id=home.pk, ground="asked")
    assert caught.value.code == "held"
    rounds.record_receipt(actor=SYSTEM, found=found, receipt=Receipt(uuid4(), home.pk, at, "own_tap", "link:1"))
    rounds.close_round(actor=SYSTEM, found=found)
    actions.erase_household(actor=cast.actor("wang"), household_id=home.pk, ground="asked")
    deliver_due()
    assert Answer.objects.filter(member=home.pk).count() == 1
    assert list(Attempt.objects.values_list("note", flat=True)) == [""]


def test_a_household_goes_with_those_whose_last_home_it_was(cast: Cast):
    li, wang, home, other = cast.actor("li"), cast.actor("wang"), cast.households[0], cast.households[1]
    stays, goes = people_of(home)
    actions.move_person(actor=li, person_id=stays.pk, household_id=other.pk)
    actions.name_answerer(actor=li, household_id=home.pk, name="女儿", phone="13900017777")
    actions.depart_household(actor=li, household_id=home.pk)
    actions.erase_household(actor=wang, household_id=home.pk, ground="asked")
    assert Person.objects.get(pk=stays.pk).name
    assert Person.objects.get(pk=goes.pk).name == ""
    assert Household.objects.get(pk=home.pk).name == ""
    assert not Answerer.objects.filter(household=home).exists()
    assert {(one.kind, one.subject) for one in Erasure.objects.all()} == {("household", home.pk), ("person", goes.pk)}


def test_the_list_holds_no_personal_data_and_is_its_owners_only(cast: Cast, settings):
    person = rich_person(cast)
    actions.erase_person(actor=cast.actor("wang"), person_id=person.pk, ground="asked")
    assert erasures.write_list() == 1
    assert erasures.write_list() == 0
    path = Path(settings.ERASURE_LIST)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    line = json.loads(path.read_text())
    assert set(line) == {"id", "kind", "subject", "made_at", "ground", "at"}
    assert erasures.read_list()[0].subject == person.pk


def test_a_restore_erases_again_and_only_those(cast: Cast, settings):
    """The backup was taken before the erasure; meanwhile the number of another row was given anew."""
    person = rich_person(cast)
    columns = {one.attname: getattr(person, one.attname) for one in Person._meta.fields}
    actions.erase_person(actor=cast.actor("wang"), person_id=person.pk, ground="asked")
    erasures.write_list()
    Person.objects.filter(pk=person.pk).update(**columns)  # the backup
    Erasure.objects.all().delete()
    entries = erasures.read_list()
    assert actions.replay_erasures(actor=SYSTEM, entries=[*entries, *entries]) == 1
    assert Person.objects.get(pk=person.pk).name == ""
    assert Erasure.objects.get().listed_at is not None  # it stands on the list already
    Person.objects.filter(pk=person.pk).update(**columns)
    assert actions.replay_erasures(actor=SYSTEM, entries=entries) == 0
    Erasure.objects.all().delete()
    later = clock.now() + timedelta(days=1)
    Person.objects.filter(pk=person.pk).update(made_at=later)  # somebody else by now
    assert actions.replay_erasures(actor=SYSTEM, entries=entries) == 0
    with pytest.raises(Forbidden):
        actions.replay_erasures(actor=cast.actor("wang"), entries=entries)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "linli.config.settings"
import django
django.setup()
from linli.core import erasures
for number in range(40):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    entry = erasures.Entry(uuid4(), "person", number, at, "asked", at)
    erasures.append([entry] * 5, Path(sys.argv[1]))
"""


def test_several_processes_write_whole_lines(tmp_path: Path):
    path = tmp_path / "list.jsonl"
    env = {**os.environ, "LINLI_HOME": str(tmp_path), "LINLI_SECRET_KEY": "x" * 40}
    command = [sys.executable, "-c", WRITER, str(path)]
    running = [subprocess.Popen(command, env=env) for _ in range(3)]  # noqa: S603 (our own lines)
    assert [one.wait(60) for one in running] == [0, 0, 0]
    assert len(path.read_text().splitlines()) == 3 * 40 * 5
    assert len(erasures.read_list(path)) == 3 * 40 * 5


def test_a_line_torn_by_a_power_cut_spoils_no_other(tmp_path: Path):
    path = tmp_path / "list.jsonl"
    at = clock.now()
    one, other = (erasures.Entry(uuid4(), "person", n, at, "asked", at) for n in (1, 2))
    erasures.append([one], path)
    with path.open("ab") as file:
        file.write(b'{"id": "00')
    erasures.append([other], path)
    assert erasures.read_list(path) == [one, other]


def test_whose_time_is_over_goes_at_once(cast: Cast, monkeypatch, django_assert_max_num_queries):
    wang, path = cast.actor("wang"), cast.place("001").path
    for home in cast.households[:6]:
        actions.depart_household(actor=wang, household_id=home.pk)
    alone = people_of(cast.households[6])[0]
    actions.depart_person(actor=wang, person_id=alone.pk)
    assert queries.list_due(actor=wang, path=path) == []
    later = clock.now() + timedelta(days=1096)
    monkeypatch.setattr("linli.core.clock.now", lambda: later)
    back = people_of_past(cast.households[0])[0]
    actions.move_person(actor=wang, person_id=back.pk, household_id=cast.households[7].pk)
    due = queries.list_due(actor=wang, path=path)
    assert len([one for one in due if one.kind == "household"]) == 6
    assert {one.id for one in due if one.kind == "person"} >= {alone.pk}
    assert back.pk not in {one.id for one in due if one.kind == "person"}
    with pytest.raises(Missing):
        actions.erase_due(actor=cast.actor("sun"), path=path)
    with pytest.raises(Forbidden):
        actions.erase_due(actor=cast.actor("li"), path=cast.place("001-1").path)
    with django_assert_max_num_queries(80):
        actions.erase_due(actor=wang, path=path)
    assert queries.list_due(actor=wang, path=path) == []
    assert Person.objects.filter(name="").count() == 12
    assert Person.objects.get(pk=back.pk).name
    assert queries.list_due(actor=cast.actor("sun"), path=path) == []


def people_of_past(home: Household) -> list[Person]:
    return list(Person.objects.filter(memberships__household=home).order_by("id"))
