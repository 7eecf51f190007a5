"""The desk's pages: one's own day and search for everybody signed in, a task for its places."""

from collections.abc import Mapping
from typing import Any

from linli.config.wiring import wire
from linli.core import clock
from linli.core.models import Event, EventDelivery
from tests.conftest import Cast
from tests.duties.permission_rows import a_task
from tests.matrix import KINDS, OPERATOR, PUBLIC, SIGNED_IN, Row


def _task(cast: Cast) -> Mapping[str, Any]:
    return {"task_id": a_task(cast).pk}


def _job(cast: Cast) -> Mapping[str, Any]:
    """One of the jobs that a worker knows."""
    wire()
    return {"name": "linli.core.jobs.seal_audit"}


def _failing(cast: Cast) -> Mapping[str, Any]:
    event = Event.objects.create(name="KettleBoiled", payload={}, at=clock.now())
    delivery = EventDelivery.objects.create(
        event=event, subscriber="x", attempts=8, next_at=clock.now(), error="ValueError"
    )
    return {"delivery_id": delivery.pk}


def _device(cast: Cast) -> Mapping[str, Any]:
    return {"device": "6f1d9a52-3b1c-4e0b-9f65-0c5f5a1f0001", "name": "Phone", "phone_now": 0, "records": []}


# What a phone asks is answered in JSON; without signing in it is told so, and whether its list may stay.
PHONE = {**dict.fromkeys(KINDS, 200), "anonymous": 401}

ROWS = [
    Row("field", answers=PUBLIC),
    Row("worker-script", answers=PUBLIC),
    Row("manifest", answers=PUBLIC),
    Row("field-contact", answers=PUBLIC),
    Row("field-today", "POST", answers=PHONE, data=_device, json=True),
    Row("field-sync", "POST", answers=PHONE, data=_device, json=True),
    Row("operation", answers=OPERATOR),
    Row("operation-job", "POST", answers=OPERATOR, data=_job),
    Row("operation-delivery", "POST", answers=OPERATOR, kwargs=_failing, data=lambda cast: {"act": "again"}),
    Row("my-day", answers=SIGNED_IN),
    Row("task-list", answers=SIGNED_IN),
    Row("task", permission="tasks.see", kwargs=_task),
    Row("map", permission="places.see", expect={"outsider": 200}),  # each their own
    Row("search", answers=SIGNED_IN, query="?q=1"),
    Row("search-live", "POST", answers=SIGNED_IN, data=lambda cast: {"q": "户"}),
    Row("search", "POST", answers=SIGNED_IN, data=lambda cast: {"q": "13800130111"}),
]
