"""The operator's page: what is wrong, jobs to run now, events to try again; nothing of the register."""

from datetime import timedelta

import pytest
from django.urls import reverse

from linli.config.wiring import wire
from linli.core import clock, events, jobs
from linli.core.models import AuditEntry, Event, EventDelivery, Lease

PAGE = "/operation/"


@pytest.fixture
def wired(monkeypatch):
    wire()


def given_up(name="AlertIssued"):
    event = Event.objects.create(name=name, payload={"alert_id": "1"}, at=clock.now())
    return EventDelivery.objects.create(
        event=event, subscriber="linli.x", attempts=8, next_at=clock.now(), error="ValueError"
    )


@pytest.mark.parametrize("who", ["chen", "wang", "nobody"])
def test_only_operators_learn_of_it(sign_in, wired, who):
    client, one = sign_in(who), given_up()
    assert client.get(PAGE).status_code == 404
    assert client.post(reverse("operation-job"), {"name": "linli.core.jobs.seal_audit"}).status_code == 404
    assert client.post(reverse("operation-delivery", args=[one.pk])).status_code == 404
    one.refresh_from_db()
    assert one.attempts == 8


def test_it_shows_findings_jobs_and_no_resident(sign_in, wired):
    Lease.objects.create(name="linli.core.jobs.seal_audit", next_at=clock.now(), last_error="OperationalError")
    given_up("<b>Bold</b>")
    response = sign_in("operator").get(PAGE, headers={"accept-language": "en"})
    text = response.content.decode()
    assert response.status_code == 200
    for words in (
        "There has never been a backup",
        "No worker has ever run",
        "failed: OperationalError",
        "Chain the audit",
    ):
        assert words in text, words
    assert "&lt;b&gt;Bold" in text
    assert "住户" not in text
    assert "王建国" not in text


def test_the_number_of_queries_is_constant(sign_in, wired, django_assert_max_num_queries):
    client = sign_in("operator")
    client.get(PAGE)
    for _one in range(12):
        given_up()
    with django_assert_max_num_queries(60) as captured:
        client.get(PAGE)
    few = len(captured)
    for _one in range(30):
        given_up()
        AuditEntry.objects.create(
            at=clock.now(), actor="system", act="back_up", object_type="core.backup", object_id="x"
        )
    with django_assert_max_num_queries(few):
        client.get(PAGE)


def test_a_job_is_run_at_the_next_look(sign_in, wired, monkeypatch):
    ran = []
    monkeypatch.setattr(jobs, "_jobs", {})

    def sweep():
        ran.append(1)

    jobs.every(86_400, sweep)
    name = f"{sweep.__module__}.{sweep.__name__}"
    jobs.run_due()
    jobs.run_due()
    assert len(ran) == 1
    assert sign_in("operator").post(reverse("operation-job"), {"name": name}).status_code == 302
    jobs.run_due()
    assert len(ran) == 2
    assert AuditEntry.objects.filter(act="run_job", actor__startswith="account:").exists()
    assert sign_in("operator").post(reverse("operation-job"), {"name": "os.system"}).status_code == 404


def test_an_event_is_tried_again_or_given_up(sign_in, wired, monkeypatch):
    client, one, other = sign_in("operator"), given_up(), given_up()
    assert events.count_failing() == 2
    client.post(reverse("operation-delivery", args=[one.pk]), {"act": "again"})
    assert events.count_failing() == 1
    one.refresh_from_db()
    assert (one.attempts, one.done_at) == (0, None)
    client.post(reverse("operation-delivery", args=[other.pk]), {"act": "give_up"})
    assert events.count_failing() == 0
    assert client.post(reverse("operation-delivery", args=[other.pk]), {"act": "again"}).status_code == 409
    assert AuditEntry.objects.filter(act="give_up_delivery").get().object_id == str(other.pk)
    Event.objects.filter(pk=other.event_id).update(at=clock.now() - timedelta(days=31))
    jobs.forget_old_writes()
    assert not Event.objects.filter(pk=other.event_id).exists()
