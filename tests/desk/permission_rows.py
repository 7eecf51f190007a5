"""The desk's pages: one's own day and search for everybody signed in, a task for its places."""

from collections.abc import Mapping
from typing import Any

from tests.conftest import Cast
from tests.duties.permission_rows import a_task
from tests.matrix import SIGNED_IN, Row


def _task(cast: Cast) -> Mapping[str, Any]:
    return {"task_id": a_task(cast).pk}


ROWS = [
    Row("my-day", answers=SIGNED_IN),
    Row("task-list", answers=SIGNED_IN),
    Row("task", permission="tasks.see", kwargs=_task),
    Row("search", answers=SIGNED_IN, query="?q=1"),
    Row("search-live", "POST", answers=SIGNED_IN, data=lambda cast: {"q": "户"}),
    Row("search", "POST", answers=SIGNED_IN, data=lambda cast: {"q": "13800130111"}),
]
