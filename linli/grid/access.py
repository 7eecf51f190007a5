"""May an actor do this here? `may_x` is a bool; `check_may` raises what the person sees."""

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing
from linli.grid.models import Place


def may(actor: Actor, permission: str, place: Place) -> bool:
    return actor.may(permission, place.path)


def check_may(actor: Actor, permission: str, place: Place, *, seen_with: str = "places.see") -> None:
    """Raises Missing where the actor can't even see the place, Forbidden where only the act is not allowed."""
    if actor.may(permission, place.path):
        return
    raise Forbidden() if actor.may(seen_with, place.path) else Missing()
