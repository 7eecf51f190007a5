"""Tasks for programs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from linli.core.api import PROBLEMS, WRITE_PROBLEMS, Cursor, Limit, Page, actor_of, key_page, needs
from linli.core.errors import Missing
from linli.duties import actions, queries
from linli.duties.models import Task

tasks = Router(tags=["tasks"])


class TaskOut(Schema):
    id: UUID
    kind: str
    source: str = Field(description="where it comes from: room and id")
    area: str = Field(description="code of the place it is about")
    post: str = Field(alias="post_kind", description="on whose duty it is")
    holder: str
    made_at: datetime
    due_at: datetime
    begun_at: datetime | None
    closed_at: datetime | None
    outcome: str = Field(description="done, superseded or cancelled; empty while it is open")
    climbed: int = Field(description="how often it passed to the level above")

    @staticmethod
    def resolve_source(task: Task) -> str:
        return f"{task.source_room}:{task.source_id}"

    @staticmethod
    def resolve_area(task: Task) -> str:
        return task.area.code

    @staticmethod
    def resolve_holder(task: Task) -> str:
        return task.holder.name if task.holder else ""


class HolderOut(Schema):
    appointment: int
    name: str
    post: str
    place: str = Field(description="code")


class HandOverIn(Schema):
    id: UUID = Field(description="made by you: sent again, it is handed over once")
    appointment: int = Field(description="of the new holder, one of the task's possible holders")
    note: str = Field("", max_length=200)


@tasks.get("", response={200: Page[TaskOut], **PROBLEMS}, summary="Tasks of your places, the soonest due first")
@needs("tasks.see")
def list_tasks(
    request: HttpRequest, mine: bool = False, closed: bool = False, cursor: str = Cursor, limit: int = Limit
) -> Any:
    rows = queries.list_tasks(actor=actor_of(request), only_open=not closed, mine=mine)
    order, kinds = ("due_at", "area_path", "id"), (str, str, str)
    found, following = key_page(rows, cursor, limit, order=order, kinds=kinds)
    return {"items": found, "next": following}


@tasks.get("/{task_id}", response={200: TaskOut, **PROBLEMS}, summary="One task")
@needs("tasks.see")
def get_task(request: HttpRequest, task_id: UUID) -> Any:
    return queries.get_task(actor=actor_of(request), task_id=task_id)


@tasks.get("/{task_id}/holders", response={200: list[HolderOut], **PROBLEMS}, summary="To whom it can be handed")
@needs("tasks.see")
def list_holders(request: HttpRequest, task_id: UUID) -> Any:
    task = queries.get_task(actor=actor_of(request), task_id=task_id)
    return [
        {"appointment": one.pk, "name": one.name, "post": one.post_kind, "place": one.place.code}
        for one in queries.list_possible_holders(task=task)
    ]


@tasks.post("/{task_id}/hand-over", response={200: TaskOut, **WRITE_PROBLEMS}, summary="Give a task to another holder")
@needs("tasks.work")
def hand_over(request: HttpRequest, task_id: UUID, to: HandOverIn) -> Any:
    actor = actor_of(request)
    task = queries.get_task(actor=actor, task_id=task_id)
    chosen = queries.find_possible_holder(task=task, appointment_id=to.appointment)
    if chosen is None:
        raise Missing()
    actions.hand_over(actor=actor, task=task, to=chosen, note=to.note, write_id=to.id)
    return queries.get_task(actor=actor, task_id=task_id)
