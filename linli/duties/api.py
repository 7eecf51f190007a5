"""Tasks for programs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from linli.core.api import MOST, PROBLEMS, Page, offset_page, read_offset
from linli.core.errors import Missing
from linli.duties import actions, queries
from linli.duties.models import Task

tasks = Router(tags=["tasks"])


class TaskOut(Schema):
    id: UUID
    kind: str
    source: str = Field(description="where it comes from: room and id")
    area: str = Field(description="code of the place it is about")
    post: str = Field(alias="post_kind")
    holder: str
    made_at: datetime
    due_at: datetime
    begun_at: datetime | None
    closed_at: datetime | None
    outcome: str
    climbed: int

    @staticmethod
    def resolve_source(task: Task) -> str:
        return f"{task.source_room}:{task.source_id}"

    @staticmethod
    def resolve_area(task: Task) -> str:
        return task.area.code

    @staticmethod
    def resolve_holder(task: Task) -> str:
        return task.holder.name if task.holder else ""


class HandOverIn(Schema):
    appointment: int = Field(description="by which the new holder holds a post at the area or above it")
    note: str = Field("", max_length=300)


@tasks.get("", response={200: Page[TaskOut], **PROBLEMS}, summary="Tasks of your places, the soonest due first")
def list_tasks(
    request: HttpRequest,
    mine: bool = False,
    all: bool = False,
    cursor: str = "",
    limit: int = Query(100, ge=1, le=MOST),
) -> Any:
    actor, offset = request.actor, read_offset(cursor)  # type: ignore[attr-defined]
    if mine:
        return {"items": queries.list_my_tasks(actor=actor), "next": ""}
    found = queries.list_tasks(actor=actor, only_open=not all)
    rows, following = offset_page(list(found[offset : offset + limit + 1]), offset, limit)
    return {"items": rows, "next": following}


@tasks.get("/{task_id}", response={200: TaskOut, **PROBLEMS}, summary="One task")
def get_task(request: HttpRequest, task_id: UUID) -> Any:
    return queries.get_task(actor=request.actor, task_id=task_id)  # type: ignore[attr-defined]


@tasks.post("/{task_id}/hand-over", response={200: TaskOut, **PROBLEMS}, summary="Give a task to another holder")
def hand_over(request: HttpRequest, task_id: UUID, to: HandOverIn) -> Any:
    actor = request.actor  # type: ignore[attr-defined]
    task = queries.get_task(actor=actor, task_id=task_id)
    chosen = next((one for one in queries.list_possible_holders(task=task) if one.pk == to.appointment), None)
    if chosen is None:
        raise Missing()
    actions.hand_over(actor=actor, task=task, to=chosen, note=to.note)
    return queries.get_task(actor=actor, task_id=task_id)
