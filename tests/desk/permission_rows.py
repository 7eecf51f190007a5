"""The desk's pages: one's own day and search for everybody signed in, a task for its places."""

from collections.abc import Mapping
from typing import Any

from tests.conftest import Cast
from tests.duties.permission_rows import a_task
from tests.matrix import KINDS, PUBLIC, SIGNED_IN, Row


def _task(cast: Cast) -> Mapping[str, Any]:
    return {"task_id": a_task(cast).pk}


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
    Row("my-day", answers=SIGNED_IN),
    Row("task-list", answers=SIGNED_IN),
    Row("task", permission="tasks.see", kwargs=_task),
    Row("map", permission="places.see", expect={"outsider": 200}),  # each their own
    Row("search", answers=SIGNED_IN, query="?q=1"),
    Row("search-live", "POST", answers=SIGNED_IN, data=lambda cast: {"q": "户"}),
    Row("search", "POST", answers=SIGNED_IN, data=lambda cast: {"q": "13800130111"}),
]
