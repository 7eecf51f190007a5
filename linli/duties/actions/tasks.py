"""Every write on tasks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from linli.core import audit, clock
from linli.core.actors import Actor
from linli.core.errors import Conflict, Invalid
from linli.core.locks import lock
from linli.core.paths import ancestors, common
from linli.core.writes import done_before, mark_done
from linli.duties.access import check_may_work
from linli.duties.actions.moves import Moved, tell_new_holders
from linli.duties.models import Task, TaskLine, TaskMove
from linli.duties.rules import (
    APPOINTMENT_ENDED,
    ASKED,
    AWAY,
    BACK,
    CLIMBED,
    DEAD_CONTACT,
    DONE,
    ERASURE,
    HANDED_OVER,
    HOUSEHOLD_SILENCE,
    MEANS,
    SUPERSEDED,
    VACANCY,
)
from linli.grid.models import Appointment, Place
from linli.grid.profile import post_kinds
from linli.grid.queries import (
    Holder,
    find_holder,
    find_holder_by_appointment,
    find_place_at,
    holders_on_the_way_up,
    is_standing_with,
    list_staffed_paths,
    list_vacant_parts,
)
from linli.grid.rules import Done
from linli.messages.queries import list_newest_means
from linli.residents.queries import count_dead_phones, is_any_due

CLIMB_AGAIN = timedelta(minutes=20)
MOST = 100_000
STANDING = timedelta(days=7)  # for what is no emergency
REGISTER = "residents"
VACANCIES, CONTACTS = ("grid", "vacancies"), ("residents", "contacts")


@dataclass(frozen=True)
class NewTask:
    """A task to open: what, where, on whom, by when."""

    kind: str
    area_id: int
    area_path: str
    holder: Holder | None
    due_at: datetime
    pass_at: datetime | None = None


def open_tasks(*, actor: Actor, source: tuple[str, str], tasks: Sequence[NewTask]) -> int:
    """Open what is not open yet; returns how many are new. One task a source, kind and area."""
    if not tasks:
        return 0
    with transaction.atomic():
        lock(f"tasks:{source[0]}:{source[1]}")
        standing = set(
            Task.objects.open()
            .filter(source_room=source[0], source_id=source[1], kind__in={one.kind for one in tasks})
            .values_list("kind", "area_id")
        )
        new = [one for one in tasks if (one.kind, one.area_id) not in standing and one.holder is not None]
        now = clock.now()
        Task.objects.bulk_create((_row(one, source, now) for one in new), batch_size=500)
        if new:
            audit.record(actor, "open_tasks", source, fields=[f"{new[0].kind}:{len(new)}"])
        return len(new)


def _row(one: NewTask, source: tuple[str, str], now: datetime) -> Task:
    assert one.holder is not None  # noqa: S101 (open_tasks left the others out)
    return Task(
        id=uuid4(),
        kind=one.kind,
        source_room=source[0],
        source_id=source[1],
        area_id=one.area_id,
        area_path=one.area_path,
        post_kind=one.holder.post_kind,
        post_place_id=one.holder.place_id,
        holder_id=one.holder.account_id,
        appointment_id=one.holder.appointment_id,
        made_at=now,
        due_at=one.due_at,
        pass_at=one.pass_at,
    )


def begin_tasks(*, actor: Actor, source: tuple[str, str], path: str) -> None:
    """Work on the area of `path` has begun: its open tasks no longer climb."""
    with transaction.atomic():
        rows = Task.objects.open().filter(source_room=source[0], source_id=source[1], area_path=path, begun_at=None)
        if rows.update(begun_at=clock.now()):
            audit.record(actor, "begin_tasks", source, path=path)


def begin_tasks_at(*, actor: Actor, source: tuple[str, str], paths: Iterable[str]) -> None:
    """The same for many areas at once."""
    wanted = sorted(set(paths))
    with transaction.atomic():
        rows = Task.objects.open().filter(
            source_room=source[0], source_id=source[1], area_path__in=wanted, begun_at=None
        )
        if rows.update(begun_at=clock.now()):
            audit.record(actor, "begin_tasks", source, path=common(wanted))


def begin_task(*, actor: Actor, task: Task) -> None:
    """Its holder is on it: it climbs no more. Begun twice is begun once."""
    check_may_work(actor, task)
    with transaction.atomic():
        if Task.objects.open().filter(pk=task.pk, begun_at=None).update(begun_at=clock.now()):
            audit.record(actor, "begin_task", task, path=task.area_path)
        elif not Task.objects.open().filter(pk=task.pk).exists():
            raise Conflict(_("This task is closed: there is nothing left to do."))


def close_tasks(*, actor: Actor, tasks: Iterable[Task], outcome: str = DONE) -> int:
    """Close tasks whose lines are empty, or whose source has ended."""
    keys = [task.pk for task in tasks]
    if not keys:
        return 0
    with transaction.atomic():
        closed = Task.objects.open().filter(pk__in=keys).update(closed_at=clock.now(), outcome=outcome)
        audit.record_many(actor, "close_task", [("duties.task", key) for key in keys], fields=["outcome"])
        return closed


def close_source(*, actor: Actor, source: tuple[str, str], outcome: str) -> int:
    """Close everything that came from a source which has ended."""
    with transaction.atomic():
        rows = Task.objects.open().filter(source_room=source[0], source_id=source[1])
        closed = rows.update(closed_at=clock.now(), outcome=outcome)
        if closed:
            audit.record(actor, "close_tasks", source, fields=["outcome"])
        return closed


def record_line(*, actor: Actor, task: Task, subject: int, note: str) -> None:
    """A note on one line of a task; a later one replaces it."""
    check_may_work(actor, task)
    with transaction.atomic():
        TaskLine.objects.update_or_create(
            task=task, subject=subject, defaults={"note": note, "by": actor.ref, "at": clock.now()}
        )
        audit.record(actor, "record_task_line", task, fields=["note"], path=task.area_path)


def forget_line_notes(*, actor: Actor, households: Sequence[int], only_closed: bool = False) -> int:
    """What was noted on the lines of these households, whose records or people were erased; that it was done stays."""
    with transaction.atomic():
        rows = TaskLine.objects.filter(task__kind=HOUSEHOLD_SILENCE, subject__in=list(households)).exclude(note="")
        if only_closed:
            rows = rows.exclude(task__closed_at=None)
        keys = list(rows.values_list("pk", flat=True))
        TaskLine.objects.filter(pk__in=keys).update(note="")
        audit.record_many(actor, "forget_notes", [("duties.taskline", key) for key in keys], fields=["note"])
        return len(keys)


def hand_over(*, actor: Actor, task: Task, to: Appointment, note: str = "", write_id: UUID | None = None) -> Task:
    """Give a task to another holder, by an appointment at the task's area or above it."""
    content = [str(task.pk), to.pk, note]
    with transaction.atomic():
        if done_before(actor, "hand_over_task", write_id, content):
            return Task.objects.get(pk=task.pk)
        check_may_work(actor, task)
        fresh = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
        if fresh.closed_at is not None:
            raise Conflict(_("This task is closed: there is nothing left to hand over."))
        chosen = find_holder_by_appointment(to.pk)
        if chosen is None or not fresh.area_path.startswith(chosen.path):
            raise Invalid(_("Choose someone who holds a post at this place or above it now."))
        mark_done(actor, "hand_over_task", write_id, content, fresh.pk)
        if (chosen.account_id, chosen.appointment_id) == (fresh.holder_id, fresh.appointment_id):
            return fresh
        _move(fresh, chosen, HANDED_OVER, note)
        if chosen.account_id != actor.id:
            tell_new_holders(actor=actor, moved=[Moved(fresh, HANDED_OVER)], batch=uuid4())
        audit.record(actor, "hand_over_task", fresh, fields=["holder"], reason=note, path=fresh.area_path)
        return fresh


