"""Who may issue, answer and see."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from linli.alerts.models import Alert
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


def may_approve(actor: Actor, alert: Alert) -> bool:
    """A second person, who may issue at all of its places by a post that is not the writer's: a deputy of the writer, by
    the writer's own post, is no second opinion."""
    writer = alert.issued_by_id
    if actor.kind != "account" or actor.id == writer:
        return False
    grants = tuple(one for one in actor.grants if one.lent_by != writer)
    others = Actor(kind="account", id=actor.id, grants=grants, token_scopes=actor.token_scopes)
    return all(others.may("alerts.issue", place.path) for place in alert.places.all())


def check_may_approve(actor: Actor, alert: Alert) -> None:
    if not may_approve(actor, alert):
        raise Forbidden(_("Somebody else must approve it, who may issue notices at all of its places."))
