"""What one must do now, from all rooms, for a phone. The number of queries does not depend on how much it is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from linli.alerts.models import Alert
from linli.alerts.profile import urgencies
from linli.alerts.queries import (
    Due,
    DueDoor,
    Recorded,
    count_due_by_leaf,
    count_due_doors,
    count_late,
    list_alerts,
    list_due_doors,
    list_owed,
    list_recorded,
    list_to_approve,
    name_paths,
)
from linli.core import clock
from linli.core.actors import Actor
from linli.duties.models import Task
from linli.duties.queries import list_my_tasks
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid.models import Place
from linli.grid.queries import list_own_parts, list_places_by_id

DOORS_SHOWN, TASKS_SHOWN, VACANT_SHOWN = 40, 30, 12
UNDO_LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class MyTask:
    """One open task; `left` counts its doors, where it is about doors. `place` names its area with what is above it."""

    task: Task
    place: str
    left: int | None
    late: bool


@dataclass(frozen=True)
class Source:
    """Tasks of one notice (or of none: vacancies), the soonest due first."""

    alert: Alert | None
    tasks: tuple[MyTask, ...]
    more: int

    @property
    def doors_left(self) -> int:
        return sum(one.left or 0 for one in self.tasks)


@dataclass(frozen=True)
class HeldPost:
    kind: str
    place: Place
    name: str
    stands_in_for: str = ""


@dataclass(frozen=True)
class Day:
    owed: tuple[Alert, ...]
    to_approve: tuple[Alert, ...]
    sources: tuple[Source, ...]
    doors: tuple[DueDoor, ...]
    doors_left: int
    recorded: tuple[Recorded, ...]
    vacant: tuple[tuple[Place, str], ...]
    vacant_more: int
    posts: tuple[HeldPost, ...]
    late: int

    @property
    def many_notices(self) -> bool:
        """Then every row says which of them are due there."""
        return len({alert.pk for door in self.doors for alert in door.due}) > 1

    @property
    def nothing_due(self) -> bool:
        return not (self.late or self.owed or self.to_approve or self.sources or self.doors)


def read_day(*, actor: Actor) -> Day:
    tasks = list_my_tasks(actor=actor)
    running = {str(one.pk): one for one in list_alerts(actor=actor, running=True)}
    due = due_of(tasks, running)
    left = count_due_by_leaf(actor=actor, due=due)
    doors = list_due_doors(actor=actor, due=due, limit=DOORS_SHOWN)
    recorded = list_recorded(actor=actor, alerts=list(running.values()), since=clock.now() - UNDO_LASTS)
    vacant = list_own_parts(actor=actor)
    places = list_places_by_id(actor=actor, ids={one.place_id for one in actor.grants if one.place_id})
    every = [*places.values(), *vacant[:VACANT_SHOWN]]
    names = name_paths(paths=[*(one.path for one in every), *(one.area_path for one in tasks)], depth=2)
    held = [(one, places[one.place_id]) for one in actor.grants if one.place_id in places]
    return Day(
        owed=tuple(_most_urgent_first(list_owed(actor=actor))),
        to_approve=tuple(list_to_approve(actor=actor)),
        sources=tuple(_sources(tasks, running, left, names)),
        doors=tuple(doors),
        doors_left=count_due_doors(actor=actor, due=due),
        recorded=tuple(recorded),
        vacant=tuple((one, names[one.path]) for one in vacant[:VACANT_SHOWN]),
        vacant_more=max(0, len(vacant) - VACANT_SHOWN),
        late=count_late(actor=actor),
        posts=tuple(HeldPost(one.post_kind, place, names[place.path], one.lent_name) for one, place in held),
    )


def _most_urgent_first(alerts: Sequence[Alert]) -> list[Alert]:
    order = {code: at for at, code in enumerate(urgencies())}
    return sorted(alerts, key=lambda one: order.get(one.urgency, len(order)))


def due_of(tasks: Sequence[Task], running: dict[str, Alert]) -> list[Due]:
    """Notice → the areas whose doors are one's own task."""
    areas = defaultdict(list)
    for task in tasks:
        if task.kind == HOUSEHOLD_SILENCE and task.source_id in running:
            areas[task.source_id].append(task.area_path)
    return [(running[source], paths) for source, paths in areas.items()]


def _sources(
    tasks: Sequence[Task], running: dict[str, Alert], left: dict[tuple[UUID, str], int], names: dict[str, str]
) -> list[Source]:
    now, grouped = clock.now(), defaultdict(list)
    areas = {(task.source_id, task.area_path) for task in tasks if task.kind == HOUSEHOLD_SILENCE}
    for task in tasks:
        alert = running.get(task.source_id)
        own = None
        if task.kind == HOUSEHOLD_SILENCE and alert is not None:
            own = _own(task.area_path, {path: n for (key, path), n in left.items() if key == alert.pk}, areas, task)
        grouped[task.source_id if alert else ""].append(MyTask(task, names[task.area_path], own, task.due_at <= now))
    return [
        Source(running.get(source), tuple(found[:TASKS_SHOWN]), max(0, len(found) - TASKS_SHOWN))
        for source, found in grouped.items()
    ]


def _own(path: str, left: dict[str, int], areas: set[tuple[str, str]], task: Task) -> int:
    """Doors below an area that are not in a smaller area of one's own: a door is counted once."""
    smaller = [one for source, one in areas if source == task.source_id and one != path and one.startswith(path)]
    return sum(
        n for leaf, n in left.items() if leaf.startswith(path) and not any(leaf.startswith(one) for one in smaller)
    )