def _move(task: Task, to: Holder | None, cause: str, note: str = "") -> None:
    TaskMove.objects.create(
        task=task,
        cause=cause,
        from_holder_id=task.holder_id,
        to_holder_id=to.account_id if to else None,
        to_post_kind=to.post_kind if to else task.post_kind,
        to_place_id=to.place_id if to else task.post_place_id,
        note=note,
        at=clock.now(),
    )
    if to is not None:
        task.holder_id, task.appointment_id = to.account_id, to.appointment_id
        task.post_kind, task.post_place_id = to.post_kind, to.place_id
        task.begun_at = None
    task.save()


def climb_overdue(*, actor: Actor) -> int:
    """Tasks that nobody began in time pass to the level above; at the top they stay, and are not moved again. What a
    household asked climbs also where it was begun and is overdue."""
    now = clock.now()
    asked = Q(kind__in=ASKED, due_at__lte=now)
    return _give_on(actor, Task.objects.filter(Q(begun_at=None) | asked, pass_at__lte=now), _climbed, _above)


def give_on_orphans(*, actor: Actor) -> int:
    """Tasks whose holder's appointment ended, who is away, or who stood in for somebody and does no more, go to whoever
    answers for the area now."""
    return _give_on(actor, _orphans(), _why_orphaned, _now_responsible)


