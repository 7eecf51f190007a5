"""The account and the counters of an alert side by side: the proof that the one can be trusted for the other."""

from dataclasses import dataclass
from typing import Any

from linli.alerts.models import Alert
from linli.alerts.queries.accounting import Account, accounting
from linli.alerts.queries.picture import count_vacant
from linli.core.actors import Actor
from linli.core.errors import Missing
from linli.grid.models import Place
from linli.rounds.queries import read_coverage, recount, roots_of
from linli.rounds.rules import Coverage


@dataclass(frozen=True)
class Figures:
    """An alert below one of its places, or as a whole: counted from the rows (`account`, `posts`) and read from the
    counters (`households_counter`, `posts_counter`)."""

    account: Account
    posts: Coverage
    vacant_posts: int
    households_counter: Coverage
    posts_counter: Coverage

    @property
    def agree(self) -> bool:
        """Do the counters say what the rows say?"""
        households, posts = self.households_counter, self.posts_counter
        return (self.account.households, self.account.reached, self.posts.members, self.posts.answered) == (
            households.members,
            households.answered,
            posts.members,
            posts.answered,
        )

    def plain(self) -> dict[str, Any]:
        """For scripts. Households are named by their ids."""
        account = self.account
        return {
            "households": account.households,
            "reached": account.reached,
            "not_reached": [
                {"household": row.household, "reason": row.reason, "responsible": row.responsible}
                for row in account.not_reached
            ],
            "unaccounted": account.unaccounted,
            "posts": self.posts.members,
            "posts_confirmed": self.posts.answered,
            "vacant_posts": self.vacant_posts,
            "receipts": account.receipts,
            "by_how": dict(sorted(account.by_how.items())),
            "counters": {
                "households": self.households_counter.members,
                "reached": self.households_counter.answered,
                "posts": self.posts_counter.members,
                "posts_confirmed": self.posts_counter.answered,
                "agree": self.agree,
            },
        }


def read_figures(*, actor: Actor, alert: Alert, place: Place | None = None) -> Figures:
    """For an alert that was issued. Raises Missing where it was not, or where it doesn't concern the place."""
    if alert.households is None or alert.posts is None:
        raise Missing()
    roots = roots_of(alert.households)
    if place is not None and not any(place.path.startswith(root) or root.startswith(place.path) for _id, root in roots):
        raise Missing()
    paths = [root for _id, root in roots] if place is None else [place.path]
    pairs = roots if place is None else [(place.pk, place.path)]
    households, posts = Coverage(), Coverage()
    for part in read_coverage(found=alert.households, places=pairs).values():
        households += part
    for part in read_coverage(found=alert.posts, places=pairs).values():
        posts += part
    return Figures(
        account=accounting(actor=actor, alert=alert, path=place.path if place else None),
        posts=recount(found=alert.posts, paths=paths),
        vacant_posts=count_vacant(actor=actor, alert=alert, paths=paths),
        households_counter=households,
        posts_counter=posts,
    )
