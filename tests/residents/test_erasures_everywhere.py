"""Whoever was erased leaves nothing in the rooms above either, after a restore too."""

from datetime import timedelta
from uuid import uuid4

import pytest

from linli.alerts import jobs as alert_jobs
from linli.alerts.models import LateRecord
from linli.config.wiring import wire
from linli.core import clock, erasures
from linli.core.actors import SYSTEM
from linli.core.events import deliver_due
from linli.core.models import Erasure
from linli.duties import actions as duties
from linli.duties.models import Question, Task, TaskLine
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid.queries import find_holder, holders_on_the_way_up
from linli.messages import actions as messages
from linli.messages.models import Delivery, PersonalLink, Reply
from linli.messages.queries.outbox import index_of
from linli.messages.rules import HOUSEHOLD, NOTICE, READ, SENT, SMS, Recipient, Sending
from linli.residents import actions
from linli.residents.models import Household, Person
from tests.conftest import Cast
from tests.residents.test_reach import people_of

NOTE = "张奶奶腿脚不便"


def leave_traces(cast: Cast, home: Household) -> None:
    """As a closed notice leaves them: messages to two phones, what came back, a link, notes on doors."""
    sending = Sending(source=("alerts", "1"), kind=NOTICE, texts={"en": {"headline": "Flood", "body": ""}})
    for person in people_of(home):
        dispatch = messages.begin_dispatch(actor=SYSTEM, dispatch_id=uuid4(), sending=sending)
        messages.enqueue(actor=SYSTEM, dispatch=dispatch, recipients=[Recipient(HOUSEHOLD, home.pk, "x")])
        index = index_of(SMS, person.phone)
        Delivery.objects.filter(dispatch=dispatch).update(
            state=SENT,
            sent_at=clock.now(),
            address_index=index,
            provider_ref=f"p{person.pk}",
            tried=[["sms", "timeout", index[:12]]],
        )
        messages.file_reply(actor=SYSTEM, sender=None, phone=person.phone, text=f"{NOTE}？", ref=f"r{person.pk}")
    wanted = [messages.Wanted(home.pk)]
    later = clock.now() + timedelta(days=9)
    messages.make_links(actor=SYSTEM, purpose=HOUSEHOLD, wanted=wanted, expires_at=later)
    cell = cast.place("001-1-1")
    holder = find_holder(cell.path, holders_on_the_way_up([cell.path]))
    new = duties.NewTask(HOUSEHOLD_SILENCE, cell.pk, cell.path, holder, later)
    duties.open_tasks(actor=SYSTEM, source=("alerts", "1"), tasks=[new])
    duties.record_line(
        actor=cast.actor("zhou"), task=Task.objects.get(kind=HOUSEHOLD_SILENCE), subject=home.pk, note=NOTE
    )
    duties.close_source(actor=SYSTEM, source=("alerts", "1"), outcome="done")
    LateRecord.objects.create(
        id=uuid4(),
        account=cast.accounts["zhou"],
        household=home.pk,
        path=cell.path,
        alerts=["1"],
        outcome="not_at_home",
        note=NOTE,
        at=clock.now(),
        why="ended",
        received_at=clock.now(),
    )


@pytest.fixture
def home(cast: Cast) -> Household:
    wire()
    home = cast.households[0]
    leave_traces(cast, home)
    deliver_due()
    return home


def nothing_is_left(home: Household) -> None:
    assert set(Delivery.objects.filter(kind=HOUSEHOLD).values_list("address_index", "provider_ref", "state")) == {
        ("", "", READ)
    }
    assert not Delivery.objects.filter(kind=HOUSEHOLD).exclude(tried=[]).exists()
    assert not Reply.objects.exists()
    assert not PersonalLink.objects.exists()
    assert not Question.objects.exists()
    assert list(TaskLine.objects.values_list("note", flat=True)) == [""]
    assert list(LateRecord.objects.values_list("note", flat=True)) == [""]


def test_a_household_leaves_no_number_text_or_link(cast: Cast, home: Household):
    actions.erase_household(actor=cast.actor("wang"), household_id=home.pk, ground="asked")
    deliver_due()
    nothing_is_left(home)


def test_a_person_leaves_no_number_and_those_who_stay_keep_theirs(cast: Cast, home: Household):
    goes, stays = people_of(home)
    kept = index_of(SMS, stays.phone)
    actions.erase_person(actor=cast.actor("wang"), person_id=goes.pk, ground="asked")
    deliver_due()
    assert set(Delivery.objects.filter(kind=HOUSEHOLD).values_list("address_index", flat=True)) == {"", kept}
    assert list(Reply.objects.values_list("address_index", flat=True)) == [kept]
    assert PersonalLink.objects.exists()  # the home's
    assert list(TaskLine.objects.values_list("note", flat=True)) == [""]
    assert list(LateRecord.objects.values_list("note", flat=True)) == [""]


def test_a_neighbour_is_left_alone(cast: Cast, home: Household):
    actions.erase_household(actor=cast.actor("wang"), household_id=cast.households[1].pk, ground="asked")
    deliver_due()
    assert Reply.objects.count() == 2
    assert list(TaskLine.objects.values_list("note", flat=True)) == [NOTE]
    assert PersonalLink.objects.exists()


def test_after_a_restore_the_list_outside_the_database_erases_the_same_everywhere(cast: Cast, home: Household):
    """The backup was taken before the erasure: rows of the register and of the rooms above stand again."""
    people = people_of(home)
    rows = {model: list(model.objects.values()) for model in (Delivery, Reply, PersonalLink, Question, TaskLine)}
    late, line = LateRecord.objects.get(), TaskLine.objects.get()
    before = [(one, {field.attname: getattr(one, field.attname) for field in one._meta.fields}) for one in people]
    columns = {"name": home.name, "erased_at": None}
    actions.erase_household(actor=cast.actor("wang"), household_id=home.pk, ground="asked")
    deliver_due()
    erasures.write_list()
    for one, values in before:
        Person.objects.filter(pk=one.pk).update(**values)
    Household.objects.filter(pk=home.pk).update(**columns)
    late.save()
    line.save()
    for model in (PersonalLink, Question, Reply):
        model.objects.bulk_create([model(**values) for values in rows[model]])
    for values in rows[Delivery]:
        Delivery.objects.filter(pk=values["id"]).update(**{**values, "id": values["id"]})
    Erasure.objects.all().delete()
    assert Reply.objects.exists()
    actions.replay_erasures(actor=SYSTEM, entries=erasures.read_list())
    deliver_due()
    nothing_is_left(home)


def test_notes_of_late_records_are_forgotten_some_time_after_the_decision(cast: Cast, home: Household):
    now = clock.now()
    LateRecord.objects.update(decided_at=now - timedelta(days=179), accepted=True)
    alert_jobs.forget_old_late_notes()
    assert LateRecord.objects.get().note == NOTE
    LateRecord.objects.update(decided_at=now - timedelta(days=181))
    alert_jobs.forget_old_late_notes()
    assert LateRecord.objects.get().note == ""


def test_however_many_are_erased_the_statements_are_the_same(
    cast: Cast, home: Household, django_assert_max_num_queries
):
    for other in cast.households[1:3]:
        messages.make_links(actor=SYSTEM, purpose=HOUSEHOLD, wanted=[messages.Wanted(other.pk)], expires_at=clock.now())
    ids = [one.pk for one in cast.households]
    with django_assert_max_num_queries(12):
        messages.forget_homes(actor=SYSTEM, households=ids)