def _orphans() -> QuerySet[Task]:
    now = clock.now()
    ended = Q(appointment__until_at__lte=now) | Q(holder__is_active=False) | Q(holder=None)
    return Task.objects.filter(ended | ~is_standing_with("appointment", "holder", now))


Why = Callable[[Task], str]
Choose = Callable[[Task, str, dict[str, list[Holder]]], Holder | None]


def _climbed(_task: Task) -> str:
    return CLIMBED


def _why_orphaned(task: Task) -> str:
    held = task.appointment
    if held is None or task.holder is None or not task.holder.is_active:
        return APPOINTMENT_ENDED
    if held.until_at is not None and held.until_at <= clock.now():
        return APPOINTMENT_ENDED
    return AWAY if held.account_id == task.holder_id else BACK


def _above(_task: Task, post_path: str, holders: dict[str, list[Holder]]) -> Holder | None:
    return find_holder(post_path, holders, above=True)


def _now_responsible(task: Task, _post_path: str, holders: dict[str, list[Holder]]) -> Holder | None:
    return find_holder(task.area_path, holders)


def _give_on(actor: Actor, which: QuerySet[Task], why: Why, choose: Choose) -> int:
    with transaction.atomic():
        lock("tasks.climb")
        rows = which.filter(closed_at=None).select_related("post_place", "appointment", "holder")
        tasks = list(rows.order_by("made_at", "area_path", "id")[:5_000])  # what is one person's together
        if not tasks:
            return 0
        holders = holders_on_the_way_up({task.area_path for task in tasks} | {task.post_place.path for task in tasks})
        moves = [(task, choose(task, task.post_place.path, holders), why(task)) for task in tasks]
        moved = _write_moves([one for one in moves if not _stays(*one)])
        for cause in sorted({one.cause for one in moved}):
            keys = [("duties.task", one.task.pk) for one in moved if one.cause == cause]
            audit.record_many(actor, f"task_{cause}", keys, fields=["holder"])
        tell_new_holders(actor=actor, moved=moved, batch=uuid4())
        return len(moved)


def _stays(task: Task, to: Holder | None, cause: str) -> bool:
    """Nothing to write: nobody else is there, and it is not on its way up."""
    same = to is None or (to.account_id, to.appointment_id) == (task.holder_id, task.appointment_id)
    return same and cause != CLIMBED


def _write_moves(moves: Sequence[tuple[Task, Holder | None, str]]) -> list[Moved]:
    """Returns those that went to somebody else."""
    now = clock.now()
    written = []
    for task, to, cause in moves:
        if cause == CLIMBED:
            task.pass_at = None if to is None else now + CLIMB_AGAIN
        elif task.pass_at is not None:
            task.pass_at = max(task.pass_at, now + CLIMB_AGAIN)
        if to is None or (to.account_id, to.appointment_id) == (task.holder_id, task.appointment_id):
            continue
        written.append(
            TaskMove(
                task=task,
                cause=cause,
                from_holder_id=task.holder_id,
                to_holder_id=to.account_id,
                to_post_kind=to.post_kind,
                to_place_id=to.place_id,
                at=now,
            )
        )
        task.holder_id, task.appointment_id = to.account_id, to.appointment_id
        task.post_kind, task.post_place_id = to.post_kind, to.place_id
        task.climbed += cause == CLIMBED
    TaskMove.objects.bulk_create(written, batch_size=500)
    fields = ["holder", "appointment", "post_kind", "post_place", "climbed", "pass_at"]
    Task.objects.bulk_update([task for task, _to, _cause in moves], fields, batch_size=200)
    return [Moved(one.task, one.cause) for one in written]


def remind(*, actor: Actor, tasks: Iterable[UUID]) -> None:
    """Note that the holders were reminded."""
    with transaction.atomic():
        keys = list(tasks)
        Task.objects.open().filter(pk__in=keys).update(reminded_at=clock.now())
        audit.record_many(actor, "remind_task", [("duties.task", key) for key in keys])


