"""The list that a phone takes along: the doors that are one's own task, and nothing else."""

from dataclasses import dataclass
from typing import Any

from linli.alerts.models import Alert
from linli.alerts.queries import DueDoor, count_due_doors, list_alerts, list_due_doors, residences_of
from linli.core.actors import Actor
from linli.desk.queries.day import due_of
from linli.duties.queries import list_my_tasks

MOST_DOORS = 600


@dataclass(frozen=True)
class FieldList:
    notices: tuple[Alert, ...]
    doors: tuple[DueDoor, ...]
    residences: dict[int, int]
    left: int  # more than `doors` where the list was cut


def read_field_list(*, actor: Actor) -> FieldList:
    """A constant number of queries. In walking order; at most `MOST_DOORS`."""
    tasks = list_my_tasks(actor=actor)
    due: Any = due_of(tasks, {str(one.pk): one for one in list_alerts(actor=actor, running=True)})
    doors = list_due_doors(actor=actor, due=due, limit=MOST_DOORS)
    found = {alert.pk: alert for door in doors for alert in door.due}
    left = len(doors) if len(doors) < MOST_DOORS else count_due_doors(actor=actor, due=due)
    homes = residences_of(households=[one.household for one in doors])
    return FieldList(tuple(found.values()), tuple(doors), homes, left)
