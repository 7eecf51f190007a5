"""The doors of an alert: one row for each silent household, in walking order, with what was tried."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from linli.alerts.models import Alert
from linli.core.actors import Actor, outermost
from linli.core.paths import within
from linli.duties.queries import open_tasks_of, responsible
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid.models import Place
from linli.grid.profile import place_kinds, register_kind
from linli.grid.queries import find_holder, list_holders
from linli.residents.queries import Door as Address
from linli.residents.queries import contact_means, describe_households
from linli.rounds.queries import last_attempts, list_missing, list_silent_posts, narrow, roots_of


@dataclass(frozen=True)
class Door:
    """A household still without a receipt: `about` as residents describes it, the last attempt, its means."""

    household: int
    about: Address
    last_outcome: str
    last_at: object
    means: frozenset[str]


def list_doors(*, actor: Actor, alert: Alert, path: str, limit: int = 200, offset: int = 0) -> list[Door]:
    """A constant number of queries."""
    if alert.households is None:
        return []
    keys = list_missing(actor=actor, found=alert.households, path=path, limit=limit, offset=offset)
    about = describe_households(actor=actor, ids=keys)
    attempts = last_attempts(found=alert.households, members=keys)
    means = contact_means(keys)
    return [
        Door(
            household=key,
            about=about[key],
            last_outcome=attempts[key].outcome if key in attempts else "",
            last_at=attempts[key].at if key in attempts else None,
            means=frozenset(means.get(key, ())),
        )
        for key in keys
        if key in about
    ]


def silent_posts_of(*, actor: Actor, alert: Alert, path: str) -> list[tuple[int, str, str]]:
    """(place id, path, kind) of the silent posts whose silence climbs to the actor: the lines of a post-silence task."""
    if alert.posts is None:
        return []
    holders = list_holders([path])
    rows = list_silent_posts(found=alert.posts, paths=[path])
    found = []
    for key, one, kind in rows:
        above = find_holder(one, holders, above=True)
        if above is not None and above.account_id == actor.id:
            found.append((key, one, kind))
    return found


def find_responsible(*, alert: Alert, path: str) -> tuple[str, datetime] | None:
    """Who holds the visits of exactly this place by a valid appointment, or held them when the notice ended, and until when
    they are due. The caller has loaded the place for its actor."""
    source, ended = ("alerts", str(alert.pk)), alert.ended_at
    tasks = open_tasks_of(source=source, kind=HOUSEHOLD_SILENCE, paths=[path], ended_at=ended)
    names = responsible(tasks.values(), moment=ended)
    task = tasks.get(path)
    return (names[task.pk], task.due_at) if task is not None and task.pk in names else None


def list_chat_places(*, actor: Actor, alert: Alert) -> QuerySet[Place]:
    """The places below the one that keeps the register (grids and cells), which have chat groups: those of the notice for
    which the actor answers, in the order of the tree."""
    if alert.households is None:
        return Place.objects.none()
    own = actor.paths("alerts.answer")
    paths = outermost(part for _id, root in roots_of(alert.households) for part in narrow(own, root))
    kinds = place_kinds()
    small = [code for code, kind in kinds.items() if kind.depth > kinds[register_kind()].depth]
    return Place.objects.filter(within("path", paths), kind__in=small, until_on=None).order_by("path")
