"""One search over places, households, people, notices and tasks, each as far as the actor sees it."""

from dataclasses import dataclass

from django.db.models import Q

from linli.alerts.models import Alert
from linli.alerts.queries import list_alerts
from linli.core.actors import Actor
from linli.desk.queries.tasks import name_sources
from linli.desk.rules import plain_text
from linli.duties.models import Task
from linli.duties.queries import list_tasks
from linli.grid.models import Place
from linli.grid.queries import search_places
from linli.residents.queries import (
    Door,
    Filters,
    Line,
    PersonLine,
    describe_households,
    list_households,
    list_people,
)

EACH = 12
RECENT = 200  # notices whose words are looked through


@dataclass(frozen=True)
class Found:
    places: tuple[Place, ...] = ()
    households: tuple[Line, ...] = ()
    people: tuple[tuple[PersonLine, Door | None], ...] = ()
    alerts: tuple[Alert, ...] = ()
    tasks: tuple[tuple[Task, Alert | None], ...] = ()

    @property
    def count(self) -> int:
        return sum(len(part) for part in (self.places, self.households, self.people, self.alerts, self.tasks))


def search(*, actor: Actor, text: str) -> Found:
    """A constant number of queries; nothing for fewer than one sign."""
    wanted = plain_text(text)
    if not wanted:
        return Found()
    sees = actor.may_somewhere("register.see")
    people = list_people(actor=actor, text=wanted, limit=EACH).lines if sees else []
    doors = describe_households(actor=actor, ids=[one.household_id for one in people]) if people else {}
    places = search_places(actor=actor, text=wanted, most=EACH)
    return Found(
        places=tuple(places),
        households=tuple(list_households(actor=actor, filters=Filters(text=wanted), limit=EACH).lines) if sees else (),
        people=tuple((one, doors.get(one.household_id)) for one in people),
        alerts=tuple(_alerts(actor, wanted)),
        tasks=tuple(_tasks(actor, wanted)),
    )


def _alerts(actor: Actor, wanted: str) -> list[Alert]:
    """By the words of their texts. Few are out at a time, so the newest are looked through here."""
    if not actor.may_somewhere("alerts.see"):
        return []
    low = wanted.lower()
    rows = list(list_alerts(actor=actor)[:RECENT])
    return [one for one in rows if any(low in " ".join(text.values()).lower() for text in one.texts.values())][:EACH]


def _tasks(actor: Actor, wanted: str) -> list[tuple[Task, Alert | None]]:
    """Open tasks by their place or their holder."""
    rows = list_tasks(actor=actor)
    found = list(rows.filter(Q(area__name__contains=wanted) | Q(holder__name__contains=wanted))[:EACH])
    sources = name_sources(actor=actor, tasks=found)
    return [(one, sources.get(one.source_id)) for one in found]
