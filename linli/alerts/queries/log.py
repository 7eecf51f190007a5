"""The log of an incident: all that happened to a notice, the first first, read as it is written out."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from linli.alerts.models import Alert
from linli.core import clock
from linli.core.actors import Actor
from linli.core.models import AuditEntry
from linli.core.paths import within
from linli.duties.models import Task
from linli.duties.queries import iterate_moves
from linli.messages.queries import count_states

FACT, MOVE, ACT, MESSAGES = "fact", "move", "act", "messages"
CHUNK, PART = 2_000, 500
MOST_TASKS = 20_000


@dataclass(frozen=True)
class LogLine:
    """One thing that happened. `what` is the code of a fact, of a move's cause or of an act; `who` a reference or a name."""

    at: datetime
    kind: str
    what: str
    path: str = ""
    who: str = ""
    to: str = ""
    count: int | None = None
    note: str = ""


def iterate_log(*, actor: Actor, alert: Alert) -> Iterator[LogLine]:
    """Facts, moves of tasks in the actor's places, and the acts that the actor may read in the audit trail. The caller
    has loaded the alert for its actor. Held in memory is a page of each, whatever the length."""
    parts = _facts(alert), _moves(actor, alert), _acts(actor, alert)
    yield from heapq.merge(*parts, key=lambda one: one.at)
    for state, n in sorted(count_states(actor=actor, source=("alerts", str(alert.pk))).items()):
        yield LogLine(clock.now(), MESSAGES, state, count=n)


def _facts(alert: Alert) -> Iterator[LogLine]:
    rows = alert.facts.select_related("place").order_by("at", "id")
    for one in rows.iterator(chunk_size=CHUNK):
        path = one.place.path if one.place else ""
        yield LogLine(one.at, FACT, one.kind, path=path, count=one.count or None, note=one.note)


def _moves(actor: Actor, alert: Alert) -> Iterator[LogLine]:
    for one in iterate_moves(actor=actor, source=("alerts", str(alert.pk))):
        yield LogLine(
            at=one.at,
            kind=MOVE,
            what=one.cause,
            path=one.task.area_path,
            who=one.from_holder.name if one.from_holder else "",
            to=one.to_holder.name if one.to_holder else "",
            note=one.note,
        )


def _acts(actor: Actor, alert: Alert) -> Iterator[LogLine]:
    """Acts on the notice, its rounds, its tasks and its certificates."""
    paths = actor.paths("audit.see")
    if not paths:
        return
    seen = within("path", paths)
    if all(any(one.path.startswith(path) for path in paths) for one in alert.places.all()):
        seen |= Q(path="")  # an act that names no place, by whoever may read of the whole notice
    yield from heapq.merge(
        _entries(AuditEntry.objects.filter(_about(alert), seen).order_by("at", "id").iterator(chunk_size=CHUNK)),
        _entries(_on_tasks(alert, seen)),
        key=lambda one: one.at,
    )


def _entries(rows: Iterable[AuditEntry]) -> Iterator[LogLine]:
    for one in rows:
        yield LogLine(one.at, ACT, one.act, path=one.path, who=one.actor, note=one.reason)


def _about(alert: Alert) -> Q:
    rounds = [str(key) for key in (alert.households_id, alert.posts_id) if key]
    return Q(object_type__in=("alerts.alert", "alerts"), object_id=str(alert.pk)) | Q(
        object_type="rounds.round", object_id__in=rounds
    )


def _on_tasks(alert: Alert, seen: Q) -> list[AuditEntry]:
    """Acts on single tasks. Of a notice with more tasks than MOST_TASKS only the acts on all of them together are told."""
    tasks = Task.objects.filter(source_room="alerts", source_id=str(alert.pk))
    keys = [str(key) for key in tasks.values_list("pk", flat=True)[: MOST_TASKS + 1]]
    if len(keys) > MOST_TASKS:
        return []
    rows = AuditEntry.objects.filter(seen, object_type="duties.task")
    found = [
        one for start in range(0, len(keys), PART) for one in rows.filter(object_id__in=keys[start : start + PART])
    ]
    return sorted(found, key=lambda one: (one.at, one.pk))
