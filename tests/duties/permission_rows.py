"""What one does with a task: its holder, or whoever works on tasks at its place."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.duties import actions
from linli.duties.models import Task
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid.models import Appointment
from linli.grid.queries import find_holder, list_holders
from tests.conftest import Cast
from tests.matrix import SIGNED_IN, Row


def a_task(cast: Cast, code: str = "001-1-1", source: tuple[str, str] = ("alerts", str(UUID(int=1)))) -> Task:
    """An open task of whoever answers for a place."""
    place = cast.place(code)
    holder = find_holder(place.path, list_holders([place.path]))
    new = actions.NewTask(HOUSEHOLD_SILENCE, place.pk, place.path, holder, clock.now() + timedelta(hours=1))
    actions.open_tasks(actor=SYSTEM, source=source, tasks=[new])
    return Task.objects.get(area=place, source_id=source[1])


def _task(cast: Cast) -> Mapping[str, Any]:
    return {"task_id": a_task(cast).pk}


def _to_li(cast: Cast) -> Mapping[str, Any]:
    return {"to": Appointment.objects.get(account=cast.accounts["li"]).pk, "note": "请今天处理"}


def _question(cast: Cast) -> Mapping[str, Any]:
    home = cast.households_in("001-1-1")[0].pk
    asked = actions.ask(actor=SYSTEM, household=home, kind="need", text="缺药", question_id=uuid4())
    return {"question_id": asked.pk}


# Whoever sees the register, or is to answer; a watcher of the grid sees tasks, but not what residents wrote.
READS: dict[str, Any] = {"permission": "register.see", "kwargs": _question}
MAY: dict[str, Any] = {"permission": "tasks.work", "kwargs": _task}
ROWS = [
    Row("question-list", answers=SIGNED_IN),
    Row("question", **READS),
    Row("question", "POST", data=lambda cast: {"text": "下午送到"}, **READS),
    Row("task-begin", "POST", **MAY),
    Row("task-hand-over", "POST", data=_to_li, **MAY),
    Row("task-note", "POST", data=lambda cast: {"subject": 1, "note": "已联系"}, **MAY),
]
