"""May an actor redraw this place? Whoever keeps what stands above it may: a secretary her grids and cells, a street office
its communities."""

from linli.core.actors import Actor
from linli.core.errors import Forbidden, Missing
from linli.core.paths import ancestors
from linli.grid.models import Place

REDRAW = "places.redraw"


def may_redraw(actor: Actor, place: Place) -> bool:
    return actor.may(REDRAW, "".join(ancestors(place.path)[-2:-1]))


def check_may_redraw(actor: Actor, place: Place) -> None:
    if may_redraw(actor, place):
        return
    raise Forbidden() if actor.may("places.see", place.path) else Missing()
