"""Who may issue, answer and see."""

from collections.abc import Iterable

from linli.core.actors import Actor, Grant
from linli.core.errors import Forbidden, Missing
from linli.grid.access import check_may
from linli.grid.models import Place


def check_may_issue(actor: Actor, places: Iterable[Place]) -> None:
    for place in places:
        check_may(actor, "alerts.issue", place)


def find_issuing_grant(actor: Actor, places: Iterable[Place]) -> Grant | None:
    """By which of their posts somebody issues: one that holds all the places, or else any."""
    own, paths = [grant for grant in actor.grants if grant.post_kind], [place.path for place in places]
    covering = [grant for grant in own if all(path.startswith(grant.path) for path in paths)]
    return next(iter(covering or own), None)


def check_may_answer_at(actor: Actor, path: str) -> None:
    """Record knocks and receipts of a household that lives at `path`."""
    if actor.may("alerts.answer", path):
        return
    raise Forbidden() if actor.may("alerts.see", path) else Missing()
