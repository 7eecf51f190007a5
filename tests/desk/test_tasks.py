"""A task and its lines; the list of one's places."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from linli.duties.models import Task
from linli.grid.models import Account
from tests.conftest import make_household

EN = {"accept-language": "en"}


@pytest.fixture
def cast(after, cast):
    return cast


@pytest.fixture
def tasks(cast, issued, after):
    """Twenty minutes into a notice over the street: doors are tasks, silent posts have passed up."""
    issued()
    after(20)
    return {(task.kind, task.area.name, task.holder.username): task for task in Task.objects.all()}


def page(client, task):
    response = client.get(reverse("task", args=[task.pk]), headers=EN)
    assert response.status_code == 200
    return response.content.decode()


def task_of(username, kind):
    return Task.objects.filter(holder__username=username, kind=kind).first()


def test_a_task_says_what_where_when_who_and_how_it_came(tasks, sign_in):
    text = page(sign_in("zhou"), task_of("zhou", "household_silence"))
    for words in ("Doors to knock", "1号微网格", "周大勇", "Due", "Not begun", "3 doors left", "How it came here"):
        assert words in text


def test_silent_posts_stand_with_their_holders_masked(tasks, cast, sign_in):
    Account.objects.filter(username="zhou").update(phone="+8613800138000")
    text = page(sign_in("li"), task_of("li", "post_silence"))
    assert "周大勇" in text
    assert "138****8000" in text
    assert "13800138000" not in text
    assert reverse("place", args=["360103001001-1-1"]) in text


def test_vacant_posts_lead_to_appointing_for_those_who_may(tasks, cast, sign_in):
    vacancy = task_of("zhao", "vacancy")
    assert "post-appoint" not in page(sign_in("zhao"), vacancy)
    assert "/posts/appoint?place=360103001001-2-2" in page(sign_in("wang"), vacancy)
    assert "/posts/appoint" not in page(sign_in("zhao"), vacancy)


def test_a_note_stands_at_its_line_as_text(tasks, cast, sign_in):
    task, client = task_of("li", "post_silence"), sign_in("li")
    place = cast.place("001-1-1")
    sent = client.post(reverse("task-note", args=[task.pk]), {"subject": place.pk, "note": "<b>打过电话</b>"})
    assert sent["Location"].endswith(f"#line-{place.pk}")
    assert "&lt;b&gt;打过电话" in page(client, task)


def test_a_closed_task_offers_nothing_more(tasks, sign_in):
    task = task_of("zhou", "household_silence")
    Task.objects.filter(pk=task.pk).update(closed_at=task.due_at, outcome="done")
    text = page(sign_in("zhou"), task)
    assert "task-begin" not in text
    assert "/hand-over" not in text


@pytest.mark.parametrize("username", ["sun", "wu", "nobody", "operator"])
def test_a_task_elsewhere_is_not_there(tasks, sign_in, username):
    task = task_of("zhou", "household_silence")
    assert sign_in(username).get(reverse("task", args=[task.pk])).status_code == 404


def test_the_list_filters_by_kind_and_by_holder(tasks, cast, sign_in):
    client = sign_in("wang")
    everything = client.get(reverse("task-list"), headers=EN).content.decode()
    assert (
        everything.count('class="row-link"')
        == Task.objects.filter(area_path__startswith=cast.place("001").path).count()
    )
    doors = client.get(reverse("task-list"), {"kind": "household_silence"}, headers=EN).content.decode()
    assert 0 < doors.count('class="row-link"') < everything.count('class="row-link"')
    mine = client.get(reverse("task-list"), {"whose": "mine"}, headers=EN).content.decode()
    assert mine.count("王建国") <= mine.count('class="row-link"') + 3
    assert "No task here" in client.get(reverse("task-list"), {"whose": "closed"}, headers=EN).content.decode()
    assert client.get(reverse("task-list"), {"kind": "'--", "whose": "x", "page": "z"}).status_code == 200


def test_pages_take_the_same_queries_however_much_there_is(tasks, cast, sign_in, issued, after):
    client = sign_in("wang")

    def count(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    doors = reverse("task", args=[task_of("zhou", "household_silence").pk])
    posts = reverse("task", args=[task_of("li", "post_silence").pk])
    before = [count(reverse("task-list")), count(doors), count(posts)]
    make_household(cast.place("001-1-1"), 30, rooms=30)
    issued("wang", "001")
    after(130)
    assert [count(reverse("task-list")), count(doors), count(posts)] == before
    assert max(before) <= 24
