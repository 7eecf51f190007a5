"""A task as a page shows it: where it comes from, how it came to its holder, and its lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from linli.alerts.models import Alert
from linli.alerts.queries import DueDoor, count_due_doors, list_alerts, list_due_doors, name_paths, silent_posts_of
from linli.core.actors import Actor
from linli.duties.access import may_work
from linli.duties.models import Task, TaskLine, TaskMove
from linli.duties.queries import PossibleHolder, get_task, list_lines, list_moves, list_possible_holders
from linli.duties.rules import DEAD_CONTACT, HOUSEHOLD_SILENCE, MEANS, POST_SILENCE, VACANCY
from linli.grid.models import Place
from linli.grid.queries import (
    find_holder,
    list_holders,
    list_phones,
    list_places_by_id,
    list_vacant_parts,
)
from linli.residents.queries import Door, list_dead_contacts
from linli.residents.rules import mask_phone

DOORS_SHOWN, LINES_SHOWN = 20, 100


@dataclass(frozen=True)
class PostLine:
    """A silent or vacant post: its place, who holds it (nobody: vacant), the last note on it."""

    place: Place
    name: str
    holder: str
    phone: str
    note: TaskLine | None


@dataclass(frozen=True)
class TaskView:
    task: Task
    place: str
    alert: Alert | None
    moves: tuple[TaskMove, ...]
    may_work: bool
    holders: tuple[PossibleHolder, ...]
    doors: tuple[DueDoor, ...] = ()
    doors_left: int = 0
    lines: tuple[PostLine, ...] = ()
    lines_more: int = 0
    contacts: tuple[Door, ...] = ()


def read_task(*, actor: Actor, task_id: UUID) -> TaskView:
    """Raises Missing. A constant number of queries."""
    task = get_task(actor=actor, task_id=task_id)
    alert = name_sources(actor=actor, tasks=[task]).get(task.source_id)
    works = may_work(actor, task) and task.closed_at is None
    view = TaskView(
        task=task,
        place=name_paths(paths=[task.area_path], depth=2)[task.area_path],
        alert=alert,
        moves=tuple(list_moves(task=task)),
        may_work=works,
        holders=tuple(list_possible_holders(task=task)) if works else (),
    )
    if task.closed_at is not None:
        return view
    if task.kind == HOUSEHOLD_SILENCE and alert is not None and alert.households_id:
        due = [(alert, [task.area_path])]
        doors = list_due_doors(actor=actor, due=due, limit=DOORS_SHOWN)
        return replace(view, doors=tuple(doors), doors_left=count_due_doors(actor=actor, due=due))
    if task.kind == DEAD_CONTACT:
        return replace(view, contacts=tuple(list_dead_contacts(actor=actor, path=task.area_path)[:LINES_SHOWN]))
    lines = _lines(actor, task, alert)
    return replace(view, lines=tuple(lines[:LINES_SHOWN]), lines_more=max(0, len(lines) - LINES_SHOWN))


def name_sources(*, actor: Actor, tasks: Iterable[Task]) -> dict[str, Alert]:
    """Id of a source → the notice that tasks come from, where the actor may see it. One query."""
    wanted = {one.source_id for one in tasks if one.source_room == "alerts"}
    return {str(one.pk): one for one in list_alerts(actor=actor).filter(pk__in=wanted)} if wanted else {}


def _lines(actor: Actor, task: Task, alert: Alert | None) -> list[PostLine]:
    """The lines of a task about posts are its holder's, whoever looks at it."""
    holder = Actor(kind="account", id=task.holder_id or 0)
    if task.kind == POST_SILENCE and alert is not None:
        ids = [key for key, _path, _kind in silent_posts_of(actor=holder, alert=alert, path=task.area_path)]
    elif task.kind == VACANCY:
        parts = list_vacant_parts(paths=[task.area_path], away=False)
        ids = [place.pk for place, by in parts if by is not None and by.account_id == task.holder_id]
    elif task.kind == MEANS:
        ids = [task.area_id]
    else:
        return []
    places = sorted(list_places_by_id(actor=actor, ids=ids).values(), key=lambda one: one.path)
    return _with_holders(actor, task, places)


def _with_holders(actor: Actor, task: Task, places: Sequence[Place]) -> list[PostLine]:
    held = list_holders([task.area_path], reachable=False)
    own = {one.pk: find_holder(one.path, {one.path: held[one.path]}) for one in places if held.get(one.path)}
    phones = list_phones(actor=actor, account_ids=[one.account_id for one in own.values() if one])
    notes = list_lines(task=task)
    names = name_paths(paths=[one.path for one in places], depth=2)
    found = []
    for place in places:
        holder = own.get(place.pk)
        phone = mask_phone(phones.get(holder.account_id, "")) if holder else ""
        found.append(PostLine(place, names[place.path], holder.name if holder else "", phone, notes.get(place.pk)))
    return found
