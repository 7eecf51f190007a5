"""What residents ask: somebody answers by a time, nothing is dropped, and no text strays."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection

from linli.core import clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.core.models import AuditEntry
from linli.duties import actions, jobs, queries
from linli.duties.models import Question, Task
from linli.grid.models import Appointment
from linli.messages.models import Delivery, Dispatch

LINK = Actor(kind="link", id=1)
TEXT = "老人缺降压药，谁能代买？"


@pytest.fixture
def hand():
    with time_machine.travel("2026-03-02T08:00:00+00:00", tick=False) as hand:
        yield hand


@pytest.fixture
def asked(hand, cast):
    Appointment.objects.update(from_at=clock.now() - timedelta(days=30))

    def ask(text=TEXT, kind="question", key=None, home=None):
        home = home or cast.households_in("001-1-1")[0]
        return actions.ask(actor=LINK, household=home.pk, kind=kind, text=text, question_id=key or uuid4())

    return ask


def test_it_is_a_task_with_a_due_time_of_whoever_answers_for_the_home(cast, asked):
    one = asked()
    assert one.task.holder == cast.accounts["zhou"]
    assert one.task.due_at == clock.now() + timedelta(hours=8)
    assert asked(kind="need").task.due_at == clock.now() + timedelta(hours=2)
    told = Delivery.objects.get(dispatch__source_id=str(one.pk))
    assert (told.kind, told.recipient) == ("account", cast.accounts["zhou"].pk)


def test_the_same_id_asks_once(asked):
    key = uuid4()
    assert asked(key=key) == asked(key=key)
    assert Task.objects.filter(kind="question").count() == 1
    with pytest.raises(Conflict):
        asked("另一个问题", key=key)


@pytest.mark.parametrize(("text", "kind"), [("", "question"), ("  ", "need"), ("药" * 501, "need"), ("药", "wish")])
def test_what_is_no_question_writes_nothing(asked, text, kind):
    with pytest.raises(Invalid):
        asked(text, kind)
    assert not Question.objects.exists()
    assert not Task.objects.exists()


def test_no_text_outside_its_sealed_column(cast, asked):
    one = asked()
    actions.answer_question(actor=cast.actor("zhou"), question=one, text="下午四点送到门口")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text, answer FROM duties_question")
        raw = b" ".join(bytes(part) for part in cursor.fetchone())
    assert "降压".encode() not in raw
    assert "门口".encode() not in raw
    assert not any("降压" in str(one.texts) or "门口" in str(one.texts) for one in Dispatch.objects.all())
    assert not any("降压" in entry.reason for entry in AuditEntry.objects.all())


def test_an_answer_closes_the_task_and_tells_the_household_once(cast, asked):
    one, key = asked(), uuid4()
    for _again in range(2):
        actions.answer_question(actor=cast.actor("zhou"), question=one, text="下午送到", write_id=key)
    one.task.refresh_from_db()
    assert one.task.closed_at is not None
    told = Delivery.objects.get(dispatch__kind="answer")
    assert (told.kind, told.recipient) == ("household", one.household)
    with pytest.raises(Conflict):
        actions.answer_question(actor=cast.actor("li"), question=one, text="我来")
    assert [row.answer for row in queries.list_questions_of(household=one.household)] == ["下午送到"]


def test_what_nobody_begins_climbs_and_so_does_what_is_overdue(cast, asked, hand):
    one = asked()
    hand.shift(timedelta(hours=4))
    jobs.move_tasks()
    one.task.refresh_from_db()
    assert one.task.holder == cast.accounts["li"]
    actions.begin_task(actor=cast.actor("li"), task=one.task)
    hand.shift(timedelta(hours=4))
    jobs.move_tasks()
    one.task.refresh_from_db()
    assert one.task.holder == cast.accounts["wang"]


def test_where_nobody_answers_it_waits_for_somebody(cast, asked, hand):
    Appointment.objects.filter(account__username__in=["zhou", "li", "wang", "chen"]).update(until_at=clock.now())
    one = asked()
    assert one.task.holder is None
    Appointment.objects.filter(account__username="wang").update(until_at=None)
    jobs.move_tasks()
    one.task.refresh_from_db()
    assert one.task.holder == cast.accounts["wang"]


@pytest.mark.parametrize(
    ("username", "sees"),
    [("zhou", True), ("li", True), ("wang", True), ("sun", False), ("wu", False), ("nobody", False)],
)
def test_who_reads_it(cast, asked, username, sees):
    one, actor = asked(), cast.actor(username)
    assert (one in queries.list_questions(actor=actor)) is sees
    if not sees:
        with pytest.raises(Missing):
            queries.get_question(actor=actor, question_id=one.pk)
        with pytest.raises(Forbidden):
            actions.answer_question(actor=actor, question=one, text="我来")


def test_a_watcher_of_the_grid_sees_the_task_but_not_the_text(cast, asked):
    post = {"place": cast.place("001-1"), "from_at": clock.now() - timedelta(days=1), "paper": "1"}
    Appointment.objects.create(account=cast.accounts["nobody"], post_kind="police_officer", **post)
    one, actor = asked(), cast.actor("nobody")
    assert queries.get_task(actor=actor, task_id=one.task_id)
    with pytest.raises(Missing):
        queries.get_question(actor=actor, question_id=one.pk)


def test_old_answers_are_forgotten_and_open_questions_never(cast, asked, hand):
    one, other = asked(), asked("还没人回答")
    actions.answer_question(actor=cast.actor("zhou"), question=one, text="好")
    hand.shift(timedelta(days=181))
    jobs.forget_old_questions()
    assert list(Question.objects.values_list("pk", flat=True)) == [other.pk]


def test_a_home_that_is_erased_takes_its_questions_along(cast, asked):
    one = asked()
    jobs.forget_erased_questions({"household_ids": [one.household]})
    assert not Question.objects.exists()
    one.task.refresh_from_db()
    assert one.task.closed_at is not None


@pytest.mark.parametrize(("filed_as", "kind"), [("question", "question"), ("need", "need"), ("other", "question")])
def test_what_is_written_back_is_asked_once(cast, hand, monkeypatch, filed_as, kind):
    monkeypatch.setattr(jobs, "read_reply", lambda *, reply_id: (TEXT, ""))
    payload = {
        "reply_id": 7,
        "filed_as": filed_as,
        "recipient_kind": "household",
        "recipient_id": cast.households[0].pk,
        "source_room": "alerts",
        "source_id": "1",
    }
    for _again in range(2):
        jobs.file_reply(payload)
    one = Question.objects.get()
    assert (one.kind, one.how, one.text) == (kind, "reply", TEXT)


@pytest.fixture
def written_back(cast, hand, monkeypatch):
    Appointment.objects.update(from_at=clock.now() - timedelta(days=30))

    def write(username, code, text=TEXT, filed_as="question", reply_id=7):
        monkeypatch.setattr(jobs, "read_reply", lambda *, reply_id: (text, cast.place(code).path))
        jobs.file_reply(
            {
                "reply_id": reply_id,
                "filed_as": filed_as,
                "recipient_kind": "account",
                "recipient_id": cast.accounts[username].pk,
                "source_room": "alerts",
                "source_id": "1",
            }
        )

    return write


@pytest.mark.parametrize(("filed_as", "kind"), [("question", "question"), ("need", "need"), ("other", "question")])
def test_what_a_post_holder_writes_back_is_a_task_of_the_level_above(cast, written_back, filed_as, kind):
    for _again in range(2):
        written_back("zhou", "001-1-1", filed_as=filed_as)
    one = Question.objects.get()
    assert (one.kind, one.how, one.text, one.account, one.household) == (
        kind,
        "reply",
        TEXT,
        cast.accounts["zhou"],
        None,
    )
    assert one.task.holder == cast.accounts["li"]
    assert one.task.due_at > clock.now()
    assert Delivery.objects.get().recipient == cast.accounts["li"].pk


def test_a_plain_yes_of_a_post_holder_is_no_task(written_back):
    written_back("zhou", "001-1-1", filed_as="confirmed")
    assert not Question.objects.exists()


def test_at_the_top_it_stands_until_somebody_takes_it(cast, written_back):
    written_back("chen", "360103001")
    assert Question.objects.get().task.holder is None


def test_whoever_asked_from_the_line_is_told_and_reads_the_answer_but_does_not_give_it(cast, written_back, sign_in):
    written_back("zhou", "001-1-1")
    one = Question.objects.get()
    with pytest.raises(Forbidden):
        actions.answer_question(actor=cast.actor("zhou"), question=one, text="自己答")
    client = sign_in("li")
    assert "周大勇" in client.get("/questions/").content.decode()
    assert "周大勇" in client.get(f"/questions/{one.pk}").content.decode()
    client.post(f"/questions/{one.pk}", {"text": "已经安排", "write_id": uuid4()})
    told = Delivery.objects.get(dispatch__kind="answer")
    assert (told.kind, told.recipient) == ("account", cast.accounts["zhou"].pk)
    assert "已经安排" in sign_in("zhou").get(told.dispatch.url).content.decode()
    assert sign_in("wu").get(told.dispatch.url).status_code == 404


def test_pages_show_what_waits_answer_it_and_cost_the_same(cast, asked, sign_in, django_assert_max_num_queries):
    one = asked()
    client = sign_in("zhou")
    with django_assert_max_num_queries(16):
        page = client.get("/questions/").content.decode()
    assert "降压药" in page
    for home in cast.households_in("001-1-1"):
        asked("也想问", home=home)
    with django_assert_max_num_queries(16):
        client.get("/questions/")
    assert "降压药" in client.get(f"/questions/?q={cast.households[0].name}").content.decode()
    assert "降压药" not in client.get("/questions/?q=不存在的户").content.decode()
    assert client.post(f"/questions/{one.pk}", {"text": ""}).status_code == 422
    assert client.post(f"/questions/{one.pk}", {"text": "<b>好</b>", "write_id": uuid4()}).status_code == 303
    page = client.get(f"/questions/{one.pk}").content.decode()
    assert "&lt;b&gt;好" in page
    assert "降压药" in client.get("/questions/?state=answered").content.decode()


def test_my_day_leads_to_it(asked, sign_in):
    one = asked()
    assert f"/questions/{one.pk}" in sign_in("zhou").get("/").content.decode()
    assert f"/questions/{one.pk}" in sign_in("zhou").get(f"/tasks/{one.task_id}").content.decode()
