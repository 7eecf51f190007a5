"""Begin, hand over, note: once, by those who may, and never by looking."""

import pytest
from django.test import Client
from django.urls import reverse

from linli.duties.models import Task, TaskLine, TaskMove
from linli.grid.models import Appointment
from tests.duties.permission_rows import a_task

ROUTES = ["task-begin", "task-hand-over", "task-note"]


@pytest.fixture
def task(cast):
    return a_task(cast)


def post_of(cast, username):
    return Appointment.objects.get(account=cast.accounts[username]).pk


def test_beginning_keeps_the_task_from_climbing(task, sign_in):
    client = sign_in("zhou")
    for _again in range(2):
        assert client.post(reverse("task-begin", args=[task.pk])).status_code == 303
    assert Task.objects.get().begun_at is not None


def test_handing_over_moves_it_once(task, cast, sign_in):
    client = sign_in("zhou")
    data = {"to": post_of(cast, "li"), "note": "<i>家里有事</i>", "write_id": "7c8a1f0e-0000-4000-8000-000000000001"}
    for _again in range(2):
        assert client.post(reverse("task-hand-over", args=[task.pk]), data).status_code == 303
    assert Task.objects.get().holder == cast.accounts["li"]
    assert TaskMove.objects.filter(cause="handed_over").count() == 1


@pytest.mark.parametrize("to", ["sun", "zheng"])
def test_it_goes_to_nobody_elsewhere(task, cast, sign_in, to):
    client = sign_in("zhou")
    got = client.post(reverse("task-hand-over", args=[task.pk]), {"to": post_of(cast, to)})
    assert got.status_code == 422
    assert Task.objects.get().holder == cast.accounts["zhou"]


@pytest.mark.parametrize("data", [{}, {"to": "x"}, {"to": "-1"}, {"to": "9" * 40}, {"to": "999999"}])
def test_nonsense_is_refused(task, sign_in, data):
    assert sign_in("zhou").post(reverse("task-hand-over", args=[task.pk]), data).status_code == 422


@pytest.mark.parametrize("data", [{}, {"subject": "1", "note": ""}, {"subject": "x", "note": "a"}, {"note": "a" * 400}])
def test_a_note_needs_its_line_and_its_words(task, sign_in, data):
    assert sign_in("zhou").post(reverse("task-note", args=[task.pk]), data).status_code == 422
    assert not TaskLine.objects.exists()


def test_a_later_note_replaces_the_earlier(task, sign_in):
    client = sign_in("zhou")
    for note in ("一", "二"):
        client.post(reverse("task-note", args=[task.pk]), {"subject": "5", "note": note})
    assert list(TaskLine.objects.values_list("subject", "note")) == [(5, "二")]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("username", ["sun", "wu", "nobody", "operator"])
def test_a_task_elsewhere_is_not_there(task, sign_in, route, username):
    assert sign_in(username).post(reverse(route, args=[task.pk])).status_code == 404


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_happens_by_looking_or_without_the_token(task, cast, route):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.accounts["zhou"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse(route, args=[task.pk])).status_code == 405
    assert client.post(reverse(route, args=[task.pk])).status_code == 400
    assert Task.objects.get().begun_at is None