# Tasks that stand in quiet times too -----------------------------------------------------------------------------------


def hold_vacancies(*, actor: Actor, paths: Sequence[str]) -> int:
    """One task for each holder of vacant parts below `paths`: the part is theirs until somebody is appointed. Returns how
    many posts of the line are vacant."""
    parts = list_vacant_parts(paths=list(paths), most=MOST, away=False)
    held = {by for _place, by in parts if by is not None}
    due = clock.now() + STANDING
    tasks = [NewTask(VACANCY, one.place_id, one.path, one, due) for one in held]
    open_tasks(actor=actor, source=VACANCIES, tasks=tasks)
    return len(parts)


def review_vacancies(*, actor: Actor) -> None:
    """Everywhere: open what is vacant now, close what has been filled, or is held by somebody else."""
    paths = list_staffed_paths()
    hold_vacancies(actor=actor, paths=paths)
    held = {by.place_id for _place, by in list_vacant_parts(paths=paths, most=MOST, away=False) if by is not None}
    standing = Task.objects.open().filter(source_room=VACANCIES[0], source_id=VACANCIES[1])
    close_tasks(actor=actor, tasks=[task for task in standing if task.area_id not in held])


def open_dead_contact(*, actor: Actor, path: str) -> None:
    """Somebody below `path` can't be reached by the number on record: a task of whoever answers for the place."""
    place = find_place_at(path)
    holder = find_holder(path, holders_on_the_way_up([path]))
    if place is not None and holder is not None:
        new = NewTask(DEAD_CONTACT, place.pk, path, holder, clock.now() + STANDING)
        open_tasks(actor=actor, source=CONTACTS, tasks=[new])


def close_mended_means(*, actor: Actor) -> None:
    """Close what asked for better contact data of a post, once whoever stands there has given some, or nobody does."""
    standing = list(Task.objects.open().filter(kind=MEANS).order_by("made_at")[:2_000])
    holders = holders_on_the_way_up([task.area_path for task in standing])
    people = {task.pk: [one.account_id for one in holders.get(task.area_path, [])] for task in standing}
    given = list_newest_means(accounts={one for ids in people.values() for one in ids})
    done = [task for task in standing if all(given.get(one, task.made_at) > task.made_at for one in people[task.pk])]
    close_tasks(actor=actor, tasks=done)


def close_mended_contacts(*, actor: Actor) -> None:
    """Close what has no dead number left below it."""
    standing = list(Task.objects.open().filter(source_room=CONTACTS[0], source_id=CONTACTS[1])[:2_000])
    dead = count_dead_phones(paths=[task.area_path for task in standing])
    close_tasks(actor=actor, tasks=[task for task in standing if not dead[task.area_path]])


# Something about the register is to be decided ------------------------------------------------------------------------


def open_decision(*, actor: Actor, kind: str, source_id: str, path: str, permission: str, due_at: datetime) -> None:
    """A task of the nearest holder on the line, from `path` up, whose post allows the act. Its area is that holder's own
    place, so that it is given on among those who may decide."""
    holders = holders_on_the_way_up([path])
    chain = [one for at in reversed(ancestors(path)) for one in holders.get(at, [])]
    holder = next((one for one in chain if permission in post_kinds()[one.post_kind].permissions), None)
    if holder is not None:
        new = NewTask(kind, holder.place_id, holder.path, holder, due_at)
        open_tasks(actor=actor, source=(REGISTER, source_id), tasks=[new])


def close_done_erasures(*, actor: Actor) -> None:
    """Close what has nothing due left below it."""
    standing = list(Task.objects.open().filter(source_room=REGISTER, kind=ERASURE)[:2_000])
    close_tasks(actor=actor, tasks=[task for task in standing if not is_any_due(paths=[task.area_path])])


# Places redrawn --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskPlaces:
    """Where tasks go when places are redrawn. `areas`: a place that is no more → (id, path) of what follows it; `parts`: a
    place → those that some of its households went to; `appointments`: one that ended → the one that goes on from it."""

    areas: Mapping[int, tuple[int, str]]
    parts: Mapping[int, Sequence[tuple[int, str]]]
    appointments: Mapping[int, int]


