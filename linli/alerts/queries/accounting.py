"""Is everyone accounted for: computed from the rows themselves by anti-join, without any counter.

Reached: a stored receipt. Not reached: a reason from attempts, vacancies and means, and a person who holds an open task
on it by an appointment valid now. Whatever lacks one of these is unaccounted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from linli.alerts.models import Alert
from linli.alerts.rules import NotReached, count_unaccounted, reason_for
from linli.core.actors import Actor
from linli.duties.queries import open_tasks_of, responsible
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid.queries import list_holders
from linli.residents.queries import contact_means
from linli.rounds.models import Round
from linli.rounds.queries import (
    LEAF,
    WALKING_ORDER,
    count_by_how,
    last_attempts,
    missing,
    narrow,
    recount,
    roots_of,
)


@dataclass(frozen=True)
class Account:
    """The sum of an alert below some places."""

    households: int = 0
    reached: int = 0
    receipts: int = 0
    by_how: dict[str, int] = field(default_factory=dict)
    not_reached: tuple[NotReached, ...] = ()

    @property
    def unaccounted(self) -> int:
        return count_unaccounted(self.not_reached) + self.households - self.reached - len(self.not_reached)


def _paths(actor: Actor, found: Round, path: str | None, permission: str) -> list[str]:
    own = actor.paths(permission)
    roots = [root for _id, root in roots_of(found)] if path is None else [path]
    return [part for root in roots for part in narrow(own, root)]


def accounting(*, actor: Actor, alert: Alert, path: str | None = None, permission: str = "alerts.see") -> Account:
    """The whole account below `path` (None: all of the alert), as far as the actor may see."""
    if alert.households is None:
        return Account()
    paths = _paths(actor, alert.households, path, permission)
    counted = recount(found=alert.households, paths=paths)
    by_how = count_by_how(found=alert.households, paths=paths)
    return Account(
        households=counted.members,
        reached=counted.answered,
        receipts=sum(by_how.values()),
        by_how=by_how,
        not_reached=tuple(_not_reached(alert, paths)),
    )


def list_not_reached(
    *, actor: Actor, alert: Alert, path: str | None = None, permission: str = "alerts.see"
) -> list[NotReached]:
    """Every household below `path` without a receipt, in walking order, with reason and person."""
    if alert.households is None:
        return []
    return _not_reached(alert, _paths(actor, alert.households, path, permission))


def _not_reached(alert: Alert, paths: Sequence[str]) -> list[NotReached]:
    assert alert.households is not None  # noqa: S101 (the callers looked)
    rows = list(missing(alert.households, paths).order_by(*WALKING_ORDER).values_list("pk", f"{LEAF}__path"))
    if not rows:
        return []
    attempts = last_attempts(found=alert.households)
    means = contact_means([key for key, _path in rows])
    holders = list_holders(list(paths))
    tasks = open_tasks_of(source=("alerts", str(alert.pk)), kind=HOUSEHOLD_SILENCE, paths=paths)
    names = responsible(tasks.values())
    return [
        NotReached(
            household=key,
            path=path,
            reason=reason_for(
                last_outcome=attempts[key].outcome if key in attempts else "",
                post_vacant=not holders.get(path),
                has_means=bool(means.get(key)),
            ),
            responsible=names.get(tasks[path].pk, "") if path in tasks else "",
        )
        for key, path in rows
    ]
