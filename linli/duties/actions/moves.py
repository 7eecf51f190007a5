"""Whoever gets a task that somebody else held is told: once for a batch, however many tasks it brings."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.utils.translation import gettext, gettext_lazy

from linli.core import clock
from linli.core.actors import Actor
from linli.core.paths import common
from linli.duties.actions.texts import in_every_language
from linli.duties.models import Task
from linli.duties.rules import APPOINTMENT_ENDED, ASKED, AWAY, BACK, CLIMBED, HANDED_OVER
from linli.messages import actions as messages
from linli.messages.actions import Recipient, Sending
from linli.messages.profile import quiet
from linli.messages.queries import Said, last_said
from linli.messages.rules import ACCOUNT, TASK

TOLD_FOR = timedelta(hours=12)  # longer than any quiet hours
MOST_SOURCES = 20  # messages of a batch that name what they are about; the others speak of tasks in general
GENERAL = ("duties", "moves")
WHY = {
    CLIMBED: gettext_lazy("Nobody had begun in time, so it passed to the level above."),
    APPOINTMENT_ENDED: gettext_lazy("Whoever held it holds the post no more."),
    AWAY: gettext_lazy("Whoever held it is away."),
    BACK: gettext_lazy("Whoever held it no longer stands in."),
    HANDED_OVER: gettext_lazy("It was handed over to you."),
}


@dataclass(frozen=True)
class Moved:
    """A task that went to somebody else, and why."""

    task: Task
    cause: str


@dataclass(frozen=True)
class _About:
    """What one message of a batch speaks of; everybody whom it fits is a recipient of the same dispatch."""

    source: tuple[str, str]
    cause: str
    urgency: str
    drill: bool
    expires_at: datetime
    url: str


def tell_new_holders(*, actor: Actor, moved: Sequence[Moved], batch: UUID) -> None:
    """Each person once, as urgently as the most urgent of their new tasks, and about a drill only where all are. What
    belongs to a notice whose time is over wakes nobody. Called in the transaction that moved the tasks."""
    said = last_said(sources={_source(one.task) for one in moved})
    now = clock.now()
    theirs: dict[int, list[Moved]] = defaultdict(list)
    for one in moved:
        last = said.get(_source(one.task))
        over = last is not None and last.expires_at is not None and last.expires_at <= now
        if one.task.holder_id is not None and not (over and one.task.kind not in ASKED):
            theirs[one.task.holder_id].append(one)
    told = {person: _about(rows, said, now) for person, rows in theirs.items()}
    named = {source for source, _n in Counter(one.source for one in told.values()).most_common(MOST_SOURCES)}
    groups: dict[_About, list[Recipient]] = defaultdict(list)
    for person, about in sorted(told.items()):
        kept = about if about.source in named else _in_general(about, now)
        groups[kept].append(Recipient(ACCOUNT, person, theirs[person][0].task.area_path))
    for about, recipients in groups.items():
        _send(actor, about, recipients, batch)


def _source(task: Task) -> tuple[str, str]:
    return (task.source_room, task.source_id)


def _about(rows: Sequence[Moved], said: dict[tuple[str, str], Said], now: datetime) -> _About:
    sources = {_source(one.task) for one in rows}
    causes = {one.cause for one in rows}
    known = [said[one] for one in sources if one in said]
    urgencies = sorted({one.urgency for one in known}, key=lambda one: (one not in quiet().broken_by, one == "", one))
    ends = [one.expires_at for one in known if one.expires_at is not None and one.expires_at > now]
    return _About(
        source=sources.pop() if len(sources) == 1 else GENERAL,
        cause=causes.pop() if len(causes) == 1 else "",
        urgency=urgencies[0] if urgencies else "",
        drill=bool(known)
        and len(known) == len({_source(one.task) for one in rows})
        and all(one.drill for one in known),
        expires_at=max(ends, default=now + TOLD_FOR),
        url=f"/tasks/{rows[0].task.pk}" if len(rows) == 1 else "/",
    )


def _in_general(about: _About, now: datetime) -> _About:
    return _About(GENERAL, about.cause, about.urgency, about.drill, now + TOLD_FOR, "/")


def _send(actor: Actor, about: _About, recipients: Sequence[Recipient], batch: UUID) -> None:
    def say() -> tuple[str, str]:
        return gettext("A task has come to you"), str(WHY.get(about.cause, ""))

    sending = Sending(
        source=about.source,
        kind=TASK,
        texts=in_every_language(say),
        urgency=about.urgency,
        expires_at=about.expires_at,
        path=common(one.path for one in recipients),
        drill=about.drill,
        url=about.url,
    )
    dispatch = messages.begin_dispatch(actor=actor, dispatch_id=uuid5(batch, repr(about)), sending=sending)
    messages.enqueue(actor=actor, dispatch=dispatch, recipients=recipients)
