"""Who may work on a task: its holder, or whoever works on tasks at its area."""

from linli.core.actors import Actor
from linli.core.errors import Forbidden
from linli.duties.models import Task


def may_work(actor: Actor, task: Task) -> bool:
    return (actor.kind == "account" and task.holder_id == actor.id) or actor.may("tasks.work", task.area_path)


def check_may_work(actor: Actor, task: Task) -> None:
    if not may_work(actor, task):
        raise Forbidden()
