"""Reads of tasks."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.core.paths import ancestors, within
from linli.duties.models import Question, Task, TaskLine, TaskMove
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid.models import Appointment, Place
from linli.grid.queries import list_standing, valid_holdings


def list_my_tasks(*, actor: Actor) -> list[Task]:
    """Open tasks that the actor holds, the soonest due first."""
    if actor.kind != "account":
        return []
    rows = Task.objects.open().filter(holder_id=actor.id).select_related("area", "post_place")
    return list(rows.order_by("due_at", "area_path"))


def list_tasks(*, actor: Actor, only_open: bool = True, mine: bool = False) -> QuerySet[Task]:
    """Tasks in the actor's places, or only those that the actor holds; the soonest due first."""
    rows = Task.objects.visible_to(actor).select_related("area", "post_place", "holder")
    if mine:
        rows = rows.filter(holder_id=actor.id) if actor.kind == "account" else rows.none()
    return (rows.open() if only_open else rows).order_by("due_at", "area_path", "id")


def get_task(*, actor: Actor, task_id: UUID) -> Task:
    found = Task.objects.visible_to(actor).select_related("area", "post_place", "holder").filter(pk=task_id).first()
    if found is None:
        raise Missing()
    return found


def list_moves(*, task: Task) -> list[TaskMove]:
    """How the task came to its holder, newest first. The caller has loaded the task for its actor."""
    return list(task.moves.select_related("from_holder", "to_holder", "to_place").order_by("-at", "-id"))


def list_lines(*, task: Task) -> dict[int, TaskLine]:
    """Subject → what was recorded on it. The caller has loaded the task for its actor."""
    return {one.subject: one for one in task.lines.all()}


def count_moves(*, actor: Actor, source: tuple[str, str]) -> list[tuple[datetime, str, int]]:
    """(moment, cause, how many) of a source's tasks in the actor's places that changed hands, newest first; those of one
    run of the clock stand together. At most 200."""
    rows = TaskMove.objects.filter(
        within("task__area_path", actor.paths("tasks.see")), task__source_room=source[0], task__source_id=source[1]
    )
    counted = rows.order_by().values("at", "cause").annotate(n=Count("pk")).order_by("-at", "cause")
    return [(row["at"], row["cause"], row["n"]) for row in counted[:200]]


def iterate_moves(*, actor: Actor, source: tuple[str, str]) -> Iterator[TaskMove]:
    """Every move of a source's tasks in the actor's places, the first first."""
    rows = TaskMove.objects.filter(
        within("task__area_path", actor.paths("tasks.see")), task__source_room=source[0], task__source_id=source[1]
    )
    named = rows.select_related("task__area", "from_holder", "to_holder", "to_place").order_by("at", "id")
    return named.iterator(chunk_size=2_000)


def open_tasks_of(
    *, source: tuple[str, str], kind: str, paths: Iterable[str], ended_at: datetime | None = None
) -> dict[str, Task]:
    """Area path → open task of a source below `paths`; of a source that has ended, the one that was open until its end."""
    rows = Task.objects.filter(source_room=source[0], source_id=source[1], kind=kind)
    rows = rows.select_related("holder", "area").order_by("made_at", "id")
    if ended_at is None:
        return {task.area_path: task for task in rows.open().filter(within("area_path", list(paths)))}
    # A closed task is not carried along when places are redrawn; its area is.
    found = rows.filter(within("area__path", list(paths)), closed_at__gte=ended_at)
    return {task.area.path: task for task in found}


def responsible(tasks: Iterable[Task], *, moment: datetime | None = None) -> dict[UUID, str]:
    """Task → name of the person who holds it by an appointment that is valid now, or was at a moment. A task without one
    is left out."""
    rows = list(tasks)
    pairs = [(one.appointment_id, one.holder_id) for one in rows if one.appointment_id and one.holder_id]
    valid = valid_holdings(pairs, moment=moment)
    return {
        task.pk: task.holder.name for task in rows if task.holder and (task.appointment_id, task.holder_id) in valid
    }


@dataclass(frozen=True)
class PossibleHolder:
    """Somebody who can take a task: by which appointment, and for whom they stand in by it."""

    pk: int
    name: str
    post_kind: str
    place: Place
    stands_in_for: str


def list_possible_holders(*, task: Task) -> list[PossibleHolder]:
    """To whom a task can be handed: who stands at the posts of its area now, or above. Two queries."""
    chain = ancestors(task.area_path)
    places = {one.pk: one for one in Place.objects.filter(path__in=chain, until_on=None)}
    return [
        PossibleHolder(one.appointment_id, one.name, one.post_kind, places[one.place_id], one.stands_in_for)
        for one in list_standing(Q(place__path__in=chain))
        if one.account_id != task.holder_id and one.place_id in places
    ]


def find_possible_holder(*, task: Task, appointment_id: int) -> Appointment | None:
    """An appointment at the task's area or above it, of its present holder too: handing over is done twice as once."""
    rows = Appointment.objects.filter(pk=appointment_id, place__path__in=ancestors(task.area_path))
    return rows.select_related("account", "place").first()


def hold_in_open_tasks(households: Collection[int]) -> dict[int, str]:
    """Of these households, those with a note on a line of an open task: household → 'open_task'. For core.holds."""
    rows = TaskLine.objects.filter(task__closed_at=None, task__kind=HOUSEHOLD_SILENCE, subject__in=list(households))
    return dict.fromkeys(rows.exclude(note="").values_list("subject", flat=True), "open_task")


# Questions of households ---------------------------------------------------------------------------------------------


def list_questions(
    *, actor: Actor, path: str = "", answered: bool = False, households: Collection[int] | None = None
) -> QuerySet[Question]:
    """What was asked in the actor's places, and what the actor asked: the soonest due first, or the latest answered first."""
    rows = Question.objects.visible_to(actor).select_related("task__holder", "task__area", "answered_by", "account")
    if path:
        rows = rows.filter(within("task__area_path", [path]))
    if households is not None:
        rows = rows.filter(household__in=list(households))
    if answered:
        return rows.exclude(answered_at=None).order_by("-answered_at", "id")
    return rows.filter(answered_at=None).order_by("task__due_at", "id")


def get_question(*, actor: Actor, question_id: UUID) -> Question:
    """Raises Missing where it is not there or not the actor's to see."""
    rows = Question.objects.visible_to(actor).select_related("task__holder", "task__area", "answered_by", "account")
    found = rows.filter(pk=question_id).first()
    if found is None:
        raise Missing()
    return found


def list_questions_of(*, household: int, most: int = 20) -> list[Question]:
    """What a household asked and was answered, the latest first: for its own page. The caller holds its link."""
    return list(Question.objects.filter(household=household).select_related("task").order_by("-asked_at")[:most])
