"""Vacant posts and dead contacts are tasks in quiet times too, and close when they are mended."""

from datetime import timedelta

import pytest

from linli.config.wiring import wire
from linli.core import clock, jobs
from linli.duties.models import Task
from linli.grid.models import Appointment
from linli.residents import actions as register
from linli.residents.models import Person


@pytest.fixture
def run(cast):
    wire()
    return jobs.run_everything


def held(kind):
    rows = Task.objects.open().filter(kind=kind).select_related("holder", "area")
    return {task.area.code: task.holder.name for task in rows}


def appoint(cast, username, post, code):
    Appointment.objects.create(
        account=cast.accounts[username],
        post_kind=post,
        place=cast.place(code),
        from_at=clock.now() - timedelta(hours=1),
        paper="任命",
    )


def test_a_vacant_post_is_a_task_of_who_holds_its_part(cast, run):
    run()
    assert held("vacancy") == {"360103001001-2": "赵敏", "360103001002-1": "钱芬"}


def test_it_closes_when_somebody_is_appointed(cast, run):
    run()
    appoint(cast, "nobody", "cell_leader", "001-2-2")
    run()
    assert held("vacancy") == {"360103001002-1": "钱芬"}


def test_a_dead_phone_is_a_task_until_it_is_mended(cast, run):
    person = Person.objects.filter(memberships__household=cast.households[0]).first()
    register.record_phone_dead(actor=cast.actor("li"), person_id=person.pk)
    run()
    assert held("dead_contact") == {"360103001001-1-1": "周大勇"}
    register.record_phone_alive(actor=cast.actor("li"), person_id=person.pk)
    run()
    assert held("dead_contact") == {}


def test_the_page_of_a_dead_contact_leads_to_the_household(cast, run, sign_in):
    person = Person.objects.filter(memberships__household=cast.households[0]).first()
    register.record_phone_dead(actor=cast.actor("li"), person_id=person.pk)
    run()
    task = Task.objects.get(kind="dead_contact")
    page = sign_in("zhou").get(f"/tasks/{task.pk}").content.decode()
    assert f"/register/households/{cast.households[0].pk}" in page
