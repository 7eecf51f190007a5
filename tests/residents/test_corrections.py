"""Something about a record is wrong: asked, approved, refused, lapsed; and on which ground data are used."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from linli.config.wiring import wire
from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing, TooMany
from linli.core.events import deliver_due
from linli.duties.models import Task
from linli.residents import actions, queries
from linli.residents.jobs import end_old_requests
from linli.residents.models import Consent, ContactCheck, Correction, Person
from tests.conftest import Cast
from tests.residents.test_reach import people_of

LINK = Actor(kind="link", id=7)


@pytest.fixture(autouse=True)
def wired() -> None:
    wire()


def ask(cast: Cast, by: Actor = LINK, **more) -> Correction:
    home = cast.households[0]
    given = {"field": "phone", "value": "139 0001 0001", "person_id": people_of(home)[0].pk}
    return actions.ask_correction(actor=by, household_id=home.pk, **{**given, **more})


def test_a_resident_asks_and_somebody_approves(cast: Cast):
    write_id = uuid4()
    made = ask(cast, write_id=write_id)
    assert ask(cast, write_id=write_id) == made
    person = people_of(cast.households[0])[0]
    assert person.phone == "+8613800130111"
    deliver_due()
    task = Task.objects.open().get(kind="correction")
    assert task.holder_id == cast.accounts["li"].pk  # not the cell leader, who may not change it
    write_id = uuid4()
    for _again in range(2):
        actions.approve_correction(actor=cast.actor("li"), correction_id=made.pk, write_id=write_id)
    person.refresh_from_db()
    assert person.phone == "+8613900010001"
    assert ContactCheck.objects.get(person=person, channel="phone").how == "self"
    kept = Correction.objects.get()
    assert (kept.state, kept.value) == ("approved", "")
    deliver_due()
    assert not Task.objects.open().filter(kind="correction").exists()


def test_the_new_value_is_sealed(cast: Cast):
    from django.db import connection

    ask(cast)
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM residents_correction")
        assert b"13900010001" not in bytes(cursor.fetchone()[0])


def test_a_refusal_says_why(cast: Cast):
    made = ask(cast)
    with pytest.raises(Invalid):
        actions.refuse_correction(actor=cast.actor("li"), correction_id=made.pk, answer="")
    actions.refuse_correction(actor=cast.actor("li"), correction_id=made.pk, answer="这是邻居的号码")
    assert queries.list_corrections_of(household_id=cast.households[0].pk)[0].answer == "这是邻居的号码"
    with pytest.raises(Conflict):
        actions.approve_correction(actor=cast.actor("li"), correction_id=made.pk)


def test_a_worker_without_the_right_asks_and_decides_nothing(cast: Cast):
    made = ask(cast, by=cast.actor("zhou"), field="name", value="陈玉兰")
    with pytest.raises(Forbidden):
        actions.approve_correction(actor=cast.actor("zhou"), correction_id=made.pk)
    actions.approve_correction(actor=cast.actor("li"), correction_id=made.pk)
    assert people_of(cast.households[0])[0].name == "陈玉兰"


def test_who_asked_does_not_decide(cast: Cast):
    made = ask(cast, by=cast.actor("li"))
    with pytest.raises(Forbidden):
        actions.approve_correction(actor=cast.actor("li"), correction_id=made.pk)
    actions.approve_correction(actor=cast.actor("wang"), correction_id=made.pk)


@pytest.mark.parametrize("username", ["sun", "zhao", "operator", "nobody"])
def test_others_neither_ask_nor_see_nor_decide(cast: Cast, username: str):
    made = ask(cast)
    actor = cast.actor(username)
    with pytest.raises(Missing):
        ask(cast, by=actor)
    with pytest.raises(Missing):
        actions.approve_correction(actor=actor, correction_id=made.pk)
    with pytest.raises(Missing):
        queries.get_correction(actor=actor, correction_id=made.pk)
    assert queries.list_corrections(actor=actor) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "12"),
        ("phone", ""),
        ("id_number", "360102199003074531"),
        ("born_on", "21.3.1956"),
        ("born_on", "2999-01-01"),
        ("sex", "x"),
        ("name", "  "),
        ("name", "长" * 101),
        ("status", "departed"),
        ("made_at", "2026-01-01"),
        ("who_lives_here", ""),
    ],
)
def test_what_the_form_would_refuse_is_refused_here(cast: Cast, field: str, value: str):
    more = {"person_id": None} if field == "who_lives_here" else {}
    with pytest.raises(Invalid):
        ask(cast, field=field, value=value, **more)
    assert not Correction.objects.exists()


def test_a_forged_person_is_nobody(cast: Cast):
    with pytest.raises(Missing):
        ask(cast, person_id=people_of(cast.households[5])[0].pk)
    with pytest.raises(Missing):
        actions.ask_correction(actor=LINK, household_id=10**9, field="other", value="x")


def test_what_a_person_must_put_right_is_approved_by_hand(cast: Cast):
    made = ask(cast, field="who_lives_here", value="儿子已经搬走", person_id=None)
    actions.approve_correction(actor=cast.actor("li"), correction_id=made.pk)
    assert len(people_of(cast.households[0])) == 2


def test_asked_to_be_erased(cast: Cast):
    made = ask(cast, field="erase", value="")
    with pytest.raises(Forbidden):
        actions.approve_correction(actor=cast.actor("li"), correction_id=made.pk)  # edits, but may not erase
    key = people_of(cast.households[0])[0].pk
    actions.approve_correction(actor=cast.actor("wang"), correction_id=made.pk)
    assert Person.objects.get(pk=key).name == ""


def test_a_link_can_not_flood_the_office(cast: Cast):
    for number in range(10):
        ask(cast, value=f"1390001{number:04d}")
    with pytest.raises(TooMany):
        ask(cast)


def test_nobody_decides_and_it_lapses(cast: Cast, monkeypatch):
    ask(cast)
    later = clock.now() + timedelta(days=61)
    monkeypatch.setattr("linli.core.clock.now", lambda: later)
    end_old_requests()
    assert (Correction.objects.get().state, Correction.objects.get().value) == ("lapsed", "")
    much_later = later + timedelta(days=366)
    monkeypatch.setattr("linli.core.clock.now", lambda: much_later)
    end_old_requests()
    assert not Correction.objects.exists()


def test_consent_is_needed_only_where_the_profile_says_so(cast: Cast):
    person, li = people_of(cast.households[0])[0], cast.actor("li")
    assert queries.has_ground(person_id=person.pk, purpose="reach")
    assert not queries.has_ground(person_id=person.pk, purpose="skills")
    assert not queries.has_ground(person_id=person.pk, purpose="nothing")
    made = actions.record_ground(actor=li, person_id=person.pk, purpose="skills", ground="consent", word="本人签字")
    assert queries.with_ground(person_ids=[person.pk, 10**9], purpose="skills") == {person.pk}
    actions.withdraw_ground(actor=li, consent_id=made.pk)
    assert not queries.has_ground(person_id=person.pk, purpose="skills")
    lines = queries.list_grounds(actor=li, person_id=person.pk)
    assert [line.holds for line in lines if line.purpose == "skills"] == [False, False]


def test_consent_ends_on_its_day(cast: Cast, monkeypatch):
    person, li = people_of(cast.households[0])[0], cast.actor("li")
    ends = clock.today() + timedelta(days=5)
    given = {"person_id": person.pk, "purpose": "skills", "ground": "consent", "word": "本人"}
    with pytest.raises(Invalid):
        actions.record_ground(actor=li, **given, until_on=clock.today())
    with pytest.raises(Invalid):
        actions.record_ground(actor=li, **{**given, "word": " ", "purpose": "x", "ground": "y"})
    actions.record_ground(actor=li, **given)
    actions.record_ground(actor=li, **given, until_on=ends)
    assert Consent.objects.filter(until_on=None).count() == 0  # the later word took the place of the earlier
    later = clock.now() + timedelta(days=5)
    monkeypatch.setattr("linli.core.clock.now", lambda: later)
    assert isinstance(ends, date)
    assert not queries.has_ground(person_id=person.pk, purpose="skills")
    for username, error in (("sun", Missing), ("zhou", Forbidden)):
        with pytest.raises(error):
            actions.record_ground(actor=cast.actor(username), **given)


def test_a_number_is_not_shown_for_a_purpose_that_needs_consent(cast: Cast):
    person, zhou = people_of(cast.households[0])[0], cast.actor("zhou")
    asked = {"person_id": person.pk, "fields": ["phone"], "purpose": "health_follow_up"}
    with pytest.raises(Conflict) as caught:
        actions.reveal_numbers(actor=zhou, **asked)
    assert caught.value.code == "no-ground"
    actions.record_ground(
        actor=cast.actor("li"), person_id=person.pk, purpose="health_follow_up", ground="consent", word="本人"
    )
    assert actions.reveal_numbers(actor=zhou, **asked) == {"phone": "+8613800130111"}
