"""Is everyone accounted for: computed from the rows themselves by anti-join, without any counter.

Reached: a stored receipt. Not reached: a reason from attempts, vacancies and means, and a person who holds an open task
on it by an appointment valid now; of a notice that has ended, who held one until its end. Whatever lacks one of these is
unaccounted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import F, Q

from linli.alerts.models import Alert
from linli.alerts.rules import NotReached, count_unaccounted, reason_for
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.duties.queries import open_tasks_of, responsible
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid.models import Place
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
    recount_by_leaf,
    roots_of,
)
from linli.rounds.rules import Coverage, total

FEW_PLACES, FEW_MEMBERS = 200, 1_000  # up to so many a query names them one by one


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


@dataclass(frozen=True)
class PlaceAccount:
    """The same sum for one place of a list."""

    place: Place
    households: int
    reached: int
    not_reached: int
    unaccounted: int


def account_by_place(*, actor: Actor, alert: Alert, account: Account, places: Sequence[Place]) -> list[PlaceAccount]:
    """The sum at each of some places beside each other, counted from the rows; `account` is that of what holds them."""
    if alert.households is None:
        return []
    paths = [part for one in places for part in _paths(actor, alert.households, one.path, "alerts.see")]
    counts = recount_by_leaf(found=alert.households, paths=paths)
    return [_of_place(one, counts, account.not_reached) for one in places]


def _of_place(place: Place, counts: dict[str, Coverage], missing_rows: Sequence[NotReached]) -> PlaceAccount:
    counted = total(part for path, part in counts.items() if path.startswith(place.path))
    lacking = [row for row in missing_rows if row.path.startswith(place.path)]
    return PlaceAccount(
        place=place,
        households=counted.members,
        reached=counted.answered,
        not_reached=len(lacking),
        unaccounted=count_unaccounted(lacking) + counted.missing - len(lacking),
    )


def list_not_reached(
    *, actor: Actor, alert: Alert, path: str | None = None, permission: str = "alerts.see"
) -> list[NotReached]:
    """Every household below `path` without a receipt, in walking order, with reason and person."""
    if alert.households is None:
        return []
    return _not_reached(alert, _paths(actor, alert.households, path, permission))


def page_not_reached(
    *, actor: Actor, alert: Alert, path: str, after: tuple[str, int] | None, limit: int
) -> list[NotReached]:
    """Up to `limit + 1` of the same, for programs: in order of place and household, behind the pair `after`. What is read
    depends on the page, not on the size of the place."""
    if alert.households is None:
        raise Missing()
    paths = _paths(actor, alert.households, path, "alerts.see")
    rows = missing(alert.households, paths).annotate(at=F(f"{LEAF}__path"))
    if after is not None:
        rows = rows.filter(Q(at__gt=after[0]) | Q(at=after[0], pk__gt=after[1]))
    return _explain(alert, list(rows.order_by("at", "pk").values_list("pk", "at")[: limit + 1]), paths)


def _not_reached(alert: Alert, paths: Sequence[str]) -> list[NotReached]:
    assert alert.households is not None  # noqa: S101 (the callers looked)
    order = missing(alert.households, paths).order_by(*WALKING_ORDER)
    return _explain(alert, list(order.values_list("pk", f"{LEAF}__path")), paths)


def _explain(alert: Alert, rows: Sequence[tuple[int, str]], paths: Sequence[str]) -> list[NotReached]:
    """Reason and person for households at their paths, all of them below `paths`."""
    assert alert.households is not None  # noqa: S101 (the callers looked)
    if not rows:
        return []
    members, leaves = [key for key, _path in rows], sorted({path for _key, path in rows})
    attempts = last_attempts(found=alert.households, members=members if len(members) <= FEW_MEMBERS else None)
    means = contact_means(members)
    scope = leaves if len(leaves) <= FEW_PLACES else list(paths)
    ended = alert.ended_at
    holders = list_holders(scope, moment=ended)
    tasks = open_tasks_of(source=("alerts", str(alert.pk)), kind=HOUSEHOLD_SILENCE, paths=scope, ended_at=ended)
    names = responsible(tasks.values(), moment=ended)
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
