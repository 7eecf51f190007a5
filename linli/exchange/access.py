"""Who may look at alerts from outside, and decide on them."""

from collections.abc import Sequence

from linli.core.actors import Actor, outermost
from linli.core.errors import Forbidden, Missing
from linli.core.paths import narrow
from linli.exchange.models import Incoming

PERMISSION = "alerts.issue"  # whoever may issue a notice may say whether an alert becomes one


def check_may_screen(actor: Actor) -> None:
    if not actor.may_somewhere(PERMISSION):
        raise Forbidden() if actor.may_somewhere("alerts.see") else Missing()


def may_decide(actor: Actor, incoming: Incoming) -> bool:
    return actor.may(PERMISSION, incoming.path)


def check_may_decide(actor: Actor, incoming: Incoming) -> None:
    """The caller has loaded it for the actor, so it may be seen."""
    if not may_decide(actor, incoming):
        raise Forbidden()


def own_paths(actor: Actor, incoming: Incoming) -> Sequence[str]:
    """Of the places that it means, those where the actor may issue."""
    own = actor.paths(PERMISSION)
    return outermost(part for path in incoming.paths for part in narrow(own, path))
