"""Who may issue, answer and see."""

from collections.abc import Iterable

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing
from linli.grid.access import check_may
from linli.grid.models import Place


def check_may_issue(actor: Actor, places: Iterable[Place]) -> None:
    for place in places:
        check_may(actor, "alerts.issue", place)


def check_may_answer_at(actor: Actor, path: str) -> None:
    """Record knocks and receipts of a household that lives at `path`."""
    if actor.may("alerts.answer", path):
        return
    raise Forbidden() if actor.may("alerts.see", path) else Missing()
