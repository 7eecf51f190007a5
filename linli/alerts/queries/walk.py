"""The walk from door to door: one row a household, with every notice that is due there, in walking order."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, When

from linli.alerts.access import check_may_answer_at
from linli.alerts.models import Alert
from linli.alerts.queries.notices import list_alerts, running_for_path
from linli.core.actors import Actor, outermost
from linli.core.errors import Missing
from linli.core.paths import within
from linli.grid.queries import name_actors
from linli.residents.models import Household
from linli.residents.queries import Door as Address
from linli.residents.queries import contact_means, describe_households, list_groups_of, member_paths
from linli.rounds.models import Answer, Attempt
from linli.rounds.queries import (
    LEAF,
    WALKING_ORDER,
    list_answers_of,
    list_attempts,
    list_attempts_by,
    list_attempts_of,
    narrow,
)

Due = tuple[Alert, Sequence[str]]  # a notice, and the paths below which its silence is one's business


@dataclass(frozen=True)
class DueDoor:
    """A household with all that is due there; `attempts` of those notices, the newest first."""

    household: int
    about: Address
    due: tuple[Alert, ...]
    attempts: tuple[Attempt, ...] = ()
    means: frozenset[str] = field(default_factory=frozenset)

    @property
    def last(self) -> Attempt | None:
        return self.attempts[0] if self.attempts else None

    @property
    def stair(self) -> "Stair":
        """Doors of one stair stand together in the walk."""
        if self.about.hidden:
            return Stair("", self.about.leaf, hidden=True)
        return Stair(f"{self.about.building} {self.about.entrance}".strip(), self.about.leaf)


@dataclass(frozen=True)
class Stair:
    words: str
    leaf: str
    hidden: bool = False


def list_due_doors(*, actor: Actor, due: Sequence[Due], limit: int = 200, offset: int = 0) -> list[DueDoor]:
    """The households that have not confirmed one of the notices, each once. A constant number of queries."""
    narrowed = _narrow(actor, due)
    if not narrowed:
        return []
    rows = _rows(narrowed).annotate(hidden=_hidden_from(actor)).order_by("hidden", *WALKING_ORDER)
    keys = list(rows.values_list("pk", flat=True)[offset : offset + limit])
    return _doors(actor, narrowed, keys)


def _hidden_from(actor: Actor) -> Case:
    """Protected homes stand at the end: their place in the walk would tell where they are."""
    open_to = Q(protected=False) | within("leaf_path", actor.paths("register.protected"))
    return Case(When(open_to, then=0), default=1, output_field=IntegerField())


def count_due_doors(*, actor: Actor, due: Sequence[Due]) -> int:
    narrowed = _narrow(actor, due)
    return _rows(narrowed).count() if narrowed else 0


def count_due_by_leaf(*, actor: Actor, due: Sequence[Due]) -> dict[tuple[UUID, str], int]:
    """(notice, path of the lowest place) → households there that have not confirmed it. One query."""
    narrowed = _narrow(actor, due)
    if not narrowed:
        return {}
    counts = {f"n{at}": Count("pk", filter=_owes(*one)) for at, one in enumerate(narrowed)}
    rows = _rows(narrowed).values("leaf_path").annotate(**counts)  # type: ignore[misc]
    return {
        (alert.pk, row["leaf_path"]): row[f"n{at}"]
        for row in rows.order_by()
        for at, (alert, _paths) in enumerate(narrowed)
        if row[f"n{at}"]
    }


def _owes(alert: Alert, paths: Sequence[str]) -> Q:
    """Of rows with a `leaf_path`: is this notice due there?"""
    answered = Answer.objects.filter(round=alert.households_id, member=OuterRef("pk"), withdrawn_at=None)
    owed: Q = within("leaf_path", paths) & Q(~Exists(answered))
    if alert.groups:
        owed &= Q(pk__in=Household.objects.with_groups(alert.groups).values("pk"))
    return owed


def _narrow(actor: Actor, due: Sequence[Due]) -> list[Due]:
    own = actor.paths("alerts.answer")
    found = [
        (alert, [part for path in paths for part in narrow(own, path)]) for alert, paths in due if alert.households_id
    ]
    return [(alert, paths) for alert, paths in found if paths]


def _rows(due: Sequence[Due]) -> QuerySet[Household]:
    owed = Q(pk__in=[])
    for alert, paths in due:
        owed |= _owes(alert, paths)
    every = outermost(path for _alert, paths in due for path in paths)
    return Household.objects.below(every).annotate(leaf_path=F(f"{LEAF}__path")).filter(owed)


def _doors(actor: Actor, due: Sequence[Due], keys: Sequence[int]) -> list[DueDoor]:
    if not keys:
        return []
    rounds = [alert.households_id for alert, _paths in due if alert.households_id]
    about = describe_households(actor=actor, ids=keys)
    answered = list_answers_of(members=keys, rounds=rounds)
    groups = list_groups_of(keys) if any(alert.groups for alert, _paths in due) else {}
    attempts = defaultdict(list)
    for one in list_attempts_of(members=keys, rounds=rounds):
        attempts[one.member].append(one)

    def owes(key: int, alert: Alert, paths: Iterable[str]) -> bool:
        inside = any(about[key].path.startswith(path) for path in paths)
        meant = not alert.groups or bool(groups.get(key, set()) & set(alert.groups))
        return inside and meant and (alert.households_id, key) not in answered

    return [
        DueDoor(
            household=key,
            about=about[key],
            due=tuple(alert for alert, paths in due if owes(key, alert, paths)),
            attempts=tuple(attempts[key]),
        )
        for key in keys
        if key in about
    ]


def get_door(*, actor: Actor, household: int) -> DueDoor:
    """One household with every running notice that is due there. Raises Missing where it is not the actor's, Forbidden
    where the actor sees notices there but records nothing."""
    leaf = member_paths([household]).get(household)
    if leaf is None:
        raise Missing()
    check_may_answer_at(actor, leaf[1])
    running = [(alert, [leaf[1]]) for alert in running_for_path(leaf[1])]
    found = _doors(actor, running, [household])
    if not found:
        raise Missing()
    means = contact_means([household]).get(household, set())
    return DueDoor(household, found[0].about, found[0].due, found[0].attempts, frozenset(means))


def names_of(attempts: Iterable[Attempt]) -> dict[str, str]:
    """Who recorded them, by the reference that each holds."""
    return name_actors([one.by for one in attempts])


@dataclass(frozen=True)
class Recorded:
    """What one did at a door a moment ago, on one or several notices: it may still be taken back."""

    about: Address
    outcome: str
    at: datetime
    attempts: tuple[UUID, ...]


def list_recorded(*, actor: Actor, alerts: Sequence[Alert], since: datetime, path: str = "") -> list[Recorded]:
    """What the actor recorded since a moment below `path`, the newest first."""
    rounds = [alert.households_id for alert in alerts if alert.households_id]
    attempts = list_attempts_by(by=actor.ref, since=since, rounds=rounds) if rounds else []
    about = describe_households(actor=actor, ids={one.member for one in attempts}) if attempts else {}
    together: dict[tuple[int, str, datetime], list[UUID]] = defaultdict(list)
    for one in attempts:
        if one.member in about and about[one.member].path.startswith(path):
            together[(one.member, one.outcome, one.at)].append(one.pk)
    return [Recorded(about[key[0]], key[1], key[2], tuple(ids)) for key, ids in together.items()]


def get_attempts(*, actor: Actor, household: int, ids: Iterable[UUID]) -> list[Attempt]:
    """Attempts on one household that were not withdrawn. Raises Missing where none is, or it is not the actor's."""
    get_door(actor=actor, household=household)
    found = [one for one in list_attempts(ids=ids) if one.member == household]
    if not found:
        raise Missing()
    return found


def list_visible_running(*, actor: Actor) -> list[Alert]:
    """Running notices of the actor's places, with their rounds."""
    return list(list_alerts(actor=actor, running=True))


def list_concerning(*, actor: Actor, door: DueDoor) -> list[Alert]:
    """The running notices that concern a household, whether it has confirmed them or not."""
    if not actor.may("alerts.answer", door.about.path):
        raise Missing()
    running = running_for_path(door.about.path)
    groups = (
        list_groups_of([door.household]).get(door.household, set()) if any(one.groups for one in running) else set()
    )
    return [one for one in running if not one.groups or groups & set(one.groups)]
