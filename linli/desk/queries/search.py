"""One search over places, households, people, posts, notices and tasks, each as far as the actor sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from linli.alerts.models import Alert
from linli.alerts.queries import list_alerts
from linli.core.actors import Actor
from linli.desk.queries.tasks import name_sources
from linli.desk.rules import plain_text, rank
from linli.duties.models import Task
from linli.duties.queries import list_tasks
from linli.duties.words import KINDS
from linli.grid.queries import search_holders, search_places
from linli.residents.queries import (
    Door,
    Filters,
    PersonLine,
    describe_households,
    list_households,
    list_people,
)

EACH, GLANCE = 12, 4
RECENT = 200  # notices whose words are looked through


@dataclass(frozen=True)
class Group:
    """What was found of one kind: `rows` as the page shows them; `best` says how well the best of them fits."""

    kind: str
    rows: tuple[Any, ...]
    best: int


@dataclass(frozen=True)
class Found:
    groups: tuple[Group, ...] = ()

    @property
    def count(self) -> int:
        return sum(len(one.rows) for one in self.groups)


def search(*, actor: Actor, text: str, each: int = EACH) -> Found:
    """The groups with the best first. A constant number of queries; nothing for fewer than one sign."""
    wanted = plain_text(text)
    if not wanted:
        return Found()
    sees = actor.may_somewhere("register.see")
    places = search_places(actor=actor, text=wanted, most=each)
    holders = search_holders(actor=actor, text=wanted, most=each)
    people = _people(actor, wanted, each) if sees else []
    filters = Filters(text=wanted)
    households = list_households(actor=actor, filters=filters, limit=each).lines if sees else []
    alerts, tasks = _alerts(actor, wanted, each), _tasks(actor, wanted, each)
    found = [
        _group("places", wanted, places, (name for one in places for name in (one.name, one.code))),
        _group("people", wanted, people, (one.name for one, _door in people)),
        _group("posts", wanted, holders, (one.account.name for one in holders)),
        _group("households", wanted, households, (one.door.name for one in households)),
        _group("alerts", wanted, alerts, (text["headline"] for one in alerts for text in one.texts.values())),
        _group("tasks", wanted, tasks, (one.area.name for one, _source in tasks)),
    ]
    return Found(tuple(sorted((one for one in found if one.rows), key=lambda one: one.best)))


def _group(kind: str, wanted: str, rows: Iterable[Any], titles: Iterable[str]) -> Group:
    return Group(kind, tuple(rows), rank(wanted, titles))


def _people(actor: Actor, wanted: str, each: int) -> list[tuple[PersonLine, Door | None]]:
    people = list_people(actor=actor, text=wanted, limit=each).lines
    doors = describe_households(actor=actor, ids=[one.household_id for one in people]) if people else {}
    return [(one, doors.get(one.household_id)) for one in people]


def _alerts(actor: Actor, wanted: str, each: int) -> list[Alert]:
    """By the words of their texts. Few are out at a time, so the newest are looked through here."""
    if not actor.may_somewhere("alerts.see"):
        return []
    low = wanted.lower()
    rows = list(list_alerts(actor=actor)[:RECENT])
    return [one for one in rows if any(low in " ".join(text.values()).lower() for text in one.texts.values())][:each]


def _tasks(actor: Actor, wanted: str, each: int) -> list[tuple[Task, Alert | None]]:
    """Open tasks by their place, their holder (the name or its initials) or their kind."""
    kinds = [code for code, words in KINDS.items() if wanted.casefold() in str(words).casefold()]
    matching = Q(area__name__contains=wanted) | Q(holder__name__contains=wanted) | Q(kind__in=kinds)
    if wanted.isascii() and wanted.isalpha():
        matching |= Q(holder__initials__startswith=wanted.lower())
    found = list(list_tasks(actor=actor).filter(matching)[:each])
    sources = name_sources(actor=actor, tasks=found)
    return [(one, sources.get(one.source_id)) for one in found]