def follow_redrawing(*, actor: Actor, to: TaskPlaces) -> list[Done]:
    """Open tasks go along with their places. Where one of the same kind stands already, the two become one; where
    households went to another place, it gets a task of its own, so that nobody is without one for a moment."""
    with transaction.atomic():
        lock("tasks.climb")
        done = _move_areas(to) + _move_posts(to)
        done += _open_for_parts(to.parts)
        touched = sorted({one.subject for one in done})
        audit.record_many(actor, "redraw_tasks", [("duties.task", key) for key in touched], fields=["area"])
        return done


def _move_areas(to: TaskPlaces) -> list[Done]:
    done: list[Done] = []
    targets = {key for key, _path in to.areas.values()}
    standing = {_task_key(one) for one in Task.objects.open().filter(area__in=targets)}
    for task in Task.objects.open().filter(area__in=to.areas).order_by("made_at", "id"):
        area = task.area_id
        task.area_id, task.area_path = to.areas[area]
        if _task_key(task) in standing:
            Task.objects.filter(pk=task.pk).update(closed_at=clock.now(), outcome=SUPERSEDED)
            done.append(Done("task_closed", str(task.pk), str(area), str(task.area_id)))
            continue
        standing.add(_task_key(task))
        task.save(update_fields=["area", "area_path"])
        done.append(Done("task_moved", str(task.pk), str(area), str(task.area_id)))
    return done


def _task_key(task: Task) -> tuple[Any, ...]:
    return (task.source_room, task.source_id, task.kind, task.area_id)


def _move_posts(to: TaskPlaces) -> list[Done]:
    changed = list(Task.objects.open().filter(Q(post_place__in=to.areas) | Q(appointment__in=to.appointments)))
    done = []
    for task in changed:
        before = f"{task.post_place_id}:{task.appointment_id or ''}"
        if task.post_place_id in to.areas:
            task.post_place_id = to.areas[task.post_place_id][0]
        if task.appointment_id in to.appointments:
            task.appointment_id = to.appointments[task.appointment_id or 0]
        done.append(Done("task_post", str(task.pk), before, f"{task.post_place_id}:{task.appointment_id or ''}"))
    Task.objects.bulk_update(changed, ["post_place", "appointment"], batch_size=200)
    return done


def _open_for_parts(parts: Mapping[int, Sequence[tuple[int, str]]]) -> list[Done]:
    """A task about the silent households of a place: one each for the places that some of them went to."""
    rows = list(Task.objects.open().filter(area__in=parts, kind=HOUSEHOLD_SILENCE))
    targets = [one for found in parts.values() for one in found]
    standing = {_task_key(one) for one in Task.objects.open().filter(area__in=[key for key, _path in targets])}
    holders = holders_on_the_way_up(path for _key, path in targets)
    made = []
    for task in rows:
        for key, path in parts[task.area_id]:
            by = find_holder(path, holders)
            new = NewTask(task.kind, key, path, by, task.due_at, task.pass_at)
            if by is None or (task.source_room, task.source_id, task.kind, key) in standing:
                continue
            standing.add((task.source_room, task.source_id, task.kind, key))
            made.append(_row(new, (task.source_room, task.source_id), task.made_at))
    Task.objects.bulk_create(made, batch_size=500)
    return [Done("task_opened", str(one.pk), "", str(one.area_id)) for one in made]


def restore_tasks(*, actor: Actor, done: Sequence[Done], to: TaskPlaces) -> None:
    """Undo of the same: `to` is the way back; a task that became one with another stands by itself again."""
    with transaction.atomic():
        lock("tasks.climb")
        for one in done:
            if one.kind in ("task_moved", "task_closed") and int(one.after) not in to.areas:
                _take_back(one)
        follow_redrawing(actor=actor, to=to)


def _take_back(one: Done) -> None:
    """One that was merged into a place which goes on: back to its own."""
    task = Task.objects.filter(pk=one.subject, area=int(one.after)).select_related("area").first()
    merged = task is not None and one.kind == "task_closed" and task.outcome == SUPERSEDED
    if task is None or (task.closed_at is not None and not merged):
        return
    twin = Task.objects.open().filter(source_room=task.source_room, source_id=task.source_id, kind=task.kind)
    place = Place.objects.get(pk=int(one.before))
    if twin.filter(area=place).exists():
        return
    if merged and not twin.filter(area=int(one.after)).exists():
        return  # what it was merged into is done, and so was it
    task.area, task.area_path = place, place.path
    task.closed_at, task.outcome = None, ""
    task.save(update_fields=["area", "area_path", "closed_at", "outcome"])
